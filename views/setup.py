"""The first visit: the page that sets the office up, opened by the console's code."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any

import click
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
from sqlalchemy import inspect
from sqlalchemy.orm import Session
from wtforms import PasswordField, SelectField, StringField, TextAreaField
from wtforms.form import BaseForm

from core import signin
from core.access import SYSTEM, act_as
from core.db import db, writing
from core.words import _
from views import founding
from views.founding import PRESETS, QUESTIONS
from views.login import Answer, is_set_up, limits
from views.people import Refused
from views.shell import render
from views.upgrade import upgrade_schema

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

blueprint = Blueprint("setup", __name__)


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


def announce(app: Flask, address: str = "http://127.0.0.1:5000") -> None:
    """Before serving: print a new one-time code while the office is not set up."""
    with app.app_context():
        ensure_schema()
        if not is_set_up(db.session()):
            _print_code(_new_code(), address)
        db.session.remove()
        db.engine.dispose()  # processes forked from here open their own


def ensure_schema() -> None:
    """Make the tables in a database that has none."""
    if not inspect(db.engine).has_table("user"):
        upgrade_schema()


@blueprint.get("/setup")
def form() -> Answer:
    """The questions; 404 for ever after the office stands."""
    _only_once()
    if not _code_path().exists():
        _print_code(_new_code(), request.host_url.rstrip("/"))
    return _page()


@blueprint.post("/setup")
def finish() -> Answer:
    """Make the office, then hand out the passwords that were made up."""
    _only_once()
    session = db.session()
    if shut := _shut(session, request.form.get("code", "")):
        return _page([shut[0]], shut[1])
    if request.form.get("password") != request.form.get("again"):
        return _page([_("The two passwords differ.")], 400)
    try:
        made = _found(session)
    except Refused as refusal:
        return _page([str(refusal)], 400)
    _code_path().unlink(missing_ok=True)
    if made:
        return _page(made=made)
    flash(_("The office is set up. Sign in with your new user name."), "success")
    return redirect(url_for("login.form"))


def _found(session: Session) -> list[tuple[str, str, str]]:
    sent = request.form
    listed = list(founding.newcomers(sent.get("people", "")))
    answers = {question.name: sent.get(question.name, "") for question in QUESTIONS}
    act_as(session, SYSTEM)
    try:
        with writing(session):
            founding.set_up(
                session,
                sent.get("company", ""),
                sent.get("project", ""),
                sent.get("admin", ""),
                sent.get("password", ""),
                sent.get("preset", "standard"),
                answers,
            )
            act_as(session, SYSTEM)
            return founding.add_newcomers(session, listed)
    finally:
        act_as(session, None)


def _only_once() -> None:
    ensure_schema()
    if is_set_up(db.session()):
        abort(404)


def _shut(session: Session, code: str) -> tuple[str, int] | None:
    """Why the door stays shut, with its status; only wrong codes are counted."""
    allowed = limits(session)
    key = signin.attempt_key("setup", signin.network(request.remote_addr or ""))
    with writing(session):
        tries = signin.count(session, key, allowed.window)
    if tries > 2 * allowed.attempts:
        return _("Too many attempts. Wait a while and try again."), 429
    if not _is_code(code):
        return _("The code is not the one on the console."), 400
    with writing(session):
        signin.clear(session, key)
    return None


def _code_path() -> Path:
    folder: Path = current_app.config["INSTANCE"]
    return folder / "setup_code"


def _new_code() -> str:
    """A fresh code; only its hash is kept."""
    code = "-".join(
        "".join(secrets.choice(ALPHABET) for _i in range(4)) for _n in range(3)
    )
    path = _code_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(_hash(code))
    return code


def _hash(code: str) -> str:
    plain = "".join(filter(str.isalnum, code)).upper()
    return hashlib.sha256(plain.encode()).hexdigest()


def _is_code(typed: str) -> bool:
    path = _code_path()
    stored = path.read_text("ascii").strip() if path.exists() else secrets.token_hex(32)
    return hmac.compare_digest(stored, _hash(typed[:40]))


def _print_code(code: str, address: str) -> None:
    click.echo(
        _(
            "This office is not set up yet. Open {address}/setup and enter the code"
            " {code} (valid once).",
            address=address,
            code=code,
        ),
        err=True,
    )


def _page(
    errors: list[str] | None = None,
    status: int = 200,
    made: list[tuple[str, str, str]] | None = None,
) -> Answer:
    page = {
        "title": _("Set up the office"),
        "errors": errors or [],
        "made": made or [],
        "login_url": url_for("login.form"),
    }
    asked = _form()
    return render("setup.html", page=page, form=asked, errors=errors or []), status


def _form() -> BaseForm:
    """The things asked at the start; passwords and the code are never sent back."""
    new = {"autocomplete": "new-password", "required": True}
    needed: dict[str, Any] = {"required": True, "maxlength": 200}
    form = BaseForm(
        {
            "code": StringField(_("Code from the console"), render_kw=needed),
            "company": StringField(_("Property company"), render_kw=needed),
            "project": StringField(_("Project"), render_kw=needed),
            "admin": StringField(_("Administrator's user name"), render_kw=needed),
            "password": PasswordField(_("Password"), render_kw=new),
            "again": PasswordField(_("Password again"), render_kw=new),
            "preset": SelectField(
                _("Size of the office"), choices=_presets(), default="standard"
            ),
            **{
                question.name: StringField(
                    _question_words()[question.name],
                    default=question.usual,
                    render_kw=_control(question.kind),
                )
                for question in QUESTIONS
            },
            "people": TextAreaField(
                _("People"),
                description=_(
                    "One on each line: user name, name, roles. Passwords are made up"
                    " and shown once."
                ),
                render_kw={"rows": 5},
            ),
        }
    )
    form.process(request.form)
    form["code"].data = ""
    return form


def _control(kind: str) -> dict[str, Any]:
    """How the browser asks for an answer of that kind."""
    known: dict[str, dict[str, Any]] = {
        "time": {"type": "time"},
        "number": {"type": "number", "min": 1, "max": 1000},
        "money": {"inputmode": "decimal"},
    }
    return known[kind]


def _presets() -> list[tuple[str, str]]:
    words = {
        "small": _("Three people, a few hundred households"),
        "standard": _("Standard: everything for one project"),
        "company": _("Company: several projects, branch reports"),
    }
    return [(code, words[code]) for code in PRESETS]


def _question_words() -> dict[str, str]:
    return {
        "opens": _("Office opens"),
        "closes": _("Office closes"),
        "card_fee": _("Fee for a card, yuan (may stay empty)"),
        "card_months": _("Cards of tenants and merchants are valid for, months"),
        "first_reply_hours": _("First reply to a complaint within, hours"),
        "arrival_minutes": _("Arrival at a repair within, minutes"),
    }
