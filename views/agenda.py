"""``/duties/``: what returns with the calendar, five weeks ahead and over the year."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import Blueprint, Flask, abort, url_for
from sqlalchemy import case, extract, func, select
from sqlalchemy.orm import Session

from core.access import Denied, may
from core.db import db, now
from core.occasions import Occasion, occasions
from core.record import Case, record_type
from core.words import _, say
from models import Duty
from rules.calendar import DAY
from rules.duties import SHORT, duty, slots
from views import rounds
from views.context import actor, project_id
from views.occasions import Place, Row, out_of_use, places, rules_of
from views.posts import posts
from views.shell import render, role_words
from views.values import day_words, labels_of

page = Blueprint("agenda", __name__, url_prefix="/duties")
WEEKS, MONTHS = 5, range(1, 13)
MISSED = "missed"
_case = Case.__table__.c


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on its day: what, whose, how it stands."""

    day: dt.date
    title: str
    who: str
    state: str
    tone: str
    url: str = ""


@dataclass(slots=True)
class Week:
    """Seven days with what is due in them, and the rounds of that week."""

    title: str
    now: bool
    entries: list[Entry] = field(default_factory=list)
    rounds: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """What one rule brings over the year, a cell a month: its words and tone."""

    title: str
    who: str
    cells: list[tuple[str, str]]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(page)


@page.before_request
def only_for_readers() -> None:
    """Everything here is for whoever may read duties."""
    if not may(actor(), "read", Duty):
        raise Denied("read", Duty.slug)


@page.get("/")
def weeks() -> str:
    """Five weeks from this one on."""
    session, place = db.session(), _place(db.session())
    first = place.today - place.today.weekday() * DAY
    found = [_week(first + n * 7 * DAY, place) for n in range(WEEKS)]
    last = first + (7 * WEEKS - 1) * DAY
    entries = [*_opened(session, place, first, last), *_coming(session, place, last)]
    for entry in sorted(entries, key=lambda one: (one.day, one.title)):
        found[(entry.day - first).days // 7].entries.append(entry)
    for n, lines in _rounds(session, place, first, last).items():
        found[n].rounds += lines
    here = {"title": _("Duties and rounds"), "weeks": found, "day_words": day_words}
    here["year_url"] = url_for("agenda.year", year=place.today.year)
    return render("weeks.html", page=here)


@page.get("/<int:year>/")
def year(year: int) -> str:
    """A year, month by month."""
    session, place = db.session(), _place(db.session())
    if not 2000 <= year <= 2100:
        abort(404)
    counted = _counted(session, place, year)
    here = {
        "title": _("{year}: duties and rounds", year=year),
        "months": list(MONTHS),
        "duties": [_line(r, place, year, counted) for r in _duties(session, place)],
        "rounds": [
            _line_of_round(r, place, year, counted)
            for r in rules_of(session, "revisit_rule", place)
            if r["interval_months"] and rounds.is_of(place, r)
        ],
        "before": url_for("agenda.year", year=year - 1),
        "after": url_for("agenda.year", year=year + 1),
        "weeks_url": url_for("agenda.weeks"),
    }
    return render("year.html", page=here)


def _place(session: Session) -> Place:
    found = {one.id: one for one in places(session, now())}
    here = found.get(project_id() or 0)
    if here is None:
        abort(404)
    return here


def _duties(session: Session, place: Place) -> list[Row]:
    off = out_of_use(session)
    return [r for r in rules_of(session, "duty_rule", place) if r["target"] not in off]


def _named(row: Row) -> str:
    return say((row["title_zh"], row["title_en"] or row["title_zh"]))


def _week(first: dt.date, place: Place) -> Week:
    last = first + 6 * DAY
    title = f"{first.month}/{first.day} – {last.month}/{last.day}"
    return Week(title, first <= place.today <= last)


# Five weeks.


def _opened(
    session: Session, place: Place, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """What has been opened for those days, and how it stands."""
    rules = {row["code"]: row for row in _duties(session, place)}
    query = (
        select(
            occasions.rule,
            occasions.due_on,
            *(_case[n] for n in ("id", "type", "state", "open", "holder_id")),
        )
        .join_from(Occasion.__table__, Case.__table__, _case.id == occasions.case_id)
        .where(occasions.project_id == place.id, occasions.rule.in_(list(rules)))
        .where(occasions.due_on.between(first, last), _case.voided_at.is_(None))
    )
    rows = session.connection().execute(query).all()
    names = labels_of(session, "staff", {r.holder_id for r in rows if r.holder_id})
    for (code, _day), same in groupby(sorted(rows, key=_occasion), _occasion):
        yield _entry(rules[code], list(same), names, place)


def _occasion(row: Any) -> tuple[str, dt.date]:
    return row.rule, row.due_on


def _entry(rule: Row, rows: list[Any], names: Mapping[int, str], place: Place) -> Entry:
    """One line for one occasion, however many departments have it."""
    row, missed = rows[0], [r for r in rows if r.state == MISSED]
    waiting = [r for r in rows if r.open]
    late = missed or (waiting and row.due_on < place.today)
    tone = "late" if late else "soon" if waiting else "done"
    who = role_words(rule["compiler"] or "")
    if len(rows) > 1:
        done = len(rows) - len(missed) - len(waiting)
        state = _("{made} of {n} made", made=done, n=len(rows))
        return Entry(row.due_on, _named(rule), who, state, tone)
    flow, url = record_type(row.type).flow, ""
    if may(actor(), "read", record_type(row.type)):
        url = url_for(f"{row.type}.details_view", id=row.id)
    state = say(flow.state(row.state).now) if flow else ""
    who = names.get(row.holder_id, "") or who
    return Entry(row.due_on, _named(rule), who, state, tone, url)


def _coming(session: Session, place: Place, last: dt.date) -> Iterator[Entry]:
    """What will be opened later; what comes every day is not told for every day."""
    for row in _duties(session, place):
        rule = duty(row)
        begins = place.today + (rule.ahead + 1) * DAY
        if row["period"] != "day":
            for slot in slots(rule, place.calendar, begins, last):
                who = role_words(row["compiler"] or "")
                yield Entry(slot.due, _named(row), who, _("to come"), "flat")


def _rounds(
    session: Session, place: Place, first: dt.date, last: dt.date
) -> dict[int, list[tuple[str, int, int]]]:
    """By week: (title, visits, made) of each rule, planned or still to be planned."""
    rules = {r["code"]: r for r in rules_of(session, "revisit_rule", place)}
    many, made = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    query = (
        select(occasions.rule, occasions.due_on, _case.open, func.count().label("n"))
        .join_from(Occasion.__table__, Case.__table__, _case.id == occasions.case_id)
        .where(occasions.project_id == place.id, occasions.rule.in_(list(rules)))
        .where(occasions.due_on.between(first, last))
        .group_by(occasions.rule, occasions.due_on, _case.open)
    )
    for row in session.connection().execute(query):
        key = ((row.due_on - first).days // 7, row.rule)
        many[key] += row.n
        made[key] += 0 if row.open else row.n
    held, off = posts(session, now()), out_of_use(session)
    for one in rounds.upcoming(session, place, last, held, off):
        if one.due >= first:
            many[(one.due - first).days // 7, one.key[0]] += 1
    found: dict[int, list[tuple[str, int, int]]] = {}
    for key, n in sorted(many.items()):
        found.setdefault(key[0], []).append((_named(rules[key[1]]), n, made[key]))
    return found


# The year.


def _counted(session: Session, place: Place, year: int) -> dict[tuple[str, int], Any]:
    """By rule and month: how many occasions, how many done, missed, and the day."""
    month = extract("month", occasions.due_on)
    missed = case((_case.state == MISSED, 1), else_=0)
    over = case((_case.open.is_(False) & (_case.state != MISSED), 1), else_=0)
    query = (
        select(
            occasions.rule,
            month.label("month"),
            func.count().label("many"),
            func.sum(over).label("done"),
            func.sum(missed).label("missed"),
            func.min(occasions.due_on).label("day"),
        )
        .join_from(Occasion.__table__, Case.__table__, _case.id == occasions.case_id)
        .where(occasions.project_id == place.id)
        .where(occasions.due_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
        .group_by(occasions.rule, month)
    )
    rows = session.connection().execute(query)
    return {(row.rule, int(row.month)): row for row in rows}


def _line(row: Row, place: Place, year: int, counted: Mapping[Any, Any]) -> Line:
    rule = duty(row)
    begins = max(place.today + (rule.ahead + 1) * DAY, dt.date(year, 1, 1))
    coming: Sequence[dt.date] = ()
    if row["period"] not in SHORT:
        ends = dt.date(year, 12, 31)
        coming = [s.due for s in slots(rule, place.calendar, begins, ends)]
    by_month = {day.month: f"{day.day} ○" for day in coming}
    cells = [
        _cell(counted.get((row["code"], month)), place, by_month.get(month, ""))
        for month in MONTHS
    ]
    return Line(_named(row), role_words(row["compiler"] or ""), cells)


def _line_of_round(
    row: Row, place: Place, year: int, counted: Mapping[Any, Any]
) -> Line:
    today = (place.today.year, place.today.month)
    cells = [
        _cell(
            counted.get((row["code"], month)),
            place,
            "○" if (year, month) > today else "",
        )
        for month in MONTHS
    ]
    return Line(_named(row), role_words(row["role"] or ""), cells)


def _cell(found: Any, place: Place, coming: str) -> tuple[str, str]:
    """What a month's cell says, and its tone: one by its day, several by counts."""
    if found is None:
        return coming, ""
    if found.many > 1:
        whole = found.done == found.many
        return f"{found.done}/{found.many}", "done" if whole else ""
    if found.done:
        return f"{found.day.day} ●", "done"
    if found.missed or found.day < place.today:
        return f"{found.day.day} ✕", "late"
    return f"{found.day.day} ○", ""
