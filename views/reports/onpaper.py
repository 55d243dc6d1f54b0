"""A report on paper: every figure with its definition, breakdowns, signature lines."""

from __future__ import annotations

from collections.abc import Callable

from core import counted
from core.record import Record, fields
from core.words import _, say
from models import PeriodicReport
from views.printing.paper import Form, Lines, Pen, Signature, on_paper, paired
from views.reports.drawn import Breakdown, Section, sections

HEADS: tuple[Callable[[], str], ...] = (
    lambda: _("Figure"),
    lambda: _("This period"),
    lambda: _("Period before"),
    lambda: _("Change"),
    lambda: _("A year ago"),
    lambda: _("What it counts"),
)
SIGNERS = (
    ("author_id", "compiled_on"),
    ("holder_id", "submitted_on"),
    ("reviewed_by_id", "reviewed_on"),
)
"""Who signs a report, each with the field of the date."""


def refine(pen: Pen, record: Record, form: Form) -> None:
    """Put the figures before the other lines, and all who sign; no empty fields.

    Most fields are for one kind of report or another.
    """
    if not isinstance(record, PeriodicReport):
        return
    found = counted.figures(pen.session, record.id, record.digest or "")
    if found is None:
        return
    book = next(b for b in PeriodicReport.books if b.code == record.report_kind)
    form.title, form.code = on_paper(pen.session, PeriodicReport, book)
    drawn = [lines for section in sections(found) for lines in _section(section)]
    form.parts = drawn + form.parts
    form.rows = paired(cell for row in form.rows for cell in row if cell.words)
    form.signatures = signers(pen, record)


def signers(pen: Pen, report: PeriodicReport) -> list[Signature]:
    """The lines for those who compile, submit and review."""
    known = fields(PeriodicReport)
    words = pen.written(report, [name for pair in SIGNERS for name in pair])
    return [
        Signature(say(known[who].label), words[who], words[day]) for who, day in SIGNERS
    ]


def _section(section: Section) -> list[Lines]:
    heads = [head() for head in HEADS]
    rows = [
        [one.title, one.value, one.before, one.change, one.year_ago, one.about]
        for one in section.figures
    ]
    tables = (_table(section, one) for one in section.breakdowns if one.lines)
    return [Lines(section.title, heads, rows), *tables]


def _table(section: Section, table: Breakdown) -> Lines:
    """Beside the first figure, of which they are, stand the periods before."""
    first, *others = table.heads
    heads = [table.title, first, _("Period before"), _("A year ago"), *others]
    rows = [
        [line.title, line.values[0], *line.past, *line.values[1:]]
        for line in table.lines
    ]
    return Lines(f"{section.title} · {table.title}", heads, rows)
