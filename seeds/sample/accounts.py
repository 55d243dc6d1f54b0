"""Logins for people to look round with: one for each role, with a made-up password."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import passwords
from core.db import now
from models import Project, RoleAssignment, Staff, User
from seeds.sample.estate import POSITIONS, office_zone

HOLDERS = {
    **POSITIONS,
    "handler": "repair_head",
    "auditor": "accountant",
    "admin": "information_officer",
}
"""Role -> the position of the member of staff who gets the login."""
EVERYWHERE = frozenset(("auditor", "admin"))
HEADS = frozenset(("supervisor", "handler"))


@dataclass(frozen=True, slots=True)
class Account:
    """What to print: who it is and how he signs in."""

    username: str
    role: str
    name: str
    password: str


def demo_accounts(session: Session) -> list[Account]:
    """One login a role for the first project's staff, where the name is still free.

    The caller holds the write transaction; the passwords exist only in the answer.
    """
    query = select(Project.id).where(Project.voided_at.is_(None)).order_by(Project.id)
    project = session.scalars(query.limit(1)).first()
    if project is None:
        return []
    taken = set(session.scalars(select(User.username)))
    busy = {number for number in session.scalars(select(User.staff_id)) if number}
    made = []
    for role, position in HOLDERS.items():
        staff = _holder(session, project, position, busy)
        if role not in taken and staff is not None:
            busy.add(staff.id)
            made.append(_login(session, project, role, staff))
    return made


def _holder(
    session: Session, project: int, position: str, busy: set[int]
) -> Staff | None:
    query = select(Staff).where(
        Staff.__table__.c.project_id == project,
        Staff.position == position,
        Staff.voided_at.is_(None),
        Staff.id.not_in(busy),
    )
    return session.scalars(query.order_by(Staff.id).limit(1)).first()


def _login(session: Session, project: int, role: str, staff: Staff) -> Account:
    password = passwords.made_up()
    user = User(
        username=role,
        staff_id=staff.id,
        password_hash=passwords.digest(password),
        must_change=False,
        disabled=False,
    )
    session.add(user)
    session.flush()
    session.add(
        RoleAssignment(
            user_id=user.id,
            role=role,
            project_id=None if role in EVERYWHERE else project,
            department_id=staff.department_id,
            head=role in HEADS,
            valid_from=now().astimezone(office_zone(session)).date(),
        )
    )
    return Account(role, role, str(staff.name), password)
