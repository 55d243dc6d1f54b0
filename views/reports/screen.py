"""``/reports/<kind>/``: a report with its figures, their rows, charts and files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import counted
from core.access import Actor, Denied, may
from core.counted import Altered
from core.db import db
from core.record import record_type
from core.scope import where
from core.words import _, say
from models import REPORTS as BOOKS
from models import PeriodicReport
from rules.reports import REPORTS
from views.context import actor, fetch, project_id
from views.export import TYPES, handed_out
from views.printing.pdf import press
from views.reports import book, rows
from views.reports.compiling import LIVE
from views.reports.drawn import charts, sections
from views.shell import render
from views.spool import spool
from views.values import time_tag, zone

page = Blueprint("reports", __name__)
LAST = 24
"""Reports of one kind to choose from."""


def title_of(kind: str) -> str:
    """What a kind of report is called."""
    return next(say((zh, en)) for code, zh, en in BOOKS if code == kind)


def reader(action: str = "read") -> Actor:
    """Whoever asks, when he may do that to reports at all."""
    who = actor()
    if not may(who, action, PeriodicReport):
        raise Denied(action, PeriodicReport.slug)
    return who


def asked(kind: str, action: str = "read") -> PeriodicReport:
    """The report of that id and kind, when the reader may do that to it."""
    reader(action)
    report = fetch(PeriodicReport, request.args.get("id", ""), action)
    if report.report_kind != kind:
        abort(404)
    return report


def frozen(session: Session, report: PeriodicReport) -> dict[str, Any]:
    """The figures of a report, as they were counted; 409 when they were altered."""
    try:
        found = counted.figures(session, report.id, report.digest or "")
    except Altered:
        abort(409, _("The figures are not those that were counted: do not use them."))
    return found or {"kind": report.report_kind, "groups": []}


def address(endpoint: str, report: PeriodicReport, ending: str | None = None) -> str:
    """Where something of a report is."""
    kind = report.report_kind
    return url_for(f"reports.{endpoint}", kind=kind, id=report.id, ending=ending)


@page.get("/reports/<kind>/")
def report(kind: str) -> str:
    """The report of an id, else the newest of its kind."""
    if kind not in REPORTS:
        abort(404)
    session, who = db.session(), reader()
    known = _known(session, who, kind)
    if "id" in request.args:
        shown: PeriodicReport | None = asked(kind)
    else:
        shown = fetch(PeriodicReport, known[0].id) if known else None
    return render("report.html", page=_page(session, who, kind, known, shown))


def _known(session: Session, who: Actor, kind: str) -> list[Any]:
    """The newest reports of a kind that the reader may read: id, period, state."""
    cls = PeriodicReport
    query = select(cls.id, cls.period, cls.state).where(
        cls.report_kind == kind,
        cls.voided_at.is_(None),
        cls.project_id == project_id(),
        where(who, "read", cls),
    )
    order = (cls.period_to.desc().nulls_last(), cls.id.desc())
    return list(session.execute(query.order_by(*order).limit(LAST)))


def _page(
    session: Session,
    who: Actor,
    kind: str,
    known: list[Any],
    report: PeriodicReport | None,
) -> dict[str, Any]:
    new = url_for("periodic_report.create_view")
    shown = {
        "title": title_of(kind),
        "index_url": url_for("reports.index"),
        "new_url": new if may(who, "create", PeriodicReport) else "",
        "periods": [
            (one.period, url_for(".report", kind=kind, id=one.id), _is(one, report))
            for one in known
        ],
        "report": None,
    }
    return shown if report is None else shown | _of(session, who, report)


def _is(one: Any, report: PeriodicReport | None) -> bool:
    return report is not None and one.id == report.id


def _of(session: Session, who: Actor, report: PeriodicReport) -> dict[str, Any]:
    """What the page of one report shows."""
    figures = frozen(session, report)
    state = PeriodicReport.flow.state(report.state)
    paper = url_for("periodic_report.print_view", id=report.id)
    prints = may(who, "print", PeriodicReport)
    texts = [
        (say(PeriodicReport.labels["content"]), report.content),
        (_("Analysis"), report.analysis),
        (_("Measures and proposals"), report.measures),
    ]
    return {
        "report": report,
        "state": (say(state.now), state.kind),
        "live": report.state in LIVE,
        "record_url": url_for("periodic_report.details_view", id=report.id),
        "print_url": paper if prints else "",
        "pdf_url": f"{paper}&format=pdf" if prints and press() else "",
        "files": _files(who, report),
        "data_url": address("data", report),
        "counted": time_tag(report.counted_at, zone(session))
        if report.counted_at
        else "",
        "days": figures.get("days"),
        "sections": sections(figures, address("behind", report)),
        "texts": [(title, text) for title, text in texts if text],
    }


def _files(who: Actor, report: PeriodicReport) -> list[tuple[str, str]]:
    if not may(who, "export", PeriodicReport):
        return []
    kinds = (("xlsx", _("Excel workbook")), ("csv", _("CSV file")))
    return [(words, address("file", report, ending=kind)) for kind, words in kinds]


@page.get("/reports/<kind>/charts.json")
def data(kind: str) -> Response:
    """What the charts of a report draw."""
    return jsonify(list(charts(frozen(db.session(), asked(kind)))))


@page.get("/reports/<kind>/rows/")
def behind(kind: str) -> str:
    """The rows behind one number, as far as the reader may see them."""
    session, found = db.session(), asked(kind)
    wanted = rows.wanted(frozen(session, found), request.args)
    if wanted is None:
        abort(404)
    cls = record_type(wanted.slug)
    if not may(actor(), "read", cls):
        raise Denied("read", cls.slug)
    try:
        kept = counted.rows(session, found.id, wanted.group, wanted.digest)
    except Altered:
        abort(409, _("The figures are not those that were counted: do not use them."))
    place = urlencode({n: request.args[n] for n in rows.PLACE if n in request.args})
    here = f"{address('behind', found)}&{place}"
    shown = rows.page(session, actor(), cls, rows.keys(kept, wanted), request.args)
    return render(
        "report_rows.html",
        page=shown
        | {
            "title": " · ".join((title_of(kind), found.period or "", *wanted.titles)),
            "back_url": address("report", found),
            "here": here,
        },
    )


@page.get("/reports/<kind>/report.<ending>")
def file(kind: str, ending: str) -> Response:
    """The report as a workbook that looks like its form, or as plain values."""
    if ending not in TYPES:
        abort(404)
    session, found = db.session(), asked(kind, "export")
    figures, out = frozen(session, found), spool()
    write = book.workbook if ending == "xlsx" else book.values
    write(session, found, title_of(kind), figures, out)
    book.note(session, found, ending)
    return handed_out(out, f"{title_of(kind)}-{found.period}.{ending}", TYPES[ending])
