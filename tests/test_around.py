"""What a flow may look at beside its own case: what names it, and its home."""

from __future__ import annotations

from core.access import actor_of
from core.moves import NOTHING
from core.record import record_types
from models import Complaint
from tests.complaints import complain
from tests.lives import Life
from views.facts import facts_of


def test_every_type_can_be_asked_for_what_stands_beside(life: Life) -> None:
    key = complain(life)
    with life.as_actor() as session:
        case = session.get_one(Complaint, key)
        facts = facts_of(session, actor_of(session), case, {})
        here = {cls.slug for cls in record_types() if facts.at_home(cls.slug)}
        assert here == {"complaint"}
        assert all(list(facts.linked(cls.slug)) == [] for cls in record_types())


def test_a_reference_is_looked_up_as_it_will_be(life: Life) -> None:
    key = complain(life)
    with life.as_actor() as session:
        case = session.get_one(Complaint, key)
        facts = facts_of(session, actor_of(session), case, {"holder_id": None})
        assert facts.referred("unit_id")["id"] == case.unit_id
        assert facts.referred("holder_id") == NOTHING
