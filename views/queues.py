"""Follow-up queues: named filters over the case spine, and why each row is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from flask import Blueprint, Flask, abort, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import privacy
from core.access import Actor, may, readable
from core.db import db, now
from core.indexes import UNCLOSED
from core.kept import lately, worked_out
from core.record import Case, Record, record_type, record_types
from core.scope import where
from core.words import _, language, say
from models import Department, Person, Staff, Unit
from views.asked import PAGE, _place
from views.context import actor
from views.rows import escape_all
from views.shell import render
from views.values import age_words, brief, due_words, person_label_masked, zone

CAP = 99
SPINE = Case.__table__
page = Blueprint("queues", __name__)


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: which cases, and the words of its title."""

    slug: str
    title: tuple[str, str]
    about: tuple[str, str]
    criteria: Callable[[Actor], list[ColumnElement[bool]]]


def _unclosed(who: Actor) -> list[ColumnElement[bool]]:
    return [UNCLOSED, SPINE.c.voided_at.is_(None)]


def _mine(who: Actor) -> list[ColumnElement[bool]]:
    held = SPINE.c.holder_id == (who.staff_id or 0)
    if who.departments:
        held |= SPINE.c.department_id.in_(sorted(who.departments))
    return [*_unclosed(who), held]


QUEUES = (
    Queue(
        "unclosed",
        ("未关闭", "Unclosed"),
        (
            "还没有办结的单据，最早的在前。每天盘点，持续跟进直至关闭。",
            "Every case that is not closed yet, oldest first.",
        ),
        _unclosed,
    ),
    Queue(
        "mine",
        ("我的", "Mine"),
        (
            "由我或我部门负责、还没有办结的。",
            "Unclosed cases held by me or my department.",
        ),
        _mine,
    ),
)


def scoped(who: Actor, queue: Queue) -> list[ColumnElement[bool]]:
    """A queue's criteria within what the reader may see."""
    return [*queue.criteria(who), where(who, "read", Case)]


def count(session: Session, who: Actor, queue: Queue, cap: int = CAP) -> int:
    """How many cases stand in a queue, counted to one past ``cap``; seconds old."""
    key = ("count", queue.slug, cap)
    query = worked_out(who, key, lambda: _count_query(who, queue, cap))

    def load() -> int:
        return int(session.connection().execute(query).scalar_one())

    return lately(session, who, key, load)


def _count_query(who: Actor, queue: Queue, cap: int) -> Select[Any]:
    some: Select[Any] = (
        select(literal_column("1"))
        .select_from(SPINE)
        .where(*scoped(who, queue))
        .limit(literal_column(str(cap + 1)))
    )
    return select(func.count()).select_from(some.subquery())


def visible(who: Actor) -> bool:
    """Whether the reader may see any kind of case."""
    return bool(kinds_of(who))


def kinds_of(who: Actor) -> tuple[type[Record], ...]:
    """The kinds of cases that the reader may see."""
    return worked_out(
        who,
        ("kinds", len(record_types())),
        lambda: tuple(
            cls
            for cls in record_types()
            if issubclass(cls, Case) and may(who, "read", cls)
        ),
    )


def menu_queues(session: Session, who: Actor) -> list[tuple[str, str, str, bool]]:
    """(title, address, count, on) for the menu."""
    if not visible(who):
        return []
    found = []
    for queue in QUEUES:
        n = count(session, who, queue)
        url = url_for("queues.queue", slug=queue.slug)
        words = f"{CAP}+" if n > CAP else str(n)
        found.append((say(queue.title), url, words, request.path == url))
    return found


@page.get("/queues/<slug>/")
def queue(slug: str) -> str | Response:
    """One queue as a list, oldest first."""
    one = next((q for q in QUEUES if q.slug == slug), None)
    if one is None or not visible(actor()):
        abort(404)
    session, who = db.session(), actor()
    kind, kinds = request.args.get("kind", ""), kinds_of(who)
    kind = kind if kind in {t.slug for t in kinds} else ""
    rows, after = queue_rows(session, who, one, kind, request.args.get("after", ""))
    n = count(session, who, one, 10_000)
    address = url_for("queues.queue", slug=slug)
    tabs, here = [(_("All"), address, not kind)], present(session, who, one)
    tabs += [
        (say(t.title), f"{address}?kind={t.slug}", kind == t.slug)
        for t in kinds
        if t.slug in here
    ]
    return render(
        "queue.html",
        page={
            "title": say(one.title),
            "about": say(one.about),
            "tabs": tabs,
            "heads": [(words, "", "") for words in heads()],
            "rows": draw(session, who, rows),
            "total": _("{n} in all", n="10,000+" if n > 10_000 else f"{n:,}"),
            "empty": _("Nothing is waiting here."),
            "next_url": f"{address}?kind={kind}&after={after}" if after else "",
            "prev_url": address + (f"?kind={kind}" if kind else "")
            if request.args.get("after")
            else "",
        },
    )


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


def present(session: Session, who: Actor, one: Queue) -> set[str]:
    """The kinds of case among the first few hundred of a queue."""
    key = ("present", one.slug)

    def make() -> Select[Any]:
        some = select(SPINE.c.type).where(*scoped(who, one)).limit(500).subquery()
        return select(some.c.type).distinct()

    def load() -> set[str]:
        query = worked_out(who, key, make)
        return set(session.connection().execute(query).scalars())

    return lately(session, who, key, load)


def queue_rows(
    session: Session, who: Actor, one: Queue, kind: str, after: str, limit: int = PAGE
) -> tuple[Sequence[Any], str]:
    """A page of a queue, oldest first, and the place behind it."""
    place = moment_place(after)
    key = ("queue", one.slug, kind, place is not None, limit)
    query = worked_out(who, key, lambda: _page_query(who, one, kind, key[3:]))
    values = {"received_at": place[0], "id": place[1]} if place else {}
    rows = session.connection().execute(query, values).all()
    if len(rows) <= limit:
        return rows, ""
    last = rows[limit - 1]
    return rows[:limit], f"{last.received_at.isoformat()}~{last.id}"


def _page_query(
    who: Actor, one: Queue, kind: str, page: tuple[bool, int]
) -> Select[Any]:
    """The ids of a page along an index, then their columns."""
    criteria, (placed, limit) = scoped(who, one), page
    order = (SPINE.c.received_at, SPINE.c.id)
    if kind:
        criteria.append(SPINE.c.type == literal_column(f"'{kind}'"))
    if placed:
        place = [bindparam(column.name, type_=column.type) for column in order]
        criteria.append(tuple_(*order) > tuple_(*place))
    ids = (
        select(SPINE.c.id)
        .where(*criteria)
        .order_by(*order)
        .limit(literal_column(str(limit + 1)))
        .subquery("page")
    )
    source = SPINE.join(ids, ids.c.id == SPINE.c.id)
    columns = [SPINE.c[n] for n in _NEEDED]
    for name, table, column in _LABELS:
        other = table.alias(f"ref_{name}")
        source = source.outerjoin(other, other.c.id == SPINE.c[column])
        columns.append(other.c.name.label(name))
    return select(*columns).select_from(source).order_by(*order)


_NEEDED = "id type number content state urgent received_at next_due_at".split()
_LABELS = (
    ("unit", Unit.__table__, "unit_id"),
    ("person", Person.__table__, "person_id"),
    ("holder", Staff.__table__, "holder_id"),
    ("department", Department.__table__, "department_id"),
)


def moment_place(after: str) -> tuple[Any, int] | None:
    """The moment and the id that a page begins behind; None of what is no place."""
    place = _place(after)
    if place is None:
        return None
    try:
        return dt.datetime.fromisoformat(place[0]).astimezone(dt.UTC), place[1]
    except ValueError:
        return None


def draw(session: Session, who: Actor, rows: Sequence[Any]) -> Markup:
    """The rows of a queue: what, where, whose, by when, and why here."""
    place, at, urgent = zone(session), now(), _("urgent")
    kinds = {kind: _kind(who, kind) for kind in {row.type for row in rows}}
    texts: list[str] = []
    marks = []
    for row in rows:
        kind = kinds[row.type]
        due, css = "", ""
        if row.next_due_at:
            due, css = due_words(row.next_due_at, at, place)
        matter = (row.content or "") if kind.matter else ""
        texts += (
            row.number,
            row.unit or "",
            kind.person(row.person) if row.person else "",
            brief(matter, 40),
            kind.states.get(row.state, row.state),
            row.holder or row.department or "",
            (row.holder and row.department) or "",
            due,
            _("open for {age}", age=age_words(row.received_at, at)),
        )
        marks.append((kind, row.id, urgent if row.urgent else "", css))
    safe = iter(escape_all(texts))
    return Markup("".join(_row(mark, safe) for mark in marks))  # noqa: S704  escaped


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rows of one kind have in common for one reader; escaped where drawn."""

    address: str
    title: str
    states: dict[str, str]
    matter: bool
    person: Callable[[str], str]


def _kind(who: Actor, slug: str) -> _Kind:
    def make() -> _Kind:
        cls = record_type(slug)
        seen = readable(who, cls, ["unit_id", "person_id", "content"])
        masked = person_label_masked(who, "person")
        return _Kind(
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


def _row(mark: tuple[_Kind, int, str, str], safe: Iterator[str]) -> str:
    kind, key, urgent, css = mark
    number, unit, person, matter, state, holder, team, due, why = islice(safe, 9)
    if due:
        due = f'<span class="chip {css}">{due}</span>'
    if urgent:
        matter = f'<span class="chip late">{urgent}</span> {matter}'
    return (
        f'<tr><td><a href="{kind.address}{key}">{number}</a>'
        f'<small class="soft">{kind.title}</small></td>'
        f"<td>{unit}{_small(person)}</td>"
        f'<td class="wide">{matter}</td><td><span class="chip flat">{state}</span></td>'
        f'<td>{holder}{_small(team)}</td><td>{due}</td><td class="soft">{why}</td></tr>'
    )


def _small(safe: str) -> str:
    return f'<small class="soft">{safe}</small>' if safe else ""


def init_app(app: Flask) -> None:
    """Register the queues."""
    app.register_blueprint(page)
