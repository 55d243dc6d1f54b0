"""A home is inspected with its owner; what is found goes to after-sales."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.moves import Add, Cause, Change, Facts, Move, Order, guard, today
from core.words import _
from rules.flows.marks import FOLLOWED, push
from rules.guards import scan_attached

METERS = ("water", "electricity", "gas")
DEFECT = "inspection_defect"


def _defects(facts: Facts) -> list[Any]:
    """The defects that nobody ticked off."""
    return [row for row in facts.lines.get(DEFECT, ()) if not row["cleared_on"]]


def _waiting(facts: Facts) -> list[Any]:
    """The defects whose rework, if there is one, is not closed either."""
    closed = {near.row["id"] for near in facts.caused if not near.open}
    return [row for row in _defects(facts) if row["rework_id"] not in closed]


def _signed(facts: Facts) -> str:
    return "signed" if _waiting(facts) else "defects_cleared"


def _cleared_on(facts: Facts) -> Any:
    return None if _waiting(facts) else facts.day(facts.now)


def _readings(facts: Facts) -> Iterator[Order]:
    """The base readings are entries of the meter book, signed by the owner."""
    for meter in METERS:
        if facts[f"{meter}_base"] is not None:
            values = {
                "unit_id": facts["unit_id"],
                "meter_kind": meter,
                "reading": facts[f"{meter}_base"],
                "read_on": facts.day(facts.now),
                "reader_id": facts["holder_id"],
                "base_reading": True,
                "signed_by": facts["signed_by"],
            }
            yield Add("meter_reading", values)


def _reworks(facts: Facts) -> Iterator[Order]:
    """A contact sheet for every defect that has none, in the words of its line."""
    for row in _defects(facts):
        if not row["rework_id"]:
            values = {
                "content": row["defect"],
                "defect_place": row["place"],
                "defect_kind": row["defect_kind"],
                "after_sales_id": facts["developer_id"],
                "finish_by": row["finish_by"],
            }
            yield Cause("rework", values, named_by=(DEFECT, row["id"], "rework_id"))


def _struck(facts: Facts) -> Iterator[Order]:
    """What the rework settled is ticked off too."""
    for row in _defects(facts):
        done = {"cleared_on": facts.day(facts.now), "cleared_by_id": facts.me}
        yield Change(DEFECT, row["id"], done)


@guard("S1-13", "S0-48")
def some_to_rework(facts: Facts) -> str | None:
    """There is a defect without its contact sheet."""
    if any(not row["rework_id"] for row in _defects(facts)):
        return None
    return _("There is no defect left without its contact sheet.")


@guard("S1-13", "S0-49", "S0-77")
def all_cleared(facts: Facts) -> str | None:
    """Every defect is ticked off, or its rework is closed."""
    waiting = _waiting(facts)
    if not waiting:
        return None
    return _(
        "{n} defects are not cleared yet: {defects}.",
        n=len(waiting),
        defects=_(", ").join(row["defect"] for row in waiting),
    )


INSPECTION_BEGINS = Move("open", ("开始验房", "Begin"), rules=("S1-11",))
INSPECTION = (
    Move(
        "sign",
        ("业主签字", "Signed by the owner"),
        _signed,
        ("open",),
        asks=(
            "holder_id",
            "developer_engineer",
            "water_base",
            "electricity_base",
            "signed_by",
        ),
        offers=("gas_base", "developer_id", "signature_form"),
        sets={"signed_on": today, "cleared_on": _cleared_on},
        guards=(scan_attached,),
        then=(_readings, push("inspect")),
        rules=("S1-11", "S1-12", "S1-13"),
        ends=("signed", "defects_cleared"),
        main=True,
    ),
    Move(
        "clear",
        ("全部销项", "All cleared"),
        "defects_cleared",
        ("signed",),
        sets={"cleared_on": today},
        guards=(all_cleared,),
        then=(_struck,),
        rules=("S1-13", "S0-77"),
        main=True,
    ),
    Move(
        "add_defect",
        ("登记遗留问题", "Note a defect"),
        sources=("open", "signed"),
        line=DEFECT,
        asks=("place", "defect"),
        offers=("defect_kind", "finish_by"),
        rules=("S1-13",),
    ),
    Move(
        "rework",
        ("转返修联系单", "Contact sheets to after-sales"),
        sources=("open", "signed"),
        guards=(some_to_rework,),
        then=(_reworks,),
        rules=("S0-48",),
    ),
    *FOLLOWED,
)
