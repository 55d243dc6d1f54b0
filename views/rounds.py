"""Rounds are planned ahead: households and finished works, each once in its time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import jobs, messages, posted
from core.db import writing
from core.jobs import Job
from core.record import Case
from core.words import _, both
from models import EngineeringProject, HomeVisit, Revisit, RevisitPlan
from rules.calendar import DAY
from rules.rounds import YEAR, blocks, day_of, is_drawn, since_joining, stages
from views import candidates
from views.duties import holder_of
from views.occasions import (
    Opening,
    Place,
    Row,
    missing,
    open_all,
    out_of_use,
    places,
    rules_of,
)
from views.posts import Post, posts
from views.timetable import timetable
from views.values import setting, whole

AT = ("00:15",)
FREQUENCIES = {1: "monthly", 3: "quarterly", 6: "half_yearly"}
WAITING = ("planned", "not_reached", "owner_told")
"""Visits that are still to be made."""
Visited = tuple[str, int | None, str | None]
"""Kind of visit, home and role."""
BUTLER = "receptionist"
"""Visits of that role are made by whoever looks after the zone."""


def init_app(app: Flask) -> None:
    """Register the job."""
    title = ("安排定期回访和走访", "Planning of rounds")
    jobs.add(Job("rounds", title, run, at=AT))


def run(session: Session, moment: dt.datetime) -> int:
    """Plan the visits of the coming days, in every estate; how many were planned."""
    held, off, planned = posts(session, moment), out_of_use(session), 0
    for place in places(session, moment):
        planned += len(plan(session, place, held, off))
    with writing(session):
        posted.forget(session, moment)
    return planned


def plan(
    session: Session, place: Place, held: Sequence[Post], off: set[str]
) -> list[Opening]:
    """Plan the visits of one estate, and tell everybody how many are his."""
    until = place.today + whole(session, "revisit.ahead_days", 7) * DAY
    found = upcoming(session, place, until, held, off)
    opened = open_all(session, list(_once_a_home(session, place, found)))
    _tell(session, opened)
    _date_works(session, place)
    return opened


def upcoming(
    session: Session, place: Place, until: dt.date, held: Sequence[Post], off: set[str]
) -> list[Opening]:
    """The visits up to a day that nobody has planned yet."""
    found = (
        one
        for rule in rules_of(session, "revisit_rule", place)
        for one in _of_rule(session, Round(rule, place, until, held))
        if one.slug not in off and _is_wanted(session, rule)
    )
    return missing(session, place, found)


@dataclass(frozen=True, slots=True)
class Round:
    """One rule of an estate, up to the last day that is planned now."""

    rule: Row
    place: Place
    until: dt.date
    held: Sequence[Post]

    @property
    def every(self) -> int:
        """How many months lie between two visits, none more often than is allowed."""
        months, most = self.rule["interval_months"] or 1, self.rule["most_a_year"]
        return max(months, ceil(YEAR / most)) if most else months

    def since(self, *moments: dt.datetime | None) -> dt.date:
        """The first day on which it may be due."""
        rule = self.rule
        return self.place.since(rule["updated_at"] or rule["created_at"], *moments)


def _is_wanted(session: Session, rule: Row) -> bool:
    """Whether the office goes round by household, by zone, or both."""
    unit = setting(session, "periodic.unit", "both")
    return rule["property_type"] != "residential" or unit in ("both", rule["per"])


def _of_rule(session: Session, one: Round) -> Iterator[Opening]:
    rule, place = one.rule, one.place
    if not is_of(place, rule):
        return
    if rule["origin"] == "engineering":
        yield from _to_works(session, one)
    elif rule["origin"] == "new_owner":
        yield from _to_new_owners(session, one)
    elif (query := _whom(one)) is not None:
        for home in session.connection().execute(query).all():
            yield from _to_home(one, home)


def is_of(place: Place, rule: Row) -> bool:
    """Whether a rule is for estates of that type."""
    return rule["property_type"] in (None, "", place.property_type)


def _whom(one: Round) -> Any:
    """The homes that a rule leads to again and again; None for rules of other kinds."""
    rule, place = one.rule, one.place
    if rule["origin"] == "key_customer":
        return candidates.key_customers(place)
    if rule["origin"] == "agreement":
        return candidates.by_agreement(place)
    if rule["origin"] != "periodic":
        return None
    if rule["threshold"]:
        return candidates.complaining(place, rule)
    by_zone = rule["per"] == "zone"
    return candidates.in_zones(place) if by_zone else candidates.homes(place)


def _to_home(one: Round, home: Any) -> Iterator[Opening]:
    """A visit in each stretch of the calendar that begins by the last day planned."""
    subject = home.zone_id if one.rule["per"] == "zone" else home.unit_id
    share, since = one.rule["share"], one.since(home.created_at, home.entered_at)
    for first, last in blocks(one.every, since, one.until):
        due = day_of(subject, first, last)
        drawn = share in (None, 100) or is_drawn(subject, share, one.every, first)
        if drawn and since <= due <= one.until:
            yield _visit(one, home, (subject, first), due)


def _to_new_owners(session: Session, one: Round) -> Iterator[Opening]:
    """Once soon after joining; then, for a while, more often than others."""
    lasts = one.rule["lasts_months"] or 0
    query = candidates.new_owners(one.place, lasts)
    for home in session.connection().execute(query).all():
        since = one.since(home.created_at, home.entered_at)
        days = [home.since + _first_days(session, one) * DAY]
        if lasts:
            days = list(since_joining(home.since, one.every, lasts, one.until))
        for day in days:
            if since <= day <= one.until:
                yield _visit(one, home, (home.unit_id, day), day)


def _first_days(session: Session, one: Round) -> int:
    """By how many days after joining, as the deadline of the rule says."""
    rule = timetable(session, one.place.id).rule(one.rule["deadline"] or "")
    return (rule.limit.amount or 0) if rule else 0


def _visit(one: Round, home: Any, about: tuple[int, dt.date], due: dt.date) -> Opening:
    rule = one.rule
    values = {
        "unit_id": home.unit_id,
        "person_id": home.person_id,
        "content": rule["title_zh"],
        "holder_id": _visitor(one, home),
    }
    key = (rule["code"], one.place.id, *about)
    if _is_at_home(rule):
        values |= {"visit_on": due, "frequency": FREQUENCIES.get(one.every, "extra")}
        return Opening(key, due, HomeVisit.slug, values)
    values |= {"source_kind": _source_kind(rule), "revisitor_role": rule["role"]}
    values |= {"plan_on": due}
    if rule["mode"] != "preferred":
        values["mode"] = rule["mode"]
    return Opening(key, due, Revisit.slug, values)


def _visitor(one: Round, home: Any) -> int | None:
    """The butler of the zone, where it falls to his role, or whoever has it alone."""
    butler: int | None = home.holder_id if one.rule["role"] == BUTLER else None
    return butler or holder_of(one.held, one.rule["role"], one.place)


def _is_at_home(rule: Row) -> bool:
    """Whether a team calls with its questionnaire, which is a record of its own."""
    return bool(rule["property_type"]) and rule["mode"] == "on_site"


def _source_kind(rule: Row) -> str:
    if rule["origin"] in ("new_owner", "agreement") and not rule["lasts_months"]:
        return str(rule["origin"])
    return "director" if rule["variant"] == "director" else "periodic"


def _to_works(session: Session, one: Round) -> Iterator[Opening]:
    months = _months(one.rule)
    holder = holder_of(one.held, one.rule["role"], one.place)
    for works, accepted in _works(session, one.place):
        since = one.since(works.created_at)
        for stage, due in stages(accepted, months, one.every, one.until):
            if due >= since:
                values = {
                    "engineering_project_id": works.id,
                    "department_id": works.department_id,
                    "holder_id": holder,
                    "content": one.rule["title_zh"],
                    "stage": stage,
                    "plan_on": due,
                }
                key = (one.rule["code"], one.place.id, works.id, due)
                yield Opening(key, due, "engineering_revisit", values)


def _months(rule: Row) -> list[int]:
    return [int(n) for n in (rule["months"] or "").split(",") if n.strip().isdigit()]


def _works(session: Session, place: Place) -> list[tuple[EngineeringProject, dt.date]]:
    """The finished works of an estate, and when they were accepted."""
    t = EngineeringProject
    standing = (t.project_id == place.id, t.voided_at.is_(None))
    found = session.scalars(select(t).where(*standing).order_by(t.id))
    return [(one, one.accepted_on) for one in found if one.accepted_on]


def _date_works(session: Session, place: Place) -> None:
    """Works say when they are visited next."""
    rules = rules_of(session, "revisit_rule", place)
    rule = next((r for r in rules if r["origin"] == "engineering"), None)
    if rule is None:
        return
    every = rule["interval_months"] or 12
    until = place.today + 31 * max(every, *_months(rule), 12) * DAY
    with writing(session):
        for works, accepted in _works(session, place):
            days = stages(accepted, _months(rule), every, until)
            following = next((day for _n, day in days if day > place.today), None)
            if works.next_revisit_on != following:
                works.next_revisit_on = following


def _once_a_home(
    session: Session, place: Place, due: Iterable[Opening]
) -> Iterator[Opening]:
    """One visit in a role serves every rule: nobody is called on twice for several."""
    waiting = _waiting(session, place)
    plans = partial(_plan_of, _plans(session, place))
    taken = set[Visited]()
    for one in due:
        values = one.values
        home = (one.slug, values.get("unit_id"), values.get("revisitor_role"))
        if home in waiting:
            yield replace(one, case_id=waiting[home])
        elif home not in taken:
            taken |= {home} if home[1] else set()
            yield plans(one)


def _waiting(session: Session, place: Place) -> Mapping[Visited, int]:
    """The rounds that are planned already and not yet made, by home and role."""
    case, role = Case.__table__.c, Revisit.__table__.c.revisitor_role
    query = (
        select(case.type, case.unit_id, role, case.id)
        .outerjoin_from(
            Case.__table__, Revisit.__table__, Revisit.__table__.c.id == case.id
        )
        .where(
            case.project_id == place.id,
            case.type.in_((Revisit.slug, HomeVisit.slug)),
            case.state.in_(WAITING),
            case.source_id.is_(None),
            case.unit_id.is_not(None),
            case.voided_at.is_(None),
        )
    )
    rows = session.connection().execute(query.order_by(case.id.desc()))
    return {(slug, unit, role): key for slug, unit, role, key in rows}


def _plans(session: Session, place: Place) -> Sequence[RevisitPlan]:
    t = RevisitPlan
    query = select(t).where(t.project_id == place.id, t.open, t.voided_at.is_(None))
    return session.scalars(query.order_by(t.id)).all()


def _plan_of(plans: Sequence[RevisitPlan], one: Opening) -> Opening:
    """A revisit belongs to the plan of its days."""
    for found in plans:
        begun, ends = found.period_from, found.period_to
        covers = begun and ends and begun <= one.due <= ends
        if covers and one.slug == Revisit.slug:
            return replace(one, values={**one.values, "revisit_plan_id": found.id})
    return one


def _tell(session: Session, opened: Iterable[Opening]) -> None:
    """Everybody hears once how many visits were planned for him."""
    holders = (one.values.get("holder_id") for one in opened)
    many = Counter(key for key in holders if key is not None)
    if not many:
        return
    with writing(session):
        for holder, n in sorted(many.items()):
            words = both(partial(_planned, n))
            messages.tell(session, [holder], words)


def _planned(n: int) -> str:
    return _("Visits planned for you: {n}", n=n)
