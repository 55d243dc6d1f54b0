"""The register of cards and their ledger say the same, whatever anybody types."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.words import _
from rules.cards import month_end
from tests import reading
from tests.cards import Counter, counter
from tests.importing import a_csv, checked

pytestmark = pytest.mark.once
desk = pytest.fixture(counter)
DESK = ("receptionist", "supervisor", "finance")
TOO_FAR = "Something was given out for it; it ends by its steps."


def topped(desk: Counter, card: int, months: int = 1) -> int:
    """A parking card topped up; the line of it."""
    paid = {"months": months, "amount": "280", "stub_noted": "y"}
    given = {**paid, "invoice_numbers": f"DE{months:03}"}
    desk.does("receptionist", "card", card, "top_up", **given)
    return int(desk.lines("card_topup", card_id=card)[-1].id)


def voids(desk: Counter, slug: str, key: int) -> tuple[int, str]:
    """A supervisor calls a record a mistake."""
    (row,) = desk.lines(slug, id=key)
    said = {"id": key, "version": row.version, "reason": "录错了"}
    answer = desk.client("supervisor").post(f"/{slug}/delete/", said)
    return answer.status_code, answer.text


@pytest.mark.clause("S1-92", "S1-113", "S1-118")
def test_steps_write_the_register_and_people_sign_it(desk: Counter) -> None:
    _key, card = desk.issued("owner")
    (line,) = desk.lines("card_event", card_id=card)
    for job in DESK:
        visitor = desk.client(job)
        for slug in ("card_event", "card_topup"):
            for path in (f"/{slug}/new/", f"/{slug}/import/"):
                assert visitor.get(path).status_code == 403
                assert visitor.post(path, {"card_id-id": card}).status_code == 403
            assert f"/{slug}/new/" not in visitor.get(f"/{slug}/").text
    visitor, path = desk.client("receptionist"), f"/card_event/edit/?id={line.id}"
    form = reading.controls(visitor.get(path).text)
    assert {"signature", "signed_as", "explained"} <= form
    assert not {"event", "card_id", "happened_on", "issuer_id"} & form
    said = {"signature": "王建国", "signed_as": "holder", "event": "loss"}
    assert visitor.post(path, said, version=line.version).status_code == 302
    (line,) = desk.lines("card_event", card_id=card)
    assert (line.event, line.signature) == ("issue", "王建国")
    page = desk.client("supervisor").get("/card_event/details/", id=line.id).text
    assert "/card_event/delete/" not in page
    status, page = voids(desk, "card_event", line.id)
    assert (status, _(TOO_FAR) in page) == (409, True)
    assert desk.told(card) == ["issue"]


@pytest.mark.clause("S1-112", "S1-113", "S1-117")
def test_a_top_up_that_is_voided_takes_its_months_back(desk: Counter) -> None:
    card = desk.out("parking")
    first, second = topped(desk, card), topped(desk, card, 2)
    visitor = desk.client("finance")
    form = reading.controls(visitor.get(f"/card_topup/edit/?id={first}").text)
    assert {"filed_on", "entered"} <= form
    assert not {"months", "amount", "period_to", "card_id"} & form
    filed = {"filed_on": desk.today().isoformat(), "entered": "y", "months": 9}
    answer = visitor.post(f"/card_topup/edit/?id={first}", filed, version=1)
    assert answer.status_code == 302
    (row,) = desk.lines("card_topup", id=first)
    assert (row.filed_on, row.months) == (desk.today(), 1)
    status, page = voids(desk, "card_topup", first)
    later = _("Later months were topped up; void those first.")
    assert (status, later in page) == (409, True)
    assert voids(desk, "card_topup", second)[0] == 302
    until = month_end(desk.today(), 1, same_day=False)
    assert desk.case("card", card).valid_until == until
    assert voids(desk, "card_topup", first)[0] == 302
    yesterday = desk.today() - dt.timedelta(days=1)
    assert desk.case("card", card).valid_until == yesterday
    assert desk.told(card) == ["extension"] * 2 + ["withdrawal"] * 2
    gone = topped(desk, card)
    desk.does("receptionist", "card", card, "return")
    assert voids(desk, "card_topup", gone)[0] == 302
    assert desk.told(card)[-1] == "return"


@pytest.mark.clause("S1-118")
def test_what_was_given_out_is_no_mistake_to_be_voided(desk: Counter) -> None:
    key, card = desk.issued("owner")
    for slug, made in (("card", card), ("card_application", key)):
        page = desk.client("supervisor").get(f"/{slug}/details/", id=made).text
        assert f"/{slug}/delete/" not in page
        status, page = voids(desk, slug, made)
        assert (status, _(TOO_FAR) in page) == (409, True)
    wrong = desk.card(desk.stock())
    assert voids(desk, "card", wrong)[0] == 302
    asked = desk.apply("owner")
    assert voids(desk, "card_application", asked)[0] == 302


CARDS = ("编号", "卡种", "卡号", "持卡人类别", "有效期止", "办卡申请", "鉴定人")


@pytest.mark.clause("S1-90", "S1-118")
def test_no_file_writes_what_steps_alone_write(desk: Counter) -> None:
    key, card = desk.issued("owner")
    asked, found = desk.case("card_application", key), desk.case("card", card)
    visitor = desk.client("supervisor")
    later = found.valid_until + dt.timedelta(days=99)
    fresh: tuple[Any, ...] = ("", "门禁卡", "T77", "", "", asked.number, "supervisor")
    longer = (found.number, "门禁卡", found.card_number, "", later, "", "")
    place = checked(visitor, "card", a_csv([CARDS, longer]), "x.csv", change="y")
    assert _("You have no right to change this record so.") in visitor.get(place).text
    place = checked(visitor, "card", a_csv([CARDS, fresh]), "x.csv")
    assert visitor.post(place, {"step": "commit"}).status_code == 302
    (new,) = desk.lines("card", card_number="T77")
    assert (new.state, new.application_id, new.appraised_by_id) == ("stock", None, None)


LIST = ("卡种", "卡号", "持卡人类别", "持卡人", "房屋", "有效期止", "授权日期")
ABOVE = "Only a supervisor or the manager enters cards that are out already."
WHO = "Enter what kind of holder has the card, who that is, and its last day."
NEEDS = "No card enters the ledger as given out; it needs its application."
IN_USE = "The ledger was in use on that day; the card needs its application."


def out_before(desk: Counter, **more: Any) -> dict[str, Any]:
    """What the form says of a card that was out before the ledger."""
    day = desk.today() - dt.timedelta(days=90)
    said = {"card_kind": "access", "card_number": next(desk.numbers), **desk.at_home()}
    said |= {"holder_kind": "owner", "authorised_on": day.isoformat()}
    return said | {"valid_until": (day + dt.timedelta(days=730)).isoformat(), **more}


def refused(desk: Counter, why: str, job: str = "supervisor", **more: Any) -> bool:
    """Whether such a card is not entered, for that reason."""
    answer = desk.client(job).post("/card/new/", out_before(desk, **more))
    return answer.status_code == 400 and _(why) in answer.text


@pytest.mark.clause("S1-90", "S1-118")
def test_a_card_given_out_before_the_ledger_is_entered_as_that(desk: Counter) -> None:
    said = out_before(desk)
    card = desk.write("supervisor", "card", **said)
    found = desk.case("card", card)
    assert (found.state, found.application_id) == ("active", None)
    assert found.authorised_on.isoformat() == said["authorised_on"]
    (line,) = desk.lines("card_event", card_id=card)
    assert (line.event, line.issuer_id) == ("opening", None)
    assert line.happened_on == found.authorised_on
    assert "期初登记" in desk.client("supervisor").get("/card_event/").text
    form = desk.client("supervisor").get("/card/edit/", id=card).text
    assert 'name="authorised_on"' not in form
    desk.does("receptionist", "card", card, "report_lost")
    desk.does("supervisor", "card", card, "appraise")
    desk.pays(card)
    given = {"replacement_number": desk.stock()}
    desk.does("receptionist", "card", card, "replace", **given)
    assert desk.state("card", desk.card(given["replacement_number"])) == "active"


@pytest.mark.clause("S1-90", "S1-118")
def test_no_card_goes_round_its_application_as_an_old_one(desk: Counter) -> None:
    assert refused(desk, ABOVE, "receptionist")
    for lacking in (["holder_kind"], ["valid_until"], ["person_id", "person_id-id"]):
        assert refused(desk, WHO, **dict.fromkeys(lacking, "")), lacking
    tomorrow = desk.today() + dt.timedelta(days=1)
    assert refused(desk, NEEDS, authorised_on=tomorrow.isoformat())
    desk.issued("owner")
    assert refused(desk, IN_USE, authorised_on=desk.today().isoformat())
    desk.write("supervisor", "card", **out_before(desk))
    desk.decide("card.opening_entries", "no")
    assert refused(desk, NEEDS)
    assert len(desk.lines("card_event", event="opening")) == 1


@pytest.mark.clause("S1-90", "S1-118")
def test_a_list_of_cards_in_hands_is_taken_in_with_its_register(desk: Counter) -> None:
    held = ("门禁卡", "业主", "王建国", "3-502", "2099-12-31", "2020-05-01")

    def row(number: str, **other: str) -> tuple[str, ...]:
        at = {"卡号": number, **dict(zip((LIST[0], *LIST[2:]), held, strict=True))}
        return tuple((at | other)[head] for head in LIST)

    visitor = desk.client("supervisor")
    wrong = [LIST, row("K1"), row("K1"), row("K2", 房屋="99-999")]
    wrong += [row("K3", 有效期止=""), row("K4", 授权日期="2099-01-01")]
    place = checked(visitor, "card", a_csv(wrong), "x.csv")
    page = visitor.get(place).text
    twice = _("There is already a record with the same {labels}.", labels="卡种、卡号")
    unknown = _("Nothing was found for “{typed}”.", typed="99-999")
    assert [one for one in (_(WHO), _(NEEDS), twice, unknown) if one not in page] == []
    assert visitor.post(place, {"step": "commit"}).status_code == 400
    rows = [LIST, row("K1"), row("K2"), row("K9", 授权日期="")]
    place = checked(visitor, "card", a_csv(rows), "cards.csv")
    assert visitor.post(place, {"step": "commit"}).status_code == 302
    cards = {one.card_number: one for one in desk.lines("card")}
    states = {number: one.state for number, one in cards.items()}
    assert states == {"K1": "active", "K2": "active", "K9": "stock"}
    told = desk.lines("card_event", event="opening")
    assert {one.card_id for one in told} == {cards["K1"].id, cards["K2"].id}
    assert cards["K1"].person_id == desk.office.person
    assert desk.told(cards["K9"].id) == []
    desk.does("receptionist", "card", cards["K1"].id, "return")
    assert desk.told(cards["K1"].id) == ["opening", "return"]
    taken = checked(visitor, "card", a_csv([LIST, row("K1")]), "again.csv")
    assert twice in visitor.get(taken).text
    below = desk.client("receptionist")
    place = checked(below, "card", a_csv([LIST, row("K5")]), "x.csv")
    assert _(ABOVE) in below.get(place).text
