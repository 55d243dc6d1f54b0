"""An office of three: the small preset, one complaint and one repair to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from core.access import SYSTEM, act_as
from core.db import OfficeSession, db, writing
from core.record import Record
from core.words import _
from models import Building, Department, Person, Project, Staff, Unit, User
from tests.browsing import Visitor
from tests.cast import PASSWORD, Office
from tests.lives import Life, picked

pytestmark = [pytest.mark.once, pytest.mark.no_cover]

PEOPLE = {
    "wang": ("receptionist",),
    "li": ("supervisor", "handler"),
    "zhao": ("manager",),
}
"""One receptionist, one who leads and does the work, one who decides."""
SAID = {"channel": "telephone", "content": "已修好，请放心"}


@pytest.fixture
def small(empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch) -> Life:
    """The office as the commands found it, and its people at their browsers."""
    app = empty_app("small")
    monkeypatch.setenv("OFFICE_PASSWORD", PASSWORD)
    _run(app, "setup", "--company", "小物业", "--project", "小园", "--admin", "root")
    for name, roles in PEOPLE.items():
        given = [word for role in roles for word in ("--role", role)]
        _run(app, "user", "add", name, "--name", name, *given)
    known: dict[str, Visitor] = {}

    def client(job: str) -> Visitor:
        if job not in known:
            known[job] = Visitor(app, job)
        return known[job]

    @contextmanager
    def as_actor(job: str = "") -> Iterator[OfficeSession]:
        with app.app_context():
            session = db.session()
            assert isinstance(session, OfficeSession)
            act_as(session, SYSTEM)
            yield session

    return Life(client, as_actor, _estate(as_actor))


def _run(app: Flask, *args: str) -> None:
    preset = ("--preset", "small") if args[0] == "setup" else ()
    found = app.test_cli_runner().invoke(args=[*args, *preset])
    assert found.exit_code == 0, found.output


def _estate(as_actor: Any) -> Office:
    """A home with its owner, and the team that mends."""
    office = Office()
    with as_actor() as session, writing(session):
        office.home = session.query(Project).one().id

        def add(record: Record) -> int:
            record.project_id = office.home
            session.add(record)
            session.flush()
            return record.id

        office.department = add(Department(name="工程部", level="department"))
        building = add(Building(name="1 栋", code="1"))
        office.unit = add(Unit(building_id=building, room="101", name="1-101"))
        office.person = add(Person(name="陈晨", customer_kind="owner"))
        for user in session.query(User):
            staff = session.get_one(Staff, user.staff_id)
            office.staff[staff.name or ""] = staff.id
    return office


def test_three_people_bring_a_complaint_and_a_repair_to_their_end(small: Life) -> None:
    life = small
    told = {"content": "楼道灯一周没人修", "category": "equipment", **SAID}
    told["content"] = "楼道灯一周没人修"
    key = life.write("wang", "complaint", **told, **life.at_home())
    life.does("wang", "complaint", key, "first_reply", **SAID)
    # nobody has to confirm it here before it is passed on
    life.does("li", "complaint", key, "assign", **life.given_to("li"))
    life.does("li", "complaint", key, "investigate", facts="灯管老化")
    measures = {"remedial_measure": "换灯", "corrective_measure": "每周巡灯"}
    life.does("li", "complaint", key, "answer_remedy", **measures)
    life.does("li", "complaint", key, "handle", result="灯已换好")
    (visit,) = life.caused(key, "revisit")
    # the one who did the work makes the revisit, too; it is noted
    me = picked("holder_id", life.office.staff["li"])
    life.does("li", "revisit", visit, "assign", **me)
    life.does("li", "revisit", visit, "do", satisfaction="satisfied", signed_by="陈晨")
    life.does("wang", "complaint", key, "reply", **SAID)
    life.does("wang", "complaint", key, "sign", signed_by="陈晨")
    life.does("wang", "complaint", key, "close")
    life.does("wang", "complaint", key, "file")
    assert life.state("complaint", key) == "filed"

    call = {"content": "厨房漏水", "channel": "telephone", "repair_kind": "leak"}
    key = life.write("wang", "repair", **call, **life.at_home())
    life.does("wang", "repair", key, "dispatch", **life.given_to("li"))
    life.does("li", "repair", key, "arrive")
    life.does("li", "repair", key, "finish", result="换了水管")
    (visit,) = life.caused(key, "revisit")
    life.does("li", "revisit", visit, "assign", **me)
    life.does("li", "revisit", visit, "do", satisfaction="satisfied", signed_by="陈晨")
    life.does("wang", "repair", key, "reply", **SAID)
    life.does("wang", "repair", key, "close")
    assert life.state("repair", key) == "closed"

    settings = ["four_eyes.revisit_class1", "four_eyes.revisit_own_case"]
    assert life.waived() == settings
    for job in ("li", "zhao"):
        desk = life.client(job).get("/").text
        words = "{n} times this month something was done without a second person."
        assert _(words, n=2) in desk
        page = life.client(job).get("/waived/").text
        assert "回访人不是处理人" in page
        assert page.count("/revisit/details/?id=") == 2
    assert (
        _("Nothing was waived in this month.")
        in life.client("zhao").get("/waived/", month="2020-01").text
    )
