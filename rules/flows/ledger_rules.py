"""What a card must fulfil before a step of its life, each with its rules."""

from __future__ import annotations

import datetime as dt

from core.moves import Facts, Guard, guard, today
from core.words import _
from rules.calendar import DAY, months_from
from rules.cards import (
    EVER,
    at_least,
    capped,
    is_parking,
    is_ready,
    is_tenant,
    lease,
    month_end,
    owed,
    received,
    settlement,
    terms,
)
from rules.flows.card_rules import HOLDER, numbers, unfit


def first_out(facts: Facts) -> dt.date | None:
    """The day on which the card first went out."""
    day: dt.date | None = facts["authorised_on"]
    return day


def is_out(facts: Facts) -> bool:
    """Whether a card that is new to the ledger is in somebody's hands already."""
    return first_out(facts) is not None


def entered_above(facts: Facts) -> str | None:
    """Cards that are out already are entered by whoever answers for the ledger."""
    allowed = facts.me is None or facts.roles & at_least("supervisor")
    if not is_out(facts) or allowed:
        return None
    return _("Only a supervisor or the manager enters cards that are out already.")


ENTERED_ABOVE = Guard(entered_above, ("S1-90", "S1-118"), personal=True)


@guard("S1-90", "S1-118")
def before_ledger(facts: Facts) -> str | None:
    """Whatever goes out once the ledger is in use has its application."""
    day = first_out(facts)
    if day is None:
        return None
    if not facts.is_on("card.opening_entries") or day > today(facts):
        return _("No card enters the ledger as given out; it needs its application.")
    issues = facts.counted("card_event", "event", "happened_on", (EVER, day))
    if not issues.get("issue"):
        return None
    return _("The ledger was in use on that day; the card needs its application.")


@guard("S1-118")
def opening_complete(facts: Facts) -> str | None:
    """Of a card that is out it is known who has it, and until when."""
    field = HOLDER.get(facts["holder_kind"])
    held = facts[field] if field else facts["person_id"] or facts["holder_name"]
    known = facts["holder_kind"] and held and facts["valid_until"]
    if not is_out(facts) or known:
        return None
    return _("Enter what kind of holder has the card, who that is, and its last day.")


@guard("S1-90", "S1-100", "S1-101", "S1-118")
def is_granted(facts: Facts) -> str | None:
    """A card leaves the stock by its application, or in place of a broken one."""
    if facts["replaces_id"]:
        old = facts.referred("replaces_id")
        ours = old["replacement_number"] == facts["card_number"]
    else:
        asked = facts.referred("application_id")
        same = asked.get("card_kind") == facts["card_kind"]
        listed = numbers(asked.get("card_number"))
        ours = same and asked["state"] == "issued" and facts["card_number"] in listed
    if ours:
        return None
    return _("No approved application names this card.")


@guard("S1-119")
def is_formatted(facts: Facts) -> str | None:
    """What was in other hands is formatted before it is used again."""
    if is_ready(facts, facts.row):
        return None
    return _("The card is formatted before it is used again.")


def extended_by_term(facts: Facts) -> str | None:
    """A parking card lasts as long as is paid, any other for its term."""
    if not is_parking(facts):
        return None
    return _("A parking card is extended by topping it up.")


def extended_to(facts: Facts) -> dt.date:
    """The last day after one more term, as far as the lease goes."""
    months = terms(facts).get("validity_months") or 0
    begin = max(today(facts), facts["valid_until"] or today(facts))
    return capped(facts, months_from(begin, months))


@guard("S1-83", "S1-87", "S1-91")
def lasts_longer(facts: Facts) -> str | None:
    """A card is extended by the term of its kind, a tenant's as far as the lease."""
    now = facts["valid_until"] or today(facts)
    if extended_to(facts) > max(now, today(facts)):
        return None
    return _("It cannot last longer than the terms and the lease allow.")


@guard("S1-94")
def has_ended(facts: Facts) -> str | None:
    """Only what is beyond its last day has expired."""
    if facts["valid_until"] and facts["valid_until"] < today(facts):
        return None
    return _("The card has not reached its last day yet.")


@guard("S1-104")
def is_appraised(facts: Facts) -> str | None:
    """Loss, and damage by a person, is appraised before it is made good."""
    if facts["appraised_by_id"] or settlement(facts) == "free":
        return None
    return _("It is appraised first whose fault that was.")


@guard("S1-97", "S1-98", "S1-105")
def is_paid(facts: Facts) -> str | None:
    """What is not replaced free of charge is paid first."""
    due = owed(facts)
    if due is None:
        return _("The card fee is not set; enter it in the fee standards first.")
    if received(facts) >= due:
        return None
    return _(
        "Take the fee first: {due} yuan are due, {paid} received.",
        due=due,
        paid=received(facts),
    )


@guard("S1-118", "S1-119")
def card_at_hand(facts: Facts) -> str | None:
    """The new card is in stock, or new to the ledger."""
    number = facts["replacement_number"]
    return unfit(facts, number) if number else None


@guard("S1-104")
def not_replaced(facts: Facts) -> str | None:
    """A card is replaced once."""
    if not facts.row.get("replacement_number"):
        return None
    return _("It has been replaced already.")


def paid_by_month(facts: Facts) -> str | None:
    """Months are topped up on parking cards."""
    return None if is_parking(facts) else _("Only parking cards are topped up.")


ACCESS_ONLY = Guard(extended_by_term, ("S1-113",), personal=True)
PARKING_ONLY = Guard(paid_by_month, ("S1-112",), personal=True)
"""What is for the other kind of card is not even offered."""


@guard("S1-108", "S1-113")
def tenant_stays(facts: Facts) -> str | None:
    """A tenant parks no longer than the lease runs."""
    ends = lease(facts).get("ends_on") if is_tenant(facts) else None
    if not is_tenant(facts) or (ends and ends >= period_from(facts)):
        return None
    return _("The lease ends before these months begin.")


@guard("S1-115")
def sums_up(facts: Facts) -> str | None:
    """Rent and management fee make up the sum, where they are told apart."""
    parts = [facts[name] for name in ("rent", "management_fee") if facts[name]]
    if not parts or sum(parts) == facts["amount"]:
        return None
    return _("Rent and management fee do not add up to the total.")


def period_from(facts: Facts) -> dt.date:
    """The day of the top-up, or the day after what is paid already."""
    until = facts.row.get("valid_until")
    return max(today(facts), until + DAY) if until else today(facts)


def period_to(facts: Facts) -> dt.date:
    """The last day of the months that are paid."""
    same_day = facts.setting("parking.month_end") == "same_day"
    return month_end(period_from(facts), facts["months"], same_day=same_day)


def before_period(facts: Facts) -> dt.date:
    """The last day of what was paid before the months that are taken back."""
    first: dt.date = facts["period_from"]
    return first - DAY


@guard("S1-113")
def newest_months(facts: Facts) -> str | None:
    """Months are taken back from the end."""
    first = facts["period_from"]
    rows = facts.found("card_topup", "card_id", facts["id"])
    if all(row["period_from"] < first for row in rows if row["period_from"]):
        return None
    return _("Later months were topped up; void those first.")


@guard("S1-82")
def is_recalled(facts: Facts) -> str | None:
    """Cards of a household that leaves are taken back, where the terms say so."""
    if terms(facts).get("recall_on_transfer"):
        return None
    return _("The card terms do not recall such a card.")
