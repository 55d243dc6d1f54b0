"""Actors: rights as given today, seen at the next request, sessions ended with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core import numbering
from core.access import Actor, Right
from core.db import db, writing
from models import Department, Grant, RoleAssignment, Staff, User
from tests.cast import PASSWORD, Office
from tests.conftest import AsActor, Client
from views import actors, people
from views.people import Password

Change = Callable[[Session, Office], Any]
TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
LONG = dt.timedelta(days=400)


def actor_named(as_actor: AsActor, office: Office, job: str) -> Actor:
    with as_actor("") as session:
        return actors.actor_of_user(session, office.users[job])


def change(as_actor: AsActor, office: Office, act: Change) -> None:
    with as_actor("") as session, writing(session):
        act(session, office)


def assignment(session: Session, office: Office, job: str) -> RoleAssignment:
    query = select(RoleAssignment).where(RoleAssignment.user_id == office.users[job])
    return session.scalars(query).one()


def rename_staff(session: Session, office: Office) -> None:
    session.get_one(Staff, office.staff["guard"]).name = "新名字"


def narrow_grant(session: Session, office: Office) -> None:
    query = select(Grant).where(Grant.role == "guard", Grant.target == "place")
    session.scalars(query).first().void_reason = "test"  # type: ignore[union-attr]


def rename_department(session: Session, office: Office) -> None:
    session.get_one(Department, office.department).name = "维修部"


def disable(session: Session, office: Office) -> None:
    people.disable(session, session.get_one(User, office.users["guard"]))


def void_user(session: Session, office: Office) -> None:
    session.get_one(User, office.users["guard"]).voided_at = dt.datetime.now(dt.UTC)


def new_password(session: Session, office: Office) -> None:
    user = session.get_one(User, office.users["guard"])
    people.set_password(session, user, Password("another-one-4-you"))


def add_role(session: Session, office: Office) -> None:
    user = office.users["guard"]
    session.add(RoleAssignment(user_id=user, role="staff", project_id=office.home))


def end_role(session: Session, office: Office) -> None:
    assignment(session, office, "guard").valid_until = TODAY - LONG


def void_role(session: Session, office: Office) -> None:
    assignment(session, office, "guard").voided_at = dt.datetime.now(dt.UTC)


def give_role_away(session: Session, office: Office) -> None:
    assignment(session, office, "guard").user_id = office.users["finance"]


@pytest.mark.parametrize("act", [rename_staff, narrow_grant, rename_department])
def test_a_change_is_seen_at_the_next_request_without_signing_out(
    client: Client, as_actor: AsActor, office: Office, act: Change
) -> None:
    visitor = client("guard")
    before = actor_named(as_actor, office, "guard")
    assert actor_named(as_actor, office, "guard") is before
    change(as_actor, office, act)
    assert actor_named(as_actor, office, "guard") is not before
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize(
    "act",
    [disable, void_user, new_password, add_role, end_role, void_role, give_role_away],
)
def test_a_change_ends_that_users_sessions_at_once_and_nobody_elses(
    client: Client, as_actor: AsActor, office: Office, act: Change
) -> None:
    visitor, other = client("guard"), client("receptionist")
    change(as_actor, office, act)
    assert visitor.get("/account").location == "/login?next=/account"
    assert other.get("/account").status_code == 200


def test_a_change_that_fails_ends_nothing(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    visitor = client("guard")
    before = actor_named(as_actor, office, "guard")

    def fail(session: Session, office: Office) -> None:
        disable(session, office)
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change(as_actor, office, fail)
    change(as_actor, office, lambda session, _office: numbering.take(session, "other"))
    assert visitor.get("/account").status_code == 200
    assert actor_named(as_actor, office, "guard") is before


def test_rights_come_with_the_project_and_department_of_the_assignment(
    as_actor: AsActor, office: Office
) -> None:
    guard = actor_named(as_actor, office, "guard")
    assert guard.roles == ("guard",)
    assert guard.projects == frozenset({office.home})
    assert guard.staff_id == office.staff["guard"]
    assert {right.project for rights in guard.rights.values() for right in rights} == {
        office.home
    }
    assert guard.having("place", "read") == (Right("proj", office.home),)
    handler = actor_named(as_actor, office, "handler")
    assert handler.departments == {office.department}


def test_field_rights_are_read_from_the_grant(
    as_actor: AsActor, office: Office
) -> None:
    guard = actor_named(as_actor, office, "guard")
    (right,) = guard.having("staff", "read")
    assert right.fields == {"name"}


def test_only_a_head_has_what_is_granted_to_heads(
    as_actor: AsActor, office: Office
) -> None:
    handler = actor_named(as_actor, office, "handler")
    head = actor_named(as_actor, office, "handler_head")
    assert set(handler.rights) < set(head.rights)


def test_the_administrator_has_only_what_grants_give(
    as_actor: AsActor, office: Office
) -> None:
    admin = actor_named(as_actor, office, "admin")
    assert admin.projects is None
    assert not admin.system
    assert {group for group, _action in admin.rights}.isdisjoint(
        {"people", "papers", "complaint", "reception", "money", "card"}
    )
    assert admin.having("system", "update")


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (None, None, True),
        (TODAY - LONG, TODAY + LONG, True),
        (TODAY + LONG, None, False),
        (None, TODAY - LONG, False),
    ],
)
def test_an_assignment_counts_between_its_dates(
    as_actor: AsActor,
    office: Office,
    since: dt.date | None,
    until: dt.date | None,
    counts: bool,
) -> None:
    def date(session: Session, office: Office) -> None:
        given = assignment(session, office, "guard")
        given.valid_from, given.valid_until = since, until

    change(as_actor, office, date)
    guard = actor_named(as_actor, office, "guard")
    assert bool(guard.rights) is counts
    assert guard.projects == (frozenset({office.home} if counts else ()))


def test_rights_are_worked_out_again_when_the_day_ends(
    as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_today(session: Session, office: Office) -> None:
        assignment(session, office, "guard").valid_until = TODAY

    change(as_actor, office, until_today)
    assert actor_named(as_actor, office, "guard").rights
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    monkeypatch.setattr(actors, "now", lambda: later)
    assert not actor_named(as_actor, office, "guard").rights


def test_a_delegation_gives_the_rights_of_another_for_a_time(
    as_actor: AsActor, office: Office
) -> None:
    def delegate(session: Session, office: Office) -> None:
        session.add(
            RoleAssignment(
                user_id=office.users["guard"],
                role="supervisor",
                project_id=office.home,
                delegated_from_id=office.users["supervisor"],
                valid_from=TODAY - dt.timedelta(days=2),
                valid_until=TODAY + dt.timedelta(days=2),
            )
        )

    change(as_actor, office, delegate)
    guard = actor_named(as_actor, office, "guard")
    assert guard.roles == ("guard", "supervisor")
    assert guard.having("complaint", "confirm")


def test_nobody_is_an_actor_without_rights(app: Flask) -> None:
    with app.app_context():
        assert actors.actor_of_user(db.session(), 10**15).rights == {}


def test_resuming_a_request_is_one_query(app: Flask, client: Client) -> None:
    visitor = client("guard")
    visitor.get("/account")
    with visitor.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    statements: list[str] = []
    with app.app_context():
        session = db.session()
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda *args: statements.append(args[2]),
        )
        visit = actors.resume(session, token)
        assert visit is not None
        actors.actor_of_visit(session, visit)
    assert len([s for s in statements if s.startswith("SELECT")]) == 1


def test_the_cast_signs_in_with_its_password(client: Client, office: Office) -> None:
    assert PASSWORD
    for job in office.users:
        assert client(job).get("/account").status_code == 200
