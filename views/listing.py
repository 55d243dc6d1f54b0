"""The list page's two statements: the ids of one page by keyset, then their columns.

Core selects, not entities, so the session's own filter does not apply here: every
statement carries ``core.access.where`` itself (a test walks them all).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from core import search as index
from core.access import Actor, rights_to, where
from core.privacy import Secret
from core.record import Case, Record, fields, label_table, record_type
from views.asked import PAGE, Asked, day_bounds
from views.lookup import by_number

EXACT, CAPPED = 10_000, 1_000
CANDIDATES = 400
CHUNK = 500
SPINE: Table = Case.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Found:
    """One page: rows by column name, and whether there is more on either side."""

    rows: Sequence[Any]
    more_after: tuple[str, int] | None
    more_before: tuple[str, int] | None
    total: int
    capped: bool


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


def page(
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
) -> Found:
    """The rows of one page of ``cls`` as asked, within what the actor may read."""
    order = order_of(session, cls, asked)
    criteria, source = conditions(session, actor, cls, asked)
    total, capped = count(session, source, criteria, bool(asked.words or asked.filters))
    floor = session.info.pop("search_floor", None)
    back = asked.before is not None
    falling = asked.falling != back
    spine = tables(cls)[0]
    keys = [order] if order is spine.c.id else [order, spine.c.id]
    place = asked.before or asked.after
    if place and (bound := _bound(order, place)):
        row = tuple_(*keys) if len(keys) > 1 else keys[0]
        limit = tuple_(*bound) if len(keys) > 1 else bound[-1]
        criteria.append(row < limit if falling else row > limit)
    directed = [key.desc() if falling else key.asc() for key in keys]
    ids = (
        select(spine.c.id.label("id"))
        .select_from(source)
        .where(*criteria)
        .order_by(*directed)
        .limit(PAGE + 1)
    )
    rows = list(_rows(session, cls, ids, names, order, directed))
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if back:
        rows.reverse()
    after = _place(rows, -1) if (more or back) and rows else None
    if floor is not None and not more:
        after = ("", floor)  # the index holds more words further down
    return Found(
        rows,
        after,
        _place(rows, 0) if rows and (more if back else asked.after) else None,
        total,
        capped,
    )


def order_of(session: Session, cls: type[Record], asked: Asked) -> ColumnElement[Any]:
    """The indexed column that this list runs along."""
    spine, own = tables(cls)
    if asked.words:
        return spine.c.id
    if asked.order:
        return column_of(cls, asked.order)
    on_own = any(_base(cls, key) in own.c for key in asked.filters) or (
        asked.book is not None and asked.book.where
    )
    if issubclass(cls, Case) and not on_own:
        return spine.c.received_at
    return spine.c.id


def _base(cls: type[Record], key: str) -> str:
    known = fields(cls)
    return key if key in known else key.removesuffix("_from").removesuffix("_to")


def conditions(
    session: Session, actor: Actor, cls: type[Record], asked: Asked
) -> tuple[list[ColumnElement[bool]], FromClause]:
    """The criteria of a list and the tables they stand on."""
    spine, own = tables(cls)
    found = [where(actor, "read", cls)]
    found.append(
        spine.c.voided_at.is_not(None) if asked.voided else spine.c.voided_at.is_(None)
    )
    source: FromClause = spine
    if own is not spine:
        found.append(spine.c.type == literal_column(f"'{cls.slug}'"))
    if asked.book:
        for name, value in asked.book.where.items():
            found.append(column_of(cls, name) == value)
    for key, value in asked.filters.items():
        found.append(_filter(session, cls, key, value))
    if asked.words:
        found.append(_search(session, actor, cls, asked))
    if own is not spine and any(own in tables_in(part) for part in found):
        source = spine.join(own, own.c.id == spine.c.id)
    return found, source


def tables_in(criterion: ColumnElement[bool]) -> set[Any]:
    """The tables whose columns a criterion speaks of."""
    return {
        part.table for part in visitors.iterate(criterion) if isinstance(part, Column)
    }


def _filter(
    session: Session, cls: type[Record], key: str, value: Any
) -> ColumnElement[bool]:
    name = _base(cls, key)
    column = column_of(cls, name)
    if isinstance(value, dt.date):
        bound = day_bounds(session, fields(cls)[name], key, value)
        return column < bound if key.endswith("_to") else column >= bound
    same: ColumnElement[bool] = column == value
    return same


def _search(
    session: Session, actor: Actor, cls: type[Record], asked: Asked
) -> ColumnElement[bool]:
    """Words through the index; digits also through the sealed numbers."""
    spine = tables(cls)[0]
    numbers = by_number(actor, cls, asked.words)
    if numbers and not issubclass(cls, Case):
        sealed = select(spine.c.id).where(or_(*numbers))
        if ids := list(session.connection().execute(sealed).scalars()):
            return spine.c.id.in_(ids)
    ids, many = candidates(session, actor, cls, asked)
    session.info["search_floor"] = ids[-1] if len(ids) == many else None
    return spine.c.id.in_(ids)


def candidates(
    session: Session, actor: Actor, cls: type[Record], asked: Asked
) -> tuple[list[int], int]:
    """The newest matching record ids behind the cursor, and how many were asked for."""
    connection = session.connection()
    kind, _rest = index.scope_words(cls.slug, None)
    scope = [[kind]]
    rights = rights_to(actor, "read", cls)
    projects = {r.project for r in rights if r.project is not None}
    everywhere = any(right.project is None for right in rights)
    if cls.owner == "project" and not everywhere and not actor.system:
        scope.append(
            [index.scope_words("", project)[1] for project in sorted(projects)]
        )
    wanted = index.match(connection.dialect.name, asked.words, scope)
    if wanted is None:
        return [], 1
    low, high = index.bounds(cls)
    if asked.after:
        high = low + asked.after[1]
    binds = {"match": wanted, "low": low, "high": high}
    statement = index.found(connection.dialect.name)
    many = CANDIDATES if asked.filters or asked.book else CANDIDATES // 2
    docs = connection.execute(statement, binds | {"limit": many})
    return [doc - low for doc in docs.scalars()], many


def count(
    session: Session,
    source: FromClause,
    criteria: Sequence[ColumnElement[bool]],
    narrowed: bool,
) -> tuple[int, bool]:
    """How many rows there are, counted to a cap: (number, more than that)."""
    cap = CAPPED if narrowed else EXACT
    some: Select[Any] = select(literal_column("1")).select_from(source).where(*criteria)
    query = select(func.count()).select_from(some.limit(cap + 1).subquery())
    n = int(session.connection().execute(query).scalar_one())
    return min(n, cap), n > cap


def _bound(order: ColumnElement[Any], place: tuple[str, int]) -> tuple[Any, int] | None:
    text, key = place
    if order.type.python_type is int:
        return key, key
    if order.type.python_type is dt.datetime:
        try:
            return dt.datetime.fromisoformat(text), key
        except ValueError:
            return None
    return text, key


def _place(rows: Sequence[Any], at: int) -> tuple[str, int]:
    value = rows[at].order_key
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return text, int(rows[at].id)


def _rows(
    session: Session,
    cls: type[Record],
    ids: Select[Any],
    names: Sequence[str],
    order: ColumnElement[Any],
    directed: Sequence[ColumnElement[Any]],
) -> Sequence[Any]:
    picked = ids.subquery("page")
    columns, source = columns_for(cls, names)
    spine = tables(cls)[0]
    query = (
        select(spine.c.id, spine.c.version, order.label("order_key"), *columns)
        .select_from(source.join(picked, picked.c.id == spine.c.id))
        .order_by(*directed)
    )
    return session.connection().execute(query).all()


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


def stream(
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
    after: int,
) -> Sequence[Any]:
    """The next ``CHUNK`` rows behind id ``after``, oldest first: for exports."""
    criteria, source = conditions(session, actor, cls, asked)
    spine = tables(cls)[0]
    ids = (
        select(spine.c.id.label("id"))
        .select_from(source)
        .where(and_(*criteria), spine.c.id > after)
        .order_by(spine.c.id)
        .limit(CHUNK)
    )
    return _rows(session, cls, ids, names, spine.c.id, [spine.c.id.asc()])
