"""Money at the counter: receipts, standards, arrears, and what is owed to be said."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from core.db import writing
from core.words import _
from models import FeeStandard, Payment
from rules.fees import amount_due, in_force
from tests.browsing import Visitor
from tests.lives import Life, picked
from tests.office_time import today
from tests.slips import Gate

DAY = dt.date(2026, 11, 20)
TAKEN = "Receipt {number} has been written already."


def paid(life: Life, job: str = "receptionist", **more: Any) -> Any:
    """Money taken at the counter; what the desk answers."""
    said = {"fee_kind": "card_production", "paid_on": DAY, **life.at_home()}
    return life.client(job).post("/payment/new/", said | more)


def receipts(life: Life) -> list[Payment]:
    return list(life.lines("payment"))


def standard(life: Life, **more: Any) -> None:
    """The office sets a price."""
    said = {"code": f"x{len(more)}{more['rate']}", "name": "工本费", **more}
    with life.as_actor() as session, writing(session):
        session.add(FeeStandard(fee_kind="card_production", basis="quantity", **said))


@pytest.mark.clause("S1-21", "S1-96")
def test_receipts_are_numbered_in_order_and_a_void_one_keeps_its_number(
    life: Life,
) -> None:
    for _time in range(2):
        assert paid(life, amount="20").status_code == 302
    assert paid(life, amount="20", receipt_number="No.0071").status_code == 302
    first, second, printed = receipts(life)
    year = first.created_at.year
    assert first.receipt_number == f"SJ-{year}-000001"
    assert second.receipt_number == f"SJ-{year}-000002"
    assert printed.receipt_number == "No.0071"
    gone = {"id": second.id, "version": second.version, "reason": "开错了"}
    assert life.client("finance").post("/payment/delete/", gone).status_code == 302
    for number in ("No.0071", second.receipt_number):
        other = picked("person_id", life.office.person) | {"payer_name": "李四"}
        answer = paid(life, amount="5", receipt_number=number, **other)
        assert answer.status_code == 400
        assert _(TAKEN, number=number) in answer.text
    ahead = paid(life, amount="5", receipt_number=f"SJ-{year}-000009")
    own = _("This number belongs to our own series: leave it empty.")
    assert (ahead.status_code, own in ahead.text) == (400, True)
    assert paid(life, amount="5", receipt_number="No.0071").status_code == 302
    assert paid(life, amount="20").status_code == 302
    assert receipts(life)[-1].receipt_number == f"SJ-{year}-000003"
    assert [one.receipt_number for one in receipts(life) if one.voided_at] == [
        second.receipt_number
    ]


def test_a_new_receipt_is_of_today(life: Life) -> None:
    form = life.client("finance").get("/payment/new/").text
    (day,) = re.findall(r'name="paid_on"[^>]* value="([^"]*)"', form)
    assert day == today().isoformat()


def test_a_written_receipt_is_voided_not_altered(life: Life) -> None:
    paid(life, amount="20")
    (receipt,) = receipts(life)
    visitor = life.client("finance")
    form = visitor.get("/payment/edit/", id=receipt.id).text
    assert 'name="note"' in form
    assert 'name="amount"' not in form
    said = {"version": receipt.version, "amount": "1", "note": "转账", "paid_on": DAY}
    answer = visitor.post(f"/payment/edit/?id={receipt.id}", said)
    assert answer.status_code == 302
    (receipt,) = receipts(life)
    assert (receipt.amount, receipt.note) == (Decimal(20), "转账")


@pytest.mark.clause("S1-96")
def test_the_second_copy_of_a_receipt_says_so(life: Life) -> None:
    paid(life, amount="20")
    (receipt,) = receipts(life)
    asked = {"id": receipt.id, "mark": "both"}
    page = life.client("receptionist").get("/payment/print/", **asked).text
    assert page.count('class="form a5"') == 2
    assert "第一联" in page
    assert "第二联" in page
    same = receipt.receipt_number
    again = paid(life, amount="12.5", fee_kind="water", receipt_number=same)
    assert again.status_code == 302
    both = life.client("receptionist").get("/payment/print/", id=receipt.id).text
    assert "32.50 元" in both
    duplicate = life.client("receptionist").get(
        "/payment/print/", id=receipt.id, mark="duplicate"
    )
    assert "副本" in duplicate.text


@pytest.mark.clause("S3-39", "S1-95")
def test_an_amount_left_empty_is_worked_out_by_the_standard_of_its_day(
    life: Life,
) -> None:
    none = paid(life)
    why = _("Fill in the amount: there is no standard to work it out by.")
    assert (none.status_code, why in none.text) == (400, True)
    standard(life, rate="15", effective_until=DAY - dt.timedelta(days=1))
    standard(life, rate="20.005", effective_from=DAY)
    standard(life, rate="30", effective_from=DAY + dt.timedelta(days=1))
    assert paid(life, quantity="3").status_code == 302
    before = DAY - dt.timedelta(days=1)
    assert paid(life, paid_on=before, quantity="3").status_code == 302
    assert [one.amount for one in receipts(life)] == [Decimal("60.02"), Decimal(45)]
    other = paid(life, quantity="3", amount="50")
    told = _("By the standard of that day it is {due}; say why it differs.", due="")
    assert (other.status_code, told[:8] in other.text) == (400, True)
    assert paid(life, quantity="3", amount="50", note="补差额").status_code == 302


@pytest.mark.once
@pytest.mark.clause("S3-39")
def test_a_fee_is_worked_out_exactly_by_area_months_or_quantity() -> None:
    rate = {"rate": Decimal("2.35"), "fee_kind": "x", "code": "c", "project_id": None}
    area = Decimal("89.37")
    assert amount_due(rate | {"basis": "area_month"}, 3, None, area) == Decimal(
        "630.06"
    )
    assert amount_due(rate | {"basis": "area_month"}, 3, None, None) is None
    assert amount_due(rate | {"basis": "month"}, 2, None, None) == Decimal("4.70")
    assert amount_due(rate | {"basis": "month"}, 2, Decimal(3), None) == Decimal(
        "14.10"
    )
    assert amount_due(rate | {"basis": "quantity"}, 2, None, None) is None
    dates = {"effective_from": None, "effective_until": None}
    ours = rate | dates | {"project_id": 7}
    standards = [ours, rate | dates, rate | dates | {"rate": None}]
    assert in_force(standards, "x", DAY, 7) is ours
    assert in_force(standards, "x", DAY, 8) is standards[1]
    assert in_force(standards, "c", DAY, 8) is standards[1]
    assert in_force(standards, "y", DAY, 7) is None


@pytest.mark.clause("S1-21")
def test_32_clerks_at_once_leave_no_gap_and_no_double_number(
    life: Life, app: Flask
) -> None:
    clerks = [Visitor(app, "receptionist") for _n in range(32)]
    said = {"fee_kind": "card_production", "paid_on": DAY, "amount": "20"}
    form = said | life.at_home()
    printed = form | {"receipt_number": "No.0001", "amount": "1"}

    def takes(at: int) -> list[int]:
        own = printed | {"payer_name": f"住户{at}"}
        answers = [clerks[at].post("/payment/new/", one) for one in (form, own)]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(takes, range(32)))
    assert [first for first, _second in answers] == [302] * 32
    assert sorted(second for _first, second in answers) == [302, *[400] * 31]
    numbers = sorted(str(one.receipt_number) for one in receipts(life))
    assert numbers.pop(0) == "No.0001"
    assert [int(number[-6:]) for number in numbers] == list(range(1, 33))


@pytest.mark.clause("S3-40", "S3-60", "S1-21")
def test_arrears_are_reminded_promised_and_settled_by_receipts(life: Life) -> None:
    key = Gate(life).owes()
    said = {"channel": "telephone", "content": "请本周缴清"}
    life.does("receptionist", "arrears", key, "remind", **said)
    assert life.state("arrears", key) == "reminded"
    over = {"promised_on": "2020-01-01", "reason": "月底前缴"}
    past = "The promised day has passed already."
    life.refused("receptionist", "arrears", key, "promise", past, **over)
    ahead = over | {"promised_on": "2030-01-01"}
    life.does("receptionist", "arrears", key, "promise", **ahead)
    found = life.case("arrears", key)
    assert (found.state, str(found.promised_on)) == ("promised", "2030-01-01")
    assert found.next_due_at
    talks = life.lines("arrears_contact", arrears_id=key)
    assert [(t.outcome, t.content) for t in talks] == [
        (None, "请本周缴清"),
        ("promised", "月底前缴"),
    ]
    some = {"fee_kind": "property_service", "amount": "500"} | picked("case_id", key)
    assert paid(life, **some).status_code == 302
    owed = _("Received so far: {paid}; owed: {owed}.", paid="500.00", owed="560.00")
    status, page = life.move("receptionist", "arrears", key, "settle")
    assert (status, owed in page) == (409, True)
    assert paid(life, **(some | {"amount": "60"})).status_code == 302
    found = life.case("arrears", key)
    assert (found.state, found.open, found.next_due_at) == ("settled", False, None)
    home = life.client("receptionist").get(f"/household/{life.office.unit}").text
    assert "560.00" not in home
    why = "The receipts still come to what was owed."
    life.refused("finance", "arrears", key, "reopen", why, reason="再查")
    last = receipts(life)[-1]
    gone = {"id": last.id, "version": last.version, "reason": "支票退回"}
    assert life.client("finance").post("/payment/delete/", gone).status_code == 302
    found = life.case("arrears", key)
    assert (found.state, found.open, found.settled_on) == ("open", True, None)


@pytest.mark.clause("S1-142")
def test_a_debt_is_written_off_by_somebody_else(life: Life) -> None:
    key = Gate(life).owes()
    said = {"outcome": "公司同意减免"}
    life.barred("receptionist", "arrears", key, "write_off", **said)
    mine = "You listed this debt; somebody else writes it off."
    life.refused("finance", "arrears", key, "write_off", mine, **said)
    life.does("manager", "arrears", key, "write_off", **said)
    assert life.state("arrears", key) == "settled"
    foreign = Gate(life).owes()
    with life.as_actor() as session, writing(session):
        other = Payment(project_id=life.office.home, fee_kind="x", paid_on=DAY)
        other.amount, other.unit_id = Decimal(999), None
        session.add(other)
        session.flush()
        receipt = other.id
    named = picked("payment_id", receipt)
    assert life.move("finance", "arrears", foreign, "settle", **named)[0] == 409
    life.change("payment", receipt, unit_id=life.office.unit)
    life.does("finance", "arrears", foreign, "settle", **named)
