"""Lists as workbooks and CSV: true values, nothing hidden shown, all on record."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.chain import Change, ChangeValue
from core.db import writing
from models import Person, Reception, Unit
from tests import reading
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.importing import a_csv
from views.importing.reading import rows

FORMULA = '=HYPERLINK("http://x",1)'


def sheet(answer: TestResponse | bytes) -> list[list[str]]:
    """The rows of a workbook as they read."""
    data = answer if isinstance(answer, bytes) else answer.data
    return [cells for _n, cells in rows(io.BytesIO(data), 999, [])]


def inside(answer: TestResponse) -> str:
    """The first sheet as it is stored."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def take(visitor: Visitor, slug: str, kind: str, **asked: str) -> TestResponse:
    answer = visitor.get(f"/{slug}/export/{kind}/", **asked)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
def home(as_actor: AsActor, office: Office) -> Unit:
    """The home with a day, a number and a formula in it."""
    with as_actor() as session, writing(session):
        unit = session.get_one(Unit, office.unit)
        unit.delivered_on, unit.area = dt.date(2019, 5, 1), Decimal("88.50")
        unit.note = FORMULA
        return unit


def allowed(as_actor: AsActor, slug: str) -> None:
    from models import Grant  # noqa: PLC0415

    with as_actor() as session, writing(session):
        session.add(Grant(role="manager", target=slug, action="export", scope="proj"))


def test_a_workbook_holds_true_days_and_numbers_and_no_formula(
    client: Client, as_actor: AsActor, home: Unit
) -> None:
    allowed(as_actor, "unit")
    answer = take(client("manager"), "unit", "xlsx")
    title, told, heads, row = sheet(answer)
    assert title[0] == "房屋"
    assert "manager" in told[0]
    found = dict(zip(heads, row, strict=False))
    assert (found["交付日期"], found["建筑面积"]) == ("2019-05-01", "88.5")
    assert found["备注"] == FORMULA
    stored = inside(answer)
    assert "<f>" not in stored
    assert "<v>43586</v>" in stored  # the day, as spreadsheets count
    assert "<v>88.5</v>" in stored
    assert 'state="frozen"' in stored
    assert "<autoFilter" in stored


def test_the_columns_are_those_of_the_list_or_all(
    client: Client, as_actor: AsActor, home: Unit
) -> None:
    allowed(as_actor, "unit")
    every = sheet(take(client("manager"), "unit", "xlsx"))[2]
    shown = sheet(take(client("manager"), "unit", "xlsx", columns="shown"))[2]
    assert shown == [
        "房号",
        "全称",
        "房屋用途",
        "入住情况",
        "片区",
        "建筑面积",
        "交付日期",
    ]
    assert set(shown) < set(every)
    csv = take(client("manager"), "unit", "csv", columns="shown")
    assert reading.csv_rows(csv.text)[0] == shown
    page = client("manager").get("/unit/").text
    for kind in ("xlsx", "csv"):
        assert f"/unit/export/{kind}/" in page


def test_what_was_asked_stands_in_the_file_and_in_the_history(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        for urgent in (True, False, True):
            make(session, Reception, office.home, urgent=urgent)
    visitor = client("supervisor")
    answer = take(visitor, "reception", "xlsx", urgent="1")
    _title, told, _heads, *found = sheet(answer)
    assert "紧急" in told[0]
    assert len(found) == 2
    with as_actor() as session:
        entry = session.scalars(select(Change).order_by(Change.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.slug, entry.actor) == (
            "export",
            "reception",
            "supervisor",
        )
        assert "urgent=1" in entry.note
        kept = json.loads(session.get_one(ChangeValue, entry.id).plain or "")
        assert kept["rows"] == [None, 2]
        assert kept["file"] == [None, "xlsx"]


@pytest.mark.clause("S0-16")
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_masked_values_stay_masked(
    client: Client, as_actor: AsActor, office: Office, kind: str
) -> None:
    answer = take(client("manager"), "person", kind)
    lines = sheet(answer) if kind == "xlsx" else reading.csv_rows(answer.text)
    text = "\n".join("\t".join(line) for line in lines)
    assert "138****8000" in text
    assert "13800138000" not in text
    with as_actor() as session:
        assert str(session.get_one(Person, office.person).name) in text  # by right


def test_the_name_of_the_file_survives_every_server(
    client: Client, as_actor: AsActor
) -> None:
    told = take(client("manager"), "person", "csv").headers["Content-Disposition"]
    assert told.isascii()
    assert re.search(r"filename\*=UTF-8''%E4%B8%9A\S+\.csv$", told)


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=list(args))


def test_the_command_masks_unless_it_is_told_what_for(
    app: Flask, office: Office, as_actor: AsActor, tmp_path: Path
) -> None:
    masked, plain = tmp_path / "a.csv", tmp_path / "b.xlsx"
    assert run(app, "export", "person", str(masked)).exit_code == 0
    assert "王**" in masked.read_text("utf-8-sig")
    assert run(app, "export", "person", str(plain), "--unmasked").exit_code == 1
    assert not plain.exists()
    for_it = ("--unmasked", "--purpose", "换系统")
    assert run(app, "export", "person", str(plain), *for_it).exit_code == 0
    assert "13800138000" in str(sheet(plain.read_bytes()))
    with as_actor() as session:
        entry = session.scalars(select(Change).order_by(Change.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.note.endswith("换系统")) == ("export", True)


def test_commands_that_make_no_sense_are_refused_with_a_sentence(
    app: Flask, office: Office, tmp_path: Path
) -> None:
    there = tmp_path / "there.csv"
    there.write_text("x", "utf-8")
    for args in (
        ("export", "nothing", str(tmp_path / "a.csv")),
        ("export", "person", str(tmp_path / "a.pdf")),
        ("export", "person", str(there)),
        ("export", "person", str(tmp_path / "no" / "a.csv")),
        ("import", "nothing", str(there)),
        ("import", "occupancy", str(there)),
        ("import", "person", str(there)),
        ("import", "person", str(there), "--project", "没有"),
    ):
        answer = run(app, *args)
        assert answer.exit_code == 1, args
        assert answer.output.startswith("Error: ") or "\nError: " in answer.output
        assert "Traceback" not in answer.output


def test_the_import_command_checks_then_writes_all(
    app: Flask, office: Office, as_actor: AsActor, tmp_path: Path
) -> None:
    file, project = tmp_path / "a.csv", ("--project", "测试花园")
    file.write_bytes(a_csv([("姓名", "身份"), ("赵一", "业主"), ("钱二", "飞行员")]))
    wrong = run(app, "import", "person", str(file), *project)
    assert wrong.exit_code == 1
    assert "飞行员" in wrong.output
    file.write_bytes(a_csv([("姓名", "身份"), ("赵一", "业主"), ("钱二", "租户")]))
    dry = run(app, "import", "person", str(file), "--dry-run", *project)
    assert dry.exit_code == 0, dry.output
    people = select(Person).where(Person.name == "钱二")
    with as_actor() as session:
        assert session.scalars(people).first() is None
    done = run(app, "import", "person", str(file), *project)
    assert done.exit_code == 0, done.output
    with as_actor() as session:
        assert session.scalars(people).one().project_id == office.home
        entry = session.scalars(select(Change).order_by(Change.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.action) == ("import", "import")
    lacking = tmp_path / "b.csv"
    lacking.write_bytes(a_csv([("身份",), ("业主",)]))
    assert run(app, "import", "person", str(lacking), *project).exit_code == 1


def test_commands_say_so_where_there_is_no_office(
    empty_app: object, tmp_path: Path
) -> None:
    bare = empty_app("bare_export")  # type: ignore[operator]
    answer = run(bare, "export", "person", str(tmp_path / "a.csv"))
    assert answer.exit_code == 1
    assert "Traceback" not in answer.output
