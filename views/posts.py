"""Who holds which post today: the roles given, delegations among them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import RoleAssignment, Staff, User
from views.values import zone


@dataclass(frozen=True, slots=True)
class Post:
    """A role that a member of staff holds today: everywhere or in one project."""

    staff_id: int
    role: str
    project_id: int | None
    department_id: int | None
    head: bool

    def works_in(self, project_id: int | None) -> bool:
        """Whether the post is there for a project."""
        return self.project_id in (None, project_id)

    def holds(self, role: str | None, project_id: int | None) -> bool:
        """Whether it is that role, there for a project."""
        return self.role == role and self.works_in(project_id)


def posts(session: Session, moment: dt.datetime) -> list[Post]:
    """Who holds which role on that day, delegations among them."""
    given, user, staff = (cls.__table__.c for cls in (RoleAssignment, User, Staff))
    today = moment.astimezone(zone(session)).date()
    query = (
        select(
            user.staff_id,
            given.role,
            given.project_id,
            func.coalesce(given.department_id, staff.department_id),
            given.head,
        )
        .join_from(RoleAssignment.__table__, User.__table__, user.id == given.user_id)
        .join(Staff.__table__, staff.id == user.staff_id)
        .where(given.voided_at.is_(None), user.voided_at.is_(None), ~user.disabled)
        .where(or_(given.valid_from.is_(None), given.valid_from <= today))
        .where(or_(given.valid_until.is_(None), given.valid_until >= today))
        .order_by(given.id)
    )
    return [Post(*row) for row in session.connection().execute(query)]
