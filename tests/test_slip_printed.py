"""The slip on paper: A5, every label in its order, nothing clipped, its square."""

from __future__ import annotations

import pytest
from flask import Flask

from core.access import SYSTEM
from core.db import now
from core.record import form_fields, parts
from core.words import say
from models import ReleasePass
from rules.flows.gate import unaltered
from seeds.sample.making import make
from tests import paper
from tests.lives import Life
from tests.slips import Gate
from views.facts import facts_of
from views.printing.code import gate_address
from views.printing.paper import signing

pytestmark = pytest.mark.once
A5 = (210.0, 148.0)
ADVICE = ["freight_lift", "parking", "exit"]


@pytest.fixture
def gate(life: Life) -> Gate:
    return Gate(life)


@pytest.mark.clause("S1-67", "S1-80")
def test_an_issued_slip_is_one_a5_sheet_with_every_label_in_order(gate: Gate) -> None:
    said = {"content": "搬家，分两次，货梯已约好", "plate": "沪A12345"}
    said |= {"applicant_name": "李小明"}
    key = gate.slip("tenant", 6, **said, advice=ADVICE)
    for method in ("papers", "phone_owner"):
        gate.check(key, method)
    told = {"arrears_check": "none", "owner_confirmation": "confirmed"}
    gate.does("receptionist", key, "verify", **told)
    gate.does("receptionist", key, "issue", moving_on=gate.today())
    asked = {"id": key, "format": "pdf"}
    body = gate.life.client("receptionist").get("/release_pass/print/", **asked).data
    (sheet,) = paper.sheets(body)
    size = sheet.width / paper.MM, sheet.height / paper.MM
    assert size == pytest.approx(A5, abs=0.2)
    assert paper.outside(body, 8.9) == []
    known = form_fields(ReleasePass)
    signed = signing(known)
    aside = {*signed, *signed.values()}
    labels = [say(f.label) for name, f in known.items() if name not in aside]
    labels += [say(parts(ReleasePass)[0].title), "箱子1号", "箱子6号"]
    labels += [say(known[name].label) for name in signed]
    whole = paper.text(body)
    assert paper.missing_in_order(whole, labels) == []
    assert gate.life.case("release_pass", key).number in whole
    assert whole.count("□") == 6  # the gate has still to look at each


def test_only_a_slip_that_waits_has_a_square(gate: Gate, app: Flask) -> None:
    desk, key = gate.life.client("receptionist"), gate.slip()
    square = '<svg xmlns="http://www.w3.org/2000/svg" '
    assert square not in desk.get("/release_pass/print/", id=key).text
    gate.does("receptionist", key, "verify")
    gate.does("receptionist", key, "issue", moving_on=gate.today())
    page = desk.get("/release_pass/print/", id=key)
    assert 'class="code"' in page.text
    assert "style=" not in page.text.partition('class="code"')[2].partition("</svg>")[0]
    slip = gate.life.case("release_pass", key)
    with app.test_request_context("/", base_url="http://desk:5000"):
        assert gate_address(slip) == f"http://desk:5000/gate/?slip={slip.seal}"
    gate.life.decide("gate.address", "https://gate.example.cn/")
    with app.test_request_context("/", base_url="http://desk:5000"):
        assert gate_address(slip) == f"https://gate.example.cn/gate/?slip={slip.seal}"
    assert gate.acts(key).status_code == 302
    assert 'class="code"' not in desk.get("/release_pass/print/", id=key).text


def test_the_slips_of_a_sample_office_are_sound(gate: Gate) -> None:
    life = gate.life
    with life.as_actor() as session:
        sum(make(session, 200, 0.1, 3, now()))
    issued = [slip for slip in life.lines("release_pass") if slip.issued_at]
    assert issued
    for slip in issued:
        with life.as_actor() as session:
            found = session.get_one(ReleasePass, slip.id)
            assert unaltered.check(facts_of(session, SYSTEM, found, {})) is None
