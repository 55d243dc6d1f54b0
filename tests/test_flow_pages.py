"""How a kind of case goes, drawn and told from its table."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from core.record import record_type
from core.words import say
from rules.flows import FLOWS
from tests import reading
from tests.conftest import Client
from views.flow_picture import HEIGHT, WIDTH, Picture, picture

pytestmark = pytest.mark.once

DRAWN = [slug for slug, flow in FLOWS.items() if flow.moves]
by_flow = pytest.mark.parametrize("slug", DRAWN)
PHONE, LEGIBLE = 390, 0.75
"""Width of its screen, and how far a picture may shrink to fit it."""


@by_flow
def test_the_picture_fits_a_telephone_and_nothing_lies_over_a_box(slug: str) -> None:
    drawn = picture(FLOWS[slug])
    assert drawn.width * LEGIBLE <= PHONE - 24
    tops = [box.y for box in drawn.boxes]
    assert tops == sorted(tops)
    assert all(b - a > HEIGHT for a, b in pairwise(tops))
    for line in drawn.lines:
        assert 0 < line.x < drawn.width
        assert 0 < line.y < drawn.height
        assert not any(over(box.x, box.y, line.x, line.y) for box in drawn.boxes)


def over(x: int, y: int, at: int, down: int) -> bool:
    """Whether a dot lies on a box."""
    return x < at < x + WIDTH and y < down < y + HEIGHT


@by_flow
def test_every_step_that_leads_somewhere_is_drawn(slug: str) -> None:
    flow = FLOWS[slug]
    shown = {line.number for line in picture(flow).lines}
    for number, move in enumerate(flow.moves, 1):
        leads = move.sources and set(move.leads_to) - set(move.sources)
        assert (number in shown) or not leads, move.code


def test_lines_of_one_lane_do_not_run_over_each_other() -> None:
    drawn: Picture = picture(FLOWS["complaint"])
    spans: dict[int, list[tuple[int, int]]] = {}
    for line in drawn.lines:
        for x, top, bottom in re.findall(r"M(\d+) (\d+) V(\d+)", line.path):
            ends = sorted((int(top), int(bottom)))
            for other in spans.get(int(x), []):
                assert ends[1] <= other[0] or ends[0] >= other[1]
            spans.setdefault(int(x), []).append((ends[0], ends[1]))
    assert len(spans) > 4


@by_flow
def test_the_page_tells_every_state_and_step(client: Client, slug: str) -> None:
    answer = client("auditor").get(f"/flows/{slug}/")
    assert answer.status_code == 200
    page = reading.main(answer.text)
    flow = FLOWS[slug]
    assert all(say(state.step) in page for state in flow.states)
    assert all(say(move.title) in page for move in flow.moves)
    assert "style=" not in page
    rules = {rule for move in flow.moves for rule in move.rules}
    assert all(f"?search={rule}" in page for rule in rules)


def test_it_is_told_to_those_who_may_read_such_cases(client: Client) -> None:
    assert client("finance").get("/flows/complaint/").status_code == 403
    assert client("finance").get("/flows/repair/").status_code == 200
    for slug in ("person", "nothing", "meeting"):
        assert client("manager").get(f"/flows/{slug}/").status_code == 404


def test_it_says_who_does_what_and_with_which_fields(client: Client) -> None:
    page = reading.text(client("receptionist").get("/flows/complaint/").text)
    assert "客服主管" in page
    assert "系统自动" in page
    assert "投诉责任部门" in page
    complaint = record_type("complaint")
    assert say(complaint.title) in page


def test_it_speaks_english_too(client: Client) -> None:
    visitor = client("supervisor")
    visitor.post("/language", language="en")
    page = visitor.get("/flows/complaint/").text
    assert "How this works" in page
    assert "Not ours: close" in page
