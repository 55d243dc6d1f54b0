"""What holds for every answer: headers, CSRF, cookies, errors in one sentence."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict, TooManyRequests

from core.access import Denied
from core.chain import Change
from core.db import Busy
from tests.browsing import Visitor
from tests.conftest import AsActor, Client
from views import errors, security

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
EVERY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SPOKEN = RuntimeError("13800138000 of SELECT secret")


def refuse(app: Flask, patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the account page fail in this way."""

    def fail() -> None:
        raise error

    patch.setitem(app.view_functions, "account.account", fail)
    patch.setitem(app.config, "TESTING", False)
    errors._noted.clear()


@pytest.mark.parametrize(
    "path", ["/login", "/account", "/nowhere", "/healthz", "/static/nothing.css"]
)
def test_every_answer_has_the_headers(client: Client, app: Flask, path: str) -> None:
    for visitor in (client("guard"), Visitor(app)):
        answer = visitor.get(path)
        assert EVERY.items() <= dict(answer.headers).items()
        assert "Permissions-Policy" in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        stored = answer.headers.get("Cache-Control")
        assert (stored == "no-store") is not path.startswith("/static")


def test_https_is_remembered_and_its_cookies_stay_on_it(app: Flask) -> None:
    answer = app.test_client().get("/login", base_url="https://office.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    (cookie,) = answer.headers.getlist("Set-Cookie")
    for part in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert part in cookie


def test_cookies_are_plain_on_loopback(app: Flask) -> None:
    (cookie,) = app.test_client().get("/login").headers.getlist("Set-Cookie")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


@pytest.mark.parametrize(
    "path", ["/logout", "/password", "/language", "/account/sessions/end", "/login"]
)
def test_a_form_without_its_token_does_nothing(client: Client, path: str) -> None:
    visitor = client("guard")
    for token in ("", "nonsense", "a.b.c"):
        answer = visitor.client.post(path, data={"csrf_token": token, "language": "en"})
        assert answer.status_code == 400
    assert visitor.get("/account").status_code == 200


def test_the_token_of_another_browser_is_no_use(app: Flask, client: Client) -> None:
    mine, other = client("guard"), client("finance")
    other.get("/account")
    answer = mine.client.post("/logout", data={"csrf_token": other.token})
    assert answer.status_code == 400


def test_posting_without_a_session_leads_to_the_sign_in(app: Flask) -> None:
    for path in ("/logout", "/complaint/move/", "/login"):
        answer = app.test_client().post(path, data={"id": "1"})
        assert (answer.status_code, answer.location) == (302, "/login")


def test_too_large_a_request_is_refused_in_words(app: Flask, client: Client) -> None:
    visitor = client("guard")
    visitor.get("/account")
    answer = visitor.post("/language", language="e" * 3_000_000)
    assert answer.status_code == 413
    assert "<main" in answer.text


def test_a_wrong_method_names_the_right_ones(client: Client) -> None:
    answer = client("guard").client.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "<main" in answer.text


def test_an_unknown_address_is_answered_in_words(client: Client) -> None:
    answer = client("guard").get("/nowhere")
    assert answer.status_code == 404
    assert "<main" in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Busy(), 503),
        (OperationalError("SELECT secret", {"phone": "13800138000"}, SPOKEN), 503),
        (DataError("SELECT secret", {"phone": "13800138000"}, SPOKEN), 400),
        (IntegrityError("SELECT secret", {"phone": "13800138000"}, SPOKEN), 409),
        (StaleDataError("SELECT secret of 13800138000"), 409),
        (RuntimeError("SELECT secret of 13800138000"), 500),
    ],
)
def test_a_failure_is_told_without_its_words(
    app: Flask,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    visitor = client("guard")
    refuse(app, monkeypatch, error)
    answer = visitor.get("/account")
    assert answer.status_code == status
    assert "<main" in answer.text
    for word in ("13800138000", "SELECT", "secret", "Traceback", "Error"):
        assert word not in answer.text
    assert EVERY.items() <= dict(answer.headers).items()


def test_an_unexpected_error_has_a_number_to_quote_that_is_logged(
    app: Flask,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    visitor = client("guard")
    refuse(app, monkeypatch, RuntimeError("13800138000"))
    with caplog.at_level(logging.ERROR):
        answer = visitor.get("/account")
    (record,) = [r for r in caplog.records if r.name == "qiantai.error"]
    facts: dict[str, Any] = record.__dict__["facts"]
    assert re.fullmatch(r"[0-9a-f]{8}", facts["number"])
    assert facts["number"] in answer.text
    assert "13800138000" not in record.getMessage()


def test_even_a_page_that_cannot_be_drawn_gives_a_sentence(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise RuntimeError("13800138000")

    visitor = client("guard")
    refuse(app, monkeypatch, RuntimeError("13800138000"))
    monkeypatch.setattr(errors, "render", fail)
    answer = visitor.get("/account")
    assert answer.status_code == 500
    assert answer.text.startswith("<!doctype html><html lang=")
    assert "13800138000" not in answer.text


def test_a_sentence_given_with_an_abort_is_shown(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = client("guard")
    refuse(app, monkeypatch, Conflict("It has been voided."))
    assert "It has been voided." in visitor.get("/account").text
    refuse(app, monkeypatch, TooManyRequests(retry_after=7))
    answer = visitor.get("/account")
    assert answer.headers["Retry-After"] == "7"
    assert str(TooManyRequests.description) not in answer.text


@pytest.mark.parametrize(("record_id", "status"), [(None, 403), (7, 404), (0, 404)])
def test_a_denial_hides_records_and_is_noted_once(
    app: Flask,
    client: Client,
    as_actor: AsActor,
    monkeypatch: pytest.MonkeyPatch,
    record_id: int | None,
    status: int,
) -> None:
    visitor = client("guard")
    refuse(app, monkeypatch, Denied("read", "complaint", record_id))
    answers = [visitor.get("/account") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {status}
    with as_actor("") as session:
        query = select(Change).where(Change.action == "denied")
        (entry,) = session.scalars(query)
        assert (entry.chain, entry.slug, entry.note) == ("access", "complaint", "read")
        assert (entry.actor, entry.record_id) == ("guard", record_id or None)


def test_what_was_denied_looks_like_what_does_not_exist(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = client("guard")
    missing = visitor.get("/nowhere").text
    refuse(app, monkeypatch, Denied("read", "complaint", 7))
    hidden = visitor.get("/account").text
    token = re.compile(r'(value|content)="[^"]*"')
    assert token.sub("", hidden) == token.sub("", missing)


def test_a_denial_that_cannot_be_noted_is_still_one(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(session: Any) -> None:
        raise Busy

    visitor = client("guard")
    refuse(app, monkeypatch, Denied("read", "complaint"))
    monkeypatch.setattr(errors, "writing", busy)
    assert visitor.get("/account").status_code == 403


def test_a_flood_of_different_denials_does_not_fill_the_memory() -> None:
    errors._noted.clear()
    for n in range(errors.REMEMBERED + 10):
        assert errors._is_news((n, "read", "complaint"))
    assert len(errors._noted) <= errors.REMEMBERED


def test_health_is_the_databases(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.test_client().get("/healthz").json == {"ok": True}

    def fail(_: str) -> None:
        raise OperationalError("SELECT 1", {}, SPOKEN)

    monkeypatch.setattr(security, "text", fail)
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"ok": False})


def test_the_log_learns_route_and_user_but_no_query(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = client("guard")
    seen: list[dict[str, Any]] = []
    inner = app.wsgi_app

    def outer(environ: Any, start_response: Any) -> Any:
        seen.append(environ)
        return inner(environ, start_response)

    monkeypatch.setattr(app, "wsgi_app", outer)
    visitor.get("/account", q="13800138000")
    facts = seen[0]["qiantai.facts"]
    assert facts["route"] == "/account"
    assert isinstance(facts["user"], int)
    assert "13800138000" not in str(facts)


def test_a_thread_does_not_keep_the_language_of_its_last_request(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("language", "en")
    assert 'lang="en"' in client.get("/login").text
    assert 'lang="zh-Hans-CN"' in app.test_client().get("/login").text
