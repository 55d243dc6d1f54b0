"""What a fee comes to: the standard in force on a day, and the sum by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, Any]
FEN = Decimal("0.01")


def in_force(
    standards: Iterable[Row], fee_kind: str, day: dt.date, project: int | None
) -> Row | None:
    """The newest standard of a fee on that day, the project's own before the office's.

    It is named by its kind or its own code; without a rate it sets no price.
    """
    ours = (r for r in standards if fee_kind in (r["code"], r["fee_kind"]))
    ours = (row for row in ours if row["rate"] is not None)
    here = (row for row in ours if row["project_id"] in (None, project))
    return max((row for row in here if _holds(row, day)), key=_rank, default=None)


def _holds(row: Row, day: dt.date) -> bool:
    since, until = row["effective_from"], row["effective_until"]
    return (since or dt.date.min) <= day <= (until or dt.date.max)


def _rank(row: Row) -> tuple[bool, dt.date]:
    return row["project_id"] is not None, row["effective_from"] or dt.date.min


def amount_due(
    standard: Row, months: int | None, quantity: Decimal | None, area: Decimal | None
) -> Decimal | None:
    """The sum by a standard, to the fen; None while what it is worked out by lacks."""
    match standard["basis"]:
        case "area_month":
            factors = [area, months]
        case "month":
            factors = [quantity or Decimal(1), months]
        case _:
            factors = [quantity]
    found = Decimal(standard["rate"])
    for factor in factors:
        if factor is None:
            return None
        found *= factor
    return found.quantize(FEN, ROUND_HALF_UP)
