"""Corners of screens and commands that no great story passes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from core import audit
from core.access import SYSTEM, act_as
from core.audit import Entry
from core.db import Busy, db, writing
from core.words import use_language
from models import CalendarDay, Grant, Repair, Reply, Setting
from tests.browsing import Visitor
from tests.cast import HOME, PASSWORD, Office
from tests.conftest import AsActor, Client
from tests.filling import make
from views import sample_command, values

pytestmark = pytest.mark.once

HERE = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=HERE)


def run(app: Flask, *args: str) -> Result:
    """One command of the office."""
    return app.test_cli_runner().invoke(args=list(args))


@contextmanager
def office_of(app: Flask) -> Iterator[Session]:
    """The system's session on that application."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        yield db.session()


def test_the_history_goes_on_page_after_page(client: Client, as_actor: AsActor) -> None:
    with as_actor() as session, writing(session):
        for n in range(230):
            audit.note(session, Entry("signin", "nowhere", n + 1))
    seen: list[str] = []
    path = "/change/"
    for _page in range(3):
        text = client("auditor").get(path).text
        seen += re.findall(r"nowhere #(\d+)", text)
        more = re.search(r'href="(/change/\?before=\d+)"', text)
        path = more[1] if more else ""
        if not path:
            break
    assert seen == [str(n) for n in range(230, 0, -1)]


def test_a_place_in_the_history_that_is_no_number_is_ignored(client: Client) -> None:
    visitor = client("auditor")
    for wrong in ("x", "٣", "9" * 30):
        assert visitor.get("/change/", before=wrong).status_code == 200


def test_whoever_may_read_his_own_history_reads_no_other(
    client: Client, as_actor: AsActor
) -> None:
    with as_actor() as session, writing(session):
        session.add(Grant(role="guard", target="system", action="read", scope="own"))
        audit.note(session, Entry("signin", "nowhere", 7))
    page = client("guard").get("/change/").text
    assert "nowhere #7" not in page
    assert "guard" in page


def test_whoever_audits_one_estate_reads_of_no_other(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        session.add(Grant(role="manager", target="system", action="read", scope="all"))
        for project in (office.home, office.elsewhere):
            audit.note(session, Entry("update", "nowhere", project, project))
    page = client("manager").get("/change/").text
    assert f"nowhere #{office.home}" in page
    assert f"nowhere #{office.elsewhere}" not in page


def test_looking_up_numbers_has_a_limit(client: Client, as_actor: AsActor) -> None:
    with as_actor() as session, writing(session):
        limit = session.query(Setting).filter_by(code="privacy.lookups_per_hour").one()
        limit.value = "2"
    visitor = client("supervisor")
    answers = [visitor.get("/person/", search="8000").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_record_types_are_listed_for_people(app: Flask) -> None:
    told = run(app, "records")
    assert told.exit_code == 0
    assert "repair                 维修通知单  " in told.output


def test_a_sample_office_may_have_a_login_for_each_role(
    empty_app: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = empty_app("sample")
    monkeypatch.setenv("OFFICE_PASSWORD", PASSWORD)
    place = ("--company", "甲", "--project", "园", "--admin", "root")
    assert run(app, "setup", *place).exit_code == 0
    told = run(app, "sample", "--cases", "3", "--accounts")
    assert told.exit_code == 0, told.output
    found = dict(re.findall(r"^  (\S+) +(\S+) +\S+$", told.output, re.MULTILINE))
    assert {"receptionist", "supervisor", "manager", "guard"} <= found.keys()
    visitor = Visitor(app, "receptionist", found["receptionist"])
    assert visitor.get("/repair/").status_code == 200


def test_a_busy_database_takes_no_sample(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_anything: object) -> Iterator[int]:
        raise Busy

    monkeypatch.setattr(sample_command, "make", busy)
    told = run(app, "sample", "--cases", "3")
    assert told.exit_code == 1
    assert "Traceback" not in told.output


def test_a_day_off_says_which(client: Client, as_actor: AsActor) -> None:
    today = dt.datetime.now(HERE).date()
    with as_actor() as session, writing(session):
        session.add(CalendarDay(day=today, working=False, name="春节"))
    visitor = client("receptionist")
    assert "春节" in visitor.get("/").text
    visitor.post("/language", language="en", next="/")
    assert "Spring Festival" in visitor.get("/").text


def test_the_project_chosen_is_the_one_worked_in(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    visitor = client("auditor")
    for wrong in ("x", "999999", ""):
        assert visitor.post("/project", project=wrong).status_code == 302
    assert visitor.post("/project", project=str(office.elsewhere)).status_code == 302
    with visitor.client.session_transaction() as cookie:
        assert cookie["project"] == office.elsewhere
    assert HOME in visitor.get("/").text


@pytest.mark.parametrize(
    ("hours", "zh", "en"),
    [
        (0, "今天 12:00", "today 12:00"),
        (-24, "昨天 12:00", "yesterday 12:00"),
        (24, "明天 12:00", "tomorrow 12:00"),
        (-24 * 9, "11-11 12:00", "11-11 12:00"),
        (-24 * 400, "2025-10-16", "2025-10-16"),
    ],
)
def test_moments_in_peoples_words(app: Flask, hours: int, zh: str, en: str) -> None:
    moment = NOON + dt.timedelta(hours=hours)
    with app.test_request_context("/"):
        for language, words in (("en", en), ("zh_Hans_CN", zh)):
            use_language(language)
            assert values.when(moment, HERE, NOON) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(5, "5 min"), (180, "3 h"), (60 * 24, "1 day"), (60 * 72, "3 days")],
)
def test_ages_and_days_in_english(app: Flask, minutes: int, words: str) -> None:
    with app.test_request_context("/"):
        use_language("en")
        since = NOON - dt.timedelta(minutes=minutes)
        assert values.age_words(since, NOON) == words
        assert values.day_words(NOON.date()) == "Friday, 20 November"
        use_language("zh_Hans_CN")
        assert values.day_words(NOON.date()) == "11月20日 星期五"


def test_a_code_that_is_taken_is_refused_by_its_name(
    client: Client, as_actor: AsActor
) -> None:
    with as_actor() as session:
        taken = session.query(Setting).filter_by(code="office.opens").one()
        form = {"code": taken.code, "title_zh": "又一个", "type": "text"}
    visitor = client("admin")
    visitor.get("/setting/new/")
    answer = visitor.post("/setting/new/", form, version="0")
    assert answer.status_code == 400
    assert "代码" in answer.text
    assert "又一个" in answer.text


def test_a_line_struck_by_one_and_kept_by_another_is_a_clash(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        key = make(session, Repair, office.home, content="漏水").id
        line = make(session, Reply, office.home, case_id=key, content="已约周一").id
    path = f"/repair/edit/?id={key}"
    client("receptionist").post(path, content="漏水严重", version="1")
    form = {"content": "漏水", "part-reply-0-id": line, "part-reply-0-void": "1"}
    answer = client("supervisor").post(path, form, version="1")
    assert answer.status_code == 409
    assert "划去" in answer.text
    assert "已约周一" in answer.text
