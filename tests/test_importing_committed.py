"""What an import writes: all or nothing, once, numbered, indexed, in the history."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.access import SYSTEM
from core.chain import Change, ChangeValue
from core.db import db, writing
from models import Occupancy, Person, Reception
from tests import importing
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
from views.importing import committing, screen
from views.importing.committing import commit
from views.saving import Refused


def whole(app: Flask) -> bool:
    """Whether the history holds."""
    verified = app.test_cli_runner().invoke(args=["audit", "verify"])
    return verified.exit_code == 0


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
    assert "1,000+" in visitor.get("/reception/").text


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
        last = select(Person).order_by(Person.id.desc()).limit(1)
        assert session.scalars(last).one().voided_at, "not in force before the end"
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
