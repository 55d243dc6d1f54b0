"""Arrears: reminded, promised, settled by receipts or written off."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core.moves import (
    Add,
    Facts,
    Move,
    Order,
    always,
    at_once,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.guards import four_eyes

OWING = ("open", "reminded", "promised")
AT_THE_DESK = ("update", "create")
"""Whoever records money also speaks with those who owe it."""


def received(facts: Facts) -> Decimal:
    """What has been paid towards the debt by the receipts that name it."""
    paid = {row["id"]: row["amount"] for row in facts.linked("payment")}
    named = facts.referred("payment_id")
    if named and named["unit_id"] == facts["unit_id"]:
        paid[named["id"]] = named["amount"]
    return sum(paid.values(), Decimal(0))


@guard("S1-21", "S1-27")
def paid_in_full(facts: Facts) -> str | None:
    """A debt is settled by receipts that come to it."""
    paid, owed = received(facts), facts["amount"]
    if paid >= owed:
        return None
    return _("Received so far: {paid}; owed: {owed}.", paid=paid, owed=owed)


@guard("S1-21")
def unpaid_again(facts: Facts) -> str | None:
    """A debt is owed again when its receipts no longer come to it."""
    if received(facts) < facts["amount"]:
        return None
    return _("The receipts still come to what was owed.")


@guard("S3-60")
def promised_ahead(facts: Facts) -> str | None:
    """A promise is for a day to come."""
    if not facts["promised_on"] or facts["promised_on"] >= facts.day(facts.now):
        return None
    return _("The promised day has passed already.")


def _promised(facts: Facts) -> Iterable[Order]:
    """The talk in which it was promised."""
    talk = {
        "contacted_at": facts.now,
        "staff_id": facts.me,
        "content": facts["reason"],
        "outcome": "promised",
        "promised_on": facts["promised_on"],
    }
    yield Add("arrears_contact", talk)


ARREARS = (
    Move(
        "remind",
        ("提醒缴费", "Remind"),
        "reminded",
        OWING,
        actions=AT_THE_DESK,
        line="arrears_contact",
        asks=("channel", "content"),
        offers=("spoken_to", "outcome"),
        sets={"contacted_at": at_once, "staff_id": by_me},
        rules=("S3-40", "S3-60"),
        main=True,
    ),
    Move(
        "promise",
        ("承诺缴费", "Promised to pay"),
        "promised",
        OWING,
        actions=AT_THE_DESK,
        asks=("promised_on", "reason"),
        guards=(promised_ahead,),
        then=(_promised,),
        rules=("S3-60",),
        main=True,
    ),
    Move(
        "settle",
        ("结清", "Settled"),
        "settled",
        OWING,
        actions=AT_THE_DESK,
        offers=("payment_id", "outcome"),
        sets={"settled_on": today},
        guards=(paid_in_full,),
        rules=("S1-21", "S1-27"),
        main=True,
    ),
    Move(
        "reopen",
        ("重新列入欠费", "Owed again"),
        "open",
        ("settled",),
        asks=("reason",),
        sets={"settled_on": always(None)},
        guards=(unpaid_again,),
        rules=("S1-21",),
    ),
    Move(
        "write_off",
        ("核销", "Write off"),
        "settled",
        OWING,
        actions=("void",),
        asks=("outcome",),
        sets={"settled_on": today},
        guards=(
            four_eyes(
                "four_eyes.money",
                ("created_by_id", "checked_by_id"),
                lambda: _("You listed this debt; somebody else writes it off."),
                "S1-142",
            ),
        ),
        rules=("S1-142",),
    ),
)
