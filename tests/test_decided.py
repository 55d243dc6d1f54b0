"""What the office sets is what happens: promises, the gate, opinions, paper, cards."""

from __future__ import annotations

import datetime as dt

import pytest

from core.clock import Clock
from core.db import now, writing
from core.words import _
from models import Card, Payment, Person
from tests.lives import Life
from tests.office_time import today
from tests.printing import new, setting, words

pytestmark = pytest.mark.once


@pytest.mark.clause("S3-26", "S1-135", "S1-137")
def test_the_office_says_what_the_front_desk_may_promise(life: Life) -> None:
    key = life.write("receptionist", "repair", content="漏水", repair_kind="leak")
    told = {
        "agreed_arrival_at": f"{today(1)}T09:00",
        "agreed_reason": "业主上班",
    }
    life.decide("promise.receptionist_kinds", "reply")
    why = "In this office the front desk does not promise this; pass it on."
    life.refused("receptionist", "repair", key, "appoint", why, **told)
    life.does("supervisor", "repair", key, "appoint", **told)
    life.decide("promise.receptionist_kinds", "visit_time")
    life.does("receptionist", "repair", key, "appoint", **told)
    promise = {"promised_at": f"{today(1)}T10:00", "content": "明天上午回话"}
    life.refused("receptionist", "repair", key, "promise", why, **promise)
    life.decide("repair.allow_agreed_deadline", "no")
    why = "In this office no other time is agreed: the team comes at once."
    life.refused("supervisor", "repair", key, "appoint", why, **told)


@pytest.mark.clause("S0-30", "S4-163")
def test_the_office_says_what_the_gate_takes_and_whether_opinions_are_complaints(
    life: Life,
) -> None:
    heard = {"content": "夜里来人报漏水", "channel": "visit", "category": "other"}
    first = life.write("guard", "reception", **heard)
    assert life.state("reception", first) == "registered"
    life.decide("intake.guard_repairs", "no")
    answer = life.client("guard").post("/reception/new/", heard)
    assert answer.status_code in (200, 400, 409)
    gate = "In this office the gate takes no receptions; tell the front desk."
    assert _(gate) in answer.text
    life.write("receptionist", "reception", **heard)
    opinion = {"content": "建议多种树", "nature": "opinion", "category": "equipment"}
    opinion |= {"channel": "telephone"}
    life.write("receptionist", "complaint", **opinion)
    life.decide("complaint.include_opinions_in_register", "no")
    answer = life.client("receptionist").post("/complaint/new/", opinion)
    other = "In this office an opinion is no complaint: enter a suggestion."
    assert _(other) in answer.text


@pytest.mark.clause("S0-14")
def test_a_value_without_its_mask_goes_after_the_minutes_that_were_set(
    life: Life,
) -> None:
    key = new(life.as_actor, Person, life.office.home, phone="13800138000")
    life.decide("reveal.purpose_minutes", "5")
    asked = {"id": key, "field": "phone", "purpose": "回电话"}
    answer = life.client("receptionist").post("/person/reveal/", asked)
    assert "13800138000" in answer.text
    assert answer.headers["Refresh"] == f"300; url=/person/details/?id={key}"
    assert answer.mimetype == "text/html"


def test_paper_has_the_telephone_and_a_receipt_its_issuer(life: Life) -> None:
    key = new(life.as_actor, Payment, life.office.home)
    visitor = life.client("supervisor")
    plain = words(visitor, "/payment/print/", id=key)
    assert "测试物业 · 测试花园" in plain
    setting(life.as_actor, "office.phone", "0571-8888")
    setting(life.as_actor, "receipt.issuer_name", "翠湖物业有限公司")
    paper = words(visitor, "/payment/print/", id=key)
    assert "翠湖物业有限公司 · 测试花园 · 电话 0571-8888" in paper
    other = words(visitor, "/person/print/", id=life.office.person)
    assert "测试物业 · 测试花园 · 电话 0571-8888" in other


@pytest.mark.clause("S1-94")
def test_cards_are_listed_as_long_before_as_their_terms_say(life: Life) -> None:
    soon = now().date() + dt.timedelta(days=20)
    kind = {"card_kind": "access", "valid_until": soon, "state": "active"}
    for number, holder in (("M-1", "owner"), ("M-2", "family")):
        new(life.as_actor, Card, life.office.home, holder_kind=holder, **kind)
        (card,) = life.lines("card", holder_kind=holder)
        life.change("card", card.id, number=number)
    with life.as_actor() as session, writing(session):
        reminder = {"case_id": card.id, "started_at": now(), "due_at": now()}
        session.add(Clock(name="expiring", rule="card.expiring", **reminder))
    (terms,) = life.lines("card_policy", code="access.family")
    life.change("card_policy", terms.id, remind_days=10)
    page = life.client("manager").get("/reports/").text
    assert ("M-1" in page, "M-2" in page) == (True, False)
    assert "门禁卡到期前提醒" not in page  # a reminder is neither kept nor missed
