"""Files that stand with a record: sealed on disk, described by a row.

A file is flushed to disk under its made-up name before its row is committed, so that
no row ever lacks its file; a crash may leave a file without a row, and ``sweep`` takes
it away. Each file is sealed with a key of its own, and only that key, sealed in the
row, is sealed anew when the office's key rotates.

Whoever reads a record reads what stands with it: callers load the record within the
actor's scope first. ``attached`` lists, ``opened`` gives the bytes.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import BigInteger, Index, String, Text, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import audit, privacy
from core.access import actor_of
from core.audit import Entry
from core.base import Base, BigId
from core.chain import Change, ChangeValue
from core.columns import UtcDateTime
from core.db import now
from core.filetypes import Accepted
from core.keyfiles import settle
from core.record import Record, project_of
from core.words import _

FIELD = "attachments"
"""What a right calls the files of a record where it is limited to fields."""
OF_FILES = ATTACHED, REMOVED, DESTROYED = "attach", "detach", "destroy"
_OURS = re.compile(r"\.new-\w+|([0-9a-f]{32})(\.thumbnail)?")


class Damaged(RuntimeError):
    """A file is not there, or not as it was attached; the sentence says which."""


class Attachment(Base):
    """One file of one record; a removed one keeps its row, its reason and its bytes.

    Of a destroyed one the row alone is left: without its key nobody reads the bytes,
    wherever copies of them lie.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    media: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    thumbnail: Mapped[bool]
    sha256: Mapped[str] = mapped_column(String(64))
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    key_sealed: Mapped[str] = mapped_column(Text, info={"secret": "key"})
    added_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[int | None] = mapped_column(BigInteger)
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str | None] = mapped_column(Text)
    destroyed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_attachment_record", "slug", "record_id"),
        Index("ix_attachment_project", "project_id", "size"),
    )


@contextmanager
def stored(folder: Path, files: Iterable[Accepted]) -> Iterator[list[Attachment]]:
    """Rows for files that are on disk by now; the caller saves the rows.

    Unless that succeeds, the files are taken away again.
    """
    rows: list[Attachment] = []
    try:
        for file in files:
            rows.append(_row(file))
            _store(folder, rows[-1], file)
        yield rows
    except DBAPIError:  # a commit may stand although its answer was lost: see sweep
        raise
    except BaseException:
        for row in rows:
            unlink(folder, row)
        raise


def _row(file: Accepted) -> Attachment:
    row = Attachment(name=file.name, media=file.media, size=len(file.body))
    row.thumbnail = bool(file.thumbnail)
    row.sha256 = hashlib.sha256(file.body).hexdigest()
    row.row_key = secrets.token_hex(16)
    key = base64.b64encode(AESGCM.generate_key(256)).decode()
    row.key_sealed = privacy.seal(key, _bound(row))
    return row


def _bound(row: Attachment) -> str:
    return f"{Attachment.__tablename__}.key.{row.row_key}"


def _names(row: Attachment) -> tuple[str, str]:
    """Under which names the file and its thumbnail stand on disk."""
    return row.row_key, f"{row.row_key}.thumbnail"


def _cipher(row: Attachment) -> AESGCM:
    return AESGCM(base64.b64decode(privacy.unseal(row.key_sealed, _bound(row))))


def _store(folder: Path, row: Attachment, file: Accepted) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settle(folder.parent)
    cipher = _cipher(row)
    for name, plain in zip(_names(row), (file.body, file.thumbnail), strict=True):
        if plain:
            nonce = os.urandom(12)
            _write(folder / name, nonce + cipher.encrypt(nonce, plain, name.encode()))
    settle(folder)


def _write(path: Path, sealed: bytes) -> None:
    """All of it on disk under this name, or nothing."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def attach(session: Session, record: Record, row: Attachment, words: str) -> None:
    """Put a stored file with its record, told in the record's history as ``words``."""
    row.slug, row.record_id, row.project_id = record.slug, record.id, project_of(record)
    row.added_at, row.added_by_id = now(), actor_of(session).staff_id
    session.add(row)
    entry = Entry(ATTACHED, row.slug, row.record_id, row.project_id, words)
    entry.plain = {"attachment": [None, row.row_key], "sha256": [None, row.sha256]}
    audit.note(session, entry)


def detach(session: Session, row: Attachment, words: str, why: str) -> None:
    """Remove a file from its record; its bytes stay, and the history says why."""
    row.voided_at, row.void_reason = now(), why
    note = f"{words}: {why}"
    audit.note(session, Entry(REMOVED, row.slug, row.record_id, row.project_id, note))


def destroy(session: Session, row: Attachment, words: str, why: str) -> None:
    """Give up the key of a file for good; ``unlink`` takes the bytes afterwards."""
    row.destroyed_at = now()
    row.voided_at = row.voided_at or row.destroyed_at
    row.void_reason = row.void_reason or why
    row.key_sealed, row.thumbnail = privacy.ERASED, False
    note = f"{words}: {why}"
    audit.note(session, Entry(DESTROYED, row.slug, row.record_id, row.project_id, note))


def unlink(folder: Path, row: Attachment) -> None:
    """Take the bytes of a destroyed file off the disk; ``sweep`` does after a crash."""
    for name in _names(row):
        (folder / name).unlink(missing_ok=True)


def attached(session: Session, record: Record) -> list[Attachment]:
    """The files of a record that the actor may read, removed ones too, oldest first."""
    query = select(Attachment).where(
        Attachment.slug == record.slug, Attachment.record_id == record.id
    )
    return list(session.scalars(query.order_by(Attachment.id)))


def weight(session: Session, project: int | None) -> int:
    """How many bytes a project's files have together."""
    size = func.coalesce(func.sum(Attachment.size), 0)
    query = select(size).where(
        Attachment.project_id.is_not_distinct_from(project),
        Attachment.destroyed_at.is_(None),
    )
    return int(session.execute(query).scalar_one())


def opened(folder: Path, row: Attachment, *, thumbnail: bool = False) -> bytes:
    """The bytes of a file, or of its thumbnail, as they were attached; else Damaged."""
    name = _names(row)[thumbnail]
    try:
        sealed = (folder / name).read_bytes()
        plain = _cipher(row).decrypt(sealed[:12], sealed[12:], name.encode())
    except FileNotFoundError as error:
        raise Damaged(_("the file is missing")) from error
    except (InvalidTag, ValueError) as error:
        raise Damaged(_("the file was altered")) from error
    if not thumbnail and hashlib.sha256(plain).hexdigest() != row.sha256:
        raise Damaged(_("the file was altered"))
    return plain


def flaws(session: Session, folder: Path) -> Iterator[tuple[str, int | None, str]]:
    """Record type, id and fault of every file that is not as the history tells."""
    told = dict(_told(session))
    for row in session.scalars(select(Attachment).execution_options(yield_per=100)):
        fact = (row.slug, row.record_id, row.sha256)
        if told.pop(row.row_key, None) != fact:
            yield row.slug, row.record_id, _("the file is not the one in the history")
            continue
        if row.destroyed_at is not None:
            continue
        try:
            opened(folder, row)
        except Damaged as fault:
            yield row.slug, row.record_id, str(fault)
    for slug, record_id, _digest in told.values():
        yield slug, record_id, _("the file is in the history only")


def _told(session: Session) -> Iterator[tuple[str, tuple[str, int | None, str]]]:
    """What the history says of each file: of which record it is, and its digest."""
    query = (
        select(Change.slug, Change.record_id, ChangeValue.plain)
        .join(ChangeValue, ChangeValue.change_id == Change.id)
        .where(Change.action == ATTACHED)
    )
    for slug, record_id, plain in session.execute(query):
        values = json.loads(plain or "")
        yield values["attachment"][1], (slug, record_id, values["sha256"][1])


def sweep(session: Session, folder: Path, before: dt.datetime) -> int:
    """Take away files older than ``before`` that no row needs; how many there were."""
    kept = select(Attachment.row_key).where(Attachment.destroyed_at.is_(None))
    known, swept = set(session.scalars(kept)), 0
    for path in folder.iterdir() if folder.exists() else ():
        ours = _OURS.fullmatch(path.name)
        if ours is None or ours[1] in known:
            continue
        if path.stat().st_mtime < before.timestamp():
            path.unlink()
            swept += 1
    return swept
