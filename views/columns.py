"""Where a field's column stands, and the columns of several with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Table
from sqlalchemy.sql import visitors

from core.privacy import Secret
from core.record import Case, Record, fields, label_table, record_type

SPINE: Table = Case.__table__  # type: ignore[assignment]


def tables(cls: type[Record]) -> tuple[Table, Table]:
    """The table that carries the spine and the type's own; the same but for cases."""
    own: Table = cls.__table__  # type: ignore[assignment]
    return (SPINE, own) if issubclass(cls, Case) else (own, own)


def column_of(cls: type[Record], name: str) -> ColumnElement[Any]:
    """A field's column, on the spine or on the type's own table."""
    spine, own = tables(cls)
    if name == "id":
        return spine.c.id
    return own.c[name] if name in own.c else spine.c[name]


def columns_for(
    cls: type[Record], names: Sequence[str]
) -> tuple[list[ColumnElement[Any]], FromClause]:
    """The columns of the named fields, references with labels, and their tables."""
    spine, own = tables(cls)
    source: FromClause = spine
    if own is not spine:
        source = spine.join(own, own.c.id == spine.c.id)
    columns: list[ColumnElement[Any]] = []
    for name in names:
        if name == "id":  # always among the columns
            continue
        if isinstance(getattr(cls, name, None), Secret):
            columns += [
                own.c[f"{name}_sealed"].label(name),
                own.c.row_key.label(f"{name}__key"),
            ]
            continue
        column = column_of(cls, name)
        columns.append(column.label(name))
        declared = fields(cls).get(name)
        if declared is not None and declared.type == "ref":
            target = record_type(declared.ref)
            other = label_table(target).alias(f"ref_{name}")
            source = source.outerjoin(other, other.c.id == column)
            columns.append(other.c[target.label_column].label(f"{name}__label"))
    return columns, source


def tables_in(criterion: ColumnElement[bool]) -> set[Any]:
    """The tables whose columns a criterion speaks of."""
    return {
        part.table for part in visitors.iterate(criterion) if isinstance(part, Column)
    }
