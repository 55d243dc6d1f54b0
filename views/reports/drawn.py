"""A report's figures in the reader's words, for the page, the paper and the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from core.words import _, say
from rules.reports.declared import PERCENT, YUAN

NOTHING = "—"
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One figure: what it says now and said before, and what it means.

    ``numbers`` are that of now, that before, and the one a year ago.
    """

    title: str
    value: str
    before: str
    year_ago: str
    change: str
    about: str
    target: str
    url: str
    numbers: tuple[float | None, float | None, float | None]
    unit: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a breakdown."""

    title: str
    url: str
    values: list[str]
    numbers: list[float | None]
    past: list[str]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A breakdown with its headings."""

    code: str
    title: str
    heads: list[str]
    units: list[str]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Section:
    """One group of figures with its breakdowns."""

    title: str
    figures: list[Told]
    breakdowns: list[Breakdown]


def sections(figures: Entry, address: str = "") -> list[Section]:
    """Every group; ``address`` with a query opens the rows behind a number."""
    return [
        Section(
            say(group["title"]),
            [_told(group, one, address) for one in group["figures"]],
            [_breakdown(group, table, address) for table in group["tables"]],
        )
        for group in figures["groups"]
    ]


def _told(group: Entry, one: Entry, address: str) -> Told:
    value, unit = one["value"], one["unit"]
    return Told(
        say(one["title"]),
        amount(value, unit),
        amount(one["before"], unit),
        amount(one["year_ago"], unit),
        _change(value, one["before"], unit),
        say(one["about"]),
        amount(float(one["target"]), unit) if one["target"] else "",
        _link(address, value, group=group["code"], figure=one["code"]),
        (value, one["before"], one["year_ago"]),
        unit,
    )


def _breakdown(group: Entry, table: Entry, address: str) -> Breakdown:
    known = {one["code"]: one for one in group["figures"]}
    shown = [known[code] for code in table["shown"]]
    place = {"group": group["code"], "figure": table["shown"][0], "by": table["by"]}
    return Breakdown(
        f"{group['code']}.{table['by']}",
        say(table["title"]),
        [say(one["title"]) for one in shown],
        [one["unit"] for one in shown],
        [
            Line(
                say(line["words"]),
                _link(address, line["values"][0], **place, line=str(at)),
                [
                    amount(value, one["unit"])
                    for value, one in zip(line["values"], shown, strict=True)
                ],
                line["values"],
                [amount(past, shown[0]["unit"]) for past in line["past"]],
            )
            for at, line in enumerate(table["lines"])
        ],
    )


def amount(value: float | None, unit: str) -> str:
    """A number with its unit; a dash for none."""
    if value is None:
        return NOTHING
    if unit == PERCENT:
        return f"{value:.2f}%"
    return _("{n} yuan", n=f"{value:,.2f}") if unit == YUAN else f"{value:,}"


def _change(value: float | None, before: float | None, unit: str) -> str:
    """How much more it is than in the period before."""
    if value is None or before is None:
        return NOTHING
    digits = 0 if isinstance(value, int) else 2
    return f"{value - before:+,.{digits}f}" if value != before else "0"


def _link(address: str, value: Any, **place: str) -> str:
    return f"{address}&{urlencode(place)}" if address and value else ""


def charts(figures: Entry) -> Iterator[Entry]:
    """What each breakdown draws: its names and a series for each shown count."""
    for section in sections(figures):
        for table in section.breakdowns:
            kept = [at for at, unit in enumerate(table.units) if unit != YUAN]
            if len(table.lines) > 1:
                yield {
                    "id": table.code,
                    "names": [line.title for line in table.lines],
                    "series": [
                        {
                            "name": table.heads[at],
                            "values": [line.numbers[at] for line in table.lines],
                        }
                        for at in kept
                    ],
                }
