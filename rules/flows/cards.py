"""The application for a card: papers, verification, approval, issue, signature."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import replace
from typing import Any

from core.moves import (
    Cause,
    Change,
    Facts,
    Let,
    Move,
    Order,
    Tell,
    always,
    by_me,
    today,
)
from rules.cards import (
    copies,
    is_parking,
    is_tenant,
    last_day,
    papers,
    price,
    receipts,
    terms,
)
from rules.flows.card_rules import (
    BY_SUPERVISOR,
    agreement_signed,
    by_another,
    cards_at_hand,
    copies_kept,
    fee_known,
    fee_received,
    has_terms,
    in_ledger,
    in_role_of,
    is_approved,
    lease_runs,
    names_holder,
    names_vehicle,
    numbers,
    own_card,
    papers_complete,
    within_terms,
)
from rules.flows.marks import STOCKTAKE, tell
from rules.guards import scan_attached

DRAFTS = ("draft", "rejected")
BINDING = ("issued", "signed")
STAMPED = frozenset(
    "papers_seen papers_copied verified_by_id verified_on approved_by_id approved_on"
    " decision decision_reason valid_from valid_until payment_id fee card_number"
    " signed_by signature_form signed_on".split()
)
FIXED = frozenset(
    "card_kind holder_kind unit_id person_id applicant_name employee_id department_id"
    " quantity lease_id agreement_id vehicle_id"
    " parking_space_id card_source own_card_number".split()
)
"""What is decided on: after the application is handed in, steps alone change it."""


def _agreements(facts: Facts) -> list[str]:
    return ["parking"] if terms(facts).get("agreement_needed") else []


def _employees(facts: Facts) -> list[str]:
    return ["employee"] if facts["holder_kind"] == "employee" else []


def _goes_to(facts: Facts) -> str:
    return "verified" if terms(facts).get("needs_approval") else "approved"


def _to_verify(facts: Facts) -> Sequence[Order]:
    words = ("办卡申请待核实", "A card application is to be verified")
    return [Tell((terms(facts).get("verifier") or "receptionist",), words)]


def _to_approve(facts: Facts) -> Sequence[Order]:
    if _goes_to(facts) == "approved":
        return []
    words = ("办卡申请待审批", "A card application is to be approved")
    return [Tell((terms(facts).get("approver") or "manager",), words)]


def _reason(facts: Facts) -> Any:
    return facts["reason"]


def _until(facts: Facts) -> Any:
    return facts["valid_until"] or last_day(facts)


def _receipt(facts: Facts) -> Any:
    return next((row["id"] for row in receipts(facts)[::-1]), None)


def _give_out(facts: Facts) -> Iterable[Order]:
    """Every number becomes a card in the applicant's hands, from stock or new."""
    for number in numbers(facts["card_number"]):
        yield handed(facts, number, _holding(facts, number))


def _holding(facts: Facts, number: str) -> dict[str, Any]:
    names = "unit_id person_id department_id employee_id vehicle_id parking_space_id"
    own = own_card(facts, number) if facts["card_source"] == "own" else {}
    each = (price(facts) or 0) / (facts["quantity"] or 1)
    return {
        **{name: facts[name] for name in names.split()},
        "holder_kind": facts["holder_kind"],
        "holder_name": facts["applicant_name"],
        "application_id": facts["id"],
        "access_card_id": own.get("id"),
        "valid_from": today(facts),
        "valid_until": facts["valid_until"],
        "cost": each,
        "payment_id": facts["payment_id"],
        "replaces_id": None,
    }


def handed(facts: Facts, number: str, values: Mapping[str, Any]) -> Order:
    """A card of the ledger is given out, or one that is new to it."""
    if row := in_ledger(facts, number):
        return Let("card", row["id"], "issue", values, must=True)
    new = {"card_kind": facts["card_kind"], "card_number": number, "content": None}
    return Cause("card", {**values, **new})


def _signed(facts: Facts) -> Iterable[Order]:
    """The register's lines of these cards bear the signature."""
    head = facts["holder_kind"] == "business_line"
    values = {
        "signed_as": "business_head" if head else "holder",
        "signature": facts["signed_by"],
        "signature_form": facts["signature_form"],
        "explained": True,
    }
    for card in facts.found("card", "application_id", facts["id"]):
        lines = facts.found("card_event", "card_id", card["id"])
        issued = [line["id"] for line in lines if line["event"] == "issue"]
        if issued:
            yield Change("card_event", issued[-1], values)


CLEAN = dict.fromkeys(
    (
        "verified_by_id",
        "verified_on",
        "approved_by_id",
        "approved_on",
        "decision",
        "decision_reason",
    ),
    always(None),
)
"""Whoever hands in anew is verified and decided on anew."""
DECIDED = tell("created_by_id", words=("办卡申请有结果了", "A card was decided on"))


def _decision(word: str) -> dict[str, Callable[[Facts], Any]]:
    """What stands on the application once the approver has spoken."""
    return {
        "decision": always(word),
        "decision_reason": _reason,
        "approved_by_id": by_me,
        "approved_on": today,
    }


APPROVE = Move(
    "approve",
    ("同意", "Approve"),
    "approved",
    ("verified",),
    actions=("approve",),
    offers=("reason",),
    sets=_decision("approved"),
    guards=(in_role_of("approver", "S1-90", "S1-100"), by_another),
    then=(DECIDED,),
    rules=("S1-90", "S1-100"),
    main=True,
)

CARD_APPLICATION = (
    Move(
        "submit",
        ("提交", "Hand in"),
        "submitted",
        DRAFTS,
        actions=("update", "create"),
        offers=("employee_id", "quantity", "content"),
        lists={"employee_id": _employees},
        sets=CLEAN,
        guards=(names_holder, names_vehicle, has_terms),
        then=(_to_verify,),
        rules=("S1-82", "S1-89", "S1-99"),
        main=True,
    ),
    Move(
        "verify",
        ("核实资料", "Verify"),
        _goes_to,
        ("submitted",),
        actions=("verify",),
        ends=("verified", "approved"),
        offers=("papers_seen", "papers_copied", "lease_id", "agreement_id"),
        lists={
            "papers_seen": papers,
            "papers_copied": copies,
            "lease_id": lambda facts: ["lease"] if is_tenant(facts) else [],
            "agreement_id": _agreements,
        },
        sets={"verified_by_id": by_me, "verified_on": today},
        guards=(
            in_role_of("verifier", "S1-89"),
            has_terms,
            papers_complete,
            copies_kept,
            lease_runs,
            agreement_signed,
        ),
        then=(_to_approve,),
        rules=("S1-82", "S1-84", "S1-85", "S1-86", "S1-88", "S1-106", "S1-107"),
        main=True,
    ),
    Move(
        "send_back",
        ("资料不齐，退回", "Send back"),
        "rejected",
        ("submitted",),
        actions=("verify",),
        asks=("reason",),
        sets={"decision_reason": _reason},
        then=(DECIDED,),
        rules=("S1-82",),
    ),
    APPROVE,
    replace(
        APPROVE,
        code="reject",
        title=("不同意，退回", "Reject"),
        to="rejected",
        actions=("reject",),
        asks=("reason",),
        offers=(),
        sets=_decision("rejected"),
    ),
    Move(
        "issue",
        ("发卡", "Issue"),
        "issued",
        ("approved",),
        actions=("issue",),
        asks=("card_number",),
        offers=("valid_until",),
        lists={"valid_until": lambda facts: [] if is_parking(facts) else ["day"]},
        sets={
            "valid_from": today,
            "valid_until": _until,
            "payment_id": _receipt,
            "fee": price,
        },
        guards=(
            BY_SUPERVISOR,
            in_role_of("issuer", "S1-101"),
            is_approved,
            lease_runs,
            agreement_signed,
            fee_known,
            fee_received,
            cards_at_hand,
            within_terms,
        ),
        then=(_give_out,),
        rules=("S1-83", "S1-87", "S1-91", "S1-95", "S1-101", "S1-118"),
        main=True,
    ),
    Move(
        "sign",
        ("签收", "Signed for"),
        "signed",
        ("issued",),
        actions=("sign", "issue"),
        asks=("signed_by",),
        offers=("signature_form",),
        sets={"signed_on": today},
        guards=(scan_attached,),
        then=(_signed,),
        rules=("S1-92", "S1-93", "S1-102", "S1-103"),
        main=True,
    ),
    Move(
        "cancel",
        ("撤销申请", "Withdraw"),
        "cancelled",
        (*DRAFTS, "submitted", "verified", "approved"),
        actions=("update", "create"),
        asks=("reason",),
        rules=("S1-82",),
    ),
    STOCKTAKE,
)
