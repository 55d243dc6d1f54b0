"""Sign-in: throttled, telling nothing, and ended when it should be."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, update

from core import passwords, signin
from core.chain import Change
from core.db import db, now, writing
from models import Setting, User
from tests.browsing import Visitor
from tests.cast import PASSWORD, Office
from tests.conftest import AsActor, Client
from views.login import safe_next


def attempt(
    app: Flask, username: str, password: str, address: str = "10.0.0.1"
) -> tuple[int, str]:
    """One try from a fresh browser: status and what the page says."""
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = address
    visitor.get("/login")
    answer = visitor.post("/login", username=username, password=password)
    return answer.status_code, answer.text


def sentence(page: str) -> str:
    """The words of the page without its token."""
    return re.sub(r'(value|content)="[^"]*"', "", page)


def settle(as_actor: AsActor, **values: str) -> None:
    with as_actor("") as session, writing(session):
        for name, value in values.items():
            code = name.replace("__", ".")
            row = session.scalars(select(Setting).where(Setting.code == code)).first()
            row = row or Setting(code=code, title_zh=code, type="integer")
            row.value = value
            session.add(row)


def access_entries(as_actor: AsActor) -> list[Change]:
    with as_actor("") as session:
        query = select(Change).where(Change.chain == "access").order_by(Change.id)
        return list(session.scalars(query))


def shift_sessions(app: Flask, **values: dt.datetime) -> None:
    """Turn the clock of every session."""
    with app.app_context(), writing(db.session()):
        db.session().connection().execute(update(signin.SignIn).values(**values))


def test_a_visitor_is_sent_to_sign_in_and_back(app: Flask) -> None:
    visitor = Visitor(app)
    answer = visitor.get("/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/login?next=/account?x%3D1")
    visitor.get("/login")
    answer = visitor.client.post(
        "/login?next=/account?x%3D1",
        data={
            "csrf_token": visitor.token,
            "username": "Receptionist ",
            "password": PASSWORD,
        },
    )
    assert (answer.status_code, answer.location) == (302, "/account?x=1")
    assert visitor.get("/account").status_code == 200


def test_addresses_that_do_not_exist_look_like_those_that_do(app: Flask) -> None:
    for path in ("/nowhere", "/complaint/", "/complaint/details/?id=1"):
        answer = Visitor(app).get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/login?next=/")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "evil.example",
        "/login?next=//evil.example",
        "/logout",
        "",
        None,
    ],
)
def test_sign_in_never_leads_elsewhere(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_sign_in_leads_back_to_a_page_of_this_site() -> None:
    assert safe_next("/reception/?book=visit&search=漏水") != "/"


def test_unknown_and_known_users_get_the_same_answer_for_the_same_work(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bool] = []
    original = passwords.verify

    def counting(stored: str | None, password: str) -> bool:
        checked.append(stored is None)
        return original(stored, password)

    monkeypatch.setattr(passwords, "verify", counting)
    known = attempt(app, "receptionist", "wrong password")
    unknown = attempt(app, "nobody-here", "wrong password")
    nonsense = attempt(app, "no\x00body", "wrong password")
    assert known[0] == unknown[0] == nonsense[0] == 400
    assert sentence(known[1]) == sentence(unknown[1]).replace(
        "nobody-here", "receptionist"
    )
    assert checked == [False, True, True]


def test_a_missing_hash_costs_as_much_as_a_stored_one() -> None:
    assert not passwords.verify(None, "anything")
    assert passwords._nobody().startswith("$argon2id$")
    assert passwords._nobody().split("$")[2:4] == passwords.digest("x").split("$")[2:4]


def test_empty_fields_are_not_an_attempt(app: Flask) -> None:
    for _ in range(8):
        assert attempt(app, "receptionist", "")[0] == 400
    assert attempt(app, "receptionist", PASSWORD)[0] == 302


def test_parallel_guesses_do_not_slip_past_the_throttle(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    original = passwords.verify

    def counting(stored: str | None, password: str) -> bool:
        checked.append(password)
        return original(stored, password)

    monkeypatch.setattr(passwords, "verify", counting)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda n: attempt(app, "guard", f"guess {n}", f"10.1.0.{n}")[0],
                range(16),
            )
        )
    assert sorted(answers) == [400] * 5 + [429] * 11
    assert len(checked) == 5


def test_too_many_guesses_lock_the_name_and_nobody_else(app: Flask) -> None:
    for n in range(6):
        status = attempt(app, "guard", f"guess {n}")[0]
    assert status == 429
    assert attempt(app, "GUARD", PASSWORD)[0] == 429
    assert attempt(app, "finance", PASSWORD)[0] == 302


def test_success_clears_the_count(app: Flask) -> None:
    for _ in range(3):
        for n in range(4):
            assert attempt(app, "guard", f"guess {n}")[0] == 400
        assert attempt(app, "guard", PASSWORD)[0] == 302


def test_the_count_ends_with_its_window(app: Flask) -> None:
    for n in range(6):
        attempt(app, "guard", f"guess {n}")
    with app.app_context(), writing(db.session()):
        ended = update(signin.Attempt).values(until=now() - dt.timedelta(seconds=1))
        db.session().connection().execute(ended)
    assert attempt(app, "guard", PASSWORD)[0] == 302


def test_one_address_cannot_try_one_password_on_everybody(
    app: Flask, as_actor: AsActor
) -> None:
    settle(as_actor, signin__address_attempts="4")
    statuses = [attempt(app, f"user{n}", "Spring-2026")[0] for n in range(6)]
    assert statuses == [400] * 4 + [429] * 2
    assert attempt(app, "finance", PASSWORD)[0] == 429
    assert attempt(app, "finance", PASSWORD, "10.0.0.2")[0] == 302


def test_an_office_behind_one_address_signs_in_in_the_morning(
    app: Flask, as_actor: AsActor
) -> None:
    settle(as_actor, signin__address_attempts="2")
    for job in ("receptionist", "supervisor", "manager", "guard", "finance"):
        assert attempt(app, job, PASSWORD)[0] == 302


def test_ipv6_visitors_are_counted_by_their_network() -> None:
    assert signin.network("2001:db8:1:2:aaaa::1") == signin.network("2001:db8:1:2::9")
    assert signin.network("::ffff:10.0.0.1") == "10.0.0.1"
    assert signin.network("no address") == "unknown"


def test_failures_are_in_the_history_but_a_flood_is_not(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    for n in range(12):
        attempt(app, "guard", f"secret guess {n}")
    attempt(app, "nobody-here", "secret guess")
    entries = [e for e in access_entries(as_actor) if e.action == "signin_failed"]
    assert [(e.record_id, e.note) for e in entries] == [
        *[(office.users["guard"], "")] * 5,
        (None, "throttled"),
        (None, ""),
    ]


def test_sign_in_and_out_are_in_the_history(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    client("finance").get("/account")
    client("finance").post("/logout")
    mine = [e for e in access_entries(as_actor) if e.user_id == office.users["finance"]]
    assert [e.action for e in mine] == ["signin", "signout"]
    assert {e.actor for e in mine} == {"finance"}


def test_neither_tokens_nor_what_was_typed_are_stored(
    app: Flask, client: Client, as_actor: AsActor
) -> None:
    visitor = client("finance")
    attempt(app, "my-secret-typed-as-name", "whatever")
    with visitor.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with as_actor("") as session:
        connection = session.connection()
        rows = [
            *connection.execute(select(signin.SignIn)),
            *connection.execute(select(signin.Attempt)),
            *connection.execute(select(Change)),
        ]
    assert token not in str(rows)
    assert "my-secret" not in str(rows)
    assert signin.hashed(token) in str(rows)


def test_signing_in_gives_a_new_session_and_a_new_form_token(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.get("/login")
    with visitor.client.session_transaction() as cookie:
        planted = cookie["csrf_token"]
        cookie["_user_id"] = "planted-by-an-attacker"
    visitor.post("/login", username="finance", password=PASSWORD)
    with visitor.client.session_transaction() as cookie:
        assert cookie["_user_id"] != "planted-by-an-attacker"
        assert cookie.get("csrf_token") != planted


def test_signing_out_ends_the_session_on_the_server(client: Client) -> None:
    visitor = client("finance")
    with visitor.client.session_transaction() as cookie:
        stolen = dict(cookie)
    visitor.get("/account")
    answer = visitor.post("/logout")
    assert (answer.status_code, answer.location) == (302, "/login")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    with visitor.client.session_transaction() as cookie:
        assert "_user_id" not in cookie
        cookie.update(stolen)
    assert visitor.get("/account").location == "/login?next=/account"


def test_somebody_else_signing_in_at_this_browser_ends_the_first(
    app: Flask, client: Client
) -> None:
    visitor = client("finance")
    with visitor.client.session_transaction() as cookie:
        before = dict(cookie)
    visitor.get("/account")
    visitor.post("/login", username="guard", password=PASSWORD)
    with visitor.client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(before)
    assert visitor.get("/account").status_code == 302


def test_an_idle_session_expires(app: Flask, client: Client) -> None:
    visitor = client("finance")
    shift_sessions(app, expires=now() - dt.timedelta(seconds=1))
    assert visitor.get("/account").status_code == 302


def test_use_keeps_a_session_but_not_beyond_its_absolute_end(
    app: Flask, client: Client, as_actor: AsActor
) -> None:
    visitor, moment = client("finance"), now()
    shift_sessions(
        app,
        created_at=moment - dt.timedelta(hours=11, minutes=50),
        seen_at=moment - dt.timedelta(minutes=20),
        expires=moment + dt.timedelta(minutes=5),
    )
    assert visitor.get("/account").status_code == 200
    with as_actor("") as session:
        row = session.scalars(select(signin.SignIn)).one()
        assert row.seen_at >= moment
        assert row.expires == row.created_at + dt.timedelta(hours=12)


def test_a_session_is_noted_as_seen_once_a_minute(
    app: Flask, client: Client, as_actor: AsActor
) -> None:
    visitor, moment = client("finance"), now()
    shift_sessions(app, seen_at=moment - dt.timedelta(seconds=50))
    visitor.get("/account")
    with as_actor("") as session:
        assert session.scalars(select(signin.SignIn)).one().seen_at < moment


def test_the_office_sets_its_own_time_outs(
    app: Flask, client: Client, as_actor: AsActor
) -> None:
    settle(as_actor, signin__idle_minutes="5", signin__absolute_hours="1")
    client("finance")
    with as_actor("") as session:
        row = session.scalars(select(signin.SignIn)).one()
        assert row.expires - row.created_at == dt.timedelta(minutes=5)


def test_a_disabled_or_voided_user_cannot_sign_in(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session, writing(session):
        session.get_one(User, office.users["guard"]).disabled = True
        session.get_one(User, office.users["finance"]).voided_at = now()
    assert attempt(app, "guard", PASSWORD)[0] == 400
    assert attempt(app, "finance", PASSWORD)[0] == 400


def test_a_login_disabled_while_its_password_is_checked_stays_out(
    app: Flask, as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = passwords.verify

    def meanwhile(stored: str | None, password: str) -> bool:
        with writing(db.session()):
            gone = update(User).where(User.username == "guard").values(disabled=True)
            db.session().connection().execute(gone)
        return original(stored, password)

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert attempt(app, "guard", PASSWORD)[0] == 400


def test_an_old_hash_is_replaced_by_a_stronger_one(
    app: Flask, as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_actor("") as session:
        before = session.get_one(User, office.users["guard"])
        old, version = before.password_hash, before.version
    monkeypatch.setattr(passwords, "outdated", lambda stored: True)
    assert attempt(app, "guard", PASSWORD)[0] == 302
    with as_actor("") as session:
        after = session.get_one(User, office.users["guard"])
        assert after.password_hash not in (None, old)
        assert after.version == version
        assert after.last_sign_in is not None
    assert attempt(app, "guard", PASSWORD)[0] == 302
