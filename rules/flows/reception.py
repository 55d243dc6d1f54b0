"""What comes to the desk: receptions, information, praise, suggestions, letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.moves import (
    NOTHING,
    Cause,
    Facts,
    Go,
    Move,
    Order,
    at_once,
    guard,
    once,
)
from core.words import _
from rules.flows.marks import (
    ASSIGN,
    ASSIGNED,
    CALL_MANAGER,
    DECIDE,
    FOLLOWED,
    LINK,
    reopen,
)
from rules.guards import (
    all_closed,
    close_with,
    late_entry,
)

BY_CATEGORY = {
    "after_sales": "rework",
    "repair": "repair",
    "complaint": "complaint",
    "service": "service_order",
    "praise": "praise",
    "suggestion": "suggestion",
}
"""Reception word -> the record it begins (S0-41 to S0-46)."""
LOST_AND_FOUND = {"lost_found": "article", "pet": "pet"}
"""Kinds under the word 其它 that go to the lost-and-found register (S0-55)."""


def _passed_on(facts: Facts) -> Iterable[Order]:
    """The record that the category begins, once."""
    category, kind = facts["category"] or "", facts["other_kind"] or ""
    if slug := record_of(category, kind):
        told = facts.given.get(slug, NOTHING)
        yield Cause(slug, {**_usual(slug, facts), **told})


def record_of(category: str, other_kind: str = "") -> str:
    """The record type that a category begins; empty when it begins none."""
    if category == "other" and other_kind in LOST_AND_FOUND:
        return "lost_found"
    return BY_CATEGORY.get(category, "")


def _usual(slug: str, facts: Facts) -> Mapping[str, Any]:
    """What must be filled in and was not asked."""
    late = facts["back_reason"]
    came = {"received_at": facts["received_at"]} if late else NOTHING
    if slug == "service_order":
        return {**came, "service_kind": "other"}
    if slug == "complaint" and late:
        return {**came, "back_entry_reason": late}
    if slug == "lost_found":
        item = str(facts["content"] or facts["number"])[:80]
        return {**came, "entry": LOST_AND_FOUND[facts["other_kind"]], "item": item}
    return came


def _begun(facts: Facts) -> Iterable[Order]:
    """Whatever has a record of its own is passed on in the same save."""
    if any(True for _order in _passed_on(facts)):
        yield Go("dispatch", facts.given)


@guard("S0-09", "S3-33")
def has_somewhere_to_go(facts: Facts) -> str | None:
    """It is passed on by its category, or to a department."""
    if facts["department_id"] or any(True for _order in _passed_on(facts)):
        return None
    return _("Choose the department that it is passed to.")


@guard("S0-41", "S0-48")
def home_known(facts: Facts) -> str | None:
    """A contact sheet is about a home."""
    if facts["category"] != "after_sales" or facts["unit_id"]:
        return None
    return _("For after-sales choose the home first.")


@guard("S0-77", "S3-72")
def nothing_open(facts: Facts) -> str | None:
    """What was passed on is not answered on the spot."""
    if not any(near.open for near in facts.caused):
        return None
    return _("This was passed on already; close it when that is done.")


@guard("S0-30")
def gate_may_take_it(facts: Facts) -> str | None:
    """At night the gate takes receptions, where the office lets it."""
    if facts.roles != {"guard"} or facts.is_on("intake.guard_repairs"):
        return None
    return _("In this office the gate takes no receptions; tell the front desk.")


RECEPTION_BEGINS = Move(
    "register",
    ("登记", "Register"),
    guards=(
        gate_may_take_it,
        late_entry("back_reason"),
    ),
    then=(_begun,),
    rules=("S0-40", "S3-05", "S0-34"),
)
RECEPTION = (
    Move(
        "dispatch",
        ("派单／转交", "Pass on"),
        "dispatched",
        ("registered",),
        offers=("category", "other_kind", "unit_id", "department_id", "holder_id"),
        sets={"transferred_at": once("transferred_at")},
        guards=(has_somewhere_to_go, home_known),
        then=(_passed_on, ASSIGNED),
        rules=("S0-39", "S0-50", "S0-51", "S0-52", "S0-54", "S3-33", "S3-43"),
        main=True,
    ),
    Move(
        "answer",
        ("当场答复并注销", "Answered at once, close"),
        "closed",
        ("registered",),
        actions=("close",),
        asks=("answer",),
        guards=(nothing_open,),
        rules=("S0-06", "S3-72", "S3-12"),
        main=True,
    ),
    Move(
        "caused_done",
        ("下属单据已办结", "What it caused is closed"),
        "done",
        ("dispatched",),
        automatic=True,
        when_caused_closed=True,
        rules=("S0-77",),
    ),
    Move(
        "finish",
        ("登记结果", "Record the result"),
        "done",
        ("registered", "dispatched"),
        actions=("update",),
        asks=("result",),
        guards=(all_closed,),
        rules=("S0-32", "S3-33"),
    ),
    Move(
        "close",
        ("注销（办结）", "Close"),
        "closed",
        ("done",),
        actions=("close",),
        offers=("result", "answer"),
        guards=(all_closed, close_with),
        rules=("S0-77", "S3-22", "S1-63"),
        main=True,
    ),
    ASSIGN,
    *FOLLOWED,
    CALL_MANAGER,
    DECIDE,
    LINK,
    reopen("registered", "closed"),
)


def _slip(facts: Facts) -> Iterable[Order]:
    """The job that information begins, by its kind."""
    jobs = {"repair": "repair", "complaint": "complaint", "suggestion": "suggestion"}
    kind = facts["info_kind"] or ""
    if kind in jobs:
        yield Cause(jobs[kind])
    else:
        job = {"housekeeping": "housekeeping"}.get(kind, "general")
        yield Cause("dispatch", {"job_kind": job})


INFO_LOG_BEGINS = Move(
    "record", ("记录信息", "Record"), rules=("S1-39", "S1-42", "S1-43")
)
INFO_LOG = (
    Move(
        "dispatch",
        ("派单", "Dispatch"),
        "dispatched",
        ("open",),
        asks=("department_id",),
        offers=("holder_id",),
        sets={"dispatched_at": at_once},
        then=(_slip, ASSIGNED),
        rules=("S1-55", "S1-56", "S1-59"),
        main=True,
    ),
    Move(
        "close",
        ("关闭", "Close"),
        "closed",
        ("open", "dispatched"),
        actions=("close",),
        asks=("result",),
        guards=(all_closed, close_with),
        rules=("S1-48", "S1-63"),
        main=True,
    ),
    ASSIGN,
    *FOLLOWED,
    DECIDE,
    reopen("open", "closed"),
)
