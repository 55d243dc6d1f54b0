"""Surveys: handed out, closed, counted, reported, put right."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from core.moves import Add, Cause, Change, Facts, Move, Order, guard
from core.words import _

OVERALL = "overall"
CONTENT, BAD = "satisfied", "dissatisfied"


def _items(facts: Facts) -> Iterable[Order]:
    """Without items of its own it asks for the office's, eight by the procedure."""
    if facts["survey_kind"] != "topic" and not facts.lines["survey_item"]:
        for item in facts.several("survey.items"):
            yield Add("survey_item", {"item": item})


@guard("S4-186", "S4-216", "S4-241")
def has_questions(facts: Facts) -> str | None:
    """A special topic is not handed out without a question on it."""
    if facts.lines["survey_item"] or facts["survey_kind"] != "topic":
        return None
    return _("Write down what is asked first.")


def counted(answers: Iterable[Any], field: str) -> tuple[int, int]:
    """(valid answers, satisfied ones) to one question."""
    said = [row[field] for row in answers if row.get(field)]
    return len(said), sum(word == CONTENT for word in said)


def rate(answered: int, satisfied: int) -> Decimal | None:
    """Satisfied in a hundred valid answers, to one place; None without any."""
    if not answered:
        return None
    return (Decimal(100 * satisfied) / answered).quantize(Decimal("0.1"))


def _returned(facts: Facts) -> int:
    return len(facts.linked("survey_answer"))


def _overall(facts: Facts) -> Decimal | None:
    return rate(*counted(facts.linked("survey_answer"), OVERALL))


def _counts(facts: Facts) -> Iterable[Order]:
    answers = facts.linked("survey_answer")
    for line in facts.lines["survey_item"]:
        if line["item"]:
            n, content = counted(answers, line["item"])
            found = {"answered": n, "satisfied": content, "rate": rate(n, content)}
            yield Change("survey_item", line["id"], found)


def _mending(facts: Facts) -> Iterable[Order]:
    """What is to be put right: where, by whom, by when."""
    yield Cause(
        "corrective_action",
        {
            "origin": "survey",
            "department_id": facts["department_id"],
            "content": facts["director_opinion"],
            "finish_by": facts["rectify_by"],
        },
    )


SURVEY = (
    Move(
        "hand_out",
        ("发放", "Hand out"),
        "open",
        ("drafted",),
        asks=("issued_count", "period_from", "period_to"),
        guards=(has_questions,),
        then=(_items,),
        rules=("S4-185", "S4-186"),
        main=True,
    ),
    Move(
        "close",
        ("截止", "Close"),
        "closed",
        ("open",),
        actions=("close",),
        rules=("S4-187",),
        main=True,
    ),
    Move(
        "analyse",
        ("统计", "Count"),
        "analysed",
        ("closed", "analysed"),
        actions=("analyse",),
        asks=("common_opinions",),
        offers=("for_meeting",),
        sets={"returned_count": _returned, "overall_rate": _overall},
        then=(_counts,),
        rules=("S4-187", "S4-194"),
        main=True,
    ),
    Move(
        "rectify",
        ("责成整改", "Have it put right"),
        sources=("analysed", "reported"),
        actions=("approve", "update"),
        asks=("director_opinion", "department_id", "rectify_by"),
        then=(_mending,),
        rules=("S4-188",),
    ),
    Move(
        "report",
        ("书面上报", "Report"),
        "reported",
        ("analysed",),
        actions=("analyse",),
        asks=("reported_on",),
        rules=("S4-187",),
        main=True,
    ),
    Move(
        "tell_committee",
        ("通报业委会", "Tell the owners' committee"),
        sources=("reported",),
        actions=("update", "approve"),
        asks=("committee_told_on",),
        rules=("S4-190",),
    ),
)
