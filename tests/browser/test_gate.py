"""The guard's telephone, and a signature drawn on glass."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Browse
from tests.browser.test_within_reach import _violations
from tests.lives import Life
from tests.slips import Gate

pytestmark = pytest.mark.browser
FINGER = 44
"""Pixels that a thumb hits."""


def draw(page: Page) -> None:
    """Two strokes on the pad."""
    pad = page.locator(".pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for at in (0.2, 0.6):
        x, y = box["x"] + at * box["width"], box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y - 30, steps=6)
        page.mouse.move(x + 90, y + 40, steps=6)
        page.mouse.up()


@pytest.mark.clause("S1-72")
def test_a_guard_checks_a_slip_with_one_hand(browse: Browse, life: Life) -> None:
    gate = Gate(life)
    key = gate.issued(plate="沪A12345")
    number = life.case("release_pass", key).number
    guest = browse("guard", width=PHONE)
    page = guest.page
    guest.open("/gate/")
    assert _violations(guest, "/gate/") == []
    guest.look(PHONE, "light")
    page.fill("[name=number]", number[-4:])
    page.click(".type .btn")
    expect(page.locator(".verdict.yes")).to_be_visible()
    assert _violations(guest) == []
    guest.look(PHONE, "light")
    assert not guest.too_wide()
    for target in page.locator(".goods label, .gate .btn:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
    page.click("[value=recover]")
    expect(page.locator(".flash.error")).to_be_visible()
    for goods in page.locator(".goods label").all():
        goods.click()
    page.click("[value=recover]")
    expect(page.locator(".flash.success")).to_contain_text(number)
    assert life.state("release_pass", key) == "recovered"
    guest.open(f"/gate/?slip={gate.seal(key)}")
    expect(page.locator(".verdict.no")).to_be_visible()


def test_a_signature_is_drawn_begun_again_and_kept(browse: Browse, life: Life) -> None:
    key = Gate(life).slip()
    guest = browse("receptionist")
    page = guest.page
    guest.open(f"/release_pass/details/?id={key}")
    page.click(".signing > summary")
    assert _violations(guest) == []
    page.fill(".signing [name=name]", "王建国")
    page.fill(".signing [name=signed_as]", "业主")
    draw(page)
    page.click("[data-clear]")
    assert page.input_value(".signing [name=strokes]") == ""
    draw(page)
    page.click(".signing .btn.go")
    ink = page.locator("#signatures .ink path")
    expect(ink).to_be_visible()
    assert (ink.get_attribute("d") or "").count("M") == 2
    assert _violations(guest) == []
