"""Reports and notices from the counting to the board: who, when, and what stays."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from typing import Any

import pytest
from sqlalchemy import select, update

from core import jobs
from core.access import Denied
from core.clock import Clock
from core.counted import Counted, CountedRows
from core.db import now, writing
from core.words import _
from models import Complaint, PeriodicReport
from rules.reports import REPORTS
from rules.reports.periods import BadPeriod, covered, period
from tests.conftest import AsActor
from tests.filling import make
from tests.lives import Life
from tests.printing import words
from views.reports import compiling, nightly
from views.values import zone

KIND = "complaint_summary"
DUE = dt.datetime(2026, 11, 25, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DAY = dt.timedelta(days=1)
PLACE = {"published_place": "一号岗信息栏"}


def complain(life: Life, day: str, **values: Any) -> int:
    """A complaint of the household that came on that day."""
    at = dt.datetime.fromisoformat(f"{day}T10:00+08:00")
    said = {"unit_id": life.office.unit, "received_at": at, "content": "噪声"}
    with life.as_actor() as session, writing(session):
        return int(make(session, Complaint, life.office.home, **(said | values)).id)


def written(life: Life, kind: str = KIND, code: str = "2026-11") -> int:
    """A report that is due."""
    asked = {"report_kind": kind, "period": code}
    return life.write("supervisor", "periodic_report", **asked)


def told(life: Life, key: int) -> dict[str, Any]:
    """The figures of a report as they are kept."""
    with life.as_actor() as session:
        query = select(Counted.figures).where(Counted.case_id == key)
        body = json.loads(session.connection().execute(query).scalar_one())
    return {f["code"]: f["value"] for g in body["groups"] for f in g["figures"]}


def night(life: Life, moment: dt.datetime) -> int:
    """What the nightly job counts at that moment."""
    with life.as_actor() as session:
        return nightly.run(session, moment)


@pytest.mark.clause("S0-72", "S0-73", "S0-74", "S2-64", "S4-10")
def test_the_summary_is_compiled_at_its_hour_and_frozen_when_it_goes_up(
    life: Life,
) -> None:
    key = written(life)
    complain(life, "2026-10-25")  # the summary of October had it
    first = complain(life, "2026-10-26")
    assert night(life, DUE - DAY) == 0
    assert night(life, DUE) == 1
    assert (life.state("periodic_report", key), told(life, key)["received"]) == (
        "compiled",
        1,
    )
    complain(life, "2026-11-25", category="neighbours")
    assert night(life, DUE + DAY) == 1
    assert told(life, key)["received"] == 2
    assert night(life, DUE + DAY) == 0  # nothing new
    life.barred("receptionist", "periodic_report", key, "submit")
    life.does("supervisor", "periodic_report", key, "submit")
    complain(life, "2026-11-24")
    life.change("complaint", first, category="other", unit_id=None)
    assert night(life, DUE + 2 * DAY) == 0
    assert told(life, key)["received"] == 2
    with life.as_actor() as session, pytest.raises(Denied):
        compiling.compile(session, session.get_one(PeriodicReport, key))
    page = life.client("manager").get(f"/reports/{KIND}/", id=key).text
    assert _("Frozen at submission.") in page
    assert "2026-10-26" in page
    place = {"id": key, "group": "complaints", "figure": "received"}
    rows = life.client("manager").get(f"/reports/{KIND}/rows/", **place).text
    assert rows.count('href="/complaint/details/?id=') == 2


def test_the_job_runs_five_minutes_into_the_day(life: Life) -> None:
    with life.as_actor() as session:
        slot = nightly.JOB.latest(DUE + dt.timedelta(hours=3), zone(session))
        assert slot == DUE
        assert nightly.JOB in jobs.known()


@pytest.mark.clause("S0-74", "S2-61", "S2-65", "S2-69", "S0-14", "S4-07", "S4-146")
def test_a_report_is_reviewed_by_another_returned_and_published(life: Life) -> None:
    key = written(life, "complaint_analysis")
    slug, manager = "periodic_report", life.office.staff["manager"]
    life.barred("manager", slug, key, "compile")
    life.does("supervisor", slug, key, "compile", analysis="电话13800138000反映噪声")
    life.does("supervisor", slug, key, "submit")
    life.barred("supervisor", slug, key, "review")
    assert life.move("manager", slug, key, "return")[0] == 400
    life.does("manager", slug, key, "return", review_opinion="补充措施")
    assert life.state(slug, key) == "returned"
    complain(life, "2026-11-02")
    life.does("supervisor", slug, key, "compile", measures="加强巡查")
    assert told(life, key)["received"] == 1
    life.does("supervisor", slug, key, "submit")
    life.change(slug, key, author_id=manager)
    mine = "You compiled this report; somebody else reviews it."
    life.refused("manager", slug, key, "review", mine)
    life.decide("four_eyes.report_review", "marked")
    life.does("manager", slug, key, "review", review_opinion="同意")
    assert life.waived() == ["four_eyes.report_review"]
    found = life.case(slug, key)
    assert (found.reviewed_by_id, found.closed_at is not None) == (manager, True)
    number = "The text still holds a telephone or identity number: take it out."
    life.refused("manager", slug, key, "publish", number, **PLACE)
    life.change(slug, key, analysis="噪声", author_id=life.office.staff["supervisor"])
    untold = "First check that the text is free of personal data, and tick it."
    life.refused("manager", slug, key, "publish", untold, **PLACE)
    life.does("manager", slug, key, "publish", **PLACE, anonymised="y")
    (notice,) = life.caused(key, "notice")
    drafted = life.case("notice", notice)
    assert (drafted.anonymised, drafted.content) == (True, "噪声\n\n加强巡查")
    life.does("manager", "notice", notice, "approve")
    life.does("manager", "notice", notice, "publish", places="board")
    life.does("supervisor", "notice", notice, "withdraw")
    assert life.state("notice", notice) == "withdrawn"


@pytest.mark.clause("S1-54", "S2-64", "S4-07", "S4-202", "S0-14")
def test_a_notice_is_checked_approved_by_another_and_withdrawn(life: Life) -> None:
    drafted = {"notice_kind": "honour_roll", "subject": "表扬", "content": "热心住户"}
    key = life.write("receptionist", "notice", **drafted)
    untold = "First check that the text is free of personal data, and tick it."
    agree = "Residents are named here: tick that they agree."
    life.refused("manager", "notice", key, "approve", untold, agree)
    life.refused("supervisor", "notice", key, "check")
    life.does("supervisor", "notice", key, "check", anonymised="y", names_agreed="y")
    staff = life.office.staff
    assert life.case("notice", key).holder_id == staff["receptionist"]
    life.change("notice", key, holder_id=staff["manager"])
    mine = "You drafted this notice; somebody else approves it."
    life.refused("manager", "notice", key, "approve", mine)
    life.change("notice", key, holder_id=staff["receptionist"])
    life.does("manager", "notice", key, "approve")
    life.change("notice", key, anonymised=False)
    life.refused("supervisor", "notice", key, "publish", untold, places="board")
    life.change("notice", key, anonymised=True)
    life.does("supervisor", "notice", key, "publish", places="board")
    life.decide("notice.require_anonymised_check", "no")
    life.decide("notice.names_need_consent", "no")
    plain = life.write("supervisor", "notice", **drafted)
    life.does("manager", "notice", plain, "approve")


def test_what_cannot_be_counted_is_said_in_words(life: Life) -> None:
    key = written(life, code="十一月")
    why = "Write the period as 2026-03, 2026Q1, 2026H1 or 2026."
    life.refused("supervisor", "periodic_report", key, "compile", why)
    assert night(life, DUE) == 0
    life.change("periodic_report", key, state="compiled")
    life.refused(
        "supervisor", "periodic_report", key, "submit", "Compile the report first."
    )
    manager = life.client("manager")
    assert (
        _("This report is not counted yet: compile it on its record.")
        in manager.get(f"/reports/{KIND}/", id=key).text
    )
    assert manager.get("/reports/no_such/").status_code == 404
    assert manager.get("/reports/survey_report/").status_code == 200
    assert manager.get("/reports/survey_report/", id=key).status_code == 404
    assert manager.get(f"/reports/{KIND}/report.exe", id=key).status_code == 404


@pytest.mark.clause("S4-50")
def test_only_who_may_read_a_report_reads_its_numbers_and_rows(life: Life) -> None:
    complain(life, "2026-11-02", cause="internal")
    key = written(life)
    life.does("supervisor", "periodic_report", key, "compile")
    pages = ("", "charts.json", "rows/", "report.xlsx", "report.csv")
    asked = {"id": key, "group": "complaints", "figure": "received"}
    answers = {
        job: [
            life.client(job).get(f"/reports/{KIND}/{page}", **asked).status_code
            for page in pages
        ]
        for job in ("manager", "auditor", "receptionist", "guard", "outsider")
    }
    assert answers == {
        "manager": [200, 200, 200, 200, 200],
        "auditor": [200, 200, 200, 403, 403],
        "receptionist": [200, 200, 200, 403, 403],
        "guard": [403, 403, 403, 403, 403],
        "outsider": [404, 404, 404, 403, 403],
    }
    manager = life.client("manager")
    by = {"by": "cause", "line": "0"}
    found = manager.get(f"/reports/{KIND}/rows/", **asked, **by).text
    assert found.count('href="/complaint/details/?id=') == 1
    for wrong in (
        {"group": "no"},
        {"figure": "no"},
        {"by": "no"},
        {"by": "cause", "line": "9"},
        {"by": "cause", "line": "x"},
    ):
        answer = manager.get(f"/reports/{KIND}/rows/", **(asked | wrong))
        assert answer.status_code == 404, wrong
    homes = manager.get(f"/reports/{KIND}/rows/", id=key, group="homes", figure="homes")
    assert homes.status_code == 200


def test_what_was_altered_is_not_shown(life: Life, as_actor: AsActor) -> None:
    complain(life, "2026-11-02")
    key = written(life)
    life.does("supervisor", "periodic_report", key, "compile")
    asked = {"id": key, "group": "complaints", "figure": "received"}
    with as_actor() as session, writing(session):
        session.connection().execute(update(CountedRows).values(packed=b"x"))
    manager = life.client("manager")
    assert manager.get(f"/reports/{KIND}/rows/", **asked).status_code == 409
    assert manager.get(f"/reports/{KIND}/", id=key).status_code == 200
    with as_actor() as session, writing(session):
        session.connection().execute(update(Counted).values(figures="{}"))
    assert manager.get(f"/reports/{KIND}/", id=key).status_code == 409


@pytest.mark.clause("S3-59", "S3-64", "S2-59", "S3-65")
def test_a_report_goes_out_as_its_form(life: Life) -> None:
    complain(life, "2026-11-02", category="safety")
    key = written(life)
    life.does("supervisor", "periodic_report", key, "compile")
    manager = life.client("manager")
    paper = words(manager, "/periodic_report/print/", id=key)
    for said in ("受理件数", "消单率", "已消单 ÷ 受理件数", "安全管理类", "审阅人"):
        assert said in paper
    assert "投诉类别受理件数上期去年同期已消单" in "".join(paper.split())
    sent = manager.get(f"/reports/{KIND}/report.csv", id=key)
    lines = list(csv.reader(io.StringIO(sent.data.decode("utf-8-sig"))))
    assert [line[2:4] for line in lines if "受理件数" in line[2:]] == [
        ["受理件数", "1"]
    ]
    book = manager.get(f"/reports/{KIND}/report.xlsx", id=key)
    with zipfile.ZipFile(io.BytesIO(book.data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>SUM(" in sheet
    assert re.search(r'<c r="D\d+" s="\d+"><v>1</v></c>', sheet)  # one more, a number
    assert "<mergeCell " in sheet
    charts = manager.get(f"/reports/{KIND}/charts.json", id=key).json
    assert charts == []  # one line each: nothing to compare
    board = manager.get("/reports/")
    assert board.status_code == 200
    assert "charge_list" in board.text
    drawn = {
        one["id"]: one for one in json.loads(manager.get("/reports/charts.json").data)
    }
    assert sum(drawn["trend"]["series"][0]["values"]) >= 1


def test_what_only_reminds_of_an_end_is_neither_kept_nor_missed(life: Life) -> None:
    day = f"{now():%Y-%m-%d}"
    begun = complain(life, day), complain(life, day)
    rules = ("card.expiring", "complaint.first_reply")
    with life.as_actor() as session, writing(session):
        for key, rule in zip(begun, rules, strict=True):
            times = {"started_at": now() - DAY, "due_at": now() - DAY / 2}
            session.add(Clock(case_id=key, name=rule, rule=rule, **times))
    charts = life.client("manager").get("/reports/charts.json").json
    assert charts is not None
    (names,) = (one["names"] for one in charts if one["id"] == "rules")
    assert names == ["投诉首次回复"]


@pytest.mark.once
def test_every_kind_of_report_is_seen_printed_and_taken_away(life: Life) -> None:
    manager = life.client("manager")
    for kind in REPORTS:
        key = make_one(life, kind)
        page = manager.get(f"/reports/{kind}/", id=key)
        assert (page.status_code, _("What it counts") in page.text) == (200, True)
        paper = words(manager, "/periodic_report/print/", id=key)
        assert "统计口径" in paper
        for ending in ("xlsx", "csv"):
            sent = manager.get(f"/reports/{kind}/report.{ending}", id=key)
            assert sent.status_code == 200, (kind, ending)
    assert "回访方式频次调整" not in paper  # what nobody filled in


def make_one(life: Life, kind: str) -> int:
    """A report of that kind that was counted."""
    with life.as_actor() as session, writing(session):
        asked = {"report_kind": kind, "period": "2026Q3", "state": "compiled"}
        report = make(session, PeriodicReport, life.office.home, **asked)
        compiling.recount(session, report)
        return int(report.id)


@pytest.mark.once
@pytest.mark.clause("S0-72", "S2-14", "S2-63", "S2-68", "S4-183")
def test_every_book_has_its_own_period() -> None:
    monthly = {"period": "month", "due_day": 25, "cutoff_day": 25}
    cut = covered({**monthly, "covers": "cutoff"}, dt.date(2026, 3, 25))
    assert (f"{cut.first} {cut.last}", cut.code) == ("2026-02-26 2026-03-25", "2026-03")
    past = covered({**monthly, "covers": "previous", "due_day": 3}, dt.date(2026, 1, 3))
    assert (f"{past.first} {past.last}", past.code) == (
        "2025-12-01 2025-12-31",
        "2025-12",
    )
    until = {**monthly, "covers": "to_date", "due_day": 30}
    assert [
        f"{one.first} {one.last}"
        for one in (covered(until, dt.date(2026, month, 28)) for month in (1, 2, 3))
    ] == ["2025-12-31 2026-01-30", "2026-01-31 2026-02-28", "2026-03-01 2026-03-30"]
    third = {"period": "quarter", "due_day": 31, "covers": "same", "cutoff_day": None}
    quarter = covered(third, dt.date(2026, 9, 30))
    assert (quarter.code, f"{quarter.first}") == ("2026Q3", "2026-07-01")
    assert (quarter.before.code, quarter.year_ago.code) == ("2026Q2", "2025Q3")
    past = covered({**third, "covers": "previous"}, dt.date(2026, 1, 10))
    assert past.code == "2025Q4"
    for code in ("2026-03", "2026Q1", "2026H2", "2026"):
        assert period(code).code == code
    for code in ("", "2026-13", "2026Q5", "26-01", "2026-03-01", "１９９９"):
        with pytest.raises(BadPeriod):
            period(code)


def test_the_record_leads_to_its_figures(life: Life) -> None:
    key = written(life, "dispatch_statistics", f"{now():%Y-%m}")
    life.does("receptionist", "periodic_report", key, "compile")
    page = life.client("receptionist").get("/periodic_report/details/", id=key).text
    assert f"/reports/dispatch_statistics/?id={key}" in page
