"""The ledger of cards: from stock into somebody's hands and back, every event told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.moves import (
    Add,
    Facts,
    Go,
    Guard,
    Move,
    Order,
    Tell,
    always,
    by_me,
    guard,
    today,
)
from core.words import _
from rules.calendar import DAY, months_from
from rules.cards import (
    age,
    capped,
    is_parking,
    is_ready,
    is_tenant,
    lease,
    month_end,
    owed,
    receipts,
    received,
    settlement,
    terms,
)
from rules.flows.cards import handed, in_ledger, numbers, unfit

IN_HAND = ("active", "suspended", "expired")
TROUBLED = ("lost", "damaged")
SUPERVISE = ("void",)
"""The right of whoever may take a card out of use, and let it back."""
STAMPED = frozenset(
    "application_id authorised_on authorised_by_id extended_on formatted_on"
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


@guard("S1-90", "S1-100", "S1-101", "S1-118")
def is_granted(facts: Facts) -> str | None:
    """A card leaves the stock by its application, or in place of a broken one."""
    if facts["replaces_id"]:
        old = facts.referred("replaces_id")
        ours = old["replacement_number"] == facts["card_number"]
    else:
        asked = facts.referred("application_id")
        same = asked.get("card_kind") == facts["card_kind"]
        listed = numbers(asked.get("card_number"))
        ours = same and asked["state"] == "issued" and facts["card_number"] in listed
    if ours:
        return None
    return _("No approved application names this card.")


@guard("S1-119")
def is_formatted(facts: Facts) -> str | None:
    """What was in other hands is formatted before it is used again."""
    if is_ready(facts, facts.row):
        return None
    return _("The card is formatted before it is used again.")


def extended_by_term(facts: Facts) -> str | None:
    """A parking card lasts as long as is paid, any other for its term."""
    if not is_parking(facts):
        return None
    return _("A parking card is extended by topping it up.")


def _extended_to(facts: Facts) -> Any:
    months = terms(facts).get("validity_months") or 0
    begin = max(today(facts), facts["valid_until"] or today(facts))
    return capped(facts, months_from(begin, months))


@guard("S1-83", "S1-87", "S1-91")
def lasts_longer(facts: Facts) -> str | None:
    """A card is extended by the term of its kind, a tenant's as far as the lease."""
    now = facts["valid_until"] or today(facts)
    if _extended_to(facts) > max(now, today(facts)):
        return None
    return _("It cannot last longer than the terms and the lease allow.")


@guard("S1-94")
def has_ended(facts: Facts) -> str | None:
    """Only what is beyond its last day has expired."""
    if facts["valid_until"] and facts["valid_until"] < today(facts):
        return None
    return _("The card has not reached its last day yet.")


@guard("S1-104")
def is_appraised(facts: Facts) -> str | None:
    """Loss, and damage by a person, is appraised before it is made good."""
    if facts["appraised_by_id"] or settlement(facts) == "free":
        return None
    return _("It is appraised first whose fault that was.")


@guard("S1-97", "S1-98", "S1-105")
def is_paid(facts: Facts) -> str | None:
    """What is not replaced free of charge is paid first."""
    due = owed(facts)
    if due is None:
        return _("The card fee is not set; enter it in the fee standards first.")
    if received(facts) >= due:
        return None
    return _(
        "Take the fee first: {due} yuan are due, {paid} received.",
        due=due,
        paid=received(facts),
    )


@guard("S1-118", "S1-119")
def card_at_hand(facts: Facts) -> str | None:
    """The new card is in stock, or new to the ledger."""
    return unfit(facts, str(facts["replacement_number"]))


@guard("S1-104")
def not_replaced(facts: Facts) -> str | None:
    """A card is replaced once."""
    if not facts.row.get("replacement_number"):
        return None
    return _("It has been replaced already.")


def paid_by_month(facts: Facts) -> str | None:
    """Months are topped up on parking cards."""
    return None if is_parking(facts) else _("Only parking cards are topped up.")


ACCESS_ONLY = Guard(extended_by_term, ("S1-113",), personal=True)
PARKING_ONLY = Guard(paid_by_month, ("S1-112",), personal=True)
"""What is for the other kind of card is not even offered."""


@guard("S1-108", "S1-113")
def tenant_stays(facts: Facts) -> str | None:
    """A tenant parks no longer than the lease runs."""
    ends = lease(facts).get("ends_on") if is_tenant(facts) else None
    if not is_tenant(facts) or (ends and ends >= _period_from(facts)):
        return None
    return _("The lease ends before these months begin.")


@guard("S1-115")
def sums_up(facts: Facts) -> str | None:
    """Rent and management fee make up the sum, where they are told apart."""
    parts = [facts[name] for name in ("rent", "management_fee") if facts[name]]
    if not parts or sum(parts) == facts["amount"]:
        return None
    return _("Rent and management fee do not add up to the total.")


def _period_from(facts: Facts) -> Any:
    """The day of the top-up, or the day after what is paid already."""
    until = facts.row.get("valid_until")
    return max(today(facts), until + DAY) if until else today(facts)


def _period_to(facts: Facts) -> Any:
    same_day = facts.setting("parking.month_end") == "same_day"
    return month_end(_period_from(facts), facts["months"], same_day=same_day)


def _topped(facts: Facts) -> list[Order]:
    begun = facts.row.get("valid_from") or today(facts)
    values = {"valid_from": begun, "valid_until": capped(facts, _period_to(facts))}
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


@guard("S1-82")
def is_recalled(facts: Facts) -> str | None:
    """Cards of a household that leaves are taken back, where the terms say so."""
    if terms(facts).get("recall_on_transfer"):
        return None
    return _("The card terms do not recall such a card.")


CARD_BEGINS = Move(
    "stock",
    ("入库", "Take into stock"),
    then=(_issued_by_application,),
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
        sets={"valid_until": _extended_to, "extended_on": today},
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
            "period_from": _period_from,
            "period_to": _period_to,
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
