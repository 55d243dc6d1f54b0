"""What recurs: the cases and logs of the office's calendar, and daily bookkeeping."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from models import DutyRule
from rules.reports.periods import SPANS, covered
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


def recurring(session: Session, planner: Planner, cases: int) -> Iterator[Node]:
    """Nodes for the duties of the office's calendar, the newest of each kind."""
    t = DutyRule.__table__
    query = select(t).where(t.c.project_id.is_(None)).order_by(t.c.id)
    found: dict[str, list[tuple[dt.date, RowMapping]]] = {}
    for rule in session.connection().execute(query).mappings():
        if rule["target"] in SHARES:
            month, day = rule["due_month"] or 1, rule["due_day"] or 31
            days = _due_days(planner, rule["period"], month, day)
            found.setdefault(rule["target"], []).extend((d, rule) for d in days)
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
    planner: Planner, target: str, dues: list[tuple[dt.date, RowMapping]], most: int
) -> Iterator[Node]:
    count = 0
    for day, rule in dues:
        begin = day_seconds(day) - LEAD.get(target, 0) * DAY + 9 * HOUR
        node = _node(planner, target, begin + planner.rng.randrange(60) * MINUTE)
        if node is not None and count < most:
            node.kind, node.extra = rule["variant"] or "", _span(day, rule)
            count += 1
            yield node


def _node(planner: Planner, target: str, at: int) -> Node | None:
    log = target in ("meeting", "revisit_training", "box_collection", "shift_handover")
    path = target if log else planner.variant(target)
    steps = {"": at} if log else walk(planner.rng, path, at)
    node = Node(target, path, steps)
    inside = planner.arrivals.start < node.at and node.end < planner.until
    return node if inside else None


def _span(day: dt.date, rule: RowMapping) -> dict[str, Any]:
    monthly = rule["period"] if rule["period"] in SPANS else "month"
    about = covered({**rule, "period": monthly}, day)
    return {"due": day, "from": about.first, "to": about.last, "period": about.code}


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
