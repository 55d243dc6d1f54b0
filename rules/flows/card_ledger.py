"""The ledger of cards: from stock into somebody's hands and back, every event told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.moves import (
    Add,
    Facts,
    Go,
    Move,
    Order,
    Tell,
    always,
    by_me,
    today,
)
from rules.cards import (
    age,
    capped,
    owed,
    receipts,
    settlement,
)
from rules.flows.card_rules import in_ledger
from rules.flows.cards import handed
from rules.flows.ledger_rules import (
    ACCESS_ONLY,
    ENTERED_ABOVE,
    PARKING_ONLY,
    before_ledger,
    before_period,
    card_at_hand,
    extended_to,
    first_out,
    has_ended,
    is_appraised,
    is_formatted,
    is_granted,
    is_out,
    is_paid,
    is_recalled,
    lasts_longer,
    newest_months,
    not_replaced,
    opening_complete,
    period_from,
    period_to,
    sums_up,
    tenant_stays,
)

IN_HAND = ("active", "suspended", "expired")
TROUBLED = ("lost", "damaged")
BINDING = (*IN_HAND, *TROUBLED, "returned", "formatted", "void")
TAKE_BACK = "take_back"
"""The move that the house makes when a top-up is voided."""
SUPERVISE = ("void",)
"""The right of whoever may take a card out of use, and let it back."""
STAMPED = frozenset(
    "application_id authorised_by_id extended_on formatted_on"
    " formatted_by_id payment_id suspend_reason cause appraised_by_id"
    " replacement_number replaces_id".split()
)
FIXED = frozenset(
    "card_kind card_number holder_kind holder_name unit_id person_id department_id"
    " employee_id vehicle_id parking_space_id access_card_id valid_from valid_until"
    " cost".split()
)
"""What only steps change once a card has left the stock."""
HELD = (
    "holder_kind holder_name unit_id person_id department_id employee_id"
    " application_id vehicle_id parking_space_id access_card_id"
).split()
"""Who holds a card, and for what."""
LASTED = ("valid_from", "valid_until", "cost", "payment_id", "replaces_id")
TROUBLE = ("suspend_reason", "cause", "appraised_by_id", "replacement_number")


def told(event: str, **more: Any) -> Any:
    """A line of the register, written by the step itself."""

    def written(facts: Facts) -> list[Order]:
        known = {name: value(facts) for name, value in more.items()}
        line = {"happened_on": today(facts), "issuer_id": facts.me, **known}
        return [Add("card_event", {"event": event, **line})]

    return written


def _topped(facts: Facts) -> list[Order]:
    begun = facts.row.get("valid_from") or today(facts)
    values = {"valid_from": begun, "valid_until": capped(facts, period_to(facts))}
    return [Go("authorise", values)]


def _issued_by_application(facts: Facts) -> list[Order]:
    return [Go("issue")] if facts["application_id"] or facts["replaces_id"] else []


def _appraisal(facts: Facts) -> str:
    return str(facts["cause"] or "")


def _replacement(facts: Facts) -> Iterable[Order]:
    """The new card takes the old one's place; the register says on what terms."""
    number = str(facts["replacement_number"])
    paid, due = receipts(facts), owed(facts)
    receipt = paid[-1]["id"] if paid and due else None
    values = {name: facts[name] for name in HELD}
    values |= {
        "valid_from": today(facts),
        "valid_until": facts["valid_until"],
        "cost": due,
        "payment_id": receipt,
        "replaces_id": facts["id"],
    }
    line = {
        "cause": facts["cause"],
        "appraised_by_id": facts["appraised_by_id"],
        "age_months": age(facts),
        "settlement": settlement(facts),
        "amount": due,
        "payment_id": receipt,
        "new_card_id": in_ledger(facts, number).get("id"),
        "note": number,
    }
    yield from told("replacement", **{name: always(v) for name, v in line.items()})(
        facts
    )
    yield handed(facts, number, values)


def _found_to(facts: Facts) -> str:
    return "returned" if facts["replacement_number"] else "active"


def _after_replacing(facts: Facts) -> str:
    return "void" if facts.state == "damaged" else "lost"


def _recalled(facts: Facts) -> list[Order]:
    words = ("有卡应收回", "A card is to be taken back")
    return [Tell(("supervisor", "receptionist"), words)]


def _begins(facts: Facts) -> str:
    return "active" if is_out(facts) else "stock"


def _opening(facts: Facts) -> Iterable[Order]:
    """What was out before the ledger stands in the register as of the day it went."""
    if is_out(facts):
        as_of = {"happened_on": first_out, "issuer_id": always(None)}
        yield from told("opening", **as_of)(facts)


CARD_BEGINS = Move(
    "stock",
    ("入库", "Take into stock"),
    _begins,
    ends=("stock", "active"),
    guards=(ENTERED_ABOVE, before_ledger, opening_complete),
    then=(_issued_by_application, _opening),
    rules=("S1-118",),
)
CARD = (
    Move(
        "issue",
        ("启用", "Give out"),
        "active",
        ("stock", "formatted", "returned"),
        sets={
            "authorised_on": today,
            "authorised_by_id": by_me,
            "extended_on": always(None),
            **dict.fromkeys(TROUBLE, always(None)),
        },
        guards=(is_granted, is_formatted),
        then=(told("issue"),),
        automatic=True,
        rules=("S1-118", "S1-92", "S1-119"),
    ),
    Move(
        "extend",
        ("延期", "Extend"),
        "active",
        ("active", "expired"),
        actions=("issue",),
        sets={"valid_until": extended_to, "extended_on": today},
        guards=(ACCESS_ONLY, lasts_longer),
        then=(told("extension"),),
        rules=("S1-94", "S1-83", "S1-87", "S1-91"),
        main=True,
    ),
    Move(
        "top_up",
        ("充值", "Top up"),
        sources=("active", "expired"),
        actions=("update",),
        line="card_topup",
        asks=("months", "amount", "invoice_numbers", "stub_noted"),
        offers=("rent", "management_fee", "payment_id"),
        sets={
            "topped_on": today,
            "period_from": period_from,
            "period_to": period_to,
            "issued_by_id": by_me,
            "entered": always(True),
        },
        guards=(PARKING_ONLY, tenant_stays, sums_up),
        then=(_topped,),
        rules=("S1-112", "S1-113", "S1-115", "S1-116", "S1-117"),
        main=True,
    ),
    Move(
        "authorise",
        ("按缴费授权", "Authorise as paid"),
        "active",
        ("active", "expired"),
        sets={"extended_on": today},
        then=(told("extension"),),
        automatic=True,
        rules=("S1-113",),
    ),
    Move(
        TAKE_BACK,
        ("撤回充值", "Take a top-up back"),
        sources=(*IN_HAND, *TROUBLED),
        sets={"valid_until": before_period},
        guards=(newest_months,),
        then=(told("withdrawal"),),
        automatic=True,
        rules=("S1-113",),
    ),
    Move(
        "suspend",
        ("暂停使用", "Suspend"),
        "suspended",
        ("active",),
        actions=SUPERVISE,
        asks=("suspend_reason",),
        offers=("reason",),
        rules=("S1-79",),
    ),
    Move(
        "resume",
        ("恢复使用", "Resume"),
        "active",
        ("suspended",),
        actions=SUPERVISE,
        sets={"suspend_reason": always(None)},
        rules=("S1-79",),
    ),
    Move(
        "recall",
        ("通知收回", "Recall"),
        "suspended",
        IN_HAND,
        actions=SUPERVISE,
        sets={"suspend_reason": always("recalled")},
        guards=(is_recalled,),
        then=(_recalled,),
        rules=("S1-82",),
    ),
    Move(
        "report_lost",
        ("挂失", "Report lost"),
        "lost",
        IN_HAND,
        then=(told("loss"),),
        rules=("S1-104",),
    ),
    Move(
        "report_damaged",
        ("报损", "Report damaged"),
        "damaged",
        IN_HAND,
        asks=("cause",),
        then=(told("damage", cause=_appraisal, age_months=age),),
        rules=("S1-97", "S1-104"),
    ),
    Move(
        "appraise",
        ("鉴定", "Appraise"),
        sources=TROUBLED,
        actions=SUPERVISE,
        offers=("cause",),
        sets={"appraised_by_id": by_me},
        rules=("S1-104",),
        main=True,
    ),
    Move(
        "replace",
        ("换卡", "Replace"),
        _after_replacing,
        TROUBLED,
        actions=("issue",),
        ends=("void", "lost"),
        asks=("replacement_number",),
        guards=(not_replaced, is_appraised, is_paid, card_at_hand),
        then=(_replacement,),
        rules=("S1-97", "S1-98", "S1-104", "S1-105"),
        main=True,
    ),
    Move(
        "find",
        ("寻回", "Found again"),
        _found_to,
        ("lost",),
        ends=("active", "returned"),
        rules=("S1-104",),
    ),
    Move(
        "return",
        ("收回", "Take back"),
        "returned",
        (*IN_HAND, "damaged"),
        then=(told("return"),),
        rules=("S1-119",),
    ),
    Move(
        "expire",
        ("登记过期", "Mark as expired"),
        "expired",
        ("active", "suspended"),
        guards=(has_ended,),
        rules=("S1-94",),
    ),
    Move(
        "format",
        ("格式化", "Format"),
        "formatted",
        ("returned",),
        actions=SUPERVISE,
        sets={
            **dict.fromkeys((*HELD, *TROUBLE, *LASTED), always(None)),
            "formatted_on": today,
            "formatted_by_id": by_me,
        },
        then=(told("format"),),
        rules=("S1-119",),
        main=True,
    ),
    Move(
        "scrap",
        ("销卡", "Scrap"),
        "void",
        ("stock", "damaged", "lost", "expired", "returned", "formatted"),
        actions=SUPERVISE,
        asks=("reason",),
        rules=("S1-119",),
    ),
)
