"""How many households complain of the same: what makes a group of complaints."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.db import now
from core.record import Case
from models import Complaint, Unit
from views.values import settings

PLACES = {"building": "building_id", "zone": "zone_id"}


def households_alike(session: Session, case: Case) -> int:
    """The other households that lately complained of the same, as the office counts."""
    if not isinstance(case, Complaint) or case.unit_id is None:
        return 0
    known = settings(session)
    same = [_same(case, n.strip()) for n in known["complaint.group.same"].split(",")]
    if any(criterion is None for criterion in same):
        return 0
    since = now() - dt.timedelta(days=int(known["complaint.group.days"]))
    spine, own, home = Case.__table__.c, Complaint.__table__, Unit.__table__
    query = (
        select(func.count(spine.unit_id.distinct()))
        .select_from(own.join(Case.__table__, spine.id == own.c.id))
        .join(home, home.c.id == spine.unit_id)
        .where(
            spine.project_id == case.project_id,
            spine.unit_id != case.unit_id,
            spine.received_at >= since,
            spine.voided_at.is_(None),
            *(criterion for criterion in same if criterion is not None),
        )
    )
    return int(session.connection().execute(query).scalar() or 0)


def _same(case: Complaint, name: str) -> ColumnElement[bool] | None:
    """The condition that another complaint is the same in that; None: cannot say."""
    if name in PLACES:
        home = Unit.__table__
        place = home.c[PLACES[name]]
        mine = select(place).where(home.c.id == case.unit_id).scalar_subquery()
        return place == mine.correlate(None)
    value: Any = getattr(case, name)
    return None if value is None else Complaint.__table__.c[name] == value
