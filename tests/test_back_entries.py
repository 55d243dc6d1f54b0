"""What was written on paper is entered afterwards, with the time at which it came."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import Clock
from core.db import now
from core.words import _
from tests.calls import HERE
from tests.lives import Life
from views.values import zone

QUEUE = "/queues/back-entries/"


def written(life: Life, **more: Any) -> int:
    """A line of the daily record that was written while the system was away."""
    told = {
        "sheet": "daily_record",
        "day": f"{now().date() - dt.timedelta(days=5)}",
        "content": "3-502 来电：厨房漏水",
        "reason": "system_fault",
    }
    return life.write("receptionist", "daily_log", **(told | more))


def call(life: Life, line: int | str = "", **said: Any) -> Any:
    """The telephone's screen, sent with what came back then."""
    told = {"channel": "telephone", "category": "complaint", "content": "厨房漏水"}
    told |= {"unit_id-id": str(life.office.unit), "line": str(line)}
    return life.client("receptionist").post(HERE, told | said)


@pytest.mark.clause("S2-34", "S2-35")
def test_a_line_of_the_daily_record_becomes_a_record_of_its_own_time(
    life: Life,
) -> None:
    key = written(life)
    written(life, reason="", content="平安无事")
    desk = life.client("receptionist")
    assert _("{n} lines of the daily record wait to be entered.", n=1) in (
        desk.get("/").text
    )
    text = desk.get(QUEUE).text
    assert "厨房漏水" in text
    assert "平安无事" not in text
    assert _("overdue") in text
    (way,) = re.findall(rf'href="({HERE}\?line=\d+)"', text)
    text = desk.get(way).text
    assert "厨房漏水" in text
    assert f'name="line" value="{key}"' in text
    late = {"back_reason": "system_fault"}
    answer = call(life, key, **late)  # without its time
    assert answer.status_code == 400
    assert _("Say when it came.") in answer.text
    last_year = f"{now().year - 1}-12-31T23:30"
    assert call(life, key, **late, received_at=last_year).status_code == 302
    (reception,) = life.lines("reception")
    (key_of,) = life.caused(reception.id, "complaint")
    came = life.case("complaint", key_of)
    assert reception.back_reason == "system_fault"
    assert reception.received_at == came.received_at
    assert f"{now().year - 1}-0001" in reception.number
    assert f"{now().year - 1}-0001" in came.number
    with life.as_actor() as session:
        begun = session.scalars(select(Clock).where(Clock.case_id == key_of)).all()
        assert begun
        assert {one.started_at for one in begun} == {came.received_at}
    page = desk.get("/reception/details/", id=reception.id).text
    assert '<span class="chip flat">补录</span>' in page
    assert "系统故障" in desk.get("/reception/print/", id=reception.id).text
    (line,) = life.lines("daily_log", id=key)
    assert (line.back_entered, line.case_id) == (True, key_of)
    assert line.back_entered_at is not None
    # it is entered once
    assert desk.get(way).status_code == 409
    assert call(life, key, **late, received_at=last_year).status_code == 409
    assert "厨房漏水" not in desk.get(QUEUE).text


def test_the_clocks_before_saving_count_from_then(life: Life) -> None:
    desk = life.client("receptionist")
    asked = {"category": "complaint"}
    long_ago = {"received_at": "2026-01-05T20:00", "back_reason": "out"}
    assert '"late"' not in desk.get(f"{HERE}clocks", **asked).text
    assert '"late"' in desk.get(f"{HERE}clocks", **asked, **long_ago).text


def test_a_foreign_line_and_one_without_rights_are_not_there(life: Life) -> None:
    key = written(life)
    assert life.client("outsider").get(HERE, line=key).status_code == 404
    assert life.client("outsider").get(QUEUE).status_code == 200
    assert "厨房漏水" not in life.client("outsider").get(QUEUE).text
    assert life.client("admin").get(QUEUE).status_code == 403
    text = life.client("auditor").get(QUEUE).text
    assert "厨房漏水" in text
    assert f"{HERE}?line" not in text
    assert life.client("receptionist").get(HERE, line="no").status_code == 404


def test_a_line_found_by_a_word_stays_with_its_call(life: Life) -> None:
    key = written(life)
    answer = life.client("receptionist").get(HERE, q="3-502", line=key)
    assert answer.location.endswith(f"at={life.office.unit}-&line={key}")
    today = f"{now().astimezone(zone_of(life)):%Y-%m-%dT00:00}"
    late = {"back_reason": "power_cut", "received_at": today}
    answer = call(life, key, **late, another="1")
    assert answer.location.endswith(HERE)


def zone_of(life: Life) -> dt.tzinfo:
    """The office's time zone."""
    with life.as_actor() as session:
        return zone(session)
