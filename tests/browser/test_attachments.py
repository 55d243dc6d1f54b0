"""Files dropped on a record, pasted, looked at, revealed; also without a script."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.scenes import details, repair
from tests.cast import Office
from tests.conftest import AsActor
from tests.papers import PDF, picture

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("folder")]

GIVE = """([how, name, type, body]) => {
  const bytes = Uint8Array.from(atob(body), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const area = document.querySelector("form.attach");
  if (how === "paste") {
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
    return;
  }
  for (const what of ["dragover", "drop"])
    area.dispatchEvent(new DragEvent(what, { dataTransfer: data, cancelable: true }));
}"""


def give(guest: Guest, how: str, name: str, body: bytes) -> None:
    """Drop a file on the record's page, or paste it."""
    kind = "image/jpeg" if name.endswith("jpg") else "application/pdf"
    text = base64.b64encode(body).decode()
    guest.page.evaluate(GIVE, [how, name, kind, text])
    assert guest.focused("name") == "kind"  # what is it?


def attach(guest: Guest, kind: str, files: int) -> None:
    """Say what it is and send it; the page then shows that many files."""
    guest.page.select_option("#kind", kind)
    guest.page.click("form.attach .btn")
    expect(guest.page.locator(".files li")).to_have_count(files)
    assert guest.focused("id") == "attachments"


def test_files_are_dropped_pasted_and_looked_at(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    key = repair(as_actor, office)
    guest = browse("receptionist")
    page = guest.page
    guest.open(details(key))
    give(guest, "drop", "漏水.jpg", picture())
    attach(guest, "photo", 1)
    give(guest, "paste", "合同.pdf", PDF)
    attach(guest, "scan", 2)
    expect(page.locator(".flash.success")).to_have_text("已添加 1 个附件")
    size = "picture => picture.naturalWidth"
    assert page.locator(".sheet img").evaluate(size) == 360
    page.click(".sheet[data-view]")
    seen = page.locator("dialog.viewer img")
    expect(seen).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert seen.evaluate(size) == 400
    page.keyboard.press("Escape")
    expect(seen).to_have_count(0)
    assert guest.focused("href").endswith("file=1")


def test_a_refused_file_is_told_beside_the_form(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    guest = browse("receptionist")
    guest.open(details(repair(as_actor, office)))
    give(guest, "drop", "plan.jpg", b"<svg/>")
    guest.page.select_option("#kind", "photo")
    guest.page.click("form.attach .btn")
    told = guest.page.locator("form.attach [role=status]")
    expect(told).to_contain_text("plan.jpg：只收图片")
    assert guest.troubles.pop().endswith("400 (BAD REQUEST)")
    expect(guest.page.locator("form.attach .btn")).to_be_enabled()


def test_a_masked_copy_is_shown_once_for_a_purpose_and_removed_with_a_reason(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    guest = browse("receptionist", width=PHONE)
    page = guest.page
    guest.open(f"/person/details/?id={office.person}")
    give(guest, "drop", "身份证.jpg", picture())
    attach(guest, "identity_copy", 1)
    expect(page.locator(".files img")).to_have_count(0)
    page.click(".files .reveal >> nth=0")
    expect(page.locator(".files [name=purpose]")).to_be_focused()
    page.keyboard.type("核对本人身份")
    page.keyboard.press("Enter")
    expect(page.locator(".files .seen img")).to_be_visible()
    assert not guest.too_wide()
    assert "核对本人身份" in guest.text()
    page.click(".files .reveal >> nth=1")
    expect(page.locator(".files [name=reason]")).to_be_focused()
    page.keyboard.type("传错了")
    page.keyboard.press("Enter")
    expect(page.locator(".files li")).to_have_count(0)
    assert "传错了" in guest.text()


def test_files_are_attached_without_a_script(
    browse: Browse, as_actor: AsActor, office: Office
) -> None:
    guest = browse("receptionist", java_script_enabled=False)
    page = guest.page
    guest.open(details(repair(as_actor, office)))
    two: list[FilePayload] = [
        {"name": "漏水.jpg", "mimeType": "image/jpeg", "buffer": picture()},
        {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": PDF},
    ]
    page.set_input_files("#files", two)
    page.select_option("#kind", "scan")
    page.click("form.attach .btn")
    expect(page.locator(".files li")).to_have_count(2)
    expect(page.locator(".flash.success")).to_have_text("已添加 2 个附件")
