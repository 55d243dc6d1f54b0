"""The commands that make the office and its logins: a sentence, and an exit code."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from core.db import Busy
from models import RoleAssignment, Staff, User
from tests.browsing import Visitor
from tests.cast import ELSEWHERE, HOME, PASSWORD, Office
from tests.conftest import AsActor, Client
from views import people_commands

pytestmark = pytest.mark.once

FOUND = ["setup", "--company", "甲", "--project", "园", "--admin", "root"]
HIRE = ["user", "add", "zhao", "--name", "赵敏", "--project", HOME]


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=list(args))


def made_up(result: Result) -> str:
    found = re.search(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b", result.output)
    assert found is not None, result.output
    return found[0]


def test_setup_works_on_an_empty_database_and_only_once(
    empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = empty_app("console")
    monkeypatch.setenv("OFFICE_PASSWORD", PASSWORD)
    first = run(app, *FOUND, "--preset", "company")
    assert first.exit_code == 0, first.output
    assert "DATA_KEY=root:" in first.output
    assert PASSWORD not in first.output
    assert Visitor(app, "root").get("/account").status_code == 200
    second = run(app, *FOUND)
    assert second.exit_code == 1
    assert "Traceback" not in second.output


def test_setup_asks_for_the_password(
    empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = empty_app("asking")
    monkeypatch.delenv("OFFICE_PASSWORD", raising=False)
    assert run(app, *FOUND).exit_code == 1

    monkeypatch.setattr(people_commands, "_at_terminal", lambda: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: PASSWORD)
    assert run(app, *FOUND).exit_code == 0


@pytest.mark.parametrize("password", ["short", "root-root-root", "aaaaaaaaaaaaa"])
def test_setup_refuses_a_weak_password(
    empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    app = empty_app("weak")
    monkeypatch.setenv("OFFICE_PASSWORD", password)
    refused = run(app, *FOUND)
    assert refused.exit_code == 1
    assert password not in refused.output


def test_a_final_password_signs_in_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_PASSWORD", "final-Word-1")
    result = run(app, *HIRE, "--role", "receptionist")
    assert result.exit_code == 0, result.output
    assert "final-Word-1" not in result.output
    visitor = Visitor(app, "zhao", "final-Word-1")
    assert visitor.get("/account").status_code == 200


def test_a_made_up_password_is_printed_once_and_must_be_changed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFICE_PASSWORD", raising=False)
    result = run(app, *HIRE, "--role", "receptionist")
    assert result.output.count(made_up(result)) == 1
    visitor = Visitor(app, "zhao", made_up(result))
    assert visitor.get("/account").location == "/password"


def test_a_user_gets_his_roles_place_and_headship(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    options = "--role handler --role staff --department 工程部 --head".split()
    result = run(app, *HIRE, *options)
    assert result.exit_code == 0, result.output
    with as_actor("") as session:
        user = session.scalars(select(User).where(User.username == "zhao")).one()
        staff = session.get_one(Staff, user.staff_id)
        assert (staff.name, staff.department_id) == ("赵敏", office.department)
        query = select(RoleAssignment).where(RoleAssignment.user_id == user.id)
        given = session.scalars(query.order_by(RoleAssignment.id)).all()
        assert [(g.role, g.project_id, g.department_id, g.head) for g in given] == [
            ("handler", office.home, office.department, True),
            ("staff", office.home, office.department, True),
        ]


def test_administrators_and_auditors_belong_to_no_project(
    app: Flask, as_actor: AsActor
) -> None:
    assert run(app, *HIRE, "--role", "auditor").exit_code == 0
    with as_actor("") as session:
        query = (
            select(RoleAssignment.project_id)
            .join(User, User.id == RoleAssignment.user_id)
            .where(User.username == "zhao")
        )
        assert session.scalars(query).one() is None


@pytest.mark.parametrize(
    "args",
    [
        ["user", "add", "guard", "--name", "x", "--role", "guard", "--project", HOME],
        ["user", "add", "GUARD ", "--name", "x", "--role", "guard", "--project", HOME],
        ["user", "add", "a b", "--name", "x", "--role", "guard", "--project", HOME],
        ["user", "add", "zhao", "--name", "x", "--role", "guard", "--project", "无"],
        ["user", "add", "zhao", "--name", "x", "--role", "guard"],
        [*HIRE, "--role", "guard", "--department", "没有这个部门"],
        [*HIRE, "--role", "emperor"],
        [*HIRE],
        ["user", "add", "zhao", "--name", " ", "--role", "guard", "--project", HOME],
        ["user", "disable", "nobody-here"],
        ["user", "disable", "admin"],
        ["user", "reset", "nobody-here"],
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    app: Flask, as_actor: AsActor, args: list[str]
) -> None:
    with as_actor("") as session:
        before = session.scalars(select(User.username).order_by(User.id)).all()
    result = run(app, *args)
    assert result.exit_code != 0
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    with as_actor("") as session:
        names = session.scalars(select(User.username).order_by(User.id)).all()
        assert names == before
        query = select(User.username).where(User.disabled)
        assert session.scalars(query).all() == []


def test_the_only_project_needs_no_name(
    empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = empty_app("single")
    monkeypatch.setenv("OFFICE_PASSWORD", PASSWORD)
    run(app, *FOUND)
    result = run(app, "user", "add", "zhao", "--name", "赵", "--role", "guard")
    assert result.exit_code == 0, result.output


def test_disabling_ends_the_sessions(app: Flask, client: Client) -> None:
    visitor = client("guard")
    assert run(app, "user", "disable", "Guard").exit_code == 0
    assert visitor.get("/account").status_code == 302


def test_another_administrator_lets_the_first_be_disabled(app: Flask) -> None:
    assert run(app, *HIRE, "--role", "admin").exit_code == 0
    assert run(app, "user", "disable", "admin").exit_code == 0
    assert run(app, "user", "disable", "zhao").exit_code == 1


def test_a_reset_ends_sessions_and_the_throttle(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFICE_PASSWORD", raising=False)
    visitor = client("guard")
    stranger = Visitor(app)
    for _ in range(6):
        stranger.get("/login")
        status = stranger.post("/login", username="guard", password="guess")
    assert status.status_code == 429
    result = run(app, "user", "reset", "guard")
    assert result.exit_code == 0
    assert visitor.get("/account").location == "/login?next=/account"
    fresh = Visitor(app, "guard", made_up(result))
    assert fresh.get("/account").location == "/password"


def test_a_disabled_login_stays_disabled_after_a_reset(app: Flask) -> None:
    run(app, "user", "disable", "guard")
    result = run(app, "user", "reset", "guard")
    assert result.exit_code == 0
    stranger = Visitor(app)
    stranger.get("/login")
    answer = stranger.post("/login", username="guard", password=made_up(result))
    assert answer.status_code == 400


def test_a_busy_database_is_said(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Busy

    monkeypatch.setattr("views.people.find", busy)
    result = run(app, "user", "disable", "guard")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_every_command_explains_itself(app: Flask) -> None:
    for args in (["setup"], ["user"], ["user", "add"], ["user", "reset"]):
        result = run(app, *args, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_the_other_estate_is_named_by_its_name(app: Flask) -> None:
    args = ["user", "add", "qian", "--name", "钱", "--role", "guard"]
    assert run(app, *args, "--project", ELSEWHERE).exit_code == 0
