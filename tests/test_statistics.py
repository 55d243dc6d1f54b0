"""SQLite's statistics: renewed when a connection goes, never in anybody's way."""

from __future__ import annotations

import sqlite3 as sqlite
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from core.db import engine_options, prepare


@pytest.fixture
def used(tmp_path: Path) -> Engine:
    """A file with rows and an index, and a connection that has asked for some."""
    address = f"sqlite:///{tmp_path / 'office.db'}"
    with sqlite.connect(tmp_path / "office.db") as plain:
        plain.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, holder INTEGER)")
        plain.execute("CREATE INDEX ix_job_holder ON job (holder)")
        rows = [(n % 7,) for n in range(2_000)]
        plain.executemany("INSERT INTO job (holder) VALUES (?)", rows)
    engine = prepare(create_engine(address, **engine_options(address)))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM job WHERE holder = 3").all()
    return engine


def known(tmp_path: Path) -> list[str]:
    """The indexes of which the file has statistics."""
    with sqlite.connect(tmp_path / "office.db") as plain:
        tables = plain.execute("SELECT name FROM sqlite_master").fetchall()
        if ("sqlite_stat1",) not in tables:
            return []
        return [row[0] for row in plain.execute("SELECT idx FROM sqlite_stat1")]


def test_they_are_renewed_when_a_connection_goes(used: Engine, tmp_path: Path) -> None:
    assert known(tmp_path) == []
    used.dispose()
    assert known(tmp_path) == ["ix_job_holder"]


def test_nobody_waits_for_them_while_somebody_writes(
    used: Engine, tmp_path: Path
) -> None:
    writer = sqlite.connect(tmp_path / "office.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    used.dispose()
    assert time.monotonic() - begun < 5
    writer.execute("ROLLBACK")
    writer.close()
    assert known(tmp_path) == []


def test_a_connection_is_made_anew_every_day(used: Engine) -> None:
    assert used.pool._recycle == 24 * 3600
