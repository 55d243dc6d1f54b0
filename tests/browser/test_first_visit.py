"""The first visit: the office is set up in the browser with the console's code."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.conftest import Browse, serving
from tests.cast import PASSWORD
from views.setup import announce

pytestmark = pytest.mark.browser


def test_the_office_is_set_up_and_its_people_come_in(
    browse: Browse,
    empty_app: Callable[[str], Flask],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fresh = empty_app("first")
    with serving(fresh) as site:
        announce(fresh, site)
        told = re.search(
            rf"{site}/setup.*?([A-Z2-9]{{4}}(?:-[A-Z2-9]{{4}}){{2}})",
            capsys.readouterr().err,
        )
        assert told
        guest = browse(site=site)
        page = guest.page
        guest.open("/")
        page.wait_for_url("**/setup")
        answers = {
            "code": "AAAA-BBBB-CCCC",
            "company": "翠湖物业",
            "project": "翠湖花园",
            "admin": "root",
            "password": PASSWORD,
            "again": PASSWORD,
            "people": "wangmin 王敏 receptionist",
        }
        for name, value in answers.items():
            page.fill(f"[name={name}]", value)
        page.click("main .btn.go")
        expect(page.locator(".flash.error")).to_be_visible()
        assert page.input_value("[name=project]") == "翠湖花园"
        for name in ("password", "again"):  # never sent back
            assert page.input_value(f"[name={name}]") == ""
            page.fill(f"[name={name}]", PASSWORD)
        page.fill("[name=code]", told[1].lower())
        page.click("main .btn.go")
        row = page.locator(".bare td")
        expect(row.first).to_be_visible(timeout=30_000)
        handed_out = row.last.inner_text()

        page.click("main a.btn.go")
        guest.sign_in("root")
        assert "翠湖花园" in page.inner_text(".brand")
        assert guest.open("/setup").status == 404

        hers = browse(site=site, width=390)
        hers.open("/login")
        hers.page.fill("[name=username]", "wangmin")
        hers.page.fill("[name=password]", handed_out)
        hers.page.keyboard.press("Enter")
        hers.page.wait_for_url("**/password")
        hers.page.fill("[name=current]", handed_out)
        for name in ("new", "again"):
            hers.page.fill(f"[name={name}]", "Wang-min-2026-x")
        hers.page.click("main .btn.go")
        hers.page.wait_for_url("**/account")
        hers.open("/repair/new/")
        assert hers.page.locator(".bar .go").is_visible()
        guest.context.close()
        hers.context.close()
