"""Every night at 00:05: reports whose days are over, or due, are counted anew."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import actor_of
from core.db import writing
from core.jobs import Job
from core.moves import Refused
from models import PeriodicReport
from rules.flows.reporting import COUNT
from rules.reports.periods import BadPeriod
from views import moving
from views.reports import compiling
from views.reports.compiling import LIVE
from views.values import zone


def run(session: Session, moment: dt.datetime) -> int:
    """Count every report that is due by ``moment`` and not submitted; how many."""
    query = select(PeriodicReport.id).where(
        PeriodicReport.state.in_(LIVE), PeriodicReport.voided_at.is_(None)
    )
    keys = list(session.scalars(query.order_by(PeriodicReport.id)))
    today = moment.astimezone(zone(session)).date()
    return sum(_counted(session, key, today) for key in keys)


def _counted(session: Session, key: int, today: dt.date) -> bool:
    with writing(session):
        report = session.get_one(PeriodicReport, key, populate_existing=True)
        try:
            days = compiling.period_of(session, report)
            if report.state not in LIVE or days.last > today:
                return False
            if report.state == "due":
                move = PeriodicReport.flow.move(COUNT)
                moving.make(session, actor_of(session), report, move)
                return True
            return compiling.compile(session, report)
        except (BadPeriod, Refused):
            return False  # somebody wrote a period that is none


JOB = Job("reports", ("统计到期报表", "Counting due reports"), run, at=("00:05",))
