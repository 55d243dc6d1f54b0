"""What a list gives and takes as a file: the screens of export and import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from core.access import Denied, may
from core.db import db
from core.words import _
from views import asked as asking
from views.asked import Asked
from views.context import actor
from views.export import TYPES, Listing, export_columns, response
from views.importing.screen import Answer, Import
from views.importing.targets import right_to_import
from views.pages import asked_words
from views.workbook import TooMany


class Exchange(Import):
    """The endpoints of ``RecordView`` that hand out and take in files."""

    shown: Callable[[], list[str]]

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Response:
        """The list as a file, with the columns it shows or all that may be read."""
        if export_type not in TYPES:
            abort(404)
        if not may(actor(), "export", self.record):
            raise Denied("export", self.record.slug)
        session, who, cls = db.session(), actor(), self.record
        asked, names = asking.read(session, who, cls, request.args), self._names()
        told = asked_words(session, who, cls, asked)
        try:
            return response(Listing(who, cls, asked, names, told=told), export_type)
        except TooMany as why:
            abort(400, str(why))

    def _names(self) -> list[str]:
        names = export_columns(actor(), self.record)
        if request.args.get("columns") != "shown":
            return names
        return [name for name in self.shown() if name in names]

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> Answer:
        """Records from a workbook or CSV file, step by step."""
        return self.take()

    @expose("/import/<what>.xlsx")
    def import_file(self, what: str) -> Response:
        """The workbook to fill in, or the one with the problems marked."""
        return self.hand_out(what)

    def import_url(self) -> str:
        """Where records of this type are imported, for whoever may."""
        may_import = right_to_import(actor(), self.record)
        return url_for(f"{self.record.slug}.import_view") if may_import else ""

    def exports(self, asked: Asked) -> list[tuple[str, str]]:
        """The files that this reader may take of a list: words and address."""
        slug = self.record.slug
        if not may(actor(), "export", self.record):
            return []
        link = asked.link(after=None, before=None)

        def address(kind: str, **more: Any) -> str:
            extra = "".join(f"&{name}={value}" for name, value in more.items())
            return url_for(f"{slug}.export", export_type=kind) + link + extra

        return [
            (_("Excel, the columns shown"), address("xlsx", columns="shown")),
            (_("Excel, all columns"), address("xlsx")),
            (_("CSV, the columns shown"), address("csv", columns="shown")),
            (_("CSV, all columns"), address("csv")),
        ]
