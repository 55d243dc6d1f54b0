"""What a card is given on: its terms, how long it lasts, what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.moves import NOTHING, Facts, today
from core.words import Words
from rules.calendar import DAY, months_from
from rules.fees import in_force

Row = Mapping[str, Any]

PAPERS: tuple[tuple[str, str, str], ...] = (
    ("owner_file", "业主资料", "Owner file"),
    ("identity_card", "身份证", "Identity card"),
    ("lease", "房屋租赁合同", "Lease"),
    ("merchant_application", "商户盖章申请书", "Merchant's sealed application"),
    ("internal_application", "内部书面申请", "Internal written application"),
    ("driving_licence", "驾驶证", "Driving licence"),
    ("vehicle_licence", "行驶证", "Vehicle licence"),
)
CALLED: dict[str, Words] = {code: (zh, en) for code, zh, en in PAPERS}
SCANS = {
    "identity_card": "identity_copy",
    "driving_licence": "licence_copy",
    "vehicle_licence": "licence_copy",
}
"""As what kind of file a paper is attached; any other is a scan."""
INTERNAL = ("employee", "business_line")
RANKS = ("receptionist", "supervisor", "manager")
"""Whoever is above a role may do what it may."""
PRODUCTION, COMPENSATION = "card_production", "card_compensation"
FEN = Decimal("0.01")
EVER = dt.date(2000, 1, 1)
"""Before anything that is counted."""


def own(facts: Facts, slug: str) -> list[Row]:
    """The rows of a policy that hold in the project of the case, its own first."""
    project = facts["project_id"]
    rows = [r for r in facts.policy(slug) if r["project_id"] in (None, project)]
    return sorted(rows, key=lambda row: row["project_id"] is None)


def terms(facts: Facts) -> Row:
    """The office's terms for the kind of card and holder; empty without any."""
    mine = [
        row
        for row in own(facts, "card_policy")
        if row["card_kind"] == facts["card_kind"]
        and row["holder_kind"] in (None, "", facts["holder_kind"])
    ]
    return min(mine, key=lambda row: not row["holder_kind"], default=NOTHING)


def at_least(role: str | None) -> frozenset[str]:
    """The roles that may do what a role may; without one, those of the desk."""
    role = role or RANKS[0]
    above = RANKS[RANKS.index(role) :] if role in RANKS else ()
    return frozenset((role, *above))


def is_parking(facts: Facts) -> bool:
    """Whether the card opens the car park."""
    return bool(facts["card_kind"] == "parking")


def is_tenant(facts: Facts) -> bool:
    """Whether the card is capped by a lease."""
    ends = terms(facts).get("capped_by_lease")
    return bool(ends and facts["holder_kind"] == "tenant")


def papers(facts: Facts) -> list[str]:
    """The papers to be seen, a tenant's lease among them."""
    needed = list(terms(facts).get("papers") or ())
    lease = is_tenant(facts) and "lease" not in needed
    return [*needed, "lease"] if lease else needed


def copies(facts: Facts) -> list[str]:
    """The papers of which a copy is kept."""
    return list(terms(facts).get("copies") or ())


def lease(facts: Facts) -> Row:
    """The tenant's lease that runs: the one named, else the longest at the home."""
    if facts["lease_id"]:
        known: Sequence[Row] = [facts.referred("lease_id")]
    else:
        here = facts.at_home("lease")
        known = [row for row in here if row["person_id"] == facts["person_id"]]
    running = [
        row
        for row in known
        if row["state"] != "ended" and row["ends_on"] >= today(facts)
    ]
    return max(running, key=lambda row: row["ends_on"], default=NOTHING)


def capped(facts: Facts, day: dt.date) -> dt.date:
    """The day, or the end of the tenant's lease where that is earlier."""
    ends = lease(facts).get("ends_on") if is_tenant(facts) else None
    return min(day, ends) if ends else day


def last_day(facts: Facts) -> dt.date | None:
    """How long a card given out today lasts; parking cards last as they are paid."""
    months = terms(facts).get("validity_months")
    if is_parking(facts) or not months:
        return None
    return capped(facts, months_from(today(facts), months))


def month_end(first: dt.date, months: int, *, same_day: bool) -> dt.date:
    """The last day of so many parking months from a day on.

    It is the day before the same date, and the month's last where it lacks that date.
    """
    end = months_from(first, months)
    return end if same_day or end.day < first.day else end - DAY


def rate(facts: Facts, kind: str) -> Decimal | None:
    """What one costs today by the fee standards; None while that is not set."""
    standards, project = own(facts, "fee_standard"), facts["project_id"]
    found = in_force(standards, kind, today(facts), project)
    return Decimal(found["rate"]).quantize(FEN) if found else None


def is_charged(facts: Facts) -> bool:
    """Whether a new card is paid for; one's own access card costs nothing."""
    return bool(terms(facts).get("charged")) and facts["card_source"] != "own"


def price(facts: Facts) -> Decimal | None:
    """What the cards of an application cost; None while the fee is not set."""
    if not is_charged(facts):
        return Decimal(0)
    each = rate(facts, terms(facts).get("fee") or PRODUCTION)
    return None if each is None else each * (facts["quantity"] or 1)


def receipts(facts: Facts) -> list[Row]:
    """What was received for the case's cards, oldest first."""
    kinds = (PRODUCTION, COMPENSATION)
    return [row for row in facts.linked("payment") if row["fee_kind"] in kinds]


def received(facts: Facts) -> Decimal:
    """How much was received for the case's cards."""
    return sum((row["amount"] for row in receipts(facts)), Decimal(0))


def settlement(facts: Facts) -> str:
    """How a lost or damaged card is replaced: free, bought again or made good."""
    if facts.state == "damaged" and facts["cause"] == "not_man_made":
        return "free" if _is_free(facts) else "repurchase"
    return "compensation" if facts["holder_kind"] in INTERNAL else "repurchase"


def _is_free(facts: Facts) -> bool:
    """Not broken by a person, and within the months of free replacement."""
    months = terms(facts).get("free_replacement_months") or 0
    begun = facts["authorised_on"]
    in_time = begun is not None and today(facts) <= months_from(begun, months)
    return in_time or not terms(facts).get("charged")


def owed(facts: Facts) -> Decimal | None:
    """What the replacement of a card costs; None while the fee is not set."""
    found = settlement(facts)
    if found == "free":
        return Decimal(0)
    separate = facts.setting("card.compensation") == "fee_standard"
    if found == "compensation" and separate:
        return rate(facts, COMPENSATION)
    return rate(facts, terms(facts).get("fee") or PRODUCTION)


def age(facts: Facts) -> int | None:
    """For how many whole months a card has been in use."""
    begun, day = facts["authorised_on"], today(facts)
    if begun is None:
        return None
    months = (day.year - begun.year) * 12 + day.month - begun.month
    return int(max(0, months - (day.day < begun.day)))


def is_stocked(facts: Facts) -> bool:
    """Whether the office keeps a stock of cards, and formats what it uses again."""
    return facts.is_on("module.card_stock")


def is_ready(facts: Facts, row: Row) -> bool:
    """Whether a card of the ledger can be given out."""
    if row["project_id"] != facts["project_id"]:
        return False
    if row["state"] == "returned":
        return not must_format(facts)
    return row["state"] in ("stock", "formatted")


def must_format(facts: Facts) -> bool:
    """Whether a card that came back is formatted before it is used again."""
    return is_stocked(facts) and bool(terms(facts).get("format_before_reuse"))
