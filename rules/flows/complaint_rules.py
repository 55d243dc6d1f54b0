"""What stands between the steps of a complaint, and what follows from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core.moves import (
    Add,
    Cause,
    Facts,
    Go,
    Happened,
    Move,
    Order,
    Tell,
    guard,
)
from core.words import _
from rules.flows.complaint_classes import (
    class_of,
    is_group,
    is_legacy,
    is_serious,
    is_shielded,
    nobody_asked,
)
from rules.flows.marks import raised
from rules.guards import CHIEF, late_entry, title_of
from rules.revisits import is_awaited, revisits_due

CONFIRM = "complaint.confirm_before_transfer"


@guard("S0-35", "S4-176", "S4-02", "S1-41")
def i_may_take_it(facts: Facts) -> str | None:
    """Complaints are entered by those whom the office lets enter them."""
    if facts.me is None or facts.roles.intersection(facts.several("intake.roles")):
        return None
    return _("Complaints are entered by others here; tell the front desk.")


@guard("S4-163")
def opinions_enter(facts: Facts) -> str | None:
    """An opinion stands among complaints where the office counts it as one."""
    if facts["nature"] != "opinion":
        return None
    if facts.is_on("complaint.include_opinions_in_register"):
        return None
    return _("In this office an opinion is no complaint: enter a suggestion.")


def _begun(facts: Facts) -> Iterable[Order]:
    """The head is told of every complaint, of the serious ones the manager too.

    So is whoever keeps the register, of what others took.
    """
    keeper = facts.setting("complaint.register_owner")
    whom = ("supervisor",) if keeper in facts.roles else ("supervisor", keeper)
    yield Tell(whom, ("收到一件投诉", "A complaint has come in"))
    if is_serious(facts):
        yield Happened("ask_decision")
        yield Tell(("manager",), ("重大或群体投诉", "A major or group complaint"), True)
        yield raised(facts, "group" if facts["group_tendency"] else "major")
    if facts.setting(CONFIRM) in facts.roles:
        yield Go("confirm")


SORTED = {
    "liability_class": class_of,
    "group_tendency": is_group,
    "complainant_shielded": is_shielded,
    "developer_legacy": is_legacy,
}
"""What the house works out of what is known, whenever a complaint is sorted."""


def _receiver(facts: Facts) -> object:
    """Whoever took it, where the form says nobody else did."""
    return facts["received_by_id"] or facts.me


COMPLAINT_BEGINS = Move(
    "receive",
    ("受理", "Receive"),
    sets={**SORTED, "received_by_id": _receiver},
    guards=(i_may_take_it, opinions_enter, late_entry("back_entry_reason")),
    then=(_begun,),
    rules=("S0-30", "S1-60", "S3-43", "S4-162", "S4-163", "S4-176", "S2-33", "S1-139"),
)


@guard("S3-29", "S3-30", "S4-158", "S1-59")
def confirmed_first(facts: Facts) -> str | None:
    """The office confirms before a complaint is passed on; what is urgent passes."""
    if facts["confirmed_at"] or facts.setting(CONFIRM) == "off":
        return None
    passes = facts["urgent"] or facts["major"]
    if passes and facts.is_on(f"{CONFIRM}.bypass_for_urgent"):
        return None
    who = title_of(facts, facts.setting(CONFIRM))
    return _("{who} confirms it before it is passed on.", who=who)


def _shuns_the_accused(facts: Facts) -> bool:
    return bool(facts["accused_id"]) and facts.is_on("complaint.handler_not_accused")


@guard("S0-36", "S2-30")
def not_the_accused(facts: Facts) -> str | None:
    """Whoever is complained about does not handle it."""
    if not _shuns_the_accused(facts) or facts["accused_id"] != facts["holder_id"]:
        return None
    return _("The complaint is about this person; choose somebody else.")


@guard("S0-36", "S2-30")
def i_am_not_accused(facts: Facts) -> str | None:
    """Nobody writes the findings on a complaint about himself."""
    if not _shuns_the_accused(facts) or facts["accused_id"] != facts.me:
        return None
    return _("The complaint is about you; somebody else handles it.")


@guard("S2-29", "S2-30", "S4-168", "S4-177")
def has_somebody(facts: Facts) -> str | None:
    """A department answers for it, and one person in it."""
    if facts["department_id"] and facts["holder_id"]:
        return None
    return _("Pass it to a department and one responsible person first.")


@guard("S4-168", "S4-165")
def original_goes_along(facts: Facts) -> str | None:
    """What came in writing is passed on together with its original."""
    if facts["channel"] not in facts.several("complaint.original_of"):
        return None
    if facts.lines.get("complaint_document") or facts.files():
        return None
    return _("It came in writing: record where the original is, or attach a scan.")


def passed_on(facts: Facts) -> Iterable[Order]:
    """A line of who gave it to whom; the head knows of every transfer."""
    yield Add(
        "assignment",
        {
            "assigned_at": facts.now,
            "from_department_id": facts.row.get("department_id"),
            "from_staff_id": facts.row.get("holder_id"),
            "to_department_id": facts["department_id"],
            "to_staff_id": facts["holder_id"],
            "decided_by_id": facts.me,
            "share": "lead",
            "reason": facts["reason"],
        },
    )
    yield Tell(("supervisor",), ("投诉已转责任部门", "A complaint was passed on"))


def after_assigning(facts: Facts) -> str:
    """What was looked into beforehand awaits the answer; what came back, findings."""
    known = facts["investigated_at"] and facts.state != "reopened"
    return "investigated" if known else "assigned"


@guard("S0-09", "S4-06")
def somebody_assists(facts: Facts) -> str | None:
    """Whoever assists is a department or a contractor."""
    if facts["to_department_id"] or facts["external_party_id"]:
        return None
    return _("Choose the department or the contractor that assists.")


@guard("S2-46", "S2-50", "S1-50")
def result_is_mine(facts: Facts) -> str | None:
    """The result is written by whom the office wants to write it."""
    writer = facts.setting("complaint.result_by")
    holder = writer == "responsible_person"
    mine = facts.me == facts["holder_id"] if holder else facts.roles & {CHIEF, writer}
    if mine or facts.me is None:
        return None
    return _("The responsible person writes the result; or have it given to you first.")


@guard("S2-46", "S1-49", "S1-50", "S2-57")
def measures_written(facts: Facts) -> str | None:
    """The handling record says what was done, of all complaints or the slow ones."""
    if facts["corrective_measure"] or facts["handling_opinion"]:
        return None
    if facts.setting("complaint.handling_record.when") != "all" and not _is_slow(facts):
        return None
    return _("The handling record is not complete: write the measures.")


def _is_slow(facts: Facts) -> bool:
    """Whether it has taken more working days than a simple one takes."""
    weekdays = facts.several("office.work_days")
    differ = {row["day"]: row["working"] for row in facts.policy("calendar_day")}
    came, today = facts.day(facts.row["received_at"]), facts.day(facts.now)
    days = (came + dt.timedelta(days=n + 1) for n in range((today - came).days))
    worked = sum(differ.get(day, str(day.isoweekday()) in weekdays) for day in days)
    return bool(worked > int(facts.setting("complaint.handling_record.n") or 0))


@guard("S0-64")
def internal_cause_named(facts: Facts) -> str | None:
    """An internal cause is handled only with its cause and who answers for it."""
    if facts["cause"] != "internal" or (facts["cause_found"] and facts["at_fault_id"]):
        return None
    return _("An internal cause: name the cause found and who is responsible.")


@guard("S1-142", "S4-172", "S4-180", "S4-200", "S1-139")
def decided_above(facts: Facts) -> str | None:
    """Group, major and compensation cases are decided by the manager."""
    if not is_serious(facts) or facts["decided_by_id"]:
        return None
    return _("The manager decides group, major and compensation cases first.")


@guard("S1-139")
def attended_in_person(facts: Facts) -> str | None:
    """In a case of a group the manager takes part in person."""
    if not facts["group_tendency"] or facts["manager_id"]:
        return None
    return _("A group complaint: name the manager who came in person.")


def handled(facts: Facts) -> Iterable[Order]:
    """Internal causes are put right for good; a forwarding department waits."""
    if facts["cause"] == "internal":
        yield Cause(
            "corrective_action",
            {"origin": "complaint", "cause_analysis": facts["cause_found"]},
        )
    if facts["forwarder"] and not facts["forwarder_told_at"]:
        yield Happened("forwarder_waits")
    if "director_reply" in facts.several("close.requires.complaint"):
        yield Tell(("manager",), ("投诉已处理完毕", "A complaint has been handled"))


def revisited_next(facts: Facts) -> Iterable[Order]:
    """Somebody revisits; where there is nobody to ask it goes on without."""
    if is_awaited(facts):
        return []
    due = [] if nobody_asked(facts) else revisits_due(facts)
    return due or [Go("revisit")]
