"""A home is sold, let and left: fees, papers, who lived there when, who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import Clock
from core.db import writing
from core.messages import Message
from core.record import Record
from core.words import _
from models import Agreement, Arrears, Card, Occupancy, Payment, Person, Unit
from tests.filling import make
from tests.lives import Life, picked
from tests.office_time import today

pytestmark = pytest.mark.once

DESK = "receptionist"
SEEN = {"title_paper": "contract", "original_seen": "y", "copy_kept": "y"}
BOXES = ["data_card", "copies", "meters", "agreements", "fees"]
DAY = dt.timedelta(days=1)
LONG_AGO = dt.date(2020, 5, 1)


def add(life: Life, cls: type[Record], **values: Any) -> int:
    """Another record of the estate."""
    with life.as_actor() as session, writing(session):
        return int(make(session, cls, life.office.home, **values).id)


def person(life: Life, name: str, **values: Any) -> int:
    """Somebody with a card."""
    return add(life, Person, name=name, customer_kind="owner", **values)


def lives(life: Life, who: int, relation: str, **values: Any) -> int:
    """That somebody belongs to the home."""
    usual = {"since": LONG_AGO, "until": None}
    home = {"unit_id": life.office.unit, "person_id": who, "relation": relation}
    return add(life, Occupancy, **home, **(usual | values))


def transfer(life: Life, buyer: int) -> int:
    """The home of the owner, who lives there, about to be sold."""
    if not life.lines("occupancy", unit_id=life.office.unit, relation="owner"):
        lives(life, life.office.person, "owner", main_contact=True)
    home = picked("unit_id", life.office.unit) | picked("person_id", buyer)
    return life.write(DESK, "transfer", **home)


def ready(life: Life, buyer: int) -> int:
    """A transfer whose papers were seen."""
    key = transfer(life, buyer)
    life.does("finance", "transfer", key, "clear_fees")
    life.does(DESK, "transfer", key, "see_papers", **SEEN)
    return key


@pytest.mark.clause("S1-27")
def test_the_former_owner_settles_first(life: Life) -> None:
    buyer, tenant = person(life, "陈新"), person(life, "租客")
    lives(life, tenant, "tenant")
    key = transfer(life, buyer)
    assert life.case("transfer", key).former_owner_id == life.office.person
    waiting = life.client("finance").get("/queues/transfers/").text
    assert life.case("transfer", key).number in waiting
    for job, waits in ((DESK, True), ("finance", False)):
        page = life.client(job).get("/transfer/details/", id=key).text
        assert ("等别人办：确认结清（财务）" in page) == waits, job
    theirs = {"unit_id": life.office.unit, "amount": 100}
    add(life, Arrears, person_id=tenant, **theirs)
    debt = add(life, Arrears, person_id=life.office.person, **theirs)
    number = life.case("arrears", debt).number
    status, text = life.move("finance", "transfer", key, "clear_fees")
    assert status == 409
    said = _(
        "The former owner still owes for this home; settle it first: {numbers}.",
        numbers=number,
    )
    assert said in text
    life.barred(DESK, "transfer", key, "clear_fees")
    life.change("arrears", debt, state="settled", open=False)
    life.does("finance", "transfer", key, "clear_fees")
    found = life.case("transfer", key)
    assert found.fees_cleared_by_id == life.office.staff["finance"]
    assert found.fees_cleared_at


@pytest.mark.clause("S1-28", "S1-29", "S1-30")
def test_the_buyer_shows_the_original_and_no_inspection_follows(life: Life) -> None:
    key = transfer(life, life.office.person)
    life.refused(DESK, "transfer", key, "see_papers", **SEEN)
    life.does("finance", "transfer", key, "clear_fees")
    same = "The new owner and the former owner are the same person."
    life.refused(DESK, "transfer", key, "see_papers", same, **SEEN)
    buyer = person(life, "陈新")
    life.change("transfer", key, person_id=buyer)
    unseen = {"title_paper": "contract", "copy_kept": "y"}
    life.refused(DESK, "transfer", key, "see_papers", **unseen)
    life.does(DESK, "transfer", key, "see_papers", account_copy="y", **SEEN)
    deed, account = life.lines("document_copy", person_id=buyer)
    assert (deed.paper, deed.original_seen) == ("purchase_contract", True)
    assert account.paper == "bank_account"
    assert life.caused(key, "inspection") == []
    assert len(life.caused(key, "agreement")) == 2


@pytest.mark.clause("S1-32", "S1-33", "S1-34")
def test_three_are_told_and_the_household_changes_with_dates(life: Life) -> None:
    buyer = person(life, "陈新", phone="13700137000")
    wife, tenant = person(life, "前业主爱人"), person(life, "租客")
    lives(life, wife, "family")
    lives(life, tenant, "tenant")
    key = ready(life, buyer)
    assert clocks(life, key) == ["transfer.inform"]
    lacks = "The new owner's card still lacks the telephone or the identity number."
    said = {"renamed_on": today().isoformat(), "account_copy": "y"}
    life.refused(DESK, "transfer", key, "inform", lacks, **said)
    life.change("person", buyer, id_number="999999199001010011")
    ahead = "The date of the change lies in the future."
    later = said | {"renamed_on": (today() + DAY).isoformat()}
    life.refused(DESK, "transfer", key, "inform", ahead, **later)
    life.does(DESK, "transfer", key, "inform", **said)
    assert clocks(life, key) == []
    found = life.case("transfer", key)
    assert found.finance_told_at == found.information_told_at == found.control_told_at
    rows = life.lines("occupancy", unit_id=life.office.unit)
    told = {(r.person_id, r.relation): (r.since, r.until) for r in rows}
    before = today() - DAY
    assert told == {
        (life.office.person, "owner"): (LONG_AGO, before),
        (wife, "family"): (LONG_AGO, before),
        (tenant, "tenant"): (LONG_AGO, None),
        (buyer, "owner"): (today(), None),
    }
    messages(life, key, buyer)
    page = life.client(DESK).get(f"/household/{life.office.unit}").text
    now_part, _tag, then = page.partition(_("Who lived here before"))
    assert "陈新" in now_part
    assert "王建国" not in now_part
    assert "王建国" in then
    assert f"2020-05-01 – {before}" in then


def clocks(life: Life, key: int) -> list[str]:
    """What runs for a case."""
    mine = (Clock.case_id == key, Clock.stopped_at.is_(None))
    with life.as_actor() as session:
        return list(session.scalars(select(Clock.rule).where(*mine)))


def card(life: Life, who: int, kind: str) -> int:
    """A card in somebody's hands."""
    values = {"card_kind": "access", "holder_kind": kind, "card_number": f"C{who}"}
    home = {"unit_id": life.office.unit, "person_id": who}
    return add(life, Card, state="active", **home, **values)


def agreed(life: Life, who: int, kind: str, state: str = "signed") -> int:
    """An agreement of somebody on the home."""
    home = {"unit_id": life.office.unit, "person_id": who}
    return add(life, Agreement, agreement_kind=kind, state=state, **home)


def test_what_the_seller_agreed_on_ends_with_his_ownership(life: Life) -> None:
    buyer = person(life, "陈新", phone="13700137000", id_number="999999199001010011")
    wife, seller = person(life, "前业主爱人"), life.office.person
    lives(life, wife, "family")
    key = ready(life, buyer)
    ends = [agreed(life, seller, "bank_collection")]
    ends += [agreed(life, wife, "parking_rental")]
    ends += [agreed(life, seller, "parking_service", state="draft")]
    elsewhere = add(life, Agreement, agreement_kind="accounts", person_id=seller)
    parking = {"card_kind": "parking", "unit_id": life.office.unit, "state": "active"}
    car = add(life, Card, card_number="P1", holder_kind="family", **parking)
    hirer = add(life, Card, card_number="P2", holder_kind="tenant", **parking)
    said = {"renamed_on": today().isoformat(), "account_copy": "y"}
    life.does(DESK, "transfer", key, "inform", **said)
    for one in ends:
        found = life.case("agreement", one)
        assert (found.state, found.ended_on) == ("ended", today() - DAY)
        assert found.end_reason == "更名"
    assert life.state("agreement", elsewhere) == "draft"
    ours = [life.state("agreement", one) for one in life.caused(key, "agreement")]
    assert ours == ["draft", "draft"]
    assert (life.state("card", car), life.state("card", hirer)) == (
        "suspended",
        "active",
    )


@pytest.mark.parametrize("recall", ["yes", "no"])
def test_the_sellers_cards_are_recalled_where_the_office_wants_that(
    life: Life, recall: str
) -> None:
    life.decide("card.recall_on_transfer", recall)
    buyer = person(life, "陈新", phone="13700137000", id_number="999999199001010011")
    tenant = person(life, "租客")
    lives(life, tenant, "tenant")
    key = ready(life, buyer)
    sold = card(life, life.office.person, "owner")
    kept = [card(life, buyer, "owner"), card(life, tenant, "tenant")]
    said = {"renamed_on": today().isoformat(), "account_copy": "y"}
    life.does(DESK, "transfer", key, "inform", **said)
    back = {"yes": "suspended", "no": "active"}[recall]
    assert life.state("card", sold) == back
    assert [life.state("card", one) for one in kept] == ["active", "active"]


def messages(life: Life, key: int, buyer: int) -> None:
    """Each of the three has one message, and none says whose it is."""
    staff = life.office.staff
    with life.as_actor() as session:
        rows = session.scalars(select(Message).where(Message.staff_id.is_not(None)))
        got = {row.staff_id: row for row in rows if row.slug in ("transfer", "person")}
    assert set(got) == {staff["finance"], staff["supervisor"], staff["guard"]}
    for job, slug, record in (
        ("finance", "transfer", key),
        ("supervisor", "transfer", key),
        ("guard", "person", buyer),
    ):
        message = got[staff[job]]
        assert (message.slug, message.record_id) == (slug, record)
        assert "陈新" not in message.words_zh
        assert "137" not in message.words_zh
        opened = life.client(job).post("/inbox/open", id=message.id)
        assert life.client(job).get(opened.location).status_code == 200


@pytest.mark.clause("S1-33")
def test_the_notice_has_exactly_the_listed_data(life: Life) -> None:
    buyer = person(life, "陈新", phone="13700137000", id_number="999999199001010011")
    key = ready(life, buyer)
    said = {"renamed_on": today().isoformat(), "account_copy": "y"}
    life.does(DESK, "transfer", key, "inform", **said)
    desk, asked = life.client(DESK), {"id": key, "book": "notice"}
    page = desk.get("/transfer/print/", **asked).text
    heads = [part.partition("<")[0] for part in page.split('<th scope="row">')[1:]]
    assert heads == [
        "房号",
        "原业主",
        "新业主",
        "电话",
        "身份证号",
        "扣款账户复印件",
        "更名时间",
    ]
    assert "13700137000" not in page
    plain = desk.post("/transfer/print/", {**asked, "purpose": "转达财务"}).text
    assert "13700137000" in plain
    assert "999999199001010011" in plain
    history = desk.get("/person/history/", id=buyer).text
    assert "转达财务" in history


@pytest.mark.clause("S1-31")
def test_in_all_else_a_sale_goes_like_a_handover(life: Life) -> None:
    buyer = person(life, "陈新", phone="13700137000", id_number="999999199001010011")
    key = ready(life, buyer)
    said = {"renamed_on": today().isoformat(), "account_copy": "y"}
    life.does(DESK, "transfer", key, "inform", **said)
    none = "Enter the number of the receipt first."
    status, text = life.move(DESK, "transfer", key, "complete", steps_done=BOXES[:4])
    assert status == 409
    for words in ("费用已缴", "水电燃气有线电视开户", _(none)):
        assert words in text.partition('role="alert"')[2][:900], words
    for one in life.caused(key, "agreement"):
        life.does(DESK, "agreement", one, "sign", signed_by="陈新")
    life.refused(DESK, "transfer", key, "complete", none, steps_done=BOXES)
    add(life, Payment, case_id=key, receipt_number="SJ-9", amount=1)
    life.does(DESK, "transfer", key, "complete", steps_done=BOXES)
    assert life.case("transfer", key).receipt_no == "SJ-9"


def test_a_tenant_lives_there_for_as_long_as_the_lease(life: Life) -> None:
    tenant = person(life, "租客")
    ends = today() + 40 * DAY
    home = picked("unit_id", life.office.unit) | picked("person_id", tenant)
    key = life.write(DESK, "lease", ends_on=ends.isoformat(), **home)
    early = {"starts_on": (ends + DAY).isoformat()}
    life.refused(
        DESK, "lease", key, "sign", "The last day lies before the first.", **early
    )
    start = {"starts_on": today().isoformat(), "copy_kept": "y"}
    life.does(DESK, "lease", key, "sign", **start)
    (place,) = life.lines("occupancy", person_id=tenant)
    assert (place.relation, place.since, place.until) == ("tenant", today(), ends)
    assert [r.paper for r in life.lines("document_copy", person_id=tenant)] == ["lease"]
    again = life.write(DESK, "lease", ends_on=(ends + DAY).isoformat(), **home)
    life.does(DESK, "lease", again, "sign", **start)
    (place,) = life.lines("occupancy", person_id=tenant)
    assert place.until == ends + DAY
    same = "A renewed lease ends later than before; enter the new last day."
    life.refused(DESK, "lease", key, "renew", same)
    longer = ends + 365 * DAY
    life.does(DESK, "lease", key, "renew", ends_on=longer.isoformat())
    (place,) = life.lines("occupancy", person_id=tenant)
    assert place.until == longer
    theirs = card(life, tenant, "tenant")
    life.does(DESK, "lease", key, "end", end_reason="moved_out")
    assert life.state("card", theirs) == "suspended"
    (place,) = life.lines("occupancy", person_id=tenant)
    assert (place.since, place.until) == (today(), today())
    assert life.state("lease", key) == "ended"
    never = life.write(DESK, "lease", ends_on=ends.isoformat(), **home)
    life.does(DESK, "lease", never, "end", end_reason="cancelled")
    assert life.lines("occupancy", person_id=tenant)[0].until == today()


@pytest.mark.clause("S4-149", "S4-150")
def test_a_revisit_agreement_binds_for_a_year_and_is_renewed(life: Life) -> None:
    key = life.write(DESK, "revisit_agreement", **life.at_home())
    signed = {"party_a_signed_by": "前台", "party_b_signed_by": "王建国"}
    begun = {"valid_from": "2026-03-01"}
    life.does(DESK, "revisit_agreement", key, "sign", **signed, **begun)
    found = life.case("revisit_agreement", key)
    assert (found.valid_until, found.copies) == (dt.date(2027, 2, 28), 2)
    life.does(DESK, "revisit_agreement", key, "renew")
    again = "The agreement that renews this one is written already."
    life.refused(DESK, "revisit_agreement", key, "renew", again)
    (draft,) = life.caused(key, "revisit_agreement")
    life.does(DESK, "revisit_agreement", draft, "sign", **signed)
    found = life.case("revisit_agreement", draft)
    assert (found.valid_from, found.valid_until) == (
        dt.date(2027, 3, 1),
        dt.date(2028, 2, 29),
    )
    assert life.state("revisit_agreement", key) == "signed"  # until it runs out
    life.does(DESK, "revisit_agreement", draft, "end", end_reason="业主不签了")
    life.does(DESK, "revisit_agreement", key, "renew")
    last = life.caused(key, "revisit_agreement")[-1]
    agreed = {"valid_from": today().isoformat(), "valid_until": "2030-12-31"}
    life.does(DESK, "revisit_agreement", last, "sign", **signed, **agreed)
    found = life.case("revisit_agreement", last)
    assert found.valid_until == dt.date(2030, 12, 31)
    assert life.state("revisit_agreement", key) == "ended"
    assert found.number in life.case("revisit_agreement", key).end_reason


def test_a_lease_about_to_end_stands_in_the_queue_in_time(life: Life) -> None:
    found = []
    for days, unit in ((20, life.office.unit), (200, None)):
        tenant = person(life, f"租客{days}")
        ends = (today() + days * DAY).isoformat()
        told = {"ends_on": ends, **picked("person_id", tenant)}
        home = unit or add(life, Unit, name="9-901")
        key = life.write(DESK, "lease", **told, **picked("unit_id", home))
        assert life.case("lease", key).next_due_at is None  # nobody is late yet
        life.does(DESK, "lease", key, "sign", starts_on="2026-01-01")
        found.append(key)
    desk = life.client(DESK)
    page = desk.get("/queues/expiring/").text
    assert "租客20" in page
    assert "租客200" not in page
    soon, later = (
        _("runs out on {day}", day=today() + days * DAY) for days in (20, 200)
    )
    assert soon in page
    assert soon in desk.get("/lease/details/", id=found[0]).text
    assert later in desk.get("/lease/details/", id=found[1]).text
    with life.as_actor() as session, writing(session):
        clock = session.scalars(select(Clock).where(Clock.case_id == found[0])).one()
        clock.set_on = (today() - 2 * DAY).isoformat()
    for path in ("/queues/expiring/", f"/lease/details/?id={found[0]}"):
        assert _("{age} overdue", age=_("1 day")) in desk.get(path).text
