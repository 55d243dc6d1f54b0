"""The import of one record type on the screen: file, columns, check, decisions."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from flask import abort, flash, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import portions
from core.access import Actor, Denied
from core.chain import Change
from core.db import db
from core.record import Record, record_type
from core.words import _, say
from views.context import actor, project_id, titles
from views.export import TYPES, handed_out
from views.fields import CONTROL
from views.importing import steps, template
from views.importing.committing import Ready, commit
from views.importing.plan import PIECE, Table
from views.importing.staging import Staging
from views.importing.targets import (
    Target,
    headed,
    keys_of,
    missing,
    right_to_import,
    targets,
)
from views.importing.unreadable import Unreadable
from views.people import positive
from views.saving import Refused
from views.shell import render
from views.spool import folder, spool
from views.starting import begins
from views.values import time_tag, zone

Answer = str | Response | tuple[str, int]
SLICE = 1.5
"""Seconds that one request checks before it shows how far it is."""


@dataclass(slots=True)
class ImportPage:
    """Everything ``import.html`` shows."""

    cls: type[Record]
    actor: Actor
    ready: Ready | None = None
    error: str = ""

    @property
    def title(self) -> str:
        """What is imported."""
        return _("Import: {title}", title=titles(self.cls))

    @property
    def list_url(self) -> str:
        """Back to the list."""
        return url_for(f"{self.cls.slug}.index_view")

    @property
    def action(self) -> str:
        """Where its forms go."""
        token = self.ready.staging.token if self.ready else None
        return url_for(f"{self.cls.slug}.import_view", token=token)

    @property
    def start_url(self) -> str:
        """The workbooks of a whole estate, for whoever may begin with one."""
        return url_for("starting.start") if begins(actor()) else ""

    @property
    def template_url(self) -> str:
        """The empty workbook to fill in."""
        return url_for(f"{self.cls.slug}.import_file", what="template")

    @property
    def problems_url(self) -> str:
        """The workbook with the problems marked."""
        assert self.ready is not None
        token = self.ready.staging.token
        return url_for(f"{self.cls.slug}.import_file", what="problems", token=token)

    @property
    def stage(self) -> str:
        """``file``, ``columns``, ``checking`` or ``checked``."""
        if self.ready is None:
            return "file"
        if not self.ready.plan.begun:
            return "columns"
        whole = self.ready.plan.piece >= self.ready.table.pieces
        return "checked" if whole else "checking"

    @property
    def known(self) -> list[Target]:
        """What may be filled."""
        return targets(self.actor, self.cls)

    @property
    def columns(self) -> Iterator[tuple[int, str, str, str]]:
        """Place, head, some of its words, and the key of what it fills."""
        assert self.ready is not None
        table, plan = self.ready.table, self.ready.plan
        for place, key in enumerate(plan.mapping):
            some = [row[place] for row in table.sample if place < len(row)]
            words = " / ".join(one[:24] for one in some if one)
            yield place, headed(table.heads, place), words, key

    @property
    def checked(self) -> int:
        """Rows checked so far."""
        assert self.ready is not None
        return min(self.ready.plan.piece * PIECE, self.ready.table.rows)

    @property
    def key(self) -> str:
        """The label of the field by which records are found that a row changes."""
        keys = keys_of(self.actor, self.cls)
        return " + ".join(one.label for one in self.known if one.key in keys)

    @property
    def lines(self) -> list[tuple[str, int]]:
        """How many lines of each kind come with the records."""
        assert self.ready is not None
        counted = self.ready.plan.lines.items()
        return [(say(record_type(slug).title), many) for slug, many in counted]

    @property
    def problems(self) -> Iterator[tuple[int, str, str]]:
        """Row, column and what is wrong."""
        assert self.ready is not None
        for row, place, sentence in self.ready.plan.problems:
            where = headed(self.ready.table.heads, place) if place >= 0 else ""
            yield row, where, sentence

    @property
    def doubts(self) -> list[tuple[str, str, list[tuple[int, str]]]]:
        """Type, text and the records that it may mean."""
        assert self.ready is not None
        return [
            (slug, text, hits)
            for slug, asked in self.ready.plan.doubts.items()
            for text, hits in asked.items()
        ]

    @property
    def again(self) -> Markup:
        """When this very file was imported before, if it was."""
        assert self.ready is not None
        digest = self.ready.table.digest[:12]
        query = select(Change.at).where(
            Change.slug == self.cls.slug,
            Change.record_id.is_(None),
            Change.action == "import",
            Change.note.endswith(digest),
        )
        session = db.session()
        at = session.connection().execute(query.limit(1)).scalar()
        return time_tag(at, zone(session)) if at else Markup()


class Import:
    """The endpoints of an import; part of ``RecordView``."""

    record: type[Record]

    def take(self) -> Answer:
        """The page of an import, or its next step."""
        who = actor()
        if not right_to_import(who, self.record):
            raise Denied("import", self.record.slug)
        page = ImportPage(self.record, who, self._under_way(who))
        if request.method == "GET":
            return render("import.html", page=page)
        step = request.form.get("step", "") if page.ready else "file"
        known: dict[str, Callable[[ImportPage], None]] = {
            "file": _take_file,
            "columns": _map,
            "check": _check,
            "decide": _decide,
            "again": _map_again,
            "commit": _commit,
            "drop": _drop,
        }
        if step not in known:
            abort(400)
        try:
            known[step](page)
        except (Unreadable, Refused) as why:
            page.error = str(why)
            return render("import.html", page=page), 400
        return redirect(page.action if page.ready else page.list_url)

    def _under_way(self, who: Actor) -> Ready | None:
        token = request.args.get("token", "")
        if not token:
            return None
        try:
            found = steps.opened(Staging.find(folder(), who.user_id, token))
        except LookupError:
            abort(404, _("This import is over, or too long ago. Begin it again."))
        if found.table.slug != self.record.slug:
            abort(404)
        return found

    def hand_out(self, what: str) -> Response:
        """The workbook to fill in, or the one with the problems marked."""
        who, cls = actor(), self.record
        if not right_to_import(who, cls):
            raise Denied("import", cls.slug)
        ready = self._under_way(who)
        if what not in ("template", "problems") or (what == "problems") != bool(ready):
            abort(404)
        file, name = spool(), titles(cls)
        if ready is None:
            template.write(db.session(), file, cls, targets(who, cls))
        else:
            template.write_problems(file, ready)
            name = f"{PurePath(ready.table.name).stem}-{_('problems')}"
        return handed_out(file, f"{name}.xlsx", TYPES["xlsx"])


def _take_file(page: ImportPage) -> None:
    session, sent = db.session(), request.files.get("file")
    if sent is None or not sent.filename:
        raise Unreadable(_("Please choose a file."))
    file: IO[bytes] = sent.stream
    most = positive(session, "import.max_megabytes", 32)
    if file.seek(0, 2) > most << 20:
        raise Unreadable(_("The file is larger than {n} MB.", n=most))
    page.ready = _read(session, page, file, _named(sent.filename))


def _named(name: str) -> str:
    """A file's name without folders and what no name holds."""
    return CONTROL.sub("", PurePath(name.replace("\\", "/")).name)[:120] or "?"


def _read(session: Session, page: ImportPage, file: IO[bytes], name: str) -> Ready:
    table = Table(page.cls.slug, project_id(), name, steps.digest_of(file), [])
    staging = Staging.begin(folder(), page.actor.user_id)
    try:
        steps.take_in(session, page.actor, staging, file, table, page.cls)
    except OSError as error:
        staging.drop()
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Unreadable(_("There is no room left on the disk.")) from error
    except Unreadable:
        staging.drop()
        raise
    return steps.opened(staging)


def _map(page: ImportPage) -> None:
    """Take over what each column shall fill, and begin to check."""
    ready = _ready(page)
    keys = {target.key for target in page.known}
    places = range(len(ready.plan.mapping))
    chosen = [request.form.get(f"column-{place}", "") for place in places]
    used = [key for key in chosen if key]
    ready.plan.mapping = [key if key in keys else "" for key in chosen]
    ready.plan.change = "change" in request.form
    if len(set(used)) < len(used):
        raise Refused(_("Two columns fill the same field. Leave one of them out."))
    lacking = missing(ready.plan.mapping, page.known)
    if lacking and not ready.plan.change:
        raise Refused(_("No column fills: {labels}.", labels=_(", ").join(lacking)))
    steps.begin(ready)


def _check(page: ImportPage) -> None:
    ready = _ready(page)
    if page.stage == "checking":
        steps.go_on(db.session(), page.actor, ready, SLICE)


def _decide(page: ImportPage) -> None:
    """Take over which records the doubtful texts mean, and check anew."""
    ready = _ready(page)
    for at, (slug, text, hits) in enumerate(page.doubts):
        picked = request.form.get(f"meant-{at}", "")
        if picked in {str(key) for key, _words in hits}:
            ready.plan.chosen.setdefault(slug, {})[text] = int(picked)
    steps.begin(ready)


def _map_again(page: ImportPage) -> None:
    ready = _ready(page)
    steps.begin(ready)
    steps.halt(ready)


def _commit(page: ImportPage) -> None:
    ready = _ready(page)
    commit(db.session(), page.actor, ready)
    plan = ready.plan
    words = _(
        "Imported: {new} new, {changed} changed.", new=plan.new, changed=plan.changed
    )
    flash(words, "success")
    page.ready = None


def _drop(page: ImportPage) -> None:
    ready = _ready(page)
    portions.take_back(db.session(), ready.token)
    ready.staging.drop()
    page.ready = None


def _ready(page: ImportPage) -> Ready:
    assert page.ready is not None
    return page.ready
