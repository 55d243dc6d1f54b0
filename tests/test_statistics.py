"""SQLite's statistics: renewed when a connection goes, never in anybody's way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect

from core.db import engine_options, prepare


def opened(folder: Path) -> Engine:
    """The file as the application opens it."""
    address = f"sqlite:///{folder / 'office.db'}"
    return prepare(create_engine(address, **engine_options(address)))


@pytest.fixture
def used(tmp_path: Path) -> Engine:
    """A file with rows and an index, and a connection that has asked for some."""
    engine = opened(tmp_path)
    with engine.connect().execution_options(write=True) as connection:
        for statement in (
            "CREATE TABLE job (id INTEGER PRIMARY KEY, holder INTEGER)",
            "CREATE INDEX ix_job_holder ON job (holder)",
            "INSERT INTO job (holder) VALUES (3), (4), (3), (5)",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM job WHERE holder = 3").all()
    return engine


def known(folder: Path) -> list[str]:
    """The indexes of which the file has statistics."""
    engine = opened(folder)
    with engine.connect() as connection:
        if not inspect(connection).has_table("sqlite_stat1"):
            return []
        rows = connection.exec_driver_sql("SELECT idx FROM sqlite_stat1")
        return list(rows.scalars())


def test_they_are_renewed_when_a_connection_goes(used: Engine, tmp_path: Path) -> None:
    assert known(tmp_path) == []
    used.dispose()
    assert known(tmp_path) == ["ix_job_holder"]


def test_nobody_waits_for_them_while_somebody_writes(
    used: Engine, tmp_path: Path
) -> None:
    begun = time.monotonic()
    with opened(tmp_path).connect().execution_options(write=True) as writer:
        writer.exec_driver_sql("INSERT INTO job (holder) VALUES (6)")
        used.dispose()
        assert known(tmp_path) == []
    assert time.monotonic() - begun < 5


def test_a_connection_is_made_anew_every_day(used: Engine) -> None:
    assert used.pool._recycle == 24 * 3600
