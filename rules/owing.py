"""What a home owes, and what that means to whoever wants something for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.moves import Facts, guard
from core.words import _

NOTHING_OWED = "none"


def debts(facts: Facts) -> Sequence[Mapping[str, Any]]:
    """The unsettled entries in the list of arrears about the home of a case."""
    return [row for row in facts.at_home("arrears") if row["open"]]


def whose(facts: Facts) -> str | None:
    """Who owes by the list, else what was found out by hand; nothing: nobody looked."""
    owing = debts(facts)
    if not owing:
        return str(facts["arrears_check"]) if facts["arrears_check"] else None
    keys = [row["person_id"] for row in owing if row["person_id"]]
    kinds = {facts.looked_up("person_id", k).get("customer_kind") for k in keys}
    return "tenant" if "tenant" in kinds else "owner"


@guard("S1-74")
def arrears_looked_up(facts: Facts) -> str | None:
    """Before a tenant moves goods, somebody looks whether fees are owed."""
    if facts["applicant_kind"] != "tenant" or whose(facts):
        return None
    return _("Look up whether fees are owed for this home, and say what you found.")


@guard("S1-75", "S1-79")
def arrears_reminded(facts: Facts) -> str | None:
    """A tenant is reminded of what is owed; only an office that wills it blocks."""
    owed = whose(facts)
    if facts["applicant_kind"] != "tenant" or owed in (None, NOTHING_OWED):
        return None
    if facts.setting("release.tenant_arrears") == "block":
        return _("Fees are owed for this home: they are settled before goods leave.")
    if facts["arrears_reminded"]:
        return None
    return _("Fees are owed for this home: remind the tenant to settle, and tick it.")
