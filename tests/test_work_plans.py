"""Plans of work: what is not done rolls into the next one, until it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.db import now
from core.words import _
from models import WorkPlan
from tests.lives import Life, picked
from tests.office_time import HERE
from views import duties

pytestmark = pytest.mark.once


def left(n: int) -> str:
    """What stands in the way of a plan with so much left."""
    return _("{n} pieces of work are not done; the next plan takes them.", n=n)


def plan(life: Life, job: str, period: str, *work: str, **more: Any) -> int:
    """Somebody's plan with its work."""
    told = {"plan_kind": "monthly", "period": period, "content": "月度目标"} | more
    told |= {f"part-work_plan_item-{n}-matter": one for n, one in enumerate(work)}
    return life.write(job, "work_plan", **told)


def work(life: Life, key: int) -> list[tuple[str, bool, bool]]:
    """What stands in a plan: the work, whether done, whether rolled over."""
    lines = life.lines("work_plan_item", work_plan_id=key)
    return [(line.matter, line.done, line.rolled_over) for line in lines]


@pytest.mark.clause("S3-66", "S4-206", "S4-231")
def test_what_is_not_done_rolls_from_plan_to_plan(life: Life) -> None:
    first = plan(life, "supervisor", "2026-03", "回访独居老人", "清点钥匙")
    life.refused("supervisor", "work_plan", first, "finish", left(2))
    keys = life.lines("work_plan_item", work_plan_id=first)[1]
    life.change("work_plan_item", keys.id, done=True)
    page = life.client("supervisor").get(f"/work_plan/details/?id={first}").text
    assert left(1) in page  # said before anybody presses
    plan(life, "receptionist", "2026-04", "报事统计")  # somebody else's
    plan(life, "supervisor", "2026", plan_kind="yearly")
    plan(life, "supervisor", "2026-02")  # written late
    assert life.state("work_plan", first) == "planned"
    second = plan(life, "supervisor", "2026-04", "汛期检查")
    assert life.state("work_plan", first) == "done"
    assert work(life, first) == [
        ("回访独居老人", False, True),
        ("清点钥匙", True, False),
    ]
    assert sorted(work(life, second)) == [
        ("回访独居老人", False, False),
        ("汛期检查", False, False),
    ]
    third = plan(life, "supervisor", "2026-05")
    assert len(work(life, third)) == 2
    for line in life.lines("work_plan_item", work_plan_id=third):
        life.change("work_plan_item", line.id, done=True)
    life.does("supervisor", "work_plan", third, "finish")
    life.barred("supervisor", "work_plan", third, "close", appraisal="优秀")
    life.does("manager", "work_plan", third, "close", appraisal="优秀")
    assert life.case("work_plan", third).appraised_by_id == life.office.staff["manager"]


@pytest.mark.clause("S3-66")
def test_a_month_s_plan_is_there_a_week_before_and_whose_it_is_fills_it(
    life: Life,
) -> None:
    here = now().astimezone(HERE)
    month = here.replace(day=28, hour=12)
    with life.as_actor() as session:
        duties.run(session, month.astimezone(dt.UTC))
        query = select(WorkPlan).where(WorkPlan.project_id == life.office.home)
        plans = session.scalars(query.order_by(WorkPlan.period)).all()
        found = [one for one in plans if one.plan_kind == "monthly"]
        old, new = (one.id for one in found)
        following = (here.replace(day=28) + dt.timedelta(days=7)).strftime("%Y-%m")
        assert [one.period for one in found] == [f"{here:%Y-%m}", following]
    assert (life.state("work_plan", old), life.state("work_plan", new)) == (
        "done",
        "planned",
    )
    mine = life.case("work_plan", new)
    assert mine.holder_id == life.office.staff["receptionist"]
    told = {"plan_kind": "monthly", "period": mine.period, "version": mine.version}
    told |= {"content": "片区走访", "part-work_plan_item-0-matter": "回访新业主"}
    told |= {"part-work_plan_item-0-revisit": "y"}
    told |= picked("holder_id", life.office.staff["receptionist"])
    answer = life.client("receptionist").post(f"/work_plan/edit/?id={new}", told)
    assert answer.status_code == 302, answer.text
    assert work(life, new) == [("回访新业主", False, False)]
    life.barred("guard", "work_plan", new, "finish")
    life.refused("receptionist", "work_plan", new, "finish", left(1))
