"""The schema as a whole: declared tables, the search index, and triggers for history.

The triggers are the second lock on the history: SQL that goes round the application
cannot alter an entry or take one away. Both databases know the same conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect

from core import (
    attachment,
    chain,
    clock,
    counted,
    jobs,
    messages,
    numbering,
    occasions,
    portions,
    posted,
    saved,
    search,
    signature,
    signin,
)
from core.base import Base

BEHIND = (
    attachment.Attachment,
    chain.Change,
    clock.Clock,
    counted.Counted,
    jobs.Run,
    messages.Message,
    numbering.Counter,
    occasions.Occasion,
    portions.Portion,
    posted.Posted,
    saved.SavedView,
    signature.Signature,
    signin.SignIn,
)
"""Named so that their modules, and with them every table, are known here."""
INDEX_TABLES = frozenset(
    "search search_data search_idx search_content search_docsize search_config".split()
)
"""The search index and the shadow tables that SQLite keeps for it."""

STANDS = "history stands as it was written"
ERASES = " AND ".join(
    (
        "NEW.personal IS NULL",
        "coalesce(NEW.personal_salt, OLD.personal_salt, '') ="
        " coalesce(OLD.personal_salt, '')",
        "NEW.change_id = OLD.change_id",
        "NEW.plain IS NOT DISTINCT FROM OLD.plain",
        "NEW.plain_salt IS NOT DISTINCT FROM OLD.plain_salt",
    )
)
GROWS = "NEW.name = OLD.name AND NEW.seq > OLD.seq"
ALLOWED = {
    "change": {"update": "", "delete": ""},
    "change_value": {"update": ERASES, "delete": ""},
    "chain": {"update": GROWS, "delete": ""},
}
"""Table -> act -> the only condition under which the act is let through."""


class ReferenceBroken(RuntimeError):
    """A row points to one that is not there."""


def create_all(connection: Connection) -> None:
    """Make everything that is missing in this database."""
    Base.metadata.create_all(connection)
    complete(connection)


def complete(connection: Connection) -> None:
    """What the declared tables need beside them: the search index and the triggers."""
    search.create(connection)
    guard(connection)


def guard(connection: Connection) -> None:
    """Put up the triggers that refuse changes of the history."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_REFUSE)
    for table, acts in ALLOWED.items():
        for act, condition in acts.items():
            for statement in _trigger(connection.dialect.name, table, act, condition):
                connection.exec_driver_sql(statement)


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may change the schema, beside any session.

    SQLite rebuilds tables to alter them, and with foreign keys on that would delete
    the rows that point to them: they are off meanwhile, and checked before the commit.
    """
    lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if lite:
            _pragma(connection, "foreign_keys=OFF")
            connection.execution_options(write=True)
        else:
            connection.execution_options(isolation_level="READ COMMITTED")
        try:
            with connection.begin():
                if not lite:
                    connection.exec_driver_sql(_ONE_AT_A_TIME)
                yield connection
                check_references(connection)
        finally:
            if lite:
                _pragma(connection, "foreign_keys=ON")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One moment of the database, however long the reading takes."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _pragma(connection: Connection, setting: str) -> None:
    """Set outside a transaction, where alone SQLite heeds it."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(f"PRAGMA {setting}").close()


def check_references(connection: Connection) -> None:
    """Raise ReferenceBroken when a row points to one that is not there."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL never stops checking
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        child, row, parent, _ = broken[0]
        raise ReferenceBroken(f"{child} {row} -> {parent} ({len(broken)} in all)")


@contextmanager
def resealing(connection: Connection) -> Iterator[None]:
    """Let this transaction alone write sealed history values anew under another key."""
    where = " ON change_value" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS change_value_update{where}")
    yield
    guard(connection)


def triggers(connection: Connection) -> dict[str, str]:
    """The triggers of this database: name -> definition."""
    lite = connection.dialect.name == "sqlite"
    found = connection.exec_driver_sql(_LITE_TRIGGERS if lite else _POSTGRES_TRIGGERS)
    return {row[0]: row[1] for row in found}


def tables(connection: Connection) -> list[str]:
    """The tables that hold the office's data, in alphabetical order."""
    aside = INDEX_TABLES | {"alembic_version"}
    return sorted(set(inspect(connection).get_table_names()) - aside)


def is_empty(connection: Connection) -> bool:
    """Whether nothing was ever made in this database."""
    return not inspect(connection).get_table_names()


def _trigger(dialect: str, table: str, act: str, condition: str) -> tuple[str, ...]:
    name, unless = f"{table}_{act}", f"WHEN (NOT ({condition}))" if condition else ""
    if dialect == "sqlite":
        return (
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} {unless}"
            f" BEGIN SELECT RAISE(ABORT, '{STANDS}'); END",
        )
    made = [
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {act.upper()} ON {table}"
        f" FOR EACH ROW {unless} EXECUTE FUNCTION history_stands()"
    ]
    if act == "delete":
        made.append(
            f"CREATE OR REPLACE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION history_stands()"
        )
    return tuple(made)


_REFUSE = f"""
CREATE OR REPLACE FUNCTION history_stands() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{STANDS}'; END $$
"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7126)"
_LITE_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_POSTGRES_TRIGGERS = (
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
)
