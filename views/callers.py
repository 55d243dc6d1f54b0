"""Who is on the telephone: a room, a name or four digits become a household.

What has an index is asked first; only words that name nobody exactly are looked for
anywhere in names.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, actor_of
from core.record import Record
from core.scope import where
from models import Occupancy, Person, Unit
from views.lookup import by_number, matches, standing
from views.values import person_label_masked, this_day

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


def plain(typed: str) -> str:
    """What was typed, in one spelling."""
    return unicodedata.normalize("NFKC", typed.replace("\x00", "")).strip()[:100]


def is_number(typed: str) -> bool:
    """Whether somebody is asked for by telephone, which is recorded and limited."""
    return bool(DIGITS.fullmatch(plain(typed)))


def callers(session: Session, typed: str, project: int | None) -> list[Caller]:
    """The households of a project that the typed words may mean, exact ones alone.

    Whoever passes a number on has counted the look-up.
    """
    who, typed = actor_of(session), plain(typed)
    if not typed:
        return []
    found = _exactly(session, who, typed, project)
    return (found or _somewhere(session, who, typed, project))[:MOST]


def _exactly(
    session: Session, who: Actor, typed: str, project: int | None
) -> list[Caller]:
    """By the number of the home, by the telephone or by the whole name."""
    people = [Person.name == typed] if not person_label_masked(who, "person") else []
    if is_number(typed):
        people += by_number(who, Person, typed)
    homes, found = (
        _ids(session, cls, standing(who, cls, project), criteria)
        for cls, criteria in ((Unit, [Unit.name == typed.upper()]), (Person, people))
    )
    return _told(session, who, homes, found)


def _somewhere(
    session: Session, who: Actor, typed: str, project: int | None
) -> list[Caller]:
    """By a part of a room's or a person's name."""
    homes, people = (
        [hit.id for hit in matches(session, slug, typed, MOST, project, numbers=False)]
        for slug in (Unit.slug, Person.slug)
    )
    return _told(session, who, homes, people)


def _ids(
    session: Session,
    cls: type[Record],
    limits: Sequence[ColumnElement[bool]],
    criteria: Sequence[ColumnElement[bool]],
) -> list[int]:
    if not criteria:
        return []
    query = select(cls.id).where(*limits, or_(*criteria)).limit(MOST)
    return list(session.connection().execute(query).scalars())


def _told(
    session: Session, who: Actor, homes: list[int], people: list[int]
) -> list[Caller]:
    """Each home by itself, then everybody found or living there with each home."""
    pairs = _pairs(session, who, homes, people)
    rooms = _names(session, who, Unit, {*homes, *(home for home, _one in pairs)})
    known = _names(session, who, Person, {*people, *(one for _home, one in pairs)})
    housed = [(h, one) for h, one in pairs if h in rooms and one in known]
    placed = {one for _home, one in housed}
    alone = [key for key in people if key in known and key not in placed]
    return [
        *(Caller(key, None, rooms[key]) for key in homes if key in rooms),
        *(Caller(home, one, known[one], rooms[home]) for home, one in housed),
        *(Caller(None, key, known[key]) for key in alone),
    ]


def _pairs(
    session: Session, who: Actor, homes: list[int], people: list[int]
) -> list[tuple[int, int]]:
    """The homes and people that belong together today, of either."""
    sides = ((Occupancy.unit_id, homes), (Occupancy.person_id, people))
    criteria = [column.in_(ids) for column, ids in sides if ids]
    if not criteria:
        return []
    query = (
        select(Occupancy.unit_id, Occupancy.person_id)
        .where(
            or_(*criteria), *living(this_day(session)), where(who, "read", Occupancy)
        )
        .order_by(Occupancy.main_contact.desc(), Occupancy.id)
        .limit(MOST)
    )
    rows = session.connection().execute(query)
    return [(home, one) for home, one in rows if home and one]


def _names(
    session: Session, who: Actor, cls: type[Record], ids: Iterable[int]
) -> dict[int, str]:
    """What records that stand are called, as this actor sees it."""
    wanted, table = list(ids), cls.__table__
    if not wanted:
        return {}
    mask = person_label_masked(who, cls.slug)
    shown = partial(privacy.mask, kind=mask) if mask else str
    standing = (table.c.id.in_(wanted), table.c.voided_at.is_(None))
    query = select(table.c.id, table.c.name).where(*standing, where(who, "read", cls))
    return {key: shown(name or "") for key, name in session.connection().execute(query)}


def living(day: dt.date) -> tuple[ColumnElement[bool], ...]:
    """Who belongs to a home on that day, the office's."""
    until = Occupancy.until
    return Occupancy.voided_at.is_(None), or_(until.is_(None), until >= day)
