"""The quarterly list: counted, held against register and stock, closed by another."""

from __future__ import annotations

import datetime as dt

import pytest

from core.words import _
from tests.cards import Counter, counter

desk = pytest.fixture(counter)
REVIEW = "card_review"


@pytest.mark.clause("S1-121")
def test_the_quarterly_list_is_counted_reconciled_and_filed(desk: Counter) -> None:
    desk.issued("owner")
    over = desk.out("owner")
    desk.change("card", over, valid_until=desk.today() - dt.timedelta(days=1))
    lost = desk.out("family")
    desk.does("receptionist", "card", lost, "report_lost")
    back = desk.out("family")
    desk.does("receptionist", "card", back, "return")
    desk.stock()
    quarter = f"{desk.today().year}Q{(desk.today().month + 2) // 3}"
    wrong = desk.write("receptionist", REVIEW, quarter="2026年")
    why = "Write a quarter that has begun, like 2026Q1."
    desk.refused("receptionist", REVIEW, wrong, "compile", why)
    later = desk.write("receptionist", REVIEW, quarter="2099Q4")
    desk.refused("receptionist", REVIEW, later, "compile", why)
    key = desk.write("receptionist", REVIEW, quarter=quarter)
    desk.does("receptionist", REVIEW, key, "compile")
    found = desk.case(REVIEW, key)
    assert (found.issued_count, found.ledger_count) == (1, 4)
    assert (found.active_count, found.expired_count) == (1, 1)
    assert (found.lost_count, found.returned_count, found.stock_count) == (1, 1, 1)
    own = "You compiled this list; somebody else reconciles it."
    counted = {"stock_counted": 1}
    desk.change(REVIEW, key, holder_id=desk.office.staff["supervisor"])
    explained = {**counted, "differences": "三张为系统启用前发出。"}
    desk.refused("supervisor", REVIEW, key, "reconcile", own, **explained)
    desk.change(REVIEW, key, holder_id=desk.office.staff["receptionist"])
    shown = desk.client("supervisor").get(f"/{REVIEW}/details/", id=key).text
    assert shown.index('value="reconcile"') < shown.index('value="compile"')
    status, page = desk.move("supervisor", REVIEW, key, "reconcile", **counted)
    figures = {"issued": 1, "ledger": 4, "stock": 1, "counted": 1}
    told = _(
        "Explain the differences: issued {issued}, by the ledger {ledger};"
        " in stock {stock}, counted {counted}.",
        **figures,
    )
    assert (status, told in page) == (409, True)
    desk.does("supervisor", REVIEW, key, "reconcile", **explained)
    desk.does("supervisor", REVIEW, key, "close")
    assert desk.case(REVIEW, key).reconciled_by_id == desk.office.staff["supervisor"]


@pytest.mark.once
@pytest.mark.clause("S1-121")
def test_what_agrees_needs_no_words(desk: Counter) -> None:
    desk.issued("owner")
    quarter = f"{desk.today().year}-Q{(desk.today().month + 2) // 3}"
    key = desk.write("supervisor", REVIEW, quarter=quarter)
    desk.does("supervisor", REVIEW, key, "compile")
    desk.does("supervisor", REVIEW, key, "compile")  # counted anew
    desk.decide("four_eyes.card_review", "marked")
    desk.does("supervisor", REVIEW, key, "reconcile", stock_counted=0)
    assert desk.waived() == ["four_eyes.card_review"]
