"""The day's stocktake, and the shift handed over with the list of what is open."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import func, select

from core.chain import Change
from core.db import now, writing
from core.words import _
from models import ShiftHandover, ShiftHandoverCase
from tests.filling import make
from tests.lives import Life, picked
from views import shifts

DESK = "/handover-desk/"


def taken_in(life: Life, words: str = "楼道灯不亮") -> int:
    """A repair of the household."""
    told = {"content": words, "channel": "telephone", "repair_kind": "leak"}
    return life.write("receptionist", "repair", **told, **life.at_home())


def handed_over(life: Life, taker: str = "guard", **more: str) -> int:
    """A shift that the receptionist hands over; the id of its record."""
    told = {"content": "钥匙两把", "shift": "late", **more}
    to = picked("guard_id", life.office.staff[taker])
    answer = life.client("receptionist").post(DESK, told | to)
    assert answer.status_code == 302, answer.text
    return int(answer.location.rpartition("=")[2])


def left(text: str) -> int:
    """How many are not seen yet, by the first tab."""
    found = re.search(r'class="on"[^>]*>[^<]*<span class="soft">(\d+)', text)
    assert found
    return int(found[1])


@pytest.mark.clause("S1-47", "S1-48")
def test_whatever_is_open_is_seen_every_day_until_it_is_closed(life: Life) -> None:
    keys = [taken_in(life, f"第{n}处") for n in range(3)]
    desk = life.client("receptionist")
    assert left(desk.get(DESK, uncounted=1).text) == 3
    one, other, third = (f"repair:{key}" for key in keys)
    said = {"do": f"{one}:stocktake", f"remark-{one}": "等业主回话", "uncounted": "1"}
    assert desk.post(f"{DESK}seen", said).location.endswith("?uncounted=1")
    text = desk.get(DESK, uncounted=1).text
    assert left(text) == 2
    assert "第0处" not in text
    assert "等业主回话" in desk.get("/repair/details/", id=keys[0]).text
    desk.post(f"{DESK}seen", {"do": shifts.REMARKED, f"remark-{third}": "缺件"})
    assert left(desk.get(DESK, uncounted=1).text) == 1
    shown = {"do": shifts.EVERY, "shown": [other, third]}
    desk.post(f"{DESK}seen", shown)
    assert (
        _("Everything that is open has been seen.") in desk.get(DESK, uncounted=1).text
    )
    assert "第0处" in desk.get(DESK).text
    # the next day everything that is still open is to be seen again
    yesterday = now() - dt.timedelta(days=1)
    for key in keys:
        life.change("repair", key, stocktaken_at=yesterday)
    life.change("repair", keys[0], state="closed", open=False)
    assert left(desk.get(DESK, uncounted=1).text) == 2
    life.decide("stocktake.interval_days", "2")
    assert left(desk.get(DESK, uncounted=1).text) == 0


@pytest.mark.clause("S3-84", "S1-48")
def test_the_shift_is_handed_over_with_the_list_and_agreed_by_both(life: Life) -> None:
    keys = [taken_in(life, f"第{n}处") for n in range(2)]
    place = f"repair:{keys[0]}"
    seen = {"do": f"{place}:stocktake", f"remark-{place}": "等业主回话"}
    life.client("receptionist").post(f"{DESK}seen", seen)
    key = handed_over(life)
    (record,) = life.lines("shift_handover")
    assert record.id == key
    assert (record.receptionist_agreed, record.guard_agreed) == (True, False)
    frozen = life.lines("shift_handover_case", shift_handover_id=key)
    assert [(one.case_id, one.counted, one.remark) for one in frozen] == [
        (keys[0], True, "等业主回话"),
        (keys[1], False, None),
    ]
    # what happens to a case afterwards does not touch the list
    before = frozen[0].standing
    life.change("repair", keys[0], state="closed", open=False)
    again = life.lines("shift_handover_case", shift_handover_id=key)
    assert [one.standing for one in again] == [before, before]
    # the giver, or a third, does not agree for the taker
    agree = f"{DESK}agree"
    assert life.client("receptionist").post(agree, id=key).status_code == 409
    assert life.client("supervisor").post(agree, id=key).status_code == 409
    guard = life.client("guard")
    words = _("A shift was handed over to you: look at it and agree.")
    assert words in guard.get("/").text
    assert (
        _("I agree with this handover")
        in guard.get("/shift_handover/details/", id=key).text
    )
    assert guard.post(agree, id=key).status_code == 302
    assert guard.post(agree, id=key).status_code == 409
    assert words not in guard.get("/").text
    (record,) = life.lines("shift_handover")
    assert record.guard_agreed
    assert record.taken_at
    paper = life.client("receptionist").get("/shift_handover/print/", id=key).text
    for word in ("交班人签字", "接班人签字", "等业主回话", "guard", "receptionist"):
        assert word in paper
    numbers = [life.case("repair", one).number for one in keys]
    assert all(number in paper for number in numbers)
    with life.as_actor() as session:
        told = select(func.count(Change.id)).where(Change.slug == "shift_handover_case")
        assert session.connection().execute(told).scalar_one() == 1


def test_nobody_hands_over_to_themselves_or_to_nobody(life: Life) -> None:
    desk = life.client("receptionist")
    me = picked("guard_id", life.office.staff["receptionist"])
    answer = desk.post(DESK, {"content": "钥匙", **me})
    assert answer.status_code == 400
    words = _("Nobody hands over to themselves: choose who takes over.")
    assert words in answer.text
    assert desk.post(DESK, {"content": "钥匙"}).status_code == 400
    other = picked("guard_id", life.office.staff["outsider"])
    assert desk.post(DESK, {"content": "钥匙", **other}).status_code == 400
    assert life.lines("shift_handover") == []


def test_what_is_changed_afterwards_is_agreed_to_again(life: Life) -> None:
    taken_in(life)
    key = handed_over(life)
    life.client("guard").post(f"{DESK}agree", id=key)
    desk = life.client("receptionist")
    page = desk.get("/shift_handover/edit/", id=key).text
    assert "part-shift_handover_case" not in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    sent = {
        "version": version,
        "content": "钥匙三把",
        "handed_at": "2026-11-20T18:00",
        **picked("receptionist_id", life.office.staff["receptionist"]),
        **picked("guard_id", life.office.staff["guard"]),
    }
    answer = desk.post(f"/shift_handover/edit/?id={key}", sent)
    assert answer.status_code == 302, answer.text
    (record,) = life.lines("shift_handover")
    assert (record.receptionist_agreed, record.guard_agreed) == (True, False)
    assert record.taken_at is None
    life.change("shift_handover", key, voided_at=now(), void_reason="写错了")
    assert life.client("guard").post(f"{DESK}agree", id=key).status_code == 409


def test_only_what_one_may_see_and_do_is_there(life: Life) -> None:
    key = taken_in(life)
    assert life.client("auditor").get(DESK).status_code == 200
    assert "guard_id" not in life.client("auditor").get(DESK).text
    assert life.client("auditor").post(DESK, {}).status_code == 403
    assert f"repair:{key}:stocktake" not in life.client("auditor").get(DESK).text
    sent = {"do": f"repair:{key}:stocktake"}
    assert life.client("auditor").post(f"{DESK}seen", sent).status_code == 403
    assert life.client("outsider").post(f"{DESK}seen", sent).status_code == 404
    assert life.client("admin").get(DESK).status_code == 403
    desk = life.client("receptionist")
    for wrong in ("", "repair:1:close", "person:1:stocktake", f"repair:{key}"):
        assert desk.post(f"{DESK}seen", do=wrong).status_code == 400
    assert desk.post(f"{DESK}seen", do=shifts.EVERY).status_code == 400
    assert life.case("repair", key).stocktaken_at is None


def test_more_than_anybody_reads_is_parted_by_department(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shifts, "PORTION", 1)
    monkeypatch.setattr(shifts, "MOST", 1)
    key = taken_in(life)
    life.change("repair", key, department_id=life.office.department)
    taken_in(life)
    to = {"content": "钥匙", **picked("guard_id", life.office.staff["guard"])}
    answer = life.client("receptionist").post(DESK, to)
    assert answer.status_code == 400
    assert _("More than {n} cases are open; choose a department.", n=1) in answer.text
    made = handed_over(life, department=str(life.office.department))
    frozen = life.lines("shift_handover_case", shift_handover_id=made)
    assert [one.case_id for one in frozen] == [key]
    assert "1+" in life.client("receptionist").get("/").text


def test_however_many_are_open_each_is_handed_over_once(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [taken_in(life, f"第{n}处") for n in range(5)]
    at = life.case("repair", keys[0]).received_at
    for key in keys:  # they came in one moment, as imported ones do
        life.change("repair", key, received_at=at)
    said = {"do": shifts.REMARKED, f"remark-repair:{keys[4]}": "缺件"}
    life.client("receptionist").post(f"{DESK}seen", said)
    monkeypatch.setattr(shifts, "PORTION", 2)
    key = handed_over(life)
    frozen = life.lines("shift_handover_case", shift_handover_id=key)
    assert [one.case_id for one in frozen] == keys
    assert [one.remark for one in frozen] == [None] * 4 + ["缺件"]
    paper = life.client("receptionist").get("/shift_handover/print/", id=key).text
    assert all(life.case("repair", one).number in paper for one in keys)


def test_nothing_open_is_handed_over_too(life: Life) -> None:
    key = handed_over(life)
    assert life.lines("shift_handover_case", shift_handover_id=key) == []


def test_a_record_of_old_without_people_waits_for_nobody(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        values = {"receptionist_id": None, "guard_id": None}
        key = make(session, ShiftHandover, life.office.home, **values).id
        session.flush()
        assert session.scalars(select(ShiftHandoverCase)).all() == []
    assert life.client("guard").post(f"{DESK}agree", id=key).status_code == 409
