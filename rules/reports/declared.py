"""What a report counts: rows of a kind, on what conditions, broken down by what.

Values only; ``views.reports`` turns each group into one statement. Names are fields of
the record type; ``unit_id.building_id`` is a field of what a field refers to, and
``clock.`` stands for the clocks of a case, each a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.words import Words

CLOCK = "clock."
Value = str | bool
Asks = tuple[str, tuple[str, ...]]
"""A setting, and the values of it under which something is told at all."""
COUNT, PERCENT, YUAN = "count", "percent", "yuan"


@dataclass(frozen=True, slots=True)
class Is:
    """A field holds one of the values; without any, it is filled in."""

    name: str
    values: tuple[Value, ...] = ()
    never: bool = False
    """The condition's contrary."""


@dataclass(frozen=True, slots=True)
class Late:
    """A clock of the case, by one of the rules or any, ran out before it stopped."""

    rules: tuple[str, ...] = ()
    never: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """One moment of the row lies before another; both are known."""

    name: str
    other: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of the conditions is met, or more."""

    among: tuple[Is | Late | Before, ...]


Condition = Is | Late | Before | Either


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its definition: how many rows meet the conditions.

    With ``of`` it is their share of another figure in percent, with ``adds`` the sum
    of a field, with ``repeated`` how many values of a field stand on several rows;
    ``plus`` is a figure counted before that is added to the share's part.
    ``asks`` says when it is told, ``target`` the setting of what it should be, and
    ``per`` that of the span of time for which it should.
    """

    code: str
    title: Words
    about: Words
    where: tuple[Condition, ...] = ()
    of: str = ""
    plus: str = ""
    adds: str = ""
    repeated: str = ""
    measure: str = COUNT
    asks: tuple[Asks, ...] = ()
    target: str = ""
    per: str = ""

    @property
    def unit(self) -> str:
        """In what it is told."""
        return PERCENT if self.of else self.measure


@dataclass(frozen=True, slots=True)
class By:
    """A breakdown; only values that stand on ``least`` rows, at most ``most`` lines."""

    name: str
    title: Words = ("", "")
    least: int = 1
    most: int = 40


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one kind with all that is counted of them.

    ``at`` is the field whose day puts a row into the period; without it, what stands
    is counted. ``shown`` are the figures that the breakdowns tell, too.
    """

    code: str
    title: Words
    slug: str
    at: str
    figures: tuple[Figure, ...]
    where: tuple[Condition, ...] = ()
    by: tuple[By, ...] = ()
    shown: tuple[str, ...] = ()
    asks: tuple[Asks, ...] = ()

    def figure(self, code: str) -> Figure:
        """The figure of that code; KeyError when there is none."""
        return {figure.code: figure for figure in self.figures}[code]
