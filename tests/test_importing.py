"""Importing on the screen: mapped, checked, decided, and nothing written before."""

from __future__ import annotations

import io
import shutil

import pytest
from flask import Flask
from sqlalchemy import select

from core import audit
from core.db import writing
from models import Occupancy, Person, Reception, Unit
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.importing import (
    CASES,
    HOUSEHOLDS,
    a_case,
    a_csv,
    checked,
    count,
    mapping,
    second_home,
    send,
    set_to,
    step,
)
from views.importing import reading
from views.spool import folder


@pytest.fixture(autouse=True)
def nothing_under_way(app: Flask) -> None:
    """Passing files of other tests do not count."""
    with app.app_context():
        shutil.rmtree(folder())


def test_households_come_from_a_chinese_csv_with_their_homes(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    second_home(as_actor, office)
    visitor = client("supervisor")
    place = checked(visitor, "person", a_csv(HOUSEHOLDS, "gb18030"), "住户.csv")
    page = visitor.get(place).text
    assert "<strong>2</strong>" in page
    done = step(visitor, place, "commit")
    assert (done.status_code, done.location) == (302, "/person/")
    with as_actor() as session:
        people = session.scalars(select(Person).order_by(Person.id.desc()).limit(2))
        tenant, owner = people
        assert (owner.name, owner.phone, owner.customer_kind) == (
            "赵一鸣",
            "139 0013 9001",
            "owner",
        )
        assert owner.project_id == office.home
        assert owner.created_by_id == office.staff["supervisor"]
        lines = select(Occupancy).where(Occupancy.person_id == owner.id)
        told = [(one.unit_id, one.relation) for one in session.scalars(lines)]
        assert told[0] == (office.unit, "owner")
        assert told[1][1] == "co_owner"
        assert tenant.customer_kind == "tenant"
    found = visitor.get("/search", q="9001").text  # by the last four digits
    assert "赵一鸣" in found
    assert visitor.get(place).status_code == 404


def test_every_bad_cell_is_told_and_nothing_is_written(
    client: Client, as_actor: AsActor
) -> None:
    rows = [
        CASES,
        ("9-999", "", "飞鸽", "报修", "也许", "2026-13-01"),
        ("#REF!", "好", "来电", "报修", "是", ""),
        ("", "好\x07", "来电", "报修", "是", ""),
    ]
    with as_actor() as session:
        before = count(session, Reception)
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv(rows), "坏.csv")
    page = visitor.get(place).text
    for words in ("9-999", "飞鸽", "2026-11-23", "#REF!"):
        assert words in page
    assert page.count("<tr><td") == 7
    assert 'value="commit"' not in page
    assert step(visitor, place, "commit").status_code == 400
    with as_actor() as session:
        assert count(session, Reception) == before


def test_the_problems_come_back_in_a_workbook(client: Client) -> None:
    rows = [CASES, a_case("好"), ("", "", "飞鸽", "报修", "是", "")]
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv(rows), "坏.csv")
    answer = visitor.get(place.replace("import/", "import/problems.xlsx"))
    assert answer.status_code == 200
    assert "%E5%9D%8F" in answer.headers["Content-Disposition"]
    read = list(reading.rows(io.BytesIO(answer.data), 99, []))
    assert [cells[0] == "" for _n, cells in read[1:]] == [True, False]
    assert "飞鸽" in read[2][1][0]
    assert read[2][1][3] == "飞鸽"


def test_columns_are_matched_by_hand_where_their_heads_say_nothing(
    client: Client,
) -> None:
    rows = [("甲", "乙", "丙", "内容"), ("来电", "报修", "x", "楼道积水")]
    visitor = client("supervisor")
    place = str(send(visitor, "reception", a_csv(rows), "x.csv").location)
    chosen = mapping(visitor.get(place).text)
    assert chosen == {
        "column-0": "",
        "column-1": "",
        "column-2": "",
        "column-3": "content",
    }
    lacking = step(visitor, place, "columns", **chosen)
    assert lacking.status_code == 400
    twice = chosen | {"column-0": "content"}
    assert step(visitor, place, "columns", **twice).status_code == 400
    made_up = chosen | {"column-0": "state", "column-1": "project_id"}
    assert step(visitor, place, "columns", **made_up).status_code == 400
    right = chosen | {"column-0": "channel", "column-1": "category"}
    assert step(visitor, place, "columns", **right).status_code == 302
    assert step(visitor, place, "check").status_code == 302
    assert 'value="commit"' in visitor.get(place).text
    assert step(visitor, place, "again").status_code == 302
    assert mapping(visitor.get(place).text) == right


def test_a_doubtful_name_is_put_to_the_importer(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        other = make(session, Person, office.home, name="王建国").id
    heads, row = (*CASES, "客户"), (*a_case("谁家的车", ""), "王建国")
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv([heads, row]), "x.csv")
    page = visitor.get(place).text
    assert f'<option value="{other}"' in page
    step(visitor, place, "decide", **{"meant-0": office.other_person})  # not offered
    step(visitor, place, "check")
    assert 'value="commit"' not in visitor.get(place).text
    step(visitor, place, "decide", **{"meant-0": other})
    step(visitor, place, "check")
    assert step(visitor, place, "commit").status_code == 302
    with as_actor() as session:
        made = session.scalars(select(Reception).order_by(Reception.id.desc())).first()
        assert made is not None
        assert made.person_id == other


def test_the_home_in_the_row_tells_people_of_one_name_apart(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        make(session, Person, office.home, name="王建国")
        make(
            session,
            Occupancy,
            office.home,
            person_id=office.person,
            unit_id=office.unit,
            relation="owner",
        )
    heads, row = (*CASES, "客户"), (*a_case("谁家的车"), "王建国")
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv([heads, row]), "x.csv")
    assert step(visitor, place, "commit").status_code == 302
    with as_actor() as session:
        made = session.scalars(select(Reception).order_by(Reception.id.desc())).first()
        assert made is not None
        assert made.person_id == office.person


def test_records_of_the_same_name_are_changed_on_request(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    rows = [
        ("房号", "建筑面积", "备注"),
        ("3-502", "88.5 平方米", ""),
        ("3-502", "", "y"),
    ]
    visitor = client("manager")
    place = checked(visitor, "unit", a_csv(rows), "x.csv", change="1")
    assert 'value="commit"' not in visitor.get(place).text  # twice the same record
    place = checked(visitor, "unit", a_csv(rows[:2]), "x.csv", change="1")
    assert step(visitor, place, "commit").status_code == 302
    with as_actor() as session:
        home = session.get_one(Unit, office.unit)
        assert (str(home.area), home.version) == ("88.50", 2)
        entry = audit.history(session, "unit", [office.unit])[0]
        assert (entry.action, entry.plain["area"]) == ("update", [None, "88.50"])
    place = checked(visitor, "unit", a_csv(rows[:2]), "x.csv", change="1")
    assert "<strong>1</strong>" in visitor.get(place).text  # the same already


def test_a_record_changed_meanwhile_stays_as_it_is(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    rows = [("房号", "备注"), ("3-502", "从文件")]
    visitor = client("manager")
    place = checked(visitor, "unit", a_csv(rows), "x.csv", change="1")
    with as_actor() as session, writing(session):
        session.get_one(Unit, office.unit).note = "有人先改了"
    assert step(visitor, place, "commit").status_code == 400
    with as_actor() as session:
        assert session.get_one(Unit, office.unit).note == "有人先改了"


def test_more_changes_than_an_import_may_make_are_refused(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    second_home(as_actor, office)
    set_to(as_actor, "import.max_changes", "1")
    visitor = client("manager")
    rows = [("房号", "备注"), ("3-502", "从文件"), ("3-503", "从文件")]
    place = checked(visitor, "unit", a_csv(rows), "x.csv", change="1")
    assert step(visitor, place, "commit").status_code == 400


def test_the_template_is_filled_in_and_imported(
    client: Client, as_actor: AsActor
) -> None:
    visitor = client("supervisor")
    answer = visitor.get("/reception/import/template.xlsx")
    assert answer.status_code == 200
    ((_one, heads), (_two, example)) = reading.rows(io.BytesIO(answer.data), 99, [])
    assert "内容和要求\nWhat was said and asked*" in heads or len(heads) > 20
    untouched = send(visitor, "reception", answer.data, "模板.xlsx")
    assert untouched.status_code == 400  # nothing but the example
    rows = [heads, example, example[1:]]
    place = str(send(visitor, "reception", a_csv(rows), "x.csv").location)
    assert "" not in mapping(visitor.get(place).text).values()
