"""What runs out by itself: the day after its last day, once, by the house alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import actor_of
from core.db import writing
from core.record import record_type
from rules.deadlines import EXPIRE
from rules.flows.agreements import LAST_DAY
from views import moving
from views.values import zone

PORTION = 50
"""Cases that run out in one transaction."""


def run(session: Session, moment: dt.datetime) -> int:
    """Let everything run out whose last day has passed; how many did."""
    today, done = moment.astimezone(zone(session)).date(), 0
    for cls, ids in _over(session, today):
        move = cls.flow.move(EXPIRE)
        for at in range(0, len(ids), PORTION):
            with writing(session):
                for key in ids[at : at + PORTION]:
                    case = session.get_one(cls, key)
                    if moving.possible(case, move):
                        moving.make(session, actor_of(session), case, move)
                        done += 1
    return done


def _over(session: Session, today: dt.date) -> Iterator[tuple[Any, list[int]]]:
    for slug, last in LAST_DAY.items():
        cls: Any = record_type(slug)
        query = select(cls.id).where(
            cls.state.in_(cls.flow.move(EXPIRE).sources),
            cls.voided_at.is_(None),
            getattr(cls, last) < today,
        )
        yield cls, list(session.scalars(query.order_by(cls.id)))
