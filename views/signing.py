"""Signatures on a record's page and on paper, and their two addresses."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import privacy, signature
from core.access import Actor, can, readable
from core.attachment import attached
from core.db import db, writing
from core.record import Record, fields, record_type
from core.signature import FIELD, HEIGHT, LINES, WIDTH, Signature, Signed, Strokes
from core.words import _, say
from rules.guards import unscanned
from views.attached import is_veiled, may_see, name_of
from views.context import actor, fetch
from views.posted import posted_sentence
from views.values import label_of, person_label_masked, setting, time_tag, zone

MOST_STROKES, MOST_NUMBERS = 200, 20_000
FEWEST_NUMBERS = 12
"""A signature is more than a dot."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One signature as its reader sees it; ``since`` says what was changed after it."""

    id: int
    name: str
    signed_as: str
    at: dt.datetime
    when: Markup
    by: str
    drawing: Markup | str
    where: str
    file_url: str
    since: str
    reason: str


@dataclass(slots=True)
class Marks:
    """Everything ``signatures.html`` shows."""

    id: int
    standing: list[Mark] = field(default_factory=list)
    struck: list[Mark] = field(default_factory=list)
    sign_url: str = ""
    unsign_url: str = ""
    modes: list[str] = field(default_factory=list)
    scans: list[tuple[int, str]] = field(default_factory=list)


def marks(session: Session, who: Actor, record: Record) -> Marks | None:
    """The signatures of a record; None where there are none and none can be given."""
    if not readable(who, type(record), [FIELD], record):
        return None
    rows = signature.signatures(session, record)
    adding = record.voided_at is None and can(who, "update", record)
    if not rows and not adding:
        return None
    said = signature.content_of(session, record) if rows else {}
    drawn = [(row, _mark(session, who, record, row, said)) for row in rows]
    found = Marks(record.id)
    found.standing = [mark for row, mark in drawn if row.voided_at is None]
    found.struck = [mark for row, mark in drawn if row.voided_at is not None]
    if adding:
        found.sign_url = url_for(f"{record.slug}.sign_view")
        found.unsign_url = url_for(f"{record.slug}.unsign_view")
        found.modes = modes(session)
        found.scans = list(_scans(session, who, record))
    return found


def modes(session: Session) -> list[str]:
    """The ways to sign that the office allows."""
    return setting(session, "signature.mode", "paper,scan,drawn").split(",")


def _mark(
    session: Session, who: Actor, record: Record, row: Signature, said: dict[str, str]
) -> Mark:
    kind = person_label_masked(who, "person")
    since = [] if row.voided_at else signature.changed(row, said)
    url = ""
    if row.attachment_id:
        place = f"{record.slug}.file_view"
        url = url_for(place, id=record.id, file=row.attachment_id)
    return Mark(
        row.id,
        privacy.mask(row.name, kind) if kind else row.name,
        row.signed_as,
        row.signed_at,
        time_tag(row.signed_at, zone(session)),
        label_of(session, "staff", row.taken_by_id) if row.taken_by_id else "",
        "" if kind else ink(row.strokes),
        row.reference or "",
        url,
        _(", ").join(_label(type(record), name) for name in since),
        row.void_reason or "",
    )


def _label(cls: type[Record], name: str) -> str:
    """What a changed thing is called: a field, or lines of a kind."""
    if name.startswith(LINES):
        return say(record_type(name.removeprefix(LINES)).title)
    known = fields(cls).get(name)
    return say(known.label) if known else name


def _scans(session: Session, who: Actor, record: Record) -> Iterator[tuple[int, str]]:
    """The files of the record that may be the signed paper."""
    if not may_see(who, record):
        return
    for row in attached(session, record):
        if row.voided_at is None and not is_veiled(session, who, record, row):
            yield row.id, name_of(session, row)


def unattached(session: Session, record: Record) -> str | None:
    """Why a record cannot say that it was signed on a scan.

    What a step wrote down has its scan where the step was made.
    """
    if not type(record).manual:
        return None
    files = (row.kind for row in attached(session, record) if row.voided_at is None)
    return unscanned(getattr(record, "signature_form", None), set(files))


def ink(strokes: Strokes) -> Markup:
    """A drawn signature as a picture; nothing where none was drawn."""
    if not strokes:
        return Markup()
    path = "".join(_path(stroke) for stroke in strokes)
    return Markup(
        '<svg class="ink" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path d="{}" fill="none" stroke="currentColor" stroke-width="4"'
        ' stroke-linecap="round" stroke-linejoin="round"/></svg>'
    ).format(WIDTH, HEIGHT, _("Signature"), path)


def _path(stroke: list[int]) -> str:
    pairs = zip(stroke[::2], stroke[1::2], strict=True)
    points = [f"{x} {y}" for x, y in pairs]
    return f"M{points[0]}L{' '.join(points)}"


class SignView:
    """What every record screen does with signatures; rights are those to change it."""

    record: type[Record]

    @expose("/sign/", methods=("POST",))
    def sign_view(self) -> Response:
        """Keep a signature: drawn, on an attached scan, or on paper kept somewhere."""
        key = fetch(self.record, request.form.get("id", ""), "update").id
        session, strokes = db.session(), _drawn()
        name, signed_as = posted_sentence("name"), posted_sentence("signed_as")
        if not name or not signed_as:
            abort(400, _("Say who signed, and as what."))
        with writing(session):
            record = self._standing(key)
            scan = _scan(session, record)
            where = posted_sentence("reference")[:200]
            allowed = {"drawn": strokes, "scan": scan, "paper": where}
            if not any(allowed.get(mode) for mode in modes(session)):
                abort(400, _("Sign on the pad, name the paper, or choose its scan."))
            signed = Signed(name[:60], signed_as[:40], strokes, where, scan)
            signature.sign(session, record, signed)
        flash(_("Signed: {who}", who=signed_as), "success")
        return self._signed(key)

    @expose("/unsign/", methods=("POST",))
    def unsign_view(self) -> Response:
        """Strike a signature out, with a reason; it is not destroyed."""
        key, why = request.form.get("id", ""), posted_sentence("reason")
        if len(why) < 2:
            abort(400, _("Please say why the signature is struck out."))
        session = db.session()
        with writing(session):
            record = self._standing(key)
            rows = signature.signatures(session, record)
            named = request.form.get("signature", "")
            row = next((one for one in rows if str(one.id) == named), None)
            if row is None:
                abort(404)
            if row.voided_at is not None:
                abort(409, _("This signature has been struck out already."))
            signature.strike(session, row, why)
        flash(_("The signature is struck out."), "success")
        return self._signed(record.id)

    def _standing(self, key: str | int) -> Record:
        record = fetch(self.record, key, "update")
        if record.voided_at is not None:
            abort(409, _("This record has been voided already."))
        return record

    def _signed(self, key: int) -> Response:
        address = url_for(f"{self.record.slug}.details_view", id=key)
        return redirect(f"{address}#signatures")


def _scan(session: Session, record: Record) -> int | None:
    """The file of the record that was chosen as the signed paper."""
    chosen = request.form.get("scan", "")
    known = {str(key): key for key, _name in _scans(session, actor(), record)}
    if chosen and chosen not in known:
        abort(400, _("Choose one of the record's files."))
    return known.get(chosen)


def _drawn() -> Strokes:
    """The strokes that the pad sent; 400 when they are none that a hand makes."""
    sent = request.form.get("strokes", "")
    if not sent:
        return []
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        found = None
    if not _is_drawn(found):
        abort(400, _("The signature could not be read; draw it again."))
    strokes = [[_within(n, at) for at, n in enumerate(one)] for one in found]
    if sum(map(len, strokes)) < FEWEST_NUMBERS:
        abort(400, _("The signature could not be read; draw it again."))
    return strokes


def _is_drawn(found: Any) -> bool:
    """Whether it is a list of strokes of number pairs, within reason."""
    if not isinstance(found, list) or not 0 < len(found) <= MOST_STROKES:
        return False
    if not all(isinstance(one, list) and one and len(one) % 2 == 0 for one in found):
        return False
    numbers = [n for one in found for n in one]
    return len(numbers) <= MOST_NUMBERS and all(type(n) is int for n in numbers)


def _within(number: int, at: int) -> int:
    return max(0, min(number, HEIGHT if at % 2 else WIDTH))
