"""The same pages on a phone, on paper, in English, and without a script."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.scenes import FAULT, details, edit, household, repair
from tests.cast import ELSEWHERE, HOME, Office
from tests.conftest import AsActor
from views.shell import STATIC

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u3400-\u9fff]+")


def _pages(key: int) -> list[str]:
    """What a supervisor opens on a Monday."""
    shown = (details(key), edit(key), f"/repair/history/?id={key}")
    return [
        "/",
        "/repair/",
        "/repair/new/",
        "/release_pass/new/",
        *shown,
        "/queues/unclosed/",
        "/search?q=3-502",
        "/account",
        "/password",
        "/rules/",
        "/nowhere",
    ]


def test_no_page_is_wider_than_a_phone(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    key = repair(as_actor, office, content="长" * 400)
    guest = browse("supervisor", width=PHONE)
    wide = []
    for path in _pages(key):
        guest.open(path)
        if guest.too_wide():
            wide.append(path)
    guest = browse("admin", width=PHONE)
    for path in ("/rights/", "/user/", "/change/"):
        guest.open(path)
        if guest.too_wide():
            wide.append(path)
    assert wide == []


def test_the_menu_of_a_phone_opens_leads_on_and_closes(browse: Browse) -> None:
    guest = browse("receptionist", width=PHONE, has_touch=True)
    page = guest.page
    menu = page.locator("#menu")
    expect(menu).to_be_hidden()
    page.tap(".top .menu")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.tap(".top .menu")
    page.tap(".side .close")
    expect(menu).to_be_hidden()
    page.tap(".top .menu")
    page.touchscreen.tap(PHONE - 10, 400)  # beside the menu
    expect(menu).to_be_hidden()
    page.tap(".top .menu")
    menu.get_by_text("派工", exact=True).tap()
    menu.get_by_text("维修通知单", exact=True).tap()
    page.wait_for_url("**/repair/")
    expect(menu).to_be_hidden()


def test_a_list_on_a_phone_says_what_each_value_is(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("receptionist", width=PHONE, has_touch=True)
    guest.open("/repair/")
    row = guest.page.locator("table.list tbody tr")
    assert {"3-502", FAULT} <= set(row.inner_text().split("\n"))
    heads = row.locator("td").evaluate_all(
        "cells => cells.map(c => getComputedStyle(c, '::before').content)"
    )
    assert '"房屋"' in heads
    row.tap()
    guest.page.wait_for_url(f"**{details(key)}")


def test_english_is_english_everywhere(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("supervisor")
    page = guest.page
    assert page.get_attribute("html", "lang") == "zh-Hans-CN"
    page.click(".me > summary")
    page.click(".me button[value=en]")
    page.wait_for_selector("html[lang=en]")
    left: dict[str, list[str]] = {}
    for path in _pages(key):
        guest.open(path)
        assert page.get_attribute("html", "lang") == "en", path
        if found := _chinese(guest):
            left[path] = found
    assert left == {}
    page.click(".me > summary")
    page.click(".me form[action='/logout'] button")
    page.wait_for_url("**/login")
    assert page.get_attribute("html", "lang") == "en"
    assert "Sign in" in page.inner_text("main")
    page.click("button[value=zh_Hans_CN]")
    page.wait_for_selector("html[lang=zh-Hans-CN]")


def _chinese(guest: Guest) -> list[str]:
    """Chinese that stands on the page and was not typed by anybody."""
    said = guest.page.evaluate(
        """() => {
          const page = document.documentElement.cloneNode(true);
          const typed = 'script, [lang^=zh], select[data-names]';
          page.querySelectorAll(typed).forEach((e) => e.remove());
          const words = [page.textContent];
          for (const e of page.querySelectorAll('*'))
            for (const name of ['title', 'placeholder', 'aria-label', 'data-label'])
              if (e.hasAttribute(name)) words.push(e.getAttribute(name));
          return words.join('\\n');
        }"""
    )
    for typed in (HOME, ELSEWHERE, FAULT, "王建国", "工程部", "测试物业"):
        said = said.replace(typed, "")
    return sorted(set(CHINESE.findall(said)))


def test_paper_shows_the_record_and_not_the_frame(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("receptionist")
    for path in ("/repair/", details(key)):
        guest.open(path)
        guest.page.emulate_media(media="print")
        for frame in (".side", ".top", ".btn", ".narrow", ".voiding", "aside"):
            for piece in guest.page.locator(frame).all():
                expect(piece).to_be_hidden()
        assert guest.page.locator("main h1").is_visible()
        assert FAULT in guest.text()
        assert guest.page.locator(".paper").is_visible()
        ink = "getComputedStyle(document.body).backgroundColor"
        assert guest.page.evaluate(ink) == "rgb(255, 255, 255)"
        guest.page.emulate_media(media="screen")


def test_everything_works_without_a_script(browse: Browse, office: Office) -> None:
    guest = browse("receptionist", java_script_enabled=False)
    page = guest.page
    page.click(".new > summary")
    page.click('.new a[href="/repair/new/"]')
    page.fill("[name=unit_id]", "3栋502")
    page.fill("[name=person_id]", "138 0013 8000")
    page.fill("[name=content]", FAULT)
    page.click(".bar .go")
    page.wait_for_url("**/repair/details/**")
    assert {"3-502", "王建国", FAULT} <= set(page.inner_text("dl").split("\n"))
    page.click(".next-step .btn")
    page.fill("[name=unit_id]", "没有这一户")
    page.click(".bar .go")
    assert page.input_value("[name=content]") == FAULT
    assert "没有这一户" in page.inner_text(".field.wrong")
    page.fill("[name=unit_id]", "")
    page.click(".bar .go")
    page.wait_for_url("**/repair/details/**")
    assert "3-502" not in page.inner_text("dl")
    page.click(".top .face")
    page.click(".me form[action='/logout'] button")
    page.wait_for_url("**/login")


def test_a_page_that_reaches_out_or_runs_foreign_script_is_noticed(
    browse: Browse,
) -> None:
    """The net under all these tests holds."""
    guest = browse()
    guest.open("/login")
    guest.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          return fetch('https://example.org/x').catch(() => null);
        }"""
    )
    assert guest.page.evaluate("window.ran") is None
    told = " ".join(guest.troubles)
    assert "script-src 'self'" in told
    assert "connect-src 'self'" in told
    guest.troubles.clear()


def test_the_scripts_are_light() -> None:
    every = [*STATIC.glob("*.js"), *STATIC.glob("vendor/**/*.js")]
    charts = {STATIC / "reports.js", STATIC / "vendor" / "echarts" / "index.js"}
    scripts = set(every) - charts  # which the pages of reports alone take
    assert sum(len(gzip.compress(s.read_bytes())) for s in scripts) < 40_000
