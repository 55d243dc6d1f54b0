"""The procedures' advice stands beside the step that it is about."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.db import writing
from core.record import record_types
from models import Hint
from tests.calls import HERE
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from views.clauses import rules

pytestmark = pytest.mark.once

CHOICES = "visit telephone after_sales repair complaint service praise suggestion other"


def test_every_hint_is_shown_somewhere(as_actor: AsActor) -> None:
    known = {cls.slug: cls for cls in record_types()}
    with as_actor() as session:
        for hint in session.scalars(select(Hint)):
            assert hint.places
            for place in hint.places.split():
                slug, _dot, step = place.partition(".")
                flow = known[slug].flow
                moves = {move.code for move in flow.moves} if flow else set()
                choices = set(CHOICES.split()) if slug == "reception" else set()
                assert not step or step in moves | choices, place


def test_no_advice_of_the_procedures_is_left_out() -> None:
    for rule in rules():
        if rule.kind == "guidance":
            assert rule.stage != "later", rule.id


def test_every_source_of_a_hint_names_it(as_actor: AsActor) -> None:
    carried = {rule.id: set(rule.carried_by) for rule in rules()}
    guidance = {rule.id for rule in rules() if rule.kind == "guidance"}
    with as_actor() as session:
        for hint in session.scalars(select(Hint)):
            sources = set((hint.source or "").split()) & guidance
            for source in sources:
                assert f"hint:{hint.code}" in carried[source], (hint.code, source)


@pytest.mark.clause("S1-138", "S1-140", "S2-10", "S0-57")
def test_a_step_has_its_advice(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        cls = {t.slug: t for t in record_types()}["complaint"]
        key = make(session, cls, office.home).id
    text = client("supervisor").get(f"/complaint/details/?id={key}").text
    assert "凭事实" in text
    assert "一直有回音" in text
    assert 'href="/rules/?search=S1-138"' in text


@pytest.mark.clause("S0-02", "S0-38", "S3-06", "S3-09", "S1-40", "S1-137", "S2-28")
def test_the_desk_is_advised_and_the_office_may_change_it(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    text = client("receptionist").get(HERE).text
    assert re.search(r'data-when="channel=visit"><summary>迎接', text)
    assert re.search(r'data-when="category=complaint" open><summary>投诉先听', text)
    assert "两头都有人" in text
    with as_actor() as session, writing(session):
        for hint in session.scalars(select(Hint).where(Hint.code == "greeting")):
            hint.active = False
        for hint in session.scalars(select(Hint).where(Hint.code == "telephone")):
            hint.text_zh = "响两声就接"
    text = client("receptionist").get(HERE).text
    assert "迎接" not in text
    assert "响两声就接" in text
