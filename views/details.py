"""A record on its page: what was said, what was done, its lines and its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard
from zoneinfo import ZoneInfo

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, actor_of, can, may, may_reveal, readable, shown_plain
from core.columns import Field
from core.db import db, now
from core.record import Case, Part, Record, fields, parts, record_type
from core.words import _, say, spoken
from views.attached import Files, files
from views.context import by_hand, called, titles
from views.due import ClockLine, clock_lines
from views.flow_pages import flow_url, next_by
from views.hints import Advice, advice
from views.near import related
from views.offers import Offer, offers
from views.parts import lines, part_names
from views.printing.menu import PrintMenu, record_menu
from views.saving import is_binding, may_void
from views.signing import Marks, marks
from views.tags import tags
from views.targets import Target, targets
from views.told import Line as Entry
from views.told import record_history
from views.typed import is_free, softened
from views.values import (
    brief,
    by_names,
    due_words,
    paragraphs,
    person_label_masked,
    plain_words,
    this_day,
    time_tag,
    zone,
)
from views.way import Step, way

SYSTEM = (
    "project_id",
    "number",
    "state",
    "source_id",
    "next_due_at",
    "closed_at",
    "created_at",
    "created_by_id",
    "updated_at",
    "void_reason",
)


SHOWN = 20
"""Entries of the history on the page itself."""


Action = tuple[str, str, bool]
"""Words, address, and whether it is the main thing to do."""
Offered = dict[str, Callable[[Actor, Record], list[Action]]]
ACTIONS: Offered = {}
"""What views of their own, by name, offer on the pages of records."""
POSTS: Offered = {}
"""Acts of one press that they offer there."""


@dataclass(slots=True)
class Shown:
    """One field on a record page."""

    label: str
    value: Markup | str
    source: str = ""
    reveal: str = ""
    unit: str = ""


PartLines = tuple[str, list[str], list[list[Markup | str]]]
"""Title, headings and rows of the lines of one kind."""


@dataclass(slots=True)
class DetailsPage:
    """Everything ``details.html`` shows."""

    title: str
    number: str
    type: str
    state: tuple[str, str]
    marks: list[tuple[str, str]]
    way: list[Step]
    groups: list[tuple[str, list[Shown]]]
    parts: list[PartLines]
    actions: list[Action]
    id: int
    version: int
    void_url: str = ""
    reveal_url: str = ""
    purposes: list[str] = field(default_factory=list)
    related: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    history_url: str = ""
    list_url: str = ""
    revealed: str = ""
    posts: list[Action] = field(default_factory=list)
    printing: PrintMenu | None = None
    offers: list[Offer] = field(default_factory=list)
    move_url: str = ""
    clocks: list[ClockLine] = field(default_factory=list)
    files: Files | None = None
    signed: Marks | None = None
    advice: list[Advice] = field(default_factory=list)
    flow_url: str = ""
    waits_for: str = ""
    """What others have to do next, where the reader has no step to make."""


def details_page(
    session: Session,
    actor: Actor,
    record: Record,
    revealed: tuple[str, str] | None = None,
    tried: Offer | None = None,
) -> DetailsPage:
    """The page of a record that the actor may read; ``revealed`` is (field, value).

    ``tried`` is the step that was asked for and could not be made.
    """
    cls = type(record)
    number = called(record)
    posts = _offered(POSTS, actor, record)
    steps = offers(session, actor, record, tried) if _moves(record) else []
    return DetailsPage(
        title=_title(actor, record, number),
        number=number,
        type=titles(cls),
        state=_state(record),
        marks=_marks(session, record) + tags(session, actor, record),
        way=way(actor, record),
        groups=_groups(session, actor, record, revealed),
        parts=[p for p in (_lines(session, actor, record, t) for t in parts(cls)) if p],
        actions=_actions(actor, record, posts),
        id=record.id,
        version=record.version,
        void_url=url_for(f"{cls.slug}.delete_view") if _voidable(actor, record) else "",
        reveal_url=url_for(f"{cls.slug}.reveal_view"),
        purposes=[
            _("contact about an open matter"),
            _("checking identity"),
            _("correcting the file"),
        ],
        related=related(session, actor, record),
        advice=advice(session, cls.slug),
        history=record_history(session, actor, record, SHOWN),
        history_url=url_for(f"{cls.slug}.history_view", id=record.id),
        list_url=url_for(f"{cls.slug}.index_view"),
        revealed=revealed[0] if revealed else "",
        posts=posts,
        printing=record_menu(actor, record),
        offers=steps,
        move_url=url_for(f"{cls.slug}.move_view") if _moves(record) else "",
        clocks=clock_lines(session, actor, record),
        files=files(session, actor, record, revealed),
        signed=marks(session, actor, record),
        flow_url=flow_url(cls),
        waits_for=_waits_for(session, record, steps),
    )


def _waits_for(session: Session, record: Record, steps: list[Offer]) -> str:
    mine = any(one.move.main for one in steps)
    return next_by(session, record) if _moves(record) and not mine else ""


def _moves(record: Record) -> TypeGuard[Case]:
    return isinstance(record, Case) and record.voided_at is None


def _title(actor: Actor, record: Record, number: str) -> str:
    kind = person_label_masked(actor, record.slug)
    words = privacy.mask(number, kind) if kind else number
    if (
        isinstance(record, Case)
        and record.content
        and readable(actor, type(record), ["content"], record)
    ):
        first = softened(actor, type(record), record.content, record).splitlines()[0]
        words += " " + brief(first, 28)
    return words


def _state(record: Record) -> tuple[str, str]:
    if record.voided_at is not None:
        return _("voided"), "void"
    flow = type(record).flow
    if flow is None or not isinstance(record, Case):
        return "", ""
    state = flow.state(record.state)
    return say(state.now), state.kind


def _marks(session: Session, record: Record) -> list[tuple[str, str]]:
    if not isinstance(record, Case) or record.voided_at is not None:
        return []
    found = [(_("urgent"), "late")] if record.urgent else []
    found += [(words, "late") for words in _alike(actor_of(session), record)]
    if record.open and record.next_due_at:
        found.append(_due(record.next_due_at, zone(session)))
    ends = getattr(record, "valid_until", None)
    if ends and record.state == "active" and ends < this_day(session):
        found.append((_("has run out"), "late"))  # worked out, never stored
    return found


def _due(due: dt.datetime, place: ZoneInfo) -> tuple[str, str]:
    words, tone = due_words(due, now(), place)
    return time_tag(due, place, words), tone


def _alike(actor: Actor, record: Record) -> Iterator[str]:
    """The words of the record's marks, for whoever may read what they tell."""
    for mark in type(record).marks:
        if readable(actor, type(record), [mark.field], record):
            key = getattr(record, mark.field)
            if key and key in [getattr(record, name) for name in mark.others]:
                yield say(mark.words)


def _groups(
    session: Session, actor: Actor, record: Record, revealed: tuple[str, str] | None
) -> list[tuple[str, list[Shown]]]:
    cls = type(record)
    names = readable(actor, cls, fields(cls), record)
    spine = [n for n in names if n in cls.spine]
    system = [n for n in names if n in SYSTEM and n not in spine]
    aside = {*spine, *system}
    own = [
        n
        for n in names
        if n not in aside and (not fields(cls)[n].auto or getattr(record, n))
    ]
    known = targets(session, actor, record, names)
    made = [
        (heading, [show(session, actor, record, n, revealed, known) for n in group])
        for heading, group in (
            (_("What was said"), spine),
            (_("What was done") if spine else "", own),
            (_("Record"), system),
        )
    ]
    kept = [(h, [s for s in g if s.value or h != _("Record")]) for h, g in made]
    return [(heading, group) for heading, group in kept if group]


def show(
    session: Session,
    actor: Actor,
    record: Record,
    name: str,
    revealed: tuple[str, str] | None,
    known: dict[str, Target],
) -> Shown:
    """One field of a record as this actor sees it."""
    cls, declared = type(record), fields(type(record))[name]
    value, reveal = getattr(record, name), ""
    words: Markup | str
    if revealed and revealed[0] == name:
        words = revealed[1]
    elif declared.personal and not shown_plain(actor, cls, name, record):
        words = privacy.mask(value, declared.personal)
        reveal = name if value and may_reveal(actor, cls, name, record) else ""
    else:
        words = _words(session, actor, record, name, known.get(name))
    return Shown(say(declared.label), words, declared.row, reveal)


def _words(
    session: Session, actor: Actor, record: Record, name: str, target: Target | None
) -> Markup | str:
    declared, value = fields(type(record))[name], getattr(record, name)
    if value is None:
        return ""
    if declared.type == "ref":
        return _link(actor, declared, value, target)
    if declared.type == "moment":
        return time_tag(value, zone(session))
    if is_free(declared) and not by_names(declared, value):
        return paragraphs(spoken(softened(actor, type(record), str(value), record)))
    if declared.type == "long":
        return paragraphs(str(value))
    return plain_words(session, declared, value, type(record).flow)


def _link(
    actor: Actor, declared: Field, key: int, target: Target | None
) -> Markup | str:
    if target is None:
        return ""
    kind = person_label_masked(actor, declared.ref)
    label = privacy.mask(target.label, kind) if kind else target.label
    if not target.open or not may(actor, "read", record_type(target.slug)):
        return label
    return Markup('<a href="{}">{}</a>').format(
        url_for(f"{target.slug}.details_view", id=key), label
    )


def case_slug(session: Session, key: int) -> str:
    """The record type of a case of that id."""
    table = Case.__table__
    query = table.select().with_only_columns(table.c.type).where(table.c.id == key)
    return str(session.connection().execute(query).scalar_one())


def _lines(
    session: Session, actor: Actor, record: Record, part: type[Part]
) -> PartLines | None:
    if not may(actor, "read", part):
        return None
    names = part_names(actor, part, type(record))
    known = fields(part)
    rows = []
    for line in lines(record, part):
        to = targets(session, actor, line, names)
        rows.append([show(session, actor, line, n, None, to).value for n in names])
    return (
        (say(part.title), [say(known[n].label) for n in names], rows) if rows else None
    )


def _actions(actor: Actor, record: Record, posts: list[Action]) -> list[Action]:
    found = _offered(ACTIONS, actor, record)
    stands = record.voided_at is None and by_hand(type(record), "update")
    if stands and can(actor, "update", record):
        pressed = any(main for _words, _url, main in posts)
        address = url_for(f"{record.slug}.edit_view", id=record.id)
        edit = (_("Edit"), address, not (isinstance(record, Case) or pressed))
        found = [edit, *found]
    return found


def _offered(known: Offered, actor: Actor, record: Record) -> list[Action]:
    return [one for more in known.values() for one in more(actor, record)]


def _voidable(actor: Actor, record: Record) -> bool:
    standing = record.voided_at is None and not is_binding(record)
    return standing and may_void(db.session(), actor, record)
