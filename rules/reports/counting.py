"""Figures out of rows that are read once, each with a mask of what it meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rules.reports.declared import PERCENT, By, Condition, Figure, Group

CENT = Decimal("0.01")
Number = int | float | None


def conditions(group: Group) -> tuple[Condition, ...]:
    """Every condition that a figure of the group makes, once; its place is its bit."""
    return tuple(dict.fromkeys(one for f in group.figures for one in f.where))


def need(group: Group, figure: Figure) -> int:
    """The bits that a row must have to count."""
    known = conditions(group)
    return sum(1 << known.index(one) for one in figure.where)


def names(group: Group) -> tuple[str, ...]:
    """What rows are broken down by or repeat."""
    repeated = (figure.repeated for figure in group.figures if figure.repeated)
    return tuple(dict.fromkeys((*(by.name for by in group.by), *repeated)))


def sums(group: Group) -> tuple[str, ...]:
    """The fields that are added up."""
    return tuple(dict.fromkeys(f.adds for f in group.figures if f.adds))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a group by column."""

    ids: Sequence[int]
    masks: Sequence[int]
    columns: Mapping[str, Sequence[Any]]

    def counts(self) -> Counter[int]:
        """How many rows there are of each mask."""
        return Counter(self.masks)

    def broken_down(self, name: str) -> dict[Any, Counter[int]]:
        """The same for each value of a column."""
        found: dict[Any, Counter[int]] = {}
        pairs = Counter(zip(self.columns[name], self.masks, strict=True))
        for (value, mask), many in pairs.items():
            found.setdefault(value, Counter())[mask] = many
        return found

    def total(self, name: str, wanted: int, by: str = "", value: Any = None) -> float:
        """What a column adds up to over the rows that meet the conditions."""
        kept = self.columns[by] if by else self.ids
        return float(
            sum(
                number
                for number, mask, one in zip(
                    self.columns[name], self.masks, kept, strict=True
                )
                if number is not None
                and mask & wanted == wanted
                and (not by or one == value)
            )
        )


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
    counts, found = rows.counts(), dict(known)
    for figure in group.figures:
        wanted = need(group, figure)
        if figure.repeated:
            found[figure.code] = len(_several(rows, figure.repeated, wanted, 2))
        elif figure.adds:
            found[figure.code] = rows.total(figure.adds, wanted)
        else:
            found[figure.code] = meeting(counts, wanted)
    return found | {
        figure.code: share(found[figure.code] or 0, found.get(figure.of))
        for figure in group.figures
        if figure.unit == PERCENT
    }


def lines(group: Group, by: By, rows: Rows) -> list[tuple[Any, list[Number]]]:
    """A breakdown: each value with the shown figures, most first."""
    shown = [group.figure(code) for code in group.shown]
    found = [
        (value, [_of_line(group, rows, figure, by, value, counts) for figure in shown])
        for value, counts in rows.broken_down(by.name).items()
        if sum(counts.values()) >= by.least and (value is not None or by.least == 1)
    ]
    found.sort(key=lambda line: (-(line[1][0] or 0), str(line[0])))
    return found[: by.most]


def behind(rows: Rows, wanted: int, name: str = "", value: Any = None) -> list[int]:
    """The ids of the rows behind a figure, or behind a line of a breakdown."""
    column: Iterable[Any] = rows.columns[name] if name else rows.ids
    return [
        key
        for key, mask, one in zip(rows.ids, rows.masks, column, strict=True)
        if mask & wanted == wanted and (not name or one == value)
    ]


def repeated(rows: Rows, name: str, wanted: int) -> list[int]:
    """The ids of the rows whose value of a column stands on several."""
    again = _several(rows, name, wanted, 2)
    return [
        key
        for key, mask, one in zip(rows.ids, rows.masks, rows.columns[name], strict=True)
        if mask & wanted == wanted and one in again
    ]


def _several(rows: Rows, name: str, wanted: int, least: int) -> set[Any]:
    found = rows.broken_down(name)
    return {
        value
        for value, counts in found.items()
        if value is not None and meeting(counts, wanted) >= least
    }


def _of_line(
    group: Group,
    rows: Rows,
    figure: Figure,
    by: By,
    value: Any,
    counts: Mapping[int, int],
) -> Number:
    wanted = need(group, figure)
    if figure.adds:
        return rows.total(figure.adds, wanted, by.name, value)
    return meeting(counts, wanted)
