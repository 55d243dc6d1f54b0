"""Running clocks after the calendar has changed: a new holiday, other office hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from core import audit
from core.audit import Entry
from core.clock import Clock
from core.record import Case
from views import dates
from views.timetable import Timetable, read_timetable

CLOCK, CASE = cast(Table, Clock.__table__), cast(Table, Case.__table__)
_RUNNING = (
    select(CLOCK, CASE.c.type, CASE.c.project_id)
    .join(CASE, CASE.c.id == CLOCK.c.case_id)
    .where(CLOCK.c.stopped_at.is_(None), CLOCK.c.terms.is_not(None))
    .order_by(CLOCK.c.id)
)
_MOVE = (
    update(CLOCK)
    .where(CLOCK.c.id == bindparam("which"))
    .values(due_at=bindparam("due", type_=CLOCK.c.due_at.type))
)
_NEXT = (
    select(func.min(CLOCK.c.due_at))
    .where(CLOCK.c.case_id == CASE.c.id)
    .where(CLOCK.c.stopped_at.is_(None), CLOCK.c.paused_at.is_(None))
)


def recalculate(session: Session) -> int:
    """Move every running clock to where the calendar now puts it; how many moved.

    Each goes by the terms it began under: only days and hours have changed. The
    cases keep their versions, so nobody's open form is taken for an old one.
    """
    moved = list(_moved(session))
    if moved:
        connection = session.connection()
        connection.execute(_MOVE, [{"which": c.id, "due": at} for c, at, _w in moved])
        cases = {clock.case_id for clock, *_rest in moved}
        told = read_timetable(session, None).reminding
        due = _NEXT.where(*(CLOCK.c.rule != rule for rule in told)).scalar_subquery()
        tell = update(CASE).where(CASE.c.id == bindparam("which"))
        which = [{"which": key} for key in sorted(cases)]
        connection.execute(tell.values(next_due_at=due), which)
        session.expire_all()
    for clock, _due, words in moved:
        entry = Entry("clocks", clock.type, clock.case_id, clock.project_id, words)
        audit.note(session, entry)
    return len(moved)


def _moved(session: Session) -> Iterator[tuple[Any, dt.datetime, str]]:
    """The clocks that the calendar moves, each with its due time and a sentence."""

    @cache
    def table(project: int) -> Timetable:
        return read_timetable(session, project)

    for clock in session.connection().execute(_RUNNING).all():
        own = table(clock.project_id)
        due = own.due(clock, dates.read(clock.set_on))
        if due is not None and due != clock.due_at:
            words = own.moved(clock.rule, clock.due_at, due)
            yield clock, due, words
