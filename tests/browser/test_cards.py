"""The manager decides on a morning's card applications from the queue."""

from __future__ import annotations

from typing import Any

import pytest

from core.db import writing
from core.record import record_type
from models import CardApplication
from tests.browser.conftest import PHONE, Browse
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make

pytestmark = pytest.mark.browser


def applications(as_actor: AsActor, office: Office) -> list[int]:
    """Five shops want a card; the home is in arrears and has a card already."""
    place: dict[str, Any] = {"unit_id": office.unit, "person_id": office.person}
    said: dict[str, Any] = {
        "card_kind": "access",
        "holder_kind": "merchant",
        "state": "verified",
    }
    said |= {"papers_seen": ["merchant_application"], "content": "新店办卡"}
    said |= {"verified_by_id": office.staff["supervisor"]}
    with as_actor() as session, writing(session):
        debt: dict[str, Any] = {
            "fee_kind": "property_service",
            "amount": 88,
            "state": "open",
        }
        make(session, record_type("arrears"), office.home, **place, **debt)
        card = {"card_number": "A1", "state": "active"}
        make(session, record_type("card"), office.home, **place, **card)
        values = said | place
        home = office.home
        return [make(session, CardApplication, home, **values).id for _n in range(5)]


@pytest.mark.clause("S1-90", "S1-100")
def test_five_applications_are_approved_from_the_queue(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    keys = applications(as_actor, office)
    guest = browse("manager")
    guest.open("/queues/approvals/")
    rows = guest.page.locator("table.cases tbody tr")
    assert rows.count() == 5
    told = rows.first.inner_text()
    for words in ("商户", "商户盖章申请书", "supervisor", "1 张", "88.00", "王建国"):
        assert words in told, words
    for box in guest.page.locator("input.pick").all():
        box.check()
    guest.page.fill(".deciding [name=reason]", "资料齐全")
    guest.page.click(".deciding button:has-text('同意')")
    guest.page.wait_for_selector(".flash.success")
    assert rows.count() == 0
    with as_actor() as session:
        found = [session.get_one(CardApplication, key) for key in keys]
        assert {(one.state, one.decision_reason) for one in found} == {
            ("approved", "资料齐全")
        }


def test_the_decision_fits_a_telephone(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    applications(as_actor, office)
    guest = browse("manager", width=PHONE)
    guest.open("/queues/approvals/")
    assert not guest.too_wide()
    guest.page.click(".deciding button:has-text('不同意')")
    guest.page.wait_for_selector("main")
    assert "请先勾选" in guest.page.inner_text("main")
