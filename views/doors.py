"""``/revisits/doors/``: what somebody walking from door to door does with one tap.

An answer carries a token of the telephone's making: sent again over a bad connection
it does nothing twice.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Flask, abort, flash, jsonify, redirect, request, url_for
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import posted, privacy
from core.access import Actor, Denied, may, readable
from core.db import db, now, writing
from core.moves import Refused
from core.record import Case, fields, record_type
from core.scope import where
from core.words import _, say
from models import SATISFACTION, Building, HomeVisit, Revisit, Unit
from rules.flows.revisits import ON_SITE
from rules.revisits import ROLES
from views import moving
from views.context import actor, fetch
from views.posted import posted_sentence
from views.shell import render
from views.values import (
    choices,
    labels_of,
    person_label_masked,
    when,
    zone,
)

page = Blueprint("doors", __name__, url_prefix="/revisits/doors")
MOST = 120
AWAY = "away"
RESULTS = frozenset({AWAY, *(code for code, *_words in SATISFACTION)})
TOKEN = re.compile(r"[0-9a-f-]{16,40}")
SAID = ("signed_by", "unsigned_reason", "charge_check")
"""What a revisit of a repair asks besides."""
_home, _building = Unit.__table__.c, Building.__table__.c


@dataclass(frozen=True, slots=True)
class Door:
    """One visit to be made."""

    slug: str
    id: int
    number: str
    url: str
    home: str
    who: str
    about: str
    due: str
    signs: bool
    charged: bool
    token: str


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)


@page.before_request
def only_for_visitors() -> None:
    """Everything here is for whoever makes revisits."""
    if not may(actor(), "update", Revisit):
        raise Denied("update", Revisit.slug)


@page.get("/")
def doors() -> str:
    """The visits of the reader by building and storey, each with its answers."""
    session, who = db.session(), actor()
    found = list(_doors(session, who))
    groups = [(name, [d for _n, d in rows]) for name, rows in groupby(found, _first)]
    known = fields(Revisit)
    return render(
        "doors.html",
        page={
            "title": _("Door to door"),
            "groups": groups,
            "staff": who.staff_id,
            "url": url_for("doors.answer"),
            "results": [(code, say((zh, en))) for code, zh, en in SATISFACTION],
            "unsigned": choices(session, known["unsigned_reason"]).items(),
            "charges": choices(session, known["charge_check"]).items(),
        },
    )


def _first(pair: tuple[str, Door]) -> str:
    return pair[0]


def _doors(session: Session, who: Actor) -> Iterator[tuple[str, Door]]:
    """Building and door, in the order in which one walks."""
    order = (_building.position, _building.code, _home.floor_order, _home.name)
    found: list[tuple[Any, ...]] = []
    for cls, mine in _mine(who):
        query = (
            select(cls, _home.name, _building.name, *order)
            .join(Unit.__table__, _home.id == cls.unit_id)
            .join(Building.__table__, _building.id == _home.building_id)
            .where(cls.voided_at.is_(None), mine, where(who, "update", cls))
            .order_by(*order)
            .limit(MOST)
        )
        found += session.execute(query).all()
    people = {row[0].person_id for row in found if row[0].person_id}
    names = labels_of(session, "person", people)
    for row in sorted(found, key=_place):
        yield row[2], _door(session, who, row[0], row[1], names)


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where a row stands on the way; what has no place of its own comes first."""
    position, code, storey, name = row[3:]
    return (position or 0, code, storey or 0, name)


def _mine(who: Actor) -> list[tuple[Any, ColumnElement[bool]]]:
    """What the reader holds, and what nobody holds that falls to a role of his."""
    roles = {ROLES.get(role, role) for role in who.roles}
    free = (Revisit.holder_id.is_(None), Revisit.revisitor_role.in_(roles))
    held = Revisit.holder_id == who.staff_id
    waiting = Revisit.state.in_(("planned", "not_reached"))
    told = HomeVisit.state == "owner_told"
    return [
        (Revisit, waiting & or_(held, free[0] & free[1])),
        (HomeVisit, told & (HomeVisit.holder_id == who.staff_id)),
    ]


def _door(
    session: Session, who: Actor, one: Any, home: str, names: dict[int, str]
) -> Door:
    seen = set(readable(who, type(one), ["person_id", "content"], one))
    masked = person_label_masked(who, "person")
    name = names.get(one.person_id, "") if "person_id" in seen else ""
    source = _repair_of(session, one)
    return Door(
        slug=one.slug,
        id=one.id,
        number=one.number,
        url=url_for(f"{one.slug}.details_view", id=one.id),
        home=home,
        who=privacy.mask(name, masked) if masked else name,
        about=(one.content or "") if "content" in seen else "",
        due=when(one.next_due_at, zone(session)) if one.next_due_at else "",
        signs=source is not None and one.mode in ON_SITE,
        charged=bool(source and source.charge),
        token=secrets.token_hex(16),
    )


def _repair_of(session: Session, one: Any) -> Any:
    """The repair that a revisit is of, whose charge and signature are asked for."""
    if getattr(one, "source_kind", "") != "repair" or one.source_id is None:
        return None
    table = record_type("repair").__table__
    query = select(table.c.charge).where(table.c.id == one.source_id)
    return session.connection().execute(query).one_or_none()


@page.post("/")
def answer() -> Response | tuple[Response, int]:
    """Take one answer, once; told in JSON to the page's script, else by going back."""
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        words = _taken()
    except Refused as why:
        if scripted:
            return jsonify(words=str(why)), 409
        flash(str(why), "error")
    else:
        if scripted:
            return jsonify(words=words)
        flash(words, "success")
    return redirect(url_for("doors.doors"))


def _taken() -> str:
    who, session = actor(), db.session()
    token, result = request.form.get("token", ""), request.form.get("result", "")
    slug = request.form.get("slug", "")
    if not TOKEN.fullmatch(token) or result not in RESULTS:
        abort(400, _("The form is incomplete. Open it again, please."))
    if slug not in (Revisit.slug, HomeVisit.slug) or who.staff_id is None:
        abort(400, _("There is no such step."))
    cls: Any = record_type(slug)
    case = fetch(cls, request.form.get("id", ""))
    code, values = _step(case, result)
    with writing(session):
        if posted.is_first(session, who.staff_id, token):
            moving.step(session, who, case, case.flow.move(code), values)
    return _("{number}: noted.", number=case.number)


def _step(case: Case, result: str) -> tuple[str, dict[str, Any]]:
    """The move that an answer makes, and what it says."""
    words, tomorrow = posted_sentence("words"), now() + dt.timedelta(days=1)
    if isinstance(case, HomeVisit):
        if result == AWAY:
            day = tomorrow.astimezone(zone(db.session())).date()
            return "postpone", {"visit_on": day, "reason": _("Nobody was at home.")}
        ready = ["questionnaire", "reply_slip"] if request.form.get("ready") else []
        said = {"satisfaction": result, "tools_prepared": ready}
        return "visit", said | ({"complaints_heard": words} if words else {})
    if result == AWAY:
        return "not_reached", {"unreached_reason": "not_home", "retry_at": tomorrow}
    said = {n: posted_sentence(n) for n in SAID}
    said |= {"satisfaction": result, "feedback": words}
    known = fields(Revisit)
    for name in ("unsigned_reason", "charge_check"):
        if said[name] and said[name] not in choices(db.session(), known[name]):
            abort(400, _("There is no such step."))
    return "do", {n: v for n, v in said.items() if v}
