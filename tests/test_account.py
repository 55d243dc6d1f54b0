"""One's own account: sessions, password, language."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from core import signin
from core.chain import Change
from core.db import writing
from models import User
from tests.browsing import Visitor
from tests.cast import PASSWORD, Office
from tests.conftest import AsActor, Client
from views import people
from views.account import device
from views.people import Password

NEW = "Ein-anderes-9"


def hand_out(as_actor: AsActor, office: Office, job: str, plain: str) -> None:
    with as_actor("") as session, writing(session):
        user = session.get_one(User, office.users[job])
        people.set_password(session, user, Password(plain, must_change=True))


def change(visitor: Visitor, current: str, new: str, again: str | None = None) -> int:
    visitor.get("/password")
    answer = visitor.post(
        "/password", current=current, new=new, again=new if again is None else again
    )
    for typed in (current, new):
        assert len(typed) < 4 or typed not in answer.text
    return answer.status_code


def test_a_handed_out_password_must_be_replaced_first(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    hand_out(as_actor, office, "guard", "handed-out-7x")
    visitor = Visitor(app, "guard", "handed-out-7x")
    for path in ("/", "/account", "/lost_found/", "/nowhere", "/search?q=x"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.location) == (302, "/password")
    assert visitor.get("/password").status_code == 200
    assert change(visitor, "handed-out-7x", "handed-out-7x") == 400
    assert change(visitor, "handed-out-7x", NEW) == 302
    assert visitor.get("/account").status_code == 200
    assert Visitor(app, "guard", NEW).get("/account").status_code == 200


def test_somebody_with_a_handed_out_password_may_leave(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    hand_out(as_actor, office, "guard", "handed-out-7x")
    visitor = Visitor(app, "guard", "handed-out-7x")
    visitor.get("/password")
    assert visitor.post("/logout").location == "/login"


def test_a_new_password_ends_the_other_sessions_and_moves_this_one(
    app: Flask, client: Client
) -> None:
    other, mine = client("guard"), Visitor(app, "guard")
    with mine.client.session_transaction() as cookie:
        stolen = dict(cookie)
    assert change(mine, PASSWORD, NEW) == 302
    assert mine.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    with other.client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(stolen)
    assert other.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "again"),
    [
        ("not this one", NEW, NEW),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, NEW, NEW + "x"),
        (PASSWORD, "short-1", "short-1"),
        (PASSWORD, "x" * 300, "x" * 300),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa"),
        (PASSWORD, "password1234", "password1234"),
        (PASSWORD, "my-guard-password", "my-guard-password"),
        (PASSWORD, "with\x00control", "with\x00control"),
        (PASSWORD, "", ""),
        ("", "", ""),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    app: Flask, client: Client, current: str, new: str, again: str
) -> None:
    visitor = client("guard")
    assert change(visitor, current, new, again) == 400
    assert visitor.get("/account").status_code == 200
    assert Visitor(app, "guard", PASSWORD).get("/account").status_code == 200


def test_full_width_typing_is_the_same_password(app: Flask, client: Client) -> None:
    assert change(client("guard"), PASSWORD, "Ｅｉｎ－ａｎｄｅｒｅｓ－９") == 302
    assert Visitor(app, "guard", NEW).get("/account").status_code == 200


def test_the_present_password_cannot_be_guessed_from_a_borrowed_browser(
    client: Client,
) -> None:
    visitor = client("guard")
    statuses = [change(visitor, f"guess {n}", NEW) for n in range(6)]
    assert statuses == [400] * 5 + [429]
    assert change(visitor, PASSWORD, NEW) == 429


def test_a_weak_new_password_may_be_tried_again_and_again(client: Client) -> None:
    visitor = client("guard")
    assert {change(visitor, PASSWORD, "zu-duan") for _ in range(8)} == {400}
    assert change(visitor, PASSWORD, NEW) == 302


def test_a_changed_password_is_in_the_history_without_its_hash(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    change(client("guard"), PASSWORD, NEW)
    with as_actor("") as session:
        query = select(Change).where(Change.action == "password")
        (entry,) = session.scalars(query)
        assert (entry.slug, entry.record_id) == ("user", office.users["guard"])
        assert entry.actor == "guard"


def test_the_account_lists_ones_own_sessions(app: Flask, client: Client) -> None:
    visitor = client("guard")
    Visitor(app, "guard")
    Visitor(app, "finance")
    page = visitor.get("/account").text
    assert len(re.findall(r'name="id" value="[0-9a-f]{64}"', page)) == 1


def test_one_session_or_all_others_can_be_ended(app: Flask, client: Client) -> None:
    visitor, second, third = client("guard"), Visitor(app, "guard"), None
    found = re.search(r'name="id" value="([0-9a-f]{64})"', visitor.get("/account").text)
    assert found is not None
    assert visitor.post("/account/sessions/end", id=found[1]).status_code == 302
    assert second.get("/account").status_code == 302
    second, third = Visitor(app, "guard"), Visitor(app, "guard")
    visitor.get("/account")
    assert visitor.post("/account/sessions/end-others").status_code == 302
    assert {v.get("/account").status_code for v in (second, third)} == {302}
    assert visitor.get("/account").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    other, visitor = client("finance"), client("guard")
    with as_actor("") as session:
        query = select(signin.SignIn.token).where(
            signin.SignIn.user_id == office.users["finance"]
        )
        (foreign,) = session.scalars(query)
    visitor.get("/account")
    for wrong in (foreign, "", "x" * 64, "\x00"):
        answer = visitor.post("/account/sessions/end", id=wrong)
        assert answer.status_code == 404
    assert other.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile MicroMessenger/8.0",
            "WeChat · Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605",
            "Safari · iOS",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140) Firefox/140.0", "Firefox · Linux"),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, words: str) -> None:
    assert device(agent) == words


def test_the_language_is_kept_by_browser_and_account(
    app: Flask, client: Client
) -> None:
    visitor = client("guard")
    visitor.get("/account")
    visitor.client.environ_base["HTTP_REFERER"] = "http://localhost/account?x=1"
    answer = visitor.post("/language", language="en")
    assert (answer.status_code, answer.location) == (302, "/account?x=1")
    assert 'lang="en"' in visitor.get("/account").text
    assert 'lang="en"' in Visitor(app, "guard").get("/account").text
    visitor.client.delete_cookie("qiantai")
    assert 'lang="en"' in visitor.get("/login").text


@pytest.mark.parametrize(
    "referrer",
    ["http://evil.example/account", "http://localhost/logout", "nonsense", ""],
)
def test_switching_the_language_never_leads_elsewhere(
    app: Flask, referrer: str
) -> None:
    visitor = Visitor(app)
    visitor.get("/login")
    visitor.client.environ_base["HTTP_REFERER"] = referrer
    assert visitor.post("/language", language="en").location == "/"


def test_an_unknown_language_is_refused(client: Client) -> None:
    visitor = client("guard")
    visitor.get("/account")
    for code in ("", "xx", "../en", "en\x00"):
        assert visitor.post("/language", language=code).status_code == 400


def test_an_administrator_hands_out_a_password(
    app: Flask, client: Client, office: Office
) -> None:
    admin, guard = client("admin"), client("guard")
    admin.get("/account")
    answer = admin.post("/user/password/", id=str(office.users["guard"]))
    assert answer.status_code == 302
    found = re.search(r"\b(\w{4}-\w{4}-\w{4}-\w{4})\b", admin.get("/account").text)
    assert found is not None
    assert guard.get("/account").status_code == 302
    visitor = Visitor(app, "guard", found[1])
    assert visitor.get("/account").location == "/password"


def test_nobody_else_hands_out_passwords(client: Client, office: Office) -> None:
    for job in ("receptionist", "supervisor", "manager", "auditor"):
        visitor = client(job)
        visitor.get("/account")
        for wanted in (str(office.users["guard"]), "abc", "9" * 30, ""):
            answer = visitor.post("/user/password/", id=wanted)
            assert answer.status_code == 404
    admin = client("admin")
    admin.get("/account")
    own = admin.post("/user/password/", id=str(office.users["admin"]))
    assert own.status_code == 409
