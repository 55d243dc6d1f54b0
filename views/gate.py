"""``/gate/``: the guard's telephone. A slip is scanned or typed, checked and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from core.access import Actor, Denied, may
from core.db import db, writing
from core.moves import Move, Refused
from core.record import fields
from core.scope import where
from core.words import _, say
from models import ReleaseItem, ReleasePass
from rules.flows.gate import unaltered, valid_today
from views import moving
from views.context import actor, fetch
from views.facts import facts_of
from views.fields import clean
from views.parts import lines
from views.printing.paper import Pen
from views.shell import LINKS, Link, render
from views.values import number

page = Blueprint("gate", __name__)
SHOWN = (
    "unit_id",
    "plate",
    "moving_on",
    "applicant_kind",
    "content",
    "advice",
    "issued_by_id",
)
"""What a guard needs of a slip besides its goods."""
ACTS = ("recover", "check_out", "refuse")
WAITING = 30
"""Slips of the day that are listed."""


@dataclass(slots=True)
class GatePage:
    """Everything ``gate.html`` shows."""

    slip: ReleasePass | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    goods: list[tuple[int, str, str, str, bool]] = field(default_factory=list)
    state: str = ""
    stops: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    note: str = ""
    refusable: bool = False
    waiting: list[tuple[str, str, str]] = field(default_factory=list)
    typed: str = ""


@page.get("/gate/")
def gate() -> str | tuple[str, int]:
    """The slip that was scanned or typed, or where to type one."""
    _allowed()
    code, typed = request.args.get("slip", ""), request.args.get("number", "").strip()
    if not code and not typed:
        return render("gate.html", page=GatePage(waiting=_waiting()))
    slip = _found(code, typed[:40])
    if slip is None:
        words = _("There is no such slip, or it was issued anew: look at its number.")
        shown = GatePage(waiting=_waiting(), errors=[words], typed=typed[:40])
        return render("gate.html", page=shown), 404
    return render("gate.html", page=_drawn(slip))


@page.post("/gate/")
def act() -> Response | tuple[str, int]:
    """Tick the goods and keep the slip, in one act; or say why nothing leaves."""
    _allowed()
    slip = fetch(ReleasePass, request.form.get("id", ""))
    move, given = _asked()
    try:
        with writing(db.session()):
            slip = fetch(ReleasePass, slip.id)
            _make(slip, move, given)
    except Refused as why:
        slip = fetch(ReleasePass, slip.id)
        shown = _drawn(slip, list(why.sentences), given.get("gate_note", ""))
        return render("gate.html", page=shown), 409
    done = _("{number}: {what}", number=slip.number, what=say(move.title))
    flash(done, "success")
    return redirect(url_for("gate.gate"))


def _allowed() -> None:
    if not _keeps(actor()):
        raise Denied("recover", ReleasePass.slug)


def _asked() -> tuple[Move, dict[str, Any]]:
    """The move that was asked for, and what was filled in for it."""
    code = request.form.get("do", "")
    if code not in ACTS:
        abort(400, _("There is no such step."))
    move = ReleasePass.flow.move(code)
    try:
        texts = {n: clean(request.form.get(n, "")) for n in (*move.asks, *move.offers)}
    except ValueError as why:
        abort(400, str(why))
    return move, {name: text[:200] for name, text in texts.items() if text}


def _make(slip: ReleasePass, move: Move, given: dict[str, Any]) -> None:
    session = db.session()
    if request.form.get("seal", "") != slip.seal or slip.voided_at is not None:
        raise Refused([_("This slip was issued anew meanwhile; scan it again.")])
    if not move.starts_from(slip.state, slip.open):
        raise Refused([_used(slip)])
    if not moving.available(actor(), slip, move):
        raise Denied(move.actions[0], slip.slug)
    ticked = set(request.form.getlist("item"))
    for line in lines(slip, ReleaseItem):
        assert isinstance(line, ReleaseItem)
        line.matches = str(line.id) in ticked
    session.flush()
    moving.make(session, actor(), slip, move, given)


def _used(slip: ReleasePass) -> str:
    state = say(slip.flow.state(slip.state).now)
    return _("Nothing leaves on this slip: {state}.", state=state)


def _found(code: str, typed: str) -> ReleasePass | None:
    """The slip of that address, or of that number, within the reader's rows."""
    mine = where(actor(), "read", ReleasePass)
    if code:
        named = ReleasePass.seal == code
    elif (last := number(typed, digits=8)) is not None:
        named = ReleasePass.number.like(f"%-{last:04}")
    else:
        named = ReleasePass.number == typed.upper()
    query = select(ReleasePass).where(named, mine).order_by(ReleasePass.id.desc())
    return db.session().scalars(query.limit(1)).first()


def _drawn(
    slip: ReleasePass, errors: list[str] | None = None, note: str = ""
) -> GatePage:
    session, who = db.session(), actor()
    pen, names = Pen(session, who), [n for n in SHOWN if getattr(slip, n)]
    words, known = pen.written(slip, names), fields(ReleasePass)
    goods = [(line.id, *_goods(pen, line)) for line in lines(slip, ReleaseItem)]
    return GatePage(
        slip,
        [(say(known[name].label), words[name]) for name in names],
        goods,
        say(slip.flow.state(slip.state).now),
        _stops(slip),
        errors or [],
        note,
        bool(moving.available(who, slip, slip.flow.move("refuse"))),
    )


def _goods(pen: Pen, line: Any) -> tuple[str, str, str, bool]:
    words = pen.written(line, ("category", "name", "measure"))
    many = f"{line.quantity} {words['measure']}".strip()
    return words["name"], words["category"], many, line.matches


def _stops(slip: ReleasePass) -> list[str]:
    """Why nothing leaves on this slip, whatever is ticked."""
    if slip.voided_at is not None:
        return [_("This slip is void.")]
    if slip.state not in ("issued", "checked_out"):
        return [_used(slip)]
    facts = facts_of(db.session(), actor(), slip, {})
    told = (one.check(facts) for one in (unaltered, valid_today))
    return [words for words in told if isinstance(words, str)]


def _waiting() -> list[tuple[str, str, str]]:
    """The slips that wait at the gate: number, home, address; the oldest first."""
    session, who = db.session(), actor()
    standing = (ReleasePass.state == "issued", ReleasePass.voided_at.is_(None))
    query = select(ReleasePass).where(*standing, where(who, "read", ReleasePass))
    found = session.scalars(query.order_by(ReleasePass.id).limit(WAITING))
    pen = Pen(session, who)
    return [
        (
            slip.number,
            " · ".join(filter(None, pen.written(slip, ("unit_id", "plate")).values())),
            url_for("gate.gate", number=slip.number),
        )
        for slip in found
    ]


def init_app(app: Flask) -> None:
    """Register the page, and its place in the menu."""
    app.register_blueprint(page)
    LINKS.append(Link("release", lambda: _("Gate check"), "gate.gate", _keeps))


def _keeps(who: Actor) -> bool:
    return may(who, "recover", ReleasePass)
