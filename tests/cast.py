"""The fixed cast: one person a job in the home estate, one receptionist elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from core.access import SYSTEM, act_as
from core.db import now, writing
from core.record import Record
from models import Building, Department, Person, Project, Staff, Unit
from views import founding, people
from views.people import Password, Post

PASSWORD = "Kaifang-4-tests"
HOME, ELSEWHERE = "测试花园", "别处小区"
JOBS = (
    "receptionist",
    "supervisor",
    "manager",
    "handler",
    "handler_head",
    "guard",
    "finance",
    "staff",
    "auditor",
)
"""Besides ``admin``, whom the setup makes, and ``outsider`` in the other estate."""


@dataclass(slots=True)
class Office:
    """What tests need to know of the office: ids, by the names of their bearers."""

    home: int = 0
    elsewhere: int = 0
    department: int = 0
    other_department: int = 0
    unit: int = 0
    other_unit: int = 0
    person: int = 0
    other_person: int = 0
    staff: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)


def build(session: Session) -> Office:
    """Found the office as its setup does, then let everybody in."""
    founding.set_up(session, "测试物业", HOME, "admin", PASSWORD, "standard", {})
    act_as(session, SYSTEM)
    office = Office()
    with writing(session):
        home = people.project_named(session, HOME)
        elsewhere = Project(
            company_id=home.company_id, name=ELSEWHERE, property_type="residential"
        )
        _add(session, elsewhere)
        office.home, office.elsewhere = home.id, elsewhere.id
        office.department = _department(session, home.id)
        office.other_department = _department(session, elsewhere.id)
        office.unit, office.person = _household(session, home.id)
        office.other_unit, office.other_person = _household(session, elsewhere.id)
        for job in JOBS:
            _hire(session, office, job, (home.id, office.department))
        _hire(session, office, "outsider", (elsewhere.id, office.other_department))
        admin = people.find(session, "admin")
        assert admin.staff_id is not None
        office.users["admin"], office.staff["admin"] = admin.id, admin.staff_id
    return office


def _add(session: Session, record: Record) -> int:
    session.add(record)
    session.flush()
    return record.id


def _department(session: Session, project: int) -> int:
    return _add(
        session, Department(project_id=project, name="工程部", level="department")
    )


def _household(session: Session, project: int) -> tuple[int, int]:
    """A home and its owner."""
    building = _add(session, Building(project_id=project, name="3 栋", code="3"))
    unit = Unit(project_id=project, building_id=building, room="502", name="3-502")
    person = Person(project_id=project, name="王建国", customer_kind="owner")
    person.phone = "13800138000"
    return _add(session, unit), _add(session, person)


def _hire(session: Session, office: Office, job: str, place: tuple[int, int]) -> None:
    """A member of staff with the login and the role that the job is named for."""
    project, department = place
    role = {"handler_head": "handler", "outsider": "receptionist"}.get(job, job)
    staff = Staff(project_id=project, name=job, joined_on=now().date())
    staff.department_id = department if role == "handler" else None
    post = Post(project, staff.department_id, head=job == "handler_head")
    user = people.add(session, job, staff, Password(PASSWORD), [role], post)
    office.users[job], office.staff[job] = user.id, staff.id
