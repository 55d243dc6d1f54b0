"""The files of a record as its page shows them, and who may open which."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import attachment
from core.access import Actor, can, may_reveal, readable, shown_plain
from core.attachment import FIELD, Attachment
from core.filetypes import CHOSEN, SUFFIXES, VIEWED
from core.record import Case, Log, Record
from core.words import _
from models import Occupancy
from views.attaching import kinds, may_attach, personal_kinds, usual_kind
from views.values import (
    labels_of,
    setting,
    time_tag,
    whole,
    zone,
)

Option = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Shown:
    """One file: ``url`` is empty when it may not be opened, or only after a purpose."""

    id: int
    name: str
    kind: str
    mark: str
    size: str
    added: Markup
    by: str
    url: str
    thumbnail_url: str
    viewed: bool
    pictured: bool
    veiled: bool
    review: str
    reason: str
    destroyed: Markup
    picture: str


@dataclass(frozen=True, slots=True)
class Intake:
    """What a form says that takes files."""

    kinds: list[Option]
    limit: str
    chosen: str = CHOSEN


@dataclass(frozen=True, slots=True)
class Files:
    """Everything ``files.html`` shows."""

    id: int
    standing: list[Shown]
    removed: list[Shown]
    attach_url: str
    detach_url: str
    reveal_url: str
    may_reveal: bool
    intake: Intake


def files(
    session: Session,
    actor: Actor,
    record: Record,
    revealed: tuple[str, str] | None = None,
) -> Files | None:
    """The files of a record; None where there is nothing to see and nothing to do.

    ``revealed`` is the mark of one masked picture, and the picture itself.
    """
    if not may_see(actor, record):
        return None
    slug, rows = record.slug, attachment.attached(session, record)
    adding = record.voided_at is None and may_attach(actor, record)
    if not rows and not adding:
        return None
    mark, picture = revealed or ("", "")
    masked = personal_kinds(session)
    review = {
        flag: _review_words(session, record, flag)
        for flag in {row.kind in masked for row in rows}
    }
    shown = []
    for row in rows:
        seen = picture if mark == marked(row) else ""
        said = (review[row.kind in masked], seen)
        shown.append(_shown(session, actor, record, row, said))
    return Files(
        id=record.id,
        standing=[one for one in shown if not one.reason],
        removed=[one for one in shown if one.reason],
        attach_url=url_for(f"{slug}.attach_view") if adding else "",
        detach_url=url_for(f"{slug}.detach_view") if adding else "",
        reveal_url=url_for(f"{slug}.reveal_view"),
        may_reveal=may_reveal(actor, type(record), FIELD, record),
        intake=intake(session, usual_kind(session, record)),
    )


def may_see(actor: Actor, record: Record) -> bool:
    """Whether whoever reads this record reads what is attached to it, too."""
    return bool(readable(actor, type(record), [FIELD], record))


def is_veiled(session: Session, actor: Actor, record: Record, row: Attachment) -> bool:
    """Whether the file is personal data that this reader must ask for."""
    plain = shown_plain(actor, type(record), FIELD, record)
    return row.kind in personal_kinds(session) and not plain


def may_open(actor: Actor, record: Record, row: Attachment) -> bool:
    """Whether a removed file may still be looked at: by whoever may void its record."""
    if row.destroyed_at is not None:
        return False
    return row.voided_at is None or can(actor, "void", record)


def intake(session: Session, usual: str = "") -> Intake:
    """The kinds to choose from, the usual one chosen, and what may be attached."""
    most = setting(session, "attachments.file_mb", "20")
    limit = _("Pictures, PDF, docx, xlsx, pptx; up to {n} MB each.", n=most)
    known = kinds(session).items()
    return Intake([(code, words, code == usual) for code, words in known], limit)


def name_of(session: Session, row: Attachment) -> str:
    """What a file is called: its own name, of a personal one only its kind."""
    kind = kinds(session).get(row.kind, row.kind)
    return kind if row.kind in personal_kinds(session) else row.name or kind


def marked(row: Attachment) -> str:
    """By what a revealed file is told from a revealed field."""
    return f"{FIELD}.{row.id}"


def _shown(
    session: Session,
    actor: Actor,
    record: Record,
    row: Attachment,
    said: tuple[str, str],
) -> Shown:
    veiled = is_veiled(session, actor, record, row)
    address = url_for(f"{record.slug}.file_view", id=record.id, file=row.id)
    url = address if may_open(actor, record, row) and not veiled else ""
    by = labels_of(session, "staff", [row.added_by_id] if row.added_by_id else [])
    return Shown(
        id=row.id,
        name=name_of(session, row),
        kind=kinds(session).get(row.kind, row.kind),
        mark=SUFFIXES[row.media].removeprefix(".").upper(),
        size=size_words(row.size),
        added=time_tag(row.added_at, zone(session)),
        by=next(iter(by.values()), ""),
        url=url,
        thumbnail_url=f"{url}&thumb=1" if url and row.thumbnail else "",
        viewed=row.media in VIEWED,
        pictured=row.thumbnail,
        veiled=veiled and may_open(actor, record, row),
        review=said[0],
        reason=row.void_reason or "",
        destroyed=time_tag(row.destroyed_at, zone(session)),
        picture=said[1],
    )


def size_words(size: int) -> str:
    """How large a file is."""
    kilo = max(1, round(size / 1024))
    return f"{kilo} KB" if kilo < 1000 else f"{size / (1 << 20):.1f} MB"


def _review_words(session: Session, record: Record, personal: bool) -> str:
    day = review_day(session, record, personal=personal)
    return _("kept until {day} at least, then reviewed", day=day) if day else ""


def review_day(session: Session, record: Record, *, personal: bool) -> dt.date | None:
    """The earliest day on which it may be asked whether the file is still needed.

    None while what the file belongs to has not ended.
    """
    fixed: dt.date | None = getattr(record, "keep_until", None)
    if fixed:
        return fixed
    code = "identity_copy_years" if personal else "case_years"
    ended = _household_ended(session, record) if personal else _ended(session, record)
    years = whole(session, f"retention.{code}", 5)
    return _years_on(ended, years) if ended else None


def _ended(session: Session, record: Record) -> dt.date | None:
    moment = record.closed_at if isinstance(record, Case) else None
    moment = record.created_at if isinstance(record, Log) else moment
    return moment.astimezone(zone(session)).date() if moment else None


def _household_ended(session: Session, record: Record) -> dt.date | None:
    """When the person's last ownership or tenancy ended; None while one lasts."""
    column = "id" if record.slug == "person" else "person_id"
    query = select(Occupancy.until).where(
        Occupancy.person_id == getattr(record, column, None),
        Occupancy.voided_at.is_(None),
    )
    ends = list(session.scalars(query))
    return max((day for day in ends if day), default=None) if all(ends) else None


def _years_on(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, month=3, day=1)
