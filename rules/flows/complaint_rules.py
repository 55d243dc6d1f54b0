"""What stands between the steps of a complaint, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable

from core.moves import (
    Add,
    Cause,
    Facts,
    Go,
    Guard,
    Happened,
    Move,
    Order,
    Tell,
    guard,
)
from core.words import _
from rules.guards import all_closed, replied

CLASS_OF = {
    "building": "class_1",
    "equipment": "class_1",
    "safety": "class_1",
    "environment": "class_1",
    "general_service": "class_1",
    "developer": "class_2",
    "neighbours": "class_3",
    "other": "class_3",
}
"""Complaint category -> class of liability, where nobody chose one (C32)."""


def is_serious(facts: Facts) -> bool:
    """What only the manager decides: major, of a group, or about money."""
    return bool(facts["major"] or facts["group_tendency"] or facts["compensation"])


def _class(facts: Facts) -> str | None:
    """The class chosen, else the one that the category or the cause stands for."""
    chosen: str | None = facts["liability_class"]
    if chosen or not facts.is_on("complaint.class_from_category"):
        return chosen
    if facts["cause"] == facts.setting("complaint.municipal.cause"):
        return facts.setting("complaint.municipal.class")
    return CLASS_OF.get(facts["category"] or "")


def _of_a_group(facts: Facts) -> bool:
    """Somebody said so, or enough other households complained of the same (D22)."""
    needed = facts.setting("complaint.group.households")
    counted = needed.isdigit() and facts.alike() + 1 >= int(needed)
    return bool(facts["group_tendency"] or counted)


def _begun(facts: Facts) -> Iterable[Order]:
    """The head is told of every complaint, of the major ones the manager too."""
    yield Tell(("supervisor",), ("收到一件投诉", "A complaint has come in"))
    if is_serious(facts):
        yield Happened("ask_decision")
        yield Tell(("manager",), ("重大或群体投诉", "A major or group complaint"), True)
    if "supervisor" in facts.roles:
        yield Go("confirm")


COMPLAINT_BEGINS = Move(
    "receive",
    ("受理", "Receive"),
    sets={"liability_class": _class, "group_tendency": _of_a_group},
    then=(_begun,),
    rules=("S0-30", "S1-60", "S4-163", "S4-176", "S2-33", "S1-139"),
)


@guard("S3-29", "S4-158", "S1-59")
def confirmed_first(facts: Facts) -> str | None:
    """The office confirms before a complaint is passed on; what is urgent passes."""
    if facts["confirmed_at"] or facts.setting(_CONFIRM) == "off":
        return None
    passes = facts["urgent"] or facts["major"]
    if passes and facts.is_on(f"{_CONFIRM}.bypass_for_urgent"):
        return None
    return _(
        "The supervisor confirms before it is passed on; urgent and major complaints"
        " pass at once."
    )


_CONFIRM = "complaint.confirm_before_transfer"


@guard("S0-36", "S2-30")
def not_the_accused(facts: Facts) -> str | None:
    """Whoever is complained about does not handle it."""
    accused = facts["accused_id"]
    if not accused or not facts.is_on("complaint.handler_not_accused"):
        return None
    if accused in (facts["holder_id"], None):
        return _("The complaint is about this person; choose somebody else.")
    return None


@guard("S0-36", "S2-30")
def i_am_not_accused(facts: Facts) -> str | None:
    """Nobody writes the findings on a complaint about himself."""
    mine = facts.me is not None and facts["accused_id"] == facts.me
    if mine and facts.is_on("complaint.handler_not_accused"):
        return _("The complaint is about you; somebody else handles it.")
    return None


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
    """What was looked into beforehand awaits the answer at once."""
    return "investigated" if facts["investigated_at"] else "assigned"


@guard("S0-64")
def internal_cause_named(facts: Facts) -> str | None:
    """An internal cause is handled only with its cause and who answers for it."""
    if facts["cause"] != "internal" or (facts["cause_found"] and facts["at_fault_id"]):
        return None
    return _("An internal cause: name the cause found and who is responsible.")


@guard("S1-142", "S4-172", "S1-139")
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
    yield Tell(("manager",), ("投诉已处理完毕", "A complaint has been handled"))


def _closes(facts: Facts, what: str) -> bool:
    return what in facts.several("close.requires.complaint")


@guard("S2-46", "S2-50", "S4-164")
def has_result(facts: Facts) -> str | None:
    """The result is written down."""
    if facts["result"] or not _closes(facts, "result"):
        return None
    return _("Record the result first.")


@guard("S2-51", "S1-136")
def is_signed(facts: Facts) -> str | None:
    """The customer signed, or a supervisor recorded why not."""
    if facts["signed_by"] or facts["unsigned_reason"]:
        return None
    if not _closes(facts, "signature"):
        return None
    return _(
        "The customer has not signed. For complaints by telephone or network the"
        " supervisor can record why there is no signature."
    )


@guard("S2-38", "S2-53", "S2-55", "S0-63", "S0-71", "S4-175")
def revisited_satisfied(facts: Facts) -> str | None:
    """A revisit found the customer satisfied."""
    seen = [n.row for n in facts.caused if n.slug == "revisit" and not n.open]
    if not any(row["visited_at"] for row in seen) and _closes(facts, "revisit"):
        return _("It has not been revisited yet, or the customer was not satisfied.")
    if facts["satisfaction"] == "dissatisfied" and _closes(facts, "satisfied"):
        return _("It has not been revisited yet, or the customer was not satisfied.")
    return None


@guard("S4-160", "S4-203", "S3-31", "S0-66")
def customer_told(facts: Facts) -> str | None:
    """The customer has been told the result."""
    if replied(facts) or not _closes(facts, "owner_reply"):
        return None
    return _("The customer has not been told yet: record the reply first.")


@guard("S2-58")
def forwarder_told(facts: Facts) -> str | None:
    """The department that forwarded it knows the result."""
    told = not facts["forwarder"] or facts["forwarder_told_at"]
    if told or not _closes(facts, "forwarder_told"):
        return None
    return _(
        "{forwarder} passed this on: tell them the result first.",
        forwarder=facts["forwarder"],
    )


@guard("S0-67", "S0-69")
def apologised(facts: Facts) -> str | None:
    """Bad manners are apologised for before the complaint closes."""
    if facts["cause"] != "attitude" or facts["apologised_at"]:
        return None
    return _("A matter of attitude or quality: record the apology first.")


@guard("S0-69")
def leader_revisited(facts: Facts) -> str | None:
    """Bad manners are revisited by a leader."""
    if facts["cause"] != "attitude":
        return None
    leaders = {"supervisor", "manager"}
    seen = (near.row for near in facts.caused if near.slug == "revisit")
    if any(row["visited_at"] and row["revisitor_role"] in leaders for row in seen):
        return None
    return _("A matter of attitude or quality: a leader revisits the customer.")


@guard("S1-143")
def has_basis(facts: Facts) -> str | None:
    """Not ours: on a basis, said to the customer, never for a municipal cause."""
    if facts["cause"] == facts.setting("complaint.municipal.cause"):
        return _("A municipal cause is followed up and revisited, not turned away.")
    if not replied(facts):
        return _("The customer has not been told yet: record the reply first.")
    return None


@guard("S0-62", "S1-53", "S2-40", "S2-43")
def reported_outside(facts: Facts) -> str | None:
    """A municipal cause was put before whoever answers for it."""
    if facts["cause"] != facts.setting("complaint.municipal.cause"):
        return None
    if any(near.slug == "external_report" for near in facts.caused):
        return None
    return _("A municipal cause: write to the authority concerned first.")


TO_CLOSE: tuple[Guard, ...] = (
    has_result,
    is_signed,
    revisited_satisfied,
    customer_told,
    forwarder_told,
    apologised,
    leader_revisited,
    decided_above,
    reported_outside,
    all_closed,
)
