"""``/handover-desk/``: the day's stocktake, and the shift handed over with its list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form

from core import audit, messages
from core.access import Actor, Denied, may
from core.chain import Change
from core.db import db, now, writing
from core.kept import lately
from core.moves import Refused
from core.record import Case, Record, form_fields, record_type
from core.words import _, both, say
from models import Department, ShiftHandover, ShiftHandoverCase
from rules.queues import QUEUES
from views import details, handing_over
from views.consequences import follow
from views.context import actor, fetch, project_id
from views.duties import fulfil
from views.fields import RecordForm, dress, make
from views.posted import posted_sentence
from views.queues import draw, heads, visible
from views.queues.acting import make_all, moves_of
from views.queues.asking import Wanted, moment_place, read
from views.queues.drawing import may_count
from views.queues.reading import counted, counted_since, rows_of
from views.saving import Refused as NotSaved
from views.saving import begin, start
from views.shell import render
from views.values import capped, time_tag, when, zone

page = Blueprint("shifts", __name__, url_prefix="/handover-desk")
UNCLOSED = next(queue for queue in QUEUES if queue.slug == "unclosed")
COUNT, EVERY, REMARKED = "stocktake", "all", "remarked"
REMARK = "remark-"
PORTION, MOST = 300, 6_000
"""Cases that are read at one go, and that one handover lists."""
EXACT = 1_000
ASKED = ("guard_id", "shift", "content")


@page.before_request
def only_with_cases() -> None:
    """Everything here is for whoever sees any case."""
    if not visible(actor()):
        raise Denied("read", Case.slug)


@page.get("/")
def screen() -> str:
    """What is open and not seen yet, and the form of the handover."""
    return _screen(_form(None))


def _screen(form: Form, errors: Sequence[str] = ()) -> str:
    session, who = db.session(), actor()
    wanted = read(request.args if request.method == "GET" else request.form, set())
    rows, after = rows_of(session, who, UNCLOSED, wanted)
    return render(
        "shifts.html",
        page={
            "tabs": _tabs(session, who, wanted),
            "departments": _departments(session, who),
            "wanted": wanted,
            "heads": heads(),
            "rows": draw(session, who, rows, counting=True),
            "shown": [f"{r.type}:{r.id}" for r in rows if may_count(who, r)],
            "every": EVERY,
            "remarked": REMARKED,
            "next_url": f"{_address(wanted)}&after={after}" if after else "",
            "query": wanted.link(),
            "form": form if may(who, "create", ShiftHandover) else None,
            "errors": errors,
            "waiting": _waiting(session, who),
        },
    )


def _address(wanted: Wanted) -> str:
    return url_for("shifts.screen") + (wanted.link() or "?uncounted=")


def _tabs(
    session: Session, who: Actor, wanted: Wanted
) -> list[tuple[str, int, str, bool]]:
    """(words, how many, address, on) of what is not seen yet, and of all."""
    plain = Wanted(department=wanted.department)
    fresh = Wanted(department=wanted.department, uncounted=True)
    return [
        (
            words,
            counted(session, who, UNCLOSED, one, EXACT),
            _address(one),
            one.uncounted == wanted.uncounted,
        )
        for words, one in ((_("Not seen yet"), fresh), (_("All that is open"), plain))
    ]


def tile(session: Session, who: Actor) -> list[tuple[str, str, str, str, str]]:
    """Today's stocktake on the desk: how much nobody has looked at yet."""

    def load() -> int:
        return counted(session, who, UNCLOSED, Wanted(uncounted=True), PORTION)

    n = lately(session, who, "uncounted", load)
    words = capped(n, PORTION) or "0"
    address = url_for("shifts.screen", uncounted=1)
    small = _("not seen yet") if n else _("all seen")
    return [(_("Today's stocktake"), words, address, "", small)]


def warnings(session: Session, who: Actor) -> list[tuple[str, str]]:
    """The handovers that wait for the reader's word, on his desk."""
    words = _("A shift was handed over to you: look at it and agree.")
    return [
        (words, url_for("shift_handover.details_view", id=one.id))
        for one in handing_over.waiting(session, who)
    ]


def _departments(session: Session, who: Actor) -> list[tuple[int, str]]:
    if not may(who, "read", Department):
        return []
    here = (Department.project_id == project_id(), Department.voided_at.is_(None))
    query = select(Department.id, Department.name).where(*here)
    return [(key, name or "") for key, name in session.execute(query)]


def _waiting(session: Session, who: Actor) -> list[tuple[int, str, Any]]:
    place = zone(session)
    return [
        (one.id, one.content or "", time_tag(one.handed_at, place))
        for one in handing_over.waiting(session, who)
        if one.handed_at
    ]


# The stocktake.


@page.post("/seen")
def seen() -> Response:
    """Mark one row, those with a remark or every one that was shown."""
    places = _places(request.form.get("do", ""))
    if not places or len(places) > PORTION:
        abort(400, _("Choose some rows first."))
    chosen = list(moves_of(places, COUNT, plain=False))
    make_all(
        (case, move, {"reason": posted_sentence(f"{REMARK}{case.slug}:{case.id}")})
        for case, move in chosen
    )
    return redirect(_address(read(request.form, set())))


def _places(pressed: str) -> list[str]:
    """The rows that one button stands for; Enter in a remark means those with one."""
    if pressed == EVERY:
        return request.form.getlist("shown")
    if pressed == REMARKED:
        said = (name for name in request.form if name.startswith(REMARK))
        return [n.removeprefix(REMARK) for n in said if request.form[n].strip()]
    place, _colon, code = pressed.rpartition(":")
    if code != COUNT:
        abort(400, _("There is no such step."))
    return [place]


# The handover.


@page.post("/")
def hand_over() -> Response | tuple[str, int]:
    """Write the handover down with the list of what is open now, and tell the other."""
    if not may(actor(), "create", ShiftHandover):
        raise Denied("create", ShiftHandover.slug)
    form = _form(request.form)
    if not form.validate():
        return _screen(form), 400
    try:
        made = _write(form, read(request.form, set()))
    except (Refused, NotSaved) as why:
        return _screen(form, [str(why)]), 400
    flash(_("The shift is handed over; print it for both signatures."), "success")
    return redirect(url_for("shift_handover.details_view", id=made.id))


def _form(posted: Any) -> Form:
    form = _form_class()(posted)
    dress(form, form_fields(ShiftHandover), actor(), ShiftHandover)
    return form


@cache
def _form_class() -> type[Form]:
    known = form_fields(ShiftHandover)
    made = {
        name: make(ShiftHandover, name, known[name], ShiftHandover.slug)
        for name in ASKED
    }
    return type("HandoverForm", (RecordForm,), made)


def _write(form: Form, wanted: Wanted) -> ShiftHandover:
    session, who = db.session(), actor()
    with writing(session):
        record = ShiftHandover(handed_at=now(), receptionist_id=who.staff_id)
        begin(session, record, project_id())
        form.populate_obj(record)
        start(who, record, "create")
        session.add(record)
        follow(session, record, ())
        if lines := list(_lines(session, who, record, wanted)):
            audit.bulk(session, ShiftHandoverCase, lines, "handover")
        _tell(session, record)
        fulfil(session, record)
    return record


def _lines(
    session: Session, who: Actor, record: ShiftHandover, wanted: Wanted
) -> Iterator[dict[str, Any]]:
    """What is open now, as it stands."""
    since = counted_since(session)
    for rows in _portions(session, who, wanted):
        remarks = _remarks(session, rows, since)
        for row in rows:
            flow = record_type(row.type).flow
            yield {
                "shift_handover_id": record.id,
                "project_id": record.project_id,
                "case_id": row.id,
                "standing": say(flow.state(row.state).now) if flow else "",
                "due_at": row.due_at,
                "counted": row.stocktaken_at is not None and row.stocktaken_at >= since,
                "remark": remarks.get(row.id),
                "created_at": now(),
                "created_by_id": who.staff_id,
            }


def _portions(session: Session, who: Actor, wanted: Wanted) -> Iterator[Sequence[Any]]:
    """Every open case; Refused where there are more than anybody hands over."""
    place = None
    for _portion in range(MOST // PORTION):
        every = Wanted(department=wanted.department, after=place)
        rows, behind = rows_of(session, who, UNCLOSED, every, PORTION)
        yield rows
        if not behind:
            return
        place = moment_place(behind)
    raise Refused([_("More than {n} cases are open; choose a department.", n=MOST)])


def _remarks(
    session: Session, rows: Sequence[Any], since: dt.datetime
) -> Mapping[int, str]:
    """What was remarked in the stocktake, by case; the last of each."""
    c = Change.__table__.c
    query = (
        select(c.record_id, c.note)
        .where(c.slug.in_({row.type for row in rows}))
        .where(c.record_id.in_([row.id for row in rows]), c.at >= since)
        .where(c.action == f"move.{COUNT}", c.note != "")
        .order_by(c.id)
    )
    return dict(session.connection().execute(query).all())


def _tell(session: Session, record: ShiftHandover) -> None:
    at = record.handed_at
    told = both(
        lambda: _(
            "A shift is handed over to you ({when}): look at it and agree.",
            when=when(at, zone(session)) if at else "",
        )
    )
    messages.tell(session, [record.guard_id or 0], told, record)


@page.post("/agree")
def agree() -> Response:
    """Agree to a handover for one's own side."""
    record = fetch(ShiftHandover, request.form.get("id", ""))
    session = db.session()
    with writing(session):
        fresh = fetch(ShiftHandover, record.id)
        waiting = handing_over.side(actor(), fresh)
        if not waiting:
            abort(409, _("This handover does not wait for your word."))
        handing_over.agree(session, fresh, waiting)
    flash(_("Your word on the handover is noted."), "success")
    return redirect(url_for("shift_handover.details_view", id=record.id))


def _posts(who: Actor, record: Record) -> list[details.Action]:
    """The word that a handover waits for, if it is this reader's."""
    if not (isinstance(record, ShiftHandover) and handing_over.side(who, record)):
        return []
    return [(_("I agree with this handover"), url_for("shifts.agree"), True)]


def init_app(app: Flask) -> None:
    """Register the screen."""
    details.POSTS["shifts"] = _posts
    app.register_blueprint(page)
