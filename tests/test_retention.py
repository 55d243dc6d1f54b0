"""Files go when their time is over: listed, by somebody's act, for good."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import attachment, privacy, schema
from core.attachment import Attachment, Damaged
from core.chain import Change
from core.db import db, now
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.papers import PDF, on_disk, picture
from tests.test_attachments import attach, attached, planted
from views.attaching import uploads

LONG_AGO = dt.datetime(2019, 2, 28, 4, tzinfo=dt.UTC)


@pytest.fixture
def files(
    folder: Flask, client: Client, as_actor: AsActor, office: Office
) -> list[int]:
    """A photograph that is due, an identity copy that is, and two that are not."""
    past, future = dt.date(2020, 1, 1), dt.date(2090, 1, 1)
    repairs = [
        planted(as_actor, "repair", office.home, closed_at=LONG_AGO),
        planted(as_actor, "repair", office.home),
    ]
    copies = [
        planted(as_actor, "document_copy", office.home, keep_until=day)
        for day in (past, future)
    ]
    desk = client("receptionist")
    for key in repairs:
        attach(desk, "repair", key, ("漏水.jpg", picture()), kind="photo")
    for key in copies:
        attach(desk, "document_copy", key, ("王.pdf", PDF), kind="identity_copy")
    return [row.id for row in attached(as_actor)]


@pytest.mark.clause("S1-109", "S3-47")
def test_only_what_is_due_is_offered_and_only_to_whoever_may_void(
    client: Client, files: list[int]
) -> None:
    page = client("supervisor").get("/retention/").text
    offered = [f'value="{key}"' in page for key in files]
    assert offered == [True, False, True, False]
    assert "王.pdf" not in page
    assert "/retention/" in client("supervisor").get("/repair/").text
    for job in ("receptionist", "guard", "auditor"):
        assert client(job).get("/retention/").status_code == 403
        assert "/retention/" not in client(job).get("/").text


def test_nothing_goes_without_a_reason_a_yes_and_its_time(
    client: Client, files: list[int], as_actor: AsActor
) -> None:
    given = {"file": files[0], "reason": "保存期满", "sure": "1"}
    visitor = client("supervisor")
    for lacking in given:
        rest = {name: value for name, value in given.items() if name != lacking}
        assert visitor.post("/retention/destroy", rest).status_code == 400
    assert (
        visitor.post("/retention/destroy", {**given, "reason": "x"}).status_code == 400
    )
    for key in (files[1], 999):
        both = {**given, "file": [files[0], key]}
        assert visitor.post("/retention/destroy", both).status_code in (403, 404)
    assert client("receptionist").post("/retention/destroy", given).status_code == 403
    assert client("outsider").post("/retention/destroy", given).status_code in (
        403,
        404,
    )
    assert not any(row.destroyed_at for row in attached(as_actor))


def test_a_destroyed_file_is_gone_for_good_and_known_to_have_been(
    client: Client, files: list[int], as_actor: AsActor, folder: Flask
) -> None:
    visitor, before = client("supervisor"), len(on_disk(folder))
    given = {"file": [files[0], files[2]], "reason": "保存期满，已核对", "sure": "1"}
    assert visitor.post("/retention/destroy", given).status_code == 302
    assert len(on_disk(folder)) == before - 3, "two files and a thumbnail"
    photo, other, copy, _later = attached(as_actor)
    assert photo.key_sealed == copy.key_sealed == privacy.ERASED
    assert not other.destroyed_at
    with folder.app_context(), pytest.raises(Damaged):
        attachment.opened(uploads(), photo)
    page = visitor.get("/repair/details/", id=photo.record_id).text
    assert "保存期满，已核对" in page
    opened = visitor.get("/repair/file/", id=photo.record_id, file=photo.id)
    assert opened.status_code == 404
    assert "value=" not in visitor.get("/retention/").text.partition('name="file"')[2]
    with as_actor() as session:
        entries = session.scalars(
            select(Change).where(Change.action == "destroy")
        ).all()
        assert {(one.slug, one.record_id) for one in entries} == {
            ("repair", photo.record_id),
            ("document_copy", copy.record_id),
        }
        assert all("保存期满" in one.note for one in entries)
        with schema.snapshot(db.engine) as connection:
            assert list(attachment.flaws(Session(connection), uploads())) == []
        left = select(Attachment.size).where(Attachment.destroyed_at.is_(None))
        standing = sum(session.scalars(left))
        assert attachment.weight(session, photo.project_id) == standing
        (uploads() / photo.row_key).write_bytes(b"left by a crash")
        assert attachment.sweep(session, uploads(), now() + dt.timedelta(days=1)) == 1
