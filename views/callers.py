"""Who is on the telephone: a room, a name or four digits become a household.

What has an index is asked first; only words that name nobody exactly are looked for
anywhere in names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, actor_of, may
from core.db import now
from core.record import Record
from core.scope import where
from models import Occupancy, Person, Unit
from views.lookup import by_number, matches
from views.values import person_label_masked

MOST = 12
DIGITS = re.compile(r"\d{4}|\d{7,24}")


@dataclass(frozen=True, slots=True)
class Caller:
    """A home, somebody in it, or somebody without one."""

    unit: int | None
    person: int | None
    words: str
    more: str = ""

    @property
    def key(self) -> str:
        """Both ids as one value of a form: ``12-5``, ``12-`` or ``-5``."""
        return f"{self.unit or ''}-{self.person or ''}"


def ids_of(key: str) -> tuple[int | None, int | None]:
    """The two ids of a ``Caller.key``; none of what is not one."""
    found = re.fullmatch(r"([0-9]{0,17})-([0-9]{0,17})", key)
    if not found:
        return None, None
    unit, person = (int(part) if part else None for part in found.groups())
    return unit, person


def is_number(typed: str) -> bool:
    """Whether somebody is asked for by telephone, which is recorded and limited."""
    return bool(DIGITS.fullmatch(typed.strip()))


def callers(session: Session, typed: str, most: int = MOST) -> list[Caller]:
    """The households that the typed words may mean, exact ones first and alone."""
    who, typed = actor_of(session), typed.replace("\x00", "").strip()[:100]
    if not typed:
        return []
    found = _exactly(session, who, typed) or _somewhere(session, who, typed)
    return found[:most]


def _exactly(session: Session, who: Actor, typed: str) -> list[Caller]:
    """By the number of the home, by the telephone or by the whole name."""
    people = [Person.name == typed] if not person_label_masked(who, "person") else []
    if is_number(typed):
        people += by_number(who, Person, typed)
    named = [Unit.name == typed.upper()]
    homes = _ids(session, who, Unit, named)
    return _told(session, who, homes, _ids(session, who, Person, people))


def _somewhere(session: Session, who: Actor, typed: str) -> list[Caller]:
    """By a part of a room's or a person's name."""
    homes, people = (
        [hit.id for hit in matches(session, cls.slug, typed, MOST)]
        if may(who, "read", cls)
        else []
        for cls in (Unit, Person)
    )
    return _told(session, who, homes, people)


def _ids(
    session: Session,
    who: Actor,
    cls: type[Record],
    criteria: Sequence[ColumnElement[bool]],
) -> list[int]:
    if not criteria or not may(who, "read", cls):
        return []
    limits = (where(who, "read", cls), cls.voided_at.is_(None))
    query = select(cls.id).where(or_(*criteria), *limits).limit(MOST)
    return list(session.connection().execute(query).scalars())


def _told(
    session: Session, who: Actor, homes: list[int], people: list[int]
) -> list[Caller]:
    """Each home by itself, then everybody found or living there with each home."""
    mask = person_label_masked(who, "person")
    shown = partial(privacy.mask, kind=mask) if mask else str
    names = _names(session, who, Unit, homes)
    found = [Caller(key, None, names[key]) for key in homes if key in names]
    rows = session.connection().execute(_housed(who, homes, people)).all()
    found += [Caller(unit, one, shown(name), room) for one, name, unit, room in rows]
    alone = _names(session, who, Person, set(people) - {row[0] for row in rows})
    return found + [Caller(None, key, shown(name)) for key, name in alone.items()]


def _names(
    session: Session, who: Actor, cls: type[Record], ids: Iterable[int]
) -> dict[int, str]:
    wanted, table = list(ids), cls.__table__
    if not wanted:
        return {}
    query = select(table.c.id, table.c.name).where(table.c.id.in_(wanted))
    query = query.where(where(who, "read", cls)).order_by(table.c.name)
    return {key: name or "" for key, name in session.connection().execute(query)}


def _housed(who: Actor, homes: list[int], people: list[int]) -> Select[Any]:
    """Those people, and those of the homes, each beside the home."""
    columns: list[Any] = [Person.id, Person.name, Unit.id, Unit.name]
    return (
        select(*columns)
        .select_from(Occupancy)
        .join(Person, Person.id == Occupancy.person_id)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(
            or_(Occupancy.unit_id.in_(homes), Occupancy.person_id.in_(people)),
            *living(),
            Person.voided_at.is_(None),
            where(who, "read", Occupancy),
            where(who, "read", Person),
            where(who, "read", Unit),
        )
        .order_by(Unit.name, Occupancy.main_contact.desc(), Person.id)
        .limit(MOST)
    )


def living() -> tuple[ColumnElement[bool], ...]:
    """Who belongs to a home today."""
    until = Occupancy.until
    return Occupancy.voided_at.is_(None), or_(until.is_(None), until >= now().date())
