"""The clocks of cases under the office's own rules, move by move."""

from __future__ import annotations

import datetime as dt

import pytest

from core.db import writing
from models import Reply
from tests.cast import Office
from tests.clockwork import BEGIN, clocks, edit, last, opened, running
from tests.conftest import AsActor
from tests.office_time import at
from views import clocking

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.mark.clause("S0-06", "S0-12", "S3-12", "S3-17", "S3-73")
def test_a_reception_is_answered_at_once_and_settled_the_same_day(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "reception")
        assert running(session, case) == {
            "reception.response": "2026-11-23 10:30",
            "reception.disposition": "2026-11-23 18:00",
            "reception.progress": "2026-11-26 18:00",
        }
        clocking.after(session, case, "dispatch", BEGIN + HOUR / 3)
        assert running(session, case).keys() == {"reception.progress"}
        clocking.after(session, case, "reply", BEGIN + DAY)
        assert running(session, case) == {"reception.progress": "2026-11-27 18:00"}
        assert last(session, case, "reception.progress").round == 2
        case.state = "closed"
        clocking.after(session, case, "close", BEGIN + DAY)
        assert running(session, case) == {}
        assert case.next_due_at is None


@pytest.mark.clause("S0-07", "S4-193", "S4-208", "S4-233")
def test_a_promised_time_settles_the_day_and_is_due_itself(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "reception")
        promised = at("2026-11-24 09:30")
        edit(session, case, BEGIN + HOUR / 6, promised_at=promised)
        assert running(session, case) == {
            "promise.reply": "2026-11-24 09:30",
            "reception.progress": "2026-11-26 18:00",
        }
        assert last(session, case, "reception.response").stopped_by == "promise"
        edit(session, case, BEGIN + HOUR, promised_at=promised + HOUR)
        assert running(session, case)["promise.reply"] == "2026-11-24 10:30"
        edit(session, case, BEGIN + HOUR, promised_at=None)
        assert "promise.reply" not in running(session, case)
        assert last(session, case, "promise.reply").stopped_by is None


@pytest.mark.clause("S1-135")
def test_a_promise_made_in_a_reply_is_kept_by_the_next_reply(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "complaint")

        def reply(when: dt.datetime, promised: dt.datetime | None) -> None:
            line = Reply(project_id=office.home, case_id=case.id, content="已回话")
            line.replied_at, line.promised_at = when, promised
            session.add(line)
            session.flush()
            clocking.after(session, case, Reply.move, when)

        reply(BEGIN + HOUR, at("2026-11-25 09:00"))
        assert running(session, case)["promise.reply"] == "2026-11-25 09:00"
        reply(BEGIN + DAY, at("2026-11-26 09:00"))
        assert running(session, case)["promise.reply"] == "2026-11-26 09:00"
        reply(BEGIN + 2 * DAY, None)
        assert "promise.reply" not in running(session, case)
        rounds = [c for c in clocks(session, case) if c.rule == "promise.reply"]
        assert [(c.round, c.stopped_by) for c in rounds] == [(1, "reply"), (2, "reply")]


@pytest.mark.clause("S1-42", "S1-55")
def test_information_reaches_the_desk_the_same_day_and_urgent_news_at_once(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("staff") as session, writing(session):
        case = opened(session, office, "info_log")
        assert running(session, case) == {"info_log.to_desk": "2026-11-23 18:00"}
        edit(session, case, BEGIN + HOUR, urgent=True)
        assert running(session, case) == {"info_log.urgent": "2026-11-23 11:30"}
        edit(session, case, BEGIN + 2 * HOUR, urgent=False)
        assert running(session, case) == {"info_log.to_desk": "2026-11-23 18:00"}
        for said in ({"urgent": True}, {"info_kind": "urgent"}):
            urgent = opened(session, office, "info_log", **said)
            assert running(session, urgent) == {"info_log.urgent": "2026-11-23 10:30"}


@pytest.mark.clause("S1-55", "S1-56", "S1-58")
def test_an_urgent_job_goes_out_at_once_and_others_when_agreed(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        urgent = opened(session, office, "dispatch", urgent=True)
        assert running(session, urgent) == {"dispatch.urgent": "2026-11-23 10:30"}
        plain = opened(session, office, "dispatch")
        assert running(session, plain) == {}
        edit(session, plain, BEGIN + HOUR, urgent=True)
        assert running(session, plain) == {"dispatch.urgent": "2026-11-23 11:30"}
        edit(session, plain, BEGIN + HOUR, visit_at=at("2026-11-25 14:00"))
        assert running(session, plain)["dispatch.appointment"] == "2026-11-25 14:00"
        clocking.after(session, plain, "appoint", BEGIN + HOUR)
        assert last(session, plain, "dispatch.appointment").round == 1


@pytest.mark.clause("S0-48", "S0-49")
def test_a_rework_sheet_is_returned_today_and_the_work_done_in_its_time(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "rework")
        assert running(session, case) == {"rework.return": "2026-11-23 18:00"}
        clocking.after(session, case, "return", BEGIN + HOUR)
        assert running(session, case) == {"rework.finish": "2026-11-30 18:00"}
        edit(session, case, BEGIN + HOUR, finish_by=dt.date(2026, 12, 4))
        assert running(session, case) == {"rework.finish": "2026-12-04 18:00"}
        edit(session, case, BEGIN + HOUR, finish_by=None)
        assert running(session, case) == {"rework.finish": "2026-11-30 18:00"}


@pytest.mark.clause("S0-39", "S1-144", "S2-29", "S2-32", "S3-43", "S3-80", "S4-03")
@pytest.mark.clause("S4-156", "S4-167", "S4-178", "S4-198")
def test_a_complaint_is_passed_on_looked_into_and_answered_in_time(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "complaint")
        assert running(session, case) == {
            "complaint.first_reply": "2026-11-24 10:00",
            "complaint.transfer": "2026-11-23 18:00",
            "complaint.investigate": "2026-11-23 18:00",
            "complaint.remedy_answer": "2026-11-26 18:00",
            "complaint.progress": "2026-11-26 18:00",
        }
        clocking.after(session, case, "first_reply", BEGIN + HOUR)
        clocking.after(session, case, "assign", BEGIN + HOUR)
        clocking.after(session, case, "investigate", BEGIN + 9 * HOUR)
        assert running(session, case).keys() == {
            "complaint.remedy_answer",
            "complaint.progress",
        }
        late = last(session, case, "complaint.investigate")
        assert late.stopped_at is not None
        assert late.stopped_at > late.due_at


@pytest.mark.clause("S1-133", "S2-47", "S4-171")
def test_a_complaint_has_the_time_of_its_class(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "complaint", liability_class=None)
        clocking.after(session, case, "assign", BEGIN)
        assert not any("finish" in rule for rule in running(session, case))
        edit(session, case, BEGIN, liability_class="class_1")
        assert running(session, case)["complaint.finish.class_1"] == "2026-11-26 18:00"
        edit(session, case, BEGIN + DAY, liability_class="class_2")
        found = running(session, case)
        assert "complaint.finish.class_1" not in found
        assert found["complaint.finish.class_2"] == "2026-12-09 18:00"
        edit(session, case, BEGIN + DAY, planned_finish=dt.date(2026, 12, 1))
        assert running(session, case)["complaint.finish.class_2"] == "2026-12-01 18:00"
        edit(session, case, BEGIN + DAY, liability_class="class_1")
        assert running(session, case)["complaint.finish.class_1"] == "2026-11-27 18:00"
        clocking.after(session, case, "handle", BEGIN + DAY)
        edit(session, case, BEGIN + DAY, liability_class="class_3")
        assert not any("finish" in rule for rule in running(session, case))


@pytest.mark.clause("S1-51", "S1-134", "S2-31", "S2-41", "S2-45", "S3-31")
def test_the_customer_hears_of_progress_and_of_the_result(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "complaint")
        clocking.after(session, case, "reply", BEGIN + DAY)
        assert running(session, case)["complaint.progress"] == "2026-11-27 18:00"
        clocking.after(session, case, "handle", BEGIN + DAY)
        found = running(session, case)
        assert found["complaint.result_feedback"] == "2026-11-24 18:00"
        clocking.after(session, case, "revisit", BEGIN + DAY + HOUR)
        assert "complaint.result_feedback" not in running(session, case)


def test_a_reopened_complaint_begins_a_new_round(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "complaint")
        case.state = "closed"
        clocking.after(session, case, "close", BEGIN + DAY)
        assert running(session, case) == {}
        case.state = "reopened"
        clocking.after(session, case, "reopen", BEGIN + 3 * DAY)
        assert running(session, case) == {
            "complaint.first_reply": "2026-11-27 10:00",
            "complaint.remedy_answer": "2026-11-29 18:00",
            "complaint.progress": "2026-11-29 18:00",
        }
        assert last(session, case, "complaint.first_reply").round == 2


@pytest.mark.clause("S3-25", "S3-26", "S3-75")
@pytest.mark.parametrize("name", ["agreed_arrival_at", "visit_at"])
def test_repair_staff_arrive_in_half_an_hour_or_when_agreed(
    as_actor: AsActor, office: Office, name: str
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "repair")
        assert running(session, case) == {}
        clocking.after(session, case, "dispatch", BEGIN)
        assert running(session, case) == {"repair.arrival": "2026-11-23 10:30"}
        edit(session, case, BEGIN + HOUR / 4, **{name: at("2026-11-24 15:00")})
        assert running(session, case) == {"repair.appointment": "2026-11-24 15:00"}
        clocking.after(session, case, "arrive", at("2026-11-24 14:50"))
        assert running(session, case) == {}
        clocking.after(session, case, "dispatch", at("2026-11-25 09:00"))
        assert running(session, case) == {"repair.arrival": "2026-11-25 09:30"}


@pytest.mark.clause("S4-99", "S4-171", "S4-188", "S4-229")
def test_a_rectification_is_notified_in_a_day_and_done_by_its_date(
    as_actor: AsActor, office: Office
) -> None:
    day = dt.date(2026, 11, 30)
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "corrective_action")
        case.finish_by = day  # type: ignore[attr-defined]  # of this kind of case
        assert running(session, case) == {"rectification.notice": "2026-11-24 10:00"}
        clocking.after(session, case, "notice", BEGIN + HOUR)
        assert running(session, case) == {"rectification.finish": "2026-11-30 18:00"}
        works = opened(session, office, "engineering_revisit", finish_by=day)
        assert running(session, works) == {}
        clocking.after(session, works, "rectify", BEGIN + HOUR)
        assert running(session, works) == {
            "engineering.rectification": "2026-11-30 18:00"
        }


@pytest.mark.clause("S4-88", "S4-221", "S4-222", "S4-223", "S0-71", "S4-38")
@pytest.mark.parametrize(
    ("source", "kind", "rule", "due"),
    [
        ("repair", "safety", "revisit.repair.safety", "2026-11-25 18:00"),
        ("repair", "gas", "revisit.repair.safety", "2026-11-25 18:00"),
        ("repair", "leak", "revisit.repair.leak", "2026-11-26 18:00"),
        ("repair", "electric", "revisit.repair.other", "2026-11-30 18:00"),
        ("repair", None, "revisit.task", "2026-11-26 18:00"),
        ("complaint", None, "revisit.complaint", "2026-11-26 18:00"),
        ("new_owner", None, "revisit.new_owner", "2026-11-30 18:00"),
        ("periodic", None, "revisit.periodic", "2026-11-26 18:00"),
    ],
)
def test_a_revisit_has_the_time_of_what_it_follows(
    as_actor: AsActor,
    office: Office,
    source: str,
    kind: str | None,
    rule: str,
    due: str,
) -> None:
    with as_actor("supervisor") as session, writing(session):
        before = opened(session, office, "repair", repair_kind=kind)
        case = opened(
            session, office, "revisit", source_kind=source, source_id=before.id
        )
        assert running(session, case) == {rule: due}


@pytest.mark.clause("S4-150", "S1-94", "S4-109")
def test_dates_in_the_case_are_announced_beforehand(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("supervisor") as session, writing(session):
        signed = opened(session, office, "revisit_agreement")
        edit(session, signed, BEGIN, valid_until=dt.date(2027, 11, 22))
        assert running(session, signed) == {
            "revisit_agreement.expiring": "2027-10-23 18:00"
        }
        card = opened(session, office, "card", valid_until=dt.date(2028, 11, 22))
        assert running(session, card) == {"card.expiring": "2028-10-23 18:00"}
        card.valid_until = dt.date(2029, 11, 22)  # type: ignore[attr-defined]
        clocking.after(session, card, "extend", BEGIN)
        assert running(session, card) == {"card.expiring": "2029-10-23 18:00"}
        visit = opened(session, office, "home_visit", visit_on=dt.date(2026, 12, 1))
        assert running(session, visit) == {
            "home_visit.notice": "2026-11-29 18:00",
            "home_visit.visit": "2026-12-01 18:00",
        }


@pytest.mark.clause("S0-18", "S3-34", "S1-72", "S1-32", "S1-34", "S0-72", "S2-14")
def test_other_clocks_of_the_office(as_actor: AsActor, office: Office) -> None:
    with as_actor("") as session, writing(session):
        event = opened(session, office, "incident")
        assert running(session, event) == {"incident.inform": "2026-11-23 10:30"}
        slip = opened(session, office, "release_pass")
        clocking.after(session, slip, "issue", BEGIN)
        assert running(session, slip) == {"release_pass.recover": "2026-11-23 18:00"}
        change = opened(session, office, "transfer")
        clocking.after(session, change, "see_papers", BEGIN + 9 * HOUR)
        assert running(session, change) == {"transfer.inform": "2026-11-24 18:00"}
        report = opened(session, office, "periodic_report")
        assert running(session, report) == {}
        clocking.after(session, report, "raise", BEGIN, on=dt.date(2026, 11, 25))
        assert running(session, report) == {"duty.due": "2026-11-25 18:00"}
