"""Rounds: visits to households and finished works, and the plans that they follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from core.moves import (
    Cause,
    Facts,
    Go,
    Move,
    Order,
    Tell,
    at_once,
    by_me,
    guard,
    once,
)
from core.words import _
from rules.flows.marks import ASSIGNED, REPLY, STOCKTAKE, raised
from rules.guards import four_eyes

GIVE = Move(
    "assign",
    ("改派", "Give to somebody else"),
    actions=("assign",),
    asks=("holder_id",),
    offers=("reason",),
    then=(ASSIGNED,),
    rules=("S4-217",),
)


def heard(*sources: str) -> tuple[Move, ...]:
    """What is heard on a visit becomes a record of its own, during it or later."""
    return tuple(
        Move(
            f"hear_{slug}",
            title,
            sources=sources,
            asks=("reason",),
            then=(partial(_passed_on, slug),),
            rules=("S4-117", "S4-86"),
        )
        for slug, title in (
            ("complaint", ("听到投诉，转单", "Complaint heard")),
            ("repair", ("要报修，转单", "Repair asked for")),
            ("suggestion", ("有建议，转单", "Suggestion heard")),
        )
    )


def _passed_on(slug: str, facts: Facts) -> Iterable[Order]:
    yield Cause(slug, {"content": facts["reason"]})


# Visits to households.


@guard("S4-109")
def told_in_time(facts: Facts) -> str | None:
    """The owner is told some days before, or the reason is given."""
    rules = facts.policy("deadline_rule")
    days = [r["amount"] for r in rules if r["code"] == "home_visit.notice"]
    if not days or not facts["visit_on"] or facts["reason"]:
        return None
    left = (facts["visit_on"] - facts.day(facts.now)).days
    if left >= days[0]:
        return None
    return _("Tell the owner {n} days before, or say why it is sooner.", n=days[0])


@guard("S4-110")
def is_prepared(facts: Facts) -> str | None:
    """Nobody calls without the questionnaire and the reply slip."""
    if {"questionnaire", "reply_slip"} <= set(facts["tools_prepared"] or ()):
        return None
    return _("Take the questionnaire and the reply slip along.")


@guard("S4-117")
def told_of(facts: Facts) -> str | None:
    """A complaint that was heard has become a record of its own."""
    if not facts["complaints_heard"] or facts.caused:
        return None
    return _("What was heard there is not passed on yet: make a record of it first.")


HOME_VISIT = (
    Move(
        "tell_owner",
        ("通知业主", "Tell the owner"),
        "owner_told",
        ("planned", "owner_told"),
        asks=("visit_on",),
        offers=("time_slot", "team", "reason"),
        sets={"owner_told_at": at_once},
        guards=(told_in_time,),
        rules=("S4-109", "S4-111"),
        main=True,
    ),
    Move(
        "visit",
        ("登记走访", "Record the visit"),
        "visited",
        ("owner_told",),
        asks=("satisfaction", "tools_prepared"),
        offers=(
            "team",
            "strengths",
            "weaknesses",
            "cleaning_opinion",
            "safety_opinion",
            "repair_opinion",
            "complaints_heard",
            "environment_opinion",
            "fee_opinion",
        ),
        sets={"visited_at": once("visited_at")},
        guards=(is_prepared,),
        rules=("S4-103", "S4-115", "S4-116", "S4-118", "S4-119", "S4-36"),
        main=True,
    ),
    Move(
        "postpone",
        ("没在家，改期", "Nobody in: another day"),
        "planned",
        ("owner_told",),
        asks=("visit_on", "reason"),
        rules=("S4-109",),
    ),
    Move(
        "summarise",
        ("汇总", "Sum up"),
        "summarised",
        ("visited",),
        asks=("summary",),
        offers=("improvements", "record_complete"),
        guards=(told_of,),
        rules=("S4-113", "S4-120", "S4-121"),
        main=True,
    ),
    Move(
        "feed_back",
        ("反馈业主", "Report back to the owner"),
        "fed_back",
        ("summarised",),
        asks=("solution", "timetable"),
        offers=("opinion_asked", "owner_answer"),
        sets={"fed_back_at": at_once},
        rules=("S4-114", "S4-122"),
        main=True,
    ),
    *heard("owner_told", "visited", "summarised", "fed_back"),
    replace(GIVE, offers=("visit_on", "reason"), rules=("S4-111", "S4-217")),
    STOCKTAKE,
)

# Visits to finished works.


@guard("S4-95", "S4-96")
def without_problem(facts: Facts) -> str | None:
    """What has a problem is not closed before it was put right."""
    if not facts["problem"]:
        return None
    return _("There is a problem: have it put right first.")


def _mine_to_mend() -> str:
    return _("Whoever put it right does not accept it.")


def _grave(facts: Facts) -> Iterable[Order]:
    """A grave problem goes up at once, and on by its ladder."""
    if facts["urgency"] == "major":
        yield raised(facts, "major")
        words = ("工程回访发现重大问题", "A grave problem was found in finished works")
        yield Tell(("supervisor", "manager"), words, urgent=True)


ENGINEERING_REVISIT = (
    Move(
        "visit",
        ("登记回访", "Record the revisit"),
        "visited",
        ("planned",),
        asks=("mode", "satisfaction"),
        offers=(
            "structure_quality",
            "material_quality",
            "equipment_quality",
            "function_state",
            "maintenance",
            "safety_hazards",
            "problem",
            "photographed",
        ),
        sets={"visited_at": once("visited_at")},
        then=(lambda facts: [Go("note_problem")] if facts["problem"] else [],),
        rules=("S4-68", "S4-92", "S4-93", "S4-94", "S4-66", "S4-67"),
        main=True,
    ),
    Move(
        "note_problem",
        ("登记问题", "Problem registered"),
        sources=("visited",),
        sets={"problem_at": at_once},
        automatic=True,
        rules=("S4-69",),
    ),
    Move(
        "rectify",
        ("下整改", "Have it put right"),
        "rectifying",
        ("visited",),
        asks=(
            "problem",
            "defect_kind",
            "urgency",
            "rectification_plan",
            "department_id",
            "photographed",
        ),
        offers=("problem_cause", "impact", "finish_by", "holder_id"),
        sets={"problem_at": once("problem_at")},
        then=(ASSIGNED, _grave),
        rules=("S4-63", "S4-70", "S4-71", "S4-96", "S4-98", "S4-99", "S4-100"),
        main=True,
    ),
    Move(
        "accept",
        ("验收合格", "Accept"),
        "accepted",
        ("rectifying",),
        offers=("executed_at",),
        sets={
            "executed_at": once("executed_at"),
            "accepted_by_id": by_me,
            "accepted_at": at_once,
        },
        guards=(
            four_eyes(
                "four_eyes.corrective_acceptance",
                ("holder_id",),
                _mine_to_mend,
                "S4-73",
            ),
        ),
        rules=("S4-72", "S4-73"),
        main=True,
    ),
    Move(
        "tell",
        ("告知业主", "Tell the customer"),
        "told",
        ("accepted",),
        sets={"told_at": at_once},
        rules=("S4-73",),
        main=True,
    ),
    Move(
        "close",
        ("出报告，关闭", "Report and close"),
        "closed",
        ("told",),
        asks=("report",),
        rules=("S4-97",),
        main=True,
    ),
    Move(
        "close_quietly",
        ("没有问题，出报告关闭", "No problem: report and close"),
        "closed",
        ("visited",),
        asks=("report",),
        guards=(without_problem,),
        rules=("S4-97",),
        main=True,
    ),
    GIVE,
    REPLY,
    STOCKTAKE,
)

# What they follow.

REVISIT_PLAN = (
    Move(
        "finish",
        ("执行完", "Carried out"),
        "done",
        ("planned",),
        asks=("outcome",),
        offers=("targets", "focus", "materials"),
        rules=("S4-83", "S4-87"),
        main=True,
    ),
    Move("close", ("归档", "File"), "closed", ("done",), rules=("S4-206",), main=True),
    GIVE,
)
