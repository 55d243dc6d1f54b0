"""The first visit: one code, one office, and never again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM, act_as
from core.chain import Change
from core.db import db
from models import (
    CardPolicy,
    Company,
    DeadlineRule,
    Department,
    FeeStandard,
    Project,
    RoleAssignment,
    Setting,
    User,
)
from tests.browsing import Visitor
from tests.cast import PASSWORD
from views import founding, setup
from views.people import Refused

pytestmark = pytest.mark.once

ANSWERS = {
    "company": "翠湖物业",
    "project": "翠湖花园",
    "admin": "Boss",
    "password": PASSWORD,
    "again": PASSWORD,
    "preset": "small",
    "opens": "08:30",
    "closes": "17:30",
    "card_fee": "20.50",
    "card_months": "24",
    "first_reply_hours": "12",
    "arrival_minutes": "20",
    "people": "lijing 李静 接待员 客服主管\nwang, Wang Er, handler\n\n",
}

WRONG = [
    {"company": " "},
    {"company": "甲\x00乙"},
    {"people": "lijing, 李\x00静, 接待员"},
    {"project": "长" * 201},
    {"admin": "x"},
    {"admin": "two words"},
    {"password": "short", "again": "short"},
    {"again": "another"},
    {"preset": "huge"},
    {"opens": "25:00"},
    {"opens": "18:00", "closes": "09:00"},
    {"card_fee": "NaN"},
    {"card_fee": "1e9"},
    {"card_fee": "free"},
    {"card_months": "0"},
    {"first_reply_hours": "9" * 40},
    {"arrival_minutes": "-1"},
    {"people": "lijing 李静"},
    {"people": "lijing 李静 皇帝"},
    {"people": "boss 老板 接待员"},
    {"people": "a\x00b 李静 接待员"},
]

Make = Callable[[str], Flask]


@pytest.fixture
def new(empty_app: Make) -> Flask:
    """An office that nobody has set up."""
    app = empty_app("new")
    with app.app_context():
        setup.ensure_schema()
    return app


def code_of(app: Flask, capsys: pytest.CaptureFixture[str]) -> str:
    setup.announce(app)
    found = re.search(r"\b(\w{4}-\w{4}-\w{4})\b", capsys.readouterr().err)
    assert found is not None
    return found[1]


def answer(app: Flask, code: str, **changes: str) -> tuple[int, str]:
    visitor = Visitor(app)
    visitor.get("/setup")
    sent = visitor.post("/setup", {"code": code, **ANSWERS, **changes})
    return sent.status_code, sent.text


def test_the_first_visitor_is_led_to_the_setup(new: Flask) -> None:
    visitor = Visitor(new)
    assert visitor.get("/").location == "/login"
    assert visitor.get("/login").location == "/setup"
    assert visitor.get("/setup").status_code == 200


def test_an_empty_database_gets_its_tables(empty_app: Make) -> None:
    app = empty_app("bare")
    assert Visitor(app).get("/setup").status_code == 200


def test_the_setup_makes_the_office_and_closes(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_of(new, capsys)
    status, page = answer(new, code.lower().replace("-", " "))
    assert status == 200
    handed = re.findall(r"\b(\w{4}-\w{4}-\w{4}-\w{4})\b", page)
    assert len(handed) == 2
    visitor = Visitor(new, "boss", PASSWORD)
    assert visitor.get("/account").status_code == 200
    assert visitor.get("/setup").status_code == 404
    assert Visitor(new, "lijing", handed[0]).get("/").location == "/password"
    assert answer(new, code)[0] == 404
    assert not Path(new.config["INSTANCE"], "setup_code").exists()
    with new.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        check_office(session)


def check_office(session: Session) -> None:
    """Everything that was answered stands where the rules read it."""
    company = session.scalars(select(Company)).one()
    project = session.scalars(select(Project)).one()
    assert (company.name, project.name) == ("翠湖物业", "翠湖花园")
    assert session.scalars(select(Department)).one().project_id == project.id
    settings = {row.code: row.value for row in session.scalars(select(Setting))}
    assert settings["office.opens"] == "08:30"
    assert settings["office.closes"] == "17:30"
    assert settings["office.preset"] == "small"
    rate = select(FeeStandard).where(FeeStandard.code == "card_production")
    assert str(session.scalars(rate).one().rate) == "20.5000"
    months = select(CardPolicy.validity_months).where(
        CardPolicy.holder_kind.in_(["tenant", "merchant"])
    )
    assert set(session.scalars(months)) == {24}
    due = {row.code: row.amount for row in session.scalars(select(DeadlineRule))}
    assert due["complaint.first_reply"] == 12
    assert due["repair.arrival"] == 20
    given = [(g.role, g.project_id) for g in session.scalars(select(RoleAssignment))]
    assert given == [
        ("admin", None),
        ("receptionist", project.id),
        ("supervisor", project.id),
        ("handler", project.id),
    ]
    actions = set(session.scalars(select(Change.action)))
    assert "setup" in actions


def test_without_people_the_setup_leads_to_the_sign_in(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(new, code_of(new, capsys), people="")[0] == 302


def test_a_wrong_answer_is_explained_and_makes_nothing(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_of(new, capsys)
    for wrong in WRONG:
        status, page = answer(new, code, **wrong)
        assert (status, "flash error" in page) == (400, True), wrong
        assert PASSWORD not in page
    with new.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        assert session.scalars(select(User)).first() is None
        assert session.scalars(select(Setting)).first() is None


def test_only_the_newest_code_opens_and_none_is_stored(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    older, newer = code_of(new, capsys), code_of(new, capsys)
    path = Path(new.config["INSTANCE"], "setup_code")
    assert newer not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    for wrong in (older, "", "AAAA-AAAA-AAAA", "\x00"):
        assert answer(new, wrong)[0] == 400
    assert answer(new, newer, people="")[0] == 302


def test_the_code_cannot_be_guessed(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_of(new, capsys)
    statuses = [answer(new, f"AAAA-AAAA-{n:04}")[0] for n in range(11)]
    assert statuses == [400] * 10 + [429]
    assert answer(new, code)[0] == 429


def test_a_visitor_before_any_code_was_printed_causes_one(
    new: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    Visitor(new).get("/setup")
    assert re.search(r"\w{4}-\w{4}-\w{4}", capsys.readouterr().err)
    Visitor(new).get("/setup")
    assert capsys.readouterr().err == ""


def test_an_office_that_stands_has_no_setup(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.announce(app)
    assert capsys.readouterr().err == ""
    assert Visitor(app).get("/setup").status_code == 404
    assert Visitor(app).client.post("/setup").status_code == 400


def test_a_second_office_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(Refused):
        founding.set_up(db.session(), "乙", "丙", "other", PASSWORD, "standard", {})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lijing 李静 接待员", ("lijing", "李静", ("receptionist",))),
        ("wang,Wang Er,handler", ("wang", "Wang Er", ("handler",))),
        ("a.b，张三，门岗，财务", ("a.b", "张三", ("guard", "finance"))),
        ("zhao\tZhao Liu\tGate guard", ("zhao", "Zhao Liu", ("guard",))),
    ],
)
def test_people_may_be_listed_in_several_ways(
    line: str, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    (found,) = founding.newcomers(line)
    assert (found.username, found.name, found.roles) == expected


def test_the_recovery_sheet_holds_the_key(app: Flask) -> None:
    from core import privacy  # noqa: PLC0415  the keys of this office

    with app.app_context():
        assert f"DATA_KEY={privacy.keys().dump()}" in founding.recovery_sheet()
