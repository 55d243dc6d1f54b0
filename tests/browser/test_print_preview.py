"""Print from the screen: the menu, the preview, and what the browser puts on paper."""

from __future__ import annotations

import pytest

from tests import paper
from tests.browser.conftest import PHONE, Browse
from tests.browser.scenes import FAULT, details, repair
from tests.cast import Office
from tests.conftest import AsActor, Client

pytestmark = pytest.mark.browser


def test_a_form_is_previewed_and_the_browser_prints_what_the_pdf_shows(
    browse: Browse, client: Client, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("receptionist")
    guest.context.add_init_script("window.print = () => { window.printed = true }")
    guest.open(details(key))
    guest.page.click(".printing > summary")
    with guest.context.expect_page() as opened:
        guest.page.click(".printing .go")
    preview = opened.value
    preview.wait_for_load_state()
    assert FAULT in preview.inner_text("main")
    assert preview.evaluate("document.fonts.ready.then(f => [...f].map(x => x.status))")
    assert preview.evaluate("document.fonts.check('12px \"Office Sans\"')")
    preview.click("[data-print]")
    assert preview.evaluate("window.printed") is True
    printed = preview.pdf(prefer_css_page_size=True)
    answer = client("receptionist").get(f"/repair/print/?id={key}&format=pdf")
    both = [paper.text(body) for body in (printed, answer.data)]
    number = "第1页，共1页"  # drawn before the rest, or behind it
    assert both[0].replace(number, "") == both[1].replace(number, "")
    assert all(number in whole for whole in both)
    assert paper.outside(printed, 13.9) == []
    preview.click(".bar a")
    preview.wait_for_url("**/repair/details/**")


def test_a_list_is_printed_as_a_register_and_a_phone_finds_the_menu(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("receptionist")
    guest.open("/repair/")
    guest.page.click(".printing > summary")
    with guest.context.expect_page() as opened:
        guest.page.click(".printing .go")
    assert "layout=register" in opened.value.url
    assert FAULT in opened.value.inner_text("main")
    phone = browse("receptionist", width=PHONE)
    phone.open(details(key))
    phone.page.click(".printing > summary")
    box = phone.page.locator(".printing > div").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE
