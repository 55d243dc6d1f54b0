"""The clocks of a case on its page: what is due, what was kept and what was missed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.clock import Clock
from core.db import now
from core.record import Case, Record
from core.words import _
from models import DeadlineRule
from rules.calendar import DAY
from rules.deadlines import is_overdue
from views import dates
from views.clocking import preview
from views.timetable import Timetable, timetable
from views.values import by_words, due_words, time_tag, when

SHOWN = 12
"""Clocks on one page: those that run, then the latest that were stopped."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock: its name, how it is going, and where its rule comes from."""

    title: str
    url: str
    state: str
    tone: str
    due: Markup
    sources: list[tuple[str, str]]


def clock_lines(session: Session, actor: Actor, case: Record) -> list[ClockLine]:
    """What runs, the earliest first, then what was stopped, the latest first.

    Whoever may not read when a case is due is shown none.
    """
    due = readable(actor, type(case), ["next_due_at"], case)
    if not (isinstance(case, Case) and due):
        return []
    query = select(Clock).where(Clock.case_id == case.id).order_by(Clock.due_at)
    clocks = session.scalars(query).all()
    running = [clock for clock in clocks if clock.stopped_at is None]
    stopped = [clock for clock in clocks if clock.stopped_by]
    stopped.sort(key=lambda clock: clock.stopped_at or clock.due_at, reverse=True)
    table, at = timetable(session, case.project_id), now()
    shown = [*running, *stopped][:SHOWN]
    return [_line(table, actor, clock, at) for clock in shown]


def promises(
    session: Session, cls: type[Record], values: dict[str, Any]
) -> list[tuple[str, Markup]]:
    """What saving a new case with these values would promise, and until when."""
    if not issubclass(cls, Case):
        return []
    place, at = timetable(session, values.get("project_id")).calendar.office.zone, now()
    return [
        (title, time_tag(due, place, by_words(due, at, place)))
        for title, due in preview(session, cls.slug, values, at)
    ]


def _line(table: Timetable, actor: Actor, clock: Clock, at: dt.datetime) -> ClockLine:
    known = table.known.get(clock.rule)
    url = ""
    if known and may(actor, "read", DeadlineRule):
        url = url_for("deadline_rule.details_view", id=known.id)
    return ClockLine(
        table.name(clock.rule),
        url,
        *_state(table, clock, at),
        sources=_sources(known.source if known else ""),
    )


def until_words(table: Timetable, clock: Any, at: dt.datetime) -> tuple[str, str]:
    """When it is due, and its tone; of what runs out the last day, late after that.

    ``clock`` is one that runs, or what a queue knows of it.
    """
    place, last = table.calendar.office.zone, last_day(table, clock)
    if last is None:
        return due_words(clock.due_at, at, place)
    over = dt.datetime.combine(last + DAY, dt.time(), place)
    if is_overdue(over, at):
        return due_words(over, at, place)
    near = is_overdue(clock.due_at, at)
    return _("runs out on {day}", day=last), "soon" if near else "calm"


def last_day(table: Timetable, clock: Any) -> dt.date | None:
    """The last day of what runs out, of which its clock only reminds."""
    rule = table.rule(clock.rule)
    day = dates.read(clock.set_on) if rule and rule.reminds else None
    return day.date() if isinstance(day, dt.datetime) else day


def _state(table: Timetable, clock: Clock, at: dt.datetime) -> tuple[str, str, Markup]:
    """How it goes in a word, the colour of the word, and until or since when."""
    due, stopped, place = clock.due_at, clock.stopped_at, table.calendar.office.zone
    if stopped is not None:
        done = time_tag(stopped, place, _("done {when}", when=when(stopped, place, at)))
        late = is_overdue(due, stopped)
        return (_("too late"), "soon", done) if late else (_("in time"), "done", done)
    words, tone = until_words(table, clock, at)
    if last_day(table, clock):
        reminder = _("reminder {when}", when=when(due, place, at))
        return words, tone, time_tag(due, place, reminder)
    until = time_tag(due, place, by_words(due, at, place))
    if clock.paused_at is not None:
        return _("paused"), "flat", until
    return words if tone == "late" else _("counting"), tone, until


def _sources(source: str) -> list[tuple[str, str]]:
    """The rules of the procedures that a deadline comes from, each with its place."""
    names = [name for name in source.split() if _RULE.fullmatch(name)]
    return [(name, url_for("clauses.clauses", search=name)) for name in names]


_RULE = re.compile(r"S\d-\d+")
