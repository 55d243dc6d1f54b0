"""What must be settled before a complaint is closed."""

from __future__ import annotations

from typing import Any

from core.moves import Facts, Guard, guard
from core.words import _
from rules.flows.complaint_classes import is_municipal, nobody_asked
from rules.flows.complaint_rules import decided_above
from rules.guards import all_closed, has_customer, replied

LEADERS = {"supervisor", "manager"}


def _asks(facts: Facts, what: str) -> bool:
    """Whether the office demands it, or the cause does: one of ours (S0-66)."""
    ours = facts["cause"] == "internal" and what in ("revisit", "owner_reply")
    return ours or what in facts.several("close.requires.complaint")


@guard("S2-46", "S2-50", "S4-164")
def has_result(facts: Facts) -> str | None:
    """The result is written down."""
    if facts["result"] or not _asks(facts, "result"):
        return None
    return _("Record the result first.")


@guard("S2-51", "S1-136")
def is_signed(facts: Facts) -> str | None:
    """The customer signed, or a supervisor recorded why not."""
    if facts["signed_by"] or facts["unsigned_reason"] or not _asks(facts, "signature"):
        return None
    return _(
        "The customer has not signed. For complaints by telephone or network the"
        " supervisor can record why there is no signature."
    )


TAKEN_AS = {"witnessed": "typed_with_witness"}
"""Forms of signature that the office's policy calls otherwise."""


@guard("S2-51", "S3-21")
def signed_acceptably(facts: Facts) -> str | None:
    """A signature has a form that the office takes, on paper that can be found."""
    form = facts["signature_form"]
    if form and TAKEN_AS.get(form, form) not in facts.several("signature.mode"):
        return _("The office takes no signature of this form.")
    if form == "paper" and not facts["paper_place"]:
        return _("Say where the signed paper is kept.")
    return None


@guard("S2-51", "S4-181")
def reason_accepted(facts: Facts) -> str | None:
    """A missing signature is excused only for what the office accepts."""
    accepted = facts.several("close.signature_exception.reasons")
    if facts["unsigned_reason"] in accepted:
        return None
    return _("The office does not accept this reason for a missing signature.")


def _visits(facts: Facts) -> list[Any]:
    return [n.row for n in facts.caused if n.slug == "revisit" and not n.open]


@guard("S2-38", "S2-53", "S2-55", "S0-63", "S0-66", "S0-71", "S4-175")
def revisited_satisfied(facts: Facts) -> str | None:
    """A revisit found the customer satisfied, or reached nobody after trying."""
    if nobody_asked(facts):
        return None
    tried = any(r["visited_at"] or r["unreached_reason"] for r in _visits(facts))
    unhappy = facts["satisfaction"] == "dissatisfied"
    if (tried or not _asks(facts, "revisit")) and not (
        unhappy and _asks(facts, "satisfied")
    ):
        return None
    return _("It has not been revisited yet, or the customer was not satisfied.")


@guard("S2-09")
def asked_whether_satisfied(facts: Facts) -> str | None:
    """Whoever could be asked has said whether he is satisfied."""
    missed = any(row["unreached_reason"] for row in _visits(facts))
    if facts["satisfaction"] or missed or nobody_asked(facts):
        return None
    if not facts.is_on("survey.closing_question"):
        return None
    return _("Ask the customer first whether he is satisfied, and write it down.")


@guard("S4-160", "S4-203", "S3-31", "S0-66", "S2-07")
def customer_told(facts: Facts) -> str | None:
    """The customer has been told the result."""
    if not has_customer(facts) or replied(facts) or not _asks(facts, "owner_reply"):
        return None
    return _("The customer has not been told yet: record the reply first.")


@guard("S2-58")
def forwarder_told(facts: Facts) -> str | None:
    """The department that forwarded it knows the result."""
    told = not facts["forwarder"] or facts["forwarder_told_at"]
    if told or not _asks(facts, "forwarder_told"):
        return None
    return _(
        "{forwarder} passed this on: tell them the result first.",
        forwarder=facts["forwarder"],
    )


@guard("S2-58")
def was_forwarded(facts: Facts) -> str | None:
    """Only whoever passed a complaint on is told."""
    if facts["forwarder"]:
        return None
    return _("Nobody passed this complaint on to us.")


@guard("S0-67", "S0-69")
def apologised(facts: Facts) -> str | None:
    """Bad manners are apologised for before the complaint closes."""
    if facts["cause"] != "attitude" or facts["apologised_at"]:
        return None
    return _("A matter of attitude or quality: record the apology first.")


@guard("S0-68")
def criticised(facts: Facts) -> str | None:
    """Grave cases of bad manners are criticised among the staff."""
    if facts["cause"] != "attitude" or facts["severity"] != "grave":
        return None
    if any(row["measure"] == "criticism" for row in facts.lines.get("conduct", ())):
        return None
    return _("A grave case: record the circulated criticism under conduct first.")


@guard("S0-69")
def leader_revisited(facts: Facts) -> str | None:
    """Bad manners are revisited by a leader."""
    if facts["cause"] != "attitude" or nobody_asked(facts):
        return None
    if any(row["revisitor_role"] in LEADERS for row in _visits(facts)):
        return None
    return _("A matter of attitude or quality: a leader revisits the customer.")


@guard("S0-63")
def not_municipal(facts: Facts) -> str | None:
    """Municipal causes are not turned away."""
    if not is_municipal(facts):
        return None
    return _("A municipal cause is followed up and revisited, not turned away.")


@guard("S1-143")
def told_plainly(facts: Facts) -> str | None:
    """Where we are not liable the customer is told so plainly."""
    if replied(facts) or not has_customer(facts):
        return None
    return _("The customer has not been told yet: record the reply first.")


TO_CLOSE: tuple[Guard, ...] = (
    has_result,
    is_signed,
    revisited_satisfied,
    asked_whether_satisfied,
    customer_told,
    forwarder_told,
    apologised,
    criticised,
    leader_revisited,
    decided_above,
    all_closed,
)
