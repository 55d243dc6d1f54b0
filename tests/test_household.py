"""One home on one page: who lives there, what is open, what it has, for whom."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.db import db, now, writing
from core.record import record_type
from core.words import _
from models import Occupancy, Person
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from views.callers import callers

pytestmark = pytest.mark.once

DAY = dt.timedelta(days=1)


@pytest.fixture
def home(as_actor: AsActor, office: Office) -> Office:
    """The owner at home, with a tenant who has left and things in the books."""
    with as_actor() as session, writing(session):
        left = make(session, Person, office.home, name="旧租客")
        for person, more in (
            (office.person, {"main_contact": True}),
            (left.id, {"until": (now() - 3 * DAY).date()}),
        ):
            make(
                session,
                Occupancy,
                office.home,
                person_id=person,
                unit_id=office.unit,
                relation="owner",
                **more,
            )
    return office


@pytest.fixture
def add(as_actor: AsActor, home: Office) -> Any:
    """Another record of the home."""

    def made(slug: str, **values: Any) -> int:
        with as_actor() as session, writing(session):
            said = {"unit_id": home.unit} | values
            return int(make(session, record_type(slug), home.home, **said).id)

    return made


def test_who_lives_there_today_is_shown_masked(client: Client, home: Office) -> None:
    text = client("receptionist").get(f"/household/{home.unit}").text
    assert "王建国" in text
    assert "138****8000" in text
    assert "13800138000" not in text
    assert "主要联系人" in text
    today, _heading, before = text.partition(_("Who lived here before"))
    assert "旧租客" not in today
    assert "旧租客" in before


@pytest.mark.parametrize("job", ["receptionist", "supervisor", "manager", "guard"])
def test_a_foreign_home_is_not_there(client: Client, office: Office, job: str) -> None:
    for key in (office.other_unit, 999_999, "x", "1e3", "9" * 30):
        assert client(job).get(f"/household/{key}").status_code == 404


def test_an_outsider_finds_none_of_our_homes(client: Client, office: Office) -> None:
    assert client("outsider").get(f"/household/{office.unit}").status_code == 404


def test_an_open_case_fills_the_purpose_of_a_look(
    client: Client, home: Office, add: Any
) -> None:
    key = add("repair", number="BX-1", content="漏水")
    receptionist, address = client("receptionist"), f"/household/{home.unit}"
    there = f"{address}?case={key}"
    assert f'href="{there}"' in receptionist.get(f"/repair/details/?id={key}").text
    assert 'name="purpose" value="联系 BX-1 的事"' in receptionist.get(there).text
    for case in ("", "999999", "x", "9" * 40):
        text = receptionist.get(address, case=case).text
        assert 'name="purpose" value=""' in text
    shut = add("repair", number="BX-2", state="closed")
    assert "BX-2 的事" not in receptionist.get(address, case=str(shut)).text


def test_debts_are_for_those_who_may_know(
    client: Client, home: Office, add: Any
) -> None:
    add("arrears", fee_kind="property", amount=560)
    for job, knows in (("receptionist", True), ("guard", False)):
        assert ("560.00" in client(job).get(f"/household/{home.unit}").text) == knows


def test_what_a_home_has_is_listed(client: Client, home: Office, add: Any) -> None:
    add("vehicle", plate="京A12345")
    add("card", card_number="A0007", card_kind="access", state="active")
    text = client("receptionist").get(f"/household/{home.unit}").text
    assert "京A12345" in text
    assert "A0007" in text
    assert "&lt;" not in text


def test_what_is_over_is_told_page_by_page(
    client: Client, home: Office, add: Any
) -> None:
    for n in range(23):
        when = now() - n * DAY
        add("reception", number=f"JD-{n:02}", state="closed", received_at=when)
    receptionist = client("receptionist")
    first = receptionist.get(f"/household/{home.unit}").text
    assert "JD-00" in first
    assert "JD-19" in first
    assert "JD-20" not in first
    behind = re.search(r'href="(/household/\d+\?after=[^"]+)"', first)
    assert behind
    second = receptionist.get(behind[1].replace("&amp;", "&")).text
    assert "JD-19" not in second
    assert "JD-20" in second
    assert "JD-22" in second
    assert receptionist.get(f"/household/{home.unit}?after=x~y").status_code == 200


def test_an_open_matter_says_who_holds_it_and_by_when(
    client: Client, home: Office, add: Any
) -> None:
    visit = now() + DAY
    add(
        "repair",
        number="BX-9",
        content="厨房漏水",
        holder_id=home.staff["handler"],
        department_id=home.department,
        visit_at=visit,
        urgent=True,
    )
    add("complaint", number="TS-9", next_due_at=now() - DAY)
    text = client("receptionist").get(f"/household/{home.unit}").text
    assert "handler · 工程部" in text
    assert "上门" in text
    assert re.search(r'chip late">应在 昨天', text)
    assert "厨房漏水" in text


def test_homes_are_reached_from_what_belongs_to_them(
    client: Client, home: Office
) -> None:
    receptionist, there = client("receptionist"), f'href="/household/{home.unit}"'
    assert there in receptionist.get(f"/unit/details/?id={home.unit}").text
    assert there in receptionist.get(f"/person/details/?id={home.person}").text
    assert there in receptionist.get("/search?q=3-502").text


@contextmanager
def statements(engine: Any) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, sql: str, values: Any, *rest: Any) -> None:
        asked.append((sql, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


WALKED = {"unit", "person", "occupancy", "case", "arrears", "card", "vehicle"}


@pytest.mark.parametrize("typed", ["3-502", "8000", "13800138000", "王建国"])
def test_a_look_up_walks_no_table(as_actor: AsActor, home: Office, typed: str) -> None:
    with as_actor("receptionist") as session:
        with statements(db.engine) as asked:
            assert callers(session, typed, home.home)
        assert walked(session, asked) == set()


def test_a_household_walks_no_table(
    client: Client, as_actor: AsActor, home: Office, add: Any
) -> None:
    add("repair", number="BX-1")
    add("vehicle", plate="京A12345")
    receptionist = client("receptionist")
    with receptionist.client.application.app_context():
        engine = db.engine
    with statements(engine) as asked:
        assert receptionist.get(f"/household/{home.unit}").status_code == 200
    with as_actor() as session:
        assert walked(session, asked) == set()


def walked(session: Session, asked: list[tuple[str, Any]]) -> set[str]:
    """The tables that grow and that SQLite walks; the others walk what is small."""
    if session.get_bind().dialect.name != "sqlite":
        return set()
    found = set()
    for sql, values in asked:
        if sql.lstrip().startswith("SELECT"):
            explain = f"EXPLAIN QUERY PLAN {sql}"
            for row in session.connection().exec_driver_sql(explain, values):
                step = row[3].replace('"', "").split()
                if step[0] == "SCAN" and "USING" not in step:
                    found.add(step[1])
    return found & WALKED


@pytest.mark.usefixtures("home")
def test_the_people_of_a_home_come_before_anything_is_typed(
    client: Client, office: Office
) -> None:
    desk, path = client("receptionist"), "/handover/ajax/lookup/"
    mine = {"name": "person_id", "home": office.unit}
    hits: Any = desk.get(path, **mine).json
    assert [words for _key, words, _more in hits] == ["王建国", "旧租客"]
    named: Any = desk.get(path, **(mine | {"query": "王"})).json
    assert [words for _key, words, _more in named] == ["王建国"]
    for foreign in (office.other_unit, 999_999):
        assert desk.get(path, **(mine | {"home": foreign})).json == []
