"""Who answers for what at the desk, how fast, and what no setting takes away."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import Clock
from core.db import now
from core.messages import Message
from core.words import _
from tests.complaints import bring, complain, settle
from tests.lives import Life, picked

pytestmark = pytest.mark.once

SAID = {"channel": "telephone", "content": "已安排"}


def clocks(life: Life, key: int) -> dict[str, dt.datetime]:
    """Rule -> when its clock began."""
    with life.as_actor() as session:
        rows = session.scalars(select(Clock).where(Clock.case_id == key)).all()
        return {row.rule: row.started_at for row in rows}


def messages(life: Life, key: int, job: str) -> int:
    """How many messages about a case stand in somebody's inbox."""
    with life.as_actor() as session:
        mine = Message.staff_id == life.office.staff[job]
        query = select(Message.id).where(Message.record_id == key, mine)
        return len(session.scalars(query).all())


def ago(**span: float) -> str:
    """A moment of some time ago, as the form takes it."""
    return f"{now().astimezone(SHANGHAI) - dt.timedelta(**span):%Y-%m-%dT%H:%M}"


SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def edit(life: Life, job: str, slug: str, key: int, **values: Any) -> int:
    """Save the form with some other values; the status of the answer."""
    visitor = life.client(job)
    page = visitor.get(f"/{slug}/edit/", id=key)
    if page.status_code != 200:
        return page.status_code
    (version,) = re.findall(r'name="version" value="(\d+)"', page.text)
    sent = {"version": version, **values}
    return visitor.post(f"/{slug}/edit/?id={key}", sent).status_code


@pytest.mark.clause("S0-56", "S2-05", "S2-56", "S2-27")
def test_however_a_complaint_comes_it_goes_the_same_way(life: Life) -> None:
    """Whoever of us hears it writes it down; the head is told at once, clocks run."""
    came = [
        ("receptionist", {"channel": "visit"}),
        ("receptionist", {"channel": "letter"}),
        ("supervisor", {"channel": "forum"}),
        ("guard", {"channel": "telephone"}),
        ("staff", {"channel": "oral", "forwarder": "街道办"}),
    ]
    ways, steps = [], []
    for job, how in came:
        told = {"content": "夜间施工", "category": "environment", **how}
        key = life.write(job, "complaint", **told)
        case = life.case("complaint", key)
        assert case.channel == how["channel"]
        ways.append(set(clocks(life, key)))
        if job != "supervisor":
            assert messages(life, key, "supervisor")
        page = life.client("supervisor").get("/complaint/details/", id=key).text
        offered = set(re.findall(r'name="move" value="(\w+)"', page))
        steps.append(offered - {"confirm"})  # done where the supervisor took it
    assert "assign" in steps[0]
    assert all(offered == steps[0] for offered in steps)
    assert {"complaint.first_reply", "complaint.transfer"} <= ways[0]
    assert all(way == ways[0] for way in ways)


@pytest.mark.clause("S0-58", "S2-33", "S3-19")
def test_what_is_not_written_down_at_once_says_why(life: Life) -> None:
    told = {"content": "电梯异响", "channel": "visit", "category": "safety"}
    desk = life.client("receptionist")
    late = told | {"received_at": ago(minutes=45)}
    answer = desk.post("/complaint/new/", late)
    assert answer.status_code == 400
    why = "It did not come just now: choose the reason for the late entry."
    assert _(why) in answer.text
    key = life.write("receptionist", "complaint", **late, back_entry_reason="out")
    case = life.case("complaint", key)
    assert set(clocks(life, key).values()) == {case.received_at}
    assert case.created_at - case.received_at > dt.timedelta(minutes=40)
    soon = told | {"received_at": ago(minutes=20)}
    life.write("receptionist", "complaint", **soon)
    # what "at once" means is the office's to say
    (rule,) = life.lines("deadline_rule", code="prompt.immediate")
    life.change("deadline_rule", rule.id, amount=10)
    assert desk.post("/complaint/new/", soon).status_code == 400
    life.change("deadline_rule", rule.id, unit="end_of_day", amount=None)
    life.write("receptionist", "complaint", **late)


@pytest.mark.clause("S3-21")
def test_a_writer_voids_his_own_slip_for_some_minutes_and_nobody_quietly(
    life: Life,
) -> None:
    told = {"content": "写错房号", "channel": "visit", "category": "other"}
    keys = [life.write("receptionist", "reception", **told) for _n in range(2)]
    desk = life.client("receptionist")
    page = desk.get("/reception/details/", id=keys[0]).text
    assert 'action="/reception/delete/"' in page
    sent = {"id": keys[0], "version": 1, "reason": "房号写错"}
    assert life.client("staff").post("/reception/delete/", sent).status_code == 404
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    sent["version"] = version
    assert desk.post("/reception/delete/", sent | {"reason": ""}).status_code == 400
    assert desk.post("/reception/delete/", sent).status_code == 302
    case = life.case("reception", keys[0])
    assert (case.void_reason, case.content) == ("房号写错", "写错房号")
    # later it is the supervisor's to decide
    life.change("reception", keys[1], created_at=now() - dt.timedelta(minutes=11))
    page = desk.get("/reception/details/", id=keys[1]).text
    assert 'action="/reception/delete/"' not in page
    sent = {"id": keys[1], "version": 2, "reason": "房号写错"}
    assert desk.post("/reception/delete/", sent).status_code in (403, 404)
    page = life.client("supervisor").get("/reception/details/", id=keys[1]).text
    sent["version"] = re.findall(r'name="version" value="(\d+)"', page)[0]
    answer = life.client("supervisor").post("/reception/delete/", sent)
    assert answer.status_code == 302


@pytest.mark.clause("S0-32", "S0-31", "S1-41")
def test_the_department_reports_back_and_the_desk_sees_all(life: Life) -> None:
    told = {"content": "路灯不亮", "channel": "visit", "category": "other"}
    key = life.write("receptionist", "reception", **told)
    life.does("receptionist", "reception", key, "dispatch", **life.given_to("handler"))
    words = {"department_feedback": "已换灯泡", "content": "路灯不亮"}
    words |= {"channel": "visit", "category": "other"}
    assert edit(life, "handler", "reception", key, **words) == 302
    assert edit(life, "staff", "reception", key, **words) == 404
    for job in ("receptionist", "supervisor"):
        page = life.client(job).get("/reception/details/", id=key).text
        assert "已换灯泡" in page
    # what a post hears is the post's own and the desk's; the supervisor moves both
    heard = {"content": "东门积水"}
    info = life.write("guard", "info_log", **heard)
    assert life.client("receptionist").get("/info_log/details/", id=info).text
    assert life.client("staff").get("/info_log/details/", id=info).status_code == 404
    other = picked("department_id", life.office.department)
    life.does("supervisor", "reception", key, "assign", **other)
    life.barred("staff", "reception", key, "assign", **other)


@pytest.mark.clause("S2-13", "S2-15", "S2-18")
def test_complaints_are_followed_by_the_desk_and_led_from_above(life: Life) -> None:
    key = complain(life, "assigned")
    for job in ("receptionist", "supervisor", "manager"):
        assert life.stands_in("unclosed", job, "complaint", key), job
    assert not life.stands_in("unclosed", "guard", "complaint", key)
    life.does("receptionist", "complaint", key, "remind", reason="请尽快")
    life.does("manager", "complaint", key, "decide", decision="请设备厂家到场")
    life.barred("receptionist", "complaint", key, "decide", decision="我来定")
    life.does("supervisor", "complaint", key, "assign", **life.given_to("handler"))
    bring(life, key, "revisited")
    settle(life, key)
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S0-66", "S2-09", "S2-52")
def test_a_cause_of_ours_is_told_and_revisited_whatever_the_office_asks(
    life: Life,
) -> None:
    life.decide("close.requires.complaint", "result")
    key = complain(life, "answered")
    mine = {"cause": "internal", "cause_found": "漏巡", "result": "已补巡"}
    life.change("complaint", key, at_fault_id=life.office.staff["staff"], **mine)
    life.does("handler", "complaint", key, "handle", result="已补巡")
    life.does("receptionist", "complaint", key, "sign", signed_by="王建国")
    case = life.case("complaint", key)
    assert case.handed_in_at == case.signed_at is not None
    life.change("complaint", key, state="revisited")
    for action in life.caused(key, "corrective_action"):
        life.change("corrective_action", action, state="closed", open=False)
    whys = (
        "It has not been revisited yet, or the customer was not satisfied.",
        "The customer has not been told yet: record the reply first.",
        "Ask the customer first whether he is satisfied, and write it down.",
    )
    life.refused("receptionist", "complaint", key, "close", *whys)
    life.change("complaint", key, cause="external")
    life.refused("receptionist", "complaint", key, "close", whys[2])
    life.decide("survey.closing_question", "no")
    for visit in life.caused(key, "revisit"):
        life.change("revisit", visit, state="closed", open=False)
    life.does("receptionist", "complaint", key, "close")
