"""The telephone: one save for a call, its record, its promise or its answer."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.chain import Change
from core.clock import Clock
from core.db import now, writing
from models import Person, Reply, Responsibility, RoleAssignment, Setting
from tests.browser.scenes import household
from tests.calls import FAULT, HERE, Desk
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make


@pytest.fixture
def desk(client: Client, as_actor: AsActor, office: Office) -> Desk:
    household(as_actor, office)
    return Desk(client, as_actor, office)


def test_the_screen_names_its_words_and_keys(desk: Desk) -> None:
    text = desk.client("receptionist").get(HERE, at=f"{desk.office.unit}-").text
    assert re.findall(r'value="(\w+)" data-key="(\d)"', text) == [
        ("after_sales", "1"),
        ("repair", "2"),
        ("complaint", "3"),
        ("service", "4"),
        ("praise", "5"),
        ("suggestion", "6"),
        ("other", "7"),
    ]
    for name in ("repair-repair_kind", "complaint-category", "lost_found-item"):
        assert f'name="{name}"' in text
    assert "138****8000" in text
    assert "13800138000" not in text


@pytest.mark.parametrize(
    ("typed", "unit", "person"),
    [("3-502", True, False), ("3栋502", True, False), ("王建国", True, True)],
)
def test_a_word_that_means_one_home_leads_to_it(
    desk: Desk, typed: str, unit: bool, person: bool
) -> None:
    answer = desk.client("receptionist").get(HERE, q=typed)
    o = desk.office
    at = f"{o.unit if unit else ''}-{o.person if person else ''}"
    assert (answer.status_code, answer.location) == (302, f"{HERE}?at={at}")


@pytest.mark.clause("S0-14")
def test_four_digits_find_a_home_and_the_look_up_is_recorded(desk: Desk) -> None:
    receptionist = desk.client("receptionist")
    found = receptionist.get(f"{HERE}who", query="8000").json
    key = f"{desk.office.unit}-{desk.office.person}"
    assert found == [[key, "王建国", "3-502"]]
    with desk.as_actor() as session:
        acts = session.scalars(select(Change.action).where(Change.action == "lookup"))
        assert len(acts.all()) == 1


def test_a_room_is_no_telephone_number(desk: Desk) -> None:
    found = desk.client("receptionist").get(f"{HERE}who", query="3-502").json
    unit, person = desk.office.unit, desk.office.person
    assert found == [
        [f"{unit}-", "3-502", ""],
        [f"{unit}-{person}", "王建国", "3-502"],
    ]


def test_what_nobody_is_called_finds_nothing(desk: Desk) -> None:
    receptionist = desk.client("receptionist")
    assert "没有找到符合的" in receptionist.get(HERE, q="不存在").text
    assert receptionist.get(f"{HERE}who", query="\x00 ").json == []


def test_several_homes_are_offered(desk: Desk) -> None:
    one, two = desk.neighbours(2)
    text = desk.client("receptionist").get(HERE, q="60").text
    assert f'href="{HERE}?at={one}-"' in text
    assert f'href="{HERE}?at={two}-"' in text


def test_somebody_without_a_home_is_found_by_name(desk: Desk) -> None:
    with desk.as_actor() as session, writing(session):
        person = make(session, Person, desk.office.home, name="禤一鸣")
    answer = desk.client("receptionist").get(HERE, q="禤一鸣")
    assert answer.location == f"{HERE}?at=-{person.id}"
    assert desk.client("receptionist").get(answer.location).status_code == 200


@pytest.mark.parametrize("at", ["{other_unit}-", "-{other_person}", "999999-", "-9"])
def test_a_foreign_household_is_not_there(desk: Desk, at: str) -> None:
    o = desk.office
    key = at.format(other_unit=o.other_unit, other_person=o.other_person)
    assert desk.client("receptionist").get(HERE, at=key).status_code == 404


def test_nonsense_for_a_household_is_an_empty_screen(desk: Desk) -> None:
    for at in ("", "x", "1-2-3", "9" * 40):
        assert desk.client("receptionist").get(HERE, at=at).status_code == 200


@pytest.mark.clause("S0-42")
def test_a_repair_takes_what_was_said_of_it_along(desk: Desk) -> None:
    said = {"repair-repair_kind": "leak", "repair-fault_place": "厨房", "urgent": "y"}
    answer = desk.call(category="repair", **said)
    job, call = desk.made("repair"), desk.made("reception")
    assert answer.location == f"/repair/details/?id={job.id}"
    assert (job.repair_kind, job.fault_place, job.urgent) == ("leak", "厨房", True)
    assert (job.unit_id, job.source_id, job.content) == (
        desk.office.unit,
        call.id,
        FAULT,
    )
    assert (call.state, call.other_kind) == ("dispatched", None)
    assert call.created_by_id == desk.office.staff["receptionist"]


@pytest.mark.parametrize(
    ("category", "slug", "said"),
    [
        ("service", "service_order", {"service_kind": "cleaning"}),
        ("complaint", "complaint", {"category": "environment", "cause": "internal"}),
        ("praise", "praise", {}),
        ("suggestion", "suggestion", {}),
        ("after_sales", "rework", {}),
    ],
)
def test_every_word_begins_its_record(
    desk: Desk, category: str, slug: str, said: dict[str, str]
) -> None:
    sent = {f"{slug}-{name}": value for name, value in said.items()}
    assert desk.call(category=category, **sent).status_code == 302
    made = desk.made(slug)
    assert {name: getattr(made, name) for name in said} == said
    assert made.source_id == desk.made("reception").id


@pytest.mark.clause("S0-55")
def test_a_found_article_is_called_what_was_said(desk: Desk) -> None:
    sent = {"lost_found-item": "一串钥匙", "lost_found-place": "3栋大堂"}
    desk.call(category="other", other_kind="lost_found", **sent)
    found = desk.made("lost_found")
    assert (found.entry, found.item, found.place) == ("article", "一串钥匙", "3栋大堂")
    desk.call(category="other", other_kind="pet", content="新养一只柯基")
    assert (desk.made("lost_found").entry, desk.made("lost_found").item) == (
        "pet",
        "新养一只柯基",
    )


@pytest.mark.clause("S0-06", "S3-72", "S3-12")
def test_an_inquiry_is_answered_and_closed_by_one_press(desk: Desk) -> None:
    sent = {"category": "other", "other_kind": "inquiry", "act": "answer"}
    answer = desk.call(**sent, answer="带行驶证到前台办理")
    call = desk.made("reception")
    assert answer.location == f"/reception/details/?id={call.id}"
    assert (call.state, call.open, call.answer) == (
        "closed",
        False,
        "带行驶证到前台办理",
    )


def test_an_answer_without_words_keeps_everything_typed(desk: Desk) -> None:
    answer = desk.call(category="other", other_kind="inquiry", act="answer")
    assert answer.status_code == 400
    assert 'class="flash error"' in answer.text
    assert FAULT in answer.text
    assert "3-502" in answer.text
    assert desk.made("reception") is None


def test_what_is_passed_on_is_not_closed_on_the_spot(desk: Desk) -> None:
    answer = desk.call(category="repair", act="answer", answer="好的")
    assert (answer.status_code, desk.made("reception")) == (400, None)
    assert "不能当场注销" in answer.text


@pytest.mark.clause("S0-07", "S1-135", "S4-193")
def test_a_promise_is_kept_as_a_line_with_its_clock(desk: Desk) -> None:
    at = (now() + dt.timedelta(hours=8)).astimezone(dt.timezone(dt.timedelta(hours=8)))
    desk.call(category="other", promised_at=f"{at:%Y-%m-%dT%H:%M}")
    call = desk.made("reception")
    due = at.replace(second=0, microsecond=0)
    with desk.as_actor() as session:
        (line,) = session.scalars(select(Reply).where(Reply.case_id == call.id))
        assert line.promised_at == call.promised_at == due
        assert line.by_id == desk.office.staff["receptionist"]
        assert "不管有没有结果" in line.content
        clocks = select(Clock.due_at).where(
            Clock.case_id == call.id, Clock.stopped_at.is_(None)
        )
        assert due in session.scalars(clocks).all()


def test_a_promise_by_one_key_is_as_the_office_decided(
    desk: Desk, as_actor: AsActor
) -> None:
    with as_actor() as session, writing(session):
        for code, value in (("today", "00:00"), ("tomorrow", "11:30")):
            query = select(Setting).where(Setting.code == f"promise.{code}")
            session.scalars(query).one().value = value
    text = desk.client("receptionist").get(HERE).text
    assert re.findall(r'data-value="[^"]+(T..:..)"[^>]+data-alt="(\d)"', text) == [
        ("T11:30", "9")
    ], "midnight is past"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"category": ""}, "类别"),
        ({"category": "nothing"}, "请在列出的"),
        ({"category": "repair", "content": " "}, "内容"),
        ({"category": "repair", "promised_at": "2020-01-01T10:00"}, "已经过了"),
        ({"category": "repair", "repair-repair_kind": "nothing"}, "请在列出的"),
        ({"category": "repair", "unit_id-id": "999999"}, "没有找到"),
        ({"category": "repair", "unit_id-id": "x"}, "请在找到的"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_lost(
    desk: Desk, said: dict[str, str], words: str
) -> None:
    answer = desk.call(**{"content": FAULT} | said)
    assert (answer.status_code, desk.made("reception")) == (400, None)
    assert words in answer.text
    if said.get("content", FAULT) == FAULT:
        assert FAULT in answer.text


def test_a_foreign_home_is_not_recorded_for(desk: Desk) -> None:
    elsewhere: dict[str, Any] = {"unit_id-id": desk.office.other_unit}
    answer = desk.call(category="repair", **elsewhere)
    assert (answer.status_code, desk.made("reception")) == (400, None)
    assert "别处" not in answer.text


def test_the_next_call_begins_at_once(desk: Desk) -> None:
    assert desk.call(category="praise", another="1").location == HERE


@pytest.mark.clause("S0-39")
def test_a_guard_records_at_night_and_the_repair_follows(desk: Desk) -> None:
    guard = desk.client("guard")
    text = guard.get(HERE, at=f"{desk.office.unit}-{desk.office.person}").text
    assert "13800138000" in text, "he has the telephone book"
    assert "department_id" not in text, "he knows no departments"
    assert 'name="act" value="answer"' not in text, "he closes nothing"
    assert desk.call("guard", category="repair").status_code == 302
    job = desk.made("repair")
    assert (job.unit_id, job.state) == (desk.office.unit, "new")
    sent = {"category": "other", "act": "answer", "answer": "好"}
    assert desk.call("guard", **sent).status_code == 403
    assert desk.made("reception").id == job.source_id


def test_whoever_may_not_receive_has_no_such_screen(desk: Desk) -> None:
    for job in ("finance", "auditor"):
        for path in (HERE, f"{HERE}who", f"{HERE}clocks"):
            assert desk.client(job).get(path).status_code == 403, (job, path)


@pytest.mark.clause("S2-32")
def test_the_clocks_are_shown_before_saving(desk: Desk) -> None:
    path, receptionist = f"{HERE}clocks", desk.client("receptionist")
    due = receptionist.get(path, category="complaint").json or []
    assert any(words.startswith("投诉首次回复") for words, _tone in due)
    assert {tone for _words, tone in due} <= {"calm", "soon", "late"}
    desk_only = receptionist.get(path, category="other", other_kind="inquiry").json
    assert desk_only
    assert desk_only != due
    assert receptionist.get(path).status_code == 200


def test_a_category_goes_to_the_department_that_answers_for_it(desk: Desk) -> None:
    with desk.as_actor() as session, writing(session):
        make(
            session,
            Responsibility,
            desk.office.home,
            department_id=desk.office.department,
            category="repair",
        )
    text = desk.client("receptionist").get(HERE).text
    assert re.search(r'data-when="category=repair">不选部门时转工程部', text)
    desk.call(category="repair")
    assert desk.made("repair").department_id == desk.office.department


def test_a_home_of_another_project_waits_until_one_works_there(
    desk: Desk, as_actor: AsActor
) -> None:
    o = desk.office
    with as_actor() as session, writing(session):
        user = o.users["receptionist"]
        session.add(
            RoleAssignment(user_id=user, role="receptionist", project_id=o.elsewhere)
        )
    receptionist, there = desk.client("receptionist"), f"{o.other_unit}-"
    receptionist.post("/project", project=o.home)
    assert receptionist.get(f"{HERE}who", query="王建国").json == [
        [f"{o.unit}-{o.person}", "王建国", "3-502"]
    ]
    assert receptionist.get(HERE, at=there).status_code == 409
    answer = desk.call(category="repair", **{"unit_id-id": str(o.other_unit)})
    assert (answer.status_code, desk.made("reception")) == (400, None)
    assert "另一个项目" in answer.text
    page = receptionist.get(f"/household/{o.other_unit}").text
    assert f"{HERE}?at={there}" not in page
    receptionist.post("/project", project=o.elsewhere)
    assert receptionist.get(HERE, at=there).status_code == 200


def test_a_number_with_marks_in_it_is_no_way_round_the_limit(desk: Desk) -> None:
    receptionist = desk.client("receptionist")
    for typed in ("80-00", "138-0013-8000", "(8000)", "８０００ ０"):
        assert receptionist.get(f"{HERE}who", query=typed).json == [], typed
    for typed in (" ８０００ ", "⑧⓪⓪⓪"):
        assert receptionist.get(f"{HERE}who", query=typed).json, typed
    with desk.as_actor() as session:
        acts = session.scalars(select(Change.action).where(Change.action == "lookup"))
        assert len(acts.all()) == 2


def test_staff_record_a_call_though_they_know_nobody(desk: Desk) -> None:
    staff = desk.client("staff")
    page = staff.get(HERE, at=f"{desk.office.unit}-").text
    assert "王建国" not in page
    assert staff.get(f"{HERE}who", query="王建国").json == []
    assert desk.call("staff", category="suggestion").status_code == 302
    assert desk.made("suggestion").content == FAULT
