"""What others reported lately: the same home again, or several homes at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from core.access import Actor
from core.db import now
from core.record import Case
from core.scope import where
from models import Complaint, Unit
from rules.alike import other_homes
from views.values import settings, whole

SPINE, OWN, HOME = Case.__table__, Complaint.__table__, Unit.__table__


def repeats(session: Session, who: Actor, unit_id: int) -> Sequence[Any]:
    """What this home reported within the days that make a repeat, newest first."""
    columns = ("id", "type", "number", "content", "received_at", "state")
    query = (
        select(*(SPINE.c[name] for name in columns))
        .where(
            SPINE.c.unit_id == unit_id,
            SPINE.c.voided_at.is_(None),
            SPINE.c.received_at >= _since(session, "repeat.days"),
            where(who, "read", Case),
        )
        .order_by(SPINE.c.received_at.desc())
        .limit(30)
    )
    return session.connection().execute(query).all()


def homes_like(session: Session, case: Case) -> int:
    """How many other homes complained of the same lately, in the office's terms."""
    if not isinstance(case, Complaint):
        return 0
    place = _place(session, case.unit_id)
    mine = {**place, "category": case.category, "cause": case.cause}
    rows = lately(session, case.project_id)
    return len(other_homes(mine, rows, _terms(session)))


def group_categories(session: Session, unit: Unit) -> list[str]:
    """The categories in which one more complaint, of this home, would make a group."""
    by, rows = _terms(session), lately(session, unit.project_id)
    needed = whole(session, "complaint.group.households", 3)
    place = _place(session, unit.id)
    kinds = {row["category"]: row for row in rows}
    return [
        category
        for category, row in kinds.items()
        if len(other_homes({**row, **place}, rows, by)) + 1 >= needed
    ]


def lately(session: Session, project_id: int | None) -> list[dict[str, Any]]:
    """The complaints of the days that count, each with its home's place."""
    query: Select[Any] = (
        select(
            SPINE.c.unit_id,
            OWN.c.category,
            OWN.c.cause,
            HOME.c.building_id.label("building"),
            HOME.c.zone_id.label("zone"),
        )
        .join(OWN, OWN.c.id == SPINE.c.id)
        .join(HOME, HOME.c.id == SPINE.c.unit_id)
        .where(
            SPINE.c.type == Complaint.slug,
            SPINE.c.project_id == project_id,
            SPINE.c.voided_at.is_(None),
            SPINE.c.received_at >= _since(session, "complaint.group.days"),
        )
        .order_by(SPINE.c.received_at)
    )
    return [dict(row) for row in session.connection().execute(query).mappings()]


def like(session: Session, key: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Complaints that agree with one in all that makes a group in this office."""
    one = select(SPINE.c.unit_id).where(SPINE.c.id == key).scalar_subquery()
    found = [SPINE.c.type == literal_column(f"'{Complaint.slug}'")]
    for name in _terms(session):
        if name in OWN.c:
            same = select(OWN.c[name]).where(OWN.c.id == key).scalar_subquery()
            rows = select(OWN.c.id).where(OWN.c[name] == same)
            found.append(SPINE.c.id.in_(rows))
        else:
            place = HOME.c[f"{name}_id"]
            same = select(place).where(HOME.c.id == one).scalar_subquery()
            found.append(SPINE.c.unit_id.in_(select(HOME.c.id).where(place == same)))
    return found


def _place(session: Session, unit_id: int | None) -> dict[str, int | None]:
    query = select(HOME.c.building_id, HOME.c.zone_id).where(HOME.c.id == unit_id)
    building, zone = session.connection().execute(query).one_or_none() or (None, None)
    return {"unit_id": unit_id, "building": building, "zone": zone}


def _terms(session: Session) -> list[str]:
    return settings(session).get("complaint.group.same", "").split(",")


def _since(session: Session, code: str) -> dt.datetime:
    return now() - dt.timedelta(days=whole(session, code, 7))
