"""One page of a list: by keyset, counted to a cap.

A statement is made once for an actor and the shape of what was asked; only its values
differ then.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core import search as index
from core.access import Actor, rights_to
from core.columns import UtcDateTime
from core.kept import lately, worked_out
from core.record import Case, Record, fields
from core.rows import light
from core.scope import confined
from core.states import Flow
from views.asked import PAGE, Asked, day_bounds, moment_of
from views.columns import column_of, tables
from views.findings import said
from views.lookup import by_number
from views.walks import Shape, base, count_query, page_query, stream_query

CAPPED = 1_000
"""Nobody needs to know how many more rows there are."""
CANDIDATES = 400
"""Matches of a search that are looked at for one page."""


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
    shape = _shape(session, actor, cls, asked, names)
    values, edge = _values(session, actor, shape, asked), None
    if asked.words:
        place = asked.before or asked.after
        ids, edge = _candidates(session, actor, shape, asked, place and place[1], back)
        values["ids"] = _listed(shape, ids)
    query = worked_out(actor, shape, lambda: page_query(actor, shape))
    rows = light(session.connection().execute(query, values))
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
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
) -> Shape:
    back, spine = asked.before is not None, tables(cls)[0]
    order = _order(actor, cls, asked)
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
        unclosed=cls.flow is not None and _asks_for_open(cls.flow, asked),
        lite=session.connection().dialect.name == "sqlite",
    )


def _asks_for_open(flow: Flow, asked: Asked) -> bool:
    """Whether the state asked for is one of cases that are not closed."""
    return any(
        state.code == asked.filters.get("state") and flow.is_open(state.code)
        for state in flow.states
    )


def _order(actor: Actor, cls: type[Record], asked: Asked) -> str:
    """The indexed column that this list runs along."""
    if asked.words or asked.order:
        return "id" if asked.words else asked.order
    if not issubclass(cls, Case):
        return "id"
    own = tables(cls)[1]
    on_own = any(base(cls, key) in own.c for key in asked.filters) or (
        asked.book is not None and asked.book.where
    )
    return "id" if on_own and not confined(actor, "read", cls) else "received_at"


def _values(
    session: Session, actor: Actor, shape: Shape, asked: Asked
) -> dict[str, Any]:
    """What the statement's parameters are bound to."""
    values: dict[str, Any] = {}
    for key, value in asked.filters.items():
        values[f"filter_{key}"] = value
        if isinstance(value, dt.date):
            declared = fields(shape.cls)[base(shape.cls, key)]
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
    whole = replace(shape, names=(), placed=False)
    key, edge = ("count", whole), None
    query = worked_out(actor, key, lambda: count_query(actor, whole, CAPPED))
    if shape.words and shape.placed:
        ids, edge = _candidates(session, actor, shape, asked, None, False)
        values = values | {"ids": _listed(shape, ids)}
    values = {k: v for k, v in values.items() if not k.startswith("place")}

    def load() -> int:
        return int(session.connection().execute(query, values).scalar_one())

    narrowed = shape.words or bool(shape.filters)
    n = load() if narrowed else lately(session, actor, whole, load)
    return min(n, CAPPED), n > CAPPED or edge is not None


def held(session: Session, actor: Actor, cls: type[Record], cap: int) -> int:
    """How many rows of a type stand for the reader, counted to one past ``cap``."""
    shape = _shape(session, actor, cls, Asked(), ())
    key = ("held", cls, cap)
    query = worked_out(actor, key, lambda: count_query(actor, shape, cap))
    return min(int(session.connection().execute(query).scalar_one()), cap + 1)


def _bound(order: ColumnElement[Any], place: tuple[str, int]) -> tuple[Any, int] | None:
    text, key = place
    if isinstance(order.type, UtcDateTime):
        moment = moment_of(text)
        return (moment, key) if moment else None
    return key if order.type.python_type is int else text, key


def _place(rows: Sequence[Any], at: int) -> tuple[str, int]:
    value = rows[at].order_key
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return text, int(rows[at].id)


def stream(
    session: Session,
    actor: Actor,
    cls: type[Record],
    asked: Asked,
    names: Sequence[str],
    after: int,
) -> Sequence[Any]:
    """The next ``CHUNK`` rows behind id ``after``, oldest first: for exports."""
    shape = _shape(session, actor, cls, replace(asked, after=None, before=None), names)
    shape = replace(shape, order="id", falling=False)
    values, edge = _values(session, actor, shape, asked), None
    query = worked_out(actor, ("stream", shape), lambda: stream_query(actor, shape))
    while True:
        if asked.words:
            ids, edge = _candidates(session, actor, shape, asked, after, True)
            values["ids"] = _listed(shape, ids)
        found = session.connection().execute(query, values | {"after": after}).all()
        if found or edge is None:
            return found
        after = edge
