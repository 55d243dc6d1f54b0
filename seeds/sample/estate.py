"""The estate as the generator of cases sees it, read from the database in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import FromClause, Select, select
from sqlalchemy.orm import Session

from core.record import Record
from models import (
    Building,
    ComplaintChannel,
    Department,
    EmergencyPlan,
    EngineeringProject,
    ExternalParty,
    Occupancy,
    ParkingSpace,
    Person,
    RoleAssignment,
    Setting,
    Staff,
    Unit,
    User,
    Vehicle,
)
from seeds.sample.layout import DEPARTMENTS

POSITIONS = {
    "receptionist": "receptionist",
    "supervisor": "service_supervisor",
    "manager": "project_manager",
    "handler": "repairman",
    "guard": "gate_guard",
    "finance": "fee_collector",
    "staff": "affairs_assistant",
}
"""Role -> the position of those who hold it."""


@dataclass(slots=True)
class Resident:
    """A person as a case needs him."""

    id: int
    name: str
    salutation: str
    relation: str


@dataclass(slots=True)
class Home:
    """A home with its people; the main contact comes first."""

    id: int
    name: str
    usage: str
    building_id: int
    building: str
    entrance: str
    floor: str
    area: Any
    people: list[Resident] = field(default_factory=list)
    space: tuple[int, str] | None = None
    tenure: str | None = None
    vehicle: tuple[int, str] | None = None

    def words(self) -> dict[str, str]:
        """What sentences call this place."""
        known = {"bldg": self.building}
        if self.entrance:
            known["entr"] = f"{self.building}{self.entrance}"
        if self.floor:
            known["fl"] = f"{self.floor}层"
        if self.space:
            known["space"] = self.space[1]
        return known


@dataclass
class Estate:
    """Homes, staff by position, departments by function, outside parties by kind."""

    project: int
    zone: ZoneInfo
    homes: list[Home]
    shops: list[Home]
    parked: list[Home]
    buildings: list[str]
    staff: dict[str, list[int]]
    names: dict[int, str]
    departments: dict[str, int]
    parties: dict[str, list[int]]
    plans: dict[str, int]
    works: list[int]
    box: int | None

    def holder(self, rng: Random, *positions: str) -> int | None:
        """Somebody who holds one of the positions, the first that anybody holds."""
        for position in positions:
            if found := self.staff.get(position):
                return rng.choice(found)
        return None

    def party(self, rng: Random, kind: str) -> int | None:
        """An outside party of that kind."""
        found = self.parties.get(kind)
        return rng.choice(found) if found else None


def office_zone(session: Session) -> ZoneInfo:
    """The office's time zone."""
    t = Setting.__table__
    query = select(t.c.value).where(
        t.c.code == "office.time_zone", t.c.project_id.is_(None)
    )
    return ZoneInfo(session.connection().execute(query).scalar() or "Asia/Shanghai")


def load(session: Session, project: int) -> Estate:
    """Read one project's estate."""
    homes = _homes(session, project)
    lived = [home for home in homes if home.people]
    staff, names = _staff(session, project)
    return Estate(
        project=project,
        zone=office_zone(session),
        homes=[home for home in lived if home.usage != "shop"],
        shops=[home for home in lived if home.usage == "shop"],
        parked=[home for home in lived if home.space],
        buildings=list(dict.fromkeys(h.building for h in homes if h.entrance)),
        staff=staff,
        names=names,
        departments=_departments(session, project),
        parties=_parties(session, project),
        plans=_first(session, EmergencyPlan, "incident_kind", project),
        works=list(_first(session, EngineeringProject, "id", project)),
        box=_first(session, ComplaintChannel, "channel_kind", project).get("box"),
    )


def _rows(session: Session, query: Select[Any]) -> Sequence[Any]:
    return session.connection().execute(query).all()


def _of(cls: type[Record], project: int, columns: Iterable[str]) -> Select[Any]:
    """Those columns of a project's rows that stand, oldest first."""
    t: FromClause = cls.__table__
    wanted = [t.c[name] for name in columns]
    mine = t.c.project_id == project
    return select(*wanted).where(mine, t.c.voided_at.is_(None)).order_by(t.c.id)


def _first(
    session: Session, cls: type[Record], key: str, project: int
) -> dict[Any, int]:
    rows = _rows(session, _of(cls, project, (key, "id")))
    return {value: number for value, number in reversed(rows) if value}


def _departments(session: Session, project: int) -> dict[str, int]:
    """By function; one without a function by its name."""
    named = _first(session, Department, "name", project)
    usual = {f: named[name] for f, name, *_ in DEPARTMENTS if name in named}
    return usual | _first(session, Department, "function", project)


def _homes(session: Session, project: int) -> list[Home]:
    blocks = dict(_rows(session, _of(Building, project, ("id", "name"))))
    columns = ("id", "name", "usage", "building_id", "entrance", "floor", "area")
    homes = {
        row.id: Home(
            row.id,
            row.name,
            row.usage or "dwelling",
            row.building_id,
            blocks.get(row.building_id, ""),
            row.entrance or "",
            row.floor or "",
            row.area,
        )
        for row in _rows(session, _of(Unit, project, columns))
    }
    _people(session, project, homes)
    held = ("id", "name", "unit_id", "tenure")
    for row in _rows(session, _of(ParkingSpace, project, held)):
        if row.unit_id in homes:
            homes[row.unit_id].space = (row.id, row.name)
            homes[row.unit_id].tenure = row.tenure
    for row in _rows(session, _of(Vehicle, project, ("id", "plate", "unit_id"))):
        if row.unit_id in homes:
            homes[row.unit_id].vehicle = (row.id, row.plate)
    return list(homes.values())


def _people(session: Session, project: int, homes: dict[int, Home]) -> None:
    known = _of(Person, project, ("id", "name", "salutation"))
    people = {row.id: row for row in _rows(session, known)}
    columns = ("unit_id", "person_id", "relation", "main_contact", "until")
    for row in _rows(session, _of(Occupancy, project, columns)):
        if row.until is None and row.unit_id in homes and row.person_id in people:
            person = people[row.person_id]
            called = person.salutation or person.name[:1] + "女士"
            resident = Resident(person.id, person.name, called, row.relation)
            place = 0 if row.main_contact else len(homes[row.unit_id].people)
            homes[row.unit_id].people.insert(place, resident)


def _staff(
    session: Session, project: int
) -> tuple[dict[str, list[int]], dict[int, str]]:
    """Staff by position, those with a login first; and everybody's name."""
    found: dict[str, list[int]] = {}
    for role, number in _logins(session, project):
        if position := POSITIONS.get(role):
            found.setdefault(position, []).append(number)
    names = {}
    columns = ("id", "name", "position", "active")
    for row in _rows(session, _of(Staff, project, columns)):
        names[row.id] = row.name
        if row.position and row.active and row.id not in found.get(row.position, ()):
            found.setdefault(row.position, []).append(row.id)
    return found, names


def _logins(session: Session, project: int) -> Sequence[Any]:
    role, user, staff = RoleAssignment.__table__, User.__table__, Staff.__table__
    query = (
        select(role.c.role, staff.c.id)
        .select_from(role.join(user, user.c.id == role.c.user_id))
        .join(staff, staff.c.id == user.c.staff_id)
        .where(staff.c.project_id == project, user.c.disabled.is_(False))
    )
    return _rows(session, query.order_by(role.c.id))


def _parties(session: Session, project: int) -> dict[str, list[int]]:
    t = ExternalParty.__table__
    query = select(t.c.party_kind, t.c.id).where(
        t.c.voided_at.is_(None),
        t.c.project_id.in_((project,)) | t.c.project_id.is_(None),
    )
    found: dict[str, list[int]] = {}
    for kind, number in _rows(session, query.order_by(t.c.id)):
        found.setdefault(kind, []).append(number)
    return found
