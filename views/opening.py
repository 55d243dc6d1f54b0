"""How a case begins: numbered, dated, held by somebody, in its flow's first state."""

from __future__ import annotations

from functools import partial

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from core import numbering
from core.db import now
from core.policy import remembered
from core.record import Case
from models import NumberSeries
from views.values import zone


def is_dated(case: Case) -> bool:
    """Whether somebody said when it came."""
    return bool(inspect(case).dict.get("received_at"))


def open_case(session: Session, case: Case) -> None:
    """Give a new case its first state and its number."""
    flow = type(case).flow
    if not is_dated(case):
        case.received_at = now()
    case.state = flow.first.code if flow else "open"
    case.open = flow.is_open(case.state) if flow else True
    case.number = next_number(session, case.slug)


def next_number(session: Session, slug: str) -> str:
    """The next number of a record type, by its series."""
    usual = (slug.upper()[:4], "{prefix}-{year}-{n:04}", "year")
    known = remembered(session, "series", partial(_series, session))
    prefix, pattern, period = known.get(slug, usual)
    today = now().astimezone(zone(session)).date()
    series = f"number:{slug}:{numbering.period_of(today, period)}"
    return numbering.render(pattern, prefix, today, numbering.take(session, series))


def _series(session: Session) -> dict[str, tuple[str, str, str]]:
    t = NumberSeries.__table__
    query = select(t.c.target, t.c.prefix, t.c.pattern, t.c.period).order_by(
        t.c.id.desc()
    )
    rows = session.connection().execute(query)
    return {slug: (prefix, pattern, span) for slug, prefix, pattern, span in rows}
