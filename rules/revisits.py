"""Who is revisited after what: the tasks that finished work creates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.moves import Cause, Facts, Order
from rules.guards import has_customer, is_foreign, meaning

Rule = Mapping[str, Any]
ROLES = {"handler": "repair_head"}
"""Role of a rule -> in what role somebody revisits."""
STRIDE = 61
"""Steps of about the golden section: any run of numbers is shared out evenly."""


def revisits_due(facts: Facts) -> list[Order]:
    """A revisit of what has just been finished, unless one is planned already."""
    rule = rule_for(facts)
    if rule is None or not has_customer(facts) or is_awaited(facts):
        return []
    values = {
        "source_kind": facts["type"],
        "revisitor_role": ROLES.get(rule["role"], rule["role"]),
        "content": facts["content"],
    }
    if rule["mode"] != "preferred":
        values["mode"] = rule["mode"]
    return [Cause("revisit", values)]


def is_awaited(facts: Facts) -> bool:
    """Whether a revisit is planned already and not yet made."""
    states = {near.row["state"] for near in facts.caused if near.slug == "revisit"}
    return not states.isdisjoint({"planned", "not_reached"})


def rule_for(facts: Facts) -> Rule | None:
    """The rule of the office that asks for a revisit of this case, if any does."""
    origin = _origin(facts)
    rules = [r for r in facts.policy("revisit_rule") if r["origin"] == origin]
    special = [r for r in rules if r["variant"] in set(_variants(facts))]
    return _whose_turn(facts, special or [r for r in rules if not r["variant"]])


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


def _whose_turn(facts: Facts, rules: Sequence[Rule]) -> Rule | None:
    """One of the rules, by their shares of a hundred; none beyond the last."""
    turn = int("".join(re.findall(r"\d+$", facts["number"] or "")) or 0)
    place = turn * STRIDE % 100
    for rule in rules:
        share = 100 if rule["share"] is None else rule["share"]
        if place < share:
            return rule
        place -= share
    return None
