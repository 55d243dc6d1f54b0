"""Nobody is shut out: axe-core finds nothing, at either width, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import DESK, PHONE, Browse, serving
from tests.browser.guest import Guest
from tests.browser.scenes import details, edit, household, repair
from tests.cast import Office
from tests.conftest import AsActor
from tests.papers import PDF, picture

pytestmark = pytest.mark.browser

AXE = Axe().axe_script
LOOKS: list[tuple[int, str, dict[str, Any]]] = [
    (width, scheme, {"resultTypes": ["violations"]} | rules)
    for width in (DESK, PHONE)
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]}))
]
"""Every rule in the light; the dark differs in its colours alone."""


def _violations(guest: Guest, path: str = "") -> list[str]:
    """What axe finds on the page, each way it can look."""
    if path:
        guest.open(path)
    found = []
    guest.page.evaluate(AXE)
    for width, scheme, options in LOOKS:
        guest.look(width, scheme)
        answer = guest.page.evaluate("options => axe.run(options)", options)
        for violation in answer["violations"]:
            for node in violation["nodes"]:
                where = f"{path or guest.page.url} {width} {scheme}"
                found.append(f"{where}: {violation['id']}: {node['html'][:200]}")
    return found


def test_before_signing_in(browse: Browse) -> None:
    guest = browse()
    found = _violations(guest, "/login")
    guest.page.fill("[name=username]", "nobody")
    guest.page.fill("[name=password]", "wrong")
    guest.page.click("main .btn.go")
    guest.page.wait_for_selector(".flash.error")
    assert found + _violations(guest) == []


def test_the_setup(browse: Browse, empty_app: Callable[[str], Flask]) -> None:
    with serving(empty_app("bare")) as site:
        guest = browse(site=site)
        found = _violations(guest, "/setup")
        guest.context.close()
    assert found == []


def test_what_the_front_desk_opens(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    household(as_actor, office)
    key = repair(as_actor, office)
    guest = browse("receptionist")
    for path in ("/", "/repair/", "/queues/unclosed/", "/account"):
        assert _violations(guest, path) == []
    for path in ("/search?q=3-502", "/rules/", "/nowhere", "/user/"):
        assert _violations(guest, path) == []
    assert _violations(guest, f"/person/details/?id={office.person}") == []
    assert _violations(guest, f"/repair/history/?id={key}") == []
    assert _violations(guest, f"/repair/details/?id={key}") == []
    assert _violations(guest, "/flows/complaint/") == []


def test_forms_and_what_went_wrong_in_them(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    guest = browse("receptionist")
    for path in ("/repair/new/", "/release_pass/new/"):
        assert _violations(guest, path) == []
    guest.open("/repair/new/")
    guest.page.click(".bar .go")
    guest.page.wait_for_selector(".flash.error")
    assert _violations(guest) == []
    guest.page.focus("[name=unit_id]")
    guest.page.keyboard.type("502")
    guest.page.wait_for_selector("#unit_id-matches li")
    assert _violations(guest) == []


def test_a_record_changed_and_voided(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("supervisor")
    stale = browse("receptionist")
    stale.open(edit(key))
    guest.open(edit(key))
    guest.page.fill("[name=content]", "换了下水管")
    guest.page.click(".bar .go")
    guest.page.wait_for_url(f"**{details(key)}")
    assert _violations(guest) == []
    stale.page.fill("[name=content]", "换了龙头")
    stale.page.click(".bar .go")
    stale.page.wait_for_selector(".stale")
    assert _violations(stale) == []
    guest.page.click(".voiding > summary")
    guest.page.fill(".voiding [name=reason]", "重复登记")
    guest.page.click(".voiding button")
    guest.page.wait_for_selector(".chip.void")
    assert _violations(guest) == []


@pytest.mark.usefixtures("folder")
def test_the_files_of_a_record(browse: Browse, office: Office) -> None:
    guest, kinds = browse("receptionist"), ("photo", "identity_copy", "scan")
    guest.open(f"/person/details/?id={office.person}")
    for number, kind in enumerate(kinds, 1):
        body = PDF if kind == "scan" else picture()
        sent: FilePayload = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": body}
        guest.page.set_input_files("#files", sent)
        guest.page.select_option("#kind", kind)
        guest.page.click("form.attach .btn")
        expect(guest.page.locator(".files li")).to_have_count(number)
    assert _violations(guest) == []
    guest.page.click(".sheet[data-view]")
    expect(guest.page.locator("dialog.viewer")).to_be_visible()
    assert _violations(guest) == []


def test_what_the_administrator_opens(browse: Browse) -> None:
    guest = browse("admin")
    for path in ("/", "/rights/", "/change/", "/user/", "/password"):
        assert _violations(guest, path) == []


def test_open_menus(browse: Browse) -> None:
    guest = browse("receptionist")
    guest.page.click(".me > summary")
    found = _violations(guest)
    guest.look(PHONE, "light")
    guest.open("/")
    guest.page.click(".top .menu")
    assert found + _violations(guest) == []
