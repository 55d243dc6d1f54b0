"""One driver connection with the house's settings, and the fewest words to use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import create_engine

from core.db import engine_options, prepare


class Store:
    """Raw SQL with ``?`` for values on either database."""

    def __init__(self, address: str) -> None:
        self.engine = create_engine(address, **engine_options(address))
        self.lite = prepare(self.engine).dialect.name == "sqlite"
        self._held = self.engine.raw_connection()
        self._spelt: dict[str, str] = {}

    @cached_property
    def raw(self) -> Any:
        """The driver's own connection; opened once, as a served process would."""
        return self._held.driver_connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Every row of a query."""
        found: list[Any] = self.run(sql, values).fetchall()
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The cursor of one statement."""
        if self.lite:
            return self.raw.execute(sql, values)
        spelt = self._spelt.get(sql)
        if spelt is None:
            spelt = self._spelt[sql] = sql.replace("%", "%%").replace("?", "%s")
        return self.raw.execute(spelt, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One write transaction."""
        self.raw.execute("BEGIN IMMEDIATE" if self.lite else "BEGIN")
        try:
            yield
        except BaseException:
            self.raw.execute("ROLLBACK")
            raise
        self.raw.execute("COMMIT")

    def close(self) -> None:
        """Let go of the connection."""
        self.raw.close()
        self.engine.dispose()
