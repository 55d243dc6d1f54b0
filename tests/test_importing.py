"""Importing on the screen: mapped, checked, decided, and written all or not at all."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.access import SYSTEM
from core.chain import Change, ChangeValue
from core.db import db, writing
from core.record import record_type
from models import Grant, Occupancy, Person, Reception, Unit
from tests import importing
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.importing import a_csv, checked, mapping, send, step
from views.importing import committing, reading, screen
from views.importing.committing import commit
from views.saving import Refused
from views.spool import folder

HOUSEHOLDS = (
    ("姓名*", "身份", "联系电话", "住户关系：房屋", "住户关系：关系", "备用"),
    ("赵一鸣", "业主", "139 0013 9001", "3栋502", "业主", "x"),
    ("", "", "", "3-503", "共有人", ""),
    ("钱二", "Tenant", "13900139002", "3-503", "租户", ""),
)
CASES = ("房屋", "内容", "方式", "类别", "紧急", "受理时间")


@pytest.fixture(autouse=True)
def nothing_under_way(app: Flask) -> None:
    """Passing files of other tests do not count."""
    with app.app_context():
        shutil.rmtree(folder())


def a_case(content: str, room: str = "3-502", urgent: str = "是") -> tuple[str, ...]:
    return room, content, "来电", "报修", urgent, "2026年3月9日 9:05"


def count(session: Session, cls: Any) -> int:
    found: int = session.connection().execute(select(func.count(cls.id))).scalar_one()
    return found


def whole(app: Flask) -> bool:
    """Whether the history holds."""
    verified = app.test_cli_runner().invoke(args=["audit", "verify"])
    return verified.exit_code == 0


def second_home(as_actor: AsActor, office: Office) -> None:
    with as_actor() as session, writing(session):
        home = session.get_one(Unit, office.unit)
        make(session, Unit, office.home, name="3-503", building_id=home.building_id)


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


def test_one_entry_of_the_history_tells_of_the_whole_file(
    client: Client, as_actor: AsActor, office: Office, app: Flask
) -> None:
    second_home(as_actor, office)
    visitor = client("supervisor")
    place = checked(visitor, "person", a_csv(HOUSEHOLDS), "../住户.csv")
    step(visitor, place, "commit")
    with as_actor() as session:
        entry = session.scalars(select(Change).order_by(Change.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.slug, entry.actor) == (
            "import",
            "person",
            "supervisor",
        )
        kept = json.loads(session.get_one(ChangeValue, entry.id).plain or "")
        assert kept["rows"] == [None, 2]
        assert kept["occupancy"] == [None, 3]
        assert kept["file"] == [None, "住户.csv"]
        assert len(kept["sha256"][1]) == 64
    assert whole(app)
    again = send(visitor, "person", a_csv(HOUSEHOLDS), "again.csv")
    assert "flash late" in visitor.get(str(again.location)).text


def test_imported_cases_are_numbered_open_and_found_by_their_words(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    rows = (CASES, a_case("地库照明闪烁"), a_case("门禁失灵", "5#502", "否"))
    visitor = client("supervisor")
    place = checked(visitor, "reception", a_csv(rows), "x.csv")
    assert "3-502" not in visitor.get(place).text  # 5-502 is nowhere
    rows = (CASES, a_case("地库照明闪烁"), a_case("门禁失灵", "", "否"))
    place = checked(visitor, "reception", a_csv(rows), "x.csv")
    assert step(visitor, place, "commit").status_code == 302
    with as_actor() as session:
        late, early = session.scalars(
            select(Reception).order_by(Reception.id.desc()).limit(2)
        )
        assert (early.unit_id, early.urgent, early.open) == (office.unit, True, True)
        assert early.state == Reception.flow.first.code
        assert early.received_at.isoformat() == "2026-03-09T01:05:00+00:00"
        assert early.number < late.number
        assert early.holder_id == office.staff["supervisor"]
    assert early.number in visitor.get("/reception/", search="照明闪烁").text
    assert early.number in visitor.get("/search", q=early.number).text
    made = client("receptionist").post(
        "/reception/new/",
        {"channel": "telephone", "content": "后来", "category": "need"},
    )
    assert made.status_code in (302, 400)


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
    heads, row = (*CASES, "客户"), (*a_case("谁家的车"), "王建国")
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


def set_to(as_actor: AsActor, code: str, value: str) -> None:
    with as_actor() as session, writing(session):
        setting = record_type("setting")
        query = select(setting).where(setting.__table__.c.code == code)
        session.scalars(query).one().value = value  # type: ignore[attr-defined]


def test_numbers_are_kept_never_doubled_and_the_series_goes_on_behind_them(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        first = make(session, Reception, office.home)
        prefix, year, n = first.number.split("-")
    heads = ("编号", *CASES)
    given = f"{prefix}-{year}-{int(n) + 50:04}"
    rows = [heads, (given, *a_case("甲")), ("老本子第3页", *a_case("乙"))]
    visitor = client("supervisor")
    bad = checked(visitor, "reception", a_csv([*rows, rows[1]]), "x.csv")
    assert given in visitor.get(bad).text
    assert step(visitor, bad, "commit").status_code == 400
    taken = [heads, (first.number, *a_case("丙"))]
    bad = checked(visitor, "reception", a_csv(taken), "x.csv")
    assert step(visitor, bad, "commit").status_code == 400
    good = checked(visitor, "reception", a_csv(rows), "x.csv")
    assert step(visitor, good, "commit").status_code == 302
    with as_actor() as session, writing(session):
        after = make(session, Reception, office.home)
        assert after.number == f"{prefix}-{year}-{int(n) + 51:04}"


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
    rows = [heads, example, *[["", *a_row(heads, example)] for _n in range(2)]]
    place = str(send(visitor, "reception", a_csv(rows), "x.csv").location)
    assert "" not in mapping(visitor.get(place).text).values()


def a_row(heads: list[str], example: list[str]) -> list[str]:
    return [
        "" if "*" not in head else cell
        for head, cell in zip(heads, example, strict=True)
    ][1:]


def test_policy_by_import_is_in_force_at_once(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    rows = [("字典", "代码", "中文", "英文"), ("channel", "drone", "无人机", "Drone")]
    visitor = client("admin")
    assert "无人机" not in client("receptionist").get("/reception/new/").text
    place = checked(visitor, "choice_label", a_csv(rows), "x.csv")
    page = visitor.get(place).text
    assert step(visitor, place, "commit").status_code == 302, page
    assert "无人机" in client("receptionist").get("/reception/new/").text
    again = checked(visitor, "choice_label", a_csv(rows), "x.csv")
    assert step(visitor, again, "commit").status_code == 400


def test_a_long_file_is_checked_in_slices(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "SLICE", 0.0)
    rows = [CASES, *(a_case(f"第{n}件") for n in range(1_100))]
    visitor = client("supervisor")
    place = str(send(visitor, "reception", a_csv(rows), "x.csv").location)
    step(visitor, place, "columns", **mapping(visitor.get(place).text))
    shown = []
    while "data-auto" in (page := visitor.get(place).text):
        shown.append(page.partition('value="')[2])
        step(visitor, place, "check")
    assert len(shown) == 3
    assert step(visitor, place, "commit").status_code == 302
    assert "1,1" in visitor.get("/reception/").text


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


def test_two_people_import_at_once(app: Flask, office: Office) -> None:
    def work(name: str) -> str:
        with app.app_context():
            session = db.session()
            importing.act(session)
            rows = [CASES, *(a_case(f"{name}{n}") for n in range(600))]
            ready = importing.staged(session, Reception, a_csv(rows), office.home)
            commit(session, SYSTEM, ready)
            return name

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, "甲乙")) == ["乙", "甲"]
    with app.app_context():
        session = db.session()
        importing.act(session)
        numbers = list(session.scalars(select(Reception.number)))
        assert len(set(numbers)) == len(numbers) == 1_200
    assert whole(app)


def test_one_import_is_written_once_however_often_it_is_asked(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        rows = [CASES, a_case("只此一件")]
        ready = importing.staged(session, Reception, a_csv(rows), office.home)
        kept = {p.name: p.read_bytes() for p in ready.staging.folder.iterdir()}
        before = count(session, Reception)
        commit(session, SYSTEM, ready)
        ready.staging.folder.mkdir()
        for name, content in kept.items():  # as if another process had not seen it
            (ready.staging.folder / name).write_bytes(content)
        commit(session, SYSTEM, ready)
        assert count(session, Reception) == before + 1


def test_a_crash_between_two_parts_is_gone_on_from(
    as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(as_actor, "import.rows_at_once", "500")
    rows = [HOUSEHOLDS[0], *(("某人", "业主", "", "", "", "") for _n in range(500))]
    rows += [("", "", "", "3-502", "业主", ""), ("末人", "业主", "", "", "", "")]
    with as_actor() as session:
        ready = importing.staged(session, Person, a_csv(rows), office.home)
        assert ready.plan.problems == []
        before, write = count(session, Person), committing.Writer.write
        calls: list[int] = []

        def crash(self: Any, pieces: list[Any]) -> None:
            calls.append(len(pieces))
            if len(calls) == 2:
                raise KeyboardInterrupt
            write(self, pieces)

        monkeypatch.setattr(committing.Writer, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            commit(session, SYSTEM, ready)
        assert count(session, Person) == before + 500
        commit(session, SYSTEM, ready)
        assert count(session, Person) == before + 501
        line = session.scalars(select(Occupancy).order_by(Occupancy.id.desc())).first()
        assert line is not None
        assert session.get_one(Person, line.person_id or 0).name == "某人"
        imports = select(func.count(Change.id)).where(Change.action == "import")
        assert session.connection().execute(imports).scalar_one() == 1


def test_everything_is_ready_before_the_desk_has_to_wait(
    as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside the write transaction nothing is read from a file, checked or sealed."""
    with as_actor() as session:
        rows = [
            HOUSEHOLDS[0],
            *(("某人", "业主", "13900139003", "3-502", "业主", ""),) * 9,
        ]
        ready = importing.staged(session, Person, a_csv(rows), office.home)

        def forbid(*_told: Any, **_more: Any) -> None:
            assert not session.info.get("writing"), "work under the lock"

        watch(monkeypatch, "core.privacy.seal", forbid)
        watch(monkeypatch, "core.search.cut", forbid)
        watch(monkeypatch, "views.importing.staging.Staging.get", forbid)
        watch(monkeypatch, "views.importing.cells.Column.read", forbid)
        before = count(session, Person)
        commit(session, SYSTEM, ready)
        assert count(session, Person) == before + 9


def watch(patch: pytest.MonkeyPatch, name: str, forbid: Callable[..., None]) -> None:
    module, _dot, last = name.rpartition(".")
    holder: Any = pytest.importorskip(module) if module.islower() else None
    if holder is None:
        place, _dot, cls = module.rpartition(".")
        holder = getattr(pytest.importorskip(place), cls)
    real = getattr(holder, last)

    def watched(*told: Any, **more: Any) -> Any:
        forbid()
        return real(*told, **more)

    patch.setattr(holder, last, watched)


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


def test_an_unchecked_import_is_not_committed(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        ready = importing.staged(
            session, Reception, a_csv([CASES, a_case("x")]), office.home
        )
        ready.plan.piece = 0
        with pytest.raises(Refused):
            commit(session, SYSTEM, ready)
