"""The case folder: what belongs together, in order, numbered, and nothing else."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter

from models import Complaint, CorrectiveAction, Person, Reception, Rework
from tests import paper
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.papers import PDF, office_file, on_disk, picture, sent
from tests.printing import new, setting
from views.printing import press

pytestmark = pytest.mark.once


def folder(visitor: Visitor, slug: str, key: int) -> bytes:
    answer = visitor.get(f"/{slug}/folder/", id=key)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].isascii()
    return bytes(answer.data)


def attach(visitor: Visitor, slug: str, key: int, **form: Any) -> None:
    visitor.get(f"/{slug}/details/?id={key}")
    answer = visitor.post(f"/{slug}/attach/", {"id": key, **form})
    assert answer.status_code == 302, answer.text


def pages(body: bytes) -> list[str]:
    return [paper.bare(sheet.words) for sheet in paper.sheets(body)]


def marks(body: bytes) -> list[tuple[str, int]]:
    """The bookmarks with the page each leads to."""
    reader = PdfReader(io.BytesIO(body))
    found = []
    for mark in reader.outline:
        assert not isinstance(mark, list)
        at = reader.get_destination_page_number(mark)
        assert at is not None
        found.append((paper.bare(str(mark.title)), at + 1))
    return found


def turned() -> bytes:
    """A scanned page that lies on its side."""
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 100).rotate(90)
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def case(as_actor: AsActor, office: Office) -> int:
    """A reception that became a complaint, which became a corrective action."""
    key = new(as_actor, Reception, office.home, content="电梯又坏了")
    complaint = new(as_actor, Complaint, office.home, content="投诉电梯", source_id=key)
    new(as_actor, CorrectiveAction, office.home, content="钢索", source_id=complaint)
    new(as_actor, Rework, office.home, content="返修轿厢", source_id=complaint)
    return key


def test_a_folder_holds_the_case_what_followed_and_its_history(
    client: Client, case: int
) -> None:
    body = folder(client("supervisor"), "reception", case)
    wanted = ["案卷", "业主接待记录表", "电梯又坏了", "投诉电梯", "返修轿厢"]
    whole = paper.text(body)
    assert paper.missing_in_order(whole, wanted) == []
    assert "钢索" in whole
    assert re.search(r"\d\d:\d\d:\d\d系统登记", whole)
    assert paper.outside(body, 13.9) == []


def test_the_contents_the_bookmarks_and_the_pages_agree(
    client: Client, case: int
) -> None:
    visitor = client("supervisor")
    attach(
        visitor, "reception", case, **sent(("现场.jpg", picture()), ("a.pdf", turned()))
    )
    body = folder(visitor, "reception", case)
    found, sheets = marks(body), pages(body)
    assert found[0] == ("目录", 1)
    assert all(f"{title}{at}" in sheets[0] for title, at in found[1:])
    for at, sheet in enumerate(sheets, 1):
        assert f"卷内第{at}页" in sheet
    assert [at for _title, at in found] == sorted(at for _title, at in found)
    assert len(PdfReader(io.BytesIO(body)).pages[-2].images) == 1
    assert f"卷内第{len(sheets)}页" in sheets[-1]


def test_what_one_may_not_print_is_not_in_his_folder(
    client: Client, as_actor: AsActor, office: Office, case: int
) -> None:
    visitor = client("receptionist")
    assert visitor.get("/corrective_action/print/?blank=1").status_code == 403
    whole = paper.text(folder(visitor, "reception", case))
    assert "投诉电梯" in whole
    assert "钢索" not in whole


def test_scans_that_cannot_be_shown_are_listed_with_the_reason(
    app: Flask, client: Client, case: int
) -> None:
    visitor = client("supervisor")
    attach(visitor, "reception", case, **sent(("合同.docx", office_file())))
    attach(
        visitor, "reception", case, **sent(("i.jpg", picture()), kind="identity_copy")
    )
    attach(visitor, "reception", case, **sent(("坏.pdf", PDF.replace(b"Kids", b"K"))))
    whole = pages(folder(visitor, "reception", case))[0]
    assert "合同.docx不是图片或PDF" in whole
    assert "身份证件复印件已遮盖，不入本卷" in whole
    assert "坏.pdf文件读不出来" in whole
    for path in on_disk(app):
        path.write_bytes(b"altered")
    assert "坏.pdf文件被改动过" in pages(folder(visitor, "reception", case))[0]


def test_a_folder_does_not_grow_beyond_measure(
    client: Client, as_actor: AsActor, case: int
) -> None:
    setting(as_actor, "print.folder_mb", "0")
    setting(as_actor, "print.forms_limit", "2")
    visitor = client("supervisor")
    attach(visitor, "reception", case, **sent(("现场.jpg", picture())))
    body = folder(visitor, "reception", case)
    whole = paper.text(body)
    assert "太大，不入本卷" in whole
    assert "投诉电梯" in whole
    assert "返修轿厢" not in whole


def test_a_file_that_breaks_its_reader_is_told_in_words() -> None:
    page = PdfReader(io.BytesIO(press.upright(turned()))).pages[0]
    assert (page.rotation, page.mediabox.width) == (0, 100)
    locked, out = PdfWriter(io.BytesIO(turned())), io.BytesIO()
    locked.encrypt("secret")
    locked.write(out)
    for broken in (
        b"%PDF-1.4\n",
        b"",
        out.getvalue(),
        PDF.replace(b"Kids", b"Kidz"),
    ):
        with pytest.raises(press.Unreadable, match="读不出来"):
            press.upright(broken)


def test_a_file_of_too_many_pages_stays_out() -> None:
    thick = PdfWriter()
    for _n in range(press.MOST + 1):
        thick.add_blank_page(10, 10)
    out = io.BytesIO()
    thick.write(out)
    with pytest.raises(press.Unreadable, match="500"):
        press.upright(out.getvalue())


def test_a_record_that_is_no_case_has_its_folder_too(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, Person, office.home, name="欧阳修远", phone="12012345678")
    body = folder(client("supervisor"), "person", key)
    whole = paper.text(body)
    assert "12012345678" not in whole
    assert "120****5678" in whole
    titles = [title for title, _at in marks(body)]
    assert titles == ["目录", f"业主住户{key}", "经过"]
