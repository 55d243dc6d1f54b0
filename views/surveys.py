"""A survey's slips with their QR codes, and the page on which a slip is answered.

A slip carries a number of its own and no home, so an answer is nobody's. Each is good
for one answer. Source: S4-185 ff., C26.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import segno
from flask import Blueprint, Flask, abort, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import signin
from core.access import SYSTEM, Actor, Denied, act_as, can
from core.db import db, writing
from core.numbering import take, value
from core.privacy import derived
from core.record import Record, form_fields
from core.words import _, say
from models import Survey, SurveyAnswer, SurveyItem
from views import details
from views.context import actor, fetch
from views.fields import clean
from views.login import OPEN
from views.security import csrf
from views.shell import render
from views.values import (
    choices,
    number,
    this_day,
    whole,
)

page = Blueprint("surveys", __name__)
Answer = str | tuple[str, int]
SHEET = 200
"""Slips on one page of print."""
LONG = 2_000
"""Characters of an opinion."""
HOUR = dt.timedelta(hours=1)
_SLIP = re.compile(r"(\d{1,15})-(\d{1,6})-([\w-]{16})")


def slip(survey: int, n: int) -> str:
    """What stands in the address of a survey's slip of that number."""
    signed = hmac.digest(derived("survey slip"), f"{survey}:{n}".encode(), "sha256")
    return f"{survey}-{n}-{urlsafe_b64encode(signed[:12]).decode()}"


def read_slip(text: str) -> tuple[int, int] | None:
    """Survey and number of a slip; None of what we never printed."""
    found = _SLIP.fullmatch(text)
    if found is None:
        return None
    survey, n = int(found[1]), int(found[2])
    return (survey, n) if hmac.compare_digest(slip(survey, n), text) else None


@page.get("/s/<text>")
def form(text: str) -> Answer:
    """The questions, for whoever holds the slip."""
    survey, n = _survey(db.session(), text)
    if why := _shut(db.session(), survey, n):
        return _said(survey, why, 409)
    return _asked(survey)


@page.post("/s/<text>")
@csrf.exempt  # the slip is the whole authority, and works without cookies
def take_answer(text: str) -> Answer:
    """Keep the answer; a slip is good for one."""
    session = db.session()
    survey, n = _survey(session, text)
    if _too_many(session):
        return _said(
            survey, _("Too many answers at once. Please come back later."), 429
        )
    if why := _shut(session, survey, n):
        return _said(survey, why, 409)
    try:
        values = _values(session, survey, request.form)
    except ValueError as why:
        return _asked(survey, str(why), 400)
    act_as(session, SYSTEM)
    with writing(session):
        if take(session, _used(survey.id, n)) > 1:
            return _said(survey, _again(), 409)
        form_no = f"W{take(session, f'survey forms:{survey.id}'):04}"
        answer = SurveyAnswer(survey_id=survey.id, form_no=form_no, **values)
        answer.project_id = survey.project_id
        session.add(answer)
    return _said(survey, _("Thank you. Your answer has been received."))


@page.get("/survey/<key>/slips")
def slips(key: str) -> str:
    """The slips of a survey, to print and hand out."""
    survey = fetch(Survey, key)
    if not _prints(actor(), survey):
        raise Denied("print", "survey", survey.id)
    first = max(1, number(request.args.get("first", ""), digits=6) or 1)
    issued = survey.issued_count or 0
    last = min(issued, first + SHEET - 1)
    return render(
        "slips.html",
        page={
            "title": survey.name,
            "until": survey.period_to,
            "slips": [(n, _address(survey.id, n)) for n in range(first, last + 1)],
            "code": _code,
            "back_url": url_for("survey.details_view", id=survey.id),
            "next_url": url_for("surveys.slips", key=survey.id, first=last + 1)
            if last < issued
            else "",
        },
    )


def _address(survey: int, n: int) -> str:
    return url_for("surveys.form", text=slip(survey, n), _external=True)


def _code(address: str) -> Markup:
    """The QR code of a slip, drawn without a style of its own."""
    drawn = segno.make(address, error="m", micro=False)
    svg = drawn.svg_inline(
        scale=3, border=2, omitsize=True, svgclass="qr", lineclass=""
    )
    return Markup(svg)  # noqa: S704  drawn from an address of ours


def _survey(session: Session, text: str) -> tuple[Any, int]:
    """The survey of a slip; 404 for what is none."""
    known = read_slip(text)
    table = Survey.__table__
    spine = Survey.__mapper__.columns
    wanted = [spine[name].label(name) for name in _SHOWN]
    if known is None:
        abort(404)
    query = select(*wanted).select_from(Survey.__mapper__.selectable)
    query = query.where(table.c.id == known[0], spine["voided_at"].is_(None))
    found = session.connection().execute(query).one_or_none()
    if found is None:
        abort(404)
    return found, known[1]


_SHOWN = ("id", "project_id", "name", "content", "state", "period_from", "period_to")


def _shut(session: Session, survey: Any, n: int) -> str:
    """Why no answer is taken now; empty when one is."""
    today = this_day(session)
    last: dt.date | None = survey.period_to
    if survey.state != "open" or (last is not None and today > last):
        return _("This survey is closed. Thank you for your interest.")
    return _again() if value(session, _used(survey.id, n)) else ""


def _again() -> str:
    return _("This slip has been answered already. Thank you.")


def _used(survey: int, n: int) -> str:
    return f"survey slip:{survey}:{n}"


def _too_many(session: Session) -> bool:
    """Whether this address answers more often than a household would."""
    most = whole(session, "survey.answers_per_hour", 30)
    network = signin.network(request.remote_addr or "")
    key = signin.attempt_key("survey", network)
    with writing(session):
        return signin.count(session, key, HOUR) > most


def _questions(session: Session, survey: int) -> list[tuple[str, str]]:
    """(field, words) of the items that are rated, and of questions in words."""
    table = SurveyItem.__table__.c
    query = select(table.id, table.item, table.question).order_by(table.id)
    query = query.where(table.survey_id == survey, table.voided_at.is_(None))
    known = form_fields(SurveyAnswer)
    return [
        (item, say(known[item].label)) if item in known else (f"q{key}", question or "")
        for key, item, question in session.connection().execute(query)
    ]


def _values(session: Session, survey: Any, sent: Mapping[str, str]) -> dict[str, Any]:
    """The columns that an answer fills; ValueError with a sentence for what is not."""
    known = form_fields(SurveyAnswer)
    found: dict[str, Any] = {"answered_on": this_day(session)}
    told = []
    for name, words in [*_questions(session, survey.id), ("overall", "")]:
        said = sent.get(name, "")
        if name not in known:
            if text := clean(said[:LONG]):
                told.append(f"{words} {text}")
        elif said in choices(session, known[name]):
            found[name] = said
    if "overall" not in found:
        raise ValueError(_("Please say how satisfied you are on the whole."))
    opinions = clean(sent.get("opinions", "")[:LONG])
    return found | {"answers": "\n".join(told) or None, "opinions": opinions}


def _asked(survey: Any, error: str = "", status: int = 200) -> Answer:
    session, known = db.session(), form_fields(SurveyAnswer)
    questions = _questions(session, survey.id)
    rated = [(name, words) for name, words in questions if name in known]
    return render(
        "survey.html",
        page={
            "title": survey.name,
            "about": survey.content or "",
            "rated": [*rated, ("overall", say(known["overall"].label))],
            "written": [one for one in questions if one[0] not in known],
            "choices": choices(session, known["overall"]),
            "sent": request.form,
            "error": error,
            "most": LONG,
        },
    ), status


def _said(survey: Any, sentence: str, status: int = 200) -> Answer:
    return render("survey.html", page={"title": survey.name, "said": sentence}), status


def _prints(who: Actor, record: Record) -> bool:
    open_now = isinstance(record, Survey) and record.state == "open"
    return open_now and can(who, "print", record)


def _actions(who: Actor, record: Record) -> list[tuple[str, str, bool]]:
    if not _prints(who, record):
        return []
    address = url_for("surveys.slips", key=record.id)
    return [(_("Slips with QR codes"), address, False)]


def init_app(app: Flask) -> None:
    """Register the pages; the questions are open to whoever holds a slip."""
    OPEN.update({"surveys.form", "surveys.take_answer"})
    details.ACTIONS["surveys"] = _actions
    app.register_blueprint(page)
