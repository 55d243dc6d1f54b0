"""Receptions, news, ideas, praise, found articles, letters and events, end to end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.db import now
from core.words import _
from tests.lives import Life, picked

pytestmark = pytest.mark.once

UNTOLD = "The customer has not been told yet: record the reply first."
SAID = {"channel": "telephone", "content": "已处理"}
GONE = "This step is not possible any more; look at the record."


def reception(life: Life, job: str = "receptionist", **more: Any) -> int:
    """Somebody at the desk."""
    told = {"content": "问装修时间", "channel": "visit", "category": "other"}
    return life.write(job, "reception", **(told | more))


@pytest.mark.clause("S3-05", "S0-33", "S0-34")
def test_a_question_is_answered_and_closed_in_one_step(life: Life) -> None:
    for job in ("guard", "staff"):  # whoever is asked passes it on
        reception(life, job)
    key = reception(life, other_kind="inquiry")
    said = {"answer": "工作日八点到十八点"}
    life.barred("guard", "reception", key, "answer", **said)
    life.does("receptionist", "reception", key, "answer", **said)
    found = life.case("reception", key)
    assert (found.state, found.answer) == ("closed", said["answer"])


@pytest.mark.clause("S0-50", "S0-51", "S0-52", "S0-54", "S0-55")
@pytest.mark.parametrize(
    ("category", "kind", "slug"),
    [
        ("after_sales", "", "rework"),
        ("repair", "", "repair"),
        ("complaint", "", "complaint"),
        ("service", "", "service_order"),
        ("praise", "", "praise"),
        ("suggestion", "", "suggestion"),
        ("other", "lost_found", "lost_found"),
        ("other", "pet", "lost_found"),
    ],
)
def test_the_category_begins_the_next_record(
    life: Life, category: str, kind: str, slug: str
) -> None:
    told = {"category": category, "other_kind": kind, **life.at_home()}
    key = reception(life, **told)
    (caused,) = life.caused(key, slug)
    found = life.case(slug, caused)
    assert (found.content, found.unit_id) == ("问装修时间", life.office.unit)
    assert life.state("reception", key) == "dispatched"
    number = found.number
    status, text = life.move("receptionist", "reception", key, "finish", result="好")
    assert (status, number in text) == (409, True)


def test_after_sales_needs_a_home(life: Life) -> None:
    key = reception(life, category="after_sales")
    assert life.state("reception", key) == "registered"
    why = "For after-sales choose the home first."
    life.refused("receptionist", "reception", key, "dispatch", why)
    life.does("receptionist", "reception", key, "dispatch", **life.at_home())
    assert life.caused(key, "rework")


@pytest.mark.clause("S0-09", "S3-33")
def test_what_begins_no_record_goes_to_a_department(life: Life) -> None:
    key = reception(life, **life.at_home())
    why = "Choose the department that it is passed to."
    life.refused("receptionist", "reception", key, "dispatch", why)
    department = picked("department_id", life.office.department)
    life.does("receptionist", "reception", key, "dispatch", **department)
    assert life.case("reception", key).transferred_at
    life.refused("receptionist", "reception", key, "answer", GONE, answer="好")
    life.does("receptionist", "reception", key, "finish", result="已处理")
    life.refused("receptionist", "reception", key, "close", UNTOLD)
    life.does("receptionist", "reception", key, "close", answer="已告知")
    life.does("supervisor", "reception", key, "reopen", reason="没说清楚")
    assert life.case("reception", key).closed_at is None


@pytest.mark.clause("S0-77", "S1-63", "S3-22")
def test_a_reception_closes_only_when_all_it_caused_is_closed(life: Life) -> None:
    key = reception(life, category="suggestion")
    (idea,) = life.caused(key, "suggestion")
    life.change("reception", key, state="registered")
    why = "This was passed on already; close it when that is done."
    life.refused("receptionist", "reception", key, "answer", why, answer="好")
    life.change("reception", key, state="done")
    status, text = life.move("receptionist", "reception", key, "close", result="好")
    assert (status, life.case("suggestion", idea).number in text) == (409, True)


@pytest.mark.clause("S0-30", "S4-172")
def test_the_manager_gives_a_word_on_any_reception(life: Life) -> None:
    key = reception(life)
    life.barred("receptionist", "reception", key, "decide", reason="尽快")
    life.does("manager", "reception", key, "decide", reason="今天答复")
    assert life.move("manager", "reception", key, "decide")[0] == 400


@pytest.mark.clause("S0-60")
def test_the_manager_is_called_to_the_desk(life: Life) -> None:
    key = reception(life)
    assert life.move("receptionist", "reception", key, "call_manager")[0] == 400
    chief = picked("manager_id", life.office.staff["manager"])
    life.does("receptionist", "reception", key, "call_manager", **chief)
    assert life.case("reception", key).manager_called_at


@pytest.mark.clause("S0-13", "S1-134")
def test_promises_and_replies_are_lines(life: Life) -> None:
    key = reception(life)
    at = {"promised_at": "2030-01-01T10:00", "content": "明早回电"}
    life.does("receptionist", "reception", key, "promise", **at)
    life.does("receptionist", "reception", key, "keep_promise", **SAID)
    first, second = life.lines("reply", case_id=key)
    assert first.promised_at
    assert second.kept == "yes"
    assert second.by_id == life.office.staff["receptionist"]


@pytest.mark.clause("S1-64")
def test_what_is_beyond_the_office_is_reported_up(life: Life) -> None:
    key = reception(life)
    life.does("receptionist", "reception", key, "escalate", reason="要停水施工")
    (line,) = life.lines("escalation", case_id=key)
    assert (line.cause, line.reason) == ("resources", "要停水施工")


@pytest.mark.clause("S0-76", "S1-61")
def test_taking_stock_is_noted(life: Life) -> None:
    key = reception(life)
    life.does("receptionist", "reception", key, "stocktake", reason="等部门回话")
    assert life.case("reception", key).stocktaken_at


def test_receptions_are_joined(life: Life) -> None:
    first, second = reception(life), reception(life)
    link = picked("merged_into_id", second)
    life.does("receptionist", "reception", first, "link", **link)
    assert life.case("reception", first).merged_into_id == second


@pytest.mark.clause("S1-39", "S1-48")
@pytest.mark.parametrize(
    ("kind", "slug"),
    [
        ("repair", "repair"),
        ("complaint", "complaint"),
        ("suggestion", "suggestion"),
        ("housekeeping", "dispatch"),
        ("information", "dispatch"),
    ],
)
def test_news_becomes_a_job_and_is_followed_until_closed(
    life: Life, kind: str, slug: str
) -> None:
    told = {"content": "地库有积水", "info_kind": kind}
    key = life.write("receptionist", "info_log", **told)
    assert life.case("info_log", key).holder_id == life.office.staff["receptionist"]
    department = picked("department_id", life.office.department)
    life.does("receptionist", "info_log", key, "dispatch", **department)
    (caused,) = life.caused(key, slug)
    number = life.case(slug, caused).number
    status, text = life.move("receptionist", "info_log", key, "close", result="好")
    assert (status, number in text) == (409, True)
    life.change(slug, caused, open=False, state="closed")
    life.does("receptionist", "info_log", key, "close", result="已排水")


@pytest.mark.clause("S0-54", "S4-201")
def test_a_suggestion_is_decided_by_the_manager_and_published(life: Life) -> None:
    told = {"content": "加装晾衣架", **life.at_home()}
    key = life.write("receptionist", "suggestion", **told)
    life.does("receptionist", "suggestion", key, "report")
    life.barred("receptionist", "suggestion", key, "decide", decision="adopt")
    life.does("manager", "suggestion", key, "decide", decision="adopt")
    first = "It was adopted: publish the measures first."
    life.refused("receptionist", "suggestion", key, "close", first)
    life.does("receptionist", "suggestion", key, "publish", measures="下月安装")
    life.does("receptionist", "suggestion", key, "close")


@pytest.mark.clause("S0-54")
def test_a_declined_suggestion_is_explained(life: Life) -> None:
    told = {"content": "取消门禁", **life.at_home()}
    key = life.write("receptionist", "suggestion", **told)
    life.does("receptionist", "suggestion", key, "report")
    why = "Say why it is not adopted as it is."
    no = {"decision": "decline"}
    life.refused("manager", "suggestion", key, "decide", why, **no)
    life.does("manager", "suggestion", key, "decide", decision_reason="不安全", **no)
    declined = "It was not adopted: answer the customer and close it."
    post = {"measures": "无"}
    life.refused("receptionist", "suggestion", key, "publish", declined, **post)
    life.refused("receptionist", "suggestion", key, "close", UNTOLD)
    life.does("receptionist", "suggestion", key, "reply", **SAID)
    life.does("receptionist", "suggestion", key, "close")


@pytest.mark.clause("S0-53")
def test_praise_is_verified_before_it_is_rewarded(life: Life) -> None:
    guard = picked("praised_id", life.office.staff["guard"])
    key = life.write("receptionist", "praise", content="保安送老人回家", **guard)
    false, true = life.write("receptionist", "praise", content="听说"), key
    life.does("supervisor", "praise", false, "verify", verified="untrue")
    life.barred("receptionist", "praise", true, "verify", verified="true")
    why = "Only praise that proved true is rewarded."
    reward = {"decision": "表扬信"}
    life.refused("manager", "praise", false, "decide", why, **reward)
    life.does("receptionist", "praise", false, "close")
    life.does("supervisor", "praise", true, "verify", verified="true")
    life.does("manager", "praise", true, "decide", **reward)
    life.does("receptionist", "praise", true, "reward")
    (said,) = life.lines("conduct", case_id=true)
    assert (said.measure, said.summary) == ("commendation", "表扬信")
    assert said.staff_id == life.office.staff["guard"]
    life.does("receptionist", "praise", true, "close")


def article(life: Life, entry: str = "article") -> int:
    """Something that was found."""
    return life.write("receptionist", "lost_found", entry=entry, item="黑色钱包")


@pytest.mark.clause("S0-55")
def test_a_found_article_is_counted_by_two_published_and_claimed(life: Life) -> None:
    key = article(life)
    life.decide("four_eyes.lost_found_count", "strict")
    why = "Somebody else counts the article with you; name who it was."
    life.refused("receptionist", "lost_found", key, "publish", why)
    life.change("lost_found", key, counted_by_id=life.office.staff["guard"])
    life.does("receptionist", "lost_found", key, "publish")
    early = {"handed_to": "派出所"}
    kept = _("It is kept for {n} days after it was published.", n=30)
    status, text = life.move("manager", "lost_found", key, "hand_over", **early)
    assert (status, kept in text) == (409, True)
    claim = {
        "claimant": "周先生",
        "identity_check": "说对卡号",
        "claim_signature": "周",
    }
    life.does("receptionist", "lost_found", key, "claim", **claim)
    life.does("receptionist", "lost_found", key, "close")


@pytest.mark.clause("S0-55")
def test_what_nobody_claims_is_handed_over_by_the_manager(life: Life) -> None:
    key = article(life)
    life.does("receptionist", "lost_found", key, "publish")
    assert life.waived() == ["four_eyes.lost_found_count"]
    long_ago = now().date() - dt.timedelta(days=40)
    life.change("lost_found", key, published_on=long_ago)
    life.barred("receptionist", "lost_found", key, "hand_over", handed_to="派出所")
    life.does("manager", "lost_found", key, "hand_over", handed_to="派出所")
    life.does("manager", "lost_found", key, "reopen", reason="失主来了")


@pytest.mark.clause("S0-55")
def test_a_pet_is_registered_and_not_claimed(life: Life) -> None:
    pet, thing = article(life, "pet"), article(life)
    claim = {"claimant": "周先生", "identity_check": "无", "claim_signature": "周"}
    why = "Only a lost article can be claimed."
    life.refused("receptionist", "lost_found", pet, "claim", why, **claim)
    life.refused("receptionist", "lost_found", thing, "tell", "This is for pets alone.")
    life.does("receptionist", "lost_found", pet, "tell", licence="津01-1")
    life.does("receptionist", "lost_found", pet, "close")


def test_a_letter_is_delivered_and_filed(life: Life) -> None:
    told = {"content": "挂号信", "direction": "in", "letter_kind": "registered"}
    key = life.write("receptionist", "letter", **told)
    why = "Only outgoing letters need approval."
    life.refused("manager", "letter", key, "approve", why)
    life.does("receptionist", "letter", key, "deliver", delivered_to="王建国")
    life.does("receptionist", "letter", key, "close")


def test_an_outgoing_letter_is_approved_by_another(life: Life) -> None:
    told = {"content": "致业主的函", "direction": "out", "letter_kind": "official"}
    key = life.write("supervisor", "letter", **told)
    to = {"delivered_to": "业委会"}
    why = "An outgoing letter is approved before it is sent."
    life.refused("supervisor", "letter", key, "deliver", why, **to)
    mine = "You wrote this; somebody else approves it."
    life.refused("supervisor", "letter", key, "approve", mine)
    life.barred("receptionist", "letter", key, "approve")
    life.does("manager", "letter", key, "approve")
    life.does("supervisor", "letter", key, "deliver", **to)


@pytest.mark.clause("S1-62", "S3-34", "S0-18")
def test_an_event_is_reported_informed_followed_and_reviewed(life: Life) -> None:
    told = {"content": "地库进水", "incident_kind": "water_burst"}
    key = life.write("guard", "incident", **told)
    to = {"reported_up_to": "项目经理"}
    life.does("receptionist", "incident", key, "inform", **to)
    (line,) = life.lines("incident_notice", incident_id=key)
    assert line.told_name == "项目经理"
    life.change("incident", key, holder_id=None)
    why = "Name the person who follows it."
    life.refused("supervisor", "incident", key, "take_in_hand", why)
    somebody = picked("holder_id", life.office.staff["handler"])
    life.does("supervisor", "incident", key, "assign", **somebody)
    plan = life.write(
        "supervisor",
        "emergency_plan",
        name="进水",
        incident_kind="water_burst",
        steps="关阀",
    )
    started = picked("emergency_plan_id", plan)
    life.does("supervisor", "incident", key, "start_plan", **started)
    assert life.case("incident", key).plan_started_by_id
    life.does("handler", "incident", key, "take_in_hand")
    life.does("handler", "incident", key, "conclude", result="已排干")
    life.barred("supervisor", "incident", key, "review", review="加泵")
    life.does("manager", "incident", key, "review", review="加泵")
    visitors = "Only visits of leaders end so."
    other = life.write("guard", "incident", **told)
    life.refused("supervisor", "incident", other, "receive_visitors", visitors)


def test_a_visit_of_leaders_is_only_received(life: Life) -> None:
    told = {"content": "区领导检查", "incident_kind": "leader_visit"}
    key = life.write("receptionist", "incident", **told)
    why = "A visit of leaders is only recorded as received."
    to = {"reported_up_to": "项目经理"}
    life.refused("receptionist", "incident", key, "inform", why, **to)
    life.does("receptionist", "incident", key, "receive_visitors", visitors="区住建局")
    assert life.state("incident", key) == "received"
