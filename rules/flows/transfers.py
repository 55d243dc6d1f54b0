"""A home is sold: fees settled, papers seen, the household changed, others told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import partial

from core.moves import (
    Add,
    Change,
    Facts,
    Let,
    Move,
    Order,
    Tell,
    at_once,
    by_me,
    guard,
)
from core.words import _, say
from rules.flows.marks import FOLLOWED
from rules.homes import (
    OWNING,
    TITLE,
    Choices,
    against_receipt,
    agreements_next,
    agreements_signed,
    copy_kept,
    named,
    number_set,
    owner_at_home,
    recalled,
    receipt_of,
    standing,
)
from rules.owing import debts

BOXES: Choices = (
    ("data_card", "资料卡已填", "Data card"),
    ("copies", "证件已复印", "Copies taken"),
    ("meters", "水电表已抄", "Meters read"),
    ("agreements", "协议已签", "Agreements signed"),
    ("fees", "费用已缴", "Fees paid"),
    ("keys", "钥匙已交接", "Keys handed over"),
    ("cards", "原业主卡已收回", "Former owner's cards recalled"),
)
MAY_STAY_OPEN = ("keys", "cards")
"""What the former owner may have handed over himself."""
TENANTS = ("tenant", "merchant", "user")
DEED = {"contract": "purchase_contract", "certificate": "title_deed"}
"""Title paper -> the kind of copy that is kept of it."""


@guard("S1-27")
def nothing_owed(facts: Facts) -> str | None:
    """The former owner owes nothing for the home; what tenants owe is theirs."""
    tenants = {r["person_id"] for r in standing(facts) if r["relation"] in TENANTS}
    owed = (row for row in debts(facts) if row["person_id"] not in tenants)
    numbers = [row["number"] for row in owed]
    if not numbers:
        return None
    return _(
        "The former owner still owes for this home; settle it first: {numbers}.",
        numbers=_(", ").join(numbers),
    )


@guard("S1-28")
def changes_hands(facts: Facts) -> str | None:
    """A home is not sold to whoever owns it."""
    if facts["person_id"] != facts["former_owner_id"]:
        return None
    return _("The new owner and the former owner are the same person.")


@guard("S1-33")
def data_complete(facts: Facts) -> str | None:
    """What the others are told of the new owner is on his card."""
    known = facts.referred("person_id")
    if known.get("phone_sealed") and known.get("id_number_sealed"):
        return None
    return _("The new owner's card still lacks the telephone or the identity number.")


@guard("S1-33")
def renamed_by_now(facts: Facts) -> str | None:
    """Nobody is told of what has not happened yet."""
    if not facts["renamed_on"] or facts["renamed_on"] <= facts.day(facts.now):
        return None
    return _("The date of the change lies in the future.")


@guard("S1-31")
def formalities_done(facts: Facts) -> str | None:
    """In all else a sale goes like a handover."""
    demanded = {code for code, _zh, _en in BOXES} - set(MAY_STAY_OPEN)
    missing = demanded - set(facts["steps_done"] or ())
    if not missing:
        return None
    return _("Not ticked off yet: {steps}.", steps=named(missing, BOXES))


def _former(facts: Facts) -> int | None:
    return facts["former_owner_id"] or owner_at_home(facts)


def _copies(facts: Facts) -> Iterator[Order]:
    """The copies of the title paper and of the account are records of their own."""
    seen = partial(copy_kept, facts, purpose=say(TITLE["transfer"]))
    yield seen(DEED[facts["title_paper"]], 1, original_seen=True)
    if facts["account_copy"]:
        many = int(number_set(facts, "copies.bank_account"))
        yield seen("bank_account", many)


def _household(facts: Facts) -> Iterator[Order]:
    """The seller's household ends the day before, the buyer's begins; all is kept."""
    day, buyer = facts["renamed_on"], facts["person_id"]
    for row in standing(facts):
        if row["relation"] in OWNING or row["person_id"] == buyer:
            last = max(day - dt.timedelta(days=1), row["since"] or dt.date.min)
            yield Change("occupancy", row["id"], {"until": last})
    values = {"person_id": buyer, "unit_id": facts["unit_id"], "relation": "owner"}
    yield Add("occupancy", {**values, "since": day, "main_contact": True})
    card = {"customer_kind": "owner", "checked_on": facts.day(facts.now)}
    yield Change("person", buyer, {**card, "change_cause": say(TITLE["transfer"])})


def _sellers(facts: Facts) -> set[int]:
    """The former owner and his household, as far as they are on file."""
    rows = (row for row in standing(facts) if row["relation"] in OWNING)
    people = {facts["former_owner_id"], *(row["person_id"] for row in rows)}
    return people - {None, facts["person_id"]}


def _cards(facts: Facts) -> Iterator[Order]:
    """The seller's household gives its cards back, where the office wants that."""
    if facts.is_on("card.recall_on_transfer"):
        for card in recalled(facts, _sellers(facts), unfiled=("owner", "family")):
            yield Let("card", card, "recall")


def _agreements(facts: Facts) -> Iterator[Order]:
    """What the seller agreed on for the home ends with the day before, parking too."""
    why = say(TITLE["transfer"])
    last = facts["renamed_on"] - dt.timedelta(days=1)
    for row in facts.at_home("agreement"):
        if row["person_id"] in _sellers(facts):
            ends = {"end_reason": why, "ended_on": last}
            yield Let("agreement", row["id"], "end", ends)


def _notices(facts: Facts) -> Iterable[Order]:
    """Three are told; the data stand on the notice and the card, not in messages."""
    told = ("房屋已更名，请更新资料", "A home has a new owner: amend your records")
    yield Tell(("finance", facts.setting("transfer.information_role")), told)
    book = ("业主电话簿已更改", "The owner telephone book has changed")
    yield Tell(("guard",), book, about="person_id")


TRANSFER_BEGINS = Move(
    "open",
    ("受理更名", "Receive"),
    sets={"former_owner_id": _former},
    rules=("S1-27", "S1-30"),
)
TRANSFER = (
    Move(
        "clear_fees",
        ("确认结清", "Fees settled"),
        "fees_cleared",
        ("open",),
        actions=("confirm_fees",),
        asks=("former_owner_id",),
        sets={"fees_cleared_by_id": by_me, "fees_cleared_at": at_once},
        guards=(nothing_owed,),
        rules=("S1-27",),
        main=True,
    ),
    Move(
        "see_papers",
        ("验原件", "Originals seen"),
        "papers_seen",
        ("fees_cleared",),
        asks=("person_id", "title_paper", "original_seen", "copy_kept"),
        offers=("account_copy",),
        guards=(changes_hands,),
        then=(_copies, agreements_next),
        rules=("S1-28", "S1-29", "S1-30"),
        main=True,
    ),
    Move(
        "inform",
        ("通知财务、信息员、控制中心", "Inform the three"),
        "informed",
        ("papers_seen",),
        asks=("renamed_on", "account_copy"),
        sets={
            "finance_told_at": at_once,
            "information_told_at": at_once,
            "control_told_at": at_once,
        },
        guards=(data_complete, renamed_by_now),
        then=(_cards, _agreements, _household, _notices),
        rules=("S1-32", "S1-33", "S1-34"),
        main=True,
    ),
    Move(
        "complete",
        ("办结", "Complete"),
        "complete",
        ("informed",),
        asks=("steps_done",),
        offers=("receipt_no",),
        sets={"receipt_no": receipt_of},
        guards=(formalities_done, agreements_signed, against_receipt),
        rules=("S1-31",),
        main=True,
    ),
    *FOLLOWED,
)
