"""Files on any record: its rights, its history, masked copies, limits, retention."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from core.attachment import Attachment
from core.db import now, writing
from core.record import Record, record_type
from models import Occupancy, Setting
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.papers import CAMERA, PDF, office_file, on_disk, photograph, picture, sent
from views.attached import review_day
from views.attachments import ALONE

Attach = Callable[..., list[int]]


@pytest.fixture
def repair(as_actor: AsActor, office: Office) -> int:
    """A repair of the home estate."""
    return planted(as_actor, "repair", office.home)


def planted(as_actor: AsActor, slug: str, project: int, **values: object) -> int:
    with as_actor() as session, writing(session):
        return int(make(session, record_type(slug), project, **values).id)


def attached(as_actor: AsActor) -> list[Attachment]:
    with as_actor() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def attach(
    visitor: Visitor, slug: str, key: int, *files: tuple[str, bytes], kind: str = "scan"
) -> None:
    """Send files to a record, as its page does."""
    answer = visitor.post(f"/{slug}/attach/", sent(*files, kind=kind, id=key))
    assert answer.status_code == 302, answer.text
    assert answer.location == f"/{slug}/details/?id={key}#attachments"


@contextmanager
def changed(as_actor: AsActor, **values: str) -> Iterator[None]:
    """Other settings of attachments for a while."""
    with as_actor() as session, writing(session):
        for name, value in values.items():
            query = select(Setting).where(Setting.code == f"attachments.{name}")
            session.scalars(query).one().value = value
    yield


def test_several_files_at_once_are_kept_told_and_handed_back(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor, table = client("receptionist"), office_file(main="xl/workbook.xml")
    attach(visitor, "repair", repair, ("报价（一）.pdf", PDF), ("单价.xlsx", table))
    page = visitor.get("/repair/details/", id=repair).text
    for row, body in zip(attached(as_actor), (PDF, table), strict=True):
        assert row.name in page
        answer = visitor.get("/repair/file/", id=repair, file=row.id)
        assert (answer.data, answer.mimetype) == (body, row.media)
        assert answer.headers["Content-Security-Policy"] == ALONE
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    shown = visitor.get("/repair/history/", id=repair).text
    assert shown.count("添加了附件") == 2


def test_a_pdf_is_shown_an_office_file_saved_and_names_are_of_any_script(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor = client("receptionist")
    files = ("合同.pdf", PDF), ("信 1.docx", office_file())
    attach(visitor, "repair", repair, *files)
    told = [
        visitor.get("/repair/file/", id=repair, file=row.id).headers
        for row in attached(as_actor)
    ]
    assert [headers["Content-Disposition"] for headers in told] == [
        "inline; filename=\"__.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf",
        "attachment; filename=\"_ 1.docx\"; filename*=UTF-8''%E4%BF%A1%201.docx",
    ]
    listed = (
        client("supervisor").get("/repair/export/csv/").headers["Content-Disposition"]
    )
    assert listed.isascii()  # servers refuse anything else
    assert "filename*=UTF-8''%E7%BB%B4%E4%BF%AE" in listed


def test_a_picture_keeps_nothing_but_its_pixels_the_right_way_up(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    assert CAMERA in photograph()
    visitor = client("receptionist")
    attach(visitor, "repair", repair, ("IMG.jpg", photograph()), kind="photo")
    (row,) = attached(as_actor)
    body = visitor.get("/repair/file/", id=repair, file=row.id).data
    assert CAMERA not in body
    image = Image.open(io.BytesIO(body))
    assert (image.size, len(image.getexif())) == ((300, 400), 0)
    top, bottom = (
        image.convert("L").getpixel((9, 9)),
        image.convert("L").getpixel((9, 390)),
    )
    assert (top, bottom) == (0, 255)
    small = visitor.get("/repair/file/", id=repair, file=row.id, thumb=1)
    assert small.mimetype == "image/jpeg"
    assert max(Image.open(io.BytesIO(small.data)).size) == 360
    assert (
        f"file={row.id}&amp;thumb=1" in visitor.get("/repair/details/", id=repair).text
    )


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_other_pictures_are_drawn_anew_too(
    form: str, folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (80, 60), (255, 0, 0, 0)).save(clear, form)
    files = (f"a.{form}", picture(form)), (f"b.{form}", clear.getvalue())
    attach(client("receptionist"), "repair", repair, *files, kind="photo")
    solid, through = attached(as_actor)
    assert solid.media == ("image/jpeg" if form == "WEBP" else "image/png")
    assert (through.media, through.name) == ("image/png", "b.png")


def test_a_file_without_a_thumbnail_has_none(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor = client("receptionist")
    attach(visitor, "repair", repair, ("a.pdf", PDF))
    (row,) = attached(as_actor)
    asked = {"id": repair, "file": row.id, "thumb": 1}
    assert visitor.get("/repair/file/", **asked).status_code == 404


def test_files_have_the_rights_of_their_record(
    folder: Flask, client: Client, office: Office, repair: int, as_actor: AsActor
) -> None:
    other = planted(as_actor, "repair", office.home)
    attach(client("receptionist"), "repair", repair, ("a.pdf", PDF))
    (row,) = attached(as_actor)
    for job, opened, posted in (
        ("auditor", 200, 403),
        ("finance", 404, 403),
        ("guard", 404, 404),
        ("outsider", 404, 404),
        ("admin", 403, 403),
    ):
        visitor = client(job)
        address = {"id": repair, "file": row.id}
        assert visitor.get("/repair/file/", **address).status_code == opened, job
        form = sent(("b.pdf", PDF), id=repair)
        assert visitor.post("/repair/attach/", form).status_code == posted, job
        form = {"id": repair, "file": row.id, "reason": "不该有"}
        assert visitor.post("/repair/detach/", form).status_code == posted, job
        page = visitor.get("/repair/details/", id=repair).text
        assert ("a.pdf" in page) == (opened == 200), job
        assert "/repair/attach/" not in page
    for key, file in ((other, row.id), (repair, 999), (repair, "x"), (repair, "")):
        asked = {"id": key, "file": file}
        answer = client("receptionist").get("/repair/file/", **asked)
        assert answer.status_code == 404
    assert len(attached(as_actor)) == 1


def test_whoever_reads_some_fields_only_reads_no_files(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    key = office.staff["guard"]
    attach(client("manager"), "staff", key, ("合同.pdf", PDF))
    (row,) = attached(as_actor)
    visitor = client("receptionist")  # reads names and departments of staff
    assert "合同.pdf" not in visitor.get("/staff/details/", id=key).text
    assert visitor.get("/staff/file/", id=key, file=row.id).status_code == 404


@pytest.mark.clause("S1-08", "S1-10", "S1-109", "S0-15")
def test_a_copy_of_an_identity_card_is_masked_until_a_purpose_is_stated(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    visitor, key = client("receptionist"), office.person
    files = (("王建国身份证.jpg", picture()),)
    attach(visitor, "person", key, *files, kind="identity_copy")
    (row,) = attached(as_actor)
    page = visitor.get("/person/details/", id=key).text
    assert "身份证件复印件" in page
    assert "王建国身份证" not in page + visitor.get("/person/history/", id=key).text
    assert f"file={row.id}" not in page
    for more in ({}, {"thumb": 1}):
        asked = {"id": key, "file": row.id, **more}
        assert visitor.get("/person/file/", **asked).status_code == 403
    form = {"id": key, "file": row.id}
    assert visitor.post("/person/reveal/", form).status_code == 400
    seen = visitor.post("/person/reveal/", form, purpose="核对本人身份")
    assert "data:image/jpeg;base64," in seen.text
    assert "核对本人身份" in visitor.get("/person/history/", id=key).text
    assert "base64" not in visitor.get("/person/details/", id=key).text
    for job, code in (("finance", 403), ("auditor", 403), ("outsider", 404)):
        answer = client(job).post("/person/reveal/", form, purpose="看看")
        assert answer.status_code == code, job


@pytest.mark.clause("S1-09")
def test_a_copy_of_a_bank_account_in_a_pdf_is_shown_by_itself(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    visitor, key = client("receptionist"), office.person
    attach(visitor, "person", key, ("账号.pdf", PDF), kind="bank_copy")
    (row,) = attached(as_actor)
    assert visitor.get("/person/file/", id=key, file=row.id).status_code == 403
    form = {"id": key, "file": row.id, "purpose": "核对退款账户"}
    answer = visitor.post("/person/reveal/", form)
    assert answer.data == PDF
    assert "%E9%93%B6%E8%A1%8C" in answer.headers["Content-Disposition"]
    assert "%E8%B4%A6%E5%8F%B7.pdf" not in answer.headers["Content-Disposition"]


def test_which_kinds_are_masked_is_a_setting(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    attach(client("receptionist"), "repair", repair, ("a.pdf", PDF), kind="photo")
    (row,) = attached(as_actor)
    asked = {"id": repair, "file": row.id}
    assert client("receptionist").get("/repair/file/", **asked).status_code == 200
    with changed(as_actor, personal_kinds="photo, identity_copy"):
        assert client("receptionist").get("/repair/file/", **asked).status_code == 403


def test_the_paper_on_the_record_says_the_kind(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    key = planted(as_actor, "document_copy", office.home, paper="identity_card")
    visitor = client("receptionist")
    page = visitor.get("/document_copy/details/", id=key).text
    assert '<option value="identity_copy" selected>' in page
    attach(visitor, "document_copy", key, ("1.jpg", picture()), kind="")
    assert [row.kind for row in attached(as_actor)] == ["identity_copy"]


@pytest.mark.parametrize("kind", ["", "nonsense", "\x00"])
def test_a_file_of_no_kind_is_refused(
    kind: str, folder: Flask, client: Client, repair: int
) -> None:
    form = sent(("a.pdf", PDF), kind=kind, id=repair)
    answer = client("receptionist").post("/repair/attach/", form)
    assert answer.status_code == 400
    assert "种类" in answer.text
    assert on_disk(folder) == []


def test_sending_no_file_is_told(folder: Flask, client: Client, repair: int) -> None:
    for form in (sent(id=repair), sent(("", b""), id=repair)):
        answer = client("receptionist").post("/repair/attach/", form)
        assert answer.status_code == 400
        assert "请先选择文件" in answer.text


def test_a_removed_file_keeps_its_reason_and_its_bytes(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor = client("receptionist")
    attach(visitor, "repair", repair, ("错.pdf", PDF))
    (row,) = attached(as_actor)
    form = {"id": repair, "file": row.id}
    assert visitor.post("/repair/detach/", form).status_code == 400
    assert visitor.post("/repair/detach/", form, reason="传错了").status_code == 302
    page = visitor.get("/repair/details/", id=repair).text
    assert "传错了" in page
    assert visitor.get("/repair/file/", **form).status_code == 404
    again = client("supervisor").post("/repair/detach/", form, reason="再一次")
    assert again.status_code == 409
    assert client("supervisor").get("/repair/file/", **form).data == PDF
    assert len(on_disk(folder)) == 1
    assert "错.pdf: 传错了" in visitor.get("/repair/history/", id=repair).text


def test_a_voided_record_takes_no_files(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    voided = {"voided_at": now(), "void_reason": "登记错了"}
    key = planted(as_actor, "repair", office.home, **voided)
    visitor = client("supervisor")
    answer = visitor.post("/repair/attach/", sent(("a.pdf", PDF), id=key))
    assert answer.status_code == 409
    assert "/repair/attach/" not in visitor.get("/repair/details/", id=key).text
    assert on_disk(folder) == []


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"file_mb": "0"}, "超过 0 MB"),
        ({"per_record": "1"}, "最多放 1 个"),
        ({"project_gb": "0"}, "0 GB"),
        ({"megapixels": "0"}, "0 百万像素"),
    ],
)
def test_a_limit_is_told_and_nothing_is_kept(
    limits: dict[str, str],
    words: str,
    folder: Flask,
    client: Client,
    repair: int,
    as_actor: AsActor,
) -> None:
    files = ("a.pdf", PDF), ("b.jpg", picture())
    with changed(as_actor, **limits):
        form = sent(*files, id=repair)
        answer = client("receptionist").post("/repair/attach/", form)
    assert answer.status_code == 400
    assert words in answer.text
    assert (attached(as_actor), on_disk(folder)) == ([], [])


def test_a_request_beyond_all_bounds_is_refused(
    folder: Flask, client: Client, repair: int
) -> None:
    form = sent(("a.pdf", PDF + b"\0" * (65 << 20)), id=repair)
    assert client("receptionist").post("/repair/attach/", form).status_code == 413


def seen_on(
    as_actor: AsActor, cls: type[Record], key: int, *, personal: bool
) -> dt.date | None:
    with as_actor() as session:
        return review_day(session, session.get_one(cls, key), personal=personal)


@pytest.mark.clause("S3-47", "S1-109")
def test_the_earliest_day_of_review_follows_the_retention(
    as_actor: AsActor, office: Office
) -> None:
    person, repair = record_type("person"), record_type("repair")
    closed = dt.datetime(2024, 2, 29, 4, tzinfo=dt.UTC)
    key = planted(as_actor, "repair", office.home, closed_at=closed)
    assert seen_on(as_actor, repair, key, personal=False) == dt.date(2029, 3, 1)
    key = planted(as_actor, "repair", office.home)
    assert seen_on(as_actor, repair, key, personal=False) is None
    home = {"person_id": office.person, "unit_id": office.unit, "relation": "owner"}
    with as_actor() as session, writing(session):
        ended = make(session, Occupancy, office.home, **home, until=dt.date(2026, 5, 1))
        assert ended.until
    end = seen_on(as_actor, person, office.person, personal=True)
    assert end == dt.date(2027, 5, 1)
    with as_actor() as session, writing(session):
        make(session, Occupancy, office.home, **home)
    assert seen_on(as_actor, person, office.person, personal=True) is None
    day, copy = dt.date(2030, 1, 1), record_type("document_copy")
    key = planted(as_actor, "document_copy", office.home, keep_until=day)
    assert seen_on(as_actor, copy, key, personal=True) == day
