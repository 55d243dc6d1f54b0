"""What returns with the calendar: done in its time, or missed; plans of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.moves import Add, Change, Facts, Let, Move, Order, by_me, guard, today
from core.words import _
from rules.flows.rounds import GIVE
from rules.guards import CHIEF


@guard("S0-72", "S4-206")
def of_that_role(facts: Facts) -> str | None:
    """A duty is done by whoever has its role or was given it."""
    if facts.me is None or facts["holder_id"] == facts.me:
        return None
    if facts.roles & {CHIEF, facts["role"]}:
        return None
    return _("This is somebody else's duty.")


DUTY = (
    Move(
        "finish",
        ("办完了", "Done"),
        "done",
        ("due",),
        sets={"done_on": today, "done_by_id": by_me},
        guards=(of_that_role,),
        rules=("S0-72", "S4-206"),
        main=True,
    ),
    Move(
        "skip",
        ("本期不办", "Not this time"),
        "missed",
        ("due",),
        actions=("assign",),
        asks=("reason",),
        rules=("S4-206",),
    ),
    GIVE,
)
ITEM = "work_plan_item"
SAME = ("matter", "revisit", "revisit_plan_id", "responsible_id", "due_on")
"""What a piece of work keeps in the next plan."""


def _left(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if not item["done"]]


@guard("S3-66")
def nothing_left(facts: Facts) -> str | None:
    """A plan is carried out when all its work is done; the rest rolls on."""
    left = _left(facts.lines[ITEM])
    if not left:
        return None
    return _("{n} pieces of work are not done; the next plan takes them.", n=len(left))


def _rolled(facts: Facts) -> Iterable[Order]:
    """The plan before ends with this one, and what is not done rolls into it."""
    for plan in facts.found("work_plan", "project_id", facts["project_id"]):
        same = all(plan[n] == facts[n] for n in ("plan_kind", "holder_id"))
        before = plan["state"] == "planned" and plan["period"] < facts["period"]
        if not (same and before):
            continue
        for item in _left(facts.found(ITEM, "work_plan_id", plan["id"])):
            yield Add(ITEM, {name: item[name] for name in SAME} | {"week": 1})
            yield Change(ITEM, item["id"], {"rolled_over": True})
        yield Let("work_plan", plan["id"], "roll_on")


WORK_PLAN_BEGINS = Move("plan", ("制定", "Plan"), then=(_rolled,), rules=("S3-66",))
WORK_PLAN = (
    Move(
        "finish",
        ("计划期满，完成", "Carried out"),
        "done",
        ("planned",),
        guards=(nothing_left,),
        rules=("S3-66",),
        main=True,
    ),
    Move(
        "roll_on",
        ("滚入下一计划", "Rolled on"),
        "done",
        ("planned",),
        automatic=True,
        rules=("S3-66",),
    ),
    Move(
        "close",
        ("总结评比", "Appraise"),
        "closed",
        ("done",),
        actions=("review",),
        asks=("appraisal",),
        sets={"appraised_by_id": by_me, "appraised_on": today},
        rules=("S4-206", "S4-231"),
        main=True,
    ),
)
