"""Door to door on a telephone whose connection comes and goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from core.db import writing
from models import Revisit
from tests.browser.conftest import PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.test_within_reach import _violations
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make

pytestmark = pytest.mark.browser

DOORS = "/revisits/doors/"


@pytest.fixture
def tasks(as_actor: AsActor, office: Office) -> list[int]:
    """Three revisits in the receptionist's hands."""
    with as_actor() as session, writing(session):
        values: dict[str, object] = {"unit_id": office.unit, "person_id": office.person}
        values |= {"holder_id": office.staff["receptionist"]}
        values |= {"source_kind": "periodic", "content": "定期回访"}
        return [make(session, Revisit, office.home, **values).id for _n in range(3)]


def kept(guest: Guest) -> str:
    """What stays on the telephone."""
    return str(guest.page.evaluate("localStorage.getItem('doors') ?? ''"))


def results(as_actor: AsActor) -> list[tuple[str | None, str | None]]:
    """What the office knows by now."""
    with as_actor() as session:
        found = session.scalars(select(Revisit).order_by(Revisit.id))
        return [(one.satisfaction, one.feedback) for one in found]


def test_nothing_typed_is_lost_and_nothing_done_twice(
    browse: Browse, as_actor: AsActor, tasks: list[int]
) -> None:
    guest = browse("receptionist", width=PHONE)
    guest.open(DOORS)
    page, doors = guest.page, guest.page.locator(".door")
    expect(doors).to_have_count(len(tasks))
    assert not guest.too_wide()
    assert _violations(guest) == []
    doors.nth(1).locator("textarea").fill("楼道灯不亮")
    page.reload()
    expect(doors.nth(1).locator("textarea")).to_have_value("楼道灯不亮")
    guest.context.set_offline(True)
    doors.nth(0).get_by_role("button", name="满意", exact=True).click()
    doors.nth(1).get_by_role("button", name="一般").click()
    expect(page.locator("#unsent")).to_have_text("还没发出：2")
    expect(doors.nth(1).locator(".told")).to_contain_text("已记在手机里")
    assert "王建国" not in kept(guest)
    assert results(as_actor)[0] == (None, None)
    guest.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    assert results(as_actor)[:2] == [("satisfied", None), ("fair", "楼道灯不亮")]
    guest.page.route(f"**{DOORS}", _taken_but_not_told)
    with page.expect_event("requestfailed"):
        doors.nth(2).get_by_role("button", name="没人在").click()
    expect(page.locator("#unsent")).to_have_text("还没发出：1")
    guest.page.unroute(f"**{DOORS}")
    page.reload()
    expect(page.locator("#unsent")).to_be_hidden()
    with as_actor() as session:
        assert session.get_one(Revisit, tasks[2]).attempts == 1
    assert all("ERR_" in one for one in guest.troubles)
    guest.troubles.clear()


def _taken_but_not_told(route: Route) -> None:
    """The office hears the answer, the telephone does not hear the office."""
    route.fetch()
    route.abort()


def test_signing_out_leaves_nothing_on_the_telephone(
    browse: Browse, tasks: list[int]
) -> None:
    guest = browse("receptionist", width=PHONE)
    guest.open(DOORS)
    guest.page.locator(".door textarea").first.fill("随口一句")
    assert "随口一句" in kept(guest)
    guest.page.locator(".me summary").click()
    guest.page.get_by_role("button", name="退出").click()
    guest.page.wait_for_url("**/login*")
    assert kept(guest) == ""
    assert tasks
