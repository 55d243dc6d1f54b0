"""Cards end to end: who applies, what is shown, who approves, issues and signs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.db import now
from core.words import _
from rules.calendar import months_from
from tests.cards import APPROVED, COPIES, FEE, INTERNAL, KINDS, Counter, counter
from tests.lives import picked

pytestmark = pytest.mark.once
desk = pytest.fixture(counter)
APPLICATION = "card_application"
UNSET = "The card fee is not set; enter it in the fee standards first."
LAST = {"owner": 24, "family": 24, "merchant": 12, "employee": 12, "business_line": 12}


@pytest.mark.clause("S1-82", "S1-84", "S1-86", "S1-88", "S1-90", "S1-92", "S1-93")
@pytest.mark.clause("S1-99", "S1-100", "S1-102", "S1-103", "S1-106", "S1-109", "S1-118")
@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_applied_for_verified_issued_and_signed_for(
    desk: Counter, kind: str
) -> None:
    key = desk.apply(kind)
    seen = desk.shown(kind)
    less = {**seen, "papers_seen": seen["papers_seen"][:-1]}
    assert desk.move("supervisor", APPLICATION, key, "verify", **less)[0] == 409
    if kind in COPIES:
        none = {**seen, "papers_copied": []}
        assert desk.move("supervisor", APPLICATION, key, "verify", **none)[0] == 409
    desk.does("supervisor", APPLICATION, key, "verify", **seen)
    if kind in APPROVED:
        assert desk.state(APPLICATION, key) == "verified"
        desk.does("manager", APPLICATION, key, "approve", reason="同意")
        assert desk.case(APPLICATION, key).decision_reason == "同意"
    assert desk.state(APPLICATION, key) == "approved"
    number = desk.stock(KINDS[kind]["card_kind"])
    charged = kind not in INTERNAL
    status, page = desk.move(
        "supervisor", APPLICATION, key, "issue", card_number=number
    )
    assert status == (409 if charged else 302)
    if charged:
        assert "20.00" in page
        desk.pays(key)
        desk.does("supervisor", APPLICATION, key, "issue", card_number=number)
    card = desk.card(number)
    assert desk.state("card", card) == "active"
    assert desk.told(card) == ["issue"]
    signed = {"signed_by": "王建国", "signature_form": "scan"}
    no_scan = "Attach the scan of the signed paper to this record first."
    desk.refused("supervisor", APPLICATION, key, "sign", no_scan, **signed)
    desk.attach(APPLICATION, key, "signed_form")
    desk.does("supervisor", APPLICATION, key, "sign", **signed)
    assert desk.state(APPLICATION, key) == "signed"
    (line,) = desk.lines("card_event", card_id=card)
    head = kind == "business_line"
    assert line.signed_as == ("business_head" if head else "holder")
    assert line.explained
    assert (line.signature, line.issuer_id) == (
        "王建国",
        desk.office.staff["supervisor"],
    )
    page, said = f"/card_event/edit/?id={line.id}", {"note": "当面领取"}
    answer = desk.client("supervisor").post(page, said, version=line.version)
    assert answer.status_code == 302  # its scan is with the application


@pytest.mark.clause("S1-83", "S1-91", "S1-87")
def test_how_long_a_card_lasts_is_worked_out(desk: Counter) -> None:
    for kind, months in LAST.items():
        _key, card = desk.issued(kind)
        until = months_from(desk.today(), months)
        assert desk.case("card", card).valid_until == until, kind
    _key, parking = desk.issued("parking")
    assert desk.case("card", parking).valid_until is None  # as long as is paid
    key = desk.approved("owner")
    desk.pays(key)
    later = months_from(desk.today(), 24) + dt.timedelta(days=1)
    given = {"card_number": desk.stock(), "valid_until": later.isoformat()}
    status, page = desk.move("supervisor", APPLICATION, key, "issue", **given)
    assert (status, str(later.year) in page) == (409, True)
    given["valid_until"] = (later - dt.timedelta(days=30)).isoformat()
    desk.does("supervisor", APPLICATION, key, "issue", **given)
    unpaid = desk.approved("parking")
    desk.pays(unpaid)
    given["card_number"] = desk.stock("parking")
    why = "Such a card lasts as long as is paid for; leave the last day empty."
    desk.refused("supervisor", APPLICATION, unpaid, "issue", why, **given)


@pytest.mark.clause("S1-87", "S1-86", "S1-108")
def test_a_tenants_card_never_outlives_the_lease(desk: Counter) -> None:
    key = desk.apply("tenant")
    seen = {"papers_seen": ["lease", "identity_card"], "papers_copied": "identity_card"}
    why = "Choose the lease; it must not have ended."
    desk.refused("receptionist", APPLICATION, key, "verify", why, **seen)
    over = picked("lease_id", desk.lease(-1))
    desk.refused("receptionist", APPLICATION, key, "verify", why, **seen, **over)
    short = desk.lease(60)
    named = picked("lease_id", short)
    desk.does("receptionist", APPLICATION, key, "verify", **seen, **named)
    desk.pays(key)
    number = desk.stock()
    desk.does("receptionist", APPLICATION, key, "issue", card_number=number)
    ends = desk.today() + dt.timedelta(days=60)
    card = desk.card(number)
    assert desk.case("card", card).valid_until == ends
    none = "It cannot last longer than the terms and the lease allow."
    desk.refused("receptionist", "card", card, "extend", none)
    desk.change("lease", short, ends_on=ends + dt.timedelta(days=90))
    desk.does("receptionist", "card", card, "extend")
    assert desk.case("card", card).valid_until == ends + dt.timedelta(days=90)
    parking = desk.apply("parking", holder_kind="tenant")
    seen = desk.shown("parking")
    desk.refused("receptionist", APPLICATION, parking, "verify", why, **seen)


@pytest.mark.clause("S1-85", "S1-107")
def test_family_not_on_file_is_confirmed_by_the_owner(desk: Counter) -> None:
    key = desk.apply("family")
    assert desk.move("receptionist", APPLICATION, key, "verify")[0] == 409
    desk.keep("identity_check", case_id=key, method="phone_owner", result="unreachable")
    assert desk.move("receptionist", APPLICATION, key, "verify")[0] == 409
    desk.keep("identity_check", case_id=key, method="phone_owner", result="confirmed")
    desk.does("receptionist", APPLICATION, key, "verify")


@pytest.mark.clause("S1-109")
def test_a_scan_on_the_application_is_a_copy_too(desk: Counter) -> None:
    key = desk.apply("merchant")
    desk.attach(APPLICATION, key)
    seen = {"papers_seen": "merchant_application"}
    desk.does("supervisor", APPLICATION, key, "verify", **seen)


@pytest.mark.clause("S1-110", "S1-106", "S1-111")
def test_the_parking_agreement_comes_before_the_card(desk: Counter) -> None:
    bare = {**KINDS["parking"], **desk.at_home()}
    key = desk.write("receptionist", APPLICATION, **bare)
    why = "Enter the vehicle, and ask whether his own card is used or a new one."
    desk.refused("receptionist", APPLICATION, key, "submit", why)
    key = desk.apply("parking")
    seen = desk.shown("parking") | picked("agreement_id", desk.agreement("draft"))
    why = "The parking agreement is signed first; choose it."
    desk.refused("receptionist", APPLICATION, key, "verify", why, **seen)


@pytest.mark.clause("S1-111")
def test_the_own_access_card_opens_the_car_park(desk: Counter) -> None:
    _key, own = desk.issued("owner")
    number = desk.case("card", own).card_number
    key = desk.verified("parking", card_source="own")
    foreign = desk.stock()
    given = {"card_number": foreign}
    assert desk.move("receptionist", APPLICATION, key, "issue", **given)[0] == 409
    desk.does("receptionist", APPLICATION, key, "issue", card_number=number)
    (made,) = desk.lines("card", card_number=number, card_kind="parking")
    assert (made.access_card_id, made.cost) == (own, 0)


@pytest.mark.clause("S1-95", "S1-96")
def test_nothing_is_charged_while_the_fee_is_not_set(desk: Counter) -> None:
    key, number = desk.approved("owner"), desk.stock()
    desk.fee(None)
    given = {"card_number": number}
    desk.refused("receptionist", APPLICATION, key, "issue", UNSET, **given)
    yesterday = desk.today() - dt.timedelta(days=1)
    desk.fee(FEE, effective_until=yesterday)
    desk.refused("receptionist", APPLICATION, key, "issue", UNSET, **given)
    desk.fee(FEE, effective_until=None, effective_from=yesterday)
    desk.pays(key, Decimal("19.99"))
    assert desk.move("receptionist", APPLICATION, key, "issue", **given)[0] == 409
    desk.pays(key, Decimal("0.01"))
    desk.does("receptionist", APPLICATION, key, "issue", **given)
    free = desk.approved("owner")
    desk.fee(None)
    desk.decide("card.block_issue_without_fee", "no")
    given = {"card_number": desk.stock()}
    desk.does("receptionist", APPLICATION, free, "issue", **given)


@pytest.mark.clause("S1-101", "S1-89")
def test_the_terms_name_who_verifies_and_a_supervisor_issues_internal_cards(
    desk: Counter,
) -> None:
    key = desk.apply("merchant")
    why = "The card terms name somebody else for this."
    shown = desk.shown("merchant")
    desk.refused("receptionist", APPLICATION, key, "verify", why, **shown)
    desk.terms("access.employee", issuer="receptionist")
    (right,) = desk.lines(
        "grant", role="receptionist", target="card_desk", action="issue"
    )
    desk.change("grant", right.id, only=None)
    key, number = desk.approved("employee"), desk.stock()
    why = "Only a supervisor issues internal cards."
    desk.refused("receptionist", APPLICATION, key, "issue", why, card_number=number)


@pytest.mark.clause("S1-90", "S1-100")
def test_nobody_approves_his_own(desk: Counter) -> None:
    why = "You applied for, wrote or verified this; somebody else approves it."
    for field in ("created_by_id", "verified_by_id", "employee_id"):
        key = desk.verified("employee")
        desk.change(APPLICATION, key, **{field: desk.office.staff["manager"]})
        for step in ("approve", "reject"):
            said = {"reason": "看过"}
            desk.refused("manager", APPLICATION, key, step, why, **said)


@pytest.mark.clause("S1-90", "S1-100")
def test_a_rejected_application_is_put_right_and_handed_in_again(desk: Counter) -> None:
    key = desk.verified("merchant")
    assert desk.move("manager", APPLICATION, key, "reject")[0] == 400
    desk.does("manager", APPLICATION, key, "reject", reason="公章不清")
    found = desk.case(APPLICATION, key)
    assert (found.state, found.decision) == ("rejected", "rejected")
    assert found.decision_reason == "公章不清"
    desk.does("receptionist", APPLICATION, key, "submit")
    again = desk.case(APPLICATION, key)
    assert (again.verified_by_id, again.decision, again.approved_by_id) == (None,) * 3
    desk.does("supervisor", APPLICATION, key, "send_back", reason="缺公章")
    desk.does("receptionist", APPLICATION, key, "submit")
    desk.does("receptionist", APPLICATION, key, "cancel", reason="不办了")
    assert desk.case(APPLICATION, key).closed_at


@pytest.mark.clause("S1-90", "S1-100")
def test_any_kind_can_be_made_to_need_approval(desk: Counter) -> None:
    early = desk.approved("owner")
    desk.pays(early)
    desk.terms("access.owner", needs_approval=True, approver="manager")
    why = "Such a card is approved before it is issued."
    given = {"card_number": desk.stock()}
    desk.refused("supervisor", APPLICATION, early, "issue", why, **given)
    key = desk.verified("owner")
    assert desk.state(APPLICATION, key) == "verified"
    desk.does("manager", APPLICATION, key, "approve")
    desk.terms("access.owner", needs_approval=False)
    assert desk.state(APPLICATION, desk.verified("owner")) == "approved"


def test_what_was_handed_in_is_changed_by_steps_alone(desk: Counter) -> None:
    key = desk.apply("merchant")
    form = desk.client("supervisor").get(f"/{APPLICATION}/edit/", id=key).text
    for name in ("holder_kind", "approved_by_id", "valid_until", "quantity"):
        assert f'name="{name}' not in form
    desk.does("supervisor", APPLICATION, key, "send_back", reason="缺公章")
    form = desk.client("supervisor").get(f"/{APPLICATION}/edit/", id=key).text
    assert 'name="holder_kind' in form


def test_an_application_says_for_whom_and_on_which_terms(desk: Counter) -> None:
    nobody = desk.write("receptionist", APPLICATION, **KINDS["owner"])
    why = "Say who is to hold the card."
    desk.refused("receptionist", APPLICATION, nobody, "submit", why)
    desk.terms("access.owner", voided_at=now())
    key = desk.write("receptionist", APPLICATION, **desk.asked("owner"))
    why = "The office has no terms for such a card; see the card terms."
    desk.refused("receptionist", APPLICATION, key, "submit", why)


def test_several_cards_are_issued_at_once(desk: Counter) -> None:
    key = desk.approved("business_line", quantity=2)
    one, two = desk.stock(), desk.stock()
    for wrong in (one, f"{one} {one}", f"{one} {two} {desk.stock()}"):
        given = {"card_number": wrong}
        assert desk.move("supervisor", APPLICATION, key, "issue", **given)[0] == 409
    desk.does("supervisor", APPLICATION, key, "issue", card_number=f"{one}、{two}")
    cards = desk.lines("card", application_id=key)
    assert [card.state for card in cards] == ["active", "active"]


def test_who_stands_in_for_the_manager_is_told_with_his_name(desk: Counter) -> None:
    key = desk.verified("merchant", job="supervisor")
    desk.barred("receptionist", APPLICATION, key, "approve")
    day = desk.today()
    desk.keep(
        "role_assignment",
        user_id=desk.office.users["receptionist"],
        role="manager",
        project_id=desk.office.home,
        delegated_from_id=desk.office.users["manager"],
        valid_from=day,
        valid_until=day,
    )
    desk.change(APPLICATION, key, created_by_id=desk.office.staff["handler"])
    desk.client("receptionist").sign_in("receptionist")
    desk.does("receptionist", APPLICATION, key, "approve", reason="同意")
    page = desk.client("receptionist").get(f"/{APPLICATION}/history/", id=key).text
    assert _("for {name}", name="manager") in page
    assert (
        desk.case(APPLICATION, key).approved_by_id == desk.office.staff["receptionist"]
    )
