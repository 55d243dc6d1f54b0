"""The front page: what now, what has changed, and the way into the books."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask import session as cookie
from flask_admin import AdminIndexView, expose
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from core.access import Actor, may
from core.chain import Change
from core.db import db, now
from core.kept import lately
from core.record import Case, record_type
from core.scope import where
from core.signin import left_at
from core.words import _, say, spoken
from models import CalendarDay
from rules.calendar import years_missing
from rules.queues import Queue
from views import back_entries, shifts, waivers
from views.context import actor, project_id, projects
from views.due import until_words
from views.jobs import undelivered
from views.listing import held
from views.queues import QUEUES, count, draw, heads, queues_of, rows_of, visible
from views.shell import menu, render
from views.starting import begins
from views.timetable import timetable
from views.told import act_words, actor_words
from views.values import (
    age_words,
    capped,
    day_words,
    number,
    this_day,
    time_tag,
    zone,
)

NEXT, TILES = 10, 12
USUAL, LONGEST = dt.timedelta(days=2), dt.timedelta(days=14)
"""How far back changes are shown to whoever was never there, or long ago."""
CAP, MANY = 999, 99
switch = Blueprint("desk", __name__)


class DeskView(AdminIndexView):
    """``/``: counts, my next ten, what changed, and every book with its count."""

    def is_accessible(self) -> bool:
        """Everybody who is signed in has a desk."""
        return actor().user_id is not None

    @expose("/")
    def index(self) -> str:
        """The desk."""
        session, who = db.session(), actor()
        rows = next_rows(session, who)
        page = {
            "date": day_words(this_day(session)),
            "day": day_kind(session),
            "warnings": warnings(session, who),
            "tiles": tiles(session, who),
            "heads": heads(),
            "next": draw(session, who, rows),
            "next_url": url_for("queues.queue", slug="unclosed")
            if visible(who)
            else "",
            "changes": changes(session, who),
            "since": time_tag(since(session, who), zone(session)),
            "openings": openings(session, who),
        }
        return render("desk.html", page=page)


def warnings(session: Session, who: Actor) -> list[tuple[str, str]]:
    """What somebody must see to before it hurts: (sentence, address)."""
    return [
        *_nothing_yet(session, who),
        *_calendar_missing(session, who),
        *undelivered(session, who),
        *shifts.warnings(session, who),
        *back_entries.warnings(session, who),
        *waivers.warnings(session, who),
    ]


def _nothing_yet(session: Session, who: Actor) -> list[tuple[str, str]]:
    if not begins(who) or _holds(session, who, url_for("unit.index_view")):
        return []
    words = _("There are no homes yet: begin with three workbooks.")
    return [(words, url_for("starting.start"))]


def _calendar_missing(session: Session, who: Actor) -> list[tuple[str, str]]:
    if not may(who, "update", CalendarDay):
        return []
    own = timetable(session, project_id())
    today = own.calendar.office.day_of(now())
    return [
        (
            _(
                "The holidays and make-up days of {year} are missing; deadlines in"
                " working days will be wrong until they are entered.",
                year=year,
            ),
            url_for("calendar_day.index_view"),
        )
        for year in years_missing(own.calendar, today)
    ]


def day_kind(session: Session) -> str:
    """Whether people work today, and from when to when."""
    office = timetable(session, project_id()).calendar.office
    today = office.day_of(now())
    if office.is_on(today):
        hours = f"{office.opens:%H:%M}–{office.closes:%H:%M}"
        return _("working day {hours}", hours=hours)
    t = CalendarDay.__table__
    query = select(t.c.name).where(t.c.day == today, t.c.voided_at.is_(None)).limit(1)
    return spoken(session.connection().execute(query).scalar() or "") or _("day off")


def tiles(session: Session, who: Actor) -> list[tuple[str, str, str, str, str]]:
    """(words, count, address, tone, small print) of each queue."""
    if not visible(who):
        return []
    found = []
    for queue in queues_of(who)[0]:
        if n := count(session, who, queue, CAP):
            url = url_for("queues.queue", slug=queue.slug)
            small = _first(session, who, queue)
            found.append((say(queue.title), capped(n, CAP), url, queue.tone, small))
        if len(found) == TILES - 1:
            break
    return [*found, *shifts.tile(session, who)]


def _first(session: Session, who: Actor, queue: Queue) -> str:
    rows, _after = rows_of(session, who, queue, limit=1)
    if not rows:
        return ""
    if queue.by_clock or queue.due:
        table = timetable(session, rows[0].project_id)
        return until_words(table, rows[0], now())[0]
    return _("the oldest for {age}", age=age_words(rows[0].received_at, now()))


def next_rows(session: Session, who: Actor) -> Any:
    """My next ten, or the office's when none are mine."""
    if not visible(who):
        return []
    by_slug = {queue.slug: queue for queue in QUEUES}
    for slug in ("mine", "overdue", "unclosed"):
        rows, _after = rows_of(session, who, by_slug[slug], limit=NEXT)
        if rows:
            return rows
    return []


def since(session: Session, who: Actor) -> dt.datetime:
    """When the reader left, within reason."""
    at = now()
    left = left_at(session, who.user_id or 0) or at - USUAL
    return max(left, at - LONGEST)


def changes(session: Session, who: Actor) -> list[tuple[str, Any, str]]:
    """What others did to cases one sees since one left: (words, time, address)."""
    if not visible(who):
        return []
    recent = select(Change).where(
        Change.at > since(session, who),
        Change.record_id.is_not(None),
        Change.user_id.is_not(None),  # what the house does by itself is no news
    )
    recent = recent.where(Change.action != "clocks")  # one holiday moves hundreds
    if who.projects is not None:
        recent = recent.where(
            Change.chain.in_([f"project:{key}" for key in who.projects])
        )
    entries = list(
        session.execute(recent.order_by(Change.id.desc()).limit(40)).scalars()
    )
    ids = {e.record_id for e in entries if _is_case(e.slug)}
    query = select(Case.id, Case.number).where(
        Case.id.in_(ids), where(who, "read", Case)
    )
    numbers = dict(session.execute(query).all())
    place = zone(session)
    return [
        (
            _(
                "{actor} {act} {number}",
                actor=actor_words(e.actor),
                act=act_words(e.action, e.slug),
                number=numbers[e.record_id],
            ),
            time_tag(e.at, place),
            url_for(f"{e.slug}.details_view", id=e.record_id),
        )
        for e in entries
        if e.record_id in numbers and _is_case(e.slug) and e.user_id != who.user_id
    ][:8]


def _is_case(slug: str) -> bool:
    try:
        return issubclass(record_type(slug), Case)
    except KeyError:
        return False


def openings(
    session: Session, who: Actor
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Every book the reader may open, by section, with how much it holds."""
    found = []
    for title, items in menu(who).sections:
        entries = [(words, url, _holds(session, who, url)) for words, url in items]
        found.append((title, entries))
    return found


def _holds(session: Session, who: Actor, url: str) -> str:
    slug = url.split("?", maxsplit=1)[0].strip("/")
    if "?" in url:
        return ""
    try:
        cls = record_type(slug)
    except KeyError:
        return ""
    if not may(who, "read", cls):
        return ""
    n = lately(session, who, ("held", cls), lambda: held(session, who, cls, MANY))
    return capped(n, MANY)


@switch.post("/project")
def choose_project() -> Answer | Response:
    """Work in another of one's projects from now on."""
    wanted = number(request.form.get("project", ""))
    if wanted in projects():
        cookie["project"] = wanted
    return redirect(url_for("admin.index"))


def init_app(app: Flask) -> None:
    """Register the project switch; the desk itself belongs to Flask-Admin."""
    app.register_blueprint(switch)
