"""Corrective actions, from the notice to the customer who is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.moves import (
    Change,
    Facts,
    Move,
    Order,
    always,
    at_once,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.flows.marks import (
    ASSIGNED,
    FOLLOWED,
    GOES_ON,
    PAUSE,
    RESUME,
    reopen,
    tell,
)
from rules.guards import all_closed, four_eyes, has_customer

CORRECTIVE_BEGINS = Move(
    "raise",
    ("提出整改", "Raise"),
    then=(tell("head", words=("有一项整改交给您部门", "To be put right by you")),),
    rules=("S0-65", "S0-70", "S4-71", "S4-85"),
)


@guard("S4-188", "S4-171")
def has_finish_date(facts: Facts) -> str | None:
    """A rectification has a date by which it is done."""
    if facts["finish_by"] or not facts.is_on("rectification.deadline_required"):
        return None
    return _("Say by which date it is put right.")


@guard("S4-73")
def customer_told(facts: Facts) -> str | None:
    """Whoever raised it hears of it; within the house nobody has to."""
    if facts.state == "told" or not has_customer(facts):
        return None
    return _("Tell the customer first.")


def _in_minutes(facts: Facts, **told: Any) -> Iterable[Order]:
    """The minutes in which it stands say how it stands."""
    for line in facts.linked("meeting_action"):
        yield Change("meeting_action", line["id"], told)


def _settled(facts: Facts) -> Iterable[Order]:
    done = {"done_on": today(facts), "result": facts["implementation"]}
    return _in_minutes(facts, **done)


def _unsettled(facts: Facts) -> Iterable[Order]:
    return _in_minutes(facts, done_on=None)


CORRECTIVE_ACTION = (
    Move(
        "notice",
        ("发整改通知单", "Issue the notice"),
        "noticed",
        ("raised",),
        actions=("update", "assign"),
        asks=("holder_id",),
        offers=("department_id", "finish_by", "remedial_measure"),
        sets={"noticed_at": at_once},
        guards=(has_finish_date,),
        then=(ASSIGNED,),
        rules=("S4-229", "S2-30"),
        main=True,
    ),
    Move(
        "analyse",
        ("分析原因", "Analyse the cause"),
        "analysed",
        ("noticed",),
        asks=("cause_analysis",),
        rules=("S4-70", "S0-64"),
        main=True,
    ),
    Move(
        "plan",
        ("定措施", "Plan the measures"),
        "planned",
        ("noticed", "analysed"),
        asks=("corrective_measure",),
        offers=("preventive_measure", "finish_by"),
        rules=("S4-71", "S0-65"),
        main=True,
    ),
    Move(
        "execute",
        ("报整改完成", "Report put right"),
        "executed",
        ("planned",),
        asks=("implementation",),
        sets={**GOES_ON, "executed_at": at_once},
        then=(tell("supervisor", words=("整改完成，待验收", "Put right: to accept")),),
        rules=("S4-72", "S4-130"),
        main=True,
    ),
    Move(
        "accept",
        ("验收合格", "Accept"),
        "accepted",
        ("executed",),
        actions=("accept", "approve"),
        offers=("acceptance_note", "recurring"),
        sets={
            "acceptance": always("passed"),
            "accepted_by_id": by_me,
            "accepted_at": at_once,
        },
        guards=(
            four_eyes(
                "four_eyes.corrective_acceptance",
                ("holder_id",),
                lambda: _("You put this right; somebody else accepts it."),
                "S4-73",
            ),
        ),
        rules=("S4-73",),
        main=True,
    ),
    Move(
        "reject",
        ("验收不合格，退回", "Not accepted: send back"),
        "noticed",
        ("executed",),
        actions=("accept", "approve"),
        asks=("acceptance_note",),
        sets={"acceptance": always("failed")},
        then=(ASSIGNED,),
        rules=("S4-73", "S4-182"),
    ),
    Move(
        "tell",
        ("告知业主", "Tell the customer"),
        "told",
        ("accepted",),
        actions=("update", "accept"),
        asks=("told_how",),
        sets={"told_at": at_once},
        rules=("S4-73",),
        main=True,
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("accepted", "told"),
        actions=("update", "accept"),
        guards=(customer_told, all_closed),
        then=(_settled,),
        rules=("S4-73", "S0-77", "S4-194"),
        main=True,
    ),
    PAUSE,
    RESUME,
    *FOLLOWED,
    reopen("noticed", "closed", actions=("accept", "approve"), then=(_unsettled,)),
)
