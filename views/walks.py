"""The statements of lists: each walks one index as far as its page goes.

Core selects, not entities, so the session's own filter does not apply here: every
statement carries the reader's rights itself (a test walks them all). Whoever reads his
own rows and his department's walks an index for each and merges the beginnings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Select,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.access import Actor
from core.indexes import UNCLOSED, set_aside
from core.record import Case, Record, fields
from core.scope import ways, where
from views.asked import PAGE
from views.columns import SPINE, column_of, columns_for, tables, tables_in

CHUNK = 500
MINE = ("created_by_id", "holder_id", "department_id")
"""What makes a case somebody's."""
FEW = ("unit_id", *MINE)
"""Columns whose indexes hold few rows of a value, whatever their type."""
LEADING = (*FEW, "number", "state", "channel", "urgent", "project_id")
"""Columns whose index a list may walk, the one that leaves fewest rows first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked apart from its values: a list of one shape has one statement."""

    cls: type[Record]
    names: tuple[str, ...]
    book: str
    filters: tuple[str, ...]
    order: str
    falling: bool
    placed: bool
    voided: bool
    words: bool
    unclosed: bool
    lite: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One index walked: which rows, of which tables, in whose order."""

    criteria: list[ColumnElement[bool]]
    source: FromClause
    keys: list[ColumnElement[Any]]


def base(cls: type[Record], key: str) -> str:
    """The field that a parameter of a list narrows."""
    known = fields(cls)
    return key if key in known else key.rpartition("_")[0]


def page_query(actor: Actor, shape: Shape) -> Select[Any]:
    """The rows of one page: their ids first."""
    begun = [_begin(shape, walk, PAGE + 1) for walk in _walks(actor, shape)]
    if len(begun) == 1:
        return _rows(shape, begun[0])
    found = _merged(begun)
    order = _directed(shape, list(found.c)[1:])
    ids = select(found.c.id).order_by(*order).limit(literal_column(str(PAGE + 1)))
    return _rows(shape, ids)


def _begin(shape: Shape, walk: Walk, many: int) -> Select[Any]:
    """The ids and places of the first rows of one walk."""
    keys, criteria = walk.keys, list(walk.criteria)
    if shape.placed:
        names = ("place", "place_id")[-len(keys) :]
        bound = [
            bindparam(name, type_=key.type)
            for name, key in zip(names, keys, strict=True)
        ]
        row: Any = tuple_(*keys) if len(keys) > 1 else keys[0]
        limit: Any = tuple_(*bound) if len(keys) > 1 else bound[0]
        criteria.append(row < limit if shape.falling else row > limit)
    places = [key.label(f"place_{n}") for n, key in enumerate(keys)]
    query = select(tables(shape.cls)[0].c.id.label("id"), *places)
    query = query.select_from(walk.source).where(*criteria)
    return query.order_by(*_directed(shape, keys)).limit(literal_column(str(many)))


def _directed(
    shape: Shape, keys: Sequence[ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    return [key.desc() if shape.falling else key.asc() for key in keys]


def _merged(begun: Sequence[Select[Any]]) -> FromClause:
    """The rows of several walks; what two of them came upon stands there once."""
    return union(*(select(query.subquery()) for query in begun)).subquery()


def count_query(actor: Actor, shape: Shape, cap: int) -> Select[Any]:
    """How many rows there are, counted to one past ``cap``."""
    begun = [_begin(shape, walk, cap + 1) for walk in _walks(actor, shape)]
    counted = begun[0].subquery() if len(begun) == 1 else _merged(begun)
    return select(func.count()).select_from(counted)


def stream_query(actor: Actor, shape: Shape) -> Select[Any]:
    """The next rows behind an id, oldest first, that the reader may take away."""
    key = tables(shape.cls)[0].c.id
    criteria = [where(actor, "read", shape.cls), where(actor, "export", shape.cls)]
    walk = _walk(shape, None, criteria)
    ids = (
        select(key.label("id"))
        .select_from(walk.source)
        .where(*walk.criteria, key > bindparam("after", type_=BigInteger()))
        .order_by(key)
        .limit(CHUNK)
    )
    return _rows(shape, ids)


def _walks(actor: Actor, shape: Shape) -> list[Walk]:
    """One walk for each index that the reader's rights run along."""
    cls = shape.cls
    if shape.words or not issubclass(cls, Case):
        return [_walk(shape, None, [where(actor, "read", cls)])]
    return [_walk(shape, name, [rows]) for name, rows in ways(actor, "read", cls)]


def _walk(shape: Shape, way: str | None, criteria: list[ColumnElement[bool]]) -> Walk:
    """The walk along one way; without one, along the ids."""
    cls = shape.cls
    spine, own = tables(cls)
    voided = spine.c.voided_at
    found = [*criteria, voided.is_not(None) if shape.voided else voided.is_(None)]
    for book in cls.books:
        if book.code == shape.book:
            found += [column_of(cls, n) == value for n, value in book.where.items()]
    found += [_filter(cls, key) for key in shape.filters]
    if shape.words:
        found.append(_among(shape, spine.c.id))
    joined = own is not spine and any(own in tables_in(part) for part in found)
    if own is not spine:
        found.append(spine.c.type == literal_column(f"'{cls.slug}'"))
    if spine is SPINE:
        lead = _lead(shape, way) if way in MINE or not joined else None
        found = [set_aside(part, partial(_hidden, lead)) for part in found]
        found += [UNCLOSED] if shape.unclosed and way in MINE else []
    source = spine.join(own, own.c.id == spine.c.id) if joined else spine
    order = column_of(cls, shape.order)
    if order is not spine.c.id:
        return Walk(found, source, [order, spine.c.id])
    # the filtered table's index is in the order of that table's ids
    return Walk(found, source, [own.c.id if joined else spine.c.id])


def _lead(shape: Shape, way: str | None) -> str | None:
    """The column whose index is walked; without a way, none of the spine's."""
    asked = {way, shape.order, *shape.filters}
    return way and next((name for name in LEADING if name in asked), way)


def _hidden(lead: str | None, column: Column[Any]) -> bool:
    """Whether a list that is led by one column says nothing of this one's index."""
    if column.name in (lead, "id"):
        return False
    if column is SPINE.c.type:
        return lead is None or lead in FEW
    return column.name in LEADING if column.table is SPINE else lead in FEW


def _filter(cls: type[Record], key: str) -> ColumnElement[bool]:
    name = base(cls, key)
    column = column_of(cls, name)
    value = bindparam(f"filter_{key}", type_=column.type)
    if name == key:
        return column == value
    return column < value if key.endswith("_to") else column >= value


def _among(shape: Shape, column: Column[int]) -> ColumnElement[bool]:
    if shape.lite:
        listed = func.json_each(bindparam("ids")).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam("ids", type_=ARRAY(BigInteger())))


def _rows(shape: Shape, ids: Select[Any]) -> Select[Any]:
    """The columns of the rows of some ids, in their order."""
    picked = ids.subquery("page")
    columns, source = columns_for(shape.cls, shape.names)
    spine = tables(shape.cls)[0]
    key = column_of(shape.cls, shape.order)
    keys = [key] if key is spine.c.id else [key, spine.c.id]
    return (
        select(spine.c.id, spine.c.version, key.label("order_key"), *columns)
        .select_from(source.join(picked, picked.c.id == spine.c.id))
        .order_by(*_directed(shape, keys))
    )
