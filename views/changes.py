"""The history as a whole, for those who watch over it."""

from __future__ import annotations

from flask import Blueprint, Flask, request, url_for
from sqlalchemy import or_, select

from core.access import Denied
from core.audit import ACCESS, OFFICE
from core.chain import Change
from core.db import db
from core.record import record_type
from core.words import _, say
from views.context import actor
from views.shell import render
from views.told import Line, act_words, actor_words
from views.values import number, time_tag, zone

page = Blueprint("changes", __name__)
SIZE = 100


@page.get("/change/")
def changes() -> str:
    """Who did what when, newest first; values only on the records themselves."""
    who = actor()
    rights = who.having("system", "read")
    if not rights:
        raise Denied("read", "change")
    query = select(Change).order_by(Change.id.desc()).limit(SIZE + 1)
    if not any(right.scope == "all" for right in rights):
        query = query.where(Change.user_id == who.user_id)
    elif who.projects is not None:
        chains = [f"project:{key}" for key in who.projects]
        query = query.where(
            or_(
                Change.chain.in_([OFFICE, ACCESS, *chains]),
                Change.user_id == who.user_id,
            )
        )
    before = number(request.args.get("before", ""))
    if before is not None:
        query = query.where(Change.id < before)
    found = list(db.session().execute(query).scalars())
    place = zone(db.session())
    entries = [
        Line(_told(one), time_tag(one.at, place), one.at) for one in found[:SIZE]
    ]
    more = (
        url_for("changes.changes", before=found[SIZE - 1].id)
        if len(found) > SIZE
        else ""
    )
    return render(
        "history.html",
        page={
            "title": _("Change history"),
            "entries": entries,
            "back_url": url_for("admin.index"),
            "next_url": more,
        },
    )


def _told(change: Change) -> str:
    try:
        what = say(record_type(change.slug).title)
    except KeyError:
        what = change.slug
    words = _(
        "{actor} {act}: {line}",
        actor=actor_words(change.actor),
        act=act_words(change.action, change.slug),
        line=what,
    )
    return f"{words} #{change.record_id}" if change.record_id else words


def init_app(app: Flask) -> None:
    """Register the history screen."""
    app.register_blueprint(page)
