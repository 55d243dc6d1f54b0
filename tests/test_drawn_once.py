"""What pages work out once for many rows or readers says the same as row by row."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Flask
from markupsafe import Markup

from core.access import Actor, can_row, of_every_row
from core.db import now, writing
from core.record import Case, record_types
from core.words import speaking
from models import Arrears, Card, CardApplication, Duty, WorkPlan
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from views import actors
from views.queues.asking import Wanted
from views.wording import pages, piece

KINDS = [cls for cls in record_types() if issubclass(cls, Case)]


def test_a_right_to_every_row_is_a_right_to_each(
    as_actor: AsActor, office: Office
) -> None:
    told = set()
    for job, user in office.users.items():
        with as_actor() as session:
            who = actors.actor_of_user(session, user)
        keys = {"project_id": office.home, "holder_id": who.staff_id or 0}
        mine = SimpleNamespace(**keys, created_by_id=None, department_id=None)
        foreign = SimpleNamespace(**{**vars(mine), "holder_id": -1})
        for cls in KINDS:
            actions = {action for _target, action in who.rights} | {"shred"}
            for action in actions:
                sure = of_every_row(who, action, cls, office.home)
                told.add(sure)
                for row in (mine, foreign):
                    found = can_row(who, action, cls, row)
                    assert sure in (None, found), (job, cls.slug, action)
    assert told == {True, False, None}


def test_templates_speak_the_readers_language(app: Flask) -> None:
    def drawn() -> str:
        narrowing = pages().get_template("narrowing.html")
        return narrowing.render(wanted=Wanted(), address="/queues/mine/")

    with app.test_request_context("/"):
        for code, words in (("zh_Hans_CN", "筛选"), ("en", "Narrow down")):
            assert f"<summary>{words}</summary>" in speaking(code, drawn), code


def test_a_piece_keeps_nothing_of_what_is_in_its_holes(app: Flask) -> None:
    who = Actor("somebody")

    def drawn(option: str) -> Markup:
        holes = {"department": f"<option>{option}</option>"}
        context = {"wanted": Wanted(), "address": "/queues/mine/"}
        return piece(who, "narrowing.html", ("mine",), holes, lambda: context)

    with app.test_request_context("/"):
        first, second = drawn("甲"), drawn("乙")
    assert "<option>甲</option>" in first
    assert "甲" not in second
    assert second == first.replace("甲", "乙")


def test_who_approves_a_card_sees_cards_and_debts_of_the_home(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    home = {"unit_id": office.unit}
    with as_actor() as session, writing(session):
        by = session.info["actor"].staff_id
        asked = {"state": "verified", "verified_by_id": by, "papers_seen": ["id_card"]}
        make(session, CardApplication, office.home, **home, **asked)
        for state in ("active", "suspended", "returned"):
            make(session, Card, office.home, **home, state=state)
        make(session, Arrears, office.home, **home, amount="12.50", state="open")
    said = client("manager").get("/queues/approvals/").text
    assert "本户在用卡 2 张" in said
    assert "12.50" in said


def test_a_card_is_never_open_nor_closed_so_that_its_index_has_it() -> None:
    flow = Card.flow
    assert not [state.code for state in flow.states if flow.is_open(state.code)]


def test_every_kind_of_a_queue_has_its_tab(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        for cls, state in ((Duty, "due"), (WorkPlan, "planned"), (WorkPlan, "done")):
            make(session, cls, office.home, state=state, received_at=now())
    said = client("manager").get("/queues/duties/").text
    for slug in ("duty", "work_plan"):
        assert f'href="/queues/duties/?kind={slug}"' in said
    one = client("manager").get("/queues/duties/?kind=duty&due=week").text
    assert 'href="/queues/duties/?kind=work_plan&amp;due=week"' in one
