"""What the calendar brings is opened: each occasion once, and in portions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import writing
from core.occasions import Key, known, settle, take
from core.record import Case, record_type
from core.words import _, both
from models import Project, Setting
from rules.calendar import Calendar
from views import telling
from views.facts import policy_rows
from views.moving import open_case
from views.timetable import timetable
from views.values import zone

PORTION = 50
"""Cases opened in one transaction."""
LOOK_BACK = dt.timedelta(days=400)
"""How long ago something may have been due that is still opened."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An estate on a day: what its calendar and its rules say."""

    id: int
    property_type: str
    today: dt.date
    founded: dt.date
    calendar: Calendar
    zone: dt.tzinfo
    first: bool = True

    def since(self, *moments: dt.datetime | None) -> dt.date:
        """The first day that counts: nothing is due before there was a rule for it."""
        days = [m.astimezone(self.zone).date() for m in moments if m]
        return max(self.founded, self.today - LOOK_BACK, *days)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to be opened for an occasion.

    ``on`` is its day where only the calendar knows it, ``told`` the role that hears of
    it, and ``case_id`` a case that stands and serves this occasion too.
    """

    key: Key
    due: dt.date
    slug: str
    values: Row
    on: dt.date | None = None
    told: str = ""
    case_id: int | None = None


def places(session: Session, moment: dt.datetime) -> Iterator[Place]:
    """Every estate, at that moment."""
    found, t = zone(session), Project.__table__.c
    query = select(t.id, t.property_type, t.created_at)
    standing = query.where(t.voided_at.is_(None)).order_by(t.id)
    for n, row in enumerate(session.connection().execute(standing).all()):
        yield Place(
            row.id,
            row.property_type,
            moment.astimezone(found).date(),
            row.created_at.astimezone(found).date(),
            timetable(session, row.id).calendar,
            found,
            first=n == 0,
        )


def rules_of(session: Session, slug: str, place: Place) -> list[Row]:
    """The rules of an estate: the office's, or its own in their stead."""
    rows = policy_rows(session, slug)
    found = {r["code"]: r for r in rows if r["project_id"] is None}
    found |= {r["code"]: r for r in rows if r["project_id"] == place.id}
    return list(found.values())


def out_of_use(session: Session) -> set[str]:
    """The record types of modules that the office has switched off."""
    t = Setting.__table__.c
    query = select(t.targets).where(t.code.startswith("module."), t.value == "no")
    rows = session.connection().execute(query).scalars()
    return {slug for targets in rows for slug in (targets or "").split()}


def missing(session: Session, place: Place, found: Iterable[Opening]) -> list[Opening]:
    """Those that were not opened before, the earliest first."""
    wanted = {one.key: one for one in found}
    rules = {rule for rule, *_rest in wanted}
    there = known(session, place.id, rules, place.since())
    return sorted(
        (one for key, one in wanted.items() if key not in there),
        key=lambda one: (one.due, one.key),
    )


def open_all(session: Session, found: Iterable[Opening]) -> list[Opening]:
    """Open what nobody has opened meanwhile, in portions; what was opened."""
    waiting, opened = iter(found), list[Opening]()
    while portion := list(islice(waiting, PORTION)):
        with writing(session):
            for one in portion:
                if take(session, one.key, one.due):
                    settle(session, one.key, one.case_id or _open(session, one))
                    opened += [one] if one.case_id is None else []
    return opened


def _open(session: Session, one: Opening) -> int:
    cls = cast(type[Case], record_type(one.slug))
    case = cls(project_id=one.key[1])
    open_case(session, case, one.values, one.on)
    if one.told:
        words = both(lambda: _("due on {day}", day=one.due.isoformat()))
        telling.tell(session, case, (one.told,), words)
    return case.id
