"""What returns with the calendar: done in its time, or missed; plans of work."""

from __future__ import annotations

from core.moves import Facts, Move, by_me, guard, today
from core.words import _
from rules.flows.rounds import GIVE
from rules.guards import CHIEF


@guard("S0-72", "S4-206")
def of_that_role(facts: Facts) -> str | None:
    """A duty is done by whoever has its role or was given it."""
    if facts.me is None or facts["holder_id"] == facts.me:
        return None
    if facts.roles & {CHIEF, facts["role"]}:
        return None
    return _("This is somebody else's duty.")


DUTY = (
    Move(
        "finish",
        ("办完了", "Done"),
        "done",
        ("due",),
        sets={"done_on": today, "done_by_id": by_me},
        guards=(of_that_role,),
        rules=("S0-72", "S4-206"),
        main=True,
    ),
    Move(
        "skip",
        ("本期不办", "Not this time"),
        "missed",
        ("due",),
        actions=("assign",),
        asks=("reason",),
        rules=("S4-206",),
    ),
    GIVE,
)
WORK_PLAN = (
    Move(
        "finish",
        ("计划期满，完成", "Carried out"),
        "done",
        ("planned",),
        rules=("S3-66",),
        main=True,
    ),
    Move(
        "close",
        ("总结评比", "Appraise"),
        "closed",
        ("done",),
        asks=("appraisal",),
        sets={"appraised_by_id": by_me, "appraised_on": today},
        rules=("S4-206", "S4-231"),
        main=True,
    ),
)
