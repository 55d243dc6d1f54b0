"""A file becomes records in a real browser, at the desk and on a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from models import Person
from tests.browser.conftest import Browse
from tests.browser.test_within_reach import _violations
from tests.cast import Office
from tests.conftest import AsActor
from tests.importing import a_csv

pytestmark = pytest.mark.browser

HEADS = ("姓名", "身份", "联系电话", "房屋", "关系")
GOOD = ("赵一鸣", "业主", "13900139001", "3-502", "业主")
BAD = ("钱二", "飞行员", "138****1234", "9-999", "租户")


def test_a_file_is_read_put_right_and_imported(
    browse: Browse, as_actor: AsActor, office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "住户.csv"
    guest = browse("supervisor")
    page = guest.page
    guest.open("/person/")
    page.click("a[href='/person/import/']")
    found = _violations(guest)
    for rows, heading in (((HEADS, GOOD, BAD), "飞行员"), ((HEADS, GOOD), "导入 1 行")):
        guest.open("/person/import/")
        file.write_bytes(a_csv(rows, "gb18030"))
        page.set_input_files("#file", file)
        page.click("button[value=file]")
        assert page.locator("select[name=column-3]").input_value() == (
            "occupancy.unit_id"
        )
        found += _violations(guest)
        page.click("button[value=columns]")
        page.wait_for_selector(".tiles")  # the check goes on by itself
        assert heading in page.inner_text("main")
        found += _violations(guest)
        assert not guest.too_wide()
    page.click("button[value=commit]")
    page.wait_for_selector(".flash.success")
    assert found == []
    with as_actor() as session:
        made = session.scalars(select(Person).where(Person.name == "赵一鸣")).one()
        assert made.phone == "13900139001"


def test_every_file_is_one_click_from_the_list(browse: Browse) -> None:
    guest = browse("supervisor")
    guest.open("/reception/")
    guest.page.click("summary:has-text('导出')")
    with guest.page.expect_download() as taken:
        guest.page.click("a[href*='export/xlsx'][href*='columns=shown']")
    assert taken.value.suggested_filename.startswith("业主接待记录表-")
    assert _violations(browse("manager"), "/start/") == []
