"""A Monday morning at the front desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.guest import Guest
from tests.browser.scenes import FAULT, details, edit, household, repair
from tests.cast import PASSWORD, Office
from tests.conftest import AsActor

pytestmark = pytest.mark.browser

LATER = "厨房洗菜盆下水管漏水，已关总阀"


def test_a_call_becomes_a_repair_without_touching_the_mouse(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    guest = browse()
    page, keys = guest.page, guest.page.keyboard
    guest.open("/login")
    assert guest.focused("name") == "username"
    keys.type("receptionist")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url(guest.origin + "/")

    _to_the_repair_form(guest)
    guest.type_ahead("unit_id", "3栋502", "3-502")
    keys.press("Tab")
    guest.type_ahead("person_id", "8000", "王建国")
    _retype(guest, "person_id", "502", "王建国")
    _retype(guest, "person_id", "王建", "王建国")
    keys.press("Tab")
    keys.type(FAULT)
    keys.press("Control+Enter")

    page.wait_for_url("**/repair/details/**")
    assert "已保存" in page.inner_text(".flash.success")
    assert {"3-502", "王建国", FAULT} <= set(page.inner_text("dl").split("\n"))
    number = _number(guest)

    keys.press("/")
    assert guest.focused("name") == "q"
    keys.type(number)
    keys.press("Enter")
    page.wait_for_url("**/search?**")
    guest.tab_to(".hits a")
    assert number in page.inner_text(":focus")
    keys.press("Enter")
    page.wait_for_url("**/repair/details/**")
    assert _number(guest) == number


def _to_the_repair_form(guest: Guest) -> None:
    guest.tab_to(".new > summary")
    guest.page.keyboard.press("Enter")
    guest.tab_to('.new a[href="/repair/new/"]')
    guest.page.keyboard.press("Enter")
    guest.page.wait_for_url("**/repair/new/")


def _retype(guest: Guest, name: str, typed: str, choice: str) -> None:
    """Choose again by another word."""
    guest.page.keyboard.press("Control+A")
    guest.type_ahead(name, typed, choice)


def _number(guest: Guest) -> str:
    found = re.match(r"BX-\d{4}-\d{4}", guest.page.inner_text("h1"))
    assert found, guest.page.inner_text("h1")
    return found[0]


def test_n_opens_the_first_form_and_j_k_walk_a_list(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    first, second = repair(as_actor, office), repair(as_actor, office)
    guest = browse("receptionist")
    guest.open("/repair/")
    guest.page.keyboard.press("j")
    assert guest.focused("href") == details(second)
    guest.page.keyboard.press("j")
    assert guest.focused("href") == details(first)
    guest.page.keyboard.press("k")
    guest.page.keyboard.press("Enter")
    guest.page.wait_for_url(f"**{details(second)}")
    guest.page.keyboard.press("n")
    guest.page.wait_for_url("**/reception/quick/")


def test_a_repair_is_found_by_words_changed_and_tells_its_history(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    repair(as_actor, office, content="车库灯不亮")
    repair(as_actor, office)
    guest = browse("receptionist")
    page = guest.page
    guest.open("/repair/")
    page.fill("main [name=search]", "积水")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=**")
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    page.click("table.list tbody td:nth-child(3)")  # the whole row opens it
    page.wait_for_url("**/repair/details/**")
    page.click(".next-step .btn")
    page.wait_for_url("**/repair/edit/**")
    page.fill("[name=content]", LATER)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/repair/details/**")

    told = page.locator(".line > li").first
    expect(told.locator("del")).to_have_text(FAULT)
    expect(told.locator("ins")).to_have_text(LATER)
    assert told.inner_text().startswith("receptionist")
    page.click("main a[href*='/repair/history/']")
    page.wait_for_url("**/repair/history/**")
    expect(page.locator(".line del")).to_have_text(FAULT)


def test_a_supervisor_voids_with_a_reason(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("supervisor")
    page = guest.page
    guest.open(details(key))
    page.click(".voiding > summary")
    expect(page.locator(".voiding [name=reason]")).to_be_focused()
    page.click(".voiding button")  # the browser itself asks for the reason
    assert page.url.endswith(details(key))
    assert page.locator(".voiding input:invalid").count() == 1
    page.keyboard.type("重复登记")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".flash.success")
    expect(page.locator(".head .chip.void")).to_have_text("已作废")
    assert "重复登记" in page.inner_text("main")
    assert page.locator(".next-step, .voiding").count() == 0

    guest.open("/repair/")
    expect(page.locator("table.list tbody tr")).to_have_count(0)
    page.click(".chips .end")
    expect(page.locator("table.list tbody tr")).to_have_count(1)


def test_two_people_at_one_record_see_both_versions(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    hers, his = browse("receptionist"), browse("supervisor")
    for guest, words in ((hers, "她写的"), (his, "他写的")):
        guest.open(edit(key))
        guest.page.fill("[name=content]", words)
    his.page.keyboard.press("Control+Enter")
    his.page.wait_for_url(f"**{details(key)}")
    with hers.page.expect_navigation() as leaving:
        hers.page.keyboard.press("Control+Enter")
    assert leaving.value.status == 409
    both = hers.page.locator(".stale")
    assert "supervisor" in both.locator("h2").inner_text()
    expect(both.locator("tbody td")).to_have_text(["她写的", "他写的"])
    assert hers.page.input_value("[name=content]") == "她写的"
    hers.page.click(".bar .go")
    hers.page.wait_for_url(f"**{details(key)}")
    assert "她写的" in hers.page.inner_text("h1")


def test_a_draft_survives_a_reload_and_goes_once_it_is_saved(
    browse: Browse,
) -> None:
    guest = browse("receptionist")
    page = guest.page
    guest.open("/repair/new/")
    page.fill("[name=content]", FAULT)
    page.check("[name=urgent]")
    page.reload()
    assert page.input_value("[name=content]") == FAULT
    assert page.is_checked("[name=urgent]")
    assert page.is_visible(".restored")
    page.click(".bar .go")
    page.wait_for_url("**/repair/details/**")
    guest.open("/repair/new/")
    assert page.input_value("[name=content]") == ""
    assert not page.is_visible(".restored")

    page.fill("[name=content]", LATER)
    page.reload()
    page.click("[data-forget]")
    expect(page.locator("[name=content]")).to_have_value("")


def test_a_masked_number_is_shown_once_for_a_purpose(
    browse: Browse, office: Office
) -> None:
    guest = browse("receptionist")
    page, there = guest.page, f"/person/details/?id={office.person}"
    guest.open(there)
    assert "13800138000" not in page.content()
    line = page.locator("dl > div", has_text="138****8000")
    line.locator(".reveal > summary").click()
    expect(line.locator("[name=purpose]")).to_be_focused()
    page.keyboard.type("联系未办结事项")
    page.keyboard.press("Enter")
    page.wait_for_url("**/person/reveal/")
    assert "13800138000" in page.inner_text("dl")
    told = page.locator(".line > li").first.inner_text()
    assert "查看" in told
    assert "联系未办结事项" in told
    guest.open(there)
    assert "13800138000" not in page.content()


def test_signing_out_closes_the_door(browse: Browse) -> None:
    guest = browse("receptionist")
    guest.page.click(".me > summary")
    guest.page.click(".me form[action='/logout'] button")
    guest.page.wait_for_url("**/login")
    guest.open("/repair/")
    assert "/login" in guest.page.url
    guest.page.go_back()
    assert guest.page.locator(".side").count() == 0
