"""What the tests find on the shelf: repairs that somebody has recorded before."""

from __future__ import annotations

from typing import Any

from core.db import writing
from core.record import record_type
from models import Occupancy
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make

FAULT = "厨房洗菜盆下水管漏水，地面已积水"


def household(as_actor: AsActor, office: Office) -> None:
    """Let the owner live in the home."""
    with as_actor() as session, writing(session):
        make(
            session,
            Occupancy,
            office.home,
            person_id=office.person,
            unit_id=office.unit,
            relation="owner",
        )


def repair(as_actor: AsActor, office: Office, **values: Any) -> int:
    """One repair of the home, recorded by the receptionist."""
    said = {"content": FAULT, "unit_id": office.unit, "person_id": office.person}
    said["created_by_id"] = office.staff["receptionist"]
    with as_actor() as session, writing(session):
        made = make(session, record_type("repair"), office.home, **(said | values))
        return int(made.id)


def details(key: int) -> str:
    """Address of a repair."""
    return f"/repair/details/?id={key}"


def edit(key: int) -> str:
    """Address of its form."""
    return f"/repair/edit/?id={key}"
