"""What the desk tells beside the queues: figures to confirm, and what was missed."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from core.db import now, writing
from core.messages import Message, Notice, Outgoing, put
from core.signin import SignIn
from core.words import _
from tests.browsing import Visitor
from tests.conftest import AsActor
from tests.lives import Life
from views import inbox

pytestmark = pytest.mark.once

OPEN_FIGURES = "/queues/unconfirmed/"


def test_figures_that_nobody_confirmed_wait_for_the_manager(life: Life) -> None:
    assert f'<a href="{OPEN_FIGURES}"' in life.client("manager").get("/queues/").text
    assert f'href="{OPEN_FIGURES}"' not in life.client("guard").get("/queues/").text
    assert life.client("guard").get(OPEN_FIGURES).status_code == 403
    text = life.client("manager").get(OPEN_FIGURES).text
    assert ">群体投诉倾向：户数</a> 3 户</span>" in text
    assert ">告知转办部门</a> 当天结束前</span>" in text
    assert "回访人不是处理人" not in text  # that one stands in the procedures
    for slug in (
        "setting deadline_rule escalation_step revisit_rule duty_rule"
        " card_policy fee_standard number_series"
    ).split():
        for row in life.lines(slug, confirmed=False):
            life.change(slug, row.id, confirmed=True)
    assert (
        _("Everything is confirmed.") in life.client("manager").get(OPEN_FIGURES).text
    )
    counted = life.client("manager").get("/queues/").text.rpartition(OPEN_FIGURES)[2]
    assert "<strong>0</strong>" in counted[:120]


def test_the_desk_tells_what_others_did_since_one_left(life: Life) -> None:
    told = {"content": "路灯不亮", "channel": "visit", "category": "other"}
    key = life.write("receptionist", "reception", **told)
    number = life.case("reception", key).number
    desk = life.client("supervisor").get("/").text
    assert number in desk[desk.index('id="others"') :]
    with life.as_actor() as session, writing(session):
        mine = SignIn.user_id == life.office.users["supervisor"]
        gone = session.scalars(select(SignIn).where(mine)).one()
        gone.ended_at = now() + dt.timedelta(seconds=5)
        app = life.client("supervisor").client.application
    desk = Visitor(app, "supervisor").get("/").text
    aside = desk[desk.index('id="others"') :]
    assert number not in aside[: aside.index("</aside>")]


def test_what_was_read_long_ago_is_swept_but_not_what_is_still_open(
    as_actor: AsActor, life: Life
) -> None:
    told = {"content": "路灯不亮", "channel": "visit", "category": "other"}
    keys = [life.write("receptionist", "reception", **told) for _n in range(2)]
    life.change("reception", keys[1], state="closed", open=False)
    long_ago = now() - dt.timedelta(days=400)
    with as_actor() as session, writing(session):
        notices = [
            Notice("of-open", ("甲", "A"), "reception", keys[0], outside=False),
            Notice("of-closed", ("乙", "B"), "reception", keys[1], outside=False),
            Notice("of-nothing", ("丙", "C"), outside=False),
            Notice("unread", ("丁", "D"), outside=False),
            Notice("to-be-sent", ("戊", "E"), outside=False),
        ]
        put(session, [(one, life.office.staff["staff"]) for one in notices], long_ago)
        put(session, [(notices[2], 1), (notices[2], 2)], now())
        rows = {
            row.topic: row
            for row in session.scalars(select(Message).where(Message.told_at < now()))
            if row.told_at == long_ago
        }
        for topic, row in rows.items():
            row.read_at = None if topic == "unread" else now()
        for topic, next_at in (("of-closed", None), ("to-be-sent", now())):
            session.add(
                Outgoing(
                    message_id=rows[topic].id,
                    gateway_id=1,
                    topic=topic,
                    recipient="1",
                    parcel=topic,
                    next_at=next_at,
                )
            )
    with as_actor() as session:
        assert inbox.sweep(session, now()) == 2
        old = select(Message.topic).where(Message.told_at == long_ago)
        assert set(session.scalars(old)) == {"of-open", "unread", "to-be-sent"}
        assert session.scalars(select(Outgoing.topic)).all() == ["to-be-sent"]
        assert inbox.sweep(session, now()) == 0
