"""What holds for every answer: CSRF, headers, cookies, limits of size."""

from __future__ import annotations

import os

from flask import Flask, Response, g, jsonify, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from core.db import db
from core.words import use_language
from views import errors

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(),"
        " display-capture=()"
    ),
}
HSTS = "max-age=31536000"
LIMITS = {
    "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
    "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
    "MAX_FORM_PARTS": 5_000,
}
FILES = 64 * 1024 * 1024
"""How much a form may send that takes files."""
IMPORT = 48 * 1024 * 1024
"""The largest request that may bring a file to import."""
COOKIES = {
    "SESSION_COOKIE_NAME": "qiantai",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    # the token lives as long as the session in whose cookie it stands
    "WTF_CSRF_TIME_LIMIT": None,
}

csrf = CSRFProtect()


class Cookie(SecureCookieSessionInterface):
    """Flask's signed cookie, Secure exactly when the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Plain on loopback, or the browser would not send it back."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Switch everything on; comes before the other views."""
    app.config.update(COOKIES)
    for name, value in LIMITS.items():
        if app.config.get(name) is None or name == "MAX_FORM_MEMORY_SIZE":
            app.config[name] = value
    app.session_interface = Cookie()
    if hops := int(os.environ.get("PROXY_HOPS", "0")):
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.before_request(_bound)
    app.before_request(_speak)
    csrf.init_app(app)
    app.after_request(_protect)
    errors.init_app(app)
    app.add_url_rule("/healthz", "health", _health)


def _bound() -> None:
    """Werkzeug bounds the parts of a multipart form only; this is the other kind."""
    if (request.endpoint or "").endswith(".import_view"):
        request.max_content_length = IMPORT
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = LIMITS["MAX_FORM_MEMORY_SIZE"]
    elif request.path.endswith(("/attach/", "/new/")):
        request.max_content_length = FILES


def _speak() -> None:
    """Threads keep the language of their last request; begin with this browser's."""
    from views.login import cookie_language  # noqa: PLC0415  login comes later

    use_language(cookie_language())


def _protect(answer: Response) -> Response:
    if "Content-Security-Policy" in answer.headers:  # an attached file's is stricter
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
    else:
        answer.headers.extend(HEADERS)
    if request.is_secure:
        answer.headers["Strict-Transport-Security"] = HSTS
    if request.endpoint != "static":
        answer.headers["Cache-Control"] = "no-store"
    _tell(answer)
    return answer


def _tell(answer: Response) -> None:
    """Leave for the request's log line which route and which user it was."""
    rule, actor = request.url_rule, g.get("actor")
    request.environ["qiantai.facts"] = {
        "route": rule.rule if rule else None,
        "user": actor.user_id if actor else None,
    }


def _health() -> tuple[Response, int]:
    """Whether the office can answer: the database does."""
    try:
        db.session().connection().execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(ok=False), 503
    return jsonify(ok=True), 200
