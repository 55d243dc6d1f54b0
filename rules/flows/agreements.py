"""Agreements, leases and revisit agreements: signed, renewed, run out, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.moves import (
    Add,
    Cause,
    Change,
    Facts,
    Guard,
    Let,
    Move,
    Order,
    guard,
    today,
)
from core.words import _, say
from rules.calendar import months_from
from rules.deadlines import EXPIRE
from rules.flows.marks import REMIND, STOCKTAKE
from rules.guards import scan_attached
from rules.homes import TITLE, copy_kept, recalled, standing

LAST_DAY = {
    "agreement": "valid_until",
    "lease": "ends_on",
    "revisit_agreement": "valid_until",
}
"""The field with the last day of what runs out by itself."""
PARKING = ("parking_rental", "parking_service")
COPIED = {
    "agreement": (
        "agreement_kind",
        "utilities",
        "tenant_id",
        "parking_space_id",
        "space_source",
        "vehicle_id",
        "rights_and_duties",
        "rent",
        "copies",
    ),
    "revisit_agreement": (
        "party_a",
        "purpose",
        "scope",
        "topics",
        "modes",
        "copies",
        "disputes",
    ),
}
"""What a renewed agreement takes over."""


def first_today(name: str) -> Any:
    """The day of the move, for a field that it stamps unless somebody filled it."""
    return lambda facts: facts[name] or facts.day(facts.now)


def in_order(first: str, last: str) -> Guard:
    """Nothing ends before it begins."""

    def dates_in_order(facts: Facts) -> str | None:
        start, end = facts[first], facts[last]
        if not start or not end or start <= end:
            return None
        return _("The last day lies before the first.")

    return Guard(dates_in_order, ("S1-87", "S4-150"))


@guard("S1-17")
def rights_stated(facts: Facts) -> str | None:
    """A parking agreement says what each side may and must do."""
    if facts["agreement_kind"] not in PARKING or facts["rights_and_duties"]:
        return None
    return _("A parking agreement states the rights and duties of both sides.")


@guard("S1-87")
def later_than_before(facts: Facts) -> str | None:
    """A renewed lease ends later than the old one."""
    if facts["ends_on"] > facts.row["ends_on"]:
        return None
    return _("A renewed lease ends later than before; enter the new last day.")


@guard("S4-150")
def not_renewed_twice(facts: Facts) -> str | None:
    """An agreement is renewed by one other."""
    others = [near for near in facts.caused if near.slug == facts["type"]]
    if all(near.row["state"] == "ended" for near in others):
        return None
    return _("The agreement that renews this one is written already.")


def _renewed(facts: Facts) -> Iterator[Order]:
    """The same again, as a draft that follows on the day after."""
    slug, last = facts["type"], facts["valid_until"]
    values = {name: facts[name] for name in COPIED[slug]}
    values |= {"renewed_from_id": facts["id"], "holder_id": facts["holder_id"]}
    yield Cause(slug, {**values, "valid_from": last and last + dt.timedelta(days=1)})


def _takes_over(facts: Facts) -> Iterator[Order]:
    """Once in force it ends the one that it renews, unless that has run out by then."""
    if facts["renewed_from_id"] and facts["valid_from"] <= facts.day(facts.now):
        why = _("Renewed by {number}", number=facts["number"])
        ends = {"end_reason": why, "ended_on": facts.day(facts.now)}
        yield Let(facts["type"], facts["renewed_from_id"], "end", ends)


SIGN = Move(
    "sign",
    ("签订", "Sign"),
    "signed",
    ("draft",),
    asks=("signed_by",),
    offers=("valid_from", "valid_until", "rights_and_duties", "signature_form"),
    sets={name: first_today(name) for name in ("signed_on", "valid_from")},
    guards=(rights_stated, in_order("valid_from", "valid_until"), scan_attached),
    then=(_takes_over,),
    rules=("S1-14", "S1-15", "S1-16", "S1-110"),
    main=True,
)
RENEW = Move(
    "renew",
    ("续签", "Renew"),
    sources=("signed", "expired"),
    guards=(not_renewed_twice,),
    then=(_renewed,),
    rules=("S4-150",),
    main=True,
)
RUN_OUT = Move(
    EXPIRE,
    ("到期", "Expired"),
    "expired",
    ("signed",),
    automatic=True,
    rules=("S4-150", "S1-87"),
)
END = Move(
    "end",
    ("终止", "End"),
    "ended",
    ("draft", "signed", "expired"),
    asks=("end_reason",),
    offers=("ended_on",),
    sets={"ended_on": first_today("ended_on")},
    rules=("S4-150", "S1-14"),
)
AGREEMENT = (SIGN, RENEW, RUN_OUT, END, REMIND, STOCKTAKE)


# Revisit agreements bind for a year.


def _a_year_on(facts: Facts) -> dt.date | None:
    """The last day by the office's term, unless somebody agreed on another."""
    months = int(facts.setting("revisit_agreement.validity_months") or 0)
    if facts["valid_until"] or not months:
        last: dt.date | None = facts["valid_until"]
        return last
    start = facts["valid_from"] or today(facts)
    return months_from(start, months) - dt.timedelta(days=1)


def _originals(facts: Facts) -> int:
    return facts["copies"] or int(facts.setting("revisit_agreement.copies") or 0)


REVISIT_AGREEMENT = (
    replace(
        SIGN,
        asks=("party_a_signed_by", "party_b_signed_by"),
        offers=("valid_from", "valid_until"),
        sets={
            "signed_on": first_today("signed_on"),
            "valid_from": first_today("valid_from"),
            "valid_until": _a_year_on,
            "copies": _originals,
        },
        guards=(in_order("valid_from", "valid_until"),),
        rules=("S4-149", "S4-150"),
    ),
    RENEW,
    RUN_OUT,
    END,
    STOCKTAKE,
)


# Leases: who lives there follows from them.


def _tenancy(facts: Facts) -> Any:
    """The tenant's place in the household as it stands; nothing when there is none."""
    rows = (r for r in facts.at_home("occupancy") if r["relation"] == "tenant")
    mine = [row for row in rows if row["person_id"] == facts["person_id"]]
    return mine[-1] if mine else None


def _moves_in(facts: Facts) -> Iterator[Order]:
    """The tenant belongs to the home for as long as the lease says."""
    here = [r for r in standing(facts) if r["person_id"] == facts["person_id"]]
    if any(row["relation"] == "tenant" for row in here):
        yield from _stays(facts)
    elif not here:
        home = {"person_id": facts["person_id"], "unit_id": facts["unit_id"]}
        term = {"since": facts["starts_on"], "until": facts["ends_on"]}
        yield Add("occupancy", {**home, **term, "relation": "tenant"})


def _stays(facts: Facts) -> Iterator[Order]:
    """He stays for as long as the lease says now."""
    if place := _tenancy(facts):
        yield Change("occupancy", place["id"], {"until": facts["ends_on"]})


def _moves_out(facts: Facts) -> Iterator[Order]:
    """The tenant's time ends, and his cards come back."""
    place = _tenancy(facts)
    if place is None or facts.state == "draft":
        return
    last = max(facts["ended_on"], place["since"] or facts["ended_on"])
    if place["until"] is None or place["until"] > last:
        yield Change("occupancy", place["id"], {"until": last})
    for card in recalled(facts, {facts["person_id"]}):
        yield Let("card", card, "recall")


def _copy(facts: Facts) -> Iterator[Order]:
    if facts["copy_kept"]:
        yield copy_kept(facts, "lease", 1, purpose=say(TITLE["lease"]))


LEASE = (
    replace(
        SIGN,
        title=("登记", "Register"),
        asks=("starts_on", "ends_on"),
        offers=("landlord_id", "copy_kept"),
        sets={"seen_on": first_today("seen_on")},
        guards=(in_order("starts_on", "ends_on"),),
        then=(_copy, _moves_in),
        rules=("S1-86", "S1-87"),
    ),
    replace(
        RENEW,
        to="signed",
        asks=("ends_on",),
        guards=(later_than_before,),
        then=(_stays,),
        rules=("S1-87",),
    ),
    RUN_OUT,
    replace(END, then=(_moves_out,), rules=("S1-87",)),
    STOCKTAKE,
)
