"""A home is handed over to its owner: papers, inspection, agreements, fees, keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import wraps

from core.moves import (
    Add,
    Cause,
    Change,
    Facts,
    Guard,
    Move,
    Order,
    Waived,
    always,
    by_me,
    guard,
    today,
)
from core.states import Stage
from core.words import _, say
from rules.flows.marks import FOLLOWED, tell
from rules.homes import (
    FEES,
    TITLE,
    UTILITIES,
    Choices,
    against_receipt,
    agreements_next,
    agreements_signed,
    copy_kept,
    is_barred,
    keys_signed_for,
    named,
    no_prepayment,
    number_set,
    payments,
    receipt_of,
    standing,
    ticked,
)

PAPERS: Choices = (
    ("notice", "入伙通知书", "Move-in notice"),
    ("data_card", "业主住户资料卡", "Data card"),
    ("identity", "业主身份证复印件", "Owner's identity card"),
    ("bank_account", "银行账号复印件", "Bank account"),
    ("family_identity", "家庭成员身份证复印件", "Family identity cards"),
    ("contract", "购房合同复印件", "Purchase contract"),
)
COPIES = {
    "identity": ("identity_card", "copies.identity_card"),
    "bank_account": ("bank_account", "copies.bank_account"),
    "family_identity": ("family_identity", "copies.family_identity_card"),
    "contract": ("purchase_contract", ""),
}
"""Paper collected -> the kind of copy, and the setting that says how many."""
STEPS: Choices = (
    ("open", "交资料", "Documents"),
    ("documents", "验房", "Inspection"),
    ("inspected", "签协议", "Agreements"),
    ("agreements", "缴费", "Payment"),
)
"""The steps at which the manager may make an exception."""
STAGES = (
    Stage(
        ("资料", "Papers"),
        ("open",),
        (
            (("通知书或清单已签", "Notice or list signed"), "notice_signature"),
            (("通知书收回", "Notice collected"), "notice_collected"),
            (("通知书复印", "Notice copied"), "notice_copies"),
            (("资料收齐", "Papers complete"), "documents_on"),
        ),
    ),
    Stage(
        ("验房", "Inspection"),
        ("documents",),
        ((("底度已抄、已签字", "Meters read, signed"), "inspected_on"),),
    ),
    Stage(
        ("协议", "Agreements"),
        ("inspected",),
        ((("协议签完", "All signed"), "agreements_on"),),
    ),
    Stage(
        ("缴费", "Fees"),
        ("agreements",),
        (
            (("已缴费", "Paid"), "paid_on"),
            (("收据", "Receipt"), "receipt_no"),
        ),
    ),
    Stage(("钥匙", "Keys"), ("paid",), ((("已领用签收", "Signed for"), "keys_on"),)),
    Stage(("办结", "Handed over"), ("keys_issued", "complete")),
)


def unless_excepted(rule: Guard) -> Guard:
    """A condition that the manager may let go at the step where it stands."""

    @wraps(rule.check)
    def check(facts: Facts) -> str | Waived | None:
        return None if facts["excepted"] == facts.state else rule.check(facts)

    return replace(rule, check=check)


@guard("S1-01", "S1-02")
def guided(facts: Facts) -> str | None:
    """Somebody by name leads the owner through it."""
    return None if facts["holder_id"] else _("Name who guides the owner first.")


@guard("S1-03", "S1-05")
def notice_signed(facts: Facts) -> str | None:
    """The notice is signed, or the list of papers in its place."""
    accepted = facts.several("handover.signature_any_of")
    notice = facts["notice_signature"] == "signed" and facts["notice_signed_by"]
    listed = facts["list_signed_by"] and facts.lines.get("handover_document")
    if ("notice" in accepted and notice) or ("document_list" in accepted and listed):
        return None
    return _(
        "The owner signs the move-in notice, or the list of the papers received; say"
        " who signed."
    )


@guard("S1-06")
def notice_copied(facts: Facts) -> str | None:
    """The owner keeps a copy of the notice."""
    wanted = number_set(facts, "copies.move_in_notice")
    if (facts["notice_copies"] or 0) >= wanted:
        return None
    return _("Copies of the move-in notice for the owner: {n}.", n=wanted)


def _wanted_papers(facts: Facts) -> Iterator[str]:
    yield from ("notice", "data_card")
    for paper in ("identity", "bank_account"):
        if number_set(facts, COPIES[paper][1]):
            yield paper
    family = any(row["relation"] == "family" for row in standing(facts))
    if family and number_set(facts, COPIES["family_identity"][1]):
        yield "family_identity"


@guard("S1-04", "S1-08", "S1-09", "S1-10")
def papers_collected(facts: Facts) -> str | None:
    """What the owner has to bring is there and copied."""
    missing = set(_wanted_papers(facts)) - set(facts["papers_collected"] or ())
    if not missing:
        return None
    return _("Still to be collected: {papers}.", papers=named(missing, PAPERS))


def _copies(facts: Facts) -> Iterator[Order]:
    """Every copy that was taken is a record of its own, to be destroyed one day."""
    purpose = say(TITLE["handover"])
    for paper in facts["papers_collected"] or ():
        if paper in COPIES:
            kind, setting = COPIES[paper]
            many = number_set(facts, setting) if setting else 1
            yield copy_kept(facts, kind, int(many), purpose=purpose)


def _inspection_next(facts: Facts) -> Iterator[Order]:
    if not any(near.slug == "inspection" for near in facts.caused):
        yield Cause("inspection", {"content": None})


@guard("S1-11", "S1-12", "S1-13")
def inspection_signed(facts: Facts) -> str | None:
    """The home was inspected with the owner and the opinion form is signed."""
    forms = [row for row in facts.at_home("inspection") if row["signed_on"]]
    if any(row["person_id"] in (None, facts["person_id"]) for row in forms):
        return None
    return _("The owner has not signed the acceptance opinion form yet.")


@guard("S1-13")
def not_deferred(facts: Facts) -> str | None:
    """An owner who would not take the home over has come round."""
    if not facts["deferred_reason"]:
        return None
    return _("Taking over is deferred: {reason}", reason=facts["deferred_reason"])


@guard("S1-13")
def is_deferred(facts: Facts) -> str | None:
    """Only what was deferred goes on."""
    return None if facts["deferred_reason"] else _("Taking over is not deferred.")


@guard("S1-18")
def months_paid(facts: Facts) -> str | None:
    """As many months of service fee as the office collects."""
    wanted = number_set(facts, "handover.service_fee_months")
    paid = sum(row["months"] or 0 for row in payments(facts, FEES))
    if max(facts["fee_months"] or 0, paid) >= wanted:
        return None
    return _("Months of service fee to be collected: {n}.", n=wanted)


def _metered(facts: Facts) -> bool:
    return bool(facts.referred("project_id")["meter_to_household"])


@guard("S1-20")
def not_prepaid(facts: Facts) -> str | None:
    """Where meters are read to the household nothing is prepaid for them."""
    metered = _metered(facts)
    barred = any(is_barred(metered, row) for row in facts.linked("payment"))
    return no_prepayment() if barred else None


@guard("S1-19")
def prepaid(facts: Facts) -> str | None:
    """The prepayment that the office set for water and power."""
    wanted = number_set(facts, "handover.utility_prepayment")
    rows = (row for row in payments(facts, UTILITIES) if row["prepayment"])
    if _metered(facts) or sum(row["amount"] for row in rows) >= wanted:
        return None
    return _("Water and power prepayment to be collected: {amount}.", amount=wanted)


def _moved_in(facts: Facts) -> Iterator[Order]:
    """The home is delivered, and its owner belongs to it from today."""
    day, owner = facts.day(facts.now), facts["person_id"]
    home = facts.referred("unit_id")
    yield Change("unit", home["id"], {"delivered_on": home["delivered_on"] or day})
    if not any(row["person_id"] == owner for row in standing(facts)):
        values = {"person_id": owner, "unit_id": home["id"], "relation": "owner"}
        yield Add("occupancy", {**values, "since": day, "main_contact": True})


HANDOVER_BEGINS = Move("open", ("开始办理", "Open"), rules=("S1-01", "S3-70"))
HANDOVER = (
    Move(
        "receive_documents",
        ("资料收齐", "Papers complete"),
        "documents",
        ("open",),
        asks=("papers_collected",),
        offers=(
            "notice_signature",
            "notice_signed_by",
            "notice_copies",
            "list_signed_by",
        ),
        sets={
            "documents_on": today,
            "notice_collected": lambda facts: "notice" in facts["papers_collected"],
            "list_signed_on": lambda facts: (
                today(facts) if facts["list_signed_by"] else None
            ),
            "steps_done": ticked("notice", "data_card", "copies"),
        },
        guards=(
            guided,
            unless_excepted(notice_signed),
            unless_excepted(notice_copied),
            unless_excepted(papers_collected),
        ),
        then=(_copies, _inspection_next),
        rules=("S1-03", "S1-04", "S1-06", "S1-07"),
        main=True,
    ),
    Move(
        "inspect",
        ("验房完毕", "Inspected"),
        "inspected",
        ("documents",),
        sets={"inspected_on": today, "steps_done": ticked("inspection", "meters")},
        guards=(unless_excepted(inspection_signed),),
        then=(agreements_next,),
        rules=("S1-11", "S1-12", "S1-13"),
        main=True,
    ),
    Move(
        "sign_agreements",
        ("协议签完", "Agreements signed"),
        "agreements",
        ("inspected",),
        sets={"agreements_on": today, "steps_done": ticked("agreements")},
        guards=(not_deferred, unless_excepted(agreements_signed)),
        rules=("S1-14", "S1-15", "S1-16"),
        main=True,
    ),
    Move(
        "pay",
        ("缴费", "Paid"),
        "paid",
        ("agreements",),
        actions=("confirm_fees", "update"),
        offers=("fee_months", "receipt_no"),
        sets={
            "paid_on": today,
            "receipt_no": receipt_of,
            "steps_done": ticked("fees"),
        },
        guards=(
            not_deferred,
            not_prepaid,
            unless_excepted(months_paid),
            unless_excepted(prepaid),
            unless_excepted(against_receipt),
        ),
        rules=("S1-18", "S1-19", "S1-20", "S1-21"),
        main=True,
    ),
    Move(
        "issue_keys",
        ("发钥匙", "Issue the keys"),
        "keys_issued",
        ("paid",),
        offers=("receipt_no",),
        sets={
            "keys_on": today,
            "receipt_no": receipt_of,
            "steps_done": ticked("keys"),
        },
        guards=(not_deferred, against_receipt, keys_signed_for),
        rules=("S1-22", "S1-23"),
        main=True,
    ),
    Move(
        "complete",
        ("办结", "Complete"),
        "complete",
        ("keys_issued",),
        then=(_moved_in,),
        rules=("S1-24",),
        main=True,
    ),
    Move(
        "hand_out",
        ("登记发放的资料", "Papers given out"),
        line="handover_document",
        asks=("name",),
        offers=("copies",),
        sets={"given_on": today},
        rules=("S1-02",),
    ),
    Move(
        "defer",
        ("暂缓收楼", "Defer taking over"),
        sources=("documents", "inspected", "agreements", "paid"),
        asks=("deferred_reason",),
        rules=("S1-13",),
    ),
    Move(
        "take_up",
        ("恢复收楼", "Take up again"),
        sets={"deferred_reason": always(None)},
        guards=(is_deferred,),
        rules=("S1-13",),
    ),
    Move(
        "approve_exception",
        ("批准例外", "Approve an exception"),
        sources=tuple(code for code, _zh, _en in STEPS),
        actions=("approve_exception",),
        asks=("exception_reason",),
        sets={"exception_by_id": by_me, "excepted": lambda facts: facts.state},
        then=(tell("holder_id", words=("例外已批准", "The exception is approved")),),
        rules=("S1-05", "S1-14"),
    ),
    *FOLLOWED,
)
