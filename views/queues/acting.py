"""What is done from a queue: one row's next step, the same for several, saved views."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Flask, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from core import saved
from core.access import Actor, Denied
from core.db import db, writing
from core.moves import Move, Refused
from core.record import Case, Record, record_type
from core.words import _
from models import Complaint, Department, Staff
from views import details, moving
from views.context import actor, fetch
from views.fields import a_moment
from views.posted import posted_sentence
from views.queues.screen import DECISIONS, MAY_SAVE_FOR_ROLES, channels, named, page
from views.shell import role_words
from views.values import (
    number,
)

Step = tuple[Case, Move, Mapping[str, Any]]
"""A case, how it moves, and what is filled in."""
MOST = 200
"""Rows that one press may move."""
REPLY = "reply"
TOGETHER = ("assign", "remind", "promise", REPLY, "stocktake", *DECISIONS)
"""What can be done to several cases at once; closing never is."""


@page.post("/queues/<slug>/act")
def act(slug: str) -> Response:
    """The step of one row, or one step of every row that was ticked."""
    named(slug)
    pressed = request.form.get("do", "")
    chosen = list(_chosen(pressed))  # all are there before one moves
    values = _values(pressed)
    make_all((case, move, values) for case, move in chosen)
    return _back(slug)


def make_all(steps: Iterable[Step]) -> None:
    """Make every step by itself, and tell how many were made and which were not.

    Among several, one to which there is no right keeps none of the others.
    """
    asked, refused = list(steps), list[str]()
    for case, move, values in asked:
        try:
            moving.step(db.session(), actor(), case, move, values)
        except Refused as why:
            refused.append(f"{case.number}: {' '.join(why.sentences)}")
        except Denied:
            if len(asked) == 1:
                raise
            words = _("You have no right to change this record so.")
            refused.append(f"{case.number}: {words}")
    if done := len(asked) - len(refused):
        flash(_("Done: {n}.", n=done), "success")
    for sentence in refused[:5]:
        flash(sentence, "error")
    if len(refused) > 5:
        flash(_("{n} more could not be done.", n=len(refused) - 5), "error")


def _back(slug: str) -> Response:
    query = request.form.get("query", "")
    safe = query if query.startswith("?") and len(query) < 400 else ""
    return redirect(url_for("queues.queue", slug=slug) + safe)


def _chosen(pressed: str) -> Iterator[tuple[Case, Move]]:
    """The cases that are asked to move, and how; 400 when that makes no sense."""
    if ":" in pressed:
        place, _colon, code = pressed.rpartition(":")
        yield from moves_of([place], code, plain=True)
        return
    picked = request.form.getlist("pick")
    if pressed not in TOGETHER:
        abort(400, _("There is no such step."))
    if not picked:
        abort(400, _("Choose some rows first."))
    if len(picked) > MOST:
        abort(400, _("At most {n} rows at once, please.", n=MOST))
    for case, move in moves_of(picked, pressed, plain=False):
        yield case, _first_reply(case) or move if pressed == REPLY else move


def _first_reply(case: Case) -> Move | None:
    """The reply by which the customer hears of a complaint for the first time."""
    flow = type(case).flow
    heard = getattr(case, "first_replied_at", case.received_at)
    return flow.find("first_reply") if flow and heard is None else None


def moves_of(
    places: Iterable[str], code: str, *, plain: bool
) -> Iterator[tuple[Case, Move]]:
    """The cases at those places and their step of that name; 400 for what is none.

    A ``plain`` step asks nothing.
    """
    for place in places:
        slug, _colon, key = place.partition(":")
        try:
            cls = record_type(slug)
        except KeyError:
            abort(400, _("There is no such step."))
        if not issubclass(cls, Case) or cls is Case:
            abort(400, _("There is no such step."))
        case, flow = fetch(cls, key), cls.flow
        move = flow.find(code) if flow else None
        if move is None or move.automatic or (plain and (move.asks or move.offers)):
            abort(400, _("There is no such step."))
        yield case, move


def _values(pressed: str) -> dict[str, Any]:
    """What the bar under the table says, for the step of several rows."""
    if pressed not in TOGETHER:
        return {}
    if pressed == "assign":
        return {
            "department_id": _existing(Department, "to_department"),
            "holder_id": _existing(Staff, "to_holder"),
            "reason": posted_sentence("reason"),
        }
    if pressed == REPLY:
        said = posted_sentence("content")
        channel = request.form.get("channel", "")
        if not said or channel not in channels(db.session()):
            abort(400, _("Write what they are told, and how."))
        return {"channel": channel, "content": said}
    if pressed == "promise":
        words = posted_sentence("reason") or _("promised a reply")
        return {"promised_at": _moment("promised_at"), "content": words}
    return {"reason": posted_sentence("reason")}


def _existing(cls: Any, name: str) -> int | None:
    key = request.form.get(name, "")
    return fetch(cls, key).id if key else None


def _moment(name: str) -> dt.datetime:
    try:
        return a_moment(request.form.get(name, "").strip())
    except ValueError as why:
        abort(400, str(why))


@page.post("/queues/<slug>/save")
def save_view(slug: str) -> Response:
    """Keep the queue as it is narrowed now, under a name."""
    named(slug)
    who, session = actor(), db.session()
    name, role = posted_sentence("name")[:40], request.form.get("role", "")
    if not name:
        abort(400, _("Give the view a name."))
    if role and not (set(who.roles) & set(MAY_SAVE_FOR_ROLES) and role_words(role)):
        raise Denied("save", "saved_view")
    query = request.form.get("query", "")[:400]
    view: dict[str, Any] = {
        "page": slug,
        "query": query,
        "name": name,
        "role": role or None,
    }
    if not role:
        view["staff_id"] = who.staff_id
    with writing(session):
        kept = saved.keep(session, who, view)
    if not kept:
        abort(409, _("There are too many saved views; drop one first."))
    flash(_("Saved: {what}", what=name), "success")
    return _back(slug)


@page.post("/queues/<slug>/drop")
def drop_view(slug: str) -> Response:
    """Drop a view that one made."""
    named(slug)
    key, session = number(request.form.get("view", "")) or 0, db.session()
    with writing(session):
        gone = saved.drop(session, actor(), key)
    if not gone:
        abort(404)
    return _back(slug)


def _actions(_who: Actor, record: Record) -> list[details.Action]:
    """The way to the complaints that make a group with this one."""
    if not (isinstance(record, Complaint) and record.open and record.group_tendency):
        return []
    url = url_for("queues.queue", slug="unclosed", like=record.id)
    return [(_("Answer all of the group together"), url, False)]


def init_app(app: Flask) -> None:
    """Register the queues."""
    details.ACTIONS["queues"] = _actions
    app.register_blueprint(page)
