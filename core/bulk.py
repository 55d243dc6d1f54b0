"""Prepared rows: bound to their columns beforehand, then written at one go.

Binding a value costs more than writing it, and whoever writes keeps others waiting on
SQLite: so rows are made ready outside the transaction, as JSON can keep them, and go
to the driver as they are. An entry of ``core.audit`` belongs to every such write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, func, select, text
from sqlalchemy.exc import IntegrityError

from core.base import Base

Row = Sequence[Any]


class Shape:
    """The columns of one table that prepared rows fill.

    Those ``ahead``, as the id, are known only when the rows are written.
    """

    def __init__(
        self, dialect: Dialect, cls: type[Base], table: Table, ahead: Sequence[str]
    ) -> None:
        self.table, self.lite = table, dialect.name == "sqlite"
        kept = [column for column in table.c if column.name not in ahead]
        self.columns = (*ahead, *(column.name for column in kept))
        self.binds = [_bind(dialect, cls, column) for column in kept]

    def bound(self, record: Base) -> list[Any]:
        """A record that was never in a session, as a row."""
        values = vars(record)
        return [bind(values) for bind in self.binds]


def _bind(
    dialect: Dialect, cls: type[Base], column: Column[Any]
) -> Callable[[dict[str, Any]], Any]:
    name = cls.__mapper__.get_property_by_column(column).key
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    usual = getattr(column.default, "arg", None)

    def bind(values: dict[str, Any]) -> Any:
        value = values.get(name)
        value = usual if value is None and not callable(usual) else value
        return value if process is None else process(value)

    return bind


def reserve(connection: Connection, table: Table, many: int) -> Iterator[int]:
    """Ids that nobody else gets, for rows of this transaction."""
    if connection.dialect.name == "sqlite":  # one writer at a time
        last = connection.execute(select(func.max(table.c.id))).scalar() or 0
        return iter(range(last + 1, last + many + 1))
    values = {"name": _quoted(connection, table.name), "many": many}
    return iter(connection.execute(_NEXT, values).scalars().all())


_NEXT = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :many)"
)


def insert(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Write rows that were bound before."""
    names = ", ".join(_quoted(connection, name) for name in columns)
    into = f"{_quoted(connection, table)} ({names})"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        lines = [tuple(row) for row in rows]
        if lines:
            sql = f"INSERT INTO {into} VALUES ({marks})"  # noqa: S608  quoted names
            connection.exec_driver_sql(sql, lines)
        return
    driver: Any = connection.connection.driver_connection
    refused: Any = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except refused.IntegrityError as error:
        raise IntegrityError(into, None, error) from error


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
