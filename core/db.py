"""The database: engine settings, the session, one kind of write transaction, the clock.

Reads begin plainly and cannot write (SQLite's ``query_only``; PostgreSQL reads in
autocommit). A write goes through ``writing``: it ends the read, queues at a file lock
(SQLite's own waiting polls with growing sleeps) and only then begins.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, UOWTransaction

from core import kept
from core.base import Base
from core.record import Record

try:
    import pysqlite3.dbapi2 as sqlite
except ImportError:  # no wheel for this platform: the interpreter's own build
    import sqlite3 as sqlite

if sys.platform != "win32":  # there, SQLite's own busy wait must do
    import fcntl

log = logging.getLogger("qiantai.db")

SAFE_WAL = (3, 51, 3)
"""Builds before this one can lose committed rows when a WAL is reset."""
PATIENCE = 15.0
"""Seconds a writer waits for its turn before it says so."""
A_DAY = 24 * 3600
"""Seconds after which a connection to a file is made anew."""


class Busy(RuntimeError):
    """Another writer held the database for longer than ``PATIENCE``."""


class OfficeSession(FlaskSession):
    """A session that reads what its actor may and writes only inside ``writing``."""


db = SQLAlchemy(
    metadata=Base.metadata,
    disable_autonaming=True,
    session_options={"class_": OfficeSession, "expire_on_commit": False},
)


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def safe_sqlite() -> bool:
    """Whether this SQLite keeps every committed row in WAL mode."""
    return tuple(sqlite.sqlite_version_info) >= SAFE_WAL


def engine_options(address: str) -> dict[str, Any]:
    """Options of ``create_engine`` for that database address."""
    if make_url(address).get_backend_name() == "sqlite":
        module: ModuleType = sqlite
        options = {"module": module, "connect_args": {"timeout": PATIENCE}}
        return options | {"hide_parameters": True, "pool_recycle": A_DAY}
    return {
        "isolation_level": "AUTOCOMMIT",
        "pool_pre_ping": True,
        "pool_size": 8,
        "hide_parameters": True,
    }


def prepare(engine: Engine) -> Engine:
    """Give an engine the house's connection settings; returns it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "close", _on_close)
    return engine


def _on_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    journal = ("WAL", "FULL") if safe_sqlite() else ("DELETE", "EXTRA")
    for pragma in (
        f"journal_mode={journal[0]}",
        f"synchronous={journal[1]}",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_close(connection: Any, record: Any) -> None:
    """Let SQLite renew the statistics of what this connection has read."""
    with suppress(sqlite.Error):  # somebody writes: there is another time
        connection.execute("PRAGMA busy_timeout=200").close()
        connection.execute("PRAGMA query_only=OFF").close()
        connection.execute("PRAGMA optimize").close()


def _on_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    if connection.info.get("reads_only") is not (not write):
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
        connection.info["reads_only"] = not write
    raw = connection.connection.driver_connection
    assert raw is not None  # every request begins here: without a statement's ado
    raw.execute("BEGIN IMMEDIATE" if write else "BEGIN").close()


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any error.

    Whatever was read before is read again; a call inside another joins it.
    Raises Busy when the turn does not come within ``PATIENCE`` seconds.
    """
    if session.info.get("writing"):
        yield
        return
    session.rollback()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with _turn(engine.url):
        session.info["writing"] = True
        try:
            session.connection(execution_options=_write_options(engine))
            yield
            session.commit()
            kept.written()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False


def _write_options(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {"write": True}
    return {"isolation_level": "READ COMMITTED"}


@contextmanager
def _turn(url: URL) -> Iterator[None]:
    """First come, first served among the writers of one SQLite file."""
    plain = url.get_backend_name() != "sqlite" or not url.database
    if sys.platform == "win32" or plain:
        yield
        return
    with Path(f"{url.database}.turn").open("w") as handle:
        _wait_for(handle)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


def _wait_for(handle: IO[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy from None
            time.sleep(0.002)
        else:
            return


@event.listens_for(OfficeSession, "before_flush")
def _stamp(session: Session, context: UOWTransaction, instances: Any) -> None:
    """Refuse writes outside ``writing`` and deletions; date what changes."""
    if not session.info.get("writing"):
        raise RuntimeError("a write outside core.db.writing()")
    actor = session.info.get("actor")
    moment = now()
    for record in session.new:
        if isinstance(record, Record):
            if not inspect(record).dict.get("created_at"):
                record.created_at = moment
            if record.created_by_id is None and actor is not None:
                record.created_by_id = actor.staff_id
    for record in session.dirty:
        if isinstance(record, Record) and session.is_modified(record):
            record.updated_at = moment
    for record in session.deleted:
        if isinstance(record, Record):
            raise RuntimeError("records are voided, never deleted")
