"""Many clerks at once: no card is given out twice, and nobody sees a locked door."""

from __future__ import annotations

from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from core.db import writing
from core.record import record_type
from core.words import _
from tests.browsing import Visitor
from tests.cards import KINDS, Counter, counter
from tests.filling import make
from tests.lives import picked

desk = pytest.fixture(counter)
CLERKS = 32
TAKEN = "Card {number} is given out already, or not fit."


def approved(desk: Counter) -> list[int]:
    """An approved application for every clerk."""
    place = {"unit_id": desk.office.unit, "person_id": desk.office.person}
    values = {**KINDS["owner"], **place, "state": "approved"}
    made, home = [], desk.office.home
    with desk.as_actor() as session, writing(session):
        for _clerk in range(CLERKS):
            one = make(session, record_type("card_application"), home, **values)
            made.append(one.id)
    return made


@pytest.mark.parametrize("stocked", [True, False])
def test_two_clerks_never_issue_one_card(
    app: Flask, desk: Counter, *, stocked: bool
) -> None:
    numbers = [f"R{n // 2:02}" for n in range(CLERKS)]
    if stocked:
        for number in sorted(set(numbers)):
            desk.stock(number=number)
    else:
        desk.decide("module.card_stock", "no")
    keys, clerks = approved(desk), [Visitor(app, "receptionist") for _n in numbers]

    money = {"fee_kind": "card_production", "amount": "20"}
    money["paid_on"] = desk.today().isoformat()

    def issue(place: int) -> tuple[int, str]:
        paid = money | picked("case_id", keys[place])
        assert clerks[place].post("/payment/new/", paid).status_code == 302
        given = {"move": "issue", "id": keys[place], "card_number": numbers[place]}
        answer = clerks[place].post("/card_application/move/", given)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(CLERKS) as pool:
        answers = list(pool.map(issue, range(CLERKS)))
    assert Tally(status for status, _page in answers) == {302: 16, 409: 16}
    for number, (status, page) in zip(numbers, answers, strict=True):
        assert status == 302 or _(TAKEN, number=number) in page
    receipts = sorted(str(one.receipt_number) for one in desk.lines("payment"))
    assert [int(number[-6:]) for number in receipts] == list(range(1, CLERKS + 1))
    cards = desk.lines("card", state="active")
    assert sorted(card.card_number for card in cards) == sorted(set(numbers))
    assert len({card.application_id for card in cards}) == 16
    assert len({card.number for card in cards}) == 16
    issued = desk.lines("card_event", event="issue")
    assert len(issued) == 16
