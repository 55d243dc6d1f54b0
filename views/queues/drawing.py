"""A queue's rows: what, where, whose, by when, why here, and the step to make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import (
    cache,
    partial,
)
from itertools import islice
from typing import Any

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, can_row, readable
from core.db import now
from core.kept import worked_out
from core.moves import Move
from core.record import Case, record_type
from core.words import Words, _, language, say
from rules.flows.marks import STOCKTAKE
from views.due import until_words
from views.queues.briefs import briefs
from views.rows import escape_all
from views.timetable import rule_titles, timetable
from views.typed import softened
from views.values import age_words, brief, person_label_masked, when, zone

STEPS = 2
"""Buttons in one row."""


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
    place, at, urgent = zone(session), now(), _("urgent")
    kinds = {slug: _kind(who, slug) for slug in {row.type for row in rows}}
    tables = {key: timetable(session, key) for key in {r.project_id for r in rows}}
    rules = rule_titles(session)
    told = briefs(session, who, rows) if acting else {}
    texts: list[str] = []
    marks = []
    for row in rows:
        kind, due, css = kinds[row.type], "", ""
        if row.due_at:
            due, css = until_words(tables[row.project_id], row, at)
        matter = softened(who, kind.cls, (row.content or "") if kind.matter else "")
        texts += (
            row.number,
            row.unit or "",
            kind.person(row.person) if row.person else "",
            brief(matter, 40),
            kind.states.get(row.state, row.state),
            row.holder or row.department or "",
            (row.holder and row.department) or "",
            due,
            when(row.due_at, place, at) if row.due_at else "",
            _why(row, rules, at),
            _("taken stock today") if _counted(row, at, place) else "",
        )
        steps = kind.steps(who, row) if acting else []
        if counting and may_count(who, row):
            steps = [STOCKTAKE]
        more = told.get(row.id, "")
        marks.append((kind, row, urgent if row.urgent else "", css, steps, more))
    safe = iter(escape_all(texts))
    tick = escape(_("Choose")) if acting else ""
    html = "".join(_row(mark, safe, str(tick)) for mark in marks)
    return Markup(html)  # noqa: S704  every text in it was escaped


def _why(row: Any, rules: Mapping[str, Words], at: dt.datetime) -> str:
    words = [say(rules[row.rule]) if row.rule in rules else row.rule]
    words = words if row.rule else []
    words.append(_("open for {age}", age=age_words(row.received_at, at)))
    if row.urged:
        words.append(_("urged {n} times", n=row.urged))
    return " · ".join(words)


def _counted(row: Any, at: dt.datetime, place: dt.tzinfo) -> bool:
    seen: dt.datetime | None = row.stocktaken_at
    if seen is None:
        return False
    return seen.astimezone(place).date() == at.astimezone(place).date()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rows of one kind have in common for one reader; escaped where drawn."""

    cls: type[Case]
    address: str
    title: str
    states: dict[str, str]
    matter: bool
    person: Callable[[str], str]

    def steps(self, who: Actor, row: Any) -> list[Move]:
        """The next steps that one press makes, and that the reader may make."""
        found = (
            move
            for move in _pressed(self.cls, row.state)
            if any(can_row(who, action, self.cls, row) for action in move.actions)
        )
        return list(islice(found, STEPS))


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
            str(escape(say(cls.title))),
            {s.code: say(s.now) for s in cls.flow.states} if cls.flow else {},
            "content" in seen,
            _person("person_id" in seen, masked),
        )

    return worked_out(who, ("kind", slug, language()), make)


def _person(seen: bool, masked: str) -> Callable[[str], str]:
    """How a customer's name is shown: not at all, masked, or as it is."""
    if not seen:
        return lambda name: ""
    return partial(privacy.mask, kind=masked) if masked else str


def _row(
    mark: tuple[_Kind, Any, str, str, list[Move], str], safe: Iterator[str], tick: str
) -> str:
    kind, row, urgent, css, steps, more = mark
    texts = list(islice(safe, 11))
    number, unit, person, matter, state, holder, team, due, exact, why, seen = texts
    if due:
        due = (
            f'<time class="chip {css}" datetime="{row.due_at.isoformat()}"'
            f' title="{exact}">{due}</time>'
        )
    if urgent:
        matter = f'<span class="chip late">{urgent}</span> {matter}'
    if seen:
        why += f' <span class="chip done">{seen}</span>'
    picked = (
        f'<input class="pick" type="checkbox" name="pick"'
        f' value="{kind.cls.slug}:{row.id}" aria-label="{tick} {number}"> '
        if tick
        else ""
    )
    return (
        f'<tr><td>{picked}<a href="{kind.address}{row.id}">{number}</a>'
        f'<small class="soft">{kind.title}</small></td>'
        f"<td>{unit}{_small(person)}</td>"
        f'<td class="wide">{matter}{_small(more)}</td>'
        f'<td><span class="chip flat">{state}</span></td>'
        f"<td>{holder}{_small(team)}</td><td>{due}</td>"
        f'<td class="soft">{why}{_buttons(kind, row, steps)}</td></tr>'
    )


def may_count(who: Actor, row: Any) -> bool:
    """Whether the reader may mark a row as seen in the stocktake."""
    flow, cls = record_type(row.type).flow, record_type(row.type)
    known = flow is not None and STOCKTAKE in flow.moves
    return known and any(can_row(who, a, cls, row) for a in STOCKTAKE.actions)


def _buttons(kind: _Kind, row: Any, steps: list[Move]) -> str:
    """One press each, in the form around the table."""
    place = f"{kind.cls.slug}:{row.id}"
    remark = ""
    if STOCKTAKE in steps:
        words = escape(_("Remark"))
        remark = (
            f'<input name="remark-{place}" maxlength="200"'
            f' placeholder="{words}" aria-label="{words} {escape(row.number)}">'
        )
    buttons = "".join(
        f' <button class="btn small" name="do" value="{place}:{move.code}">'
        f"{escape(say(move.title))}</button>"
        for move in steps
    )
    return f'<span class="inline">{remark}{buttons}</span>' if remark else buttons


def _small(safe: str) -> str:
    return f'<small class="soft">{safe}</small>' if safe else ""
