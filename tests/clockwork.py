"""Cases whose clocks run: opened, moved and edited as the office does it."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import Clock
from core.record import Case, record_type
from rules.flows.states import OPENINGS
from tests import filling
from tests.cast import Office
from tests.office_time import at, told
from views import clocking
from views.opening import next_number

BEGIN = at("2026-11-23 10:00")
"""A Monday."""


def opened(
    session: Session,
    office: Office,
    slug: str,
    came: dt.datetime = BEGIN,
    **values: Any,
) -> Case:
    """A new case of that type in the home estate, its clocks started."""
    cls = cast(type[Case], record_type(slug))
    case = cls(**(filling.required(session, cls, office.home) | values))
    case.project_id, case.received_at = office.home, came
    case.state = values.get("state") or (cls.flow.first.code if cls.flow else "open")
    case.number = next_number(session, slug)
    clocking.after(session, case, OPENINGS[case.slug], came)
    return case


def edit(session: Session, case: Case, now: dt.datetime, **values: Any) -> None:
    """Save other values over a case, as its form does."""
    came = case.received_at
    for name, value in values.items():
        setattr(case, name, value)
    session.flush()
    clocking.edited(session, case, now, came)


def clocks(session: Session, case: Case) -> list[Clock]:
    """Every clock of a case, in the order of its starts."""
    session.flush()
    query = select(Clock).where(Clock.case_id == case.id).order_by(Clock.id)
    return list(session.scalars(query))


def running(session: Session, case: Case) -> dict[str, str]:
    """Rule -> due time of the clocks that run, and that the case knows the first.

    What only reminds of what runs out is not due.
    """
    found = [c for c in clocks(session, case) if c.stopped_at is None]
    going = [c for c in found if not c.rule.endswith(".expiring")]
    due = [clock.due_at for clock in going if clock.paused_at is None]
    assert case.next_due_at == min(due, default=None)
    return {clock.rule: told(clock.due_at) for clock in found}


def last(session: Session, case: Case, rule: str) -> Clock:
    """The latest clock of that rule."""
    return [c for c in clocks(session, case) if c.rule == rule][-1]
