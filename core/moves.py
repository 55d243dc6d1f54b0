"""Moves: what may be done with a case, on what conditions, and what follows.

Values and functions of values: no session, no clock of its own, no database. The
bound half, which loads the facts and carries out the orders, is ``views.moving``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.words import Words, _

NOTHING: Mapping[str, Any] = {}
Span = tuple[dt.date, dt.date]
"""A first and a last day."""


class Refused(ValueError):
    """A move that cannot be made now; ``sentences`` say why, in the reader's language.

    ``missing`` names the fields that must be filled in first.
    """

    def __init__(self, sentences: Sequence[str], missing: Sequence[str] = ()) -> None:
        super().__init__(" ".join(sentences))
        self.sentences, self.missing = tuple(sentences), tuple(missing)


class Overtaken(RuntimeError):
    """Somebody else was quicker: the facts of the decision hold no longer."""


@dataclass(frozen=True, slots=True)
class Near:
    """A case beside the one that moves: one that it caused, or that caused it."""

    slug: str
    number: str
    open: bool
    row: Mapping[str, Any]


def _no_setting(code: str) -> str:
    return ""


def _nobody() -> int:
    return 0


def _no_rows(slug: str) -> Sequence[Mapping[str, Any]]:
    return ()


def _first(series: str) -> int:
    return 1


def _unknown(name: str, key: int) -> Mapping[str, Any]:
    return NOTHING


def _none_found(slug: str, column: str, value: Any) -> Sequence[Mapping[str, Any]]:
    return ()


def _none_counted(slug: str, by: str, column: str, span: Span) -> Mapping[str, int]:
    return {}


def _no_files() -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a guard may look at: what stands, what is given, who and when.

    ``alike`` counts the other households that lately brought the same; ``linked`` has
    the rows of a type that name the case, ``at_home`` those of the same home, ``found``
    those with a value. ``counted`` has, by the values of a column, how many rows of the
    project have a day within a span; ``files`` the kinds of what is attached. ``turn``
    takes the next number of a series, which only what follows from a step may do.
    """

    row: Mapping[str, Any]
    now: dt.datetime
    me: int | None = None
    roles: frozenset[str] = frozenset()
    given: Mapping[str, Any] = field(default_factory=dict)
    setting: Callable[[str], str] = _no_setting
    policy: Callable[[str], Sequence[Mapping[str, Any]]] = _no_rows
    caused: tuple[Near, ...] = ()
    source: Near | None = None
    place: dt.tzinfo = dt.UTC
    alike: Callable[[], int] = _nobody
    lines: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    linked: Callable[[str], Sequence[Mapping[str, Any]]] = _no_rows
    at_home: Callable[[str], Sequence[Mapping[str, Any]]] = _no_rows
    looked_up: Callable[[str, int], Mapping[str, Any]] = _unknown
    found: Callable[[str, str, Any], Sequence[Mapping[str, Any]]] = _none_found
    counted: Callable[[str, str, str, Span], Mapping[str, int]] = _none_counted
    files: Callable[[], frozenset[str]] = _no_files
    turn: Callable[[str], int] = _first

    def __getitem__(self, name: str) -> Any:
        """The value as it would be after the move."""
        return self.given[name] if name in self.given else self.row.get(name)

    def referred(self, name: str) -> Mapping[str, Any]:
        """The row that a reference of the case names; empty where it names none."""
        return self.looked_up(name, self[name]) if self[name] else NOTHING

    @property
    def state(self) -> str:
        """The state before the move."""
        return str(self.row["state"])

    def day(self, moment: dt.datetime) -> dt.date:
        """The office's date at that moment."""
        return moment.astimezone(self.place).date()

    def is_on(self, code: str) -> bool:
        """Whether a yes/no setting says yes."""
        return self.setting(code) == "yes"

    def several(self, code: str) -> list[str]:
        """The codes of a setting that lists some."""
        return [one.strip() for one in self.setting(code).split(",") if one.strip()]


# What follows from a move, as orders to whoever carries it out.


@dataclass(frozen=True, slots=True)
class Cause:
    """A case of another type comes of this one; ``values`` beside what it inherits.

    ``named_by`` is the type, key and field of a record that names it from then on.
    """

    slug: str
    values: Mapping[str, Any] = field(default_factory=dict)
    named_by: tuple[str, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """A record or line of that type is written about the case."""

    slug: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Go:
    """The case itself goes on at once by another of its moves."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Push:
    """The case that this one comes from makes a move, if it can."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Let:
    """Another case, of that type and key, makes a move, if it can.

    With ``must`` nothing is done at all when it cannot any more.
    """

    slug: str
    key: int
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    must: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A record of that type and key gets other values."""

    slug: str
    key: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """Clocks that start or stop on that word do so, beside those of the move."""

    code: str


@dataclass(frozen=True, slots=True)
class Tell:
    """People get a message: fields that name staff, roles, or ``head``.

    It leads to the case, or to what its field ``about`` names.
    """

    whom: tuple[str, ...]
    words: Words
    urgent: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """Two pairs of eyes were asked for and the office lets one do; it is listed."""

    setting: str


@dataclass(frozen=True, slots=True)
class Compile:
    """The figures of the case are counted from the records."""


Order = Cause | Add | Go | Push | Let | Change | Happened | Tell | Waived | Compile
Check = Callable[[Facts], str | Waived | None]
Effect = Callable[[Facts], Iterable[Order]]


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition: the sentence that refuses, what was waived, or nothing.

    With ``personal`` it is about who asks, and the move is not even offered to others.
    """

    check: Check
    rules: tuple[str, ...]
    personal: bool = False


def guard(*rules: str) -> Callable[[Check], Guard]:
    """Make a guard of a check, with the rules that demand it."""
    return lambda check: Guard(check, rules)


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a flow's table.

    ``sources`` empty means every open state, ``to`` empty that the state stays, and
    where the facts decide between them ``ends`` are the states that it may lead to. It
    needs one of ``actions`` as a right, ``asks`` filled in, and may take ``offers``.
    With ``line`` those are the fields of a new line of that type; ``reason`` among
    them is a sentence for the history. An ``automatic`` move is made by the house
    alone, and ``when_caused_closed`` as soon as everything the case caused is closed.
    ``lists`` has the codes that a checklist of the form is limited to; a field that has
    none for this case is not asked.
    """

    code: str
    title: Words
    to: str | Callable[[Facts], str] = ""
    sources: tuple[str, ...] = ()
    actions: tuple[str, ...] = ("update",)
    asks: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    line: str = ""
    sets: Mapping[str, Callable[[Facts], Any]] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    then: tuple[Effect, ...] = ()
    rules: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    automatic: bool = False
    when_caused_closed: bool = False
    main: bool = False
    lists: Mapping[str, Callable[[Facts], Sequence[str]]] = field(default_factory=dict)

    def starts_from(self, state: str, opens: bool) -> bool:
        """Whether it can be made in that state."""
        return state in self.sources if self.sources else opens

    @property
    def leads_to(self) -> tuple[str, ...]:
        """The states that it may lead to; none when the state stays."""
        return self.ends or ((self.to,) if isinstance(self.to, str) and self.to else ())

    def target(self, facts: Facts) -> str:
        """The state that the case is in afterwards."""
        to = self.to(facts) if callable(self.to) else self.to
        return to or facts.state


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a move comes to: the new state, the values set, the orders to carry out."""

    state: str
    changes: Mapping[str, Any]
    orders: tuple[Order, ...]


def objections(move: Move, facts: Facts) -> tuple[list[str], list[Waived]]:
    """The sentences of every guard that refuses, and what others waive."""
    told = [guard.check(facts) for guard in move.guards]
    refused = [one for one in told if isinstance(one, str)]
    return refused, [one for one in told if isinstance(one, Waived)]


def too_late() -> str:
    """Why a step of another state cannot be made."""
    return _("This step is not possible any more; look at the record.")


def decide(move: Move, facts: Facts, *, opens: bool) -> Outcome:
    """What the move comes to; Refused says what is in its way.

    ``opens`` is whether the case stands in an open state.
    """
    if not move.starts_from(facts.state, opens):
        raise Refused([too_late()])
    asked = facts if not move.line else replace(facts, row=NOTHING)
    missing = [name for name in move.asks if _is_nothing(asked[name])]
    if missing:
        raise Refused([_("Something is still to be filled in.")], missing)
    refused, waived = objections(move, facts)
    if refused:
        raise Refused(refused)
    changes = {name: value(facts) for name, value in move.sets.items()}
    known = replace(facts, given={**facts.given, **changes})
    orders = [order for effect in move.then for order in effect(known)]
    return Outcome(move.target(known), changes, (*waived, *orders))


def _is_nothing(value: Any) -> bool:
    """Whether a field is not filled in; a nought is."""
    return value is None or value is False or value in ("", [])


def at_once(facts: Facts) -> dt.datetime:
    """The moment of the move, for a field that it stamps."""
    return facts.now


def once(name: str) -> Callable[[Facts], Any]:
    """The moment of the move, for a field that it stamps unless somebody filled it."""
    return lambda facts: facts[name] or facts.now


def today(facts: Facts) -> dt.date:
    """The office's date, for a field that the move stamps."""
    return facts.day(facts.now)


def by_me(facts: Facts) -> int | None:
    """Whoever makes the move, for a field that it stamps."""
    return facts.me


def always(value: Any) -> Callable[[Facts], Any]:
    """One value, for a field that the move sets."""
    return lambda facts: value
