"""``/queues/back-entries/``: what was written on paper and has no record yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Flask, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.access import Actor, Denied, may
from core.db import db, now
from core.kept import lately
from core.moves import Refused
from core.record import form_fields
from core.words import _
from models import DailyLog, Reception, Staff
from views.context import actor
from views.shell import render
from views.typed import softened
from views.values import (
    brief,
    capped,
    choices,
    this_day,
    whole,
)

page = Blueprint("back_entries", __name__)
MOST = 200
"""Lines on the page, the oldest first."""
CAP = 99


def waiting() -> tuple[ColumnElement[bool], ...]:
    """Which lines of the daily record wait for their record."""
    return (
        DailyLog.reason.is_not(None),
        ~DailyLog.back_entered,
        DailyLog.voided_at.is_(None),
    )


@page.get("/queues/back-entries/")
def screen() -> str:
    """The lines that wait, the oldest first, each with the way to its record."""
    session, who = db.session(), actor()
    if not may(who, "read", DailyLog):
        raise Denied("read", DailyLog.slug)
    new_url = url_for("daily_log.create_view") if may(who, "create", DailyLog) else ""
    rows = list(_rows(session, who))
    return render("back_entries.html", page={"rows": rows, "new_url": new_url})


def _rows(session: Session, who: Actor) -> Iterator[dict[str, Any]]:
    lines = select(DailyLog, Staff.name).where(*waiting())
    lines = lines.outerjoin(Staff, Staff.id == DailyLog.writer_id)
    ordered = lines.order_by(DailyLog.day, DailyLog.id).limit(MOST)
    reasons = choices(session, form_fields(DailyLog)["reason"])
    last, enters = _last_day(session), may(who, "create", Reception)
    for line, writer in session.execute(ordered):
        enter = url_for("quick.reception", line=line.id) if enters else ""
        yield {
            "day": line.day,
            "late": str(line.day) < last,
            "writer": writer or "",
            "words": brief(softened(who, DailyLog, line.content), 120),
            "reason": reasons.get(str(line.reason), line.reason),
            "url": url_for("daily_log.details_view", id=line.id),
            "enter_url": enter,
        }


def _last_day(session: Session) -> str:
    """Lines of days before this one should have been entered."""
    days = whole(session, "backentry.max_days", 1)
    return f"{this_day(session) - dt.timedelta(days=days)}"


def entry(session: Session, who: Actor) -> list[tuple[str, str, str, str]]:
    """How many lines wait, among the queues of whoever enters them."""
    if not (may(who, "read", DailyLog) and may(who, "create", Reception)):
        return []

    def load() -> int:
        some = select(DailyLog.id).where(*waiting()).limit(CAP + 1)
        return len(session.scalars(some).all())

    n = capped(lately(session, who, "back entries", load), CAP) or "0"
    about = _("Written down while the system was away, without a record yet.")
    return [(_("To be entered late"), about, url_for("back_entries.screen"), n)]


def warnings(session: Session, who: Actor) -> list[tuple[str, str]]:
    """The same for the desk, where any wait: (sentence, address)."""
    return [
        (_("{n} lines of the daily record wait to be entered.", n=n), url)
        for _title, _about, url, n in entry(session, who)
        if n != "0"
    ]


def said_on(line: DailyLog) -> Mapping[str, Any]:
    """What a line says of the record that is to come of it."""
    return {"content": line.content, "back_reason": line.reason, "channel": None}


def entered(session: Session, key: int, case_id: int) -> None:
    """The line has its record now, within the caller's write transaction."""
    line = session.get_one(DailyLog, key, populate_existing=True)
    if line.back_entered:
        raise Refused([_("This line has been entered already.")])
    line.back_entered, line.back_entered_at, line.case_id = True, now(), case_id


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
