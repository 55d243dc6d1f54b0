"""What is due and what was: the clocks of cases, running or stopped."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.record import Policy
from models import CalendarDay, DeadlineRule, Setting
from rules.calendar import Calendar, calendar
from rules.deadlines import Deadline, deadline, due_at, kept_terms

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
    "rework.returned": ("rework.finish@returned:finish_by",),
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
        "complaint.finish@assigned:planned_finish",
        "complaint.progress",
    ),
    "complaint.investigated": (
        "complaint.remedy_answer",
        "complaint.finish@assigned:planned_finish",
        "complaint.progress",
    ),
    "complaint.answered": (
        "complaint.finish@assigned:planned_finish",
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
STOPPED = {
    "complaint": (
        ("complaint.first_reply", "first_replied_at", "replied_first"),
        ("complaint.investigate", "investigated_at", "investigate"),
        ("complaint.remedy_answer", "remedy_answered_at", "answer_remedy"),
    ),
    "repair": (("repair.arrival@dispatched", "arrived_at", "arrive"),),
}
"""Kind -> rules of finished cases: since when, the field of the end, its move."""
GOES_ON = {"stopped_at": None, "stopped_by": None}
DUE_DAY = frozenset("periodic_report card_review procedure_review survey".split())


@dataclass(frozen=True, slots=True)
class Timing:
    """The office's calendar and its deadline rules by code."""

    calendar: Calendar
    rules: dict[str, Deadline]


def timing(session: Session) -> Timing:
    """What the policies of the whole office say of time."""
    said = {row["code"]: row["value"] or "" for row in _rows(session, Setting)}
    days = {row["day"]: row["working"] for row in _rows(session, CalendarDay)}
    rules = {row["code"]: deadline(row) for row in _rows(session, DeadlineRule)}
    used = {code: rule for code, rule in rules.items() if rule.active}
    return Timing(calendar(said, days), used)


def _rows(session: Session, cls: type[Policy]) -> list[dict[str, Any]]:
    table = cls.__table__
    query = select(*table.c).where(table.c.project_id.is_(None))
    return [dict(row) for row in session.connection().execute(query).mappings()]


def running(
    o: Office, n: Node, own: dict[str, Any], spine: dict[str, Any]
) -> list[dict[str, Any]]:
    """The clocks of a case as it stands."""
    specs = list(RUNNING.get(f"{n.slug}.{n.state}", ()))
    if n.slug in DUE_DAY and spine["open"] and "due" in n.extra:
        specs.append("duty.due:due")
    specs += n.extra.get("clocks", ()) if spine["open"] else ()
    found = []
    for spec in specs:
        head, _, name = spec.partition(":")
        code, _, since = head.partition("@")
        code = _variant(code, n, own)
        if code not in o.timing.rules:
            continue
        begin = o.reached(n, since) or spine["received_at"]
        day = own.get(name) or n.extra.get(name)
        if day is None and not spine["open"]:
            continue
        clock = _clock(o.timing, code, begin, day)
        if clock is not None:
            held = {name: spine.get(name) for name in ("department_id", "holder_id")}
            found.append({"case_id": spine["id"], **clock, **held, **GOES_ON})
    return found


def stopped(
    o: Office, n: Node, own: dict[str, Any], spine: dict[str, Any]
) -> list[dict[str, Any]]:
    """The clocks of a case that is over, as they were kept or missed."""
    found = []
    for spec, name, move in () if spine["open"] else STOPPED.get(n.slug, ()):
        code, _, since = spec.partition("@")
        begin, end = o.reached(n, since) or spine["received_at"], own.get(name)
        clock = _clock(o.timing, code, begin, None) if end else None
        if clock is not None:
            held = {name: spine.get(name) for name in ("department_id", "holder_id")}
            ended = {"stopped_at": end, "stopped_by": move}
            found.append({"case_id": spine["id"], **clock, **held, **ended})
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
    timing: Timing, code: str, begin: dt.datetime, day: dt.datetime | dt.date | None
) -> dict[str, Any] | None:
    rule = timing.rules[code]
    on = day if rule.date_fields or rule.needs_date else None
    due = due_at(rule, timing.calendar, begin, set_on=on)
    if due is None:
        return None
    exact = on.astimezone(dt.UTC) if isinstance(on, dt.datetime) else on
    return {
        "name": code,
        "rule": code,
        "terms": kept_terms(rule),
        "set_on": exact.isoformat() if exact else None,
        "started_at": begin,
        "due_at": due,
    }
