"""What follows from moves: who is told, what is caused, what clocks hear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from core.moves import Cause, Facts, Go, Happened, Order, Refused, Tell, decide
from rules.flows import FLOWS

NOW = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
ASKED = {"close.requires.complaint": "result,director_reply"}


def follows(
    slug: str,
    code: str,
    row: Mapping[str, Any],
    roles: str = "receptionist",
    settings: Mapping[str, str] = ASKED,
) -> list[Order]:
    """The orders of a move, or of the beginning, on a case that stands so."""
    flow = FLOWS[slug]
    move = flow.begin if flow.begin and flow.begin.code == code else flow.move(code)
    assert move is not None
    desk = ("intake.roles", "complaint.result_by", "complaint.register_owner")
    allowed = dict.fromkeys(desk, "receptionist")
    state = move.sources[0] if move.sources else flow.first.code
    base = {"type": slug, "state": state, "received_at": NOW, "content": "x"}
    facts = Facts(
        base | dict(row),
        NOW,
        7,
        frozenset({roles}),
        setting=settings_of({**settings, **allowed}),
    )
    return list(decide(move, facts, opens=True).orders)


def settings_of(known: Mapping[str, str]) -> Any:
    """Settings as flows ask for them."""
    return lambda code: known.get(code, "")


def told(orders: list[Order]) -> set[str]:
    """Who gets a message."""
    return {name for one in orders if isinstance(one, Tell) for name in one.whom}


HANDLED = {
    "result": "好了",
    "corrective_measure": "每周巡查",
    "person_id": 1,
    "cause": "external",
}


@pytest.mark.clause("S4-160", "S4-203", "S4-199")
def test_the_director_hears_the_result_if_the_office_wants_it() -> None:
    assert "manager" in told(follows("complaint", "handle", HANDLED))
    less = {"close.requires.complaint": "result"}
    assert "manager" not in told(follows("complaint", "handle", HANDLED, settings=less))


@pytest.mark.clause("S1-60")
def test_the_customer_service_head_hears_of_every_complaint_and_transfer() -> None:
    assert told(follows("complaint", "receive", {})) == {"supervisor"}
    assert "supervisor" in told(follows("complaint", "receive", {"major": True}))
    given = {"department_id": 1, "holder_id": 2, "confirmed_at": NOW}
    moved = follows("complaint", "assign", given | {"liability_class": "class_1"})
    assert {"supervisor", "holder_id", "head"} <= told(moved)


@pytest.mark.clause("S4-172", "S4-180", "S1-139")
@pytest.mark.parametrize("trait", ["major", "group_tendency", "compensation"])
def test_the_manager_hears_at_once_of_what_is_serious(trait: str) -> None:
    orders = follows("complaint", "receive", {trait: 1})
    assert "manager" in told(orders)
    assert any(one.urgent for one in orders if isinstance(one, Tell))
    assert Happened("ask_decision") in orders


@pytest.mark.clause("S2-58")
def test_a_forwarded_complaint_waits_for_its_forwarder() -> None:
    waits = Happened("forwarder_waits")
    assert waits not in follows("complaint", "handle", HANDLED)
    forwarded = HANDLED | {"forwarder": "街道办"}
    assert waits in follows("complaint", "handle", forwarded)
    informed = forwarded | {"forwarder_told_at": NOW}
    assert waits not in follows("complaint", "handle", informed)


@pytest.mark.clause("S1-64")
def test_what_is_beyond_the_office_reaches_both_heads() -> None:
    orders = follows("repair", "escalate", {"reason": "要停水"})
    assert told(orders) == {"supervisor", "head"}


@pytest.mark.clause("S3-34", "S0-18")
def test_leaders_hear_of_events_at_once_but_not_of_visits() -> None:
    event = follows("incident", "report", {"incident_kind": "fire"})
    assert told(event) == {"supervisor", "manager"}
    assert all(one.urgent for one in event if isinstance(one, Tell))
    assert follows("incident", "report", {"incident_kind": "leader_visit"}) == []


@pytest.mark.clause("S0-54")
def test_the_manager_hears_of_every_suggestion() -> None:
    assert told(follows("suggestion", "report", {})) == {"manager"}


@pytest.mark.clause("S0-51", "S0-50")
def test_a_category_goes_on_to_its_record_at_once() -> None:
    orders = follows("reception", "register", {"category": "complaint"})
    assert [type(one) for one in orders] == [Go]
    (caused,) = (
        one
        for one in follows("reception", "dispatch", {"category": "repair"})
        if isinstance(one, Cause)
    )
    assert caused.slug == "repair"


@pytest.mark.clause("S4-229", "S4-209", "S4-234")
def test_a_problem_found_on_a_revisit_becomes_a_correction() -> None:
    problem = {"new_problems": "又漏了"}
    (order,) = follows("revisit", "find_problem", problem)
    assert isinstance(order, Cause)
    assert (order.slug, order.values["content"]) == ("corrective_action", "又漏了")


@pytest.mark.clause("S4-158", "S4-172", "S4-200")
def test_each_serious_trait_has_its_own_decider() -> None:
    roles = {f"decision.role.{name}": "manager" for name in DECIDED_BY}
    roles["decision.role.major"] = "supervisor"
    word = {"decision": "道歉"}
    follows("complaint", "decide", word | {"major": True}, "supervisor", roles)
    for trait in ({"group_tendency": True}, {"compensation": 1}, {}):
        with pytest.raises(Refused):
            follows("complaint", "decide", word | trait, "supervisor", roles)
        follows("complaint", "decide", word | trait, "manager", roles)
    both = word | {"major": True, "group_tendency": True}
    with pytest.raises(Refused):
        follows("complaint", "decide", both, "supervisor", roles)


DECIDED_BY = ("major", "group", "compensation", "unsolvable")
