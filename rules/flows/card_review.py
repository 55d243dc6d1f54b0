"""The quarterly list of cards: counted in the ledger, held against the register."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from core.moves import Facts, Move, Span, by_me, guard, today
from core.words import _
from rules.calendar import DAY, months_from
from rules.cards import EVER
from rules.flows.marks import STOCKTAKE
from rules.guards import four_eyes

IN_STOCK = ("stock", "formatted")


def span(quarter: str | None) -> Span | None:
    """The first and last day of a quarter written as 2026Q1; nothing of any other."""
    found = re.fullmatch(r"(20\d\d)-?[Qq]([1-4])", quarter or "")
    if found is None:
        return None
    first = dt.date(int(found[1]), int(found[2]) * 3 - 2, 1)
    return first, months_from(first, 3) - DAY


@guard("S1-121")
def names_quarter(facts: Facts) -> str | None:
    """The quarter is one that has begun."""
    days = span(facts["quarter"])
    if days and days[0] <= today(facts):
        return None
    return _("Write a quarter that has begun, like 2026Q1.")


def _told(*events: str) -> Callable[[Facts], int]:
    """How many such lines the register has for the quarter."""

    def count(facts: Facts) -> int:
        days = span(facts["quarter"])
        assert days is not None
        found = facts.counted("card_event", "event", "happened_on", days)
        return sum(found.get(event, 0) for event in events)

    return count


def _authorised(facts: Facts) -> int:
    """How many cards of the ledger were given out in the quarter."""
    days = span(facts["quarter"])
    assert days is not None
    return sum(facts.counted("card", "state", "authorised_on", days).values())


def _standing(*states: str) -> Callable[[Facts], int]:
    """How many cards stand so now."""

    def count(facts: Facts) -> int:
        found = facts.counted("card", "state", "", (EVER, today(facts)))
        return sum(found.get(state, 0) for state in states)

    return count


def _past(facts: Facts) -> int:
    """How many cards in people's hands are beyond their last day."""
    days = (EVER, today(facts) - DAY)
    found = facts.counted("card", "state", "valid_until", days)
    return sum(found.get(state, 0) for state in ("active", "expired"))


def _active(facts: Facts) -> int:
    return _standing("active", "expired")(facts) - _past(facts)


@guard("S1-121")
def differences_explained(facts: Facts) -> str | None:
    """Where register, ledger and stock do not agree, it is said why."""
    pairs = (("ledger_count", "issued_count"), ("stock_counted", "stock_count"))
    agree = all(facts[one] == facts[other] for one, other in pairs)
    return None if agree or facts["differences"] else _unlike(facts)


def _unlike(facts: Facts) -> str:
    return _(
        "Explain the differences: issued {issued}, by the ledger {ledger};"
        " in stock {stock}, counted {counted}.",
        issued=facts["issued_count"],
        ledger=facts["ledger_count"],
        stock=facts["stock_count"],
        counted=facts["stock_counted"],
    )


COMPILED: dict[str, Callable[[Facts], Any]] = {
    "issued_count": _told("issue", "new_card", "opening"),
    "lost_count": _told("loss"),
    "replaced_count": _told("replacement"),
    "returned_count": _told("return"),
    "active_count": _active,
    "expired_count": _past,
    "ledger_count": _authorised,
    "stock_count": _standing(*IN_STOCK),
}
"""What is counted anew whenever the list is compiled."""

CARD_REVIEW = (
    Move(
        "compile",
        ("整理", "Compile"),
        "compiled",
        ("due", "compiled"),
        sets={**COMPILED, "holder_id": by_me},
        guards=(names_quarter,),
        rules=("S1-121",),
        main=True,
    ),
    Move(
        "reconcile",
        ("核对", "Reconcile"),
        "reconciled",
        ("compiled",),
        actions=("verify",),
        asks=("stock_counted",),
        offers=("differences",),
        sets={"reconciled_by_id": by_me, "reconciled_on": today},
        guards=(
            differences_explained,
            four_eyes(
                "four_eyes.card_review",
                ("holder_id",),
                lambda: _("You compiled this list; somebody else reconciles it."),
                "S1-121",
            ),
        ),
        rules=("S1-121",),
        main=True,
    ),
    Move(
        "close",
        ("归档", "File"),
        "closed",
        ("reconciled",),
        actions=("verify",),
        rules=("S1-121",),
        main=True,
    ),
    STOCKTAKE,
)
