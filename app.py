"""Builds the application and serves it: ``python app.py`` or ``flask --app app``."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask

from core import keyfiles
from core.db import db, engine_options, prepare, safe_sqlite
from core.words import _

VIEWS = (
    "security",
    "login",
    "setup",
    "account",
    "shell",
    "screens",
    "desk",
    "queues.acting",
    "matrix",
    "changes",
    "waivers",
    "unconfirmed",
    "finder",
    "quick",
    "household",
    "gate",
    "shifts",
    "back_entries",
    "reports.overview",
    "starting",
    "surveys",
    "retention",
    "overriding",
    "clauses",
    "flow_pages",
    "catalogue",
    "inbox",
    "jobs",
    "duties",
    "rounds",
    "visits",
    "doors",
    "agenda",
    "people_commands",
    "upgrade",
    "operations",
    "sample_command",
    "exchange_commands",
)


def create_app(**overrides: Any) -> Flask:
    """The whole application, by the environment and ``overrides`` of its settings."""
    app = Flask(__name__, instance_relative_config=False)
    instance = Path(os.environ.get("OFFICE_INSTANCE", "instance")).resolve()
    address = os.environ.get("DATABASE_URL") or f"sqlite:///{instance / 'office.db'}"
    app.config.update(INSTANCE=instance, SQLALCHEMY_DATABASE_URI=address)
    app.config.update(overrides)
    app.config["INSTANCE"].mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config["SECRET_KEY"] = keyfiles.load(app.config["INSTANCE"])
    options = engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        for name in VIEWS:
            import_module(f"views.{name}").init_app(app)
    return app


def main() -> None:
    """Serve on ``HOST`` and ``PORT`` until told to stop."""
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "5000"))
    if not safe_sqlite():
        print(_("This SQLite may lose rows in its fast mode; the safe one is used."))
    import_module("views.setup").announce(create_app(), f"http://{host}:{port}")
    import_module("views.server").serve("app:create_app", host, port)


if __name__ == "__main__":
    main()
