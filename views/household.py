"""``/household/<unit id>``: everything about one home on one page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, request, url_for
from sqlalchemy import select

from core.access import may
from core.db import db
from core.record import Case
from core.words import _
from models import Reception, Unit
from views.context import actor, fetch, project_id
from views.homes import (
    Former,
    Household,
    Past,
    Section,
    former,
    household,
    kept,
    past_matters,
)
from views.lookup import Lookup
from views.queues.asking import moment_place
from views.shell import render
from views.values import number

page = Blueprint("household", __name__)
PAST = 20


@dataclass(slots=True)
class HomePage:
    """Everything ``household.html`` shows."""

    home: Household
    unit_url: str
    quick_url: str
    former: list[Former]
    past: list[Past]
    next_url: str
    first_url: str
    sections: list[Section]
    purpose: str


@page.get("/household/<unit_id>")
def home(unit_id: str) -> str:
    """One home; an open case that the reader comes from is the purpose of looking."""
    unit, session, who = fetch(Unit, unit_id), db.session(), actor()
    start = moment_place(request.args.get("after", ""))
    past, behind = past_matters(session, who, unit.id, start, PAST)
    case = request.args.get("case", "")
    place = f"{behind[0].isoformat()}~{behind[1]}" if behind else ""
    here = url_for("household.home", unit_id=unit.id)
    shown = HomePage(
        home=household(session, who, unit),
        unit_url=url_for("unit.details_view", id=unit.id),
        quick_url=url_for("quick.reception", at=f"{unit.id}-")
        if may(who, "create", Reception) and unit.project_id == project_id()
        else "",
        former=former(session, who, unit.id),
        past=past,
        next_url=url_for("household.home", unit_id=unit.id, after=place)
        if place
        else "",
        first_url=here if start else "",
        sections=kept(session, who, unit.id),
        purpose=_purpose(unit, case),
    )
    return render("household.html", page=shown)


def _purpose(unit: Unit, case: str) -> str:
    """What a look at a number is for: the open case that led here."""
    wanted = number(case)
    if wanted is None:
        return ""
    key = Lookup(Case.slug).one(db.session(), wanted)
    spine = Case.__table__.c
    mine = (spine.id == key, spine.unit_id == unit.id, spine.open)
    query = select(spine.number).where(*mine)
    about = db.session().connection().execute(query).scalar()
    return _("contact about {number}", number=about) if about else ""


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
