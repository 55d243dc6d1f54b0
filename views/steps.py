"""``POST /<slug>/move/``: one step of a case's flow, asked for by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from core.access import Denied
from core.db import db
from core.moves import Refused, too_late
from core.record import Case, Record
from core.words import _
from views import moving
from views.context import actor, called, fetch
from views.details import details_page
from views.offers import Offer, drop_answered, given, offer
from views.posted import posted_version
from views.shell import render

Answer = str | Response | tuple[str, int]


class Steps:
    """The endpoint of moves, for the generated screen of any kind of case."""

    if TYPE_CHECKING:
        record: type[Record]

    @expose("/move/", methods=("POST",))
    def move_view(self) -> Answer:
        """Make the move, or show the record again with what is in the way."""
        session = db.session()
        case = fetch(self.record, request.form.get("id", ""))
        if not isinstance(case, Case):
            abort(404)
        asked = self._asked(case)
        if "version" in request.form and posted_version() != case.version:
            asked.errors.append(moving.changed())
            return self._again(case, asked, 409)
        drop_answered(asked, case, request.form)
        if not asked.form.validate():
            return self._again(case, asked, 400)
        try:
            values = given(asked, case, request.form)
            version = case.version
            moving.step(session, actor(), case, asked.move, values, version=version)
        except Refused as why:
            case = fetch(type(case), case.id)
            asked.errors += why.sentences
            return self._again(case, asked, 409)
        flash(_("{what}: {step}", what=called(case), step=asked.title), "success")
        return redirect(url_for(f"{case.slug}.details_view", id=case.id))

    def _asked(self, case: Case) -> Offer:
        """The move of that name, when this actor may make it here and now."""
        code, flow = request.form.get("move", ""), type(case).flow
        move = flow.find(code) if flow else None
        if move is None or move.automatic:
            abort(400, _("There is no such step."))
        asked = offer(db.session(), actor(), case, move, request.form)
        if asked is not None:
            return asked
        if case.voided_at or not move.starts_from(case.state, case.open):
            abort(409, too_late())
        raise Denied(move.actions[0], case.slug)

    def _again(self, case: Case, asked: Offer, status: int) -> Answer:
        page = details_page(db.session(), actor(), case, tried=asked)
        return render("details.html", page=page), status
