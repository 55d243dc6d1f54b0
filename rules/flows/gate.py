"""Goods out through the gate: who asks, whose word is needed, what the guard sees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from core.fingerprint import fingerprint
from core.moves import (
    Facts,
    Move,
    Order,
    Tell,
    Waived,
    at_once,
    by_me,
    guard,
    once,
)
from core.words import _
from rules.owing import NOTHING_OWED, arrears_looked_up, arrears_reminded, whose

PROOFS = {
    "owner_file": "owner_file",
    "telephone": "phone_owner",
    "letter": "letter",
    "lease": "papers",
}
"""What an office may require of applicants -> the check that provides it."""
CHAIN = {
    "owner": ("phone_owner", "confirmed"),
    "emergency_contact": ("emergency_contact", "emergency_contact"),
    "police_witness": ("police_witness", "police_witness"),
}
"""Who may speak for the owner -> the check, and what the slip says then."""
SEALED = (
    "id",
    "unit_id",
    "person_id",
    "applicant_kind",
    "applicant_name",
    "content",
    "moving_on",
    "plate",
)
"""What of a slip may not change once it is issued, beside its goods."""
GOODS = ("category", "name", "quantity", "measure")
STAMPED = frozenset(
    "owner_confirmation owner_phoned released_by_id issued_by_id issued_at"
    " checked_by_id checked_at recovered_at".split()
)
FIXED = frozenset("unit_id person_id applicant_kind applicant_name".split())
"""What was verified; once that is done it is another slip."""


def answered(facts: Facts, method: str) -> str:
    """What the last check by that method came to; empty: none was made."""
    lines = facts.lines.get("identity_check", ())
    return next((x["result"] for x in reversed(lines) if x["method"] == method), "")


def consent(facts: Facts) -> str:
    """Whose word stands for the owner's: the first in the chain who was reached."""
    for link in facts.several("verification.chain"):
        method, word = CHAIN[link]
        match answered(facts, method):
            case "confirmed":
                return word
            case "unreachable":
                continue
        return ""
    return ""


def needs_consent(facts: Facts) -> bool:
    """Whether the owner must agree first: of tenants, unless the office decided so."""
    tenant = facts["applicant_kind"] == "tenant"
    return tenant and facts.is_on("release.require_owner_confirmation")


@guard("S1-68", "S1-69", "S1-70")
def identified(facts: Facts) -> str | None:
    """Whoever is not the owner is verified as his kind demands."""
    kind = facts["applicant_kind"]
    wanted = facts.several(f"verification.requirements.{kind}")
    if needs_consent(facts):
        wanted = [one for one in wanted if one != "telephone"]
    met = [one for one in wanted if answered(facts, PROOFS[one]) == "confirmed"]
    if not wanted or (met if kind == "family" else len(met) == len(wanted)):
        return None
    if kind == "family":
        return _("Look in the owner file or ring the owner, and record the check.")
    return _("Every proof that is asked of this applicant is checked and recorded.")


@guard("S1-70")
def authority_dated(facts: Facts) -> str | None:
    """An agent's letter of authority is on file with its date."""
    if facts["applicant_kind"] != "agent" or facts["authority_on"]:
        return None
    return _("Write down the date of the letter of authority.")


@guard("S1-76", "S1-77", "S1-78")
def owner_agrees(facts: Facts) -> str | None:
    """Nothing leaves against the owner's word; a tenant needs it, or a stand-in's."""
    if answered(facts, "phone_owner") == "denied":
        return _("The owner does not agree, so nothing is released.")
    if not needs_consent(facts) or consent(facts):
        return None
    return _(
        "The owner has not agreed: ring the owner, then the emergency contact, then "
        "ask the police office as witness, and record each attempt."
    )


@guard("S1-78")
def released_on_witness(facts: Facts) -> str | None:
    """What only the police office witnessed, a supervisor releases."""
    if consent(facts) != "police_witness" or facts["released_at"]:
        return None
    return _("Only the police office witnessed it: a supervisor releases it first.")


@guard("S1-78")
def witnessed(facts: Facts) -> str | None:
    """A release on witness follows a witness, after nobody else was reached."""
    if consent(facts) == "police_witness":
        return None
    return _("There is no witness yet, or somebody nearer was not rung.")


@guard("S1-78")
def released_by_another(facts: Facts) -> str | Waived | None:
    """Whoever took the slip in or recorded the witness does not release it."""
    lines = facts.lines.get("identity_check", ())
    mine = {facts["created_by_id"], *(line["staff_id"] for line in lines)}
    if facts.me not in mine:
        return None
    if facts.setting("four_eyes.release_witness") == "marked":
        return Waived("four_eyes.release_witness")
    return _("You took part in this slip; somebody else releases it.")


@guard("S1-73")
def has_goods(facts: Facts) -> str | None:
    """The slip names its goods."""
    if facts.lines.get("release_item"):
        return None
    return _("List the goods with their number first.")


@guard("S1-72")
def still_to_come(facts: Facts) -> str | None:
    """The day of the removal has not passed."""
    day: dt.date | None = facts["moving_on"]
    if day is None or day >= facts.day(facts.now):
        return None
    return _("The day of the removal has passed; choose another.")


def seal_of(facts: Facts, moment: dt.datetime) -> str:
    """What stands for a slip as issued at that moment, and for no other."""
    at = moment.astimezone(dt.UTC).isoformat()
    head: list[Any] = [at, *(facts[name] for name in SEALED)]
    goods = facts.lines.get("release_item", ())
    return fingerprint("slip", [head, [[x[n] for n in GOODS] for x in goods]])


@guard("S1-72", "S1-73")
def unaltered(facts: Facts) -> str | None:
    """The slip is what was issued."""
    issued = facts["issued_at"]
    if issued and facts["seal"] == seal_of(facts, issued):
        return None
    return _("This slip was altered after it was issued; the desk issues it again.")


@guard("S1-72")
def valid_today(facts: Facts) -> str | None:
    """A slip is good on its day; what has left already may bring its paper later."""
    if facts.state != "issued" or facts["moving_on"] == facts.day(facts.now):
        return None
    return _("This slip is valid on {day} only.", day=facts["moving_on"])


@guard("S1-72")
def goods_match(facts: Facts) -> str | None:
    """Every kind of goods is ticked, or the difference is written down."""
    goods = facts.lines.get("release_item", ())
    if all(line["matches"] for line in goods) or facts["gate_note"]:
        return None
    return _("Tick every kind of goods that leaves, or write down what differs.")


def _verified(facts: Facts) -> str | None:
    """What the slip says of the owner's word."""
    if facts["applicant_kind"] == "owner":
        return "owner"
    if answered(facts, "phone_owner") == "confirmed":
        return "confirmed"
    by_file = answered(facts, "owner_file") == "confirmed"
    return consent(facts) or ("file" if by_file else "missing")


def _phoned(facts: Facts) -> bool:
    return answered(facts, "phone_owner") == "confirmed"


def _witnessed(facts: Facts) -> Iterable[Order]:
    """The supervisor hears that a release waits."""
    if facts["method"] == "police_witness" and facts["result"] == "confirmed":
        words = ("警务室已作证，请决定是否放行", "Witnessed: decide on the release")
        yield Tell(("supervisor",), words, urgent=True)


SOUND = (
    identified,
    authority_dated,
    owner_agrees,
    released_on_witness,
    arrears_looked_up,
    arrears_reminded,
)
"""What holds when a slip is verified, and still when it is issued."""
AT_THE_GATE = (unaltered, valid_today, goods_match)
CHECKED = {"checked_by_id": by_me, "checked_at": at_once}
ISSUED = {
    "issued_by_id": by_me,
    "issued_at": at_once,
    "seal": lambda facts: seal_of(facts, facts.now),
}

RELEASE_PASS = (
    Move(
        "check_identity",
        ("记录核实", "Record a check"),
        sources=("draft",),
        line="identity_check",
        asks=("method", "result"),
        offers=("person_id", "person_name", "phone", "witness_name", "note"),
        sets={"checked_at": at_once, "staff_id": by_me},
        then=(_witnessed,),
        rules=("S1-68", "S1-76", "S1-77", "S1-78"),
        main=True,
    ),
    Move(
        "release_on_witness",
        ("作证放行", "Release on witness"),
        sources=("draft",),
        actions=("release_on_witness",),
        offers=("reason",),
        sets={"released_by_id": by_me, "released_at": at_once},
        guards=(witnessed, released_by_another),
        rules=("S1-78",),
        main=True,
    ),
    Move(
        "verify",
        ("核实完毕", "Verified"),
        "verified",
        ("draft",),
        offers=("arrears_check", "arrears_reminded", "authority_on"),
        sets={
            "arrears_check": lambda facts: whose(facts) or NOTHING_OWED,
            "owner_confirmation": _verified,
            "owner_phoned": _phoned,
        },
        guards=SOUND,
        rules=("S1-68", "S1-74"),
        main=True,
    ),
    Move(
        "issue",
        ("签发", "Issue"),
        "issued",
        ("verified",),
        actions=("issue",),
        asks=("moving_on",),
        offers=("plate", "advice"),
        sets=ISSUED,
        guards=(*SOUND, has_goods, still_to_come),
        rules=("S1-67", "S1-71", "S1-73"),
        main=True,
    ),
    Move(
        "issue_again",
        ("改后重新签发", "Issue again after a change"),
        sources=("issued",),
        actions=("issue",),
        asks=("moving_on", "reason"),
        offers=("plate",),
        sets=ISSUED,
        guards=(*SOUND, has_goods, still_to_come),
        rules=("S1-73",),
    ),
    Move(
        "recover",
        ("核对放行并收回", "Check out and keep the slip"),
        "recovered",
        ("issued", "checked_out"),
        actions=("recover",),
        offers=("gate_note",),
        sets={
            "checked_by_id": lambda facts: facts["checked_by_id"] or facts.me,
            "checked_at": once("checked_at"),
            "recovered_at": at_once,
        },
        guards=AT_THE_GATE,
        rules=("S1-72",),
        main=True,
    ),
    Move(
        "check_out",
        ("已放行，条未收回", "Checked out, slip not kept"),
        "checked_out",
        ("issued",),
        actions=("check_out",),
        asks=("gate_note",),
        sets=CHECKED,
        guards=AT_THE_GATE,
        rules=("S1-72",),
    ),
    Move(
        "refuse",
        ("不予放行", "Refuse"),
        "refused",
        ("draft", "verified", "issued"),
        actions=("update", "check_out"),
        asks=("refusal",),
        rules=("S1-68", "S1-72"),
    ),
)
