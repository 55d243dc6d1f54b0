"""Files on their way in: read within the limits, checked, stored, put with a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import attachment
from core.access import Actor, can, writable
from core.attachment import FIELD, Attachment
from core.columns import Field
from core.filetypes import Accepted, accept, tidy
from core.numbering import take
from core.pictures import NotKept
from core.policy import remembered
from core.record import Record, fields, project_of
from core.words import _
from models import ChoiceLabel
from views.values import (
    choices,
    setting,
    whole,
)

KIND = Field("word", ("种类", "Kind"), dictionary="attachment_kind")
PAPERS = "paper_kind"
"""The list whose words stand for kinds of attachments."""
MEGA = 1 << 20


def uploads() -> Path:
    """Where the office's files stand."""
    place: Path = current_app.config["INSTANCE"] / "uploads"
    return place


def may_attach(actor: Actor, record: Record, action: str = "update") -> bool:
    """Whether the actor may add files to this record, and remove them."""
    allowed = can(actor, action, record)
    return allowed and bool(writable(actor, type(record), [FIELD], action, record))


def kinds(session: Session) -> dict[str, str]:
    """Every kind of attachment by its code."""
    return choices(session, KIND)


def personal_kinds(session: Session) -> frozenset[str]:
    """The kinds that are masked like personal data."""
    listed = setting(session, "attachments.personal_kinds", "")
    return frozenset(code.strip() for code in listed.split(","))


def usual_kind(session: Session, record: Record) -> str:
    """The kind that the paper named on the record stands for; nothing without one."""
    known = remembered(session, "papers", partial(_papers, session))
    for name, declared in fields(type(record)).items():
        if declared.dictionary == PAPERS:
            return known.get(getattr(record, name), "")
    return ""


def _papers(session: Session) -> dict[str, str]:
    t = ChoiceLabel.__table__
    query = select(t.c.code, t.c.maps_to).where(t.c["list"] == PAPERS)
    query = query.where(t.c.maps_to.is_not(None))
    return dict(session.connection().execute(query).all())


def received(session: Session) -> AbstractContextManager[list[Attachment]]:
    """The files sent with this request, on disk already; rows for whoever saves them.

    Raises NotKept with the reason for the first one that cannot be kept.
    """
    return attachment.stored(uploads(), _checked(session))


def _checked(session: Session) -> Iterator[Accepted]:
    for sent in request.files.getlist("files"):
        if not sent.filename:  # nothing was chosen
            continue
        most = whole(session, "attachments.file_mb", 20)
        pixels = whole(session, "attachments.megapixels", 40)
        body = sent.stream.read(most * MEGA + 1)
        try:
            if len(body) > most * MEGA:
                raise NotKept(_("The file has more than {n} MB.", n=most))
            yield accept(sent.filename, body, pixels)
        except NotKept as why:
            name = tidy(sent.filename)
            raise NotKept(_("{file}: {why}", file=name, why=why)) from why


def put_with(session: Session, record: Record, rows: Sequence[Attachment]) -> None:
    """Save rows of stored files with their record, within its and its project's limits.

    Raises NotKept beyond them. The caller has asked for the rights.
    """
    if not rows:
        return
    kind = request.form.get("kind") or usual_kind(session, record)
    if kind not in kinds(session):
        raise NotKept(_("Please say what kind of file it is."))
    standing = [f for f in attachment.attached(session, record) if not f.voided_at]
    most = whole(session, "attachments.per_record", 50)
    if len(standing) + len(rows) > most:
        raise NotKept(_("A record holds at most {n} files.", n=most))
    _weigh(session, project_of(record), sum(row.size for row in rows))
    for row in rows:
        row.kind = kind
        if kind in personal_kinds(session):
            row.name = ""  # it often says whose paper it is
        words = row.name or kinds(session)[kind]
        attachment.attach(session, record, row, words)


def _weigh(session: Session, project: int | None, more: int) -> None:
    take(session, f"attachments:{project}")  # or two at a time would slip past
    most = whole(session, "attachments.project_gb", 50)
    if attachment.weight(session, project) + more > most << 30:
        raise NotKept(_("The files of this project have reached {n} GB.", n=most))
