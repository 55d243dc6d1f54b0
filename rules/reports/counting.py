"""Figures out of rows that are read once, each with a mask of what it meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import compress
from typing import Any

from rules.reports.declared import PERCENT, By, Condition, Figure, Group

CENT = Decimal("0.01")
Number = int | float | None


def conditions(group: Group) -> tuple[Condition, ...]:
    """Every condition that a figure of the group makes, once; its place is its bit."""
    return tuple(dict.fromkeys(one for f in group.figures for one in f.where))


@cache
def needs(group: Group) -> dict[str, int]:
    """The bits that a row must have to count, by figure."""
    known = {one: 1 << at for at, one in enumerate(conditions(group))}
    return {f.code: sum(known[one] for one in f.where) for f in group.figures}


def names(group: Group) -> tuple[str, ...]:
    """What rows are broken down by or repeat."""
    repeated = (figure.repeated for figure in group.figures if figure.repeated)
    return tuple(dict.fromkeys((*(by.name for by in group.by), *repeated)))


def sums(group: Group) -> tuple[str, ...]:
    """The fields that are added up."""
    return tuple(dict.fromkeys(f.adds for f in group.figures if f.adds))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a group by column; what was counted of them once is kept."""

    ids: Sequence[int]
    masks: Sequence[int]
    columns: Mapping[str, Sequence[Any]]
    _having: dict[int, list[bool]] = field(default_factory=dict, init=False)
    _spread: dict[tuple[str, int], Counter[Any]] = field(
        default_factory=dict, init=False
    )

    def kept(self, column: Sequence[Any], wanted: int) -> Iterable[Any]:
        """What stands in a column on the rows that have all the wanted bits."""
        if not wanted:
            return column
        if wanted not in self._having:
            has = {mask: mask & wanted == wanted for mask in set(self.masks)}
            self._having[wanted] = [has[mask] for mask in self.masks]
        return compress(column, self._having[wanted])

    def spread(self, name: str, wanted: int = 0) -> Counter[Any]:
        """On how many of these rows each value of a column stands."""
        place = name, wanted
        if place not in self._spread:
            self._spread[place] = Counter(self.kept(self.columns[name], wanted))
        return self._spread[place]

    def totals(self, name: str, wanted: int, by: str) -> dict[Any, float]:
        """What a column adds up to on these rows, by the value of another."""
        found: dict[Any, Any] = {}
        numbers = self.kept(self.columns[name], wanted)
        apart = self.kept(self.columns[by], wanted)
        for value, number in zip(apart, numbers, strict=True):
            found[value] = found.get(value, 0) + (number or 0)
        return {value: float(total) for value, total in found.items()}


def meeting(counts: Mapping[int, int], wanted: int) -> int:
    """How many rows have all the wanted bits."""
    return sum(many for mask, many in counts.items() if mask & wanted == wanted)


def share(part: float, whole: float | None) -> Number:
    """A percentage to two places; nothing of nothing."""
    if not whole:
        return None
    exact = Decimal(str(part)) * 100 / Decimal(str(whole))
    return float(exact.quantize(CENT, ROUND_HALF_UP))


def values(group: Group, rows: Rows, known: dict[str, Number]) -> dict[str, Number]:
    """Every figure of the group; ``known`` are those counted before, for shares."""
    counts, found, bits = Counter(rows.masks), dict(known), needs(group)
    for figure in group.figures:
        wanted = bits[figure.code]
        if figure.repeated:
            found[figure.code] = len(_several(rows, figure.repeated, wanted))
        elif figure.adds:
            numbers = rows.kept(rows.columns[figure.adds], wanted)
            found[figure.code] = float(sum(filter(None, numbers)))
        else:
            found[figure.code] = meeting(counts, wanted)
    return found | {
        figure.code: share(
            (found[figure.code] or 0) + (found.get(figure.plus) or 0),
            found.get(figure.of),
        )
        for figure in group.figures
        if figure.unit == PERCENT
    }


def lines(group: Group, by: By, rows: Rows) -> list[tuple[Any, list[Number]]]:
    """A breakdown: each value with the shown figures, most first."""
    bits, least = needs(group), by.least
    shown = [_apart(rows, group.figure(code), bits[code], by) for code in group.shown]
    found = [
        (value, [told.get(value, 0) for told in shown])
        for value, many in rows.spread(by.name).items()
        if many >= least and (value is not None or least == 1)
    ]
    found.sort(key=lambda line: (-(line[1][0] or 0), str(line[0])))
    return found[: by.most]


def behind(rows: Rows, wanted: int, name: str = "", value: Any = None) -> list[int]:
    """The ids of the rows behind a figure, or behind a line of a breakdown."""
    ids = rows.kept(rows.ids, wanted)
    if not name:
        return list(ids)
    column = rows.kept(rows.columns[name], wanted)
    return [key for key, one in zip(ids, column, strict=True) if one == value]


def repeated(rows: Rows, name: str, wanted: int) -> list[int]:
    """The ids of the rows whose value of a column stands on several."""
    again = _several(rows, name, wanted)
    column = rows.kept(rows.columns[name], wanted)
    ids = rows.kept(rows.ids, wanted)
    return [key for key, one in zip(ids, column, strict=True) if one in again]


def _several(rows: Rows, name: str, wanted: int) -> set[Any]:
    found = rows.spread(name, wanted).items()
    return {value for value, many in found if many > 1 and value is not None}


def _apart(rows: Rows, figure: Figure, wanted: int, by: By) -> Mapping[Any, Number]:
    """A figure by the values of a breakdown."""
    if figure.adds:
        return rows.totals(figure.adds, wanted, by.name)
    return rows.spread(by.name, wanted)
