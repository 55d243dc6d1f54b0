"""Files outlive crashes, full disks, new keys and a move; what was altered is told."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError

from core import attachment, privacy, schema
from core.attachment import Attachment, Damaged
from core.db import db, writing
from core.filetypes import accept
from core.privacy import Keys
from core.record import record_type
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.papers import PDF, on_disk, picture, sent
from tests.test_attachments import attach, attached
from tests.test_backup import NewApp, keyfile, run
from views.attaching import uploads

CONTENT = "楼上漏水，已泡坏地板"


@pytest.fixture
def visitor(folder: Flask, client: Client) -> Visitor:
    return client("receptionist")


@pytest.fixture
def kept(visitor: Visitor, as_actor: AsActor, office: Office) -> Attachment:
    """A picture that stands with a repair."""
    with as_actor() as session, writing(session):
        key = int(make(session, record_type("repair"), office.home).id)
    attach(visitor, "repair", key, ("漏水.jpg", picture()), kind="photo")
    return attached(as_actor)[0]


def opened(app: Flask, row: Attachment) -> bytes:
    with app.app_context():
        return attachment.opened(uploads(), row)


def count(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        query = select(func.count()).select_from(Attachment)
        return int(connection.execute(query).scalar_one())


def file_of(app: Flask, row: Attachment) -> Path:
    return next(path for path in on_disk(app) if path.name == row.row_key)


def test_nothing_on_disk_can_be_read_or_guessed(
    folder: Flask, kept: Attachment
) -> None:
    body, files = opened(folder, kept), on_disk(folder)
    assert len(files) == 2  # with its thumbnail
    for path in files:
        assert path.stat().st_mode & 0o077 == 0
        assert body[:2] not in path.read_bytes()[:2]
        assert body[100:160] not in path.read_bytes()
        assert "漏水" not in path.name


def test_a_file_of_another_row_does_not_open(
    folder: Flask, kept: Attachment, visitor: Visitor, as_actor: AsActor
) -> None:
    attach(visitor, "repair", kept.record_id, ("b.pdf", PDF))
    other = attached(as_actor)[1]
    file_of(folder, kept).write_bytes(file_of(folder, other).read_bytes())
    with pytest.raises(Damaged):
        opened(folder, kept)


def test_a_file_that_is_not_the_one_its_row_describes_is_told(
    folder: Flask, kept: Attachment
) -> None:
    kept.sha256 = "0" * 64
    with pytest.raises(Damaged):
        opened(folder, kept)


def test_an_altered_and_a_missing_file_are_told_on_the_page_and_by_the_command(
    folder: Flask, kept: Attachment, visitor: Visitor
) -> None:
    assert run(folder, "attachments", "verify").exit_code == 0
    asked = {"id": kept.record_id, "file": kept.id}
    path = file_of(folder, kept)
    whole = path.read_bytes()
    for body, words in ((whole[:-1] + b"x", "改动"), (b"", "改动"), (None, "不见")):
        path.unlink() if body is None else path.write_bytes(body)
        answer = visitor.get("/repair/file/", **asked)
        assert answer.status_code == 409
        assert words in answer.text
        told = run(folder, "attachments", "verify")
        assert told.exit_code == 1
        assert f"repair {kept.record_id}: " in told.output
        assert words in told.output


def test_a_row_that_the_history_does_not_know_is_told(
    folder: Flask, kept: Attachment
) -> None:
    for statement in (update(Attachment).values(record_id=99), delete(Attachment)):
        with folder.app_context(), schema.changing(db.engine) as connection:
            assert connection.execute(statement).rowcount == 1
        told = run(folder, "attachments", "verify")
        assert told.exit_code == 1
        assert "履历" in told.output


def test_a_new_key_opens_old_files_without_the_old_one(
    folder: Flask, kept: Attachment, as_actor: AsActor
) -> None:
    line, body = keyfile(folder).read_text(), opened(folder, kept)
    before = file_of(folder, kept).read_bytes()
    try:
        assert run(folder, "rotate-key").exit_code == 0
        keys = Keys.load(keyfile(folder).read_text())
        privacy.use_keys(Keys(keys.root, {keys.newest: keys.data[keys.newest]}))
        assert opened(folder, attached(as_actor)[0]) == body
        assert file_of(folder, kept).read_bytes() == before
    finally:
        keyfile(folder).write_text(line)


def test_files_move_with_a_backup(
    folder: Flask, kept: Attachment, tmp_path: Path, empty_app: NewApp
) -> None:
    body, path = opened(folder, kept), tmp_path / "office.backup"
    draft = on_disk(folder)[0].with_name(".new-unfinished")
    draft.write_bytes(b"half")
    assert run(folder, "backup", path).exit_code == 0
    second = empty_app("second")
    result = run(second, "restore", path, "--key", keyfile(folder))
    assert result.exit_code == 0, result.output
    assert opened(second, kept) == body
    assert [p.name for p in on_disk(second)] == sorted(
        p.name for p in on_disk(folder) if p != draft
    )
    assert run(second, "attachments", "verify").exit_code == 0
    asked = {"id": kept.record_id, "file": kept.id}
    assert Visitor(second, "receptionist").get("/repair/file/", **asked).data == body


def test_a_full_disk_is_told_and_leaves_nothing(
    folder: Flask, kept: Attachment, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sync, left = on_disk(folder), os.fsync, [1]

    def fill(handle: int) -> None:
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        left.pop()
        sync(handle)

    monkeypatch.setattr(os, "fsync", fill)
    form = sent(("a.pdf", PDF), ("b.pdf", PDF), id=kept.record_id)
    answer = visitor.post("/repair/attach/", form)
    assert answer.status_code == 503
    assert "磁盘已满" in answer.text
    assert on_disk(folder) == before
    assert count(folder) == 1


def test_another_fault_of_the_disk_is_not_hidden(
    folder: Flask, kept: Attachment, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        visitor.post("/repair/attach/", sent(("a.pdf", PDF), id=kept.record_id))
    assert count(folder) == 1


def test_what_a_crash_left_is_swept_up_after_a_day(
    folder: Flask, kept: Attachment
) -> None:
    known = on_disk(folder)
    place = known[0].parent
    names = ("f" * 32, "f" * 32 + ".thumbnail", ".new-x1", "plan.pdf")
    for name in (*names, "e" * 32):
        (place / name).write_bytes(b"half")
    for name in (*names, *(path.name for path in known)):
        os.utime(place / name, (time.time() - 90_000,) * 2)
    assert "3" in run(folder, "attachments", "verify").output
    left = {path.name for path in on_disk(folder)}
    assert left == {"plan.pdf", "e" * 32, *(path.name for path in known)}


def test_a_commit_whose_answer_is_lost_keeps_its_files(folder: Flask) -> None:
    with folder.app_context():
        file = accept("a.pdf", PDF, 40)
        lost = OperationalError("COMMIT", {}, RuntimeError("connection lost"))
        with pytest.raises(OperationalError), attachment.stored(uploads(), [file]):
            raise lost
        assert len(on_disk(folder)) == 1
        with pytest.raises(KeyError), attachment.stored(uploads(), [file]):
            raise KeyError
        assert len(on_disk(folder)) == 1


def test_an_office_without_files_verifies(folder: Flask, empty_app: NewApp) -> None:
    shutil.rmtree(folder.config["INSTANCE"] / "uploads", ignore_errors=True)
    assert run(folder, "attachments", "verify").exit_code == 0
    assert run(empty_app("bare"), "attachments", "verify").exit_code == 1


def test_a_new_record_brings_its_files(
    folder: Flask, visitor: Visitor, as_actor: AsActor
) -> None:
    form = {"channel": "visit", "content": CONTENT, "category": "repair"}
    page = visitor.get("/reception/new/").text
    assert 'enctype="multipart/form-data"' in page
    files = sent(("a.pdf", PDF), ("b.jpg", picture()), **form)
    answer = visitor.post("/reception/new/", files)
    assert answer.status_code == 302, answer.text
    key = int(answer.location.rpartition("=")[2])
    rows = attached(as_actor)
    assert [(row.slug, row.record_id) for row in rows] == [("reception", key)] * 2
    assert visitor.get("/reception/file/", id=key, file=rows[0].id).data == PDF


def test_a_new_record_whose_file_is_refused_is_not_saved(
    folder: Flask, visitor: Visitor, as_actor: AsActor
) -> None:
    form = {"channel": "visit", "content": CONTENT, "category": "repair"}
    for bad in (("b.svg", b"<svg/>"), ("c.pdf", b"")):
        files = sent(("a.pdf", PDF), bad, **form)
        answer = visitor.post("/reception/new/", files)
        assert answer.status_code == 400
        assert bad[0] in answer.text
        assert CONTENT in answer.text
    answer = visitor.post("/reception/new/", sent(("a.pdf", PDF), kind="", **form))
    assert "附件种类" in answer.text
    with as_actor() as session:
        assert session.scalars(select(record_type("reception"))).all() == []
    assert on_disk(folder) == []


def test_whoever_may_only_record_sends_the_paper_along(
    folder: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    visitor = client("receptionist")  # creates disclosures and changes none
    form = {"content": "派出所来函", "recipient": "派出所", "person_id": "王建国"}
    form["person_id-id"] = str(office.person)
    answer = visitor.post("/disclosure/new/", sent(("函.pdf", PDF), **form))
    assert answer.status_code == 302, answer.text
    key = int(answer.location.rpartition("=")[2])
    assert "函.pdf" in visitor.get("/disclosure/details/", id=key).text
    again = visitor.post("/disclosure/attach/", sent(("b.pdf", PDF), id=key))
    assert again.status_code == 403
    assert [row.name for row in attached(as_actor)] == ["函.pdf"]
