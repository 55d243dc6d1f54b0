"""Who is revisited after what: the tasks that finished work creates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any

from core.moves import Cause, Facts, Order
from rules.guards import has_customer, is_foreign, meaning

Rule = Mapping[str, Any]
ROLES = {"handler": "repair_head"}
"""Role of a rule -> in what role somebody revisits."""


def revisits_due(facts: Facts) -> list[Order]:
    """The revisits of what has just been finished, unless one is planned already."""
    if not has_customer(facts) or is_awaited(facts):
        return []
    return [_revisit(facts, rule) for rule in rules_for(facts)]


def _revisit(facts: Facts, rule: Rule) -> Order:
    values = {
        "source_kind": facts["type"],
        "revisitor_role": ROLES.get(rule["role"], rule["role"]),
        "content": facts["content"],
    }
    if rule["mode"] != "preferred":
        values["mode"] = rule["mode"]
    return Cause("revisit", values)


def is_awaited(facts: Facts) -> bool:
    """Whether a revisit is planned already and not yet made."""
    states = {near.row["state"] for near in facts.caused if near.slug == "revisit"}
    return not states.isdisjoint({"planned", "not_reached"})


def rules_for(facts: Facts) -> list[Rule]:
    """The rules of the office that ask for a revisit of this case."""
    origin = _origin(facts)
    rules = [r for r in facts.policy("revisit_rule") if r["origin"] == origin]
    special = [r for r in rules if r["variant"] in set(_variants(facts))]
    rules = special or [r for r in rules if not r["variant"]]
    if all(share_of(rule) == 100 for rule in rules):
        return rules[:1]
    return _whose_turn(facts, rules, facts.turn(_series(facts, origin)))


def _origin(facts: Facts) -> str:
    if facts["type"] == "dispatch":
        return "other_department" if is_foreign(facts) else "general_report"
    return "service" if facts["type"] == "service_order" else str(facts["type"])


def _variants(facts: Facts) -> Iterable[str]:
    if facts["cause"] == "attitude":
        yield "attitude"
    if facts["type"] == "repair":
        yield meaning(facts, "repair_kind", facts["repair_kind"]) or "other"
        yield from ["charged"] if facts["charge"] else []


def _series(facts: Facts, origin: str) -> str:
    """What is shared out together: the work of one estate, or department, and month."""
    came = facts.setting("repair_revisit.base") == "reported_in_month"
    moment = facts["received_at"] if came and origin == "repair" else facts.now
    team = facts["department_id"] if origin == "other_department" else ""
    return f"{facts['project_id']}:{origin}:{team}:{facts.day(moment):%Y%m}"


def _whose_turn(facts: Facts, rules: Sequence[Rule], turn: int) -> list[Rule]:
    """Whose the so manieth is: one's by all shares together, or each by his own."""
    shares = [share_of(rule) for rule in rules]
    if sum(shares) == 100 and not facts.is_on("repair_revisit.overlap"):
        return [rules[shared_out(tuple(shares))[(turn - 1) % 100]]]
    how = facts.setting("repair_revisit.rounding")
    return [rule for rule in rules if _is_drawn(rule, how, turn)]


def _is_drawn(rule: Rule, how: str, turn: int) -> bool:
    now, before = (target(share_of(rule), n, how) for n in (turn, turn - 1))
    return now > before or turn <= (rule["minimum"] or 0)


def target(share: int, of: int, how: str = "up") -> int:
    """So many of a hundred, as the office rounds."""
    part = Fraction(share * of, 100)
    rounded = {"up": ceil(part), "nearest": floor(part + Fraction(1, 2))}
    return rounded.get(how, floor(part))


def share_of(rule: Rule) -> int:
    """The share of a rule; all of them where it says nothing."""
    return 100 if rule["share"] is None else int(rule["share"])


@cache
def shared_out(shares: tuple[int, ...]) -> tuple[int, ...]:
    """To whom each of a hundred goes, by shares that make a hundred together.

    After every single one each has his share but for less than one (Tijdeman's rule
    of the chairman: of those whom enough is owed, whoever can wait least).
    """
    weights = [Fraction(share, 100) for share in shares]
    ease, given, order = Fraction(1, max(2 * len(shares) - 2, 1)), [0] * len(shares), []
    for turn in range(1, 101):
        owed = [w * turn - g for w, g in zip(weights, given, strict=True)]
        waiting = [n for n, one in enumerate(owed) if weights[n] and one >= ease]
        chosen = min(waiting, key=lambda n: (1 - ease - owed[n]) / weights[n])
        given[chosen] += 1
        order.append(chosen)
    return tuple(order)
