"""What is due, and when: the clocks of cases that are still open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DeadlineRule

if TYPE_CHECKING:
    from seeds.sample.office import Office
    from seeds.sample.trees import Node

RUNNING = {
    "reception.registered": ("reception.response", "reception.disposition"),
    "reception.dispatched": ("reception.progress",),
    "info_log.open": ("info_log.to_desk",),
    "dispatch.appointed": ("dispatch.appointment:visit_at",),
    "dispatch.dispatched": ("dispatch.appointment:visit_at",),
    "repair.dispatched": ("repair.arrival@dispatched",),
    "rework.issued": ("rework.return",),
    "rework.returned": ("rework.finish@returned",),
    "service_order.appointed": ("service_order.appointment:visit_at",),
    "complaint.received": (
        "complaint.first_reply",
        "complaint.transfer",
        "complaint.investigate",
        "complaint.remedy_answer",
        "complaint.progress",
    ),
    "complaint.assigned": (
        "complaint.investigate",
        "complaint.remedy_answer",
        "complaint.finish@assigned",
        "complaint.progress",
    ),
    "complaint.investigated": (
        "complaint.remedy_answer",
        "complaint.finish@assigned",
        "complaint.progress",
    ),
    "complaint.answered": (
        "complaint.finish@assigned",
        "complaint.progress@answered",
    ),
    "complaint.handled": (
        "complaint.result_feedback@handled",
        "complaint.progress@handled",
    ),
    "complaint.reopened": (
        "complaint.first_reply@reopened",
        "complaint.remedy_answer@reopened",
        "complaint.progress@reopened",
    ),
    "corrective_action.raised": ("rectification.notice",),
    "corrective_action.noticed": ("rectification.finish:finish_by",),
    "corrective_action.analysed": ("rectification.finish:finish_by",),
    "corrective_action.planned": ("rectification.finish:finish_by",),
    "incident.reported": ("incident.inform",),
    "revisit.planned": ("revisit",),
    "revisit.not_reached": ("revisit",),
    "home_visit.planned": ("home_visit.notice:visit_on",),
    "engineering_revisit.rectifying": ("engineering.rectification:finish_by",),
    "lost_found.published": ("lost_found.unclaimed@published",),
    "transfer.papers_seen": ("transfer.inform@papers_seen",),
    "arrears.promised": ("arrears.promise:promised_on",),
    "release_pass.issued": ("release_pass.recover@issued",),
    "card.active": ("card.expiring:valid_until",),
    "agreement.signed": ("agreement.expiring:valid_until",),
    "lease.signed": ("lease.expiring:ends_on",),
    "revisit_agreement.signed": ("revisit_agreement.expiring:valid_until",),
}
"""Kind and state -> the rules that run, each ``rule@since`` or ``rule:field``."""
DUE_DAY = frozenset("periodic_report card_review procedure_review survey".split())


class Rule(NamedTuple):
    """As much of a deadline rule as a plausible due time takes."""

    amount: int | None
    unit: str
    working: bool
    before: bool
    cutoff: str


Rules = dict[str, Rule]


def rules(session: Session) -> Rules:
    """The office's deadline rules by code."""
    t = DeadlineRule.__table__
    wanted = "code amount unit day_kind direction cutoff".split()
    query = select(*(t.c[name] for name in wanted))
    query = query.where(t.c.project_id.is_(None), t.c.active)
    found = session.connection().execute(query)
    return {
        code: Rule(amount, unit, kind == "working", direction == "before", cutoff or "")
        for code, amount, unit, kind, direction, cutoff in found
    }


def running(
    o: Office, n: Node, own: dict[str, Any], spine: dict[str, Any]
) -> list[dict[str, Any]]:
    """The clocks of a case as it stands."""
    specs = list(RUNNING.get(f"{n.slug}.{n.state}", ()))
    if n.slug in DUE_DAY and spine["open"] and "due" in n.extra:
        specs.append("duty.due:due")
    found = []
    for spec in specs:
        head, _, name = spec.partition(":")
        code, _, since = head.partition("@")
        code = _variant(code, n, own)
        if code not in o.rules:
            continue
        begin = o.reached(n, since) or spine["received_at"]
        day = own.get(name) or n.extra.get(name)
        if day is None and not spine["open"]:
            continue
        due = _on(o.rules[code], day, begin) if name else _after(o.rules[code], begin)
        if due is not None:
            found.append(_clock(code, begin, due, spine))
    return found


def _variant(code: str, n: Node, own: dict[str, Any]) -> str:
    """Rules that differ by class or kind."""
    if code == "complaint.finish":
        return f"{code}.{own.get('liability_class')}"
    if code != "revisit":
        return code
    source = own.get("source_kind")
    if source == "repair":
        kind = n.matter.kind if n.matter else ""
        group = {"leak": "leak"}.get(kind, "other")
        safe = kind in ("safety", "gas", "lift", "intercom")
        return f"revisit.repair.{'safety' if safe else group}"
    return "revisit.complaint" if source == "complaint" else "revisit.task"


def _clock(
    code: str, begin: dt.datetime, due: dt.datetime, spine: dict[str, Any]
) -> dict[str, Any]:
    return {
        "case_id": spine["id"],
        "name": code,
        "rule": code,
        "started_at": begin,
        "due_at": due,
        "department_id": spine.get("department_id"),
        "holder_id": spine.get("holder_id"),
    }


def _after(rule: Rule, begin: dt.datetime) -> dt.datetime | None:
    amount = rule.amount or 0
    match rule.unit:
        case "minutes":
            return begin + dt.timedelta(minutes=amount)
        case "hours":
            return begin + dt.timedelta(hours=amount)
        case "days" | "set_date":
            return begin + _days(begin, amount, working=rule.working)
        case "end_of_day":
            return _end_of_day(rule, begin)
    return None


def _end_of_day(rule: Rule, begin: dt.datetime) -> dt.datetime:
    """The evening of that day; what comes after the cut-off has a day of its own."""
    evening = _evening(begin + _days(begin, 0, working=rule.working))
    if (rule.cutoff and f"{begin:%H:%M}" > rule.cutoff) or evening <= begin:
        return begin + dt.timedelta(hours=24)
    return evening


def _on(
    rule: Rule, day: dt.datetime | dt.date | None, begin: dt.datetime
) -> dt.datetime | None:
    """Due at a moment or day that the case names, or so long before it."""
    if day is None:
        return _after(rule, begin)
    if isinstance(day, dt.datetime):
        return day
    evening = _evening(begin).replace(year=day.year, month=day.month, day=day.day)
    return evening - dt.timedelta(days=rule.amount or 0) if rule.before else evening


def _days(begin: dt.datetime, amount: int, *, working: bool) -> dt.timedelta:
    """So many days on; working days step over weekends."""
    day, left = begin, amount
    while left or (working and day.weekday() > 4):
        day += dt.timedelta(days=1)
        left -= left > 0 and (not working or day.weekday() < 5)
    return day - begin


def _evening(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=18, minute=0, second=0, microsecond=0)
