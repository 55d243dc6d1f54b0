"""A call is taken by the keyboard alone while somebody waits on the telephone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.scenes import FAULT, household, repair
from tests.browser.test_within_reach import _violations
from tests.cast import Office
from tests.conftest import AsActor

pytestmark = pytest.mark.browser

MOST = 60
"""Keys besides the text itself."""


class Fingers:
    """A keyboard that counts what is not text."""

    def __init__(self, guest: Guest) -> None:
        self.keys, self.pressed = guest.page.keyboard, 0

    def press(self, *names: str) -> None:
        for name in names:
            self.keys.press(name)
            self.pressed += len(name.split("+")) if len(name) > 1 else 1

    def say(self, words: str) -> None:
        self.keys.type(words)


def _look_up(guest: Guest, fingers: Fingers, typed: str) -> None:
    """N, the room, Enter: the household is there and the words wait for a key."""
    fingers.press("n")
    guest.page.wait_for_url("**/reception/quick/")
    assert guest.focused("id") == "q"
    fingers.say(typed)
    guest.page.locator("#q-matches [data-combobox-option-default]").wait_for()
    fingers.press("Enter")
    guest.page.wait_for_url("**/reception/quick/?at=*")
    assert guest.focused("name") == "category"


@pytest.mark.clause("S0-04", "S3-25")
def test_a_leak_is_recorded_within_sixty_keys(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    guest = browse("receptionist")
    page, fingers = guest.page, Fingers(guest)
    _look_up(guest, fingers, "3栋502")
    assert "138****8000" in page.inner_text("aside")
    fingers.press("2", "Tab")
    assert guest.focused("name") == "content"
    fingers.say(FAULT)
    fingers.press("Tab", "Tab")
    assert guest.focused("name") == "repair-repair_kind"
    fingers.press("ArrowDown", "ArrowDown", "Tab")
    fingers.say("厨房")
    fingers.press("Alt+9")
    assert page.input_value("[name=promised_at]").endswith("T10:00")
    fingers.press("Control+Enter")
    page.wait_for_url("**/repair/details/**")
    assert {"3-502", "王建国", FAULT} <= set(page.inner_text("main").split("\n"))
    assert "漏水" in page.inner_text("main")
    assert "厨房" in page.inner_text("main")
    assert fingers.pressed <= MOST
    guest.open(f"/household/{office.unit}")
    expect(page.locator(".matters .chip.calm, .matters .chip.soon")).to_contain_text(
        "10:00 答复"
    )


def test_an_inquiry_is_answered_and_closed_by_keys(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    guest = browse("receptionist")
    page, fingers = guest.page, Fingers(guest)
    _look_up(guest, fingers, "8000")
    fingers.press("7")
    expect(page.locator(".promises .chip").first).to_be_visible()
    fingers.press("Tab", "Tab")
    fingers.say("问停车月卡怎么续")
    fingers.press("Alt+2")
    assert guest.focused("name") == "answer"
    assert page.input_value("[name=answer]").startswith("谢谢您")
    fingers.say("带行驶证到前台。")
    fingers.press("Alt+0")
    page.wait_for_url("**/reception/details/**")
    expect(page.locator(".head .chip")).to_contain_text("已注销")
    assert fingers.pressed <= MOST


def test_only_what_was_chosen_is_shown(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    key = repair(as_actor, office)
    guest = browse("receptionist")
    page = guest.page
    guest.open(f"/reception/quick/?at={office.unit}-")
    asked: dict[str, Any] = {
        "2": ("repair-repair_kind", "complaint-category"),
        "3": ("complaint-category", "repair-repair_kind"),
        "7": ("answer", "complaint-category"),
    }
    for digit, (there, hidden) in asked.items():
        page.keyboard.press(digit)
        expect(page.locator(f"[name={there}]")).to_be_visible()
        expect(page.locator(f"[name={hidden}]")).to_be_hidden()
        warned = page.locator(".repeat")
        expect(warned).to_be_visible(visible=digit == "2")
    page.keyboard.press("2")
    page.click(f".repeat [form=ask-{key}]")
    page.wait_for_selector(".flash.success")
    expect(page.locator(".matters .chip.soon").first).to_have_text("已催 1 次")


def test_without_scripts_everything_is_there_to_be_unfolded(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    guest = browse("receptionist", java_script_enabled=False)
    page = guest.page
    guest.open("/reception/quick/")
    page.fill("[id=q]", "王建国")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reception/quick/?at=*")
    page.check("[name=category][value=repair]", force=True)
    page.fill("[name=content]", FAULT)
    page.click("summary:has-text('维修通知单')")
    page.select_option("[name=repair-repair_kind]", "leak")
    page.click(".bar .go")
    page.wait_for_url("**/repair/details/**")
    assert "漏水" in page.inner_text("main")


def test_nobody_is_shut_out_of_the_telephone(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    repair(as_actor, office)
    guest = browse("receptionist")
    found = _violations(guest, "/reception/quick/?q=5")
    for digit in ("2", "3", "7"):
        guest.open(f"/reception/quick/?at={office.unit}-")
        guest.page.keyboard.press(digit)
        found += _violations(guest)
    found += _violations(guest, f"/household/{office.unit}")
    guest.open("/reception/quick/")
    guest.page.click(".bar .go")
    guest.page.wait_for_selector("[aria-invalid]")
    found += _violations(guest)
    assert found == [], "\n".join(found)


def test_it_fits_a_telephone(browse: Browse, as_actor: AsActor, office: Office) -> None:
    household(as_actor, office)
    repair(as_actor, office)
    guest = browse("receptionist", width=PHONE)
    for path in (f"/reception/quick/?at={office.unit}-", f"/household/{office.unit}"):
        guest.open(path)
        assert not guest.too_wide()
    guest.open(f"/reception/quick/?at={office.unit}-")
    for label in guest.page.locator(".picks:visible label").all():
        box = label.bounding_box()
        assert box is not None
        assert box["height"] >= 32
