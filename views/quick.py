"""Quick reception: one screen for the telephone, one save for all that follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from flask import Blueprint, Flask, abort, flash, jsonify, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.access import Denied, may
from core.db import db, now, writing
from core.moves import Refused
from core.record import Case, record_type
from core.words import _
from models import DailyLog, Person, Reception, Unit
from views import clocking, moving
from views.back_entries import entered, said_on
from views.callers import callers, ids_of, is_number
from views.context import actor, called, fetch, project_id
from views.intake import CHOSEN, USUAL, Intake, read
from views.limits import count_lookup
from views.matters import ACTS
from views.posted import posted_sentence
from views.receiving import Sheet, promise_words, sheet
from views.saving import Refused as NotSaved
from views.saving import create
from views.shell import render
from views.timetable import timetable
from views.typed import warn
from views.values import by_words, due_words, zone

Answer = str | Response | tuple[str, int]
page = Blueprint("quick", __name__, url_prefix="/reception/quick")
ANSWERED, PROMISE = "answer", "promise"


@page.before_request
def only_for_receivers() -> None:
    """Everything here is for whoever may record a reception."""
    if not may(actor(), "create", Reception):
        raise Denied("create", Reception.slug)


@page.get("/")
def reception() -> Answer:
    """The empty form, with the household that was looked up."""
    typed, key = request.args.get("q", "").strip()[:100], request.args.get("at", "")
    unit, person = ids_of(key)
    line = _line(request.args)
    late = line.id if line else None
    if typed and (unit or person):  # what was typed stays in no address
        return redirect(url_for("quick.reception", at=key, line=late))
    found = _callers(typed) if typed else []
    homes = {one.unit for one in found}
    if found and len(homes) == 1:
        return redirect(url_for("quick.reception", at=found[0].key, line=late))
    if unit and _is_elsewhere(unit):
        abort(409, _another())
    intake = read(actor(), None, said_on(line) if line else None)
    made = sheet(db.session(), actor(), intake, unit, person)
    made.typed, made.found, made.asked = typed, found, bool(typed)
    made.line = line
    return _answer(made, 200)


def _line(sent: Mapping[str, str]) -> DailyLog | None:
    """The line of the daily record that is entered late; 409 when it has been."""
    if not sent.get("line"):
        return None
    line = fetch(DailyLog, sent["line"], "update")
    if line.back_entered or line.voided_at is not None:
        abort(409, _("This line has been entered already."))
    return line


def _is_elsewhere(unit_id: int) -> bool:
    """Whether a home that one sees is of another of one's projects."""
    return fetch(Unit, unit_id).project_id != project_id()


def _another() -> str:
    return _("This home is in another of your projects; change to that one first.")


def _callers(typed: str) -> list[Any]:
    if is_number(typed) and may(actor(), "read", Person):
        count_lookup(Person.slug)
    return callers(db.session(), typed, project_id())


@page.get("/who")
def who() -> Response:
    """Households for the look-up box."""
    found = _callers(request.args.get("query", ""))
    return jsonify([[one.key, one.words, one.more] for one in found])


@page.get("/clocks")
def clocks() -> Response:
    """What saving this would promise: [words, tone] of each clock."""
    intake, session = read(actor(), request.args), db.session()
    slug = intake.slug or Reception.slug
    values = {"project_id": project_id(), "urgent": bool(intake.form.urgent.data)}
    values |= intake.told.get(slug, {})
    at, place = now(), zone(session)
    came = intake.came or at
    due = clocking.preview(session, slug, values, came)
    if intake.slug:
        due = sorted([*due, *_kept_by_the_call(session, came)], key=itemgetter(1))
    return jsonify(
        [
            [f"{title} {by_words(moment, at, place)}", due_words(moment, at, place)[1]]
            for title, moment in due
        ]
    )


def _kept_by_the_call(
    session: Session, at: dt.datetime
) -> list[tuple[str, dt.datetime]]:
    """The clocks of a reception that run on when it is passed on."""
    table = timetable(session, project_id())
    over = {
        table.name(code)
        for code, known in table.known.items()
        if "dispatch" in known.rule.stops_on
    }
    values = {"project_id": project_id()}
    due = clocking.preview(session, Reception.slug, values, at)
    return [(title, moment) for title, moment in due if title not in over]


@page.post("/")
def record() -> Answer:
    """Save the reception, what it begins, the promise or the answer: all or nothing."""
    intake, line = read(actor(), request.form), _line(request.form)
    errors: list[str] = []
    if intake.valid():
        try:
            made = _save(intake, request.form.get("act", ""), line)
        except (Refused, NotSaved) as why:
            errors.append(str(why))
        else:
            warn(Reception, intake.form, ())
            return redirect(_after(made))
    who_fields = [intake.form[n] for n in CHOSEN if n in intake.form]
    errors += [str(error) for one in who_fields for error in one.errors]
    known = {one.name: one.data for one in who_fields}
    unit, person = (known.get(name) for name in CHOSEN)
    shown = sheet(db.session(), actor(), intake, unit, person)
    shown.errors, shown.line = errors, line
    return _answer(shown, 400)


def _save(intake: Intake, act: str, line: DailyLog | None) -> Reception:
    session, who_ = db.session(), actor()
    with writing(session):
        made = create(who_, Reception, intake.form, (), told=intake.told)
        assert isinstance(made, Reception)
        if made.unit_id and _is_elsewhere(made.unit_id):
            raise Refused([_another()])
        if line is not None:
            entered(session, line.id, _begun(made)[1])
        if made.promised_at:
            _step(made, PROMISE, promise_words(session, made.promised_at))
        if act == ANSWERED:
            if intake.slug:
                raise Refused(
                    [_("What is passed on is not answered on the spot; just save it.")]
                )
            move = _move(made, ANSWERED)
            if not moving.available(who_, made, move):
                raise Denied(move.actions[0], made.slug)
            moving.make(session, who_, made, move)
    flash(_("Saved: {what}", what=called(made)), "success")
    return made


def _step(made: Reception, code: str, words: str) -> None:
    values = {
        "promised_at": made.promised_at,
        "content": words,
        "channel": made.channel,
    }
    moving.make(db.session(), actor(), made, _move(made, code), values)


def _move(case: Case, code: str) -> Any:
    flow = type(case).flow
    assert flow is not None
    return flow.move(code)


def _after(made: Reception) -> str:
    """To the next call, or to what is to be done now."""
    if "another" in request.form:
        return url_for("quick.reception")
    slug, key = _begun(made)
    return url_for(f"{slug}.details_view", id=key)


def _begun(made: Reception) -> tuple[str, int]:
    """What came of a reception, else itself."""
    spine, session = Case.__table__.c, db.session()
    query = select(spine.type, spine.id).where(spine.source_id == made.id)
    found = session.connection().execute(query.limit(1)).first()
    return (found.type, found.id) if found else (made.slug, made.id)


@page.post("/urge")
def urge() -> Answer:
    """Is it fixed yet: urge the holder, or tell the customer, in one step."""
    case, code = _asked_case(), request.form.get("act", "")
    if code not in ACTS:
        abort(400, _("There is no such step."))
    move, said = _move(case, code), posted_sentence("content")
    values = {"reason": said}
    if code == "reply":
        values = {"content": said, "channel": USUAL["channel"]}
    session = db.session()
    try:
        with writing(session):
            fresh = fetch(type(case), case.id)
            if not moving.available(actor(), fresh, move):
                raise Denied(move.actions[0], fresh.slug)
            moving.make(session, actor(), fresh, move, values)
    except Refused as why:
        abort(400, str(why))
    flash(_told(fresh, code), "success")
    return redirect(_back(fresh))


def _asked_case() -> Case:
    slug = request.form.get("slug", "")
    try:
        cls = record_type(slug)
    except KeyError:
        abort(404)
    if not issubclass(cls, Case) or cls is Case:
        abort(404)
    return fetch(cls, request.form.get("id", ""))


def _told(case: Case, code: str) -> str:
    if code == "reply":
        return _("{number}: what you told the customer is noted.", number=case.number)
    return _("{number} urged, {n} times so far.", number=case.number, n=case.urged)


def _back(case: Case) -> str:
    """The screen that it was asked on."""
    if "at" in request.form:
        return url_for("quick.reception", at=request.form["at"])
    return url_for("household.home", unit_id=case.unit_id)


def _answer(made: Sheet, status: int) -> Answer:
    return render("quick.html", page=made), status


def init_app(app: Flask) -> None:
    """Register the screen."""
    app.register_blueprint(page)
