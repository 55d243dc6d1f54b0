"""Dispatch slips, repairs, rework sheets and paid services."""

from __future__ import annotations

from dataclasses import replace

from core.moves import (
    Facts,
    Move,
    always,
    at_once,
    by_me,
    guard,
)
from core.words import _
from rules.flows.marks import (
    ASSIGN,
    ASSIGNED,
    FOLLOWED,
    GOES_ON,
    PAUSE,
    RESUME,
    happened,
    push,
    reopen,
)
from rules.guards import all_closed, close_with, four_eyes, is_foreign, only_when
from rules.revisits import revisits_due

BEFORE_VISIT = ("repair", "housekeeping")
"""Kinds of job that somebody must first be available for."""


@guard("S1-55", "S1-57", "S1-58")
def appointed_first(facts: Facts) -> str | None:
    """Availability, then the appointment; what is urgent goes at once."""
    if facts["urgent"] or facts["job_kind"] not in BEFORE_VISIT:
        return None
    if facts.state == "appointed":
        return None
    return _("First make sure that somebody can go and agree the time of the visit.")


SOMEBODY_CAN_GO = only_when(
    "service_available",
    "yes",
    lambda: _("Nobody can go; agree another time with the department first."),
    "S1-57",
)


@guard("S3-58", "S3-63")
def approved_by_department(facts: Facts) -> str | None:
    """Another department's slip is filed after its supervisor has approved."""
    if facts["may_file"] or not facts.is_on("file.two_step") or not is_foreign(facts):
        return None
    return _("The supervisor of that department approves before the slip is filed.")


CONFIRM_AVAILABLE = Move(
    "confirm_available",
    ("确认有人上门", "Somebody can go"),
    "confirmed_available",
    ("new",),
    asks=("service_available",),
    guards=(SOMEBODY_CAN_GO,),
    rules=("S1-56", "S1-57"),
    main=True,
)
REVISITED = Move(
    "revisited",
    ("登记回访", "Revisited"),
    sets={"revisited_at": at_once},
    automatic=True,
)
CLOSE = Move(
    "close",
    ("关闭", "Close"),
    "closed",
    ("done",),
    actions=("close",),
    guards=(all_closed, close_with),
    rules=("S0-77",),
    main=True,
)
REPORT_DONE = Move(
    "finish",
    ("报完工", "Report finished"),
    "done",
    asks=("result",),
    sets={"finished_at": at_once},
    then=(revisits_due,),
    rules=("S0-32", "S3-22", "S4-179"),
    main=True,
)


def _finish(*sources: str, offers: tuple[str, ...] = ()) -> Move:
    return replace(REPORT_DONE, sources=sources, offers=offers)


DISPATCH = (
    CONFIRM_AVAILABLE,
    Move(
        "appoint",
        ("约上门时间", "Agree a time"),
        "appointed",
        ("confirmed_available", "appointed"),
        asks=("visit_at",),
        sets={"customer_told_at": at_once},
        rules=("S1-57", "S1-58"),
        main=True,
    ),
    Move(
        "dispatch",
        ("派工", "Dispatch"),
        "dispatched",
        ("new", "confirmed_available", "appointed"),
        actions=("dispatch", "assign"),
        asks=("department_id",),
        offers=("holder_id", "external_party_id"),
        sets={"dispatched_at": at_once},
        guards=(appointed_first,),
        then=(ASSIGNED,),
        rules=("S1-55", "S1-56", "S3-51"),
        main=True,
    ),
    _finish("dispatched"),
    Move(
        "approve_filing",
        ("同意归档", "Approve filing"),
        "approved_to_file",
        ("done",),
        actions=("approve_filing",),
        sets={
            "approved_by_id": by_me,
            "approved_at": at_once,
            "may_file": always(True),
        },
        guards=(
            four_eyes(
                "four_eyes.filing_approval",
                ("holder_id",),
                lambda: _("You did this job; somebody else approves its filing."),
                "S3-58",
            ),
        ),
        rules=("S3-58",),
        main=True,
    ),
    Move(
        "file",
        ("归档", "File"),
        "filed",
        ("done", "approved_to_file"),
        actions=("file",),
        sets={"filed_by_id": by_me, "filed_at": at_once},
        guards=(approved_by_department, all_closed),
        rules=("S3-58", "S3-63", "S1-52"),
        main=True,
    ),
    ASSIGN,
    *FOLLOWED,
    reopen("dispatched", "filed"),
)


def _again(facts: Facts) -> int:
    return int(facts.row.get("times_dispatched") or 0) + 1


REPAIR = (
    replace(CONFIRM_AVAILABLE, to="", main=False),
    Move(
        "appoint",
        ("约维修时间", "Agree another time"),
        sources=("new", "dispatched"),
        asks=("agreed_arrival_at", "agreed_reason"),
        rules=("S3-26", "S1-58"),
    ),
    Move(
        "dispatch",
        ("派工", "Dispatch"),
        "dispatched",
        ("new",),
        actions=("dispatch", "assign"),
        asks=("department_id",),
        offers=("holder_id", "notified_by"),
        sets={"notified_at": at_once, "times_dispatched": _again},
        then=(ASSIGNED,),
        rules=("S3-24", "S3-25", "S1-56", "S3-75"),
        main=True,
    ),
    Move(
        "arrive",
        ("到场", "Arrived"),
        "arrived",
        ("dispatched",),
        sets={**GOES_ON, "arrived_at": at_once},
        rules=("S3-25",),
        main=True,
    ),
    _finish("arrived", offers=("materials", "charge", "receipt_no")),
    Move(
        "dispatch_again",
        ("重新派工", "Dispatch again"),
        "dispatched",
        ("arrived", "done"),
        actions=("dispatch", "assign"),
        asks=("reason",),
        offers=("department_id", "holder_id"),
        sets={"notified_at": at_once, "times_dispatched": _again},
        then=(ASSIGNED, happened("dispatch")),
        rules=("S3-75", "S4-182"),
    ),
    replace(REVISITED, sources=("done", "closed"), rules=("S4-218",)),
    replace(CLOSE, rules=("S3-27", "S0-77")),
    ASSIGN,
    PAUSE,
    RESUME,
    *FOLLOWED,
    reopen("dispatched", "closed", then=(happened("dispatch"),)),
)


@guard("S0-48")
def same_day(facts: Facts) -> str | None:
    """The sheet is passed on the day it was written, or the reason is given."""
    written = facts.row["received_at"]
    if facts["late_reason"] or facts.day(written) == facts.day(facts.now):
        return None
    return _(
        "The sheet goes to after-sales on the same day; say why it did not happen."
    )


REWORK = (
    Move(
        "return",
        ("交售后部门", "Pass to after-sales"),
        "returned",
        ("issued",),
        asks=("received_by",),
        offers=("after_sales_id", "finish_by", "late_reason"),
        sets={"returned_at": at_once},
        guards=(same_day,),
        rules=("S0-48",),
        main=True,
    ),
    Move(
        "finish",
        ("登记返修完成", "Rework finished"),
        "done",
        ("returned",),
        asks=("result", "completed_on"),
        offers=("supervision",),
        sets=GOES_ON,
        rules=("S0-49",),
        main=True,
    ),
    replace(
        CLOSE,
        sets={"rechecked_by_id": by_me, "rechecked_at": at_once},
        then=(push("clear"),),
        rules=("S0-49", "S0-77"),
    ),
    Move(
        "fail_recheck",
        ("复验不合格，退回", "Send back"),
        "returned",
        ("done",),
        actions=("close", "assign"),
        asks=("reason",),
        rules=("S0-49",),
    ),
    ASSIGN,
    PAUSE,
    RESUME,
    *FOLLOWED,
    reopen("returned", "closed"),
)

SERVICE_ORDER = (
    replace(CONFIRM_AVAILABLE, to="available"),
    Move(
        "appoint",
        ("约上门时间", "Agree a time"),
        "appointed",
        ("available", "appointed"),
        asks=("visit_at",),
        offers=("department_id", "holder_id", "external_party_id"),
        sets={"customer_told_at": at_once},
        then=(ASSIGNED,),
        rules=("S1-57", "S1-58"),
        main=True,
    ),
    _finish("appointed", offers=("quantity",)),
    Move(
        "charge",
        ("收费", "Charge"),
        "charged",
        ("done",),
        asks=("charge", "charged_on"),
        offers=("quantity", "unit_price", "receipt_no"),
        rules=("S3-65",),
        main=True,
    ),
    Move(
        "waive_charge",
        ("免收", "No charge"),
        "charged",
        ("done",),
        actions=("close",),
        asks=("free_reason",),
        sets={"free_of_charge": always(True)},
        rules=("S3-65",),
    ),
    replace(REVISITED, sources=("done", "charged", "closed"), rules=("S0-71",)),
    replace(CLOSE, sources=("charged",)),
    ASSIGN,
    *FOLLOWED,
    reopen("done", "closed"),
)
