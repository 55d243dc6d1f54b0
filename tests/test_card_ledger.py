"""A card's life in the ledger: out, lost, broken, replaced, back, used again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.access import actor_of
from core.db import writing
from core.moves import Refused
from core.words import _
from models import Card
from rules.calendar import months_from
from rules.cards import month_end
from rules.flows import FLOWS
from tests.cards import Counter, counter
from tests.filling import make
from views import moving

pytestmark = pytest.mark.once
desk = pytest.fixture(counter)
UNSET = "The card fee is not set; enter it in the fee standards first."
APPRAISED = "It is appraised first whose fault that was."


def old(desk: Counter, card: int, days: int) -> None:
    """Let a card have been given out so many days ago."""
    desk.change("card", card, authorised_on=desk.today() - dt.timedelta(days=days))


@pytest.mark.clause("S1-118", "S1-119")
def test_only_a_card_in_stock_is_given_out_and_only_once(desk: Counter) -> None:
    def refused(number: str, why: str) -> None:
        key = desk.approved("employee")
        given = {"card_number": number}
        status, page = desk.move(
            "supervisor", "card_application", key, "issue", **given
        )
        assert (status, _(why, number=number) in page) == (409, True)

    refused("Z1", "Card {number} is not in stock; take it in first.")
    _key, card = desk.issued("employee")
    number = desk.case("card", card).card_number
    refused(number, "Card {number} is given out already, or not fit.")
    desk.does("receptionist", "card", card, "return")
    refused(number, "Card {number} is formatted before it is used.")
    desk.does("supervisor", "card", card, "format")
    found = desk.case("card", card)
    assert (found.employee_id, found.application_id, found.valid_until) == (None,) * 3
    again = desk.approved("employee")
    desk.does("supervisor", "card_application", again, "issue", card_number=number)
    assert desk.told(card) == ["issue", "return", "format", "issue"]


@pytest.mark.clause("S1-119")
def test_without_a_stock_new_numbers_enter_the_ledger_by_themselves(
    desk: Counter,
) -> None:
    desk.decide("module.card_stock", "no")
    key = desk.approved("employee")
    desk.does("supervisor", "card_application", key, "issue", card_number="N1")
    card = desk.card("N1")
    assert (desk.state("card", card), desk.told(card)) == ("active", ["issue"])
    desk.does("receptionist", "card", card, "return")
    again = desk.approved("employee")  # what is not formatted is used as it is
    desk.does("supervisor", "card_application", again, "issue", card_number="N1")
    assert desk.case("card", card).application_id == again


@pytest.mark.clause("S1-90", "S1-100", "S1-101", "S1-119")
def test_no_card_leaves_the_stock_but_by_its_application(desk: Counter) -> None:
    """Not even for the house itself, which carries out what people ask for."""

    def issue(**values: Any) -> str:
        with desk.as_actor() as session, writing(session):
            card = make(session, Card, desk.office.home, card_kind="access", **values)
            move = FLOWS["card"].move("issue")
            try:
                moving.make(session, actor_of(session), card, move)
            except Refused as why:
                return str(why)
            return "given out"

    no = _("No approved application names this card.")
    key, card = desk.issued("owner")
    for named in (None, desk.approved("owner"), key):
        assert issue(card_number=next(desk.numbers), application_id=named) == no
    listed = desk.keep("card_application", state="issued", card_number="L1")
    desk.change("card_application", listed, card_kind="access", holder_kind="owner")
    used = {"card_number": "L1", "application_id": listed, "holder_kind": "owner"}
    why = _("The card is formatted before it is used again.")
    assert issue(state="returned", **used) == why
    page = desk.client("receptionist").get("/card/edit/", id=card).text
    assert 'name="valid_until"' not in page
    assert 'name="areas"' in page


@pytest.mark.clause("S1-97", "S1-98")
def test_what_nobody_broke_is_replaced_free_for_a_month_then_bought(
    desk: Counter,
) -> None:
    card = desk.out("owner")
    old(desk, card, 20)
    desk.does("receptionist", "card", card, "report_damaged", cause="not_man_made")
    given = {"replacement_number": desk.stock()}
    desk.does("receptionist", "card", card, "replace", **given)
    new = desk.card(given["replacement_number"])
    assert [desk.state("card", one) for one in (card, new)] == ["void", "active"]
    line = desk.lines("card_event", card_id=card)[-1]
    assert (line.event, line.settlement, line.amount) == ("replacement", "free", 0)
    assert (line.age_months, line.new_card_id) == (0, new)
    before, after = desk.case("card", card), desk.case("card", new)
    assert (after.valid_until, after.replaces_id) == (before.valid_until, card)
    assert (after.person_id, after.unit_id) == (before.person_id, before.unit_id)
    old(desk, new, 40)
    desk.does("receptionist", "card", new, "report_damaged", cause="not_man_made")
    desk.does("supervisor", "card", new, "appraise")
    given = {"replacement_number": desk.stock()}
    status, page = desk.move("receptionist", "card", new, "replace", **given)
    assert (status, "20.00" in page) == (409, True)
    desk.fee(None)
    desk.refused("receptionist", "card", new, "replace", UNSET, **given)
    desk.fee()
    desk.pays(new)
    desk.does("receptionist", "card", new, "replace", **given)
    assert desk.lines("card_event", card_id=new)[-1].settlement == "repurchase"


@pytest.mark.clause("S1-104", "S1-105")
def test_what_was_lost_or_broken_by_somebody_is_appraised_and_paid(
    desk: Counter,
) -> None:
    card = desk.out("employee")
    desk.does("receptionist", "card", card, "report_lost")
    given = {"replacement_number": desk.stock()}
    desk.refused("supervisor", "card", card, "replace", APPRAISED, **given)
    desk.barred("receptionist", "card", card, "appraise")
    desk.does("supervisor", "card", card, "appraise")
    assert desk.move("supervisor", "card", card, "replace", **given)[0] == 409
    desk.decide("card.compensation", "fee_standard")
    desk.refused("supervisor", "card", card, "replace", UNSET, **given)
    desk.decide("card.compensation", "production_cost")
    desk.pays(card, kind="card_compensation")
    desk.does("supervisor", "card", card, "replace", **given)
    line = desk.lines("card_event", card_id=card)[-1]
    assert (line.settlement, line.amount) == ("compensation", Decimal(20))
    assert line.appraised_by_id == desk.office.staff["supervisor"]
    twice = {"replacement_number": desk.stock()}
    why = "It has been replaced already."
    desk.refused("supervisor", "card", card, "replace", why, **twice)
    desk.does("receptionist", "card", card, "find")
    assert desk.state("card", card) == "returned"
    other = desk.out("employee")
    desk.does("receptionist", "card", other, "report_damaged", cause="man_made")
    given = {"replacement_number": desk.stock()}
    desk.refused("supervisor", "card", other, "replace", APPRAISED, **given)


@pytest.mark.clause("S1-118")
def test_what_is_not_in_stock_replaces_nothing(desk: Counter) -> None:
    card = desk.out("owner")
    desk.does("receptionist", "card", card, "report_damaged", cause="not_man_made")
    number = desk.case("card", desk.out("owner")).card_number
    for wrong in (number, "Z9"):
        given = {"replacement_number": wrong}
        assert desk.move("receptionist", "card", card, "replace", **given)[0] == 409
    assert desk.told(card) == ["damage"]
    page = desk.client("receptionist").get("/card/details/", id=card).text
    nothing = _("Card {number} is not in stock; take it in first.", number=None)
    assert nothing not in page  # none has been named yet


def test_a_lost_card_that_turns_up_is_used_on(desk: Counter) -> None:
    card = desk.out("owner")
    desk.does("receptionist", "card", card, "report_lost")
    desk.does("receptionist", "card", card, "find")
    assert desk.state("card", card) == "active"


@pytest.mark.clause("S1-79")
def test_a_card_is_suspended_for_reasons_but_never_for_arrears(desk: Counter) -> None:
    card = desk.out("owner")
    for reason in ("", "arrears", "欠费"):
        said = {"suspend_reason": reason}
        assert desk.move("supervisor", "card", card, "suspend", **said)[0] == 400
    desk.barred("receptionist", "card", card, "suspend", suspend_reason="misused")
    desk.does("supervisor", "card", card, "suspend", suspend_reason="misused")
    desk.does("supervisor", "card", card, "resume")
    assert desk.case("card", card).suspend_reason is None


def test_cards_of_a_household_that_leaves_are_recalled(desk: Counter) -> None:
    card = desk.out("owner")
    desk.does("supervisor", "card", card, "recall")
    found = desk.case("card", card)
    assert (found.state, found.suspend_reason) == ("suspended", "recalled")
    desk.does("receptionist", "card", card, "return")
    desk.does("supervisor", "card", card, "scrap", reason="已剪角")
    assert desk.state("card", card) == "void"
    staff = desk.out("employee")
    why = "The card terms do not recall such a card."
    desk.refused("supervisor", "card", staff, "recall", why)


@pytest.mark.clause("S1-94", "S1-83")
def test_a_card_about_to_end_is_extended_by_its_term(desk: Counter) -> None:
    card = desk.out("owner")
    why = "The card has not reached its last day yet."
    desk.refused("receptionist", "card", card, "expire", why)
    soon = desk.today() + dt.timedelta(days=10)
    desk.change("card", card, valid_until=soon)
    desk.does("receptionist", "card", card, "extend")
    assert desk.case("card", card).valid_until == months_from(soon, 24)
    desk.change("card", card, valid_until=desk.today() - dt.timedelta(days=1))
    page = desk.client("receptionist").get("/card/details/", id=card).text
    assert _("has run out") in page
    desk.does("receptionist", "card", card, "expire")
    desk.does("receptionist", "card", card, "extend")
    found = desk.case("card", card)
    assert found.valid_until == months_from(desk.today(), 24)
    assert (found.state, found.extended_on) == ("active", desk.today())
    assert desk.told(card) == ["extension", "extension"]
    staff = desk.out("employee")
    desk.barred("receptionist", "card", staff, "extend")


@pytest.mark.clause("S1-112")
@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2026-03-05", 1, "2026-04-04"),
        ("2026-12-22", 1, "2027-01-21"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-30", 1, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-02-28", 1, "2026-03-27"),
        ("2026-01-01", 12, "2026-12-31"),
    ],
)
def test_a_parking_month_ends_the_day_before_clamped(
    first: str, months: int, last: str
) -> None:
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    assert month_end(begin, months, same_day=False) == end
    assert month_end(begin, months, same_day=True) == months_from(begin, months)


@pytest.mark.clause("S1-112", "S1-113", "S1-115", "S1-116", "S1-117")
def test_a_parking_card_lasts_as_long_as_is_topped_up(desk: Counter) -> None:
    card = desk.out("parking")
    why = "A parking card is extended by topping it up."
    desk.refused("receptionist", "card", card, "extend", why)
    paid = {"months": 1, "amount": "280", "invoice_numbers": "DE001-DE003"}
    assert desk.move("receptionist", "card", card, "top_up", **paid)[0] == 409
    paid["stub_noted"] = "y"
    uneven = {**paid, "rent": "200", "management_fee": "70"}
    why = "Rent and management fee do not add up to the total."
    desk.refused("receptionist", "card", card, "top_up", why, **uneven)
    desk.does("receptionist", "card", card, "top_up", **paid)
    first = month_end(desk.today(), 1, same_day=False)
    assert desk.case("card", card).valid_until == first
    desk.does("finance", "card", card, "top_up", **{**paid, "months": 2})
    begin = first + dt.timedelta(days=1)
    last = month_end(begin, 2, same_day=False)
    assert desk.case("card", card).valid_until == last
    lines = desk.lines("card_topup", card_id=card)
    assert [(one.period_from, one.period_to) for one in lines] == [
        (desk.today(), first),
        (begin, last),
    ]
    assert desk.told(card) == ["extension", "extension"]
    access = desk.out("owner")
    why = "Only parking cards are topped up."
    desk.refused("receptionist", "card", access, "top_up", why, **paid)


@pytest.mark.clause("S1-108", "S1-113")
def test_a_tenant_parks_as_long_as_the_lease_runs(desk: Counter) -> None:
    card = desk.out("parking")
    paid = {"months": 6, "amount": "280", "invoice_numbers": "DE9", "stub_noted": "y"}
    desk.change("card", card, holder_kind="tenant")
    why = "The lease ends before these months begin."
    desk.refused("receptionist", "card", card, "top_up", why, **paid)
    desk.lease(40)
    desk.does("receptionist", "card", card, "top_up", **paid)
    ends = desk.today() + dt.timedelta(days=40)
    assert desk.case("card", card).valid_until == ends
