"""An office of any size: two estates with their homes and people, and their staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from benchmarks import cases, waiting
from core import numbering
from core.access import SYSTEM, act_as
from core.db import now, writing
from core.record import Record
from models import Building, Department, Person, Project, Staff, Unit
from views import founding, people
from views.people import Password, Post

PASSWORD = "Ceshi-2026-bench"  # noqa: S105  of an office that lives for minutes
HOMES, PEOPLE, WORKERS, TEAMS = 1200, 1500, 20, 4
"""In each of the two estates."""
ESTATE = "桂苑小区"
"""Where the receptionist works; it has 60 % of the cases."""
NAMES = "王李张刘陈杨赵黄周吴"


@dataclass(slots=True)
class Estate:
    """The ids that cases of one project point to."""

    project: int
    units: list[int]
    persons: list[int]
    staff: list[int]
    departments: list[int]


def fill(session: Session, rows: int) -> None:
    """Found the office, people it, write ``rows`` cases."""
    founding.set_up(session, "测试物业", ESTATE, "admin", PASSWORD, "standard", {})
    act_as(session, SYSTEM)
    with writing(session):
        home = people.project_named(session, ESTATE)
        other = Project(
            company_id=home.company_id, name="兰亭小区", property_type="residential"
        )
        session.add(other)
        session.flush()
        estates = [_estate(session, project.id) for project in (home, other)]
        _hire(session, estates[0], "receptionist", "前台小林")
        boss = _hire(session, estates[0], "manager", "王经理")
    with writing(session):
        cases.write(session.connection(), estates, rows)
        estates[0].staff.append(boss)
        waiting.write(session.connection(), estates)
        for kind in cases.PREFIX:
            numbering.take(session, f"number:{kind}:{now().year}", rows)


def _estate(session: Session, project: int) -> Estate:
    building = _many(session, Building, project, [{"name": "1 栋", "code": "1"}])[0]
    units: list[dict[str, Any]] = [
        {"building_id": building, "room": str(n), "name": f"{n % 30 + 1}-{n}"}
        for n in range(HOMES)
    ]
    persons: list[dict[str, Any]] = [
        {"name": NAMES[n % 10] + NAMES[n // 10 % 10] + "华", "customer_kind": "owner"}
        for n in range(PEOPLE)
    ]
    teams = [{"name": f"工程{n + 1}组", "level": "team"} for n in range(TEAMS)]
    staff = [{"name": f"{NAMES[n % 10]}师傅{n}"} for n in range(WORKERS)]
    return Estate(
        project,
        _many(session, Unit, project, units),
        _many(session, Person, project, persons),
        _many(session, Staff, project, staff),
        _many(session, Department, project, teams),
    )


def _many(
    session: Session, cls: type[Record], project: int, rows: list[dict[str, Any]]
) -> list[int]:
    table: Table = cls.__table__  # type: ignore[assignment]
    shared = {"project_id": project, "created_at": now()}
    session.connection().execute(insert(table), [{**shared, **row} for row in rows])
    query = select(table.c.id).where(table.c.project_id == project).order_by(table.c.id)
    return list(session.connection().execute(query).scalars())


def _hire(session: Session, estate: Estate, role: str, name: str) -> int:
    """Somebody with that role in one estate, who signs in under its name."""
    staff = Staff(project_id=estate.project, name=name, joined_on=now().date())
    people.add(session, role, staff, Password(PASSWORD), [role], Post(estate.project))
    session.flush()
    return staff.id


def settle(session: Session) -> None:
    """What an office has after a night: no backlog of its journal, fresh statistics."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        session.rollback()
        raw = session.connection().connection.driver_connection
        session.rollback()
        assert raw is not None
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        return
    connection.exec_driver_sql("VACUUM ANALYZE")
    connection.exec_driver_sql("CHECKPOINT")
