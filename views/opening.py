"""How a case begins: numbered, dated, held by somebody, in its flow's first state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
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


def prepare(case: Case) -> None:
    """Date a new case and put it into its flow's first state."""
    flow = type(case).flow
    if not is_dated(case):
        case.received_at = now()
    case.state = flow.first.code if flow else "open"
    case.open = flow.is_open(case.state) if flow else True


def next_number(session: Session, slug: str, came: dt.datetime | None = None) -> str:
    """The next number of a record type, by its series and by when the case came."""
    return next(next_numbers(session, slug, 1, came))


def next_numbers(
    session: Session, slug: str, many: int, came: dt.datetime | None = None
) -> Iterator[str]:
    """The next numbers of a record type, taken at one go; of today, or of a day."""
    prefix, pattern, _period = series_of(session, slug)
    day = (came or now()).astimezone(zone(session)).date()
    last = numbering.take(session, counter_of(session, slug, day), many)
    for n in range(last - many + 1, last + 1):
        yield numbering.render(pattern, prefix, day, n)


def counter_of(session: Session, slug: str, day: dt.date | None = None) -> str:
    """The counter that numbers of a record type are taken from, today or on a day."""
    day = day or now().astimezone(zone(session)).date()
    _prefix, _pattern, period = series_of(session, slug)
    return f"number:{slug}:{numbering.period_of(day, period)}"


def series_of(session: Session, slug: str) -> tuple[str, str, str]:
    """Prefix, pattern and period of the numbers of a record type."""
    usual = (slug.upper()[:4], "{prefix}-{year}-{n:04}", "year")
    known = remembered(session, "series", partial(_series, session))
    return known.get(slug, usual)


def _series(session: Session) -> dict[str, tuple[str, str, str]]:
    t = NumberSeries.__table__
    query = select(t.c.target, t.c.prefix, t.c.pattern, t.c.period).order_by(
        t.c.id.desc()
    )
    rows = session.connection().execute(query)
    return {slug: (prefix, pattern, span) for slug, prefix, pattern, span in rows}
