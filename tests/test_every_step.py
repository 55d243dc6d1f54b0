"""Every condition answers, whatever a case lacks and the office has switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.access import actor_of
from core.db import writing
from core.moves import Facts, objections
from core.record import record_type
from rules.flows import FLOWS
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
from tests.lives import Life
from views.facts import facts_of

pytestmark = [pytest.mark.once, pytest.mark.no_cover]


def ask(slug: str, facts: Facts) -> int:
    """Ask every condition of a kind of case; how many steps have some."""
    moves = [move for move in FLOWS[slug].moves if move.guards]
    for move in moves:
        told, _waived = objections(move, facts)
        assert all(told)
    return len(moves)


def test_no_condition_needs_more_than_what_must_be_filled_in(
    as_actor: AsActor, office: Office
) -> None:
    asked = 0
    with as_actor("supervisor") as session:
        for slug in sorted(FLOWS):
            with writing(session):
                case = make(session, record_type(slug), office.home)
            facts = facts_of(session, actor_of(session), case, {})
            asked += ask(slug, facts)
            none = replace(facts, setting=lambda code: "", policy=lambda name: ())
            ask(slug, none)
    assert asked > 100


def test_a_visit_without_a_day_has_its_page(life: Life, office: Office) -> None:
    key = life.write("supervisor", "home_visit", **life.at_home())
    assert life.case("home_visit", key).visit_on is None
    page = life.client("supervisor").get("/home_visit/details/", id=key)
    assert page.status_code == 200
