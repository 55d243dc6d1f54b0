"""The list page's statement: the ids of one page by keyset, with their columns.

Core selects, not entities, so the session's own filter does not apply here: every
statement carries ``core.access.where`` itself (a test walks them all). A statement is
made once for an actor and the shape of what was asked; only its values differ then.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from core import search as index
from core.access import Actor, rights_to
from core.columns import UtcDateTime
from core.kept import lately, worked_out
from core.record import Case, Record, fields
from core.scope import where
from views.asked import PAGE, Asked, day_bounds
from views.columns import column_of, columns_for, tables, tables_in
from views.findings import said
from views.lookup import by_number

EXACT, CAPPED = 10_000, 1_000
CANDIDATES = 400
"""Matches of a search that are looked at for one page."""
CHUNK = 500


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
    lite: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page: rows by column name, and whether there is more on either side."""

    rows: Sequence[Any]
    more_after: tuple[str, int] | None
    more_before: tuple[str, int] | None
    total: int
    capped: bool


def page(
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
) -> Found:
    """The rows of one page of ``cls`` as asked, within what the actor may read."""
    back = asked.before is not None
    shape = _shape(session, cls, asked, names)
    values, edge = _values(session, actor, shape, asked), None
    if asked.words:
        place = asked.before or asked.after
        ids, edge = _candidates(session, actor, shape, asked, place and place[1], back)
        values["ids"] = _listed(shape, ids)
    query = worked_out(actor, shape, lambda: _page_query(actor, shape))
    rows = list(session.connection().execute(query, values).all())
    more = len(rows) > PAGE
    total, capped = (len(rows), edge is not None)
    if shape.placed or more:
        total, capped = _total(session, actor, shape, asked, values)
    rows = rows[:PAGE]
    if back:
        rows.reverse()
    after = _place(rows, -1) if (more or back) and rows else None
    before = _place(rows, 0) if rows and (more if back else asked.after) else None
    if edge is not None and not more:  # the index holds more words further on
        after, before = (after, ("", edge)) if back else (("", edge), before)
    return Found(rows, after, before, total, capped)


def _shape(
    session: Session, cls: type[Record], asked: Asked, names: Sequence[str]
) -> Shape:
    back, spine = asked.before is not None, tables(cls)[0]
    order = _order(cls, asked)
    place = asked.before or asked.after
    placed = place is not None and _bound(column_of(cls, order), place) is not None
    return Shape(
        cls=cls,
        names=tuple(names),
        book=asked.book.code if asked.book else "",
        filters=tuple(sorted(asked.filters)),
        order=spine.c.id.name if asked.words else order,
        falling=(asked.falling or bool(asked.words)) != back,
        placed=placed,
        voided=asked.voided,
        words=bool(asked.words),
        lite=session.connection().dialect.name == "sqlite",
    )


def _order(cls: type[Record], asked: Asked) -> str:
    """The indexed column that this list runs along."""
    own = tables(cls)[1]
    if asked.words or asked.order:
        return "id" if asked.words else asked.order
    on_own = any(_base(cls, key) in own.c for key in asked.filters) or (
        asked.book is not None and asked.book.where
    )
    return "received_at" if issubclass(cls, Case) and not on_own else "id"


def _base(cls: type[Record], key: str) -> str:
    known = fields(cls)
    return key if key in known else key.removesuffix("_from").removesuffix("_to")


def _values(
    session: Session, actor: Actor, shape: Shape, asked: Asked
) -> dict[str, Any]:
    """What the statement's parameters are bound to."""
    values: dict[str, Any] = {}
    for key, value in asked.filters.items():
        values[f"filter_{key}"] = value
        if isinstance(value, dt.date):
            declared = fields(shape.cls)[_base(shape.cls, key)]
            values[f"filter_{key}"] = day_bounds(session, declared, key, value)
    place = asked.before or asked.after
    if shape.placed and place:
        bound = _bound(column_of(shape.cls, shape.order), place)
        values["place"], values["place_id"] = bound or place
        if shape.order == "id":
            del values["place"]
    return values


def _listed(shape: Shape, ids: list[int]) -> str | list[int]:
    """Ids as one parameter: a statement with as many as there are would be new."""
    return json.dumps(ids) if shape.lite else ids


def _page_query(actor: Actor, shape: Shape) -> Select[Any]:
    spine, own = tables(shape.cls)
    order = column_of(shape.cls, shape.order)
    criteria, source = _conditions(actor, shape)
    keys = [order] if order is spine.c.id else [order, spine.c.id]
    if order is spine.c.id and source is not spine:
        order, keys = own.c.id, [own.c.id]  # the filtered table's index is in its order
    if shape.placed:
        places = ("place", "place_id")[-len(keys) :]
        bound = [
            bindparam(name, type_=key.type)
            for name, key in zip(places, keys, strict=True)
        ]
        row: Any = tuple_(*keys) if len(keys) > 1 else keys[0]
        limit: Any = tuple_(*bound) if len(keys) > 1 else bound[0]
        criteria.append(row < limit if shape.falling else row > limit)
    directed = [key.desc() if shape.falling else key.asc() for key in keys]
    ids = (
        select(spine.c.id.label("id"))
        .select_from(source)
        .where(*criteria)
        .order_by(*directed)
        .limit(literal_column(str(PAGE + 1)))
    )
    return _rows(shape, ids, order, directed)


def _conditions(
    actor: Actor, shape: Shape, in_order: bool = False
) -> tuple[list[ColumnElement[bool]], FromClause]:
    """The criteria of a list and the tables they stand on.

    Rows asked ``in_order`` of their ids are walked so, not gathered by type and sorted.
    """
    cls = shape.cls
    spine, own = tables(cls)
    voided = spine.c.voided_at
    found = [where(actor, "read", cls)]
    found.append(voided.is_not(None) if shape.voided else voided.is_(None))
    for book in cls.books:
        if book.code == shape.book:
            found += [column_of(cls, n) == value for n, value in book.where.items()]
    found += [_filter(cls, key) for key in shape.filters]
    if shape.words:
        found.append(_among(shape, spine.c.id))
    if own is spine:
        return found, spine
    kind: ColumnElement[str] = spine.c.type
    joined = any(own in tables_in(part) for part in found)
    if shape.lite and (in_order or shape.words or joined):  # not by the type's index
        kind = literal_column('+"case".type')
    found.append(kind == literal_column(f"'{cls.slug}'"))
    source = spine.join(own, own.c.id == spine.c.id) if joined else spine
    return found, source


def _filter(cls: type[Record], key: str) -> ColumnElement[bool]:
    name = _base(cls, key)
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


def _candidates(
    session: Session,
    actor: Actor,
    shape: Shape,
    asked: Asked,
    beyond: int | None,
    rising: bool,
) -> tuple[list[int], int | None]:
    """The next matching ids in one direction, and the last one when there are more."""
    cls, connection = shape.cls, session.connection()
    numbers = by_number(actor, cls, asked.words)
    if numbers and not issubclass(cls, Case):
        sealed = select(tables(cls)[0].c.id).where(or_(*numbers))
        if exact := list(connection.execute(sealed).scalars()):
            return exact, None
    base, high = index.bounds(cls)
    low, many = base, CANDIDATES if asked.filters or asked.book else CANDIDATES // 2
    if beyond is not None:
        low, high = (base + beyond, high) if rising else (base, base + beyond)
    scope = worked_out(actor, ("scope", cls), lambda: _scope_words(actor, cls))
    docs, more = index.look(connection, asked.words, scope, (low, high), many, rising)
    edge = docs[-1] - base if docs and more else None
    return said(session, cls, [doc - base for doc in docs], asked.words), edge


def _scope_words(actor: Actor, cls: type[Record]) -> list[list[str]]:
    """The index's words for what the actor may read, so that no match is foreign."""
    scope = [index.scope_words(cls.slug, None)[:1]]
    rights = rights_to(actor, "read", cls)
    everywhere = actor.system or any(right.project is None for right in rights)
    if cls.owner == "project" and not everywhere:
        projects = sorted({r.project for r in rights if r.project is not None})
        scope.append([index.scope_words("", project)[1] for project in projects])
    return scope


def _total(
    session: Session, actor: Actor, shape: Shape, asked: Asked, values: dict[str, Any]
) -> tuple[int, bool]:
    """How many rows there are, counted to a cap: (number, more than that)."""
    whole = replace(shape, names=(), order="id", falling=True, placed=False)
    narrowed, edge = shape.words or bool(shape.filters), None
    cap = CAPPED if narrowed else EXACT
    query = worked_out(actor, ("count", whole), lambda: _count_query(actor, whole, cap))
    if shape.words and shape.placed:
        ids, edge = _candidates(session, actor, shape, asked, None, False)
        values = values | {"ids": _listed(shape, ids)}
    values = {k: v for k, v in values.items() if not k.startswith("place")}

    def load() -> int:
        return int(session.connection().execute(query, values).scalar_one())

    n = load() if narrowed else lately(session, actor, whole, load)
    return min(n, cap), n > cap or edge is not None


def held(session: Session, actor: Actor, cls: type[Record], cap: int) -> int:
    """How many rows of a type stand for the reader, counted to one past ``cap``."""
    shape = _shape(session, cls, Asked(), ())
    key = ("held", cls, cap)
    query = worked_out(actor, key, lambda: _count_query(actor, shape, cap))
    return int(session.connection().execute(query).scalar_one())


def _count_query(actor: Actor, shape: Shape, cap: int) -> Select[Any]:
    criteria, source = _conditions(actor, shape)
    some: Select[Any] = select(literal_column("1")).select_from(source).where(*criteria)
    some = some.limit(literal_column(str(cap + 1)))
    return select(func.count()).select_from(some.subquery())


def _bound(order: ColumnElement[Any], place: tuple[str, int]) -> tuple[Any, int] | None:
    text, key = place
    if isinstance(order.type, UtcDateTime):
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC), key
    return key if order.type.python_type is int else text, key


def _place(rows: Sequence[Any], at: int) -> tuple[str, int]:
    value = rows[at].order_key
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return text, int(rows[at].id)


def _rows(
    shape: Shape,
    ids: Select[Any],
    order: ColumnElement[Any],
    directed: Sequence[ColumnElement[Any]],
) -> Select[Any]:
    picked = ids.subquery("page")
    columns, source = columns_for(shape.cls, shape.names)
    spine = tables(shape.cls)[0]
    return (
        select(spine.c.id, spine.c.version, order.label("order_key"), *columns)
        .select_from(source.join(picked, picked.c.id == spine.c.id))
        .order_by(*directed)
    )


def stream(
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
    after: int,
) -> Sequence[Any]:
    """The next ``CHUNK`` rows behind id ``after``, oldest first: for exports."""
    shape = _shape(session, cls, replace(asked, after=None, before=None), names)
    values, edge = _values(session, actor, shape, asked), None
    query = worked_out(actor, ("stream", shape), lambda: _stream_query(actor, shape))
    while True:
        if asked.words:
            ids, edge = _candidates(session, actor, shape, asked, after, True)
            values["ids"] = _listed(shape, ids)
        found = session.connection().execute(query, values | {"after": after}).all()
        if found or edge is None:
            return found
        after = edge


def _stream_query(actor: Actor, shape: Shape) -> Select[Any]:
    criteria, source = _conditions(actor, shape, in_order=True)
    criteria.append(where(actor, "export", shape.cls))
    key = tables(shape.cls)[0].c.id
    ids = (
        select(key.label("id"))
        .select_from(source)
        .where(*criteria, key > bindparam("after", type_=BigInteger()))
        .order_by(key)
        .limit(CHUNK)
    )
    return _rows(shape, ids, key, [key.asc()])
