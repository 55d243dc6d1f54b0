"""What recurs: the cases and logs of the office's calendar, and daily bookkeeping."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DutyRule
from seeds.sample.paths import walk
from seeds.sample.times import DAY, HOUR, MINUTE, day_of, day_seconds
from seeds.sample.trees import Node, Planner

SHARES = {
    "periodic_report": 0.015,
    "work_plan": 0.004,
    "revisit_plan": 0.003,
    "card_review": 0.002,
    "procedure_review": 0.002,
    "survey": 0.001,
    "meeting": 0.006,
    "revisit_training": 0.001,
    "box_collection": 0.005,
    "shift_handover": 0.02,
}
"""The most of each recurring kind for every case asked for."""
LOGS = {
    "payment": 0.12,
    "daily_log": 0.02,
    "card_topup": 0.015,
    "meter_reading": 0.01,
    "material_movement": 0.01,
    "outside_visit": 0.002,
    "conduct": 0.001,
}
"""Log entries for every case asked for."""
LEAD = {"periodic_report": 7, "card_review": 7, "procedure_review": 20, "survey": 30}
"""Days before its due day that a duty is raised."""
SPANS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def recurring(session: Session, planner: Planner, cases: int) -> Iterator[Node]:
    """Nodes for the duties of the office's calendar, the newest of each kind."""
    t = DutyRule.__table__
    columns = (t.c.target, t.c.variant, t.c.period, t.c.due_month, t.c.due_day)
    query = select(*columns).where(t.c.project_id.is_(None)).order_by(t.c.id)
    found: dict[str, list[tuple[dt.date, str, str]]] = {}
    for target, variant, period, month, day in session.connection().execute(query):
        if target in SHARES:
            days = _due_days(planner, period, month or 1, day or 31)
            kind = variant or ""
            found.setdefault(target, []).extend((d, kind, period) for d in days)
    for target, dues in found.items():
        most = max(2, int(cases * SHARES[target]))
        newest = sorted(dues, key=lambda due: due[0], reverse=True)
        yield from _raised(planner, target, newest, most)


def logs(planner: Planner, cases: int) -> Iterator[Node]:
    """Nodes for what is written down every day."""
    for slug, share in LOGS.items():
        for _ in range(max(2, int(cases * share))):
            at = planner.arrivals.draw(planner.rng, planner.until - HOUR)
            node = Node(slug, slug, {"": at})
            planner.move_in(node)
            yield node


def documents(planner: Planner, cases: int) -> Iterator[Node]:
    """Controlled documents, most of them from the first months."""
    start, until = planner.arrivals.start, planner.until
    for n in range(min(14, max(2, cases // 100))):
        share = planner.rng.random() ** 3
        at = start + int((until - 20 * DAY - start) * share)
        if at > start:
            steps = walk(planner.rng, "controlled_document", at)
            yield Node("controlled_document", "", steps, extra={"n": n})


def _raised(
    planner: Planner, target: str, dues: list[tuple[dt.date, str, str]], most: int
) -> Iterator[Node]:
    count = 0
    for day, kind, period in dues:
        begin = day_seconds(day) - LEAD.get(target, 0) * DAY + 9 * HOUR
        node = _node(planner, target, begin + planner.rng.randrange(60) * MINUTE)
        if node is not None and count < most:
            node.kind, node.extra = kind, _span(day, period)
            count += 1
            yield node


def _node(planner: Planner, target: str, at: int) -> Node | None:
    log = target in ("meeting", "revisit_training", "box_collection", "shift_handover")
    path = target if log else planner.variant(target)
    steps = {"": at} if log else walk(planner.rng, path, at)
    node = Node(target, path, steps)
    inside = planner.arrivals.start < node.at and node.end < planner.until
    return node if inside else None


def _span(day: dt.date, period: str) -> dict[str, Any]:
    months = SPANS.get(period, 1)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    month = (day.year * 12 + day.month - 1) - months + 1
    first = dt.date(month // 12, month % 12 + 1, 1)
    name = f"{day:%Y-%m}"
    if months == 3:
        name = f"{day.year}-Q{(day.month + 2) // 3}"
    elif months > 3:
        name = str(day.year) if months == 12 else f"{day.year}-H{1 + day.month // 7}"
    return {"due": day, "from": first, "to": last, "period": name}


def _due_days(planner: Planner, period: str, month: int, day: int) -> Iterator[dt.date]:
    first, last = day_of(planner.arrivals.start), day_of(planner.until)
    if period in ("day", "week"):
        step = 1 if period == "day" else 7
        for n in range(0, (last - first).days, step):
            yield last - dt.timedelta(days=n + 1)
        return
    span = SPANS[period]
    for year in range(first.year, last.year + 1):
        for number in range(1, 13):
            if (number - month) % span == 0:
                yield dt.date(year, number, min(day, monthrange(year, number)[1]))
