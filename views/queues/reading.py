"""The statements of queues: each walks the indexes of what is open or running.

A queue is one or several walks (a state, a clock, a holder each), merged where there
are several; every walk carries the reader's rights itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from core.access import Actor, may
from core.clock import Clock
from core.columns import UtcDateTime
from core.db import now
from core.indexes import UNCLOSED, Aside, set_aside
from core.kept import lately, worked_out
from core.record import Case, Record, record_type, record_types
from core.rows import light
from core.scope import where
from core.states import Flow
from models import Department, Person, Staff, Unit
from rules.queues import PAST, Queue
from views.alike import like
from views.asked import PAGE
from views.facts import policy_rows
from views.queues.asking import Wanted
from views.values import (
    whole,
    zone,
)

CAP = 99
LOOKED_AT = 500
"""Rows of a walk whose kinds are the tabs of its queue."""
SPINE, CLOCK = Case.__table__, Clock.__table__
EVERYTHING = Wanted()
Legs = list[list[ColumnElement[bool]]]
"""The criteria of each walk."""


def kinds_of(who: Actor) -> tuple[type[Record], ...]:
    """The kinds of cases that the reader may see."""
    return worked_out(
        who,
        ("kinds", len(record_types())),
        lambda: tuple(
            cls
            for cls in record_types()
            if issubclass(cls, Case) and may(who, "read", cls)
        ),
    )


def visible(who: Actor) -> bool:
    """Whether the reader may see any kind of case."""
    return bool(kinds_of(who))


def count(session: Session, who: Actor, queue: Queue, cap: int = CAP) -> int:
    """How many rows stand in a queue, counted to one past ``cap``; seconds old."""

    def load() -> int:
        return counted(session, who, queue, EVERYTHING, cap)

    return lately(session, who, ("count", queue.slug, cap), load)


def counted(
    session: Session, who: Actor, queue: Queue, wanted: Wanted, cap: int
) -> int:
    """How many rows a narrowed queue has, counted to one past ``cap``."""
    wanted = replace(wanted, after=None)
    key = ("count", queue.slug, _shape(wanted), cap)
    query = worked_out(who, key, lambda: _count_query(session, who, queue, wanted, cap))
    values = _values(session, queue, wanted)
    return int(session.connection().execute(query, values).scalar_one())


def rows_of(
    session: Session,
    who: Actor,
    queue: Queue,
    wanted: Wanted = EVERYTHING,
    limit: int = PAGE,
) -> tuple[Sequence[Any], str]:
    """A page of a queue in its order, and the place behind it."""
    key = ("queue", queue.slug, _shape(wanted), limit)
    query = worked_out(
        who, key, lambda: _page_query(session, who, queue, wanted, limit)
    )
    values = _values(session, queue, wanted)
    rows = light(session.connection().execute(query, values))
    if len(rows) <= limit:
        return rows, ""
    last = rows[limit - 1]
    place = last.due_at if queue.by_clock or queue.due else last.received_at
    return rows[:limit], f"{place.isoformat()}~{last.place_id}"


def present(session: Session, who: Actor, queue: Queue) -> set[str]:
    """The kinds of case among the first hundreds of a queue."""

    def load() -> set[str]:
        key = ("present", queue.slug)
        query = worked_out(who, key, lambda: _kinds_query(session, who, queue))
        values = _values(session, queue, EVERYTHING)
        return set(session.connection().execute(query, values).scalars())

    return lately(session, who, ("present", queue.slug), load)


def _shape(wanted: Wanted) -> tuple[Any, ...]:
    """What of a request makes another statement; the rest are its values."""
    narrowed = (bool(wanted.department), bool(wanted.holder), bool(wanted.building))
    more = (wanted.urgent, bool(wanted.age), wanted.due, wanted.after is not None)
    return (wanted.kind, *narrowed, bool(wanted.like), wanted.uncounted, *more)


def _values(session: Session, queue: Queue, wanted: Wanted) -> dict[str, Any]:
    at, place = now(), zone(session)
    midnight = dt.datetime.combine(
        at.astimezone(place).date() + dt.timedelta(days=1), dt.time(), place
    )
    days = whole(session, "record.stale_after_days", 3)
    late = wanted.due == "late" or queue.due == PAST
    return {
        "at": at,
        "until": midnight,
        "week": midnight + dt.timedelta(days=6),
        "late": at if late else midnight,
        "stale": at - dt.timedelta(days=days),
        "counted": counted_since(session),
        "aged": at - dt.timedelta(days=wanted.age),
        "department": wanted.department,
        "holder": wanted.holder,
        "building": wanted.building,
        "like": wanted.like,
        "place": wanted.after[0] if wanted.after else at,
        "place_id": wanted.after[1] if wanted.after else 0,
    }


def counted_since(session: Session) -> dt.datetime:
    """From when on a mark of the stocktake counts: today, or the days set."""
    place = zone(session)
    days = whole(session, "stocktake.interval_days", 1)
    first = now().astimezone(place).date() - dt.timedelta(days=max(days, 1) - 1)
    return dt.datetime.combine(first, dt.time(), place)


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime())


def _number(name: str) -> Any:
    return bindparam(name, type_=BigInteger())


# The walks.


def _legs(session: Session, who: Actor, queue: Queue, wanted: Wanted) -> Legs:
    """The walks of a queue within what the reader may see."""
    limit, more = where(who, "read", Case), _narrowing(session, queue, wanted)
    standing = SPINE.c.voided_at.is_(None)
    if queue.by_clock:
        return [[leg, standing, limit, *more] for leg in _clocks(session, queue)]
    held = queue.mine or bool(queue.kinds)
    if held:
        limit = set_aside(limit, lambda column: column is SPINE.c.project_id)
    return [[UNCLOSED, standing, *leg, limit, *more] for leg in _spines(who, queue)]


def _clocks(session: Session, queue: Queue) -> list[ColumnElement[bool]]:
    running = CLOCK.c.stopped_at.is_(None)
    if queue.laddered:
        rules = [
            r["code"] for r in policy_rows(session, "deadline_rule") if r["ladder"]
        ]
        # nearly every rule has a ladder: the walk is along what is due, not by rule
        rule: Aside[str] = Aside(CLOCK.c.rule)
        return [running & CLOCK.c.paused_at.is_(None) & rule.in_(rules)]
    return [running & (CLOCK.c.rule == rule) for rule in queue.clocks]


def _spines(who: Actor, queue: Queue) -> Legs:
    if queue.mine:
        held = [SPINE.c.holder_id == (who.staff_id or 0)]
        held += [SPINE.c.department_id == key for key in sorted(who.departments)]
        return [[one] for one in held]
    if queue.kinds:
        seen = {cls.slug for cls in kinds_of(who)}
        kinds = ((slug, codes) for slug, codes in queue.kinds.items() if slug in seen)
        return [
            [SPINE.c.type == _literal(slug), SPINE.c.state == _literal(code)]
            for slug, codes in kinds
            for code in codes or _open_states(record_type(slug).flow)
        ]
    if queue.stale:
        touched = func.coalesce(SPINE.c.updated_at, SPINE.c.created_at)
        return [[touched < _moment("stale"), SPINE.c.received_at < _moment("stale")]]
    return [[]]


def _literal(code: str) -> ColumnElement[str]:
    """A code of ours in the statement itself, so that plans can be kept."""
    return literal_column(f"'{code}'")


def _open_states(flow: Flow | None) -> list[str]:
    states = flow.states if flow else ()
    return [state.code for state in states if state.kind == "open"]


def _narrowing(
    session: Session, queue: Queue, wanted: Wanted
) -> list[ColumnElement[bool]]:
    c, found = SPINE.c, list[ColumnElement[bool]]()
    due = CLOCK.c.due_at if queue.by_clock else c.next_due_at
    if queue.due or wanted.due in ("late", "today"):
        found.append(due < _moment("late"))
    if wanted.due == "week":
        found.append(due < _moment("week"))
    if wanted.kind:
        found.append(c.type == _literal(wanted.kind))
    named = {"department": c.department_id, "holder": c.holder_id}
    found += [named[n] == _number(n) for n in named if getattr(wanted, n)]
    if wanted.building:
        homes = select(Unit.__table__.c.id).where(
            Unit.__table__.c.building_id == _number("building")
        )
        found.append(c.unit_id.in_(homes))
    if wanted.urgent:
        found.append(c.urgent)
    if wanted.like:
        found += like(session, _number("like"))
    if wanted.uncounted:
        last = c.stocktaken_at
        found.append(or_(last.is_(None), last < _moment("counted")))
    if wanted.age:
        found.append(c.received_at < _moment("aged"))
    return found


def _keys(queue: Queue) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if queue.by_clock:
        return CLOCK.c.due_at, CLOCK.c.id
    if queue.due:
        return SPINE.c.next_due_at, SPINE.c.id
    return SPINE.c.received_at, SPINE.c.id


def _walk(
    queue: Queue, leg: list[ColumnElement[bool]], placed: bool, many: int
) -> Select[Any]:
    """The beginning of one walk: case, place, and the clock where there is one."""
    place, key = _keys(queue)
    source = SPINE
    if queue.by_clock:
        source = CLOCK.join(SPINE, SPINE.c.id == CLOCK.c.case_id)
    names = ("rule", "set_on")
    clock = [CLOCK.c[n] if queue.by_clock else literal_column("NULL") for n in names]
    columns = (
        SPINE.c.id.label("case_id"),
        place.label("place"),
        key.label("place_id"),
        *(one.label(name) for one, name in zip(clock, names, strict=True)),
    )
    query = select(*columns).select_from(source).where(*leg)
    if placed:
        behind = tuple_(_moment("place"), _number("place_id"))
        query = query.where(tuple_(place, key) > behind)
    return query.order_by(place, key).limit(literal_column(str(many)))


def _merged(
    session: Session, who: Actor, queue: Queue, wanted: Wanted, many: int
) -> FromClause | None:
    """The beginnings of every walk; None when there is nothing to walk."""
    placed = wanted.after is not None
    legs = _legs(session, who, queue, wanted)
    begun = [_walk(queue, leg, placed, many) for leg in legs]
    if not begun:
        return None
    if len(begun) == 1:
        return begun[0].subquery("page")
    together = union if queue.mine else union_all  # what is mine may be my team's, too
    return together(*(select(one.subquery()) for one in begun)).subquery("page")


_NOTHING: Select[Any] = select(literal_column("0").label("case_id")).where(
    literal_column("1") == 0
)


def _count_query(
    session: Session, who: Actor, queue: Queue, wanted: Wanted, cap: int
) -> Select[Any]:
    found = _merged(session, who, queue, wanted, cap + 1)
    if found is None:
        return select(func.count()).select_from(_NOTHING.subquery())
    most = select(found.c.place_id).limit(literal_column(str(cap + 1)))
    return select(func.count()).select_from(most.subquery())


def _kinds_query(session: Session, who: Actor, queue: Queue) -> Select[Any]:
    # a walk along a state has one kind only
    many = 1 if queue.kinds else LOOKED_AT
    found = _merged(session, who, queue, EVERYTHING, many)
    if found is None:
        return _NOTHING
    return select(SPINE.c.type).where(SPINE.c.id == found.c.case_id).distinct()


_NEEDED = (
    "id type number state urgent received_at urged project_id"
    " holder_id department_id created_by_id stocktaken_at"
).split()
_TOLD = 64
"""How much of a story is read: what a row shows, and a number that begins there."""
_LABELS = (
    ("unit", Unit.__table__, "unit_id"),
    ("person", Person.__table__, "person_id"),
    ("holder", Staff.__table__, "holder_id"),
    ("department", Department.__table__, "department_id"),
)


def _page_query(
    session: Session, who: Actor, queue: Queue, wanted: Wanted, limit: int
) -> Select[Any]:
    """The rows of a page along its walks, then their columns."""
    found = _merged(session, who, queue, wanted, limit + 1)
    if found is None:
        return _NOTHING
    ids = (
        select(found)
        .order_by(found.c.place, found.c.place_id)
        .limit(literal_column(str(limit + 1)))
        .subquery("page_rows")
    )
    source = ids.join(SPINE, SPINE.c.id == ids.c.case_id)
    due = ids.c.place if queue.by_clock else SPINE.c.next_due_at
    told = func.substr(SPINE.c.content, 1, literal_column(str(_TOLD)))
    columns = [ids.c.place_id, ids.c.rule, ids.c.set_on]
    columns += [due.label("due_at"), told.label("content")]
    columns += [SPINE.c[n] for n in _NEEDED]
    for name, table, column in _LABELS:
        other = table.alias(f"ref_{name}")
        source = source.outerjoin(other, other.c.id == SPINE.c[column])
        columns.append(other.c.name.label(name))
    return select(*columns).select_from(source).order_by(ids.c.place, ids.c.place_id)
