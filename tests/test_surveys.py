"""Surveys: slips that name nobody, one answer each, counted and reported."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import writing
from core.record import form_fields
from core.words import _
from models import SurveyAnswer, SurveyItem, Unit
from rules.flows.surveys import counted, rate
from tests.browsing import Visitor
from tests.cast import Office
from tests.lives import Life, picked
from views.surveys import read_slip, slip

GOOD = {"overall": "satisfied", "power_supply": "satisfied", "hygiene": "dissatisfied"}


def survey(life: Life, **more: Any) -> int:
    """A yearly survey with three slips handed out."""
    told = {"survey_kind": "opinion", "name": "2026 年度意见调查", **more}
    key = life.write("supervisor", "survey", **told)
    out = {"issued_count": 3, "period_from": "2026-11-01", "period_to": "2199-12-31"}
    life.does("supervisor", "survey", key, "hand_out", **out)
    return key


def answers(life: Life) -> list[SurveyAnswer]:
    with life.as_actor() as session:
        return list(session.scalars(select(SurveyAnswer).order_by(SurveyAnswer.id)))


@pytest.mark.clause("S4-185", "S4-186", "S4-187", "S4-188", "S4-190")
def test_a_survey_is_handed_out_counted_reported_and_put_right(
    life: Life, app: Flask
) -> None:
    key = survey(life)
    asked = {row.item for row in life.lines("survey_item", survey_id=key)}
    assert len(asked) == 8
    assert asked < form_fields(SurveyAnswer).keys()
    others = [GOOD, {"overall": "fair", "power_supply": "satisfied"}, GOOD]
    for n, sent in enumerate(others, 1):
        assert Visitor(app).post(f"/s/{slip(key, n)}", sent).status_code == 200
    life.barred("receptionist", "survey", key, "close")
    life.does("supervisor", "survey", key, "close")
    late = Visitor(app).get(f"/s/{slip(key, 3)}")
    assert late.status_code == 409
    life.does("supervisor", "survey", key, "analyse", common_opinions="地下室卫生差")
    found = life.case("survey", key)
    assert (found.returned_count, found.overall_rate) == (3, Decimal("66.7"))
    items = {row.item: row for row in life.lines("survey_item", survey_id=key)}
    power, hygiene = items["power_supply"], items["hygiene"]
    assert (power.answered, power.satisfied, power.rate) == (3, 3, Decimal(100))
    assert (hygiene.answered, hygiene.rate) == (2, Decimal(0))
    assert (items["greening"].answered, items["greening"].rate) == (0, None)
    life.does("supervisor", "survey", key, "report", reported_on="2026-12-05")
    mend = {"director_opinion": "彻底清扫地下室", "rectify_by": "2026-12-20"}
    mend |= picked("department_id", life.office.department)
    life.does("manager", "survey", key, "rectify", **mend)
    (action,) = life.caused(key, "corrective_action")
    raised = life.case("corrective_action", action)
    assert (str(raised.finish_by), raised.content) == ("2026-12-20", "彻底清扫地下室")
    told = {"committee_told_on": "2026-12-25"}
    life.does("manager", "survey", key, "tell_committee", **told)
    assert life.state("survey", key) == "reported"


@pytest.mark.clause("S4-216", "S4-241")
def test_a_special_topic_asks_its_own_questions(life: Life, app: Flask) -> None:
    told = {"survey_kind": "topic", "name": "充电桩"}
    key = life.write("supervisor", "survey", **told)
    out = {"issued_count": 1, "period_from": "2026-11-01", "period_to": "2199-12-31"}
    why = "Write down what is asked first."
    life.refused("supervisor", "survey", key, "hand_out", why, **out)
    question = SurveyItem(survey_id=key, question="装在哪里好？")
    with life.as_actor() as session, writing(session):
        question.project_id = life.office.home
        session.add(question)
    life.does("supervisor", "survey", key, "hand_out", **out)
    page = Visitor(app).get(f"/s/{slip(key, 1)}")
    assert "装在哪里好？" in page.text
    name = re.findall(r'<textarea id="(q\d+)"', page.text)[0]
    sent = {"overall": "fair", name: "北门", "opinions": "多装几个"}
    assert Visitor(app).post(f"/s/{slip(key, 1)}", sent).status_code == 200
    (answer,) = answers(life)
    assert (answer.answers, answer.opinions) == ("装在哪里好？ 北门", "多装几个")


def test_a_slip_is_good_for_one_answer_and_names_nobody(
    life: Life, app: Flask, office: Office
) -> None:
    key = survey(life)
    address = f"/s/{slip(key, 1)}"
    page = Visitor(app).get(address)
    assert page.status_code == 200
    with life.as_actor() as session:
        home = session.get_one(Unit, office.unit)
        assert str(home.name) not in page.text
    assert Visitor(app).post(address, {}).status_code == 400
    assert Visitor(app).post(address, {"overall": "superb"}).status_code == 400
    long = GOOD | {"opinions": "好" * 9_000, "person_id": office.person, "unit_id": 1}
    assert Visitor(app).post(address, long).status_code == 200
    assert Visitor(app).post(address, GOOD).status_code == 409
    assert Visitor(app).get(address).status_code == 409
    (answer,) = answers(life)
    assert (answer.unit_id, answer.person_id, answer.created_by_id) == (None,) * 3
    assert answer.opinions is not None
    assert len(answer.opinions) == 2_000


def test_a_slip_that_we_did_not_print_is_not_there(life: Life, app: Flask) -> None:
    key = survey(life)
    good = slip(key, 1)
    wrong = (
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        "x",
        "1-1-",
        "%00",
        "9" * 90,
    )
    for text in (*wrong, slip(key + 1, 1), slip(0, 1)):
        assert Visitor(app).get(f"/s/{text}").status_code == 404, text
        assert Visitor(app).post(f"/s/{text}", GOOD).status_code == 404, text


def test_one_address_cannot_answer_for_everybody(life: Life, app: Flask) -> None:
    key = survey(life)
    life.decide("survey.answers_per_hour", "2")
    visitor = Visitor(app)
    sent = [visitor.post(f"/s/{slip(key, n)}", GOOD).status_code for n in (1, 2, 3)]
    assert sent == [200, 200, 429]
    assert len(answers(life)) == 2


def test_slips_are_printed_by_whoever_prints_the_survey(life: Life) -> None:
    key = survey(life)
    sheet = life.client("supervisor").get(f"/survey/{key}/slips")
    assert sheet.text.count('class="qr"') == 3
    assert life.client("handler").get(f"/survey/{key}/slips").status_code in (403, 404)
    assert life.client("outsider").get(f"/survey/{key}/slips").status_code == 404
    assert (
        life.client("supervisor").get(f"/survey/{key}/slips?from=x").status_code == 200
    )
    words = _("Slips with QR codes")
    record = f"/survey/details/?id={key}"
    assert words in life.client("supervisor").get(record).text
    assert words not in life.client("receptionist").get(record).text


@given(st.integers(0, 10**12), st.integers(0, 999_999))
def test_a_slip_reads_back(survey: int, n: int) -> None:
    assert read_slip(slip(survey, n)) == (survey, n)


@given(st.lists(st.sampled_from(["satisfied", "fair", "dissatisfied", None])))
def test_only_valid_answers_count(said: list[str | None]) -> None:
    valid = [word for word in said if word]
    answered, satisfied = counted([{"hygiene": word} for word in said], "hygiene")
    assert (answered, satisfied) == (len(valid), valid.count("satisfied"))
    found = rate(answered, satisfied)
    assert (found is None) == (not valid)
    assert found is None or 0 <= found <= 100
