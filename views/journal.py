"""The server's log: one JSON line each, without anybody's data.

A request is told by method, path, status and duration; its query string, its fields
and the words of an error, which may hold a name or a phone number, are left out.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("qiantai.request")
QUIET = {"/healthz"}
QUERY = re.compile(r"(?<=\S)\?\S+")
"""The query string of an address in somebody else's message."""


class JsonLine(logging.Formatter):
    """A log record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """When, how grave, who says so, what; and an error's place, not its words."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "at": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "what": QUERY.sub("", record.getMessage()),
            "process": record.process,
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _told(error: BaseException) -> list[str]:
    """The kind of an error and of its causes, each with the places it passed."""
    cause = error.__cause__ or error.__context__
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    above = _told(cause) if cause else []
    return [*above, *places, type(error).__name__]


def settings(level: str = "INFO") -> dict[str, Any]:
    """The logging configuration of a serving process."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLine}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"level": level, "handlers": ["out"]},
        "loggers": {
            "gunicorn.error": {"level": level, "propagate": True, "handlers": []},
            # its lines would hold query strings; the Journal writes ours
            "gunicorn.access": {
                "level": "CRITICAL",
                "propagate": False,
                "handlers": [],
            },
            "alembic": {"level": "WARNING"},
        },
    }


class Journal:
    """WSGI middleware that logs every request when its answer has been sent."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer as the application does."""
        began, status = time.perf_counter(), "000"

        def start(code: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            nonlocal status
            status = code[:3]
            return start_response(code, headers, error)

        body = self.application(environ, start)
        return _Told(body, lambda sent: _note(environ, status, began, sent))


class _Told:
    """An answer's body that says at its end how many bytes it had."""

    def __init__(self, body: Iterable[bytes], done: Any) -> None:
        self.body, self.done, self.sent = body, done, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.body:
            self.sent += len(piece)
            yield piece

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()
        self.done(self.sent)


def _note(environ: WSGIEnvironment, status: str, began: float, sent: int) -> None:
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    if path in QUIET:
        return
    facts = {
        "method": environ.get("REQUEST_METHOD", ""),
        "path": path[:200],
        "status": int(status),
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "bytes": sent,
        **environ.get("qiantai.facts", {}),
    }
    log.info("request", extra={"facts": facts})
