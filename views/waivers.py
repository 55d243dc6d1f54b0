"""``/waived/``: month by month, what was done without the second person it asks for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, request, url_for
from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.orm import Session

from core.access import Actor, Denied
from core.chain import Change
from core.db import db
from core.kept import lately
from core.record import Case
from core.scope import where
from core.words import _
from rules.queues.declared import HEADS
from views.context import actor
from views.shell import render, sees_waivers
from views.told import actor_words
from views.values import (
    setting_titles,
    this_day,
    time_tag,
    zone,
)

page = Blueprint("waivers", __name__)
YEARS = range(2000, 2100)
MOST = 500
"""Entries of one month on the page."""
WAIVED: ColumnElement[bool] = literal_column("action = 'waived'")
"""In the words of the index."""


@page.get("/waived/")
def screen() -> str:
    """One month: each rule with how often, each entry with who and which case."""
    session, who = db.session(), actor()
    if not sees_waivers(who):
        raise Denied("read", "change")
    month = _month(session, request.args.get("month", ""))
    found, titles = _entries(session, who, month), setting_titles(session)
    place = zone(session)
    numbers = _numbers(session, who, [one.record_id for one in found])
    counts = Counter(one.note for one in found)
    return render(
        "waivers.html",
        page={
            "month": f"{month:%Y-%m}",
            "before": _address(month - dt.timedelta(days=1)),
            "after": _address(_next(month))
            if _next(month) <= this_day(session)
            else "",
            "counts": [(titles.get(c, c), n) for c, n in counts.most_common()],
            "rows": [
                {
                    "time": time_tag(one.at, place),
                    "who": actor_words(one.actor),
                    "rule": titles.get(one.note, one.note),
                    "number": numbers.get(one.record_id, ""),
                    "url": url_for(f"{one.slug}.details_view", id=one.record_id),
                }
                for one in found
            ],
        },
    )


def warnings(session: Session, who: Actor) -> list[tuple[str, str]]:
    """How often this month, on the desk of whoever answers for it."""
    if not (set(who.roles) & set(HEADS) and sees_waivers(who)):
        return []
    month = _month(session, "")
    n = lately(session, who, "waived", lambda: len(_entries(session, who, month)))
    words = _("{n} times this month something was done without a second person.", n=n)
    return [(words, url_for("waivers.screen"))] if n else []


def _entries(session: Session, who: Actor, month: dt.date) -> Sequence[Any]:
    place = zone(session)
    begin, end = (
        dt.datetime.combine(day, dt.time(), place) for day in (month, _next(month))
    )
    query = select(Change).where(WAIVED, Change.at >= begin, Change.at < end)
    if who.projects is not None:
        query = query.where(Change.project_id.in_(who.projects))
    return session.scalars(query.order_by(Change.at.desc()).limit(MOST)).all()


def _numbers(session: Session, who: Actor, ids: Sequence[int]) -> Mapping[int, str]:
    """What the cases are called that the reader may see."""
    query = select(Case.id, Case.number).where(Case.id.in_(ids))
    found = session.execute(query.where(where(who, "read", Case)))
    return dict(found.all())


def _month(session: Session, text: str) -> dt.date:
    """The first day of the month asked for; of this one where that is none."""
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        found = dt.date.min
    sane = YEARS.start <= found.year < YEARS.stop
    return found if sane else this_day(session).replace(day=1)


def _next(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _address(day: dt.date) -> str:
    return url_for("waivers.screen", month=f"{day:%Y-%m}")


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
