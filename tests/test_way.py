"""The line of states over a record: what was passed, where it is, what comes."""

from __future__ import annotations

from typing import cast

import pytest

from core.access import actor_of
from core.record import Case, record_type
from tests.conftest import AsActor
from views.way import way

pytestmark = pytest.mark.once
WAYS = {
    ("card", "void"): [],
    ("card", "active"): [],
    ("card_application", "cancelled"): ["已填写 was", "已撤销 now"],
    ("agreement", "ended"): ["已拟 was", "已终止 now"],
    ("notice", "withdrawn"): ["已拟稿 was", "已批准 was", "已发布 was", "已撤下 now"],
    ("repair", "arrived"): [
        "已报修 was",
        "已派工 was",
        "已到场 now",
        "已修好 next",
        "已关闭 next",
    ],
}


@pytest.mark.parametrize(("slug", "state"), WAYS)
def test_only_what_was_passed_is_ticked(
    as_actor: AsActor, slug: str, state: str
) -> None:
    with as_actor("supervisor") as session:
        case = cast(Case, record_type(slug)(state=state))
        found = [f"{s.words} {s.when}" for s in way(actor_of(session), case)]
    assert found == WAYS[slug, state]
