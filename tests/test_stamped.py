"""What a step writes is written by that step alone, whoever may change the record."""

from __future__ import annotations

from typing import Any

import pytest

from core.record import form_fields, record_types
from rules.flows import BY_HAND, FLOWS
from tests import reading
from tests.lives import Life

DESK = "receptionist"
DAYS = {
    "handover": ("inspected_on", "agreements_on", "paid_on", "keys_on"),
    "inspection": ("signed_on", "cleared_on"),
    "transfer": ("finance_told_at", "information_told_at", "control_told_at"),
}


@pytest.mark.once
def test_nobody_is_asked_for_what_steps_write() -> None:
    for slug, flow in FLOWS.items():
        moves = [move for move in flow.moves if not move.line]
        asked = {name for move in moves for name in (*move.asks, *move.offers)}
        written = {name for move in moves for name in move.sets} - asked
        assert written <= flow.stamped | flow.fixed | BY_HAND.get(slug, frozenset())


@pytest.mark.once
def test_what_is_said_by_hand_is_a_field_of_the_form() -> None:
    known = {cls.slug: form_fields(cls) for cls in record_types()}
    for slug, names in BY_HAND.items():
        assert names <= known[slug].keys()
        assert names - FLOWS[slug].stamped


@pytest.mark.clause("S1-12", "S1-22", "S1-33")
@pytest.mark.parametrize("slug", DAYS)
def test_a_day_that_proves_a_step_is_not_typed_in(life: Life, slug: str) -> None:
    key = life.write(DESK, slug, **life.at_home())
    path, visitor = f"/{slug}/edit/?id={key}", life.client(DESK)
    assert reading.controls(visitor.get(path).text).isdisjoint(DAYS[slug])
    forged: dict[str, Any] = dict.fromkeys(DAYS[slug], "2026-01-02")
    version = life.case(slug, key).version
    answer = visitor.post(path, version=version, content="改", **forged)
    assert answer.status_code == 302, answer.text
    found = life.case(slug, key)
    assert found.content == "改"
    assert [getattr(found, name) for name in DAYS[slug]] == [None] * len(forged)
