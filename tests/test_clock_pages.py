"""Clocks over the screens: saved with the form, moved by the calendar, shown."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.audit import history
from core.db import now, writing
from core.record import Case, record_type
from core.words import use_language
from models import (
    CalendarDay,
    Complaint,
    DeadlineRule,
    Grant,
    Reception,
    Setting,
)
from tests.browsing import Visitor
from tests.cast import Office
from tests.clockwork import BEGIN, clocks, opened, running
from tests.conftest import AsActor, Client
from tests.office_time import HERE, at
from views import clocking, saving, values
from views.recalculation import recalculate
from views.timetable import timetable
from views.upgrade import add_seeds

pytestmark = pytest.mark.once


def save(visitor: Visitor, path: str, **typed: Any) -> int:
    """Send a form as it stands on its page, with these fields typed in."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    answer = visitor.post(path, version=version[1], **typed)
    assert answer.status_code == 302, answer.text
    found = re.search(r"id=(\d+)", answer.location)
    return int(found[1]) if found else 0


def setting_path(session: Session, code: str) -> str:
    query = select(Setting.id).where(Setting.code == code)
    return f"/setting/edit/?id={session.scalars(query).one()}"


def of_case(session: Session, slug: str, key: int) -> dict[str, str]:
    case = session.get_one(record_type(slug), key)
    assert isinstance(case, Case)
    return running(session, case)


def test_a_form_starts_moves_and_stops_the_clocks(
    client: Client, as_actor: AsActor
) -> None:
    clerk = client("receptionist")
    typed = {"content": "楼道灯不亮", "category": "other", "channel": "visit"}
    key = save(clerk, "/reception/new/", **typed)
    with as_actor() as session:
        assert of_case(session, "reception", key).keys() == {
            "reception.response",
            "reception.disposition",
            "reception.progress",
        }
        assert session.get_one(Reception, key).version == 1
    edit = f"/reception/edit/?id={key}"
    save(clerk, edit, **typed, promised_at="2032-01-05T10:00")
    save(clerk, edit, **typed, promised_at="2032-01-06T16:30")
    with as_actor() as session:
        found = of_case(session, "reception", key)
        assert found["promise.reply"] == "2032-01-06 16:30"
    told = clerk.get("/reception/history/", id=key).text
    assert "预约答复：01-05 10:00 → 01-06 16:30" in told
    supervisor = client("supervisor")
    page = supervisor.get("/reception/details/", id=key).text
    version = re.search(r'name="version" value="(\d+)"', page)
    sent = {"id": str(key), "version": version and version[1], "reason": "写错了"}
    assert supervisor.post("/reception/delete/", sent).status_code == 302
    with as_actor() as session:
        assert of_case(session, "reception", key) == {}


def test_a_reply_typed_into_the_form_stops_the_first_reply_clock(
    client: Client, as_actor: AsActor
) -> None:
    clerk = client("receptionist")
    reply = {
        "part-reply-0-replied_at": "2026-11-23T11:00",
        "part-reply-0-content": "已回电说明",
        "part-reply-0-promised_at": "2032-01-05T10:00",
    }
    key = save(clerk, "/complaint/new/", content="噪音", **reply)
    with as_actor() as session:
        found = of_case(session, "complaint", key)
        assert "complaint.first_reply" not in found
        assert found["promise.reply"] == "2032-01-05 10:00"


def test_a_new_holiday_moves_running_clocks_and_says_so(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        case = opened(session, office, "complaint", liability_class="class_1")
        clocking.after(session, case, "assign", BEGIN)
        key, version = case.id, case.version
    manager = client("admin")
    path = save(manager, "/calendar_day/new/", day="2026-11-25", name="停电放假")
    with as_actor() as session:
        found = of_case(session, "complaint", key)
        assert found["complaint.finish.class_1"] == "2026-11-27 18:00"
        assert found["complaint.remedy_answer"] == "2026-11-26 18:00"
        assert session.get_one(Complaint, key).version >= version
        notes = [entry.note for entry in history(session, "complaint", [key])]
        assert "一类投诉处理完毕：11-26 18:00 → 11-27 18:00" in notes
        day = session.scalars(
            select(CalendarDay).where(CalendarDay.day == dt.date(2026, 11, 25))
        ).one()
        assert day.id == path
        saving.void(SYSTEM, day, day.version, "没放")
    with as_actor() as session:
        found = of_case(session, "complaint", key)
        assert found["complaint.finish.class_1"] == "2026-11-26 18:00"


def test_other_office_hours_move_running_clocks(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        case = opened(session, office, "rework")
        clocking.after(session, case, "return", BEGIN)
        clocking.after(session, case, "pause", BEGIN)
        agreed = at("2026-12-01 09:00")
        promised = opened(session, office, "reception", promised_at=agreed)
        keys, path = (case.id, promised.id), setting_path(session, "desk.closes")
        typed = {"code": "desk.closes", "title_zh": "前台结束", "type": "time"}
    save(client("admin"), path, **typed, value="20:00")
    with as_actor() as session:
        paused = of_case(session, "rework", keys[0])
        assert paused == {"rework.finish": "2026-11-30 20:00"}
        assert session.get_one(Case, keys[0]).next_due_at is None
        found = of_case(session, "reception", keys[1])
        assert found["promise.reply"] == "2026-12-01 09:00"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("office.closes", "08:00"),
        ("office.work_days", "9"),
        ("office.time_zone", "Mars/Base"),
        ("desk.opens", "early"),
    ],
)
def test_hours_at_which_nobody_is_there_are_not_saved(
    client: Client, as_actor: AsActor, code: str, value: str
) -> None:
    with as_actor() as session:
        path = setting_path(session, code)
    admin = client("admin")
    version = re.search(r'name="version" value="(\d+)"', admin.get(path).text)
    typed = {"code": code, "title_zh": "时间", "type": "text", "value": value}
    answer = admin.post(path, typed, version=version and version[1])
    assert answer.status_code == 400
    assert "照这样的时间，任何时候都没有人上班。" in answer.text


def test_hours_that_make_no_sense_in_the_database_stop_nobody(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        with writing(session):
            code = Setting.code == "office.opens"
            session.scalars(select(Setting).where(code)).one().value = "19:00"
        opens = timetable(session, office.home).calendar.office.opens
        assert f"{opens:%H:%M}" == "09:00"


def test_an_upgrade_that_brings_holidays_moves_running_clocks(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        with writing(session):
            day = CalendarDay.day == dt.date(2026, 9, 25)
            session.scalars(select(CalendarDay).where(day)).one().day = dt.date(
                2040, 1, 1
            )
        with writing(session):
            began = at("2026-09-24 19:00")
            case = opened(session, office, "complaint", began)
            assert running(session, case)["complaint.transfer"] == "2026-09-25 18:00"
        add_seeds(lambda words: None)
        assert running(session, case)["complaint.transfer"] == "2026-09-28 18:00"
        with writing(session):
            assert recalculate(session) == 0


def test_clocks_from_before_terms_were_kept_stay(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        case = opened(session, office, "rework")
        clock = clocks(session, case)[0]
        clock.terms, clock.due_at = None, BEGIN
        session.flush()
        assert recalculate(session) == 0
        clocking.after(session, case, "return", BEGIN)
        assert running(session, case).keys() == {"rework.finish"}


def test_a_case_shows_its_clocks_and_where_each_rule_stands(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    came = now() - dt.timedelta(hours=2)
    with as_actor() as session, writing(session):
        case = opened(session, office, "rework", came)
        clocking.after(session, case, "return", came + dt.timedelta(minutes=1))
        clocking.after(session, case, "pause", came + dt.timedelta(minutes=2))
        late = opened(session, office, "reception", came)
        met = opened(session, office, "incident", came)
        clocking.after(session, met, "inform", now())
        keys = case.id, late.id, met.id
        code = DeadlineRule.code == "rework.finish"
        rule = session.scalars(select(DeadlineRule.id).where(code)).one()
    manager = client("manager")
    page = manager.get("/rework/details/", id=keys[0]).text
    assert f'<a href="/deadline_rule/details/?id={rule}">返修完成</a>' in page
    assert "已挂起" in page
    assert "按时" in page
    assert re.search(r'<time datetime="[^"]+" title="[^"]+">[^<]+前</time>', page)
    assert '<a href="/rules/?search=S0-49">S0-49</a>' in page
    with as_actor() as session, writing(session):
        for right in session.scalars(select(Grant).where(Grant.role == "guard")):
            right.scope = "proj"
    guard = client("guard").get("/reception/details/", id=keys[1]).text
    assert "业主来访来电的回应" in guard
    assert "/deadline_rule/" not in guard
    assert "逾期 1 小时" in guard
    assert "超时" in manager.get("/incident/details/", id=keys[2]).text


def test_a_new_case_tells_what_saving_it_promises(client: Client) -> None:
    clerk = client("receptionist")
    page = clerk.get("/complaint/new/").text
    assert re.search(r'<span class="chip">投诉首次回复 <time [^>]+>明天 [^<]+前', page)
    sent = {"promised_at": "2032-01-05T10:00", "received_at": "not a moment"}
    answer = clerk.post("/reception/new/", sent)
    assert answer.status_code == 400
    assert "预约答复 <time" in answer.text
    assert "登记后的时限" not in clerk.get("/person/new/").text


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [
        ("2026-11-23 10:25", "25 分钟内", "within 25 min"),
        ("2026-11-23 17:00", "今天 17:00 前", "by today 17:00"),
        ("2026-11-24 10:40", "明天 10:40 前", "by tomorrow 10:40"),
        ("2026-11-30 18:00", "11-30 18:00 前", "by 11-30 18:00"),
        ("2026-11-22 18:00", "昨天 18:00", "yesterday 18:00"),
    ],
)
def test_promises_in_words(due: str, zh: str, en: str) -> None:
    try:
        assert values.by_words(at(due), BEGIN, HERE) == zh
        use_language("en")
        assert values.by_words(at(due), BEGIN, HERE) == en
    finally:
        use_language("zh_Hans_CN")


def test_the_desk_warns_of_a_year_without_holidays(
    client: Client, as_actor: AsActor
) -> None:
    year = now().astimezone(HERE).year
    with as_actor() as session, writing(session):
        for day in session.scalars(select(CalendarDay)):
            day.day = (day.day or BEGIN.date()) + dt.timedelta(days=30 * 366)
    words = f"{year} 年的节假日"
    assert words in client("admin").get("/").text
    assert words not in client("guard").get("/").text


def test_the_desk_says_whether_people_work_today(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    today = now().astimezone(HERE).date()
    with as_actor() as session, writing(session):
        known = session.scalars(select(CalendarDay).where(CalendarDay.day == today))
        day = known.one_or_none() or CalendarDay(day=today)
        day.working, day.name = False, "司庆"
        session.add(day)
    assert "司庆" in client("guard").get("/").text
    with as_actor() as session, writing(session):
        session.scalars(
            select(CalendarDay).where(CalendarDay.day == today)
        ).one().working = True
    assert "09:00–18:00" in client("guard").get("/").text
