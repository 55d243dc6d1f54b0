"""One's own account: open sessions, password, language."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    request,
    url_for,
)
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.form import BaseForm

from core import audit, passwords, signin
from core.access import SYSTEM, Actor, act_as, can
from core.audit import ACCESS, Entry
from core.db import db, writing
from core.record import Record
from core.words import LANGUAGES, _, language, use_language
from models import User
from views import actors, details
from views.actors import Visit
from views.context import actor, fetch
from views.login import Answer, let_in, limits, local, place, visit
from views.people import Password, Refused, set_password, shortest_password
from views.shell import render
from views.values import time_tag, zone

YEAR = 365 * 24 * 3600
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

blueprint = Blueprint("account", __name__)


def init_app(app: Flask) -> None:
    """Register the screens."""
    details.POSTS["account"] = _posts
    app.register_blueprint(blueprint)


def _posts(who: Actor, record: Record) -> list[details.Action]:
    other = isinstance(record, User) and record.id != who.user_id
    if not (other and record.voided_at is None and can(who, "update", record)):
        return []
    return [(_("Hand out a new password"), url_for("account.hand_out"), False)]


def _here() -> Visit:
    found = visit()
    if found is None:  # the gate lets nobody else through
        abort(403)
    return found


@blueprint.get("/account")
def account() -> Answer:
    """The account's own page."""
    here, session = _here(), db.session()
    return render(
        "account.html",
        page={
            "title": _("My account"),
            "username": here.username,
            "sessions": _sessions(session, here),
            "end_url": url_for("account.end_session"),
            "end_others_url": url_for("account.end_others"),
            "password_url": url_for("account.password"),
        },
    )


def _sessions(session: Session, here: Visit) -> list[dict[str, Any]]:
    where = zone(session)
    return [
        {
            "id": row.token,
            "device": device(row.agent),
            "address": row.address,
            "since": time_tag(row.created_at, where),
            "seen": time_tag(row.seen_at, where),
            "current": row.token == here.token,
        }
        for row in signin.of_user(session, here.user_id)
    ]


def device(agent: str) -> str:
    """What a browser calls itself, in two words."""
    found = [
        next((name for sign, name in known if re.search(sign, agent)), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or _("Unknown browser")


@blueprint.post("/account/sessions/end")
def end_session() -> Response:
    """End one of one's own sessions."""
    here, session = _here(), db.session()
    key = request.form.get("id", "")
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        abort(404)
    with writing(session):
        ended = signin.end(session, here.user_id, key)
        if ended:
            _note(session, "signout", here)
    if not ended:
        abort(404)
    flash(_("The session has been ended."), "success")
    return redirect(url_for("account.account"))


@blueprint.post("/account/sessions/end-others")
def end_others() -> Response:
    """End every session of one's own but this one."""
    here, session = _here(), db.session()
    with writing(session):
        signin.end_all(session, [here.user_id], but=here.token)
        _note(session, "signout", here)
    flash(_("Your other sessions have been ended."), "success")
    return redirect(url_for("account.account"))


def _note(session: Session, action: str, here: Visit) -> None:
    audit.note(session, Entry(action, "user", here.user_id, chain=ACCESS))


@blueprint.get("/password")
def password() -> Answer:
    """The form for a new password."""
    return _password_form()


@blueprint.post("/password")
def change_password() -> Answer:
    """A new password for oneself; every other session ends."""
    here, session = _here(), db.session()
    allowed = limits(session)
    guess = signin.attempt_key("password", str(here.user_id))
    with writing(session):
        tries = signin.count(session, guess, allowed.window)
    if tries > allowed.attempts:
        minutes = int(allowed.window.total_seconds()) // 60
        error = _("Too many attempts. Wait {n} minutes.", n=minutes)
        return _password_form({"current": error}, 429)
    errors = _checked(session, here, guess)
    if not errors:
        errors = _changed(session, here)
    if errors:
        return _password_form(errors, 400)
    flash(_("The password is changed. Your other sessions have ended."), "success")
    return redirect(url_for("account.account"))


def _checked(session: Session, here: Visit, guess: str) -> dict[str, str]:
    """What is wrong with the form, by field; first the present password."""
    query = actors.password_hash_of(here.user_id)
    stored = session.connection().execute(query).scalar_one_or_none()
    new = request.form.get("new", "")
    if not passwords.verify(stored, request.form.get("current", "")):
        return {"current": _("This is not your present password.")}
    with writing(session):
        signin.clear(session, guess)
    if passwords.verify(stored, new):
        return {"new": _("The new password is the old one.")}
    if new != request.form.get("again", ""):
        return {"again": _("The two new passwords differ.")}
    return {}


def _changed(session: Session, here: Visit) -> dict[str, str]:
    """Store the new password and move this browser to a new session."""
    allowed, who = limits(session), actor()
    try:
        with writing(session):
            act_as(session, SYSTEM)  # nobody needs a grant to change his own
            user = session.get_one(User, here.user_id)
            act_as(session, who)
            set_password(session, user, Password(request.form["new"]))
            token = signin.begin(session, here.user_id, allowed, place())
            actors.keep_session(session, signin.hashed(token))
    except Refused as refusal:
        return {"new": str(refusal)}
    finally:
        act_as(session, who)
    let_in(session, token)
    return {}


def _password_form(errors: dict[str, str] | None = None, status: int = 200) -> Answer:
    """Three empty fields: what was typed never goes back to the page."""
    labels = {
        "current": (_("Present password"), "current-password"),
        "new": (_("New password"), "new-password"),
        "again": (_("New password again"), "new-password"),
    }
    form = BaseForm(
        {
            name: PasswordField(
                label, render_kw={"autocomplete": kind, "required": True}
            )
            for name, (label, kind) in labels.items()
        }
    )
    form.process()
    for name, sentence in (errors or {}).items():
        form[name].errors = [sentence]
    here = _here()
    shortest = shortest_password(db.session())
    page = {
        "title": _("Change the password"),
        "forced": here.must_change,
        "about": _("A password needs at least {n} characters.", n=shortest),
        "cancel_url": "" if here.must_change else url_for("account.account"),
    }
    return render(
        "password.html", page=page, form=form, forced=here.must_change
    ), status


@blueprint.post("/user/password/")
def hand_out() -> Response:
    """A made-up password for somebody else's login, shown once to whoever asked."""
    session = db.session()
    user = fetch(User, request.form.get("id", ""), "update")
    if user.id == _here().user_id:
        abort(409, _("Change your own password on the page of your account."))
    fresh = Password.made_up()
    with writing(session):
        set_password(session, fetch(User, user.id, "update"), fresh)
    told = _("{name}, shown once: {plain}", name=user.username, plain=fresh.plain)
    flash(told, "info")
    return redirect(url_for("user.details_view", id=user.id))


@blueprint.post("/language")
def speak() -> Response:
    """Switch the language of this browser and, when signed in, of the account."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        abort(400)
    here, session = visit(), db.session()
    if here is not None:
        chosen = update(User).where(User.id == here.user_id).values(language=code)
        with writing(session):  # a preference: no version, no history
            session.connection().execute(chosen)
    use_language(code)
    answer = redirect(_came_from())
    answer.set_cookie(
        "language",
        language(),
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def _came_from() -> str:
    """The page on which the language was switched, if it can be opened again."""
    page = urlsplit(request.referrer or "")
    routes = current_app.create_url_adapter(request)
    if page.netloc != request.host or routes is None:
        return "/"
    if not routes.test(page.path, "GET"):
        return "/"
    return local(page.path + (f"?{page.query}" if page.query else ""))
