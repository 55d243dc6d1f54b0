"""Moves that leave the state alone and that many flows share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.moves import (
    Add,
    Facts,
    Go,
    Happened,
    Move,
    Order,
    Push,
    Tell,
    always,
    at_once,
    by_me,
    guard,
)
from core.words import Words, _
from rules.guards import is_waiting, may_promise

CALLED_UP = ("update", "close", "assign", "decide", "reply")
"""Whoever deals with a kind of case at all."""


def tell(*whom: str, words: Words, urgent: bool = False) -> Any:
    """An effect that only sends a message."""
    return lambda facts: [Tell(whom, words, urgent)]


def go(code: str) -> Any:
    """An effect that goes on by another move at once."""
    return lambda facts: [Go(code)]


def push(code: str) -> Any:
    """An effect that lets the case this one comes from go on, if it can."""
    return lambda facts: [Push(code)]


def happened(code: str) -> Any:
    """An effect that clocks listen to."""
    return lambda facts: [Happened(code)]


def _one_more(facts: Facts) -> int:
    return int(facts.row.get("urged") or 0) + 1


ASSIGNED = tell("holder_id", "head", words=("转给您一件", "Something was given to you"))

ASSIGN = Move(
    "assign",
    ("转交／改派", "Assign"),
    actions=("assign",),
    asks=("department_id",),
    offers=("holder_id", "reason"),
    then=(ASSIGNED,),
    rules=("S0-39", "S3-71", "S2-30"),
)
REMIND = Move(
    "remind",
    ("催办", "Urge"),
    actions=CALLED_UP,
    offers=("reason",),
    sets={"urged": _one_more},
    then=(tell("holder_id", "head", words=("有人催办", "You are urged")),),
    rules=("S3-61", "S3-71"),
)
REPLY = Move(
    "reply",
    ("回复业主", "Reply to the customer"),
    actions=("update", "reply"),
    line="reply",
    asks=("channel", "content"),
    offers=("final",),
    sets={"replied_at": at_once, "by_id": by_me},
    rules=("S0-12", "S0-13", "S1-134", "S3-69"),
)
PROMISE = Move(
    "promise",
    ("预约答复", "Promise a reply"),
    actions=("update", "reply"),
    line="reply",
    asks=("promised_at", "content"),
    offers=("channel",),
    sets={"replied_at": at_once, "by_id": by_me},
    guards=(may_promise("reply"),),
    rules=("S0-07", "S1-135", "S4-193"),
)
KEEP_PROMISE = Move(
    "keep_promise",
    ("已按约答复", "Kept the promise"),
    actions=("update", "reply"),
    line="reply",
    asks=("channel", "content"),
    offers=("final",),
    sets={"replied_at": at_once, "by_id": by_me, "kept": always("yes")},
    then=(happened("reply"),),
    rules=("S1-135", "S4-208"),
)
PAUSE = Move(
    "pause",
    ("挂起", "Pause"),
    asks=("waiting_for", "waiting_until"),
    offers=("reason",),
    rules=("S3-26", "S4-171"),
)
GOES_ON = {"waiting_for": always(None), "waiting_until": always(None)}
"""What a case that waited sets when it goes on."""
RESUME = Move(
    "resume",
    ("恢复", "Resume"),
    sets=GOES_ON,
    guards=(is_waiting,),
    rules=("S3-26",),
)


def raised(facts: Facts, cause: str, reason: str | None = None) -> Add:
    """Reported up, for which cause; the higher levels follow by themselves."""
    values = {"level": 1, "cause": cause, "sent_at": facts.now, "reason": reason}
    return Add("escalation", values)


def _escalation(facts: Facts) -> Iterable[Order]:
    yield raised(facts, "resources", facts["reason"])
    told = ("现有资源解决不了，请支持", "Cannot be solved with present means")
    yield Tell(("supervisor", "head"), told)
    yield Happened("ask_decision")


ESCALATE = Move(
    "escalate",
    ("上报", "Report up"),
    actions=CALLED_UP,
    asks=("reason",),
    then=(_escalation,),
    rules=("S1-64", "S4-172"),
)
DECIDE = Move(
    "decide",
    ("批示", "Decide"),
    actions=("decide",),
    asks=("reason",),
    then=(tell("holder_id", "head", words=("经理已批示", "The manager decided")),),
    rules=("S4-172", "S4-180"),
)
CALL_MANAGER = Move(
    "call_manager",
    ("请经理出面", "Call the manager"),
    asks=("manager_id",),
    sets={"manager_called_at": at_once},
    then=(
        tell(
            "manager_id", words=("请您到前台", "Please come to the desk"), urgent=True
        ),
    ),
    rules=("S0-60",),
)


@guard("S2-08")
def not_with_itself(facts: Facts) -> str | None:
    """A case is joined with another one."""
    if facts["merged_into_id"] != facts["id"]:
        return None
    return _("Choose another record, not this one.")


LINK = Move(
    "link",
    ("并案处理", "Handle together with another"),
    asks=("merged_into_id",),
    guards=(not_with_itself,),
    rules=("S2-08",),
)
STOCKTAKE = Move(
    "stocktake",
    ("盘点", "Taken stock"),
    actions=CALLED_UP,
    offers=("reason",),
    sets={"stocktaken_at": at_once},
    rules=("S1-47", "S1-48"),
)


def reopen(
    to: str, *sources: str, actions: tuple[str, ...] = ("reopen",), **more: Any
) -> Move:
    """Back from a closed state, with the reason."""
    return Move(
        "reopen",
        ("重新打开", "Reopen"),
        to,
        sources,
        actions,
        asks=("reason",),
        rules=("S4-182",),
        **more,
    )


FOLLOWED = (REMIND, REPLY, PROMISE, KEEP_PROMISE, STOCKTAKE, ESCALATE)
"""What can be done with any case that customers ask about."""
