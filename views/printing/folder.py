"""A case from first to last as one PDF: contents, forms, history and scans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import ModuleType

from flask import render_template
from sqlalchemy import select

from core.attachment import Attachment, Damaged, attached, opened
from core.filetypes import PDF
from core.pictures import JPEG, PNG
from core.record import Case, Record, project_of, record_type
from core.scope import where
from core.words import _
from views.attached import is_veiled, may_see, name_of
from views.attaching import MEGA, uploads
from views.context import fetch, titles
from views.printing.paper import Lines, Pen, form_of, head_of, number_of
from views.printing.sheet import PrintPage, printed_by, templates
from views.printing.wanted import Wanted
from views.told import Line, record_history
from views.values import (
    whole,
    zone,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """What has its place in a folder: its pages, or why there are none."""

    title: str
    body: bytes = b""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Binder:
    """Puts the papers of one record together, as far as its reader may print them."""

    pen: Pen
    press: ModuleType

    def bound(self, record: Record) -> bytes:
        """The folder: its contents with page numbers, then every paper."""
        papers = list(self._papers(record))
        counts = [self.press.count(paper.body) for paper in papers]
        first = self.press.count(self._contents(record, papers, counts, 0))
        contents = self._contents(record, papers, counts, first)
        there = [(paper.title, paper.body) for paper in papers if paper.body]
        stamps = self._draw("stamps.html", pages=first + sum(counts))
        return bytes(self.press.bound([(_("Contents"), contents), *there], stamps))

    def _papers(self, record: Record) -> Iterator[Paper]:
        kin = family(self.pen, record)
        for one in kin:
            yield Paper(_named(one), self._form(one))
        yield Paper(_("What happened"), self._history(kin))
        left = whole(self.pen.session, "print.folder_mb", 100) * MEGA
        for one in kin:
            for row in self._files(one):
                paper = self._scan(one, row, left)
                left -= len(paper.body)
                yield paper

    def _form(self, record: Record) -> bytes:
        page = _page(titles(type(record)), templates(type(record), Wanted()))
        return bytes(self.press.pdf([page.markup([form_of(self.pen, record)])]))

    def _history(self, kin: Sequence[Record]) -> bytes:
        heads = [_("Time"), _("What happened")]
        told = ((_named(one), self._told(one)) for one in kin)
        parts = [Lines(name, heads, rows) for name, rows in told if rows]
        return self._listed(kin[0], _("What happened"), parts)

    def _told(self, record: Record) -> list[list[str]]:
        lines = record_history(self.pen.session, self.pen.actor, record)
        place = zone(self.pen.session)
        return [
            [f"{line.at.astimezone(place):%Y-%m-%d %H:%M:%S}", _sentences(line)]
            for line in reversed(lines)
        ]

    def _contents(
        self, record: Record, papers: Sequence[Paper], counts: Sequence[int], own: int
    ) -> bytes:
        starts = accumulate(counts, initial=own + 1)
        rows = [
            [str(at), paper.title, paper.why or str(start)]
            for at, (paper, start) in enumerate(zip(papers, starts, strict=False), 1)
        ]
        heads = [_("No."), _("Paper in the folder"), _("Page")]
        return self._listed(record, _("Case folder"), [Lines("", heads, rows)])

    def _listed(self, record: Record, title: str, parts: list[Lines]) -> bytes:
        """Tables under the head of a form."""
        form = head_of(self.pen, type(record), None, project_of(record))
        form.title, form.code, form.parts = title, "", parts
        form.recorded = _named(record)
        page = _page(title, ("print/register.html",))
        return bytes(self.press.pdf([page.markup([form])]))

    def _files(self, record: Record) -> list[Attachment]:
        if not may_see(self.pen.actor, record):
            return []
        rows = attached(self.pen.session, record)
        return [row for row in rows if row.voided_at is None]

    def _scan(self, record: Record, row: Attachment, left: int) -> Paper:
        session = self.pen.session
        title = f"{_named(record)} · {name_of(session, row)}"
        if is_veiled(session, self.pen.actor, record, row):
            return Paper(title, why=_("masked"))
        if row.size > left:
            return Paper(title, why=_("too large for one folder"))
        try:
            return Paper(title, self._pages(title, row))
        except (Damaged, self.press.Unreadable) as fault:
            return Paper(title, why=str(fault))

    def _pages(self, title: str, row: Attachment) -> bytes:
        """A picture on a page, a PDF as it is; Unreadable for anything else."""
        if row.media not in (JPEG, PNG, PDF):
            raise self.press.Unreadable(_("not a picture or PDF"))
        body = opened(uploads(), row)
        if row.media == PDF:
            return bytes(self.press.upright(body))
        held = {f"{self.press.OURS}scan": body}
        return self._draw("scan.html", held, title=title, scan=next(iter(held)))

    def _draw(
        self, template: str, held: Mapping[str, bytes] | None = None, **said: object
    ) -> bytes:
        page = _page(_("Case folder"), (f"print/{template}",))
        markup = render_template(page.templates[0], page=page, **said)
        return bytes(self.press.pdf([markup], held or {}))


def family(pen: Pen, record: Record) -> list[Record]:
    """A record and what it caused in turn, as far as the reader may print it."""
    most = whole(pen.session, "print.forms_limit", 200)
    found, spine = [record], Case.__table__.c
    for one in found if isinstance(record, Case) else ():  # it grows while it is walked
        caused = (
            select(spine.id, spine.type)
            .where(
                spine.source_id == one.id,
                spine.voided_at.is_(None),
                where(pen.actor, "print", Case),
            )
            .order_by(spine.received_at, spine.id)
            .limit(most - len(found))
        )
        rows = pen.session.connection().execute(caused).all()
        found += [fetch(record_type(slug), key, "print") for key, slug in rows]
    return found


def _page(title: str, names: tuple[str, ...]) -> PrintPage:
    return PrintPage(title, Wanted(pdf=True), printed_by(), names, pdf=True)


def _named(record: Record) -> str:
    return f"{titles(type(record))} {number_of(record)}"


def _sentences(line: Line) -> str:
    changes = (
        f"{label}: {old or '—'} → {new or '—'}" for label, old, new in line.changes
    )
    return "\n".join((line.words, *changes))
