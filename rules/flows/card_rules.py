"""What a card application must fulfil before it goes on, each with its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.moves import Facts, Guard, guard, today
from core.words import _, say
from rules.cards import (
    CALLED,
    INTERNAL,
    SCANS,
    at_least,
    copies,
    is_parking,
    is_ready,
    is_stocked,
    is_tenant,
    last_day,
    lease,
    papers,
    price,
    received,
    terms,
)

HOLDER = {"employee": "employee_id", "business_line": "department_id"}


@guard("S1-82", "S1-99")
def names_holder(facts: Facts) -> str | None:
    """Somebody is to hold the card: a customer, an employee or a department."""
    field = HOLDER.get(facts["holder_kind"])
    held = facts[field] if field else facts["person_id"] or facts["applicant_name"]
    return None if held else _("Say who is to hold the card.")


@guard("S1-106", "S1-111")
def names_vehicle(facts: Facts) -> str | None:
    """A parking card is for a vehicle, on the customer's own card or a new one."""
    if not is_parking(facts) or (facts["vehicle_id"] and facts["card_source"]):
        return None
    return _("Enter the vehicle, and ask whether his own card is used or a new one.")


@guard("S1-83", "S1-87", "S1-91")
def has_terms(facts: Facts) -> str | None:
    """The office has decided on what terms such a card is given out."""
    if terms(facts):
        return None
    return _("The office has no terms for such a card; see the card terms.")


def _listed(codes: Iterable[str]) -> str:
    return _(", ").join(say(CALLED[code]) for code in codes)


@guard("S1-82", "S1-84", "S1-85", "S1-86", "S1-88", "S1-106", "S1-108")
def papers_complete(facts: Facts) -> str | None:
    """The originals of all papers that the terms name were seen."""
    seen = {*(facts["papers_seen"] or ())}
    if _rung_owner(facts):
        seen.add("owner_file")
    missing = [paper for paper in papers(facts) if paper not in seen]
    if not missing:
        return None
    return _("Still to be seen: {papers}.", papers=_listed(missing))


def _rung_owner(facts: Facts) -> bool:
    """The owner confirmed by telephone whoever is not in the file (S1-85)."""
    checks = facts.lines.get("identity_check", ())
    return any(
        row["method"] == "phone_owner" and row["result"] == "confirmed"
        for row in checks
    )


@guard("S1-86", "S1-109")
def copies_kept(facts: Facts) -> str | None:
    """Of the papers that the terms name there is a copy on file, or a scan."""
    kept, files = facts["papers_copied"] or (), facts.files()
    missing = [
        paper
        for paper in copies(facts)
        if paper not in kept and SCANS.get(paper, "scan") not in files
    ]
    if not missing:
        return None
    return _("Still to be copied or scanned: {papers}.", papers=_listed(missing))


@guard("S1-86", "S1-108")
def lease_runs(facts: Facts) -> str | None:
    """A tenant's card hangs on a lease that runs."""
    if not is_tenant(facts) or (facts["lease_id"] and lease(facts)):
        return None
    return _("Choose the lease; it must not have ended.")


@guard("S1-110")
def agreement_signed(facts: Facts) -> str | None:
    """The parking agreement is signed before the card is made."""
    if not terms(facts).get("agreement_needed"):
        return None
    signed = facts.referred("agreement_id")
    parking = str(signed.get("agreement_kind")).startswith("parking_")
    if parking and signed["state"] == "signed":
        return None
    return _("The parking agreement is signed first; choose it.")


def in_role_of(who: str, *rules: str) -> Guard:
    """Whoever the card terms name does it, or somebody above."""

    def in_role(facts: Facts) -> str | None:
        if facts.me is None or facts.roles & at_least(terms(facts).get(who)):
            return None
        return _("The card terms name somebody else for this.")

    return Guard(in_role, rules, personal=True)


@guard("S1-90", "S1-100")
def by_another(facts: Facts) -> str | None:
    """Nobody approves what he applied for, wrote down or verified himself."""
    names = ("created_by_id", "verified_by_id", "employee_id")
    if facts.me is None or all(facts[name] != facts.me for name in names):
        return None
    return _("You applied for, wrote or verified this; somebody else approves it.")


@guard("S1-90", "S1-100")
def is_approved(facts: Facts) -> str | None:
    """Whatever kind of card needs approval has it."""
    if facts["approved_by_id"] or not terms(facts).get("needs_approval"):
        return None
    return _("Such a card is approved before it is issued.")


def by_supervisor(facts: Facts) -> str | None:
    """Internal cards are issued by a supervisor and nobody else."""
    outside = facts["holder_kind"] not in INTERNAL
    if outside or facts.me is None or "supervisor" in facts.roles:
        return None
    return _("Only a supervisor issues internal cards.")


BY_SUPERVISOR = Guard(by_supervisor, ("S1-101",), personal=True)


@guard("S1-95")
def fee_known(facts: Facts) -> str | None:
    """Nothing is charged while the fee is not set."""
    unknown = price(facts) is None and facts.is_on("card.block_issue_without_fee")
    if not unknown:
        return None
    return _("The card fee is not set; enter it in the fee standards first.")


@guard("S1-95", "S1-96")
def fee_received(facts: Facts) -> str | None:
    """The fee is received, with its receipt, before the card is given out."""
    due, paid = price(facts) or 0, received(facts)
    if paid >= due:
        return None
    return _(
        "Take the fee first: {due} yuan are due, {paid} received.", due=due, paid=paid
    )


def numbers(text: str | None) -> list[str]:
    """The numbers of several cards, each once."""
    found = re.split(r"[\s,，、;；]+", text or "")
    return list(dict.fromkeys(filter(None, found)))


def in_ledger(facts: Facts, number: str, kind: str = "") -> Mapping[str, Any]:
    """The card of that kind and number; empty when there is none."""
    rows = facts.found("card", "card_number", number)
    kind = kind or facts["card_kind"]
    return next((row for row in rows if row["card_kind"] == kind), {})


def own_card(facts: Facts, number: str) -> Mapping[str, Any]:
    """The customer's own access card, where it is in use; else empty."""
    row = in_ledger(facts, number, "access")
    return row if row and row["state"] == "active" else {}


def unfit(facts: Facts, number: str) -> str | None:
    """Why a card cannot be given out; nothing when it can."""
    if row := in_ledger(facts, number):
        return None if is_ready(facts, row) else _why_not(row, number)
    if facts["card_source"] == "own":
        if own_card(facts, number):
            return None
        return _("Card {number} is no active access card of ours.", number=number)
    if is_stocked(facts):
        return _("Card {number} is not in stock; take it in first.", number=number)
    return None


def _why_not(row: Mapping[str, Any], number: str) -> str:
    if row["state"] == "returned":
        return _("Card {number} is formatted before it is used.", number=number)
    return _("Card {number} is given out already, or not fit.", number=number)


@guard("S1-118", "S1-119", "S1-111")
def cards_at_hand(facts: Facts) -> str | None:
    """As many cards as were asked for, each in stock or new, none given out."""
    wanted, given = facts["quantity"] or 1, numbers(facts["card_number"])
    if len(given) != wanted:
        return _("Numbers of {n} cards are needed.", n=wanted)
    return " ".join(filter(None, (unfit(facts, one) for one in given))) or None


@guard("S1-83", "S1-87", "S1-91", "S1-113")
def within_terms(facts: Facts) -> str | None:
    """No card outlives its terms or its lease; parking lasts as long as is paid."""
    asked, last = facts["valid_until"], last_day(facts)
    if asked is None or (last and today(facts) <= asked <= last):
        return None
    if last is None:
        return _("Such a card lasts as long as is paid for; leave the last day empty.")
    return _("From today until {day} at the latest.", day=last)
