"""A report as a file: a workbook in the shape of the paper form, or plain values."""

from __future__ import annotations

import csv
import io
from typing import IO, Any

from sqlalchemy.orm import Session
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from core import audit
from core.db import writing
from core.words import _
from models import PeriodicReport
from rules.reports.declared import COUNT, PERCENT
from views.context import actor
from views.export import BOM, harmless
from views.printing.paper import Pen, head_of
from views.reports.drawn import NOTHING, Breakdown, Section, Told, sections
from views.reports.onpaper import HEADS, signers
from views.spool import folder
from views.workbook import Sheet as Named

WIDTHS = (26, 13, 13, 13, 13, 52)
FORMATS = {COUNT: "#,##0", PERCENT: '0.00"%"'}
MONEY = "#,##0.00"


def note(session: Session, report: PeriodicReport, kind: str) -> None:
    """Put into the history that the figures were taken away."""
    entry = audit.Entry("export", report.slug, report.id, report.project_id, kind)
    with writing(session):
        audit.note(session, entry)


def values(
    session: Session,
    report: PeriodicReport,
    title: str,
    figures: dict[str, Any],
    file: IO[bytes],
) -> None:
    """Every number in a line of its own, with its definition."""
    out = io.TextIOWrapper(file, "utf-8", newline="")
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title, report.period])
    writer.writerow([_("Group"), _("Broken down by"), *(head() for head in HEADS)])
    for section in sections(figures):
        for one in section.figures:
            cells = (one.title, one.value, one.before, one.change, one.year_ago)
            writer.writerow(map(harmless, (section.title, "", *cells, one.about)))
        for table in section.breakdowns:
            for line in table.lines:
                cells = (line.title, line.values[0], line.past[0], "", line.past[1])
                writer.writerow(map(harmless, (section.title, table.title, *cells, "")))
    out.flush()
    out.detach()


def workbook(
    session: Session,
    report: PeriodicReport,
    title: str,
    figures: dict[str, Any],
    file: IO[bytes],
) -> None:
    """One sheet as the form is printed: head, figures, breakdowns, signatures."""
    pen = Pen(session, actor())
    form = head_of(pen, PeriodicReport, None, report.project_id)
    with Workbook(file, {"tmpdir": str(folder()), "in_memory": False}) as made:
        sheet = _Sheet(made, made.add_worksheet(Named(title).name))
        sheet.head(f"{form.company} {form.project}", title)
        sheet.line(_told(report))
        for section in sections(figures):
            sheet.section(section)
        sheet.signatures([one.label for one in signers(pen, report)])


def _told(report: PeriodicReport) -> str:
    days = f"{report.period_from} – {report.period_to}"
    return " · ".join((report.number, str(report.period), days))


class _Sheet:
    """A page being written from the top down."""

    def __init__(self, made: Workbook, page: Worksheet) -> None:
        self.made, self.page, self.at = made, page, 0
        self.edge = {"border": 1, "valign": "vcenter", "text_wrap": True}
        self.words = made.add_format(self.edge)
        self.dash = made.add_format({**self.edge, "align": "right"})
        self.heading = made.add_format(
            {**self.edge, "bold": True, "bg_color": "#F3F3F3"}
        )
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(0.5, 0.5, 0.6, 0.6)
        page.set_footer("&C&P / &N")

    def _merged(self, words: str, **shape: Any) -> None:
        drawn = self.made.add_format({"valign": "vcenter", **shape})
        self.page.merge_range(self.at, 0, self.at, len(WIDTHS) - 1, words, drawn)
        self.at += 1

    def head(self, company: str, title: str) -> None:
        """The letterhead and the form's title."""
        self._merged(company, align="center")
        self.page.set_row(self.at, 30)
        self._merged(title, align="center", bold=True, font_size=18)

    def line(self, words: str) -> None:
        """A line over the whole width."""
        self._merged(words, align="right")

    def section(self, section: Section) -> None:
        """The figures of a group, then each breakdown."""
        self.at += 1
        self._merged(section.title, bold=True, font_size=13)
        self._heads([head() for head in HEADS])
        for one in section.figures:
            self._figure(one)
        for table in section.breakdowns:
            if table.lines:
                self._breakdown(table)

    def _heads(self, heads: list[str]) -> None:
        for column, words in enumerate(heads):
            self.page.write_string(self.at, column, words, self.heading)
        self.at += 1

    def _figure(self, one: Told) -> None:
        self.page.write_string(self.at, 0, one.title, self.words)
        now, before, year_ago = one.numbers
        for column, number in ((1, now), (2, before), (4, year_ago)):
            self._number(column, number, one.unit)
        change = None if now is None or before is None else now - before
        self._number(3, change, one.unit)
        self.page.write_string(self.at, 5, one.about, self.words)
        self.page.set_row(self.at, 30 if len(one.about) > 26 else 16)
        self.at += 1

    def _number(self, column: int, value: float | None, unit: str) -> None:
        if value is None:
            self.page.write_string(self.at, column, NOTHING, self.dash)
        else:
            self.page.write_number(self.at, column, value, self._shape(unit))

    def _shape(self, unit: str) -> Format:
        return self.made.add_format(
            {**self.edge, "num_format": FORMATS.get(unit, MONEY), "align": "right"}
        )

    def _breakdown(self, table: Breakdown) -> None:
        """Lines with their numbers, and totals as formulas."""
        self.at += 1
        first = self.at + 1
        self._heads([table.title, *table.heads])
        for line in table.lines:
            self.page.write_string(self.at, 0, line.title, self.words)
            for column, value in enumerate(line.numbers, 1):
                self._number(column, value, table.units[column - 1])
            self.at += 1
        self.page.write_string(self.at, 0, _("Total"), self.heading)
        for column, unit in enumerate(table.units, 1):
            cells = [xl_rowcol_to_cell(row, column) for row in (first, self.at - 1)]
            whole = sum(line.numbers[column - 1] or 0 for line in table.lines)
            formula = f"=SUM({cells[0]}:{cells[1]})"
            self.page.write_formula(self.at, column, formula, self._shape(unit), whole)
        self.at += 1

    def signatures(self, labels: list[str]) -> None:
        """Where the form is signed."""
        self.at += 1
        for column, label in enumerate(labels):
            self.page.write_string(self.at, column * 2, label)
        self.at += 1
