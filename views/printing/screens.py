"""The endpoint of print: pages are masked; plain values only for a stated purpose."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import abort, request, send_file, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from core import audit
from core.access import Denied, may, writable
from core.db import db, writing
from core.record import Record, project_of
from core.words import _
from views import asked as asking
from views.asked import Asked
from views.context import actor, fetch, project_id, titles
from views.limits import count_lookup
from views.lookup import by_number
from views.posted import posted_sentence
from views.printing import wanted as wanting
from views.printing.blank import blank_form
from views.printing.chosen import records, refuse, rows
from views.printing.folder import Binder
from views.printing.paper import (
    Form,
    Pen,
    form_of,
    head_of,
    liftable,
    lifted,
    number_of,
    on_paper,
)
from views.printing.pdf import press
from views.printing.register import NARROW, register
from views.printing.sheet import PrintPage, printed_by, templates
from views.printing.wanted import Wanted
from views.values import whole


class PrintScreens:
    """What ``RecordView`` prints."""

    record: type[Record]

    if TYPE_CHECKING:

        def shown(self) -> list[str]:
            """The columns of the list that this reader may read."""

    @expose("/print/", methods=("GET", "POST"))
    def print_view(self) -> str | Response:
        """One form or many, the empty form, or the list as a register."""
        cls, who = self.record, actor()
        if not may(who, "print", cls):
            raise Denied("print", cls.slug)
        wanted, pen = wanting.read(cls, request.values), Pen(db.session(), who)
        if request.method == "POST":
            return self._in_plain(replace(wanted, register=False))
        if wanted.blank:
            form = blank_form(pen, cls, wanted.book, project_id())
            return self._answer(wanted, [form])
        if wanted.register:
            return self._register(wanted, pen)
        forms = (form_of(pen, record, wanted.book) for record in self._records(pen))
        return self._answer(wanted, forms)

    @expose("/folder/")
    def folder_view(self) -> Response:
        """The record with all that belongs to it, as one PDF."""
        cls, drawn = self.record, press()
        if not may(actor(), "print", cls):
            raise Denied("print", cls.slug)
        record = fetch(cls, request.args.get("id", ""), "print")
        if drawn is None:
            abort(409, _no_pdf())
        body = Binder(Pen(db.session(), actor()), drawn).bound(record)
        return _sent(body, f"{titles(cls)}-{number_of(record)}")

    def _in_plain(self, wanted: Wanted) -> str | Response:
        """One form without its masks, for a stated purpose, in the history first."""
        cls, who = self.record, actor()
        record = fetch(cls, request.form.get("id", ""), "print")
        names = liftable(who, record, wanted.book)
        purpose = posted_sentence("purpose")
        if not names:
            raise Denied("reveal", cls.slug)
        if len(purpose) < 2:
            abort(400, _("Please say what you need it for."))
        session, key = db.session(), record.id
        with writing(session):
            for entry in _told(record, names, purpose):
                audit.note(session, entry)
        pen = Pen(session, who, frozenset(names))
        form = form_of(pen, fetch(cls, key, "print"), wanted.book)
        return self._answer(wanted, [form], purpose)

    def _records(self, pen: Pen) -> Iterator[Record]:
        """The records asked for by their ids, else those of the list."""
        cls, limit = self.record, whole(pen.session, "print.forms_limit", 200)
        if ids := request.args.getlist("id"):
            if len(ids) > limit:
                refuse(limit)
            return iter([fetch(cls, key, "print") for key in ids])
        found = rows(pen, cls, self._listed(pen), (), limit)
        return records(pen.session, cls, [row.id for row in found])

    def _register(self, wanted: Wanted, pen: Pen) -> str | Response:
        cls, limit = self.record, whole(pen.session, "print.rows_limit", 1000)
        names = writable(pen.actor, cls, self.shown(), "print")
        found = rows(pen, cls, self._listed(pen), names, limit)
        form = head_of(pen, cls, wanted.book, project_id())
        wanted = replace(wanted, paper="wide" if len(names) > NARROW else "a4")
        return self._answer(wanted, [register(pen, form, cls, names, found)])

    def _listed(self, pen: Pen) -> Asked:
        """The list that the query string asks for; numbers looked up are counted."""
        cls = self.record
        asked = asking.read(pen.session, pen.actor, cls, request.args)
        if asked.words and by_number(pen.actor, cls, asked.words):
            count_lookup(cls.slug)
        return asked

    def _answer(
        self, wanted: Wanted, forms: Iterable[Form], purpose: str = ""
    ) -> str | Response:
        """The page, or the same as PDF."""
        cls = self.record
        title, _code = on_paper(db.session(), cls, wanted.book)
        page = PrintPage(title, wanted, printed_by(purpose), templates(cls, wanted))
        forms = (replace(form, mark=m) for form in forms for m in wanted.marks)
        if wanted.pdf:
            return _pdf(page, forms)
        page.back_url = url_for(f"{cls.slug}.index_view")
        if key := request.values.get("id", ""):
            page.back_url = url_for(f"{cls.slug}.details_view", id=key)
        if press() is None:
            page.no_pdf = _no_pdf()
        elif request.method == "GET":
            asked = [*request.args.items(multi=True), ("format", "pdf")]
            page.pdf_url = f"{request.path}?{urlencode(asked)}"
        return page.markup(forms)


def _told(record: Record, names: list[str], purpose: str) -> Iterator[audit.Entry]:
    """The print in the history of the record, and of everybody it shows in plain."""
    project, shown = project_of(record), [lifted(record, name) for name in names]
    labels = _(", ").join(label for label, _named in shown)
    note = f"{labels}: {purpose}"
    yield audit.Entry("print", record.slug, record.id, project, note)
    for slug, key in sorted(set().union(*(named for _label, named in shown))):
        yield audit.Entry("print", slug, key, project, note)


def _no_pdf() -> str:
    return _("No PDF here: the library Pango is missing. The README says what to do.")


def _pdf(page: PrintPage, forms: Iterable[Form]) -> Response:
    drawn = press()
    if drawn is None:
        abort(409, _no_pdf())
    page.pdf = True
    return _sent(drawn.pdf(_sheets(page, forms)), page.title)


def _sheets(page: PrintPage, forms: Iterable[Form]) -> Iterator[str]:
    """Form by form: each is numbered for itself, and few are in memory together."""
    some = False
    for form in forms:
        some = True
        yield page.markup([form])
    if not some:
        yield page.markup([])


def _sent(body: bytes, name: str) -> Response:
    return send_file(io.BytesIO(body), "application/pdf", download_name=f"{name}.pdf")
