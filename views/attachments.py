"""The addresses of a record's files: attach, open, remove, reveal for a purpose."""

from __future__ import annotations

import base64
import logging

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response as Answer

from core import attachment, audit
from core.access import Denied, may_reveal
from core.attachment import FIELD, Attachment, Damaged
from core.db import db, writing
from core.filetypes import SUFFIXES, VIEWED
from core.pictures import NotKept
from core.record import Record, project_of
from core.words import _
from views.attached import is_veiled, marked, may_open, may_see, name_of
from views.attaching import may_attach, put_with, received, uploads
from views.context import actor, fetch
from views.details import details_page
from views.naming import named
from views.posted import posted_sentence
from views.shell import render

log = logging.getLogger("qiantai.attachments")

ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""A file is shown by itself: no script, no request, no part in any page."""


class FilesView:
    """What every record screen does with files; rights are those of the record."""

    record: type[Record]

    @expose("/attach/", methods=("POST",))
    def attach_view(self) -> Answer:
        """Put the sent files with the record, all of them or none."""
        key = self._changed().id
        try:
            with received(db.session()) as rows:
                if not rows:
                    abort(400, _("Please choose a file first."))
                with writing(db.session()):
                    put_with(db.session(), self._changed(), rows)
        except NotKept as why:
            abort(400, str(why))
        flash(_("Attached: {n}", n=len(rows)), "success")
        return self._back(key)

    @expose("/file/")
    def file_view(self) -> Response:
        """One file, or its thumbnail, unless it is masked."""
        record = fetch(self.record, request.args.get("id", ""))
        row = self._file(record, request.args.get("file", ""))
        if is_veiled(db.session(), actor(), record, row):
            raise Denied("reveal", self.record.slug)
        return _sent(row, thumbnail="thumb" in request.args)

    @expose("/detach/", methods=("POST",))
    def detach_view(self) -> Answer:
        """Remove a file from the record, with a reason; it is not destroyed."""
        key, reason = self._changed().id, posted_sentence("reason")
        if len(reason) < 2:
            abort(400, _("Please say why the file is removed."))
        session = db.session()
        with writing(session):
            row = self._file(self._changed(), request.form.get("file", ""))
            if row.voided_at is not None:
                abort(409, _("This file has been removed already."))
            attachment.detach(session, row, name_of(session, row), reason)
        flash(_("The file is removed."), "success")
        return self._back(key)

    def reveal_file(self, record: Record) -> Response | str:
        """A masked file, for a stated purpose, told in the record's history.

        A picture is shown on the record's page once, anything else by itself.
        """
        row = self._file(record, request.form.get("file", ""))
        if not may_reveal(actor(), self.record, FIELD, record):
            raise Denied("reveal", self.record.slug)
        purpose = posted_sentence("purpose")
        if len(purpose) < 2:
            abort(400, _("Please say what you need it for."))
        session, answer = db.session(), _sent(row)
        mark, pictured = marked(row), row.thumbnail
        entry = audit.Entry("reveal", record.slug, record.id, project_of(record))
        entry.note = f"{name_of(session, row)}: {purpose}"
        with writing(session):
            audit.note(session, entry)
        if not pictured:
            return answer
        body = base64.b64encode(answer.get_data()).decode()
        seen = (mark, f"data:{answer.mimetype};base64,{body}")
        record = fetch(self.record, entry.record_id or 0)
        return render("details.html", page=details_page(session, actor(), record, seen))

    def _changed(self) -> Record:
        """The record that files are added to or removed from."""
        record = fetch(self.record, request.form.get("id", ""))
        if not may_attach(actor(), record):
            raise Denied("update", self.record.slug)
        if record.voided_at is not None:
            abort(409, _("This record has been voided already."))
        return record

    def _file(self, record: Record, named: str) -> Attachment:
        """The record's file of that id, when the reader may see it."""
        for row in attachment.attached(db.session(), record):
            seen = may_see(actor(), record) and may_open(actor(), record, row)
            if str(row.id) == named and seen:
                return row
        raise Denied("read", self.record.slug, record.id)

    def _back(self, key: int) -> Answer:
        address = url_for(f"{self.record.slug}.details_view", id=key)
        return redirect(f"{address}#attachments")


def _sent(row: Attachment, *, thumbnail: bool = False) -> Response:
    """The file by itself; shown when a browser may, else to be saved."""
    if thumbnail and not row.thumbnail:
        abort(404)
    try:
        body = attachment.opened(uploads(), row, thumbnail=thumbnail)
    except Damaged as fault:
        log.error("attachment %s: %s", row.id, fault)
        abort(409, _("This file cannot be shown: {why}.", why=fault))
    answer = Response(body, mimetype="image/jpeg" if thumbnail else row.media)
    name = name_of(db.session(), row)
    if name != row.name:
        name = f"{name}-{row.id}{SUFFIXES[row.media]}"
    place = "inline" if thumbnail or row.media in VIEWED else "attachment"
    answer.headers["Content-Security-Policy"] = ALONE
    return named(answer, place, name)
