"""Follow-up queues: named filters over the case spine, and why each row is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import privacy
from core.access import Actor, may, readable, where
from core.db import db, now
from core.record import Case, record_type, record_types
from core.words import _, say
from models import Department, Person, Staff, Unit
from views.asked import PAGE, _place
from views.context import actor
from views.shell import render
from views.values import age_words, due_words, person_label_masked, zone

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
    return [literal_column('"open"').is_(True), SPINE.c.voided_at.is_(None)]


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
            "Every case that is not closed yet, oldest first (S1-47, S1-48).",
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
    """How many cases stand in a queue, counted to one past ``cap``."""
    some: Select[Any] = (
        select(literal_column("1")).select_from(SPINE).where(*scoped(who, queue))
    )
    query = select(func.count()).select_from(some.limit(cap + 1).subquery())
    return int(session.connection().execute(query).scalar_one())


def visible(who: Actor) -> bool:
    """Whether the reader may see any kind of case."""
    return any(may(who, "read", cls) for cls in record_types() if issubclass(cls, Case))


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
    kind = request.args.get("kind", "")
    kinds = tuple(
        t for t in record_types() if issubclass(t, Case) and may(who, "read", t)
    )
    kind = kind if kind in {t.slug for t in kinds} else ""
    rows, after = queue_rows(session, who, one, kind, request.args.get("after", ""))
    n = count(session, who, one, 10_000)
    address = url_for("queues.queue", slug=slug)
    tabs = [(_("All"), address, not kind)]
    tabs += [
        (say(t.title), f"{address}?kind={t.slug}", kind == t.slug)
        for t in kinds
        if t.slug in present(session, who, one)
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
    some = select(SPINE.c.type).where(*scoped(who, one)).limit(500).subquery()
    return set(session.connection().execute(select(some.c.type).distinct()).scalars())


def queue_rows(
    session: Session, who: Actor, one: Queue, kind: str, after: str, limit: int = PAGE
) -> tuple[Sequence[Any], str]:
    """A page of a queue, oldest first, and the place behind it."""
    criteria = scoped(who, one)
    if kind:
        criteria.append(SPINE.c.type == kind)
    if place := _moment_place(after):
        criteria.append(tuple_(SPINE.c.received_at, SPINE.c.id) > tuple_(*place))
    order = (SPINE.c.received_at, SPINE.c.id)
    ids = (
        select(SPINE.c.id).where(*criteria).order_by(*order).limit(limit + 1).subquery()
    )
    source = SPINE.join(ids, ids.c.id == SPINE.c.id)
    columns = [SPINE.c[n] for n in _NEEDED]
    for name, table, column in _LABELS:
        other = table.alias(f"ref_{name}")
        source = source.outerjoin(other, other.c.id == SPINE.c[column])
        columns.append(other.c.name.label(name))
    query = select(*columns).select_from(source).order_by(*order)
    rows = session.connection().execute(query).all()
    if len(rows) <= limit:
        return rows, ""
    last = rows[limit - 1]
    return rows[:limit], f"{last.received_at.isoformat()}~{last.id}"


_NEEDED = "id type number content state urgent received_at next_due_at".split()
_LABELS = (
    ("unit", Unit.__table__, "unit_id"),
    ("person", Person.__table__, "person_id"),
    ("holder", Staff.__table__, "holder_id"),
    ("department", Department.__table__, "department_id"),
)


def _moment_place(after: str) -> tuple[Any, int] | None:
    place = _place(after)
    if place is None:
        return None
    try:
        return dt.datetime.fromisoformat(place[0]).astimezone(dt.UTC), place[1]
    except ValueError:
        return None


def draw(session: Session, who: Actor, rows: Sequence[Any]) -> Markup:
    """The rows of a queue: what, where, whose, by when, and why here."""
    place, at = zone(session), now()
    masked = person_label_masked(who, "person")
    drawn = []
    for row in rows:
        cls = record_type(row.type)
        seen = set(readable(who, cls, ["unit_id", "person_id", "content"]))
        state = say(cls.flow.state(row.state).now) if cls.flow else row.state
        person = privacy.mask(row.person, masked) if masked else row.person or ""
        matter = (row.content or "") if "content" in seen else ""
        due = ""
        if row.next_due_at:
            words, css = due_words(row.next_due_at, at, place)
            due = Markup('<span class="chip {}">{}</span>').format(css, words)
        why = _("open for {age}", age=age_words(row.received_at, at))
        values = (
            url_for(f"{row.type}.details_view", id=row.id),
            row.number,
            say(cls.title),
            row.unit or "",
            person if "person_id" in seen else "",
            Markup('<span class="chip late">{}</span> ').format(_("urgent"))
            if row.urgent
            else "",
            matter if len(matter) <= 40 else matter[:38] + "…",
            state,
            " ".join(filter(None, (row.department, row.holder))),
            due,
            why,
        )
        drawn.append(_ROW.format(*(escape(value) for value in values)))
    return Markup("").join(drawn)


_ROW = Markup(
    '<tr><td><a href="{}">{}</a><small class="soft">{}</small></td>'
    '<td>{}<small class="soft">{}</small></td><td class="wide">{}{}</td>'
    '<td><span class="chip flat">{}</span></td><td>{}</td><td>{}</td>'
    '<td class="soft">{}</td></tr>'
)


def init_app(app: Flask) -> None:
    """Register the queues."""
    app.register_blueprint(page)
