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


@pytest.mark.clause("S1-113", "S1-118")
def test_nobody_writes_in_the_register_by_hand(desk: Counter) -> None:
    _key, card = desk.issued("owner")
    (line,) = desk.lines("card_event", card_id=card)
    for job in DESK:
        visitor = desk.client(job)
        for slug in ("card_event", "card_topup"):
            for path in (f"/{slug}/new/", f"/{slug}/import/"):
                assert visitor.get(path).status_code == 403
                assert visitor.post(path, {"card_id-id": card}).status_code == 403
            assert f"/{slug}/new/" not in visitor.get(f"/{slug}/").text
        for method in (visitor.get, visitor.post):
            assert method(f"/card_event/edit/?id={line.id}").status_code == 403
    page = desk.client("supervisor").get("/card_event/details/", id=line.id).text
    assert "/card_event/edit/" not in page
    assert "/card_event/delete/" not in page
    assert voids(desk, "card_event", line.id)[0] == 403
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


CARDS = ("编号", "卡种", "卡号", "持卡人类别", "有效期止", "办卡申请", "授权日期")


@pytest.mark.clause("S1-90", "S1-118")
def test_no_file_writes_what_steps_alone_write(desk: Counter) -> None:
    desk.life.change("grant", grant_to_import(desk), action="import")
    key, card = desk.issued("owner")
    asked, found = desk.case("card_application", key), desk.case("card", card)
    visitor = desk.client("supervisor")
    later = found.valid_until + dt.timedelta(days=99)
    fresh: tuple[Any, ...] = ("", "门禁卡", "T77", "", "", asked.number, "2020-01-01")
    longer = (found.number, "门禁卡", found.card_number, "", later, "", "")
    place = checked(visitor, "card", a_csv([CARDS, longer]), "x.csv", change="y")
    assert _("You have no right to change this record so.") in visitor.get(place).text
    place = checked(visitor, "card", a_csv([CARDS, fresh]), "x.csv")
    assert visitor.post(place, {"step": "commit"}).status_code == 302
    (made,) = desk.lines("card", card_number="T77")
    assert (made.state, made.application_id, made.authorised_on) == ("stock", None, None)


def grant_to_import(desk: Counter) -> int:
    """A right of the supervisor's that can be made one to import cards."""
    rights = desk.lines("grant", role="supervisor", target="card", action="export")
    return int(rights[0].id)
