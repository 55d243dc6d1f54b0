"""The clocks of a case on its page: what is due, what was kept and what was missed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

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
from rules.deadlines import is_overdue
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
        *_state(clock, at, table.calendar.office.zone),
        sources=_sources(known.source if known else ""),
    )


def _state(clock: Clock, at: dt.datetime, place: ZoneInfo) -> tuple[str, str, Markup]:
    """How it goes in a word, the colour of the word, and until or since when."""
    due, stopped = clock.due_at, clock.stopped_at
    if stopped is not None:
        done = time_tag(stopped, place, _("done {when}", when=when(stopped, place, at)))
        late = is_overdue(due, stopped)
        return (_("too late"), "soon", done) if late else (_("in time"), "done", done)
    until = time_tag(due, place, by_words(due, at, place))
    if clock.paused_at is not None:
        return _("paused"), "flat", until
    words, tone = due_words(due, at, place)
    return words if tone == "late" else _("counting"), tone, until


def _sources(source: str) -> list[tuple[str, str]]:
    """The rules of the procedures that a deadline comes from, each with its place."""
    names = [name for name in source.split() if _RULE.fullmatch(name)]
    return [(name, url_for("clauses.clauses", search=name)) for name in names]


_RULE = re.compile(r"S\d-\d+")
