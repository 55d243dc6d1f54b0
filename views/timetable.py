"""What the office has decided about time: its calendar and its deadlines, read once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from core.policy import remembered
from core.words import Words, _, say
from models import CalendarDay, ChoiceLabel, DeadlineRule
from rules.calendar import BadHours, Calendar, calendar
from rules.deadlines import Deadline, deadline, due_at, specific, under_terms
from seeds import loader
from views.dates import When
from views.values import read_settings


@dataclass(frozen=True, slots=True)
class Titled:
    """A rule with its row, its name and the clauses that it comes from."""

    id: int
    title: Words
    source: str
    rule: Deadline


@dataclass(frozen=True, slots=True)
class Timetable:
    """The calendar and the deadlines of one project."""

    calendar: Calendar
    known: dict[str, Titled]
    groups: dict[tuple[str, str], str]
    """What a word of a list stands for, by list and word."""

    def rule(self, code: str) -> Deadline | None:
        """The rule of that code, in use or not; None when there never was one."""
        found = self.known.get(code)
        return found.rule if found else None

    def name(self, code: str) -> str:
        """What the reader calls the clock of that rule."""
        found = self.known.get(code)
        return say(found.title) if found else code

    def due(self, clock: Any, day: When) -> dt.datetime | None:
        """When a clock is due by the terms that it began under."""
        terms = under_terms(clock.terms) if clock.terms else self.rule(clock.rule)
        paused = dt.timedelta(seconds=clock.paused_seconds)
        if terms is None:
            return None
        start = clock.started_at
        return due_at(terms, self.calendar, start, set_on=day, paused=paused)

    def moved(self, code: str, before: dt.datetime, now: dt.datetime) -> str:
        """That a clock is due at another moment than before."""
        place, name = self.calendar.office.zone, self.name(code)
        old, new = (f"{m.astimezone(place):%m-%d %H:%M}" for m in (before, now))
        return _("{clock}: {old} → {new}", clock=name, old=old, new=new)

    @property
    def reminding(self) -> list[str]:
        """The rules whose clocks make nothing due: they remind of what runs out."""
        return [code for code, one in self.known.items() if one.rule.reminds]

    def rules(self, slug: str, variants: frozenset[str]) -> list[Deadline]:
        """The rules in use for a case of that type and those variants."""
        return specific(
            one.rule
            for one in self.known.values()
            if one.rule.active
            and one.rule.target in ("", slug)
            and one.rule.variant in variants | {""}
        )


def rule_titles(session: Session) -> dict[str, Words]:
    """What each clock is called, by the code of its rule, in use or not."""

    def load() -> dict[str, Words]:
        t = DeadlineRule.__table__.c
        rows = session.connection().execute(select(t.code, t.title_zh, t.title_en))
        return {code: (zh, en or zh) for code, zh, en in rows}

    return remembered(session, "rule titles", load)


def timetable(session: Session, project: int | None) -> Timetable:
    """The timetable of a project, worked out again only after a policy has changed."""
    load = partial(read_timetable, session, project)
    return remembered(session, f"timetable {project}", load)


def read_timetable(session: Session, project: int | None) -> Timetable:
    """The timetable as it stands in this transaction.

    Hours that make no sense are refused when they are saved; should such stand in the
    database all the same, the usual ones hold.
    """
    said, days = read_settings(session), _days(session, project)
    usual = {row["code"]: row["value"] for row in loader.rows("setting")}
    try:
        found = calendar(usual | said, days)
    except BadHours:
        found = calendar(usual, days)
    inclusive = said.get("deadline.inclusive", "yes") == "yes"
    return Timetable(found, _rules(session, project, inclusive), _groups(session))


def refuse_bad_hours(session: Session) -> None:
    """Raise BadHours when the settings of this transaction make no calendar."""
    calendar(read_settings(session), {})


def _of(table: Table, project: int | None) -> ColumnElement[bool]:
    return or_(table.c.project_id.is_(None), table.c.project_id == project)


def _rows(session: Session, table: Table, project: int | None) -> list[Any]:
    """The office's rows, then the project's own, which take their place.

    A void row of the office is a rule that is off; one of the project is withdrawn.
    """
    in_use = or_(table.c.project_id.is_(None), table.c.voided_at.is_(None))
    query = select(table).where(_of(table, project), in_use).order_by(table.c.id)
    rows = session.connection().execute(query).mappings()
    return sorted(rows, key=lambda row: row["project_id"] is not None)


def _days(session: Session, project: int | None) -> dict[dt.date, bool]:
    rows = _rows(session, _table(CalendarDay), project)
    return {row["day"]: row["working"] for row in rows if row["voided_at"] is None}


def _rules(session: Session, project: int | None, inclusive: bool) -> dict[str, Titled]:
    found = {}
    for row in _rows(session, _table(DeadlineRule), project):
        used = {"active": row["active"] and row["voided_at"] is None}
        title = (row["title_zh"], row["title_en"] or row["title_zh"])
        rule = deadline({**row, **used}, inclusive=inclusive)
        found[row["code"]] = Titled(row["id"], title, row["source"] or "", rule)
    return found


def _groups(session: Session) -> dict[tuple[str, str], str]:
    t = ChoiceLabel.__table__
    query = select(t.c["list"], t.c.code, t.c.maps_to).where(t.c.maps_to.is_not(None))
    return {(name, code): to for name, code, to in session.connection().execute(query)}


def _table(cls: type[CalendarDay | DeadlineRule]) -> Table:
    assert isinstance(cls.__table__, Table)
    return cls.__table__
