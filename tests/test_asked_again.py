"""Is it fixed yet, the same again, several homes at once."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.audit import history
from core.db import now, writing
from core.messages import Message
from core.record import Case
from models import Reply, Setting
from tests.browser.scenes import household
from tests.calls import HERE, Desk
from tests.cast import Office
from tests.conftest import AsActor, Client

pytestmark = pytest.mark.once


@pytest.fixture
def desk(client: Client, as_actor: AsActor, office: Office) -> Desk:
    household(as_actor, office)
    return Desk(client, as_actor, office)


@pytest.mark.clause("S4-184")
def test_the_same_again_within_days_is_shown_before_it_is_written(desk: Desk) -> None:
    desk.call(category="repair")
    job = desk.made("repair")
    text = desk.client("receptionist").get(HERE, at=f"{desk.office.unit}-").text
    assert f'form="ask-{job.id}"' in text
    assert re.search(r'data-when="category=repair"><strong>几天内报过', text)
    with desk.as_actor() as session, writing(session):
        case = session.get_one(Case, job.id)
        case.received_at = now() - dt.timedelta(days=8)
    text = desk.client("receptionist").get(HERE, at=f"{desk.office.unit}-").text
    assert "几天内报过" not in text


@pytest.mark.clause("S1-139", "S1-142")
def test_the_third_home_of_a_building_makes_a_group(desk: Desk) -> None:
    for unit in desk.neighbours(2):
        desk.complain(unit, days=2)
    text = desk.client("receptionist").get(HERE, at=f"{desk.office.unit}-").text
    assert 'data-when="complaint-category=environment"' in text
    desk.call(category="complaint", **{"complaint-category": "environment"})
    made = desk.made("complaint")
    assert made.group_tendency is True
    with desk.as_actor() as session:
        told = select(Message.staff_id).where(Message.record_id == made.id)
        assert desk.office.staff["manager"] in session.scalars(told).all()
    desk.call(category="complaint", **{"complaint-category": "safety"})
    assert desk.made("complaint").group_tendency is False


@pytest.mark.parametrize(
    ("days", "values"),
    [(9, {}), (1, {"category": "safety"}), (1, {"voided_at": now()})],
    ids=["too long ago", "something else", "void"],
)
def test_others_do_not_make_a_group(
    desk: Desk, days: int, values: dict[str, Any]
) -> None:
    for unit in desk.neighbours(2):
        desk.complain(unit, days, **values)
    desk.complain(desk.office.unit)
    desk.call(category="complaint", **{"complaint-category": "environment"})
    assert desk.made("complaint").group_tendency is False


@pytest.mark.clause("S3-61")
def test_is_it_fixed_yet_is_answered_and_counted(desk: Desk) -> None:
    desk.call(category="repair")
    job, receptionist = desk.made("repair"), desk.client("receptionist")
    ask = {"slug": "repair", "id": job.id, "at": f"{desk.office.unit}-"}
    answer = receptionist.post(f"{HERE}urge", ask, act="remind", content="还在漏")
    assert answer.location == f"{HERE}?at={desk.office.unit}-"
    assert desk.made("repair").urged == 1
    receptionist.post(f"{HERE}urge", ask, act="reply", content="师傅十点到")
    with desk.as_actor() as session:
        (line,) = session.scalars(select(Reply).where(Reply.case_id == job.id))
        assert (line.content, line.channel) == ("师傅十点到", "telephone")
        notes = [entry.note for entry in history(session, "repair", [job.id])]
        assert "还在漏" in notes
    text = receptionist.get(HERE, at=f"{desk.office.unit}-").text
    assert "已催 1 次" in text
    assert "receptionist 回复业主" in text


@pytest.mark.clause("S0-07")
def test_a_promise_stands_beside_what_came_of_the_call(desk: Desk) -> None:
    at = (now() + dt.timedelta(days=3)).astimezone(dt.timezone(dt.timedelta(hours=8)))
    desk.call(category="repair", promised_at=f"{at:%Y-%m-%dT%H:%M}")
    text = desk.client("receptionist").get(f"/household/{desk.office.unit}").text
    (told,) = re.findall(r'class="chip \w+">约 ([^<]+) 答复', text)
    assert told.endswith(f"{at:%H:%M}")
    assert text.count("JD-") == 1, "the repair alone, not the call that caused it"


def test_urging_from_the_household_returns_there(desk: Desk) -> None:
    desk.call(category="repair")
    ask = {"slug": "repair", "id": desk.made("repair").id, "act": "remind"}
    answer = desk.client("receptionist").post(f"{HERE}urge", ask)
    assert answer.location == f"/household/{desk.office.unit}"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"act": "close"}, 400),
        ({"act": "reply", "content": ""}, 400),
        ({"slug": "nothing"}, 404),
        ({"slug": "person"}, 404),
        ({"slug": "case"}, 404),
        ({"id": "999999"}, 404),
        ({"id": "x"}, 404),
    ],
)
def test_what_cannot_be_asked_is_refused(
    desk: Desk, changed: dict[str, str], status: int
) -> None:
    desk.call(category="repair")
    ask = {"slug": "repair", "id": desk.made("repair").id, "act": "remind"}
    answer = desk.client("receptionist").post(f"{HERE}urge", ask | changed)
    assert answer.status_code == status
    assert desk.made("repair").urged == 0


def test_only_who_deals_with_a_case_urges_it(desk: Desk) -> None:
    desk.call(category="repair")
    ask = {"slug": "repair", "id": desk.made("repair").id, "act": "remind"}
    assert desk.client("guard").post(f"{HERE}urge", ask).status_code == 404
    desk.call("guard", category="repair")
    ask["id"] = desk.made("repair").id
    assert desk.client("guard").post(f"{HERE}urge", ask).status_code == 403


def test_settings_without_sense_stop_nobody(desk: Desk, as_actor: AsActor) -> None:
    with as_actor() as session, writing(session):
        for code in (
            "repeat.days",
            "complaint.group.days",
            "complaint.group.households",
            "complaint.group.same",
            "promise.today",
        ):
            query = select(Setting).where(Setting.code == code)
            session.scalars(query).one().value = "七,x"
    receptionist = desk.client("receptionist")
    assert receptionist.get(HERE, at=f"{desk.office.unit}-").status_code == 200
    assert desk.call(category="complaint").status_code == 302
    assert receptionist.get(HERE, at=f"{desk.office.unit}-").status_code == 200
