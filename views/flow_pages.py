"""``/flows/<slug>/``: how a kind of case goes, drawn and told from its own table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, url_for
from sqlalchemy.orm import Session

from core.access import Denied, may
from core.columns import Field
from core.db import db
from core.moves import Move
from core.record import Case, Record, fields, record_type, record_types
from core.states import Flow
from core.words import _, say
from views.clauses import rules
from views.context import actor, titles
from views.flow_picture import Picture, picture
from views.moving import possible
from views.people import granted, whose
from views.shell import render

page = Blueprint("flow_pages", __name__)


@dataclass(frozen=True, slots=True)
class Told:
    """One move in words: from where to where, by whom, with what, by which rules."""

    number: int
    title: str
    start: str
    end: str
    who: str
    asks: str
    offers: str
    rules: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class FlowPage:
    """Everything ``flow.html`` shows."""

    title: str
    list_url: str
    kind: str
    picture: Picture
    states: dict[str, tuple[str, str]]
    moves: list[Told]


@page.get("/flows/<slug>/")
def flow(slug: str) -> str:
    """The flow of a kind of case, for those who may read such cases."""
    kinds = {cls.slug: cls for cls in record_types() if cls.flow and cls.flow.moves}
    cls = kinds.get(slug)
    if cls is None or cls.flow is None:
        abort(404)
    if not may(actor(), "read", cls):
        raise Denied("read", slug)
    return render("flow.html", page=_page(db.session(), cls, cls.flow))


def flow_url(cls: type[Record]) -> str:
    """Where the flow of a record type is told; empty when it has none."""
    told = cls.flow is not None and cls.flow.moves
    return url_for("flow_pages.flow", slug=cls.slug) if told else ""


def next_by(session: Session, case: Case) -> str:
    """What should be done next with an open case, and the roles that may do it."""
    flow = type(case).flow
    if flow is None or not case.open:
        return ""
    main = [m for m in flow.moves if m.main and not m.automatic and possible(case, m)]
    on = [m for m in main if set(m.leads_to) - {case.state}]
    given = granted(session, type(case)) if on else []
    told = (
        _("{step} ({roles})", step=say(m.title), roles=whose(given, m.actions))
        for m in on
    )
    return _listed(told)


def _page(session: Session, cls: type[Record], flow: Flow) -> FlowPage:
    given = granted(session, cls)
    return FlowPage(
        title=_("How this works: {what}", what=titles(cls)),
        list_url=url_for(f"{cls.slug}.index_view"),
        kind=titles(cls),
        picture=picture(flow),
        states={s.code: (say(s.step), say(s.now)) for s in flow.states},
        moves=[
            _told(number, move, cls, flow, given)
            for number, move in enumerate(flow.moves, 1)
        ],
    )


def _told(
    number: int,
    move: Move,
    cls: type[Record],
    flow: Flow,
    given: list[tuple[str, str]],
) -> Told:
    kind = record_type(move.line) if move.line else cls
    known = fields(kind)
    names = {state.code: say(state.step) for state in flow.states}
    return Told(
        number=number,
        title=say(move.title),
        start=_listed(names[code] for code in move.sources) or _("any open state"),
        end=_listed(names[code] for code in move.leads_to) or _("stays as it is"),
        who=_who(move, given),
        asks=_labels(move.asks, known),
        offers=_labels(move.offers, known),
        rules=_rules(move),
    )


def _listed(words: Any) -> str:
    return _(", ").join(words)


def _who(move: Move, given: list[tuple[str, str]]) -> str:
    return _("by itself") if move.automatic else whose(given, move.actions)


def _labels(names: tuple[str, ...], known: dict[str, Field]) -> str:
    return _listed(say(known[n].label) if n in known else _("Remark") for n in names)


def _rules(move: Move) -> list[tuple[str, str, str]]:
    """(number, words, address) of the rules behind a move and its conditions."""
    words = {rule.id: say(rule.words) for rule in rules()}
    named = dict.fromkeys([*move.rules, *(r for g in move.guards for r in g.rules)])
    address = url_for("clauses.clauses")
    return [(rule, words[rule], f"{address}?search={rule}") for rule in sorted(named)]


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
