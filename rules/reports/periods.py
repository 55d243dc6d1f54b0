"""Which days a report is about: months or more, whole or up to a cut-off day."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rules.calendar import DAY

WHOLE = 31
"""The cut-off of a period that ends with its month."""
SPANS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_CODE = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2])|-?Q([1-4])|-?H([12]))?")


class BadPeriod(ValueError):
    """A period is written otherwise than 2026-03, 2026Q1, 2026H1 or 2026."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some months up to the ``end``th since year 0; each ends on the ``cutoff`` day."""

    end: int
    span: int = 1
    cutoff: int = WHOLE

    @property
    def first(self) -> dt.date:
        """The first day: the one after the end of the period before."""
        return _last_day(self.end - self.span, self.cutoff) + DAY

    @property
    def last(self) -> dt.date:
        """The last day."""
        return _last_day(self.end, self.cutoff)

    @property
    def code(self) -> str:
        """How the period is written."""
        year, month = divmod(self.end, 12)
        marks = {
            1: f"-{month + 1:02}",
            3: f"Q{month // 3 + 1}",
            6: f"H{month // 6 + 1}",
        }
        return f"{year}{marks.get(self.span, '')}"

    @property
    def before(self) -> Period:
        """The period before it."""
        return replace(self, end=self.end - self.span)

    @property
    def year_ago(self) -> Period:
        """The same months of the last year."""
        return replace(self, end=self.end - 12)


def period(code: str, cutoff: int = WHOLE) -> Period:
    """The period that is written so; BadPeriod when there is none."""
    found = _CODE.fullmatch(code.strip())
    if found is None:
        raise BadPeriod(code)
    year, month, quarter, half = (int(part or 0) for part in found.groups())
    span = 1 if month else 3 if quarter else 6 if half else 12
    return Period(
        year * 12 + (month or quarter * 3 or half * 6 or 12) - 1, span, cutoff
    )


def cutoff_of(rule: Mapping[str, Any] | None) -> int:
    """The day on which the months of a duty's report end.

    What covers the month ``to_date`` ends with its due day; the rest is carried over.
    """
    if rule is None or rule["covers"] not in ("cutoff", "to_date"):
        return WHOLE
    day = rule["cutoff_day"] if rule["covers"] == "cutoff" else rule["due_day"]
    return int(day or WHOLE)


def covered(rule: Mapping[str, Any], due: dt.date) -> Period:
    """What the report that is due on that day by a duty's rule is about."""
    span, month = SPANS[rule["period"]], due.year * 12 + due.month - 1
    end = month - month % span - 1 if rule["covers"] == "previous" else month
    return Period(end, span, cutoff_of(rule))


def _last_day(month: int, cutoff: int) -> dt.date:
    year, number = month // 12, month % 12 + 1
    return dt.date(year, number, min(cutoff, monthrange(year, number)[1]))
