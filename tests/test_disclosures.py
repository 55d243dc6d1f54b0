"""Personal data leaves the office by consent or law, decided by another, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lives import Life

GROUND = "Say on which ground, and name the authorisation or the legal paper."
AGREED: dict[str, Any] = {"decision": "agree", "data": ["name", "phone"]}
CONSENT = {"basis": "authorisation", "basis_note": "2026-11-01 授权书"}


def asked(life: Life, job: str = "receptionist", **more: Any) -> int:
    """Somebody asks for a customer's data."""
    said = {"content": "核对住址", "recipient": "某银行", **life.at_home(), **more}
    return life.write(job, "disclosure", **said)


@pytest.mark.clause("S0-14")
def test_data_is_given_by_consent_or_law_and_taken_back(life: Life) -> None:
    key = asked(life)
    life.barred("receptionist", "disclosure", key, "decide", **AGREED)
    for ground in ({}, {"basis": "law"}, {"basis_note": "函"}):
        said = AGREED | ground
        life.refused("supervisor", "disclosure", key, "decide", GROUND, **said)
    life.does("supervisor", "disclosure", key, "decide", **AGREED, **CONSENT)
    life.does("supervisor", "disclosure", key, "give")
    found = life.case("disclosure", key)
    assert (found.state, found.open, bool(found.given_on)) == ("given", False, True)
    assert found.given_by_id == life.office.staff["supervisor"]
    life.does("supervisor", "disclosure", key, "withdraw", reason="业主来电")
    found = life.case("disclosure", key)
    assert (found.state, bool(found.withdrawn_on)) == ("withdrawn", True)
    assert life.move("supervisor", "disclosure", key, "give")[0] == 409


@pytest.mark.clause("S0-14")
def test_nobody_decides_his_own_request_and_a_refusal_is_explained(life: Life) -> None:
    key = asked(life, "supervisor")
    mine = "You recorded this request; somebody else decides."
    said = AGREED | CONSENT
    life.refused("supervisor", "disclosure", key, "decide", mine, **said)
    no = {"decision": "refuse", "data": ["name"]}
    life.refused("manager", "disclosure", key, "decide", "Say why it is refused.", **no)
    life.does("manager", "disclosure", key, "decide", decision_reason="没有依据", **no)
    assert life.state("disclosure", key) == "refused"


@pytest.mark.clause("S0-14")
def test_what_the_law_demanded_is_not_taken_back_as_a_consent(life: Life) -> None:
    key = asked(life)
    by_law = {"basis": "law", "basis_note": "公安调取证据通知书"}
    life.does("manager", "disclosure", key, "decide", **AGREED, **by_law)
    why = "It was given by law; there is no consent to withdraw."
    life.refused("supervisor", "disclosure", key, "withdraw", why, reason="业主来电")
