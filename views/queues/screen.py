"""``/queues/``: every queue with its count, and each as a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import saved
from core.access import Actor, may
from core.db import db
from core.kept import lately
from core.policy import stamp
from core.record import Record, form_fields
from core.words import _, say
from models import Building, Complaint, Department, Reply, Staff
from rules.queues import QUEUES, Queue
from views import back_entries, unconfirmed
from views.context import actor, fetch
from views.queues import asking, queues_of
from views.queues.asking import Wanted
from views.queues.drawing import draw, heads
from views.queues.reading import count, counted, kinds_of, present, rows_of, visible
from views.shell import render, role_words
from views.values import capped, choices
from views.wording import pages, piece

page = Blueprint("queues", __name__)
DECISIONS = ("approve", "reject")
"""Steps that are decided for several cases at once, with one reason."""
EXACT = 1_000
"""How far a queue is counted on its own page."""
CHOICES = 300
"""Entries of a list to choose from."""
MAY_SAVE_FOR_ROLES = ("supervisor", "manager", "admin")


def named(slug: str) -> Queue:
    """The queue of that name that the reader may look at, else 404."""
    found = [q for group in queues_of(actor()) for q in group if q.slug == slug]
    if not found or not visible(actor()):
        abort(404)
    return found[0]


@page.get("/queues/")
def overview() -> str:
    """Every queue with its count."""
    session, who = db.session(), actor()
    if not visible(who):
        abort(404)
    mine, others = queues_of(who)
    groups = [(_("My queues"), mine), (_("Other queues"), others)]
    shown = [(words, [_entry(session, who, q) for q in g]) for words, g in groups if g]
    lists = [*back_entries.entry(session, who), *unconfirmed.entry(session, who)]
    shown += [(_("Other lists"), lists)] if lists else []
    return render("queues.html", page={"title": _("Queues"), "groups": shown})


def _entry(session: Session, who: Actor, one: Queue) -> tuple[str, str, str, str]:
    n = count(session, who, one)
    url = url_for("queues.queue", slug=one.slug)
    return say(one.title), say(one.about), url, capped(n, 99) or "0"


@page.get("/queues/<slug>/")
def queue(slug: str) -> str | Response:
    """One queue, in the order of its clock or oldest first."""
    one, session, who = named(slug), db.session(), actor()
    wanted = asking.read(request.args, {cls.slug for cls in kinds_of(who)})
    if wanted.like:
        fetch(Complaint, wanted.like)
    rows, after = rows_of(session, who, one, wanted)
    n = len(rows)
    if after or wanted.after:
        n = _counted(session, who, one, wanted)
    address = url_for("queues.queue", slug=slug)
    return render(
        "queue.html",
        page={
            "title": say(one.title),
            "about": say(one.about),
            "tabs": _tabs(session, who, one, wanted, address),
            "heads": [(words, "", "") for words in heads()],
            "rows": draw(session, who, rows, acting=True),
            "total": _("{n} in all", n=capped(n, EXACT) or "0"),
            "empty": _("Nothing is waiting here."),
            "next_url": _onward(wanted, address, after) if after else "",
            "prev_url": address + wanted.link() if wanted.after else "",
            "address": address,
            "views": saved.views_of(session, who, slug),
            "query": wanted.link(),
            "narrowing": _narrowing(session, who, one, wanted, address),
            "together": _together(session, who, one) if rows else "",
        },
    )


def _narrowing(
    session: Session, who: Actor, one: Queue, wanted: Wanted, address: str
) -> Markup:
    """The form that narrows a queue down; drawn anew once it does."""
    lists = _lists(session, who)
    plain = {"wanted": wanted, "address": address}
    if not wanted.narrowed:
        key = (one.slug, wanted.kind, *lists)
        return piece(who, "narrowing.html", key, lists, lambda: plain)
    chosen = {n: _chosen(options, getattr(wanted, n)) for n, options in lists.items()}
    html = (
        pages()
        .get_template("narrowing.html")
        .render(
            **plain,
            **chosen,
            query=wanted.link(),
            roles=_roles(who),
            views=saved.views_of(session, who, one.slug),
        )
    )
    return Markup(html)  # noqa: S704  the template escapes


def _together(session: Session, who: Actor, one: Queue) -> Markup:
    """What may be done with all rows that are ticked."""
    lists = _lists(session, who)

    def context() -> dict[str, Any]:
        return {
            "channels": channels(session),
            "assigns": any(may(who, "assign", cls) for cls in kinds_of(who)),
            "decisions": _decisions(who, one),
        }

    key = (one.slug, stamp(session), *lists)
    return piece(who, "together.html", key, lists, context)


def _counted(session: Session, who: Actor, one: Queue, wanted: Wanted) -> int:
    """How many there are altogether; as in the menu where nothing was asked for."""
    if wanted.link():
        return counted(session, who, one, wanted, EXACT)
    return count(session, who, one, EXACT)


def _decisions(who: Actor, one: Queue) -> dict[str, str]:
    """What the reader may decide of the kinds that the queue is for, in words."""
    found: dict[str, str] = {}
    for cls in kinds_of(who):
        if cls.slug not in one.kinds or not cls.flow:
            continue
        for move in cls.flow.moves:
            theirs = any(may(who, action, cls) for action in move.actions)
            waits = set(move.sources) & {*one.kinds[cls.slug]}
            if move.code in DECISIONS and theirs and waits:
                found.setdefault(move.code, say(move.title))
    return found


def channels(session: Session) -> dict[str, str]:
    """How customers are told: code -> words."""
    return choices(session, form_fields(Reply)["channel"])


def _onward(wanted: Wanted, address: str, after: str) -> str:
    query = wanted.link()
    return f"{address}{query}{'&' if query else '?'}after={quote(after)}"


def _tabs(
    session: Session, who: Actor, one: Queue, wanted: Wanted, address: str
) -> Markup:
    """The kinds that a queue holds, as far as it was looked through."""
    here, rest = frozenset(present(session, who, one)), wanted.link(kind="")
    more = rest.replace("?", "&", 1)

    def links() -> dict[str, list[tuple[str, str, bool]]]:
        kinds = [
            (say(t.title), f"{address}?kind={t.slug}{more}", wanted.kind == t.slug)
            for t in kinds_of(who)
            if t.slug in here
        ]
        return {"tabs": [(_("All"), address + rest, not wanted.kind), *kinds]}

    return piece(who, "tabs.html", (address, wanted.kind, rest, here), {}, links)


def _lists(session: Session, who: Actor) -> dict[str, Markup]:
    """What a queue is narrowed by and cases are given to, as options; seconds old."""
    kinds: dict[str, type[Record]] = {
        "department": Department,
        "holder": Staff,
        "building": Building,
    }

    def load() -> dict[str, Markup]:
        seen = {name: cls for name, cls in kinds.items() if may(who, "read", cls)}
        found = {name: _options(session, cls) for name, cls in seen.items()}
        return {name: options for name, options in found.items() if options}

    return lately(session, who, "queue lists", load)


def _options(session: Session, cls: Any) -> Markup:
    standing = select(cls.id, cls.name).where(cls.voided_at.is_(None))
    rows = session.execute(standing.order_by(cls.name).limit(CHOICES))
    one = _OPTION + Markup("{}</option>")
    return Markup("").join(one.format(key, name) for key, name in rows)


def _chosen(options: Markup, key: int) -> Markup:
    """The options with one of them marked."""
    place, marked = _OPTION.format(key), _CHOSEN.format(key)
    return options.replace(place, marked) if key else options


_OPTION = Markup('<option value="{}">')
_CHOSEN = Markup('<option value="{}" selected>')


def _roles(who: Actor) -> list[tuple[str, str]]:
    """For whom the reader may save a view besides himself."""
    if not set(who.roles) & set(MAY_SAVE_FOR_ROLES):
        return []
    used = dict.fromkeys(role for one in QUEUES for role in one.roles)
    return [(role, role_words(role)) for role in used]
