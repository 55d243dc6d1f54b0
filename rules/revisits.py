"""Who is revisited after what: the tasks that finished work creates."""

from __future__ import annotations

from core.moves import Cause, Facts, Order

ORIGINS = {"service_order": "service", "dispatch": "other_department"}
"""Kind of case -> what a revisit rule calls it."""
ROLES = {"handler": "repair_head"}
"""Role of a rule -> in what role somebody revisits."""


def revisits_due(facts: Facts) -> list[Order]:
    """A revisit of what has just been finished, when there is a customer to ask."""
    if not (facts["person_id"] or facts["unit_id"]):
        return []
    rules = facts.policy("revisit_rule")
    variant = "attitude" if facts["cause"] == "attitude" else None
    origin = ORIGINS.get(facts["type"], facts["type"])
    of_kind = [rule for rule in rules if rule["origin"] == origin]
    chosen = [rule for rule in of_kind if rule["variant"] == variant] or of_kind
    return [
        Cause(
            "revisit",
            {
                "source_kind": facts["type"],
                "revisitor_role": ROLES.get(rule["role"], rule["role"]),
                "content": facts["content"],
            },
        )
        for rule in chosen[:1]
    ]
