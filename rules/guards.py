"""Conditions that more than one flow puts before a move, each with its rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from core.moves import Facts, Guard, Waived, guard
from core.words import _, spoken


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


def is_foreign(facts: Facts) -> bool:
    """Whether another department than customer service handles the case."""
    return facts["department.function"] not in (None, "customer_service")


@guard("S0-77", "S3-31")
def close_with(facts: Facts) -> str | None:
    """What the office demands of any case but a complaint before it closes."""
    needed = facts.several("close.requires.other")
    if "result" in needed and not (facts["result"] or facts["answer"]):
        return _("Record the result first.")
    if "owner_reply" in needed and has_customer(facts) and not replied(facts):
        return _("The customer has not been told yet: record the reply first.")
    return None


def meaning(facts: Facts, words: str, code: str | None) -> str:
    """What a word of the office's lists stands for, where it stands for something."""
    known = facts.policy("choice_label")
    found = (r["maps_to"] for r in known if r["list"] == words and r["code"] == code)
    return next(found, None) or ""


CHIEF = "manager"
"""What any other role may be named for, this one may do too."""


def named(facts: Facts, *settings: str) -> str | None:
    """Refuses whoever has none of the roles that the settings name."""
    wanted = [facts.setting(setting) for setting in settings]
    others = [role for role in wanted if not facts.roles & {CHIEF, role}]
    if facts.me is None or not others:
        return None
    who = title_of(facts, others[0])
    return _("In this office this is for somebody else: {who}.", who=who)


def title_of(facts: Facts, role: str) -> str:
    """What the office calls a role."""
    return spoken(facts.setting(f"role.title.{role}") or role)


def by_role(setting: str, *rules: str) -> Guard:
    """Whoever the office's setting names makes the move, or the manager."""
    return Guard(lambda facts: named(facts, setting), rules, personal=True)


def may_promise(kind: str) -> Guard:
    """What a receptionist may promise by himself, the office says."""

    def check(facts: Facts) -> str | None:
        known = facts.several("promise.receptionist_kinds")
        if facts.me is None or facts.roles - {"receptionist"} or kind in known:
            return None
        return _("In this office the front desk does not promise this; pass it on.")

    return Guard(check, ("S1-135", "S1-137"), personal=True)


def late_entry(reason: str) -> Guard:
    """What was not entered at once is entered with the reason and its own time."""

    def check(facts: Facts) -> str | None:
        came = facts.row["received_at"]
        if came > facts.now + LEEWAY:
            return _("The time at which it came cannot lie in the future.")
        if facts[reason] or facts.now - came <= _at_once(facts):
            return None
        return _("It did not come just now: choose the reason for the late entry.")

    return Guard(check, ("S2-35", "S0-58", "S2-33"))


def _at_once(facts: Facts) -> dt.timedelta:
    """What "at once" means in this office; a day where it is no span of time."""
    rules = {rule["code"]: rule for rule in facts.policy("deadline_rule")}
    rule = rules.get("prompt.immediate", {})
    known = rule.get("unit") in ("minutes", "hours", "days")
    return dt.timedelta(**{rule["unit"]: rule["amount"]} if known else {"days": 1})


LEEWAY = dt.timedelta(minutes=5)
"""How far the clock of a desk may be ahead of the server's."""


@guard("S3-26")
def is_waiting(facts: Facts) -> str | None:
    """Only what waits for something goes on."""
    if facts["waiting_for"]:
        return None
    return _("This is not waiting for anything.")


SIGNED_SCANS = frozenset({"scan", "signed_form"})
"""The kinds of files that may be the scan of a signed paper."""


def unscanned(form: str | None, files: Collection[str]) -> str | None:
    """Why nothing is signed on a scan that is not there."""
    if form != "scan" or SIGNED_SCANS & set(files):
        return None
    return _("Attach the scan of the signed paper to this record first.")


@guard("S2-51")
def scan_attached(facts: Facts) -> str | None:
    """Whatever is signed on a scan has it among its files."""
    return unscanned(facts["signature_form"], facts.files())


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
