"""Periodic reports from the counting to their publication, and notices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.moves import (
    NOTHING,
    Cause,
    Compile,
    Facts,
    Move,
    Order,
    Tell,
    always,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.flows.marks import ESCALATE, REMIND, STOCKTAKE, tell
from rules.guards import CHIEF, four_eyes, only_when
from rules.reports.periods import BadPeriod, period

PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{3,4}-\d{7,8}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
HONOURED = "honour_roll"
"""The kind of notice that names residents."""
EVALUATION = "revisit_evaluation"
COUNT = "count"
"""What the night makes of a report that is due: figures, which nobody has analysed."""


@guard("S0-73")
def names_a_period(facts: Facts) -> str | None:
    """A report is about a month, a quarter, a half or a whole year."""
    try:
        period(facts["period"] or "")
    except BadPeriod:
        return _("Write the period as 2026-03, 2026Q1, 2026H1 or 2026.")
    return None


@guard("S0-73")
def is_counted(facts: Facts) -> str | None:
    """What goes up has its figures."""
    return None if facts["digest"] else _("Compile the report first.")


def _author(facts: Facts) -> Any:
    """Whoever compiles; where the house has, whoever submits."""
    return facts.me or facts["author_id"]


def _first_author(facts: Facts) -> Any:
    return facts["author_id"] or facts.me


ANOTHER_REVIEWS = four_eyes(
    "four_eyes.report_review",
    ("author_id",),
    lambda: _("You compiled this report; somebody else reviews it."),
    "S0-74",
)


@guard("S0-14", "S2-65")
def report_is_anonymous(facts: Facts) -> str | None:
    """What is published of a report was looked through for personal data."""
    return anonymous(facts, "analysis", "measures", "content")


def anonymous(facts: Facts, *names: str) -> str | None:
    """Refuses while the check is missing, or a text still tells how to reach people."""
    if not facts.is_on("notice.require_anonymised_check"):
        return None
    texts = [str(facts[name] or "") for name in names]
    if any(PHONE.search(text) or IDENTITY.search(text) for text in texts):
        return _("The text still holds a telephone or identity number: take it out.")
    if facts["anonymised"]:
        return None
    return _("First check that the text is free of personal data, and tick it.")


def _told_of(facts: Facts) -> str:
    """What the public reads: matters, analysis and measures."""
    texts = (facts["content"], facts["analysis"], facts["measures"])
    return "\n\n".join(text for text in texts if text) or str(facts["period"])


def _rule(facts: Facts) -> Mapping[str, Any]:
    """The office's rule for that report; empty where it has none."""
    rules = facts.policy("duty_rule")
    mine = [rule for rule in rules if rule["target"] == "periodic_report"]
    kinds = {rule["variant"]: rule for rule in mine}
    return kinds.get(facts["report_kind"], NOTHING)


@guard("S0-74", "S2-65")
def is_for_the_public(facts: Facts) -> str | None:
    """What the office's rule does not make public stays in the house."""
    if _rule(facts).get("publish", True):
        return None
    return _("By the rules of the office this report is not made public.")


@guard("S4-47")
def draws_a_conclusion(facts: Facts) -> str | None:
    """Who has weighed the revisits says what changes in their mode and rhythm."""
    if facts["report_kind"] != EVALUATION or facts["adjustments"]:
        return None
    return _("Say how mode and rhythm of the revisits are adjusted, or that they stay.")


def _to_reviewer(facts: Facts) -> Iterable[Order]:
    words = ("报表待审阅", "A report awaits your review")
    yield Tell((_rule(facts).get("reviewer") or CHIEF,), words)


def _measures(facts: Facts) -> Iterable[Order]:
    """Each measure that is not carried out yet becomes a matter of its own."""
    for item in facts.lines.get("report_item", ()):
        wanted = item["measures"] or (item["department_id"] and item["due_on"])
        begun = item["result"] or item["corrective_action_id"]
        if wanted and not begun:
            values = {
                "origin": "monthly_analysis",
                "content": item["matter"],
                "department_id": item["department_id"],
                "corrective_measure": item["measures"],
                "finish_by": item["due_on"],
            }
            place = ("report_item", item["id"], "corrective_action_id")
            yield Cause("corrective_action", values, named_by=place)


def _as_notice(facts: Facts) -> Iterable[Order]:
    title = _rule(facts).get("title_zh", facts["number"])
    yield Cause(
        "notice",
        {
            "notice_kind": "publication",
            "subject": f"{title} {facts['period']}",
            "content": _told_of(facts),
            "audience": "all_customers",
            "place_detail": facts["published_place"],
            "anonymised": True,
            "anonymised_by_id": facts.me,
            "holder_id": facts["author_id"],
        },
    )


FOLLOWED = (REMIND, STOCKTAKE, ESCALATE)

PERIODIC_REPORT = (
    Move(
        COUNT,
        ("到期统计", "Count when due"),
        "compiled",
        ("due",),
        sets={"compiled_on": today},
        guards=(names_a_period,),
        then=(lambda facts: [Compile()],),
        rules=("S0-72", "S0-73"),
        automatic=True,
    ),
    Move(
        "compile",
        ("编制", "Compile"),
        "compiled",
        ("due", "compiled", "returned"),
        actions=("compile",),
        offers=("content", "analysis", "measures"),
        sets={"compiled_on": today, "author_id": _author},
        guards=(names_a_period,),
        then=(lambda facts: [Compile()],),
        rules=("S0-72", "S0-73", "S3-64"),
        main=True,
    ),
    Move(
        "submit",
        ("上呈", "Submit"),
        "submitted",
        ("compiled",),
        actions=("submit",),
        offers=("recipients", "sent_on", "discussion", "adjustments"),
        sets={"submitted_on": today, "author_id": _first_author},
        guards=(is_counted, draws_a_conclusion),
        then=(_to_reviewer,),
        rules=("S0-74", "S2-64", "S2-69", "S4-47"),
        main=True,
    ),
    Move(
        "review",
        ("审阅通过", "Review and accept"),
        "reviewed",
        ("submitted",),
        actions=("review",),
        offers=("review_opinion", "read_on"),
        sets={"reviewed_by_id": by_me, "reviewed_on": today},
        guards=(ANOTHER_REVIEWS,),
        then=(
            _measures,
            tell("author_id", words=("报表已审阅", "The report was accepted")),
        ),
        rules=("S0-74", "S2-19", "S2-62", "S2-64", "S2-69", "S4-85"),
        main=True,
    ),
    Move(
        "return",
        ("退回修改", "Return"),
        "returned",
        ("submitted",),
        actions=("return",),
        asks=("review_opinion",),
        sets={"submitted_on": always(None)},
        then=(tell("author_id", words=("报表退回修改", "The report was returned")),),
        rules=("S0-74",),
        main=True,
    ),
    Move(
        "publish",
        ("公布", "Publish"),
        "published",
        ("reviewed",),
        actions=("approve",),
        asks=("published_place",),
        offers=("anonymised",),
        sets={"published_on": today},
        guards=(is_for_the_public, report_is_anonymous),
        then=(_as_notice,),
        rules=("S2-61", "S2-65", "S4-146"),
        main=True,
    ),
    *FOLLOWED,
)


@guard("S0-14", "S4-07")
def notice_is_anonymous(facts: Facts) -> str | None:
    """A notice was looked through for personal data."""
    return anonymous(facts, "subject", "content")


@guard("S0-14", "S4-202")
def named_agree(facts: Facts) -> str | None:
    """Residents are named with their consent only."""
    consents = facts.is_on("notice.names_need_consent")
    if not consents or facts["notice_kind"] != HONOURED or facts["names_agreed"]:
        return None
    return _("Residents are named here: tick that they agree.")


@guard("S3-81")
def names_the_mode(facts: Facts) -> str | None:
    """Whoever is told of something important is told in a way that is noted."""
    if facts["places"] or not facts.is_on("notification.mode_required"):
        return None
    return _("Say how residents are told: board, web, posting ...")


NOTICE = (
    Move(
        "check",
        ("脱敏检查", "Check for personal data"),
        sources=("draft",),
        actions=("update", "approve"),
        asks=("anonymised",),
        offers=("names_agreed",),
        sets={"anonymised_by_id": by_me},
        guards=(notice_is_anonymous,),
        rules=("S0-14", "S4-07"),
        main=True,
    ),
    Move(
        "approve",
        ("同意发布", "Approve"),
        "approved",
        ("draft",),
        actions=("approve",),
        sets={"approved_by_id": by_me, "approved_on": today},
        guards=(
            notice_is_anonymous,
            named_agree,
            four_eyes(
                "four_eyes.notice_approval",
                ("holder_id",),
                lambda: _("You drafted this notice; somebody else approves it."),
                "S2-64",
            ),
        ),
        then=(tell("holder_id", words=("可以张贴了", "It may be posted now")),),
        rules=("S2-64", "S0-14"),
        main=True,
    ),
    Move(
        "publish",
        ("发布／张贴", "Publish"),
        "published",
        ("approved",),
        actions=("publish", "update"),
        offers=("places", "place_detail", "remove_on"),
        sets={"published_by_id": by_me, "published_on": today},
        guards=(
            names_the_mode,
            only_when(
                "anonymised",
                True,
                lambda: _(
                    "First check that the text is free of personal data, and tick it."
                ),
                "S1-54",
            ),
        ),
        rules=("S1-54", "S2-65", "S3-42", "S3-81"),
        main=True,
    ),
    Move(
        "withdraw",
        ("撤下", "Withdraw"),
        "withdrawn",
        ("approved", "published"),
        actions=("withdraw", "update"),
        sets={"withdrawn_on": today},
        rules=("S3-54",),
        main=True,
    ),
    *FOLLOWED,
)
