"""Whom the rounds of the office may lead to, each a statement over the whole estate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, or_, select, type_coerce

from core.record import Case
from models import Complaint, HomeVisit, Occupancy, Person, RevisitAgreement, Unit, Zone
from views.callers import living
from views.occasions import Place, Row

_unit, _zone = Unit.__table__.c, Zone.__table__.c
_person, _occupancy = Person.__table__.c, Occupancy.__table__.c
COMPLAINING, KEY = "complaining", "key"


def homes(place: Place, *wanted: ColumnElement[bool]) -> Select[Any]:
    """The homes of an estate in which somebody such lives, with whom to speak there."""
    order = (_occupancy.main_contact.desc(), _occupancy.id)
    rank = func.row_number().over(partition_by=_occupancy.unit_id, order_by=order)
    living_there = (
        select(
            _occupancy.unit_id,
            _occupancy.person_id,
            _occupancy.since,
            _occupancy.created_at,
            rank.label("rank"),
        )
        .join_from(
            Occupancy.__table__, Person.__table__, _person.id == _occupancy.person_id
        )
        .where(_person.voided_at.is_(None), *living(place.today), *wanted)
        .subquery("living_there")
    )
    known = living_there.c
    return (
        select(
            _unit.id.label("unit_id"),
            _unit.zone_id,
            _zone.staff_id.label("holder_id"),
            _unit.created_at,
            known.person_id,
            known.since,
            known.created_at.label("entered_at"),
        )
        .join_from(Unit.__table__, living_there, known.unit_id == _unit.id)
        .outerjoin(Zone.__table__, _zone.id == _unit.zone_id)
        .where(known.rank == 1, _unit.project_id == place.id)
        .where(_unit.voided_at.is_(None))
        .order_by(_unit.id)
    )


def new_owners(place: Place, months: int) -> Select[Any]:
    """Homes whose owner came lately."""
    begun = place.since() - dt.timedelta(days=31 * (months + 1))
    return homes(place, _occupancy.relation == "owner", _occupancy.since >= begun)


def key_customers(place: Place) -> Select[Any]:
    """Homes of key customers, who are visited themselves."""
    return homes(place, _person.customer_group == KEY)


def complaining(place: Place, rule: Row) -> Select[Any]:
    """Homes that complained so often lately, or whose people are in that group."""
    begun = place.today - dt.timedelta(days=rule["window_days"] or 0)
    since = dt.datetime.combine(begun, dt.time(), place.zone)
    case = Case.__table__.c
    often = (
        select(case.unit_id)
        .where(case.type == Complaint.slug, case.project_id == place.id)
        .where(case.received_at >= since, case.voided_at.is_(None))
        .group_by(case.unit_id)
        .having(func.count() >= (rule["threshold"] or 1))
    )
    marked = homes(place, _person.customer_group == COMPLAINING).subquery("marked")
    wanted = or_(_unit.id.in_(often), _unit.id.in_(select(marked.c.unit_id)))
    return homes(place).where(wanted)


def by_agreement(place: Place) -> Select[Any]:
    """Homes with an agreement in force that we visit every month."""
    case, t = Case.__table__.c, RevisitAgreement.__table__.c
    monthly = type_coerce(t.scope, String).like('%"monthly"%')
    agreed = (
        select(case.unit_id)
        .join_from(Case.__table__, RevisitAgreement.__table__, case.id == t.id)
        .where(case.project_id == place.id, case.voided_at.is_(None))
        .where(case.state == "signed", or_(t.scope.is_(None), monthly))
        .where(or_(t.valid_from.is_(None), t.valid_from <= place.today))
        .where(or_(t.valid_until.is_(None), t.valid_until >= place.today))
    )
    return homes(place).where(_unit.id.in_(agreed))


def in_zones(place: Place) -> Select[Any]:
    """One home of each zone: the one where nobody called for the longest time."""
    case, visit = Case.__table__.c, HomeVisit.__table__.c
    last = (
        select(case.unit_id, func.max(visit.visit_on).label("on"))
        .join_from(Case.__table__, HomeVisit.__table__, case.id == visit.id)
        .where(case.project_id == place.id, case.voided_at.is_(None))
        .group_by(case.unit_id)
        .subquery("last")
    )
    known = homes(place).subquery("known")
    order = (last.c.on.is_not(None), last.c.on, known.c.unit_id)
    rank = func.row_number().over(partition_by=known.c.zone_id, order_by=order)
    ranked = (
        select(known, rank.label("turn"))
        .outerjoin(last, last.c.unit_id == known.c.unit_id)
        .where(known.c.zone_id.is_not(None))
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.turn == 1).order_by(ranked.c.zone_id)
