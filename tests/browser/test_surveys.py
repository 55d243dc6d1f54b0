"""A yearly survey: handed out, answered by touch and on paper, counted, put right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.test_within_reach import _violations
from tests.cast import HOME
from tests.lives import Life

pytestmark = pytest.mark.browser

NAME = "2026 年度业主意见调查"
ITEMS = 8
FINGER = 44
PERIOD = {"period_from": "2026-11-01", "period_to": "2199-12-31"}
COMMON = "地下室卫生差"


def test_a_survey_is_answered_by_touch_and_on_paper_then_counted(
    browse: Browse, life: Life
) -> None:
    office = browse("supervisor")
    key = drafted(office)
    press(office, "发放", issued_count="3", **PERIOD)
    expect(office.page.locator("td", has_text="供电管理")).to_be_visible()
    assert _violations(office) == []
    office.page.get_by_role("link", name="二维码问卷条").click()
    expect(office.page.locator(".slip .qr")).to_have_count(3)
    assert _violations(office) == []
    addresses = [
        str(link.get_attribute("href")) for link in office.page.locator(".slip a").all()
    ]
    answered(browse, addresses[0])
    on_paper(browse, key)

    office.open(f"/survey/details/?id={key}")
    press(office, "截止")
    press(office, "统计", common_opinions=COMMON)
    told = office.page.locator("main dl")
    for words, figure in (("回收份数", "2"), ("总满意率", "50")):
        line = told.locator("div", has_text=words)
        expect(line.locator("dd")).to_contain_text(figure)
    rates = office.page.locator("table.list tbody tr")
    expect(rates).to_have_count(ITEMS)
    expect(rates.filter(has_text="供电管理").locator("td")).to_contain_text(
        ["2", "100"]
    )
    expect(rates.filter(has_text="卫生管理").locator("td")).to_contain_text(["2", "50"])
    assert _violations(office) == []
    manager = browse("manager")
    manager.open(f"/survey/details/?id={key}")
    press(
        manager,
        "责成整改",
        director_opinion=COMMON,
        department_id="工程部",
        rectify_by="2026-12-20",
    )
    (action,) = life.caused(key, "corrective_action")
    assert life.case("corrective_action", action).content == COMMON


def drafted(office: Guest) -> int:
    """A new survey of opinions, by its form."""
    office.open("/survey/new/")
    office.page.fill("[name=name]", NAME)
    office.page.select_option("[name=survey_kind]", "opinion")
    office.page.click(".bar .go")
    office.page.wait_for_url("**/survey/details/**")
    return int(office.page.url.partition("id=")[2])


def press(guest: Guest, words: str, **filled: str) -> None:
    """Take a step of the case, with what it asks."""
    page = guest.page
    step = page.locator(".move", has_text=words)
    if not step.is_visible():
        page.click(".drop-moves > summary")
    if filled:
        step.locator("> summary").click()
    for name, value in filled.items():
        field = step.locator(f"[name={name}]")
        field.fill(value)
        if name.endswith("_id"):
            page.locator(".matches [role=option]", has_text=value).click()
    step.get_by_role("button").last.click()
    expect(page.locator(".flash.success")).to_be_visible()


def answered(browse: Browse, address: str) -> None:
    """Somebody whom nobody knows answers on a telephone; once."""
    guest = browse(width=PHONE, has_touch=True)
    guest.page.goto(address)
    assert _violations(guest) == []
    guest.look(PHONE, "light")
    assert not guest.too_wide()
    assert HOME not in guest.text()
    assert guest.page.locator("input[type=text], input[type=tel]").count() == 0
    questions = guest.page.locator("fieldset")
    expect(questions).to_have_count(ITEMS + 1)
    for question in questions.all():
        touch(question.locator("label", has_text="满意").first)
    guest.page.get_by_role("button", name="提交").tap()
    expect(guest.page.get_by_role("status")).to_contain_text("谢谢您")
    assert _violations(guest) == []
    again = guest.page.goto(address)
    assert again is not None
    assert again.status == 409
    expect(guest.page.get_by_role("status")).to_contain_text("已经提交过了")
    assert questions.count() == 0


def touch(target: Locator) -> None:
    """With a finger, which needs room."""
    box = target.bounding_box()
    assert box is not None
    assert box["height"] >= FINGER
    target.tap()


def on_paper(browse: Browse, key: int) -> None:
    """What came back on paper is entered at the desk, from the survey's page."""
    desk = browse("receptionist")
    desk.open(f"/survey/details/?id={key}")
    page = desk.page
    page.get_by_role("link", name="登记一份").click()
    page.fill("[name=form_no]", "A-1")
    page.fill("[name=answered_on]", "2026-11-23")
    said = {"power_supply": "satisfied", "hygiene": "dissatisfied", "overall": "fair"}
    for name, word in said.items():
        page.select_option(f"[name={name}]", word)
    assert _violations(desk) == []
    page.click(".bar .go")
    expect(page.locator(".flash.success")).to_be_visible()
