"""The clocks of a case on its page: what is due, what was kept and what was missed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, may
from core.clock import Clock
from core.db import now
from core.record import Case
from core.words import _
from models import DeadlineRule
from rules.deadlines import is_overdue
from views.timetable import Timetable, timetable
from views.values import by_words, due_words, time_tag

SHOWN = 12
"""Clocks on one page: those that run, then the latest that were stopped."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock: its name, where its rule stands, and how it is going."""

    title: str
    url: str
    source: str
    state: str
    tone: str
    due: Markup


def clock_lines(session: Session, actor: Actor, case: Case) -> list[ClockLine]:
    """What runs, the earliest first, then what was stopped, the latest first."""
    query = select(Clock).where(Clock.case_id == case.id).order_by(Clock.due_at)
    clocks = session.scalars(query).all()
    running = [clock for clock in clocks if clock.stopped_at is None]
    stopped = [clock for clock in clocks if clock.stopped_by]
    stopped.sort(key=lambda clock: clock.stopped_at or clock.due_at, reverse=True)
    table, at = timetable(session, case.project_id), now()
    shown = [*running, *stopped][:SHOWN]
    return [_line(table, actor, clock, at) for clock in shown]


def _line(table: Timetable, actor: Actor, clock: Clock, at: dt.datetime) -> ClockLine:
    known, place = table.known.get(clock.rule), table.calendar.office.zone
    linked = known is not None and may(actor, "read", DeadlineRule)
    words, tone = _state(clock, at, table)
    return ClockLine(
        title=table.name(clock.rule),
        url=url_for("deadline_rule.details_view", id=known.id)
        if known and linked
        else "",
        source=known.source if known else "",
        state=words,
        tone=tone,
        due=time_tag(clock.due_at, place, by_words(clock.due_at, at, place)),
    )


def _state(clock: Clock, at: dt.datetime, table: Timetable) -> tuple[str, str]:
    if clock.stopped_at is not None:
        late = is_overdue(clock.due_at, clock.stopped_at)
        return (_("too late"), "soon") if late else (_("in time"), "done")
    if clock.paused_at is not None:
        return _("paused"), "flat"
    words, tone = due_words(clock.due_at, at, table.calendar.office.zone)
    return (words if tone == "late" else _("running")), tone
