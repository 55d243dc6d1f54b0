"""What stands about a home when it changes hands: papers, agreements, receipts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from core.moves import Add, Cause, Facts, guard
from core.words import Words, _, say

Choices = tuple[tuple[str, str, str], ...]
Row = Mapping[str, Any]

AGREEMENTS: Choices = (
    ("bank_collection", "委托银行代收款", "Bank collection"),
    ("accounts", "水电燃气有线电视开户", "Account opening"),
    ("parking_rental", "车位租用", "Parking rental"),
    ("parking_service", "车位服务", "Parking service"),
    ("tenant", "租户管理", "Tenant management"),
)
OF_EVERY_OWNER = ("bank_collection", "accounts")
OF_PARKING = {
    "rented": "parking_rental",
    "gift": "parking_service",
    "bought": "parking_service",
}
"""What a customer signs for a parking space, by how he holds it."""
UTILITIES = ("utility_prepayment", "water", "electricity")
"""Items that may be paid for in advance only where the meters are the office's."""
FEES = ("property_service", "general_management")


def named(codes: Iterable[str], choices: Choices) -> str:
    """What some codes of a list are called, in its order."""
    wanted = set(codes)
    return _(", ").join(say((zh, en)) for code, zh, en in choices if code in wanted)


def ticked(*boxes: str) -> Callable[[Facts], list[str]]:
    """The checklist with these boxes ticked too, for a move to set."""

    def made(facts: Facts) -> list[str]:
        return list(dict.fromkeys([*(facts["steps_done"] or ()), *boxes]))

    return made


# Agreements.


def wanted_agreements(facts: Facts) -> list[str]:
    """The kinds that this owner signs: the usual two, and one for parking."""
    spaces = [row for row in facts.at_home("parking_space") if row["active"]]
    parking = [OF_PARKING[s["tenure"]] for s in spaces if s["tenure"] in OF_PARKING]
    return list(dict.fromkeys([*OF_EVERY_OWNER, *parking]))


def _agreements(facts: Facts, states: Collection[str]) -> set[str]:
    """The kinds of the owner's agreements in these states that have not run out."""
    today, owner = facts.day(facts.now), facts["person_id"]
    return {
        row["agreement_kind"]
        for row in facts.at_home("agreement")
        if row["person_id"] == owner
        and row["state"] in states
        and (row["valid_until"] or today) >= today
    }


def agreements_next(facts: Facts) -> Iterator[Cause]:
    """Drafts of the agreements that are to be signed and that nobody wrote yet."""
    begun = _agreements(facts, ("draft", "signed"))
    for kind in wanted_agreements(facts):
        if kind not in begun:
            values = {"agreement_kind": kind, "holder_id": facts["holder_id"]}
            yield Cause("agreement", {**values, "content": None})


@guard("S1-14", "S1-15", "S1-16", "S1-31")
def agreements_signed(facts: Facts) -> str | None:
    """The owner signed every agreement that belongs to his home."""
    missing = set(wanted_agreements(facts)) - _agreements(facts, ("signed",))
    if not missing:
        return None
    return _("Not signed yet: {agreements}.", agreements=named(missing, AGREEMENTS))


# Papers.


def copy_kept(facts: Facts, paper: str, copies: int, **more: Any) -> Add:
    """A copy taken of a paper of the customer's."""
    values = {
        "paper": paper,
        "person_id": facts["person_id"],
        "unit_id": facts["unit_id"],
        "copies": max(copies, 1),
        "received_on": facts.day(facts.now),
    }
    return Add("document_copy", {**values, **more})


# Money and what is handed over for it.


def number_set(facts: Facts, code: str) -> Decimal:
    """The number that the office set; nothing set is none."""
    return Decimal(facts.setting(code) or 0)


def payments(facts: Facts, kinds: Collection[str]) -> list[Row]:
    """What was paid for the case, of these items."""
    return [row for row in facts.linked("payment") if row["fee_kind"] in kinds]


def receipt_of(facts: Facts) -> str | None:
    """The number of the receipt, typed or found at a payment for the case."""
    paid = (row["receipt_number"] for row in facts.linked("payment"))
    return facts["receipt_no"] or next(filter(None, paid), None)


def is_barred(metered: bool, payment: Row) -> bool:
    """Whether a sum is a prepayment that nobody takes where meters are the homes'."""
    return bool(metered and payment["prepayment"] and payment["fee_kind"] in UTILITIES)


def no_prepayment() -> str:
    """Why such a prepayment is not taken."""
    return _(
        "Meters are read to the household here: no water or power prepayment is taken."
    )


@guard("S1-21", "S1-22")
def against_receipt(facts: Facts) -> str | None:
    """Keys and articles go out only against the receipt."""
    return None if receipt_of(facts) else _("Enter the number of the receipt first.")


@guard("S1-23")
def keys_signed_for(facts: Facts) -> str | None:
    """Whoever takes keys and articles signs the issue list."""
    if any(row["signed_by"] for row in facts.linked("key_issue")):
        return None
    return _("Write the key and article issue list and have it signed first.")


# Who lives there.

OWNING = ("owner", "co_owner", "family", "agent")
"""Those who come and go with an owner; tenants stay when a home is sold."""
CARD_IN_HAND = ("active", "suspended", "expired")


def standing(facts: Facts) -> list[Row]:
    """Who belongs to the home today."""
    today = facts.day(facts.now)
    rows = facts.at_home("occupancy")
    return [row for row in rows if row["until"] is None or row["until"] >= today]


def owner_at_home(facts: Facts) -> int | None:
    """The owner of today, the main contact first."""
    owners = [row for row in standing(facts) if row["relation"] == "owner"]
    owners.sort(key=lambda row: not row["main_contact"])
    return owners[0]["person_id"] if owners else None


def recalled(
    facts: Facts, holders: Collection[int], unfiled: Collection[str] = ()
) -> Iterator[int]:
    """The cards of the home that these people still have in their hands.

    Those of people who are not on file are told by the kinds of their holders.
    """
    for card in facts.at_home("card"):
        whose = card["person_id"]
        theirs = whose in holders if whose else card["holder_kind"] in unfiled
        if theirs and card["state"] in CARD_IN_HAND:
            yield card["id"]


TITLE: dict[str, Words] = {
    "handover": ("房屋交付", "Dwelling handover"),
    "transfer": ("更名", "Change of ownership"),
    "lease": ("租赁备案", "Registration of a lease"),
}
"""What a copy was taken for."""
