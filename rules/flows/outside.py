"""Reports to developers and authorities, and what they answer."""

from __future__ import annotations

from core.moves import (
    Move,
    today,
)
from rules.flows.marks import (
    ASSIGN,
    ESCALATE,
    REMIND,
    REPLY,
    STOCKTAKE,
)
from rules.guards import all_closed

EXTERNAL_REPORT = (
    Move(
        "submit",
        ("递交", "Submit"),
        "submitted",
        ("drafted",),
        asks=("recipient_name", "submitted_on"),
        offers=("received_by", "document_no"),
        rules=("S1-53", "S2-40"),
        main=True,
    ),
    Move(
        "follow",
        ("登记跟进", "Follow up"),
        "followed",
        ("submitted", "followed"),
        asks=("progress",),
        offers=("published_on",),
        rules=("S1-53", "S1-54", "S2-41"),
        main=True,
    ),
    Move(
        "answer",
        ("登记对方回复", "Record their answer"),
        "answered",
        ("submitted", "followed"),
        asks=("answer",),
        sets={"answered_on": today},
        rules=("S1-53",),
        main=True,
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("answered",),
        actions=("close",),
        asks=("result",),
        guards=(all_closed,),
        rules=("S2-42", "S0-77"),
        main=True,
    ),
    ASSIGN,
    REMIND,
    REPLY,
    STOCKTAKE,
    ESCALATE,
)
