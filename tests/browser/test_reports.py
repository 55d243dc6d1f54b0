"""The dashboard and a report in a real browser: pictures, no complaint, no overflow."""

from __future__ import annotations

import datetime as dt

import pytest

from core.db import now, writing
from core.record import record_type
from tests import paper
from tests.browser.conftest import DESK, PHONE, Browse
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make

pytestmark = pytest.mark.browser

PAINTED = """() => [...document.querySelectorAll('.chart canvas')].map(canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size > 8;
})"""
"""Of each picture, whether more than a ground is drawn."""


@pytest.fixture
def report(as_actor: AsActor, office: Office, client: Client) -> int:
    """This month's analysis, compiled, with complaints of two kinds."""
    with as_actor() as session, writing(session):
        for at, category in enumerate(("safety", "environment", "environment")):
            said = {"received_at": now() - dt.timedelta(minutes=at), "content": "噪声"}
            cls = record_type("complaint")
            make(session, cls, office.home, category=category, **said)
        cls = record_type("periodic_report")
        about = {"report_kind": "complaint_analysis", "period": f"{now():%Y-%m}"}
        made = make(session, cls, office.home, **about)
        key = int(made.id)
    asked = {"id": key, "move": "compile"}
    answer = client("supervisor").post("/periodic_report/move/", asked)
    assert answer.status_code == 302, answer.text
    return key


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_pictures_are_drawn_and_nothing_overflows(
    browse: Browse, report: int, width: int
) -> None:
    guest = browse("manager", width=width)
    for path in ("/reports/", f"/reports/complaint_analysis/?id={report}"):
        guest.open(path)
        guest.page.wait_for_selector(".chart canvas")
        drawn = guest.page.evaluate(PAINTED)
        assert drawn
        assert all(drawn)
        assert not guest.too_wide()
    guest.page.click("text=环境管理类 >> xpath=../td[2]/a")
    guest.page.wait_for_url("**/rows/**")
    assert guest.page.locator("main tbody tr").count() == 2


def test_the_printed_report_has_all_and_clips_nothing(
    client: Client, report: int
) -> None:
    asked = {"id": report, "format": "pdf"}
    body = client("manager").get("/periodic_report/print/", **asked).data
    whole = paper.text(body)
    said = ("月度投诉信息分析报告", "受理件数", "有效投诉÷在用户数", "环境管理类")
    assert paper.missing_in_order(whole, said) == []
    for signer in ("编制人", "审阅人"):
        assert signer in whole
    assert paper.outside(body, 13.9) == []
