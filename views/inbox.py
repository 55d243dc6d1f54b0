"""One's own messages: read here, whatever else they travel by."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Flask, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import messages
from core.access import Actor
from core.db import db, writing
from core.kept import lately
from core.words import _, say
from views.asked import PAGE
from views.context import actor
from views.shell import render
from views.values import (
    capped,
    number,
    time_tag,
    whole,
    zone,
)

page = Blueprint("inbox", __name__)
PORTION = 500
"""Messages that one transaction drops."""


def init_app(app: Flask) -> None:
    """Register the inbox."""
    app.register_blueprint(page)


def waiting(session: Session, who: Actor) -> str:
    """How many messages somebody has not read yet, nothing for none; seconds old."""
    key = who.staff_id or 0
    n = lately(session, who, "unread", lambda: messages.unread(session, key))
    return capped(n, messages.MOST)


@page.get("/inbox/")
def inbox() -> str:
    """The messages, newest first."""
    session, key = db.session(), _reader()
    before = number(request.args.get("before", "")) or 0
    rows = messages.inbox(session, key, before, PAGE + 1)
    place = zone(session)
    more = url_for("inbox.inbox", before=rows[PAGE - 1].id) if rows[PAGE:] else ""
    return render(
        "inbox.html",
        page={
            "title": _("Messages"),
            "unread": capped(messages.unread(session, key), messages.MOST),
            "rows": [
                {
                    "id": row.id,
                    "words": say((row.words_zh, row.words_en)),
                    "urgent": row.urgent,
                    "fresh": row.read_at is None,
                    "time": time_tag(row.told_at, place),
                }
                for row in rows[:PAGE]
            ],
            "open_url": url_for("inbox.open_message"),
            "read_url": url_for("inbox.read_all"),
            "next_url": more,
        },
    )


@page.post("/inbox/open")
def open_message() -> Response:
    """Mark a message as read and go to what it is about."""
    session, key = db.session(), _reader()
    message = number(request.form.get("id", "")) or 0
    with writing(session):
        row: Any = messages.read(session, key, message)
    if row is None:
        abort(404)
    if not row.slug:
        return redirect(url_for("inbox.inbox"))
    return redirect(url_for(f"{row.slug}.details_view", id=row.record_id))


@page.post("/inbox/read")
def read_all() -> Response:
    """Mark everything as read."""
    session, key = db.session(), _reader()
    with writing(session):
        messages.read_all(session, key)
    return redirect(url_for("inbox.inbox"))


def sweep(session: Session, moment: dt.datetime) -> int:
    """Drop what was read and is older than the office keeps it; how many."""
    days = dt.timedelta(days=whole(session, "retention.message_days", 365))
    total = 0
    while True:
        with writing(session):
            n = messages.sweep(session, moment - days, PORTION)
        total += n
        if n < PORTION:
            return total


def _reader() -> int:
    return actor().staff_id or 0
