"""A whole estate from three workbooks."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from core.db import now, writing
from models import Building, Occupancy, Person, Reception, Staff, Unit
from tests.cast import JOBS
from tests.conftest import AsActor, Client
from tests.importing import checked, step

pytestmark = pytest.mark.once

STEPS = (
    ("homes", "building", "manager"),
    ("homes", "unit", "manager"),
    ("households", "person", "supervisor"),
    ("staff-and-cases", "staff", "manager"),
    ("staff-and-cases", "reception", "receptionist"),
)
MADE = {Building: 5, Unit: 600, Person: 900, Occupancy: 900, Staff: 10, Reception: 20}


@pytest.mark.parametrize("spoken", ["en", "zh_Hans_CN"])
def test_an_estate_of_six_hundred_homes_begins_with_three_workbooks(
    client: Client, as_actor: AsActor, spoken: str
) -> None:
    def counted() -> dict[type, int]:
        with as_actor() as session:
            return {
                cls: session.connection()
                .execute(select(func.count()).select_from(cls.__table__))
                .scalar_one()
                for cls in MADE
            }

    with as_actor() as session, writing(session):  # or there would be two of its name
        session.get_one(Building, 1).name = "样板楼"
    before = counted()
    for kit, slug, job in STEPS:
        visitor = client(job)
        visitor.client.set_cookie("language", spoken)
        book = visitor.get(f"/start/{kit}.xlsx")
        assert book.status_code == 200
        place = checked(visitor, slug, book.data, "x.xlsx")
        done = step(visitor, place, "commit")
        assert done.status_code == 302, visitor.get(place).text
    after = counted()
    assert {cls: after[cls] - before[cls] for cls in MADE} == MADE
    assert "600" in client("manager").get("/start/").text


def test_an_office_without_homes_is_led_to_its_beginning(
    client: Client, as_actor: AsActor
) -> None:
    led = "先从三个工作簿开始建档"
    assert led not in client("manager").get("/").text
    with as_actor() as session, writing(session):
        session.connection().execute(update(Unit).values(voided_at=now()))
    assert led in client("manager").get("/").text
    assert led not in client("guard").get("/").text
    page = client("admin").get("/start/").text
    assert "业主接待记录表 <small" in page  # the administrator writes no cases
    assert "由接待员" in page


@pytest.mark.parametrize("job", JOBS)
def test_the_page_opens_to_whomever_it_is_shown(client: Client, job: str) -> None:
    visitor, begins = client(job), job in ("receptionist", "supervisor", "manager")
    for path in ("/start/", "/start/homes.xlsx"):
        assert visitor.get(path).status_code == (200 if begins else 403)
    for path in ("/", "/reception/import/"):
        assert ('href="/start/"' in visitor.get(path).text) == begins
    assert visitor.get("/start/else.xlsx").status_code == (404 if begins else 403)
