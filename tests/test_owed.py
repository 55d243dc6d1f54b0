"""What the office owes whoever complains: taken, looked into, told, shielded."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import Clock
from core.db import now, writing
from core.messages import Message
from core.record import Case
from tests.complaints import complain, settle
from tests.lives import Life, picked
from tests.papers import PDF
from tests.test_attachments import attach
from views import escalation

pytestmark = pytest.mark.once

UNTOLD = "The customer has not been told yet: record the reply first."
SAID = {"channel": "telephone", "content": "已经换好了"}
TOLD = {"content": "门口一直有人发传单"}


def inbox(life: Life, key: int, job: str) -> list[str]:
    """What somebody was told of a case."""
    with life.as_actor() as session:
        mine = Message.staff_id == life.office.staff[job]
        query = select(Message.words_zh).where(Message.record_id == key, mine)
        return list(session.scalars(query.order_by(Message.id)))


def clocks(life: Life, key: int) -> set[str]:
    """The clocks of a case that run."""
    with life.as_actor() as session:
        query = select(Clock.rule).where(Clock.case_id == key)
        return set(session.scalars(query.where(Clock.stopped_at.is_(None))))


def run_out(life: Life, key: int) -> None:
    """Let the time of every clock of a case be over since yesterday."""
    past = now() - dt.timedelta(days=1)
    with life.as_actor() as session, writing(session):
        for clock in session.scalars(select(Clock).where(Clock.case_id == key)):
            clock.due_at = past
        session.get_one(Case, key).next_due_at = past


def edit(life: Life, slug: str, key: int, **values: Any) -> None:
    """Let the receptionist save the form again."""
    sent = {"version": life.case(slug, key).version, **values}
    answer = life.client("receptionist").post(f"/{slug}/edit/?id={key}", sent)
    assert answer.status_code == 302, answer.text


def revisit_of(life: Life, case: int, **found: Any) -> int:
    """The revisit of a case, given to the receptionist and made."""
    (visit,) = life.caused(case, "revisit")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    made = {"satisfaction": "satisfied", "signed_by": "王建国"}
    life.does("receptionist", "revisit", visit, "do", **made, **found)
    return visit


@pytest.mark.clause("S4-154")
def test_whoever_of_the_staff_meets_a_complaining_visitor_takes_it(life: Life) -> None:
    for (
        job
    ) in "receptionist supervisor manager handler handler_head guard staff".split():
        said = {"content": "保洁态度差", "channel": "visit"}
        key = life.write(job, "complaint", **said)
        assert life.case("complaint", key).received_by_id == life.office.staff[job]
        call = life.write(job, "reception", **said, category="complaint")
        (caused,) = life.caused(call, "complaint")
        assert {"complaint.first_reply", "complaint.transfer"} <= clocks(life, caused)
    for job in ("finance", "auditor", "admin"):
        answer = life.client(job).post("/complaint/new/", TOLD | {"channel": "visit"})
        assert answer.status_code == 403, job


@pytest.mark.clause("S3-43", "S4-162", "S1-41")
def test_every_complaint_is_taken_by_one_desk_and_passed_on_in_time(life: Life) -> None:
    ways = ("telephone", "letter", "forum", "box", "visit")
    taken = [life.write("guard", "complaint", channel=way, **TOLD) for way in ways]
    for key in taken:
        assert "complaint.transfer" in clocks(life, key)
        # whoever keeps the register hears of it, and has all of them in one list
        assert len(inbox(life, key, "receptionist")) == 1
        assert life.stands_in("unclosed", "receptionist", "complaint", key)
    run_out(life, taken[0])
    assert life.stands_in("overdue", "receptionist", "complaint", taken[0])
    own = complain(life, "confirmed")
    assert inbox(life, own, "receptionist") == []
    life.does("supervisor", "complaint", own, "assign", **life.given_to("handler"))
    assert "complaint.transfer" not in clocks(life, own)
    life.decide("complaint.register_owner", "manager")
    other = life.write("guard", "complaint", channel="visit", **TOLD)
    assert inbox(life, other, "receptionist") == []
    assert len(inbox(life, other, "manager")) == 1


@pytest.mark.clause("S3-73")
def test_a_demand_on_site_goes_to_the_department_and_is_answered(life: Life) -> None:
    said = {"content": "大堂灯不亮", "channel": "on_site", "category": "other"}
    key = life.write("receptionist", "reception", **said, **life.at_home())
    assert {"reception.response", "reception.progress"} <= clocks(life, key)
    life.does("receptionist", "reception", key, "dispatch", **life.given_to("handler"))
    assert len(inbox(life, key, "handler")) == 1
    assert clocks(life, key) == {"reception.progress"}
    run_out(life, key)
    assert life.stands_in("tell-owner", "receptionist", "reception", key)
    life.does("handler", "reception", key, "finish", result="换了灯")
    life.refused("receptionist", "reception", key, "close", UNTOLD)
    life.does("receptionist", "reception", key, "reply", **SAID)
    assert not life.stands_in("tell-owner", "receptionist", "reception", key)
    life.does("receptionist", "reception", key, "close")


@pytest.mark.clause("S4-168")
def test_what_came_in_writing_is_passed_on_with_its_original(life: Life) -> None:
    why = "It came in writing: record where the original is, or attach a scan."
    given = life.given_to("handler")
    key = complain(life, "confirmed", channel="letter")
    life.refused("supervisor", "complaint", key, "assign", why, **given)
    line = "part-complaint_document-0-"
    original = {f"{line}document_kind": "letter", f"{line}kept_at": "3柜-12"}
    edit(life, "complaint", key, **original, content="门口堆物", channel="letter")
    life.does("supervisor", "complaint", key, "assign", **given)
    assert len(inbox(life, key, "handler")) == 1
    seen = life.client("handler").get("/complaint/details/", id=key).text
    assert "3柜-12" in seen
    scanned = complain(life, "confirmed", channel="fax")
    attach(life.client("receptionist"), "complaint", scanned, ("来件.pdf", PDF))
    life.does("supervisor", "complaint", scanned, "assign", **given)
    life.decide("complaint.original_of", "fax")
    other = complain(life, "confirmed", channel="letter")
    life.does("supervisor", "complaint", other, "assign", **given)


@pytest.mark.clause("S4-157")
def test_the_manager_hears_what_was_found_and_what_is_proposed(life: Life) -> None:
    key = complain(life, "assigned")
    before = len(inbox(life, key, "manager"))
    found = {"facts": "灯管老化", "handling_opinion": "改为每周巡灯"}
    life.does("handler", "complaint", key, "investigate", **found)
    assert inbox(life, key, "manager")[before:] == [
        f"顾客投诉处理记录表 {life.case('complaint', key).number}：投诉已查明"
    ]
    page = life.client("manager").get("/complaint/details/", id=key).text
    assert all(words in page for words in found.values())


@pytest.mark.clause("S4-179")
def test_the_department_sends_somebody_and_reports_back_to_the_desk(life: Life) -> None:
    said = {"content": "清理楼道", "channel": "telephone", **life.at_home()}
    key = life.write("receptionist", "dispatch", **said)
    assert life.move("receptionist", "dispatch", key, "dispatch")[0] == 400
    life.does("receptionist", "dispatch", key, "dispatch", **life.given_to("handler"))
    assert life.case("dispatch", key).holder_id == life.office.staff["handler"]
    assert not life.stands_in("to-file", "receptionist", "dispatch", key)
    assert life.move("handler", "dispatch", key, "finish")[0] == 400
    life.does("handler", "dispatch", key, "finish", result="已清理干净")
    assert life.stands_in("to-file", "receptionist", "dispatch", key)
    page = life.client("receptionist").get("/dispatch/details/", id=key).text
    assert "已清理干净" in page


@pytest.mark.clause("S4-181", "S4-143")
def test_the_desk_asks_whether_it_is_gone_and_tells_how_it_ended(life: Life) -> None:
    key = complain(life, "handled")
    (visit,) = life.caused(key, "revisit")
    assert "revisit.complaint" in clocks(life, visit)
    revisit_of(life, key, mode="telephone", new_problems="又不亮了")
    assert life.state("revisit", visit) == "problem_found"
    (action,) = life.caused(visit, "corrective_action")
    assert life.case("corrective_action", action).content == "又不亮了"
    settle(life, key)
    number = life.case("revisit", visit).number
    status, text = life.move("receptionist", "complaint", key, "close")
    assert (status, number in text) == (409, True)
    kind, given = "corrective_action", life.given_to("handler")
    life.does("supervisor", kind, action, "notice", finish_by="2030-01-01", **given)
    life.does("handler", kind, action, "plan", corrective_measure="换线")
    life.does("handler", kind, action, "execute", implementation="换了线")
    life.does("supervisor", kind, action, "accept")
    life.refused("supervisor", kind, action, "close", "Tell the customer first.")
    life.does("supervisor", kind, action, "tell", told_how="电话，满意")
    life.does("supervisor", kind, action, "close")
    assert life.state("revisit", visit) == "closed"
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S4-147")
def test_a_revisit_that_is_owing_is_seen_until_it_is_made(life: Life) -> None:
    key = complain(life, "handled")
    (visit,) = life.caused(key, "revisit")
    run_out(life, visit)
    for queue in ("unclosed", "overdue", "revisits"):
        assert life.stands_in(queue, "receptionist", "revisit", visit), queue
    # whoever takes the owner's call has it beside every matter of that home
    said = {"content": "怎么没回访", "channel": "telephone", "category": "other"}
    call = life.write("receptionist", "reception", **said, **life.at_home())
    page = life.client("receptionist").get("/reception/details/", id=call).text
    assert life.case("revisit", visit).number in page
    life.refused("supervisor", "complaint", key, "close")
    revisit_of(life, key)
    assert not life.stands_in("overdue", "receptionist", "revisit", visit)


@pytest.mark.clause("S4-07")
def test_third_parties_do_not_learn_who_complained(life: Life) -> None:
    key = complain(life, "confirmed", category="neighbours")
    life.does("supervisor", "complaint", key, "report_outside")
    (report,) = life.caused(key, "external_report")
    assert life.case("external_report", report).unit_id is None
    plain = complain(life, "confirmed")
    life.does("supervisor", "complaint", plain, "report_outside")
    (named,) = life.caused(plain, "external_report")
    assert life.case("external_report", named).unit_id == life.office.unit
    for job in ("guard", "staff", "handler", "outsider"):
        page = life.client(job).get("/complaint/details/", id=key)
        assert page.status_code == 404, job
    for job in ("guard", "finance", "staff", "auditor"):
        sent = {"id": life.office.person, "field": "phone", "purpose": "别人要"}
        answer = life.client(job).post("/person/reveal/", sent)
        assert "13800138000" not in answer.text, job
    # it leaves the house only as a disclosure that another has agreed to
    asked = {"content": "谁投诉的", "recipient": "被投诉的住户", **life.at_home()}
    ask = life.write("receptionist", "disclosure", **asked)
    assert life.move("receptionist", "disclosure", ask, "give")[0] == 409
    agreed = {"decision": "agree", "data": ["name"]}
    ground = "Say on which ground, and name the authorisation or the legal paper."
    life.refused("supervisor", "disclosure", ask, "decide", ground, **agreed)


@pytest.mark.clause("S2-19")
def test_the_measures_of_an_analysis_are_carried_out_and_followed(life: Life) -> None:
    asked = {"report_kind": "complaint_analysis", "period": "2026-10"}
    items: list[dict[str, str]] = [
        {"matter": "楼道灯反复坏", "measures": "每周巡灯", "due_on": "2030-01-01"},
        {"matter": "已经办完的", "measures": "换锁", "result": "换了"},
        {"matter": "只是意见"},
    ]
    lines = {
        f"part-report_item-{at}-{name}": value
        for at, item in enumerate(items)
        for name, value in item.items()
    }
    key = life.write("supervisor", "periodic_report", **asked, **lines)
    life.does("supervisor", "periodic_report", key, "compile")
    life.does("supervisor", "periodic_report", key, "submit")
    assert life.caused(key, "corrective_action") == []
    life.does("manager", "periodic_report", key, "review")
    (action,) = life.caused(key, "corrective_action")
    found = life.case("corrective_action", action)
    assert (found.content, found.corrective_measure) == ("楼道灯反复坏", "每周巡灯")
    assert str(found.finish_by) == "2030-01-01"
    begun = [one.corrective_action_id for one in life.lines("report_item")]
    assert begun == [action, None, None]
    assert life.stands_in("rectification", "supervisor", "corrective_action", action)


def test_where_nobody_stands_above_a_complaint_is_still_followed(life: Life) -> None:
    said = {"channel": "visit", "major": "y", "category": "equipment"}
    key = life.write("outsider", "complaint", **TOLD, **said)
    assert {"complaint.first_reply", "decision"} <= clocks(life, key)
    life.barred("outsider", "complaint", key, "confirm")
    life.barred("supervisor", "complaint", key, "confirm")
    with life.as_actor() as session:
        assert session.scalars(select(Message.id)).all() == []
        assert escalation.run(session, now() + dt.timedelta(days=30)) == 0
    missing = "别处小区：升级阶梯第 2 级没有人可通知：项目经理"
    assert missing in life.client("admin").get("/jobs/").text
    run_out(life, key)
    for queue in ("unclosed", "overdue"):
        assert life.stands_in(queue, "outsider", "complaint", key), queue
