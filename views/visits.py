"""``/revisits/``: the month's shares and coverage, and planning by building and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, aliased
from werkzeug.wrappers import Response

from core.access import Actor, Denied, may
from core.db import db, now
from core.moves import Refused
from core.record import Case, fields
from core.scope import where
from core.words import _
from models import Building, HomeVisit, Revisit, Staff, Unit
from rules.revisits import ROLES as CALLED
from rules.revisits import share_of, target
from views import moving
from views.context import actor, fetch, project_id
from views.facts import policy_rows
from views.posted import posted_day
from views.posts import posts
from views.shell import render
from views.values import (
    plain_words,
    setting,
    this_day,
    zone,
)

page = Blueprint("visits", __name__, url_prefix="/revisits")
MOST = 200
"""Visits that one press plans."""
_spine, _revisit = Case.__table__.c, Revisit.__table__.c


@dataclass(frozen=True, slots=True)
class Share:
    """What falls to one role of the month's finished repairs."""

    role: str
    percent: int
    target: int
    given: int
    made: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the month's revisits of one kind were made."""

    kind: str
    planned: int
    made: int
    unreached: int

    @property
    def percent(self) -> int:
        """Made of a hundred planned."""
        return self.made * 100 // self.planned if self.planned else 0


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(page)


@page.before_request
def only_for_heads() -> None:
    """Everything here is for whoever may give out revisits."""
    if not may(actor(), "assign", Revisit):
        raise Denied("assign", Revisit.slug)


@page.get("/")
def meters() -> str:
    """Targets and shares reached, coverage by kind, and the form that plans."""
    session, who = db.session(), actor()
    since, month = _month(session)
    lines = _counted(session, who, since)
    return render(
        "visits.html",
        page={
            "title": _("Revisits of the month"),
            "month": month,
            "shares": shares(session, lines),
            "coverage": coverage(session, lines),
            "goal": setting(session, "kpi.revisit_coverage.target", "100"),
            "buildings": _names(session, Building),
            "people": _names(session, Staff),
            "today": this_day(session),
            "queue_url": url_for("queues.queue", slug="revisits"),
            "doors_url": url_for("doors.doors"),
            "plan_url": url_for("visits.plan"),
        },
    )


def _month(session: Session) -> tuple[dt.datetime, str]:
    """When this month began in the office's zone, and what it is called."""
    here = now().astimezone(zone(session))
    begun = dt.datetime.combine(here.date().replace(day=1), dt.time(), here.tzinfo)
    return begun.astimezone(dt.UTC), f"{begun:%Y-%m}"


def _counted(session: Session, who: Actor, since: dt.datetime) -> Sequence[Any]:
    """The month's revisits by kind and role: planned, made, not reached."""
    reached = func.sum(case((_revisit.visited_at.is_not(None), 1), else_=0))
    missed = func.sum(case((_spine.state == "not_reached", 1), else_=0))
    query = (
        select(
            _revisit.source_kind,
            _revisit.revisitor_role,
            func.count().label("planned"),
            reached.label("made"),
            missed.label("unreached"),
        )
        .join_from(Case.__table__, Revisit.__table__, _spine.id == _revisit.id)
        .where(
            _spine.received_at >= since,
            _spine.voided_at.is_(None),
            _spine.project_id == project_id(),
            where(who, "read", Revisit),
        )
        .group_by(_revisit.source_kind, _revisit.revisitor_role)
        .order_by(_revisit.source_kind)
    )
    return session.connection().execute(query).all()


def shares(session: Session, lines: Sequence[Any]) -> list[Share]:
    """What each role owes of the repairs, so far and by its share."""
    rules = [
        rule
        for rule in policy_rows(session, "revisit_rule")
        if rule["origin"] == "repair" and not rule["variant"]
    ]
    given = {row.revisitor_role: row for row in lines if row.source_kind == "repair"}
    roles = [CALLED.get(rule["role"], rule["role"]) for rule in rules]
    finished = sum(given[role].planned for role in roles if role in given)
    how = setting(session, "repair_revisit.rounding", "up")
    return [
        Share(
            _words(session, "revisitor_role", role),
            share_of(rule),
            target(share_of(rule), finished, how),
            given[role].planned if role in given else 0,
            given[role].made if role in given else 0,
        )
        for rule, role in zip(rules, roles, strict=True)
    ]


def coverage(session: Session, lines: Sequence[Any]) -> list[Coverage]:
    """Every kind of revisit of the month, all roles together."""
    found: dict[str, list[int]] = {}
    for row in lines:
        sums = found.setdefault(row.source_kind, [0, 0, 0])
        for n, value in enumerate((row.planned, row.made, row.unreached)):
            sums[n] += value
    return [
        Coverage(_words(session, "source_kind", kind), *sums)
        for kind, sums in found.items()
    ]


def _words(session: Session, name: str, code: str | None) -> str:
    return plain_words(session, fields(Revisit)[name], code, None)


def _names(session: Session, cls: Any) -> list[tuple[int, str]]:
    """What can be chosen: (id, name)."""
    if not may(actor(), "read", cls):
        return []
    query = select(cls.id, cls.name).where(
        cls.voided_at.is_(None), cls.project_id == project_id()
    )
    return [tuple(row) for row in session.execute(query.order_by(cls.name).limit(500))]


@page.post("/plan")
def plan() -> Response:
    """Give the waiting visits of a building to somebody for one day."""
    session, who = db.session(), actor()
    building = fetch(Building, request.form.get("building", ""))
    holder = fetch(Staff, request.form.get("holder", ""))
    day = posted_day("day")
    if day < this_day(session):
        abort(400, _("Choose today or a later day."))
    done = refused = 0
    for one in _waiting(session, who, building, holder):
        try:
            _give(session, who, one, {"holder_id": holder.id}, day)
            done += 1
        except Refused:
            refused += 1
    flash(_("Visits planned: {n}", n=done), "success" if done else "error")
    if refused:
        flash(_("{n} more could not be done.", n=refused), "error")
    return redirect(url_for("visits.meters"))


def _give(
    session: Session, who: Actor, one: Case, given: Mapping[str, Any], day: dt.date
) -> None:
    assert one.flow is not None
    name = "plan_on" if isinstance(one, Revisit) else "visit_on"
    moving.step(session, who, one, one.flow.move("assign"), {**given, name: day})


def _waiting(
    session: Session, who: Actor, building: Building, holder: Staff
) -> list[Case]:
    """What is to be visited there and can be by him: by his roles, not his own work."""
    there = select(Unit.id).where(Unit.building_id == building.id)
    roles = {post.role for post in posts(session, now()) if post.staff_id == holder.id}
    known = {CALLED.get(role, role) for role in roles}
    source = aliased(Case.__table__)
    own = select(source.c.id).where(source.c.holder_id == holder.id)
    suited: ColumnElement[bool] = or_(
        Revisit.revisitor_role.is_(None), Revisit.revisitor_role.in_(known)
    )
    revisits = select(Revisit).where(
        Revisit.unit_id.in_(there),
        Revisit.state.in_(("planned", "not_reached")),
        Revisit.voided_at.is_(None),
        suited,
        or_(Revisit.source_id.is_(None), Revisit.source_id.not_in(own)),
        where(who, "assign", Revisit),
    )
    visits = select(HomeVisit).where(
        HomeVisit.unit_id.in_(there),
        HomeVisit.state.in_(("planned", "owner_told")),
        HomeVisit.voided_at.is_(None),
        where(who, "assign", HomeVisit),
    )
    found: list[Case] = []
    for query in (revisits, visits):
        found += session.scalars(query.limit(MOST)).all()
    return found
