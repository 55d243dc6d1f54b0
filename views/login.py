"""Sign-in and sign-out, and the gate before every other screen."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    current_app,
    g,
    redirect,
    request,
    url_for,
)
from flask import (
    session as cookie,
)
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.form import BaseForm

from core import audit, passwords, signin
from core.access import Actor, act_as
from core.audit import ACCESS, Entry
from core.db import Busy, db, writing
from core.words import DEFAULT, LANGUAGES, _, use_language
from models import User
from views import actors
from views.actors import Visit
from views.people import plain_name, positive
from views.shell import render

Answer = str | Response | tuple[str, int]

UNSEEN = frozenset({"static", "health"})
"""Answered without asking who is there."""
OPEN = {"login.form", "login.check", "setup.form", "setup.finish", "account.speak"}
"""Answered to whoever asks; a view of its own adds its endpoints."""
MEANWHILE = frozenset(
    {
        "account.password",
        "account.change_password",
        "account.speak",
        "login.leave",
    }
)
"""What somebody with a handed-out password may open before replacing it."""

log = logging.getLogger("qiantai.signin")

blueprint = Blueprint("login", __name__)
_manager = LoginManager()
_manager.session_protection = (
    None  # the session is on the server; phones change address
)


class Visitor(UserMixin):
    """Flask-Login's idea of somebody signed in; its id is the session's token."""

    def __init__(self, token: str, visit: Visit) -> None:
        self.token, self.visit = token, visit

    def get_id(self) -> str:
        """What the browser's signed cookie carries."""
        return self.token


def init_app(app: Flask) -> None:
    """Put the gate up."""
    _manager.init_app(app)
    app.before_request(_gate)
    app.register_blueprint(blueprint)


@_manager.user_loader
def _load(token: str) -> Visitor | None:
    visit = actors.resume(db.session(), token)
    return None if visit is None else Visitor(token, visit)


def visit() -> Visit | None:
    """The session that this request belongs to."""
    return current_user.visit if current_user.is_authenticated else None


def limits(session: Session) -> signin.Limits:
    """The office's time-outs and throttle."""
    usual = signin.Limits()
    minutes = {
        "idle": positive(session, "signin.idle_minutes", 30),
        "absolute": positive(session, "signin.absolute_hours", 12) * 60,
        "window": positive(session, "signin.window_minutes", 15),
    }
    return signin.Limits(
        attempts=positive(session, "signin.attempts", usual.attempts),
        address_attempts=positive(
            session, "signin.address_attempts", usual.address_attempts
        ),
        **{name: dt.timedelta(minutes=value) for name, value in minutes.items()},
    )


def cookie_language() -> str:
    """The language that this browser last chose."""
    code = request.cookies.get("language", "")
    return code if code in LANGUAGES else DEFAULT


def _gate() -> Response | None:
    """Nobody gets past without a living session but to what is open to all."""
    g.actor, session = Actor("nobody"), db.session()
    if request.endpoint in UNSEEN:
        return None
    act_as(session, None)
    here = visit()
    if here is None:
        return None if request.endpoint in OPEN else _to_login()
    _see(session, here)
    g.actor, g.session_key = actors.actor_of_visit(session, here), here.token
    act_as(session, g.actor)
    use_language(here.language or cookie_language())
    if here.must_change and request.endpoint not in MEANWHILE:
        return redirect(url_for("account.password"))
    return None


def _see(session: Session, here: Visit) -> None:
    """Note once a minute that the session is in use; not worth waiting in a queue."""
    if not signin.is_due(here.seen_at):
        return
    try:
        with writing(session):
            signin.touch(session, here.token, here.created_at, limits(session))
    except Busy:
        log.warning("a session could not be noted as seen")


def _to_login() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    wanted = here if here not in ("", "/") else None
    return redirect(url_for("login.form", next=wanted))


def local(target: str | None) -> str:
    """The place on this site that ``target`` names, else the start page."""
    if not target or not target.isprintable() or "\\" in target:
        return "/"
    parts = urlsplit(target)
    here = target.startswith("/") and not target.startswith("//")
    return target if here and not (parts.scheme or parts.netloc) else "/"


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a place on this site, not the sign-in itself."""
    found = local(target)
    return "/" if urlsplit(found).path in ("/login", "/logout", "/setup") else found


@blueprint.get("/login")
def form() -> Answer:
    """The sign-in form; the first visitor of a new office is sent to set it up."""
    if visit() is not None:
        return redirect(safe_next(request.args.get("next")))
    if not is_set_up(db.session()):
        return redirect(url_for("setup.form"))
    return _form()


def is_set_up(session: Session) -> bool:
    """Whether there is anybody who could sign in; remembered once it is so."""
    known = current_app.extensions.setdefault("qiantai.set_up", set())
    place = str(session.get_bind().engine.url)
    if place not in known:
        if session.connection().execute(select(User.id).limit(1)).first() is None:
            return False
        known.add(place)
    return True


@blueprint.post("/login")
def check() -> Answer:
    """Sign in: count the attempt, then look at the password, then open a session."""
    typed, password = request.form.get("username", ""), request.form.get("password", "")
    if not typed.strip() or not password:
        return _form(_("Enter the user name and the password."), 400)
    session, username = db.session(), plain_name(typed)
    allowed = limits(session)
    keys = _keys(username or typed.strip())
    if not _counted(session, keys, allowed):
        minutes = int(allowed.window.total_seconds()) // 60
        return _form(_("Too many attempts. Wait {n} minutes.", n=minutes), 429)
    user = session.connection().execute(_LOGIN, {"username": username}).one_or_none()
    stored = None if user is None else user.password_hash
    if not passwords.verify(stored, password) or not _may_enter(user):
        with writing(session):
            _note(session, "signin_failed", None if user is None else user.id)
        return _form(_("The user name or the password is wrong."), 400)
    return _enter(session, user, password, keys, allowed)


_LOGIN = select(User.id, User.password_hash, User.disabled, User.voided_at).where(
    User.username == bindparam("username")
)


def _may_enter(user: Any) -> bool:
    return user is not None and not user.disabled and user.voided_at is None


def _keys(username: str) -> tuple[str, str]:
    """The two counters of an attempt: of the name, of the address."""
    address = signin.network(request.remote_addr or "")
    return (
        signin.attempt_key("user", username),
        signin.attempt_key("address", address),
    )


def _counted(session: Session, keys: tuple[str, str], allowed: signin.Limits) -> bool:
    """Count the attempt under both keys and commit; False when it is one too many."""
    bounds = (allowed.attempts, allowed.address_attempts)
    with writing(session):
        numbers = [signin.count(session, key, allowed.window) for key in keys]
        if any(n == bound + 1 for n, bound in zip(numbers, bounds, strict=True)):
            _note(session, "signin_failed", None, "throttled")
    return all(n <= bound for n, bound in zip(numbers, bounds, strict=True))


def _enter(
    session: Session,
    user: Any,
    password: str,
    keys: tuple[str, str],
    allowed: signin.Limits,
) -> Answer:
    """Open the session, unless the login changed while the password was checked."""
    before, actor = visit(), actors.actor_of_user(session, user.id)
    stronger = passwords.outdated(user.password_hash) and passwords.digest(password)
    act_as(session, actor)
    with writing(session):
        again = session.connection().execute(_AGAIN, {"id": user.id}).one_or_none()
        if again is None or tuple(again) != tuple(user):
            act_as(session, None)
            return _form(_("The user name or the password is wrong."), 400)
        if before is not None:
            signin.end(session, before.user_id, before.token)
        signin.clear(session, keys[0])
        signin.give_back(session, keys[1])
        token = signin.begin(session, user.id, allowed, place())
        actors.note_sign_in(session, user.id, stronger or None)
        _note(session, "signin", user.id)
    let_in(session, token)
    return redirect(safe_next(request.values.get("next")))


_AGAIN = select(User.id, User.password_hash, User.disabled, User.voided_at).where(
    User.id == bindparam("id")
)


def let_in(session: Session, token: str) -> None:
    """Give the browser its new token and nothing of what it had before."""
    opened = actors.resume(session, token)
    if opened is None:
        raise RuntimeError("a session ended while it was opened")
    cookie.clear()
    login_user(Visitor(token, opened))
    for unused in ("_id", "_fresh"):  # the session is guarded on the server
        cookie.pop(unused, None)


def place() -> tuple[str, str]:
    """Where this request comes from: address and browser."""
    return request.remote_addr or "", request.user_agent.string


def _note(session: Session, action: str, user_id: int | None, note: str = "") -> None:
    entry = Entry(action, "user", user_id, note=note, chain=ACCESS)
    entry.personal["address"] = [None, request.remote_addr or ""]
    audit.note(session, entry)


@blueprint.post("/logout")
def leave() -> Response:
    """Sign out: the session ends on the server, the browser forgets its drafts."""
    here, session = visit(), db.session()
    if here is not None:
        with writing(session):
            signin.end(session, here.user_id, here.token)
            _note(session, "signout", here.user_id)
    logout_user()
    cookie.clear()
    answer = redirect(url_for("login.form"))
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


def _form(error: str = "", status: int = 200) -> Answer:
    fields = {
        "username": StringField(_("User name"), render_kw=_kind("username")),
        "password": PasswordField(_("Password"), render_kw=_kind("current-password")),
    }
    made = BaseForm(fields)
    made.process(request.form)
    return render("login.html", form=made, error=error), status


def _kind(autocomplete: str) -> dict[str, Any]:
    """What lets a browser or password store fill the field, and phones not alter it."""
    return {
        "autocomplete": autocomplete,
        "autocapitalize": "none",
        "spellcheck": "false",
        "required": True,
    }
