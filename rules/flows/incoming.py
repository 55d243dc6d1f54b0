"""Suggestions, praise, lost articles and letters."""

from __future__ import annotations

from collections.abc import Iterable

from core.moves import (
    Add,
    Facts,
    Move,
    Order,
    Waived,
    at_once,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.flows.marks import (
    FOLLOWED,
    STOCKTAKE,
    reopen,
    tell,
)
from rules.guards import (
    all_closed,
    four_eyes,
    has_customer,
    only_when,
    replied,
)


@guard("S4-202")
def adopted(facts: Facts) -> str | None:
    """Only what was adopted is published."""
    if facts["decision"] != "decline":
        return None
    return _("It was not adopted: answer the customer and close it.")


@guard("S0-54", "S4-202")
def declined_and_told(facts: Facts) -> str | None:
    """What was adopted is published first; whoever is declined is told."""
    if facts.state == "published":
        return None
    if facts["decision"] != "decline":
        return _("It was adopted: publish the measures first.")
    if has_customer(facts) and not replied(facts):
        return _("The customer has not been told yet: record the reply first.")
    return None


@guard("S0-55")
def counted_by_two(facts: Facts) -> str | Waived | None:
    """Two people count what is found: strict, or let go and listed."""
    if facts["counted_by_id"] and facts["counted_by_id"] != facts.me:
        return None
    if facts.setting("four_eyes.lost_found_count") == "marked":
        return Waived("four_eyes.lost_found_count")
    return _("Somebody else counts the article with you; name who it was.")


@guard("S3-74")
def approved_if_outgoing(facts: Facts) -> str | None:
    """A letter of ours goes out only with approval."""
    if facts["direction"] != "out" or facts["approved_by_id"]:
        return None
    return _("An outgoing letter is approved before it is sent.")


@guard("S0-55")
def unclaimed_long_enough(facts: Facts) -> str | None:
    """A found article is kept for as long as the office has set."""
    rules = facts.policy("deadline_rule")
    days = [r["amount"] for r in rules if r["code"] == "lost_found.unclaimed"]
    shown = facts["published_on"]
    if not days or not shown or (facts.day(facts.now) - shown).days >= days[0]:
        return None
    return _("It is kept for {n} days after it was published.", n=days[0])


IS_TRUE = only_when(
    "verified", "true", lambda: _("Only praise that proved true is rewarded."), "S0-53"
)
IS_ARTICLE = only_when(
    "entry", "article", lambda: _("Only a lost article can be claimed."), "S0-55"
)
IS_PET = only_when("entry", "pet", lambda: _("This is for pets alone."), "S0-55")
IS_OUTGOING = only_when(
    "direction", "out", lambda: _("Only outgoing letters need approval."), "S3-74"
)
NOT_MY_DRAFT = four_eyes(
    "four_eyes.notice_approval",
    ("created_by_id",),
    lambda: _("You wrote this; somebody else approves it."),
    "S3-74",
)

SUGGESTION = (
    Move(
        "report",
        ("上报经理", "Report to the manager"),
        "reported",
        ("recorded",),
        sets={"reported_on": today},
        then=(tell("manager", words=("有一条建议待定", "A suggestion to decide")),),
        rules=("S0-54",),
        main=True,
    ),
    Move(
        "decide",
        ("采纳／不采纳", "Adopt or decline"),
        "decided",
        ("reported",),
        actions=("decide",),
        asks=("decision",),
        offers=("decision_reason", "measures"),
        guards=(
            only_when(
                "decision",
                "adopt",
                lambda: _("Say why it is not adopted as it is."),
                "S0-54",
                either="decision_reason",
            ),
        ),
        then=(tell("holder_id", words=("建议已决定", "The suggestion is decided")),),
        rules=("S0-54",),
        main=True,
    ),
    Move(
        "publish",
        ("张榜公布", "Publish"),
        "published",
        ("decided",),
        asks=("measures",),
        sets={"measures_posted_on": today},
        guards=(adopted,),
        rules=("S4-202",),
        main=True,
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("decided", "published"),
        actions=("close",),
        guards=(declined_and_told, all_closed),
        rules=("S0-54", "S4-202"),
        main=True,
    ),
    *FOLLOWED,
    reopen("reported", "closed"),
)


def _commended(facts: Facts) -> Iterable[Order]:
    """It stands in the book of conduct, where whoever is praised reads it, too."""
    if facts["praised_id"]:
        told = {"staff_id": facts["praised_id"], "measure": "commendation"}
        told |= {"decided_on": today(facts), "summary": facts["decision"][:200]}
        yield Add("conduct", told)


PRAISE = (
    Move(
        "verify",
        ("核实", "Verify"),
        "verified",
        ("recorded",),
        actions=("decide", "assign"),
        asks=("verified",),
        sets={"verified_by_id": by_me, "verified_on": today},
        rules=("S0-53",),
        main=True,
    ),
    Move(
        "decide",
        ("决定奖励", "Decide on a reward"),
        "decided",
        ("verified",),
        actions=("decide",),
        asks=("decision",),
        offers=("handbook_clause",),
        guards=(IS_TRUE,),
        rules=("S0-53",),
        main=True,
    ),
    Move(
        "reward",
        ("表彰", "Reward"),
        "rewarded",
        ("decided",),
        sets={"rewarded_on": today},
        then=(_commended,),
        rules=("S0-53",),
        main=True,
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("verified", "rewarded"),
        actions=("close",),
        guards=(all_closed,),
        rules=("S0-53",),
        main=True,
    ),
    *FOLLOWED,
    reopen("recorded", "closed"),
)

LOST_FOUND = (
    Move(
        "publish",
        ("公示招领", "Publish"),
        "published",
        ("registered",),
        sets={"published_on": today},
        guards=(IS_ARTICLE, counted_by_two),
        rules=("S0-55",),
        main=True,
    ),
    Move(
        "claim",
        ("认领签字", "Claimed and signed"),
        "claimed",
        ("registered", "published"),
        asks=("claimant", "identity_check", "claim_signature"),
        offers=("claimant_phone", "claimant_id_number"),
        sets={"claimed_at": at_once},
        guards=(IS_ARTICLE,),
        rules=("S0-55",),
        main=True,
    ),
    Move(
        "tell",
        ("告知饲养人", "Keeper told"),
        "told",
        ("registered",),
        offers=("licence",),
        guards=(IS_PET,),
        rules=("S0-55",),
    ),
    Move(
        "hand_over",
        ("无人认领，移交", "Nobody claimed it: hand over"),
        "closed",
        ("published",),
        actions=("decide",),
        asks=("handed_to",),
        guards=(unclaimed_long_enough,),
        rules=("S0-55",),
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("claimed", "told"),
        actions=("close",),
        guards=(all_closed,),
        rules=("S0-55",),
        main=True,
    ),
    *FOLLOWED,
    reopen("registered", "closed", actions=("decide",)),
)

LETTER = (
    Move(
        "approve",
        ("同意发出", "Approve for sending"),
        sources=("recorded",),
        actions=("decide", "assign"),
        sets={"approved_by_id": by_me, "approved_on": today},
        guards=(IS_OUTGOING, NOT_MY_DRAFT),
        rules=("S3-74",),
    ),
    Move(
        "deliver",
        ("签收", "Signed for"),
        "delivered",
        ("recorded",),
        asks=("delivered_to",),
        offers=("signature",),
        sets={"delivered_at": at_once},
        guards=(approved_if_outgoing,),
        rules=("S3-46", "S3-53"),
        main=True,
    ),
    Move(
        "close",
        ("归档", "File"),
        "closed",
        ("delivered",),
        actions=("close",),
        rules=("S3-46",),
        main=True,
    ),
    STOCKTAKE,
    reopen("recorded", "closed"),
)
