"""Controlled documents in their editions, and the reviews that ask for new ones."""

from __future__ import annotations

from collections.abc import Iterable

from core.moves import (
    Cause,
    Facts,
    Let,
    Move,
    Order,
    Waived,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.guards import by_role, four_eyes


@guard("S2-03")
def reviewed_first(facts: Facts) -> str | None:
    """The reviewer comes before the approver, where the office has that step."""
    skipped = "review" not in facts.several("document.approval_steps")
    if facts.state == "reviewed" or skipped:
        return None
    return _("Somebody reviews the document before it is approved.")


@guard("S2-01", "S2-02")
def numbered_copy(facts: Facts) -> str | None:
    """Every copy of a stamped document has a number of its own."""
    if not facts.row.get("stamped"):
        return _("Only a document with the controlled stamp is handed out.")
    known = {line["issue_number"] for line in facts.lines["document_issue"]}
    if facts["issue_number"] in known:
        return _("A copy of that number has been handed out already.")
    return None


def _replaces(facts: Facts) -> Iterable[Order]:
    """The edition before goes out of force with this one."""
    if facts["replaces_id"]:
        why = {"reason": facts["edition"] or facts["number"]}
        yield Let("controlled_document", facts["replaces_id"], "supersede", why)


def _reviewed_every(facts: Facts) -> int | None:
    """In how many months, by the office's choice where nobody chose for this one."""
    other = "" if facts["document_kind"] == "procedure" else "_other"
    said = facts["review_months"] or facts.setting(f"procedure.review_months{other}")
    return int(said) if said else None


@guard("S0-20", "S4-75")
def review_is_set(facts: Facts) -> str | None:
    """No document comes into force without a day on which it is looked at again."""
    if _reviewed_every(facts) is not None:
        return None
    return _("Say in how many months it is reviewed; the office has set no figure.")


SAME = (
    "document_kind",
    "document_class",
    "document_number",
    "subject",
    "first_effective_on",
    "review_months",
    "place",
    "department_id",
    "content",
)
"""What the next edition takes over."""


def _next_edition(facts: Facts) -> Iterable[Order]:
    kept = {name: facts[name] for name in SAME}
    yield Cause("controlled_document", {**kept, "replaces_id": facts["id"]})


CONTROLLED_DOCUMENT = (
    Move(
        "review",
        ("审核通过", "Reviewed"),
        "reviewed",
        ("draft",),
        actions=("review",),
        asks=("document_number", "edition", "prepared_by_id"),
        offers=("reason",),
        sets={"reviewed_by_id": by_me, "reviewed_on": today},
        guards=(
            by_role("document.reviewer_role", "S2-03"),
            four_eyes(
                "four_eyes.document_steps",
                ("prepared_by_id",),
                lambda: _("You wrote this document; somebody else reviews it."),
                "S2-03",
            ),
        ),
        rules=("S2-02", "S2-03", "S4-30"),
        main=True,
    ),
    Move(
        "approve",
        ("批准", "Approve"),
        "approved",
        ("draft", "reviewed"),
        actions=("approve",),
        asks=("prepared_by_id",),
        sets={"approved_by_id": by_me, "approved_on": today},
        guards=(
            reviewed_first,
            by_role("document.approver_role", "S2-03"),
            four_eyes(
                "four_eyes.document_steps",
                ("prepared_by_id", "reviewed_by_id"),
                lambda: _("You wrote or reviewed it; somebody else approves it."),
                "S2-03",
            ),
        ),
        rules=("S2-03", "S4-32"),
        main=True,
    ),
    Move(
        "send_back",
        ("退回修改", "Send back"),
        "draft",
        ("reviewed", "approved"),
        actions=("review", "approve"),
        asks=("reason",),
        rules=("S2-03",),
    ),
    Move(
        "take_effect",
        ("生效", "Put in force"),
        "effective",
        ("approved",),
        actions=("update", "approve"),
        asks=("effective_on",),
        offers=("stamped", "pages", "place", "first_effective_on", "review_months"),
        sets={"review_months": _reviewed_every},
        guards=(review_is_set,),
        then=(_replaces,),
        rules=("S2-02", "S2-03", "S0-20", "S4-75", "S4-102"),
        main=True,
    ),
    Move(
        "note_revision",
        ("登记修改", "Note a revision"),
        sources=("draft", "effective"),
        line="document_revision",
        asks=("revised_on", "content"),
        offers=("chapter", "revision"),
        sets={"revised_by_id": by_me},
        rules=("S2-04", "S0-21"),
    ),
    Move(
        "issue_copy",
        ("发放", "Hand out a copy"),
        sources=("effective",),
        line="document_issue",
        asks=("issue_number",),
        offers=("department_id", "staff_id"),
        sets={"issued_on": today},
        guards=(numbered_copy,),
        rules=("S2-01", "S2-02", "S4-33"),
    ),
    Move(
        "new_edition",
        ("换版", "Begin a new edition"),
        sources=("effective",),
        asks=("reason",),
        then=(_next_edition,),
        rules=("S0-21", "S2-04"),
    ),
    Move(
        "supersede",
        ("作废旧版", "Take out of force"),
        "superseded",
        ("effective",),
        actions=("approve",),
        asks=("reason",),
        rules=("S2-04",),
    ),
)


@guard("S0-23")
def departments_took_part(facts: Facts) -> str | None:
    """The departments that sent somebody are listed."""
    if facts.lines["review_participant"]:
        return None
    return _("List the departments that took part first.")


@guard("S0-25")
def changes_have_reasons(facts: Facts) -> str | None:
    """A review that asks for changes says which, and why."""
    if facts["conclusion"] != "revise" or facts.lines["review_change"]:
        return None
    return _("Write down each change and its reason first.")


@guard("S0-26")
def approved_above(facts: Facts) -> str | Waived | None:
    """Not by whoever led it: another approver, or the senior manager on paper."""
    on_paper = facts["approved_by_name"] and facts["approval_paper"]
    if on_paper or facts.me is None or facts.me != facts["holder_id"]:
        return None
    if facts.setting("four_eyes.procedure_approval") == "marked":
        return Waived("four_eyes.procedure_approval")
    return _(
        "You led this review: enter who approved it above you, and by which paper."
    )


def _revised(facts: Facts) -> Iterable[Order]:
    """The document that was reviewed begins its next edition."""
    key = facts["controlled_document_id"]
    if key and facts["conclusion"] == "revise":
        why = {"reason": facts["number"]}
        yield Let("controlled_document", key, "new_edition", why)


PROCEDURE_REVIEW = (
    Move(
        "start",
        ("开始复审", "Begin the review"),
        "in_review",
        ("due",),
        asks=("holder_id",),
        offers=("controlled_document_id",),
        rules=("S0-20", "S0-22"),
        main=True,
    ),
    Move(
        "hear",
        ("登记参加部门", "Note who took part"),
        sources=("in_review",),
        actions=("update", "take_part"),
        line="review_participant",
        asks=("department_id",),
        offers=("staff_id", "opinion"),
        rules=("S0-23",),
    ),
    Move(
        "propose",
        ("提修改意见", "Propose a change"),
        sources=("in_review",),
        actions=("update", "take_part"),
        line="review_change",
        asks=("content", "reason"),
        offers=("chapter",),
        rules=("S0-25",),
    ),
    Move(
        "report",
        ("出复审报告", "Write the report"),
        "reported",
        ("in_review",),
        asks=("content", "conclusion"),
        sets={"reported_on": today},
        guards=(departments_took_part, changes_have_reasons),
        rules=("S0-24", "S0-25"),
        main=True,
    ),
    Move(
        "send_back",
        ("退回", "Send back"),
        "in_review",
        ("reported",),
        actions=("approve",),
        asks=("reason",),
        rules=("S0-26",),
    ),
    Move(
        "approve",
        ("批准", "Approve"),
        "approved",
        ("reported",),
        actions=("approve",),
        offers=("approved_by_name", "approval_paper"),
        sets={"approved_by_id": by_me, "approved_on": today},
        guards=(approved_above,),
        rules=("S0-26",),
        main=True,
    ),
    Move(
        "implement",
        ("实施", "Put into effect"),
        "effective",
        ("approved",),
        asks=("implemented_on",),
        then=(_revised,),
        rules=("S0-26", "S0-21"),
        main=True,
    ),
)
