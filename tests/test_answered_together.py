"""Several complaints of one cause are answered together, each for itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.clock import Clock
from core.db import writing
from core.words import _
from models import Unit
from tests.complaints import complain
from tests.filling import make
from tests.lives import Life, picked

pytestmark = pytest.mark.once

ALL = "/queues/unclosed/"
TOLD = "电梯厂家周三到场，周四恢复运行"


def neighbours(life: Life, count: int) -> list[int]:
    """More homes of the same building."""
    with life.as_actor() as session, writing(session):
        building = session.get_one(Unit, life.office.unit).building_id
        return [
            make(session, Unit, life.office.home, building_id=building, room=f"6{n}").id
            for n in range(count)
        ]


def group(life: Life) -> list[int]:
    """Three homes of one building that complain of the same."""
    homes = [life.office.unit, *neighbours(life, 2)]
    same = {"category": "safety", "content": "电梯停了三天"}
    return [complain(life, **same, **picked("unit_id", home)) for home in homes]


@pytest.mark.clause("S1-139")
def test_a_group_is_found_from_one_of_it_and_answered_at_one_go(life: Life) -> None:
    keys = group(life)
    other = complain(life, category="environment")
    desk = life.client("supervisor")
    page = desk.get("/complaint/details/", id=keys[-1]).text
    way = f"{ALL}?like={keys[-1]}"
    assert way in page
    assert "?like=" not in desk.get("/complaint/details/", id=other).text
    text = desk.get(way).text
    assert all(f'value="complaint:{key}"' in text for key in keys)
    assert f'value="complaint:{other}"' not in text
    life.change("complaint", keys[0], state="closed", open=False)
    life.change("complaint", keys[0], first_replied_at=None)
    sent = {
        "do": "reply",
        "query": f"?like={keys[-1]}",
        "pick": [f"complaint:{key}" for key in keys],
        "content": TOLD,
        "channel": "telephone",
    }
    assert desk.post(f"{ALL}act", sent).location == way
    text = desk.get(way).text
    assert _("Done: {n}.", n=2) in text
    assert life.case("complaint", keys[0]).number in text  # which could not be
    for key in keys[1:]:
        assert life.case("complaint", key).first_replied_at
        (line,) = life.lines("reply", case_id=key)
        assert (line.content, line.channel) == (TOLD, "telephone")
        with life.as_actor() as session:
            query = select(Clock.stopped_by).where(
                Clock.case_id == key, Clock.rule == "complaint.first_reply"
            )
            assert session.scalars(query).one() == "first_reply"
    assert life.lines("reply", case_id=keys[0]) == []
    # whoever has heard already is told again
    again = sent | {"pick": [f"complaint:{keys[1]}"]}
    desk.post(f"{ALL}act", again)
    assert len(life.lines("reply", case_id=keys[1])) == 2


def test_what_one_may_not_do_keeps_none_of_the_others(life: Life) -> None:
    one, other = group(life)[:2]
    for key in (one, other):
        life.change("complaint", key, holder_id=life.office.staff["handler"])
    handler = life.client("handler")
    sent = {
        "do": "assign",
        "pick": [f"complaint:{one}", f"complaint:{other}"],
        "to_department": str(life.office.department),
    }
    assert handler.post(f"{ALL}act", sent).status_code == 302
    words = _("You have no right to change this record so.")
    assert handler.get(ALL).text.count(words) == 2
    alone = sent | {"pick": sent["pick"][:1]}
    assert handler.post(f"{ALL}act", alone).status_code == 403


def test_a_reply_without_words_or_way_is_none(life: Life) -> None:
    (key, *_more) = group(life)
    sent = {"do": "reply", "pick": [f"complaint:{key}"], "content": TOLD}
    desk = life.client("supervisor")
    assert desk.post(f"{ALL}act", sent).status_code == 400
    assert desk.post(f"{ALL}act", sent | {"channel": "owl"}).status_code == 400
    blank = sent | {"channel": "telephone", "content": " "}
    assert desk.post(f"{ALL}act", blank).status_code == 400
    assert life.lines("reply", case_id=key) == []
    assert life.client("outsider").get(f"{ALL}?like={key}").status_code == 404
    life.decide("complaint.group.same", "category,cause")
    assert f'value="complaint:{key}"' not in desk.get(f"{ALL}?like={key}").text
