"""What stands on a form: title, code, copies, paper, long text, strange characters."""

from __future__ import annotations

import re

import pytest

from core.db import writing
from models import (
    Complaint,
    Meeting,
    Praise,
    ReleaseItem,
    ReleasePass,
    RevisitAgreement,
)
from tests import paper
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.printing import new, pdf, setting, words

pytestmark = pytest.mark.once

A4, WIDE, A5 = (595, 842), (842, 595), (595, 420)


def sizes(body: bytes) -> list[tuple[int, int]]:
    return [(round(s.width), round(s.height)) for s in paper.sheets(body)]


@pytest.mark.clause("S2-71", "S2-72", "S0-10", "S4-166", "S1-06")
def test_a_form_carries_the_offices_title_code_and_number(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    setting(as_actor, "form.title.complaint.notice", "用户投诉处理通知单")
    key = new(as_actor, Complaint, office.home, content="电梯坏了")
    visitor = client("supervisor")
    record = words(visitor, "/complaint/print/", id=key)
    notice = words(visitor, "/complaint/print/", id=key, book="notice")
    assert "表号 QR/PSZ-723-KF01-02-01" in record
    assert "表号" not in notice
    assert "用户投诉处理通知单" in notice
    number = re.search(r"TS-\d{4}-\d{4}", record)
    assert number
    assert number[0] in notice
    assert "待确认" in record or "处理" in record
    diary = client("receptionist").get("/daily_log/print/?blank=1").text
    assert "QR/PSZ-723-KF01-01" in diary
    assert "测试物业 · 测试花园" in record
    empty = words(client("receptionist"), "/handover/print/", blank=1, book="notice")
    assert "入伙通知书" in empty


@pytest.mark.clause("S4-149")
def test_copies_are_marked_and_both_are_printed_at_once(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, RevisitAgreement, office.home)
    visitor = client("supervisor")
    body = pdf(visitor, "/revisit_agreement/print/", id=key, mark="both")
    whole = [paper.bare(sheet.words) for sheet in paper.sheets(body)]
    assert ["第一联" in sheet for sheet in whole] == [True, False]
    assert ["第二联" in sheet for sheet in whole] == [False, True]
    single = words(visitor, "/revisit_agreement/print/", id=key, mark="duplicate")
    assert "副本" in single
    assert "联" not in words(visitor, "/revisit_agreement/print/", id=key, mark="no")


def test_minutes_are_signed_by_their_chair_and_whoever_took_them(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    people = {"chair_id": office.staff["manager"]}
    key = new(as_actor, Meeting, office.home, **people)
    visitor = client("supervisor")
    for asked in ({"id": key}, {"blank": 1}):
        page = visitor.get("/meeting/print/", **asked).text
        signing = page.partition('<table class="signing">')[2].partition("</table>")[0]
        lines = re.findall(r'<td class="who">(.*?)</td>', signing)
        assert lines == ["主持人", "记录人"], asked
        assert signing.count("年\u3000\u3000月") == 2
        assert ("manager" in signing) == ("id" in asked)


def test_the_paper_is_as_chosen_and_a_wide_register_lies(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, Complaint, office.home, content="电梯坏了")
    visitor = client("supervisor")
    assert {*sizes(pdf(visitor, "/complaint/print/", id=key))} == {A4}
    small = pdf(visitor, "/complaint/print/", id=key, paper="a5")
    assert {*sizes(small)} == {A5}
    assert paper.outside(small, 9.0) == []
    assert sizes(pdf(visitor, "/complaint/print/", layout="register")) == [WIDE]
    assert sizes(pdf(visitor, "/person/print/", layout="register", book="nobody")) == [
        A4
    ]


@pytest.mark.parametrize(
    ("language", "title", "number"),
    [
        ("zh_Hans_CN", "表扬记录", "第1页，共1页"),
        ("en", "Praise", "Page1of1"),
    ],
)
def test_a_page_and_its_pdf_say_the_same(
    client: Client,
    as_actor: AsActor,
    office: Office,
    language: str,
    title: str,
    number: str,
) -> None:
    key = new(as_actor, Praise, office.home, content="师傅热心\n第二行 & <b>")
    visitor = client("supervisor")
    visitor.post("/language", language=language)
    page = paper.bare(words(visitor, "/praise/print/", id=key))
    drawn = paper.text(pdf(visitor, "/praise/print/", id=key))
    assert title in page
    assert number in drawn
    assert drawn.replace(number, "") == page


def test_long_text_grows_over_pages_under_the_same_head(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    lines = [f"第{n}行：热水时有时没有，物业来人看过。" for n in range(140)]
    key = new(as_actor, Complaint, office.home, content="\n".join(lines))
    body = pdf(client("supervisor"), "/complaint/print/", id=key)
    assert paper.missing_in_order(paper.text(body), lines) == []
    assert paper.outside(body, 14.0) == []
    pages = [paper.bare(sheet.words) for sheet in paper.sheets(body)]
    assert len(pages) >= 4
    assert all("编号TS-" in page for page in pages[:-1])
    for at, page in enumerate(pages, 1):
        assert f"第{at}页，共{len(pages)}页" in page


def test_sixty_lines_repeat_their_headings(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, ReleasePass, office.home)
    with as_actor() as session, writing(session):
        for n in range(60):
            ids = {"release_pass_id": key, "name": f"箱子{n}号"}
            make(session, ReleaseItem, office.home, **ids)
    body = pdf(client("supervisor"), "/release_pass/print/", id=key, paper="a4")
    pages = [paper.bare(sheet.words) for sheet in paper.sheets(body)]
    goods = [page for page in pages if "箱子" in page]
    assert len(goods) >= 2
    assert all("搬运物品" in page and "门岗核对相符" in page for page in goods)
    wanted = [f"箱子{n}号" for n in range(60)]
    assert paper.missing_in_order("".join(pages), wanted) == []
    assert paper.outside(body, 14.0) == []


def test_a_character_that_the_font_lacks_is_named(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    common = new(as_actor, Praise, office.home, content="王喆、镕、堃、祎、𬬭")
    rare = new(as_actor, Praise, office.home, content="\U00031350先生来电")
    visitor = client("supervisor")
    assert "U+" not in words(visitor, "/praise/print/", id=common)
    assert "U+31350" in words(visitor, "/praise/print/", id=rare)
    assert "U+31350" in paper.text(pdf(visitor, "/praise/print/", id=rare))


def test_what_people_type_is_text_on_paper_too(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    hostile = '<img src="file:///etc/passwd"><script>alert(1)</script>'
    key = new(as_actor, Praise, office.home, content=hostile)
    visitor = client("supervisor")
    page = visitor.get(f"/praise/print/?id={key}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    drawn = paper.text(pdf(visitor, "/praise/print/", id=key))
    assert paper.bare(hostile) in drawn
