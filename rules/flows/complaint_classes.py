"""The three classes of complaints, and the way laid down for each (S2 5.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core.moves import NOTHING, Cause, Facts, Guard, Near, Order, guard
from core.words import _
from rules.calendar import months_from
from rules.guards import has_customer, meaning, named


def is_serious(facts: Facts) -> bool:
    """What only the manager decides: major, of a group, or about money."""
    return bool(facts["major"] or facts["group_tendency"] or facts["compensation"])


def class_of(facts: Facts) -> str | None:
    """The class chosen, else the one that the cause or the category stands for."""
    chosen: str | None = facts["liability_class"]
    if chosen or not facts.is_on("complaint.class_from_category"):
        return chosen
    if is_municipal(facts):
        return facts.setting("complaint.municipal.class")
    return meaning(facts, "complaint_category", facts["category"]) or None


LEGACY = "class_2"
"""What the developer left behind."""


def is_legacy(facts: Facts) -> bool:
    """What the developer left, in the time after delivery, is counted apart (S2-67)."""
    if facts["developer_legacy"] or class_of(facts) != LEGACY:
        return bool(facts["developer_legacy"])
    delivered = _delivered(facts)
    months = int(facts.setting("legacy.window_months") or 0)
    came = facts.day(facts["received_at"] or facts.now)
    return bool(delivered and delivered <= came < months_from(delivered, months))


def _delivered(facts: Facts) -> dt.date | None:
    """When that home was delivered, its phase or the whole estate, as the office says.

    What is not known of the smaller is taken from the greater.
    """
    home = facts.referred("unit_id")
    phase = facts.found("building", "id", home.get("building_id"))
    estate = facts.found("project", "id", facts["project_id"])
    rows = {"unit": [home], "phase": phase, "project": estate}
    asked = facts.setting("legacy.counted_from")
    wanted = list(rows)[list(rows).index(asked) if asked in rows else 0 :]
    dates = (row.get("delivered_on") for name in wanted for row in rows[name])
    return next((day for day in dates if day), None)


def is_municipal(facts: Facts) -> bool:
    """Whether water, power, gas, roads or the like caused it."""
    return bool(facts["cause"] == facts.setting("complaint.municipal.cause"))


DECIDERS = {
    "major": "decision.role.major",
    "group_tendency": "decision.role.group",
    "compensation": "decision.role.compensation",
}
"""What makes a complaint serious -> who decides then."""


def _i_may_decide(facts: Facts) -> str | None:
    serious = [setting for name, setting in DECIDERS.items() if facts[name]]
    return named(facts, *(serious or ["decision.role.unsolvable"]))


I_MAY_DECIDE = Guard(
    _i_may_decide, ("S4-172", "S4-180", "S1-142", "S4-158"), personal=True
)


def nobody_asked(facts: Facts) -> bool:
    """Whether a complaint is not revisited: anonymous, or excused by the house."""
    excused = not facts.is_on("complaint.municipal.revisit")
    return not has_customer(facts) or (is_municipal(facts) and excused)


def is_group(facts: Facts) -> bool:
    """Whether as many households complain of the same as make a group."""
    said = facts.setting("complaint.group.households")
    many = int(said) if said.isdecimal() else 0
    return bool(facts["group_tendency"]) or 0 < many <= facts.alike() + 1


def is_dispute(facts: Facts) -> bool:
    """Whether households quarrel with each other."""
    return bool(facts["category"] == "neighbours" or facts["other_unit_id"])


def is_shielded(facts: Facts) -> bool:
    """Whether whoever complained is kept out of what others read."""
    return bool(facts["complainant_shielded"]) or is_dispute(facts)


@guard("S2-36")
def has_class(facts: Facts) -> str | None:
    """The class decides the way, so it comes first."""
    if class_of(facts):
        return None
    return _("Choose its category or class first: the way of handling follows from it.")


@guard("S1-129")
def names_both_sides(facts: Facts) -> str | None:
    """A dispute between residents has another side."""
    if not is_dispute(facts) or facts["other_unit_id"]:
        return None
    return _("A dispute between residents: name the other household.")


def _caused(facts: Facts, slug: str) -> list[Near]:
    return [near for near in facts.caused if near.slug == slug]


def _written_to(facts: Facts, *kinds: str) -> bool:
    reports = _caused(facts, "external_report")
    return any(not kinds or near.row["recipient_kind"] in kinds for near in reports)


@guard("S2-36", "S2-39", "S2-40", "S2-42")
def developer_engaged(facts: Facts) -> str | None:
    """Class 2 is taken to the developer in the way that its matter demands."""
    if facts["liability_class"] != "class_2":
        return None
    path = meaning(facts, "complaint_nature", facts["nature"])
    if not path:
        return _("Class 2: say whether it is about the house or about facilities.")
    steps = facts.several(path)
    if "contact_sheet" in steps and not _caused(facts, "rework"):
        return _("House quality: take it to the developer with a contact sheet first.")
    if "written_report" in steps and not _written_to(facts, "developer"):
        return _("Facilities: report it to the developer in writing first.")
    return None


@guard("S2-43", "S2-44")
def impact_assessed(facts: Facts) -> str | None:
    """Class 3: how far it reaches decides whether it is reported in writing."""
    if facts["liability_class"] != "class_3":
        return None
    if not facts["impact"]:
        return _("Class 3: assess its impact first.")
    wide = facts["impact"] in facts.several("complaint.class_3.report_from")
    if wide and not _written_to(facts):
        return _("With this impact it is reported in writing first.")
    return None


@guard("S0-62", "S1-53", "S4-09")
def reported_outside(facts: Facts) -> str | None:
    """A municipal cause was put before whoever answers for it."""
    if not is_municipal(facts) or _written_to(facts):
        return None
    return _("A municipal cause: write to the authority concerned first.")


def written_outside(facts: Facts) -> Iterable[Order]:
    """A report to outside; where the complainant is shielded it names no home."""
    values = {
        "recipient_kind": _recipient_kind(facts),
        "subject": facts["content"][:200],
        "complaint_id": facts["id"],
    }
    shielded = {"unit_id": None} if facts["complainant_shielded"] else NOTHING
    yield Cause("external_report", {**values, **shielded})


def _recipient_kind(facts: Facts) -> str:
    """To whom a complaint of its class and cause is written."""
    if facts["liability_class"] == "class_2":
        return "developer"
    return "municipal" if is_municipal(facts) else "government"
