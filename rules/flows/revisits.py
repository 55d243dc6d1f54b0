"""Revisits of finished work: done, missed, or the beginning of a correction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.moves import (
    NOTHING,
    Cause,
    Facts,
    Go,
    Move,
    Order,
    Push,
    Waived,
    at_once,
    guard,
)
from core.words import _
from rules.flows.marks import ASSIGNED, REPLY, STOCKTAKE
from rules.flows.rounds import GIVE, heard


@guard("S2-53", "S0-36")
def not_my_own_work(facts: Facts) -> str | Waived | None:
    """Whoever handled a case does not revisit it, least of all if he is accused."""
    source = facts.source.row if facts.source else NOTHING
    if facts.me is None:
        return None
    if source.get("accused_id") == facts.me:
        return _("The complaint is about you; somebody else revisits it.")
    if source.get("holder_id") != facts.me:
        return None
    setting = "four_eyes.revisit_own_case"
    if source.get("liability_class") == "class_1":
        setting = "four_eyes.revisit_class1"
    if facts.setting(setting) == "marked":
        return Waived(setting)
    return _("You handled this one; somebody else revisits it.")


@guard("S4-224")
def mode_explained(facts: Facts) -> str | None:
    """Another way than the one prescribed needs its reason."""
    asked = facts.row.get("mode")
    other = asked and facts["mode"] != asked and not facts["mode_exception"]
    if other and facts.is_on("revisit.mode_exception_reason"):
        return _("Say why it was not done in the way prescribed.")
    return None


def _found(facts: Facts) -> Iterable[Order]:
    """What the customer says decides what becomes of the source."""
    unhappy = facts["satisfaction"] == "dissatisfied"
    if unhappy and facts.setting("close.dissatisfied") == "reopen":
        why = facts["feedback"] or _("The customer was not satisfied.")
        yield Push("reopen", {"reason": why})
    else:
        yield Push("revisit", {"satisfaction": facts["satisfaction"]})
        yield Push("revisited")
    if unhappy or facts["new_problems"]:
        yield Go("find_problem")
    elif not facts["for_meeting"]:
        yield Go("close_quietly")


def _unreached(facts: Facts) -> Iterable[Order]:
    """Whatever waits for the revisit goes on without it."""
    yield Push("revisit")


LEADERS = frozenset({"supervisor", "manager"})


@guard("S0-69", "S4-217", "S4-218", "S4-219")
def in_that_role(facts: Facts) -> str | None:
    """What a leader is to revisit is not done by anybody else."""
    if facts.me is None or facts["revisitor_role"] not in LEADERS:
        return None
    if facts.roles & LEADERS:
        return None
    return _("A leader makes this revisit: the supervisor or the manager.")


@guard("S4-84")
def tried_enough(facts: Facts) -> str | None:
    """A customer is tried several times, unless he refused."""
    needed = int(facts.setting("revisit.attempts") or 0)
    if facts["unreached_reason"] == "refused" or (facts["attempts"] or 0) >= needed:
        return None
    return _("Try {n} times before giving up.", n=needed)


@guard("S4-227", "S4-228")
def checked_on_site(facts: Facts) -> str | None:
    """After a charged repair the charge is checked; a visit on site is signed."""
    source = facts.source.row if facts.source else NOTHING
    if source.get("type") != "repair":
        return None
    if source["charge"] and not facts["charge_check"]:
        return _("There was a charge: check it with the customer.")
    rules = facts.policy("revisit_rule")
    signs = any(rule["signature"] for rule in rules if rule["origin"] == "repair")
    signed = facts["signed_by"] or facts["unsigned_reason"]
    if signs and facts["mode"] in ON_SITE and not signed:
        return _("Have the visit signed, or say why it is not signed.")
    return None


ON_SITE = frozenset({"on_site", "home"})


def _corrective(facts: Facts) -> Iterable[Order]:
    words = facts["new_problems"] or facts["feedback"]
    values = {"origin": "revisit", "content": words}
    yield Cause("corrective_action", {k: v for k, v in values.items() if v})


def _tried(facts: Facts) -> int:
    return int(facts.row.get("attempts") or 0) + 1


def _given(facts: Facts) -> Iterable[Order]:
    """Whoever holds it is told; of rounds he is told once a day, of all together."""
    return ASSIGNED(facts) if facts["source_id"] else ()


REVISIT_BEGINS = Move(
    "plan", ("安排回访", "Plan a revisit"), then=(_given,), rules=("S0-71", "S4-88")
)
REVISIT = (
    Move(
        "do",
        ("登记回访", "Record the revisit"),
        "done",
        ("planned", "not_reached"),
        asks=("satisfaction",),
        offers=(
            "mode",
            "mode_exception",
            "feedback",
            "new_problems",
            "worker_opinion",
            "improvement",
            "item_inspected",
            "item_findings",
            "charge_check",
            "signed_by",
            "unsigned_reason",
            "for_meeting",
        ),
        sets={"visited_at": at_once, "attempts": _tried},
        guards=(not_my_own_work, in_that_role, mode_explained, checked_on_site),
        then=(_found,),
        rules=("S0-71", "S2-53", "S2-54", "S4-192", "S4-194", "S4-225", "S4-226"),
        main=True,
    ),
    Move(
        "not_reached",
        ("没联系上，改期", "Not reached: again later"),
        "not_reached",
        ("planned", "not_reached"),
        asks=("unreached_reason", "retry_at"),
        sets={"attempts": _tried},
        rules=("S4-84",),
    ),
    Move(
        "give_up",
        ("无法回访，结束", "Cannot be reached: end"),
        "closed",
        ("not_reached",),
        actions=("update", "assign"),
        asks=("unreached_reason", "reason"),
        guards=(tried_enough,),
        then=(_unreached,),
        rules=("S4-84",),
    ),
    Move(
        "find_problem",
        ("登记问题", "Record a problem"),
        "problem_found",
        ("done",),
        then=(_corrective,),
        rules=("S4-229", "S4-209", "S4-234"),
    ),
    Move(
        "close_quietly",
        ("满意，关闭", "Satisfied: close"),
        "closed",
        ("done",),
        automatic=True,
        rules=("S4-84",),
    ),
    Move(
        "corrected",
        ("问题已解决", "The problem is solved"),
        "closed",
        ("problem_found",),
        automatic=True,
        when_caused_closed=True,
        rules=("S4-210", "S4-235"),
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("done", "problem_found"),
        rules=("S4-84",),
        main=True,
    ),
    replace(GIVE, offers=("plan_on", "reason"), rules=("S4-217", "S4-83")),
    *heard("planned", "not_reached", "done", "problem_found", "closed"),
    REPLY,
    STOCKTAKE,
)
