"""The production server: gunicorn, or waitress where there is no fork.

Two processes with a few threads each: processes share the work, threads keep a slow
reader or a long export from holding everybody up. Every process builds its own
application, so that none shares a database connection with another, and beats the
pulse of the jobs in a thread of its own.
"""

from __future__ import annotations

import importlib
import logging.config
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from views import journal
from views.pulse import Pulse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

WORKERS, THREADS = 2, 4
GRACE = 20
"""Seconds that running requests have to finish when the server is told to stop."""
BODY = 64 * 1024 * 1024
"""The largest request that waitress reads; the application's own bound is lower."""


def serve(factory: str, host: str = "127.0.0.1", port: int = 5000) -> None:
    """Serve the application that ``package:function`` makes, until told to stop."""
    if sys.platform == "win32":
        _waitress(factory, host, port)
    else:
        _gunicorn(factory, host, port)


def settings(host: str, port: int) -> dict[str, Any]:
    """Gunicorn's settings; a proxy is believed only when the environment names it."""
    memory = Path("/dev/shm")  # noqa: S108  the workers' heartbeat needs no disk
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": int(os.environ.get("WEB_CONCURRENCY", WORKERS)),
        "worker_class": "gthread",
        "threads": THREADS,
        "preload_app": False,
        "graceful_timeout": GRACE,
        "timeout": 120,
        "keepalive": 5,
        "limit_request_line": 8190,
        "limit_request_fields": 60,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": os.environ.get("FORWARDED_ALLOW_IPS", ""),
        "control_socket_disable": True,
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "logconfig_dict": journal.settings(),
        "proc_name": "qiantai",
    }


def build(factory: str) -> Flask:
    """The application that ``package:function`` makes."""
    module, _, name = factory.partition(":")
    made: Flask = getattr(importlib.import_module(module), name)()
    return made


def _gunicorn(factory: str, host: str, port: int) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415  not on Windows

    class Office(BaseApplication):
        """Gunicorn told by this program instead of by files and flags."""

        def load_config(self) -> None:
            for name, value in settings(host, port).items():
                self.cfg.set(name, value)
            self.cfg.set("worker_exit", lambda _master, _worker: self.pulse.stop())

        def load(self) -> WSGIApplication:
            """In each worker, after the fork: its own connections, its own thread."""
            made = build(factory)
            self.pulse = Pulse(made)
            self.pulse.start()
            return journal.Journal(made)

    Office().run()


def _waitress(factory: str, host: str, port: int) -> None:
    import waitress  # noqa: PLC0415  only on Windows

    logging.config.dictConfig(journal.settings())
    made = build(factory)
    pulse = Pulse(made)
    pulse.start()
    waitress.serve(
        journal.Journal(made),
        host=host,
        port=port,
        threads=WORKERS * THREADS,
        max_request_body_size=BODY,
        max_request_header_size=16 * 1024,
        clear_untrusted_proxy_headers=True,
        ident=None,
    )
    pulse.stop()
