"""A queue's rows: what, where, whose, by when, why here, and the step to make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, can_row, of_every_row, readable
from core.db import now
from core.kept import worked_out
from core.moves import Move
from core.record import Case, Record, record_type
from core.words import Words, _, language, say
from rules.flows.marks import STOCKTAKE
from views.due import until_words
from views.queues.briefs import briefs
from views.rows import BREAK, escape_all
from views.timetable import Timetable, rule_titles, timetable
from views.typed import softened
from views.values import (
    brief,
    minutes_between,
    on_day,
    person_label_masked,
    span,
    zone,
)

STEPS = 2
"""Buttons in one row."""
TEXTS = 8
"""Pieces of a row that are escaped."""
HOLE = "\x1f"
"""Where the id of a row goes in what all of them have."""
UNSURE = "\x1e"
"""Instead of buttons where a right depends on the row."""


def heads() -> tuple[str, ...]:
    """Column headings of every queue."""
    return (
        _("Number"),
        _("Home / customer"),
        _("Matter"),
        _("State"),
        _("Held by"),
        _("Due"),
        _("Why it is here"),
    )


def draw(
    session: Session,
    who: Actor,
    rows: Sequence[Any],
    acting: bool = False,
    counting: bool = False,
) -> Markup:
    """The rows of a queue; ``acting`` gives each a tick and its next steps.

    ``counting`` gives each a remark and the mark of the stocktake instead.
    """
    at, place = now(), zone(session)
    pen = _Pen(
        at,
        place,
        at.astimezone(place).date(),
        rule_titles(session),
        kinds={slug: _kind(who, slug) for slug in {row.type for row in rows}},
        tables={key: timetable(session, key) for key in {r.project_id for r in rows}},
        told=briefs(session, who, rows) if acting else {},
        urgent=_("urgent"),
        counted=_("taken stock today"),
        tick=str(escape(_("Choose"))) if acting else "",
    )
    dues = [pen.due(row) if row.due_at else ("", "") for row in rows]
    told = zip(rows, _matters(who, rows, pen.kinds), dues, strict=True)
    safe = iter(escape_all([t for one in told for t in pen.texts(*one)]))
    drawn = []
    for row, (_words, css) in zip(rows, dues, strict=True):
        buttons = pen.kinds[row.type].buttons(who, row) if acting else ""
        if counting and may_count(who, row):
            buttons = _count_button(row)
        drawn.append(pen.row(row, islice(safe, TEXTS), css, buttons))
    return Markup("".join(drawn))  # noqa: S704  every text in it was escaped


def _matters(
    who: Actor, rows: Sequence[Any], kinds: Mapping[str, _Kind]
) -> Sequence[str]:
    """What each row is about, without the numbers that the reader may not know."""
    told = [row.content or "" if kinds[row.type].matter else "" for row in rows]
    if not privacy.numbers_in(BREAK.join(told)):  # once for the page
        return told
    lines = zip(rows, told, strict=True)
    return [softened(who, kinds[row.type].cls, text) for row, text in lines]


@dataclass(frozen=True, slots=True)
class _Pen:
    """What all rows of a page are drawn with."""

    at: dt.datetime
    place: ZoneInfo
    today: dt.date
    rules: Mapping[str, Words]
    kinds: Mapping[str, _Kind]
    tables: Mapping[int, Timetable]
    told: Mapping[int, str]
    urgent: str
    counted: str
    tick: str

    def due(self, row: Any) -> tuple[str, str]:
        """How late it is, and the class of the chip that says so."""
        return until_words(self.tables[row.project_id], row, self.at)

    def texts(self, row: Any, matter: str, due: tuple[str, str]) -> tuple[str, ...]:
        """What of a row is to be escaped."""
        return (
            row.number,
            row.unit or "",
            self.kinds[row.type].person(row.person) if row.person else "",
            brief(matter, 40),
            row.holder or row.department or "",
            (row.holder and row.department) or "",
            due[0],
            self._why(row),
        )

    def _why(self, row: Any) -> str:
        words = _lain(language(), minutes_between(row.received_at, self.at))
        if row.rule:
            rule = self.rules.get(row.rule)
            words = f"{say(rule) if rule else row.rule} · {words}"
        if row.urged:
            words += " · " + _("urged {n} times", n=row.urged)
        return words

    def row(self, row: Any, safe: Iterator[str], css: str, buttons: str) -> str:
        """One row, of texts that were escaped."""
        number, unit, person, matter, holder, team, due, why = safe
        kind, key = self.kinds[row.type], row.id
        if row.due_at:
            exact = _exact(language(), row.due_at, self.place, self.today)
            due = f'<time class="chip {css}" {exact}>{due}</time>'
        if row.urgent:
            matter = f'<span class="chip late">{self.urgent}</span> {matter}'
        seen = row.stocktaken_at
        if seen and seen.astimezone(self.place).date() == self.today:
            why += f' <span class="chip done">{self.counted}</span>'
        picked = (
            f'<input class="pick" type="checkbox" name="pick"'
            f' value="{kind.cls.slug}:{key}" aria-label="{self.tick} {number}"> '
            if self.tick
            else ""
        )
        return (
            f'<tr><td>{picked}<a href="{kind.address}{key}">{number}</a>{kind.title}'
            f"</td><td>{unit}{_small(person)}</td>"
            f'<td class="wide">{matter}{_small(self.told.get(key, ""))}</td>'
            f"<td>{kind.state(row.state)}</td>"
            f"<td>{holder}{_small(team)}</td><td>{due}</td>"
            f'<td class="soft">{why}{buttons}</td></tr>'
        )


@lru_cache(maxsize=4096)
def _exact(code: str, due: dt.datetime, place: ZoneInfo, today: dt.date) -> str:
    """A moment for machines and for people; readers of a queue ask for the same few."""
    said = escape(on_day(due, place, today))
    return f'datetime="{due.isoformat()}" title="{said}"'


@lru_cache(maxsize=4096)
def _lain(code: str, minutes: int) -> str:
    """How long a case is open, in the language that is spoken."""
    return _("open for {age}", age=span(code, minutes))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rows of one kind have in common for one reader, in one language."""

    cls: type[Case]
    address: str
    title: str
    states: dict[str, str]
    matter: bool
    person: Callable[[str], str]
    pressed: dict[tuple[str, int], str]

    def state(self, code: str) -> str:
        """A state as a chip."""
        return self.states.get(code) or _chip(code)

    def buttons(self, who: Actor, row: Any) -> str:
        """The next steps that one press makes and that the reader may make."""
        key = row.state, row.project_id
        drawn = self.pressed.get(key)
        if drawn is None:
            drawn = self.pressed[key] = self._of_all(who, row)
        if drawn is UNSURE:
            drawn = _drawn(self.cls, self._steps(who, row))
        return drawn.replace(HOLE, str(row.id))

    def _of_all(self, who: Actor, row: Any) -> str:
        """The buttons of all rows in that state and project, if they are the same."""
        sure = {
            action: of_every_row(who, action, self.cls, row.project_id)
            for move in _pressed(self.cls, row.state)
            for action in move.actions
        }
        if None in sure.values():
            return UNSURE
        return _drawn(self.cls, self._steps(who, row))

    def _steps(self, who: Actor, row: Any) -> Iterable[Move]:
        found = (
            move
            for move in _pressed(self.cls, row.state)
            if any(can_row(who, action, self.cls, row) for action in move.actions)
        )
        return islice(found, STEPS)


@cache
def _pressed(cls: type[Case], state: str) -> tuple[Move, ...]:
    """The main steps from a state that need nothing filled in."""
    flow = cls.flow
    assert flow is not None
    opens = flow.is_open(state)
    plain = (m for m in flow.moves if m.main and not (m.asks or m.offers))
    return tuple(m for m in plain if not m.automatic and m.starts_from(state, opens))


def _kind(who: Actor, slug: str) -> _Kind:
    def make() -> _Kind:
        cls = record_type(slug)
        assert issubclass(cls, Case)
        seen = readable(who, cls, ["unit_id", "person_id", "content"])
        masked = person_label_masked(who, "person")
        return _Kind(
            cls,
            str(escape(url_for(f"{slug}.details_view") + "?id=")),
            _small(str(escape(say(cls.title)))),
            {s.code: _chip(say(s.now)) for s in cls.flow.states} if cls.flow else {},
            "content" in seen,
            _person("person_id" in seen, masked),
            {},
        )

    return worked_out(who, ("kind", slug, language()), make)


def _chip(words: str) -> str:
    return f'<span class="chip flat">{escape(words)}</span>'


def _person(seen: bool, masked: str) -> Callable[[str], str]:
    """How a customer's name is shown: not at all, masked, or as it is."""
    if not seen:
        return lambda name: ""
    return partial(privacy.mask, kind=masked) if masked else str


def may_count(who: Actor, row: Any) -> bool:
    """Whether the reader may mark a row as seen in the stocktake."""
    flow, cls = record_type(row.type).flow, record_type(row.type)
    known = flow is not None and STOCKTAKE in flow.moves
    return known and any(can_row(who, a, cls, row) for a in STOCKTAKE.actions)


def _count_button(row: Any) -> str:
    """The mark of the stocktake with its remark."""
    words, name = escape(_("Remark")), f"remark-{row.type}:{row.id}"
    button = _drawn(record_type(row.type), [STOCKTAKE]).replace(HOLE, str(row.id))
    return (
        f'<span class="inline"><input name="{name}" maxlength="200"'
        f' placeholder="{words}" aria-label="{words} {escape(row.number)}">'
        f"{button}</span>"
    )


def _drawn(cls: type[Record], steps: Iterable[Move]) -> str:
    """One press each, in the form around the table; the row's id goes in the hole."""
    return "".join(
        f' <button class="btn small" name="do" value="{cls.slug}:{HOLE}:{move.code}">'
        f"{escape(say(move.title))}</button>"
        for move in steps
    )


def _small(safe: str) -> str:
    return f'<small class="soft">{safe}</small>' if safe else ""
