"""The one generated screen: Flask-Admin's routes, hardened, over any record type.

Flask-Admin leaves holes (``session.get`` by id, unscoped look-ups, inline edit and
actions that ignore rights), so every endpoint is overridden here and asks first.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, make_response, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import Form

from core import audit
from core.access import Denied, can, may, may_reveal, readable
from core.columns import Field
from core.db import db, now, writing
from core.pictures import NotKept
from core.record import (
    Case,
    Record,
    fields,
    form_fields,
    project_of,
    record_type,
)
from core.record import (
    parts as part_types,
)
from core.words import _, say
from models import Person
from views import asked as asking
from views.asked import Asked
from views.attaching import received
from views.attachments import FilesView
from views.bare import BareView
from views.beside import FROM, begun_beside
from views.clash import stale_page
from views.context import actor, by_hand, called, fetch, fillable, titles
from views.details import details_page
from views.exchange import Exchange
from views.fields import RecordForm, dress, make
from views.limits import count_lookup
from views.listing import Found, page
from views.lookup import by_number, matches, people_of
from views.moving import editable
from views.pages import FormPage, ListPage, filters_of, heads_of, total_words
from views.parts import PartForms, part_forms
from views.posted import posted_sentence, posted_version
from views.printing.menu import list_menu
from views.printing.screens import PrintScreens
from views.rows import draw_rows, list_columns
from views.saving import Refused, Stale, create, may_void, update, void
from views.shell import render
from views.signing import SignView
from views.steps import Steps
from views.targets import targets
from views.told import record_history
from views.typed import warn
from views.values import number, this_day, whole

Answer = str | Response | tuple[str, int]


class RecordView(Exchange, PrintScreens, Steps, SignView, FilesView, BareView):
    """List, form, page, voiding, export and history of one record type."""

    can_view_details = True
    column_default_sort = "id"
    create_template = edit_template = "form.html"

    def __init__(self, cls: type[Record]) -> None:
        self.record: type[Record] = cls
        super().__init__(
            cls, db, name=cls.title[0], endpoint=cls.slug, url=f"/{cls.slug}"
        )

    def scaffold_form(self) -> type[Form]:
        """One WTForms field for each declared field."""
        made = {
            name: make(self.record, name, declared, self.record.slug)
            for name, declared in form_fields(self.record).items()
        }
        return type(f"{self.record.__name__}Form", (RecordForm,), made)

    def is_accessible(self) -> bool:
        """Whether the reader may open this screen at all."""
        return may(actor(), "read", self.record)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        """403 for a screen."""
        raise Denied("read", self.record.slug)

    # The endpoints.

    @expose("/")
    def index_view(self) -> Answer:
        """The list: search, filters, order, keyset pages."""
        session, who, cls = db.session(), actor(), self.record
        asked = asking.read(session, who, cls, request.args)
        names = self.shown()
        found = page(session, who, cls, asked, names)
        if asked.words and by_number(who, cls, asked.words):
            count_lookup(cls.slug)
        return render("list.html", page=self._list_page(asked, names, found))

    def shown(self) -> list[str]:
        """The columns of the list that this reader may read."""
        names = self.record.show or tuple(form_fields(self.record))[:6]
        known = fields(self.record)
        names = tuple(name for name in names if name in known)
        own = form_fields(self.record)
        return (
            readable(actor(), self.record, names)
            or readable(actor(), self.record, own)[:6]
        )

    def _list_page(self, asked: Asked, names: list[str], found: Found) -> ListPage:
        session, who, cls = db.session(), actor(), self.record
        columns = list_columns(session, who, cls, names)
        address = url_for(f"{cls.slug}.details_view") + "?id="
        filters, controls = filters_of(session, who, cls, asked)
        return ListPage(
            title=say(asked.book.title) if asked.book else titles(cls),
            about=say(cls.about),
            books=[
                (
                    titles(cls),
                    asked.link(book=None, after=None, before=None),
                    asked.book is None,
                )
            ]
            + [
                (
                    say(b.title),
                    asked.link(book=b, after=None, before=None),
                    b is asked.book,
                )
                for b in cls.books
            ]
            if cls.books
            else [],
            heads=heads_of(asked, columns, asking.sortable(who, cls)),
            rows=draw_rows(columns, found.rows, address),
            total=total_words(found),
            next_url=asked.link(after=found.more_after, before=None)
            if found.more_after
            else "",
            prev_url=asked.link(before=found.more_before, after=None)
            if found.more_before
            else "",
            search=asked.words,
            searchable=bool(cls.search) or issubclass(cls, Case),
            filters=filters,
            controls=controls,
            asked=asked,
            new_url=url_for(f"{cls.slug}.create_view")
            if self.writable("create")
            else "",
            exports=self.exports(asked),
            import_url=self.import_url(),
            printing=list_menu(who, cls, asked),
        )

    def writable(self, action: str) -> bool:
        """Whether the reader may create (or change) records of this type by hand."""
        return by_hand(self.record, action) and may(actor(), action, self.record)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Answer:
        """The empty form, and saving it."""
        if not self.writable("create"):
            raise Denied("create", self.record.slug)
        form, parts = self._form(None), part_forms(actor(), self.record, None)
        errors: list[str] = []
        if request.method == "POST" and _valid(form, parts):
            try:
                with received(db.session()) as files:
                    made = create(actor(), self.record, form, parts, files)
            except (Refused, NotKept) as why:
                errors.append(str(why))
            else:
                return redirect(self._saved(made, form, parts))
        return self._form_answer(form, parts, None, errors)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Answer:
        """The filled form; saving compares versions first."""
        record = fetch(self.record, request.args.get("id", ""), "read")
        if not self.writable("update"):
            raise Denied("update", self.record.slug)
        if not can(actor(), "update", record):
            record = fetch(self.record, record.id, "update")
        if record.voided_at is not None:
            abort(409, _("This record has been voided already."))
        form, parts = self._form(record), part_forms(actor(), self.record, record)
        errors: list[str] = []
        if request.method == "POST" and posted_version() != record.version:
            return self._stale_answer(form, parts, record)
        if request.method == "POST" and _valid(form, parts):
            try:
                update(actor(), record, posted_version(), form, parts)
            except Refused as why:
                errors.append(str(why))
            except Stale as stale:
                return self._stale_answer(form, parts, stale.record)
            else:
                return redirect(self._saved(record, form, parts))
        return self._form_answer(form, parts, record, errors)

    @expose("/details/")
    def details_view(self) -> Answer:
        """The record page."""
        record = fetch(self.record, request.args.get("id", ""))
        return render("details.html", page=details_page(db.session(), actor(), record))

    @expose("/history/")
    def history_view(self) -> Answer:
        """Every entry of the record's history."""
        record = fetch(self.record, request.args.get("id", ""))
        entries = record_history(db.session(), actor(), record)
        back = url_for(f"{self.record.slug}.details_view", id=record.id)
        title = _("History of {what}", what=self._called(record))
        return render(
            "history.html", page={"title": title, "entries": entries, "back_url": back}
        )

    @expose("/reveal/", methods=("POST",))
    def reveal_view(self) -> Answer:
        """One masked value in plain, for a stated purpose, on the record."""
        record = fetch(self.record, request.form.get("id", ""))
        if "file" in request.form:
            return self.reveal_file(record)
        name, purpose = request.form.get("field", ""), posted_sentence("purpose")
        declared = fields(self.record).get(name)
        allowed = declared is not None and declared.personal
        if not allowed or not readable(actor(), self.record, [name], record):
            raise Denied("reveal", self.record.slug, record.id)
        if not may_reveal(actor(), self.record, name, record):
            raise Denied("reveal", self.record.slug)
        if len(purpose) < 2:
            abort(400, _("Please say what you need it for."))
        session, key = db.session(), record.id
        with writing(session):
            entry = audit.Entry("reveal", self.record.slug, key, project_of(record))
            entry.note = f"{say(declared.label) if declared else name}: {purpose}"
            audit.note(session, entry)
        record = fetch(self.record, key)
        seen = (name, str(getattr(record, name) or ""))
        page = details_page(session, actor(), record, seen)
        back = url_for(f"{self.record.slug}.details_view", id=key)
        seconds = 60 * whole(session, "reveal.purpose_minutes", 15)
        refresh = {"Refresh": f"{seconds}; url={back}"}  # the mask comes back
        return make_response(render("details.html", page=page), refresh)

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> Answer:
        """Nothing is deleted: the record is voided, with a reason."""
        record = fetch(self.record, request.form.get("id", ""))
        if not by_hand(self.record, "void"):
            raise Denied("void", self.record.slug)
        if not may_void(db.session(), actor(), record):
            record = fetch(self.record, record.id, "void")
        reason = posted_sentence("reason")
        if len(reason) < 2:
            abort(400, _("Please say why the record is voided."))
        try:
            void(actor(), record, posted_version(), reason)
        except Refused as why:
            abort(409, str(why))
        except Stale:
            abort(
                409, _("Somebody has just changed this record. Look at it again first.")
            )
        flash(_("Voided: {what}", what=self._called(record)), "success")
        return redirect(url_for(f"{self.record.slug}.details_view", id=record.id))

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Answer | Response:
        """Matches for one reference field of this form, within the reader's rows."""
        declared = self._reference(request.args.get("name", ""))
        typed = request.args.get("query", "")[:100]
        target = record_type(declared.ref)
        if not may(actor(), "read", target):
            raise Denied("read", target.slug)
        if by_number(actor(), target, typed):
            count_lookup(target.slug)
        home = number(request.args.get("home", ""))
        if home and not typed and target is Person:
            hits = people_of(db.session(), home)
        else:
            hits = matches(db.session(), declared.ref, typed)
        return jsonify([[hit.id, hit.words, hit.more] for hit in hits])

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Answer:
        """There is no inline editing."""
        abort(404)

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Answer:
        """There are no Flask-Admin actions."""
        abort(404)

    # Pieces of the form.

    def _reference(self, name: str) -> Field:
        """The reference field of that name, on the type or on its lines."""
        named = name.rpartition("-")[2]
        kinds = (self.record, *part_types(self.record))
        found = [form_fields(cls)[named] for cls in kinds if named in form_fields(cls)]
        if not found or found[0].type != "ref":
            abort(404)
        return found[0]

    def _form(self, record: Record | None) -> Form:
        posted = request.form if request.method == "POST" else None
        fresh = self._begun() if record is None else {}
        form: Form = self._create_form_class(posted, obj=record, data=fresh)
        known, who = form_fields(self.record), actor()
        action = "create" if record is None else "update"
        allowed = fillable(who, self.record, action, record)
        if isinstance(record, Case):
            allowed = editable(who, record, allowed)
        elif self.record.flow:
            allowed = [n for n in allowed if n not in self.record.flow.stamped]
        for name in known.keys() - set(allowed):
            del form[name]
        dress(form, known, who, self.record)
        if record is not None and posted is None:
            targets(db.session(), who, record, known)  # their labels, at one go
        return form

    def _begun(self) -> dict[str, Any]:
        told = begun_beside(actor(), self.record, request.args.get(FROM, ""))
        return begun(self.record) | told

    def _form_answer(
        self,
        form: Form,
        parts: list[PartForms],
        record: Record | None,
        errors: list[str],
    ) -> Answer:
        form_page = FormPage(self.record, form, parts, record, errors)
        status = 400 if request.method == "POST" else 200
        return render("form.html", page=form_page, form=form), status

    def _stale_answer(
        self, form: Form, parts: list[PartForms], fresh: Record
    ) -> Answer:
        """Both versions side by side; saving again saves over the newer one."""
        stale = stale_page(db.session(), actor(), fresh, form, parts)
        form_page = FormPage(self.record, form, parts, fresh, [], stale)
        return render("form.html", page=form_page, form=form), 409

    def _saved(self, record: Record, form: Form, parts: list[PartForms]) -> str:
        """Say so; where to go next."""
        flash(_("Saved: {what}", what=self._called(record)), "success")
        warn(self.record, form, parts)
        slug = self.record.slug
        if "another" in request.form:
            return url_for(f"{slug}.create_view")
        page = "edit" if "continue" in request.form else "details"
        return url_for(f"{slug}.{page}_view", id=record.id)

    def _called(self, record: Record) -> str:
        known = fields(self.record).get(self.record.label_column)
        if known is not None and known.personal:
            return titles(self.record)
        return f"{titles(self.record)} {called(record)}"


def begun(cls: type[Record]) -> dict[str, Any]:
    """What an empty form holds already: moment, usual days, what is usually ticked."""
    columns, known = cls.__mapper__.columns, form_fields(cls)
    ticks = [name for name, f in known.items() if f.type == "yes"]
    usual = {name: getattr(columns[name].default, "arg", None) for name in ticks}
    days = [name for name, f in known.items() if f.usual == "today"]
    return {
        "received_at": now(),
        **{name: True for name, on in usual.items() if on is True},
        **dict.fromkeys(days, this_day(db.session())),
    }


def _valid(form: Form, parts: list[PartForms]) -> bool:
    return all([form.validate(), *(part.valid() for part in parts)])
