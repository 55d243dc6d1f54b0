"""``/reports/``: the dashboard, and every book of reports with its newest."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import Actor, may
from core.db import db
from core.record import Record
from core.scope import where
from core.words import _, say
from models import REPORTS as BOOKS
from models import PeriodicReport, ServiceOrder
from views import details
from views.context import project_id
from views.printing import paper
from views.reports import onpaper
from views.reports.dashboard import expiring, panels
from views.reports.screen import page, reader
from views.shell import render


@page.get("/reports/")
def index() -> str:
    """How the office does, and the way to every report."""
    session, who = db.session(), reader()
    shown: dict[str, Any] = {
        "panels": panels(session, who),
        "cards": expiring(session, who),
        "books": _books(session, who),
        "charges_url": url_for("service_order.index_view", book="charge_list")
        if may(who, "read", ServiceOrder)
        else "",
        "data_url": url_for("reports.overview_data"),
    }
    return render("reports.html", page=shown)


@page.get("/reports/charts.json")
def overview_data() -> Response:
    """What the dashboard's pictures draw."""
    return jsonify([panel.chart for panel in panels(db.session(), reader())])


def _books(session: Session, who: Actor) -> list[tuple[str, str, str, str]]:
    """(title, address, newest period, its state) of each book."""
    newest = _newest(session, who)
    found = []
    for code, zh, en in BOOKS:
        period, state = newest.get(code, ("", ""))
        words = say(PeriodicReport.flow.state(state).now) if state else ""
        url = url_for("reports.report", kind=code)
        found.append((say((zh, en)), url, period, words))
    return found


def _newest(session: Session, who: Actor) -> dict[str, tuple[str, str]]:
    cls = PeriodicReport
    rank = func.row_number().over(
        partition_by=cls.report_kind,
        order_by=(cls.period_to.desc().nulls_last(), cls.id.desc()),
    )
    ranked = (
        select(cls.report_kind, cls.period, cls.state, rank.label("rank"))
        .where(
            cls.voided_at.is_(None),
            cls.project_id == project_id(),
            where(who, "read", cls),
        )
        .subquery()
    )
    first = select(ranked).where(ranked.c.rank == 1)
    rows = session.connection().execute(first)
    return {kind: (period, state) for kind, period, state, _rank in rows}


def _actions(who: Actor, record: Record) -> list[tuple[str, str, bool]]:
    if not isinstance(record, PeriodicReport):
        return []
    address = url_for("reports.report", kind=record.report_kind, id=record.id)
    return [(_("Figures and charts"), address, True)]


def init_app(app: Flask) -> None:
    """Register the pages and what a report looks like on paper."""
    details.ACTIONS["reports"] = _actions
    paper.REFINED[PeriodicReport.slug] = onpaper.refine
    app.register_blueprint(page)
