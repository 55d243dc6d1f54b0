"""Conditions that more than one flow puts before a move, each with its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.moves import Facts, Guard, Waived, guard
from core.words import _


def numbers(facts: Facts) -> str:
    """The numbers of what a case caused and what is not closed yet."""
    return _(", ").join(near.number for near in facts.caused if near.open)


@guard("S0-77")
def all_closed(facts: Facts) -> str | None:
    """Everything that the case caused is closed."""
    waiting = [near for near in facts.caused if near.open]
    if not waiting:
        return None
    return _(
        "{n} matters raised from this are not closed yet, so it cannot be: {numbers}.",
        n=len(waiting),
        numbers=numbers(facts),
    )


def replied(facts: Facts) -> bool:
    """Whether the customer has been told something."""
    told = facts.lines.get("reply", ())
    return bool(told or facts["answer"] or facts["first_replied_at"])


def has_customer(facts: Facts) -> bool:
    """Whether there is anybody to tell."""
    return bool(facts["person_id"] or facts["unit_id"] or facts["visitor"])


@guard("S0-77", "S3-31")
def close_with(facts: Facts) -> str | None:
    """What the office demands of any case but a complaint before it closes."""
    needed = facts.several("close.requires.other")
    if "result" in needed and not (facts["result"] or facts["answer"]):
        return _("Record the result first.")
    if "owner_reply" in needed and has_customer(facts) and not replied(facts):
        return _("The customer has not been told yet: record the reply first.")
    return None


def four_eyes(
    setting: str, others: tuple[str, ...], sentence: Callable[[], str], *rules: str
) -> Guard:
    """Somebody else than those named by ``others``: strict, or allowed and listed."""

    def check(facts: Facts) -> str | Waived | None:
        if facts.me is None or all(facts[name] != facts.me for name in others):
            return None
        if facts.setting(setting) == "marked":
            return Waived(setting)
        return sentence()

    return Guard(check, rules)


def only_when(
    name: str, wanted: Any, sentence: Callable[[], str], *rules: str, either: str = ""
) -> Guard:
    """A field has that value, or another field is filled in instead."""

    def check(facts: Facts) -> str | None:
        met = facts[name] == wanted or (either and facts[either])
        return None if met else sentence()

    return Guard(check, rules)
