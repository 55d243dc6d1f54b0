"""Whom an import serves, what it refuses, and that it keeps nothing in plain."""

from __future__ import annotations

import os
import shutil
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import writing
from models import Grant, Unit
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.importing import (
    CASES,
    HOUSEHOLDS,
    a_case,
    a_csv,
    checked,
    mapping,
    send,
    step,
)
from views.spool import folder


@pytest.fixture(autouse=True)
def nothing_under_way(app: Flask) -> None:
    """Passing files of other tests do not count."""
    with app.app_context():
        shutil.rmtree(folder())


def test_nobody_is_found_by_telephone_in_a_file(client: Client) -> None:
    rows = [(*CASES, "客户"), (*a_case("谁家的车"), "13800138000")]
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv(rows), "x.csv")
    assert 'value="commit"' not in visitor.get(place).text
    assert "王建国" not in visitor.get(place).text


def test_a_record_elsewhere_is_not_found(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        session.get_one(Unit, office.other_unit).name = "9-901"
    visitor = client("supervisor")
    rows = [CASES, a_case("x", "9-901"), a_case("y", f"#{office.other_unit}")]
    place = checked(visitor, "reception", a_csv(rows), "x.csv")
    page = visitor.get(place).text
    assert page.count("<tr><td") == 2
    assert 'value="commit"' not in page


@pytest.mark.parametrize("value", ["138****1234", "44**************12"])
def test_a_masked_value_is_refused(client: Client, value: str) -> None:
    rows = [("姓名", "身份", "电话"), ("张三", "业主", value)]
    visitor = client("supervisor")
    place = checked(visitor, "person", a_csv(rows), "x.csv")
    assert 'value="commit"' not in visitor.get(place).text


def test_a_column_that_its_reader_may_not_fill_is_not_offered(
    client: Client, as_actor: AsActor
) -> None:
    with as_actor() as session, writing(session):
        for grant in session.scalars(
            select(Grant).where(Grant.role == "manager", Grant.target == "place")
        ):
            if grant.action in ("create", "import"):
                grant.fields = "name,room,building_id"
    visitor = client("manager")
    rows = [("房号", "室", "楼栋", "备注"), ("3-601", "601", "3 栋", "不该写")]
    place = str(send(visitor, "unit", a_csv(rows), "x.csv").location)
    chosen = mapping(visitor.get(place).text)
    assert chosen["column-3"] == ""
    step(visitor, place, "columns", **(chosen | {"column-3": "note"}))
    step(visitor, place, "check")
    assert step(visitor, place, "commit").status_code == 302
    with as_actor() as session:
        made = session.scalars(select(Unit).where(Unit.name == "3-601")).one()
        assert made.note is None


def test_an_import_belongs_to_whoever_began_it(client: Client) -> None:
    place = checked(client("supervisor"), "person", a_csv(HOUSEHOLDS), "x.csv")
    for path in (place, place.replace("import/", "import/problems.xlsx")):
        assert client("manager").get(path).status_code == 404
    assert client("manager").post(place, {"step": "commit"}).status_code == 404
    other = place.replace("/person/", "/reception/")
    assert client("supervisor").get(other).status_code == 404
    assert (
        client("supervisor").get("/person/import/?token=../../etc").status_code == 404
    )


def test_who_may_record_nothing_of_a_kind_imports_nothing_of_it(client: Client) -> None:
    for job in ("auditor", "guard", "staff"):
        assert client(job).get("/person/import/").status_code == 403
        assert client(job).get("/person/import/template.xlsx").status_code == 403
        assert client(job).post("/person/import/", {"step": "file"}).status_code == 403
        assert "/person/import/" not in client(job).get("/person/").text
    assert "/person/import/" in client("supervisor").get("/person/").text


def test_a_right_taken_away_meanwhile_ends_the_import(
    client: Client, as_actor: AsActor
) -> None:
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv([CASES, a_case("x")]), "x.csv")
    with as_actor() as session, writing(session):
        for grant in session.scalars(
            select(Grant).where(Grant.role == "supervisor", Grant.target == "reception")
        ):
            grant.voided_at = grant.created_at
    assert step(visitor, place, "commit").status_code == 403


def test_what_a_file_refers_to_must_still_stand(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv([CASES, a_case("x")]), "x.csv")
    with as_actor() as session, writing(session):
        home = session.get_one(Unit, office.unit)
        home.voided_at, home.void_reason = home.created_at, "登记错了"
    assert step(visitor, place, "commit").status_code == 400


def test_strange_steps_and_no_file_are_told(client: Client) -> None:
    visitor = client("supervisor")
    assert visitor.post("/person/import/", {"step": "file"}).status_code == 400
    place = str(send(visitor, "person", a_csv(HOUSEHOLDS), "x.csv").location)
    assert step(visitor, place, "fly").status_code == 400
    assert step(visitor, place, "check").status_code == 302  # nothing to do yet
    assert step(visitor, place, "commit").status_code == 400
    assert step(visitor, place, "drop").location == "/person/"
    assert visitor.get("/person/import/nonsense.xlsx").status_code == 404
    assert visitor.get("/person/import/problems.xlsx").status_code == 404


def test_nothing_personal_lies_in_plain_and_old_imports_go(
    client: Client, app: Flask
) -> None:
    visitor = client("supervisor")
    for _turn in range(4):
        send(visitor, "person", a_csv(HOUSEHOLDS), "x.csv")
    with app.app_context():
        place = folder()
    kept = sorted(place.glob("*-*"))
    assert len(kept) == 3
    assert all(one.stat().st_mode & 0o077 == 0 for one in kept)
    for path in (path for one in kept for path in one.iterdir()):
        assert "赵一鸣".encode() not in path.read_bytes()
        assert b"13900139002" not in path.read_bytes()
    old = time.time() - 90_000
    os.utime(kept[0], (old, old))
    send(client("manager"), "unit", a_csv([("房号",), ("x",)]), "x.csv")
    assert not kept[0].exists()


def test_a_full_disk_is_told_and_leaves_nothing(
    client: Client, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno  # noqa: PLC0415

    def full(*_told: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("views.importing.staging.Staging.put", full)
    answer = send(client("supervisor"), "person", a_csv(HOUSEHOLDS), "x.csv")
    assert answer.status_code == 400
    with app.app_context():
        assert list(folder().glob("*-*")) == []
