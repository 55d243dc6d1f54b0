"""Door to door: one tap each, sent twice and done once; planning of a building."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core import posted
from core.db import now, writing
from core.words import _
from models import Unit
from tests.lives import Life, picked
from tests.office_time import today
from tests.test_rounds import home_visit
from tests.test_work_lives import mended

pytestmark = pytest.mark.once

JSON = {"Accept": "application/json"}
DOORS, PLAN = "/revisits/doors/", "/revisits/plan"


def task(life: Life, **more: Any) -> int:
    """A revisit of the household, in the receptionist's hands."""
    told = {"source_kind": "periodic", "content": "定期回访", **life.at_home()}
    key = life.write("supervisor", "revisit", **(told | more))
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", key, "assign", **holder)
    return key


def answered(
    life: Life, key: int, said: str, slug: str = "revisit", **more: Any
) -> TestResponse:
    """An answer as the page without its script sends it."""
    sent = {"slug": slug, "id": key, "result": said, "token": secrets.token_hex(16)}
    return life.client("receptionist").post(DOORS, {**sent, **more})


@pytest.mark.clause("S4-84", "S4-15", "S4-192")
def test_an_answer_sent_twice_is_taken_once(life: Life) -> None:
    key, token = task(life), secrets.token_hex(16)
    page = life.client("receptionist").get(DOORS).text
    assert "3-502" in page
    for _n in range(2):
        answer = answered(life, key, "satisfied", token=token, words="都好")
        assert answer.status_code == 302
    found = life.case("revisit", key)
    assert (found.state, found.satisfaction, found.feedback) == (
        "closed",
        "satisfied",
        "都好",
    )
    assert found.attempts == 1
    assert _("No visit waits for you.") in life.client("receptionist").get(DOORS).text
    again = answered(life, key, "fair")
    assert again.status_code == 302
    assert life.case("revisit", key).satisfaction == "satisfied"
    with life.as_actor() as session, writing(session):
        mine = life.office.staff["receptionist"]
        assert not posted.is_first(session, mine, token)
        posted.forget(session, now() + dt.timedelta(days=91))
        assert posted.is_first(session, mine, token)


def test_nobody_in_is_tried_again_tomorrow(life: Life) -> None:
    key = task(life)
    answered(life, key, "away")
    found = life.case("revisit", key)
    assert (found.state, found.unreached_reason) == ("not_reached", "not_home")
    assert found.retry_at > now() + dt.timedelta(hours=23)
    visit = home_visit(life, 5)
    life.does("receptionist", "home_visit", visit, "tell_owner")
    answered(life, visit, "away", slug="home_visit")
    moved = life.case("home_visit", visit)
    assert (moved.state, moved.visit_on) == (
        "planned",
        today() + dt.timedelta(days=1),
    )


@pytest.mark.clause("S4-110", "S4-117")
def test_a_household_visit_is_answered_with_its_papers(life: Life) -> None:
    visit = home_visit(life, 5)
    life.does("receptionist", "home_visit", visit, "tell_owner")
    assert (
        _("With questionnaire and reply slip")
        in life.client("receptionist").get(DOORS).text
    )
    answered(life, visit, "fair", slug="home_visit", words="灯不亮")
    assert life.state("home_visit", visit) == "owner_told"
    answered(life, visit, "fair", slug="home_visit", words="灯不亮", ready="1")
    found = life.case("home_visit", visit)
    assert (found.state, found.complaints_heard) == ("visited", "灯不亮")


@pytest.mark.clause("S2-53", "S4-224", "S4-227", "S4-228")
def test_a_charged_repair_is_checked_and_signed_at_the_door(life: Life) -> None:
    repair = mended(life)
    life.change("repair", repair, charge=50)
    key = life.caused(repair, "revisit")[0]
    life.change("revisit", key, mode="on_site", revisitor_role="receptionist")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", key, "assign", **holder)
    page = life.client("receptionist").get(DOORS).text
    assert _("Charge checked") in page
    assert _("Signed by") in page
    visitor = life.client("receptionist")
    sent = {"slug": "revisit", "id": key, "result": "satisfied"}
    sent |= {"csrf_token": visitor.token, "token": secrets.token_hex(16)}
    bare = visitor.client.post(DOORS, data=sent, headers=JSON)
    assert bare.status_code == 409
    assert (
        _("There was a charge: check it with the customer.")
        in (bare.json or {})["words"]
    )
    whole = sent | {"charge_check": "matches", "signed_by": "王建国"}
    taken = visitor.client.post(DOORS, data=whole, headers=JSON)
    assert taken.status_code == 200
    assert life.state("revisit", key) == "closed"
    assert life.state("repair", repair) == "done"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"token": "x"}, 400),
        ({"result": "great"}, 400),
        ({"slug": "complaint"}, 400),
        ({"slug": "revisit", "id": "999999"}, 404),
        ({"unsigned_reason": "no such"}, 400),
        ({"words": "\x00"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(
    life: Life, wrong: dict[str, str], status: int
) -> None:
    key = task(life)
    sent = {"slug": "revisit", "id": key, "result": "fair", "token": "a" * 32}
    answer = life.client("receptionist").post(DOORS, sent | wrong)
    assert answer.status_code == status
    assert life.state("revisit", key) == "planned"


def test_others_do_not_get_in(life: Life) -> None:
    key = task(life)
    for path in (DOORS, "/revisits/"):
        assert life.client("guard").get(path).status_code == 403
    assert life.client("receptionist").get("/revisits/").status_code == 403
    sent = {"slug": "revisit", "id": key, "result": "fair", "token": "a" * 32}
    assert life.client("outsider").post(DOORS, sent).status_code == 404
    assert life.client("receptionist").post(PLAN, {}).status_code == 403


@pytest.mark.clause("S4-77", "S4-50", "S4-51", "S4-83", "S4-124")
def test_a_building_is_planned_for_a_day_and_somebody(life: Life) -> None:
    free = life.write(
        "supervisor", "revisit", source_kind="periodic", content="甲", **life.at_home()
    )
    leader = life.write(
        "supervisor",
        "revisit",
        source_kind="director",
        content="乙",
        revisitor_role="manager",
        **life.at_home(),
    )
    own = life.caused(mended(life), "revisit")[0]
    life.change("revisit", own, revisitor_role="receptionist")
    source = life.case("revisit", own).source_id
    life.change("repair", source, holder_id=life.office.staff["receptionist"])
    visit = home_visit(life, 9)
    day = today() + dt.timedelta(days=4)
    with life.as_actor() as session:
        building = session.get_one(Unit, life.office.unit).building_id
    sent = {
        "building": building,
        "holder": life.office.staff["receptionist"],
        "day": day.isoformat(),
    }
    answer = life.client("supervisor").post(PLAN, sent)
    assert answer.status_code == 302
    planned = life.case("revisit", free)
    assert (planned.holder_id, planned.plan_on) == (sent["holder"], day)
    assert planned.next_due_at.date() == day
    assert life.case("revisit", leader).plan_on is None
    assert life.case("revisit", own).plan_on is None
    assert life.case("home_visit", visit).visit_on == day
    for wrong in ({"day": "2020-01-01"}, {"day": "soon"}):
        assert life.client("supervisor").post(PLAN, sent | wrong).status_code == 400
    foreign = {"building": 999_999}
    assert life.client("supervisor").post(PLAN, sent | foreign).status_code == 404


@pytest.mark.clause("S4-50", "S4-145", "S2-53", "S4-218", "S4-219", "S4-220")
def test_the_heads_see_how_far_the_month_is(life: Life) -> None:
    for _n in range(3):
        mended(life)
    done = task(life)
    answered(life, done, "satisfied")
    page = life.client("supervisor").get("/revisits/").text
    for words in ("10 %", "30 %", "60 %", "维修负责人", "100 %"):
        assert words in page
    assert life.client("manager").get("/revisits/").status_code == 200
