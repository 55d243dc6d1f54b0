"""A household as its reader may see it: who lives there, what is open, what was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import Select, and_, not_, select, tuple_
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.indexes import UNCLOSED
from core.record import Case, Record, fields, record_type
from core.scope import where
from core.states import FINAL
from core.words import say
from models import Occupancy, Person, Unit
from views.callers import living
from views.context import called
from views.details import Shown, show
from views.findings import matter
from views.matters import Matter, open_matters
from views.owing import owes
from views.values import (
    brief,
    choices,
    this_day,
    time_tag,
    zone,
)

MOST = 12
SHOWN = 5
KEPT = (
    "arrears",
    "home_visit",
    "revisit",
    "card",
    "vehicle",
    "agreement",
    "lease",
    "key_issue",
)
"""What a home has besides matters that come and go, each in a section of its own."""
SPINE = Case.__table__
PERSON_SHOWN = ("phone", "convenient_time", "care")


@dataclass(slots=True)
class Member:
    """Somebody of the household."""

    id: int
    name: str
    relation: str
    url: str
    facts: list[Shown]
    main: bool = False


@dataclass(slots=True)
class Former:
    """Somebody who belonged to the household, and when."""

    name: str
    relation: str
    term: str
    url: str


@dataclass(slots=True)
class Past:
    """A closed case."""

    words: str
    title: str
    state: str
    time: Markup
    url: str


@dataclass(slots=True)
class Section:
    """What a home has of one kind."""

    title: str
    lines: list[tuple[str, Markup, str]] = field(default_factory=list)


@dataclass(slots=True)
class Household:
    """One home with everything that its reader may know of it."""

    id: int
    name: str
    spoken: str
    url: str
    members: list[Member]
    open: list[Matter]
    owes: str
    past: list[Past]


def household(session: Session, who: Actor, unit: Unit, past: int = SHOWN) -> Household:
    """The household of a home that the reader may see."""
    return Household(
        id=unit.id,
        name=called(unit),
        spoken=unit.spoken or "" if readable(who, Unit, ["spoken"], unit) else "",
        url=url_for("household.home", unit_id=unit.id),
        members=members(session, who, unit.id),
        open=open_matters(session, who, Case.unit_id == unit.id),
        owes=owes(session, who, unit.id),
        past=past_matters(session, who, unit.id, None, past)[0],
    )


def members(session: Session, who: Actor, unit_id: int) -> list[Member]:
    """Who belongs to a home today, the main contact first."""
    query = (
        select(Occupancy, Person)
        .join(Person, Person.id == Occupancy.person_id)
        .where(
            Occupancy.unit_id == unit_id,
            Person.voided_at.is_(None),
            *living(this_day(session)),
        )
        .order_by(Occupancy.main_contact.desc(), Occupancy.relation.desc(), Person.id)
        .limit(MOST)
    )
    found = session.execute(query).all()
    return [_member(session, who, place, person) for place, person in found]


def _member(session: Session, who: Actor, place: Occupancy, person: Person) -> Member:
    known = choices(session, fields(Occupancy)["relation"])
    relation = readable(who, Occupancy, ["relation"], place)
    named = show(session, who, person, "name", None, {})
    facts = [
        show(session, who, person, name, None, {})
        for name in readable(who, Person, PERSON_SHOWN, person)
    ]
    return Member(
        id=person.id,
        name=str(named.value),
        relation=known.get(place.relation or "", "") if relation else "",
        url=url_for("person.details_view", id=person.id),
        facts=[fact for fact in facts if fact.value],
        main=bool(place.main_contact),
    )


def former(session: Session, who: Actor, unit_id: int) -> list[Former]:
    """Who lived there before, those who left last first."""
    query = (
        select(Occupancy, Person)
        .join(Person, Person.id == Occupancy.person_id)
        .where(
            Occupancy.unit_id == unit_id,
            Occupancy.voided_at.is_(None),
            Person.voided_at.is_(None),
            not_(and_(*living(this_day(session)))),
        )
        .order_by(Occupancy.until.desc(), Occupancy.id.desc())
        .limit(MOST)
    )
    if not readable(who, Occupancy, ["until"]):
        return []
    found = session.execute(query).all()
    return [_former(session, who, place, person) for place, person in found]


def _former(session: Session, who: Actor, place: Occupancy, person: Person) -> Former:
    one = _member(session, who, place, person)
    seen = readable(who, Occupancy, ["since", "until"], place)
    days = [getattr(place, name) for name in seen]
    term = " – ".join(f"{day:%Y-%m-%d}" if day else "" for day in days)
    return Former(one.name, one.relation, term, one.url)


Place = tuple[dt.datetime, int]


def past_matters(
    session: Session, who: Actor, unit_id: int, after: Place | None, limit: int
) -> tuple[list[Past], Place | None]:
    """Closed cases of a home, the latest first, and the place behind them."""
    rows = session.connection().execute(_past(who, unit_id, after, limit)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    found = [_of_past(session, who, row) for row in rows[:limit]]
    return found, (last.received_at, last.id) if last else None


def _past(who: Actor, unit_id: int, after: Place | None, limit: int) -> Select[Any]:
    order = (SPINE.c.received_at, SPINE.c.id)
    columns = [SPINE.c[n] for n in ("type", "number", "content", "state")]
    query = select(*order, *columns).where(
        SPINE.c.unit_id == unit_id,
        SPINE.c.voided_at.is_(None),
        not_(UNCLOSED),
        SPINE.c.type.not_in(KEPT),
        where(who, "read", Case),
    )
    if after is not None:
        query = query.where(tuple_(*order) < after)
    return query.order_by(*(column.desc() for column in order)).limit(limit + 1)


def _of_past(session: Session, who: Actor, row: Any) -> Past:
    cls = record_type(row.type)
    return Past(
        words=f"{row.number} {brief(matter(who, row.type, row.content), 40)}",
        title=say(cls.title),
        state=say(cls.flow.state(row.state).now) if cls.flow else "",
        time=time_tag(row.received_at, zone(session)),
        url=url_for(f"{row.type}.details_view", id=row.id),
    )


def kept(session: Session, who: Actor, unit_id: int) -> list[Section]:
    """What the home has: debts, visits, cards, vehicles, agreements."""
    found = []
    for slug in KEPT:
        cls: Any = record_type(slug)
        if may(who, "read", cls):
            query = select(cls).where(cls.unit_id == unit_id, cls.voided_at.is_(None))
            query = query.where(*_standing(cls)).order_by(cls.id.desc()).limit(SHOWN)
            lines = [_line(session, who, r) for r in session.scalars(query)]
            found += [Section(say(cls.title), lines)] if lines else []
    return found


def _standing(cls: Any) -> list[Any]:
    """Visits are told when they are over, other things while they last."""
    if cls.flow is None or cls.group == "revisit":
        return []
    over = [state.code for state in cls.flow.states if state.kind == FINAL]
    return [cls.state.not_in(over)]


def _line(session: Session, who: Actor, record: Record) -> tuple[str, Markup, str]:
    """(what it is called, what is said of it, its address)."""
    cls, known = type(record), fields(type(record))
    names = [n for n in cls.show if n in known and known[n].type != "ref"]
    told = [
        escape(show(session, who, record, name, None, {}).value)
        for name in readable(who, cls, names, record)
        if name != cls.label_column
    ]
    words = Markup(" · ").join(filter(None, told))
    return called(record), words, url_for(f"{cls.slug}.details_view", id=record.id)
