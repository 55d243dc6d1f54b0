"""What went wrong, in one sentence; never how the program is made."""

from __future__ import annotations

import errno
import logging
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, current_app, flash, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from core import audit
from core.access import Denied, actor_of
from core.audit import ACCESS, Entry
from core.db import Busy, db, writing
from core.words import _, language
from views.shell import render

log = logging.getLogger("qiantai.error")

Answer = tuple[str, int] | Response
QUIET_FOR = 600.0
"""Seconds in which the same denial of the same user is noted once."""
REMEMBERED = 10_000

_EXPLAINED = frozenset({400, 409, 422, 429})
"""Answers whose sentence the one who aborts may say better."""

_noted: dict[tuple[int | None, str, str], float] = {}


def init_app(app: Flask) -> None:
    """One handler for each way in which a request can fail."""
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(Denied, _denied)
    for kind, code in (
        (Busy, 503),
        (OperationalError, 503),
        (DataError, 400),
        (IntegrityError, 409),
        (StaleDataError, 409),
    ):
        app.register_error_handler(kind, _of_database(code))
    app.register_error_handler(OSError, _of_system)
    app.register_error_handler(Exception, _unexpected)


def sentence(code: int) -> str:
    """What the status means to whoever asked."""
    known = {
        400: _("This could not be understood. Go back, check the form and try again."),
        403: _("You have no right to open this."),
        404: _("There is nothing here, or it is not for you to see."),
        405: _("This address does not take such a request."),
        409: _("Somebody changed this in the meantime. Go back and look again."),
        413: _("This is too large to be sent."),
        415: _("This kind of file or content is not accepted."),
        429: _("Too many requests. Wait a while and try again."),
        500: _("Something went wrong. It has been noted."),
        503: _("The office is busy. Try again in a moment."),
    }
    return known.get(code) or (known[400] if code < 500 else known[500])


def page(code: int, words: str = "") -> tuple[str, int]:
    """The error page; a bare one when even that cannot be drawn."""
    words = words or sentence(code)
    try:
        return render("error.html", code=code, sentence=words, home_url="/"), code
    except Exception:  # the database or a template is what failed
        log.exception("the error page could not be drawn")
        lang = "en" if language() == "en" else "zh-Hans-CN"
        bare = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
            f"<title>{code}</title><main><h1>{code}</h1><p>{escape(words)}</p></main>"
        )
        return bare, code


def _told(error: HTTPException) -> Answer:
    code = error.code or 500
    own = isinstance(error.description, str) and "description" in error.__dict__
    words = str(error.description) if own and code in _EXPLAINED else ""
    answer = current_app.make_response(page(code, words))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _forged(error: CSRFError) -> Answer:
    """A form without its token; whoever is not signed in signs in first."""
    open_to_all = request.endpoint in ("setup.finish", "account.speak")
    if current_user.is_authenticated or open_to_all:
        words = _("The form has expired. Go back, reload the page and send again.")
        return page(400, words)
    if request.endpoint == "login.check":
        flash(_("The form had expired. Please sign in again."), "info")
    return redirect(url_for("login.form"))


def _denied(error: Denied) -> Answer:
    """No screen without a right to it; of a record not even that it exists."""
    session = db.session()
    session.rollback()
    actor = actor_of(session)
    if _is_news((actor.user_id, error.action, error.slug)):
        entry = Entry("denied", error.slug, error.record_id or None, note=error.action)
        entry.chain = ACCESS
        try:
            with writing(session):
                audit.note(session, entry)
        except Busy:
            log.warning("a denial could not be noted")
    return page(403 if error.record_id is None else 404)


def _is_news(key: tuple[int | None, str, str]) -> bool:
    """Whether this denial was not noted lately; a scanner must not fill the history."""
    moment = time.monotonic()
    if moment - _noted.get(key, -QUIET_FOR) < QUIET_FOR:
        return False
    if len(_noted) >= REMEMBERED:
        _noted.clear()
    _noted[key] = moment
    return True


def _of_database(code: int) -> Callable[[Exception], Answer]:
    """A handler that answers ``code`` and keeps the database's words to itself."""

    def handle(error: Exception) -> Answer:
        log.warning("refused by the database", exc_info=error)
        db.session().rollback()
        return page(code)

    return handle


def _of_system(error: OSError) -> Answer:
    """A full disk is the office's own affair; anything else was not expected."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return _unexpected(error)
    log.error("the disk is full", exc_info=error)
    db.session().rollback()
    return page(503, _("The office's disk is full. Nothing was kept."))


def _unexpected(error: Exception) -> Answer:
    """A fault of ours: logged without anybody's data, under a number to quote."""
    if current_app.config["PROPAGATE_EXCEPTIONS"] or current_app.testing:
        raise error
    number = secrets.token_hex(4)
    log.error("unexpected", exc_info=error, extra={"facts": {"number": number}})
    db.session().rollback()
    quote = _("Quote the number {number}.", number=number)
    return page(500, " ".join((sentence(HTTPStatus.INTERNAL_SERVER_ERROR), quote)))
