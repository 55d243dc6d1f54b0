"""Every route is listed with what it demands, and asked as every role for every row."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask

from core.access import Actor, can, may
from core.db import db, now, writing
from core.record import Record, form_fields, record_types
from tests.cast import JOBS, Office
from tests.conftest import AsActor, Client
from tests.filling import make
from views import actors

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

ROLES = (*JOBS, "admin", "outsider")
MARK = "别处小区的秘密"
OPEN = {
    "/static/<path:filename>": "anybody",
    "/healthz": "anybody",
    "/login": "anybody",
    "/setup": "whoever holds the console's code, once",
    "/language": "anybody",
    "/s/<text>": "whoever holds the slip, once",
}
SIGNED_IN = {
    "/": "signed in",
    "/logout": "signed in",
    "/account": "one's own",
    "/account/sessions/end": "one's own",
    "/account/sessions/end-others": "one's own",
    "/password": "one's own",
    "/user/password/": "system.update",
    "/project": "one's own projects",
    "/inbox/": "one's own",
    "/inbox/open": "one's own",
    "/inbox/read": "one's own",
    "/jobs/": "system.read of all",
    "/jobs/retry": "system.update",
    "/jobs/try": "system.update",
    "/queues/": "read of any case",
    "/queues/<slug>/": "read of any case",
    "/queues/<slug>/act": "the right of the move",
    "/queues/<slug>/save": "one's own, or a head's for a role",
    "/queues/<slug>/drop": "one's own",
    "/handover-desk/": "read of any case; create of handovers to hand over",
    "/handover-desk/seen": "the right of the move",
    "/handover-desk/agree": "read of the handover, and to be one of its sides",
    "/queues/unconfirmed/": "read of the settings",
    "/queues/back-entries/": "read of the daily record",
    "/rights/": "system.read",
    "/change/": "system.read",
    "/waived/": "read of the history of a project",
    "/search": "read, row by row",
    "/household/<unit_id>": "read of the home",
    "/gate/": "recover of release passes",
    "/reception/quick/": "create of receptions",
    "/reception/quick/who": "create of receptions; read, row by row",
    "/reception/quick/clocks": "create of receptions",
    "/reception/quick/urge": "create of receptions and the right of the move",
    "/reports/": "read of reports",
    "/reports/charts.json": "read of reports",
    "/reports/<kind>/": "read of reports",
    "/reports/<kind>/charts.json": "read of reports",
    "/reports/<kind>/rows/": "read of reports, and of each row",
    "/reports/<kind>/report.<ending>": "export of reports",
    "/revisits/": "assign of revisits",
    "/revisits/plan": "assign of revisits, row by row",
    "/revisits/doors/": "update of revisits, row by row",
    "/duties/": "read of duties",
    "/duties/<int:year>/": "read of duties",
    "/rules/": "signed in",
    "/start/": "import of anything an estate begins with",
    "/start/<name>.xlsx": "import of anything an estate begins with",
    "/flows/<slug>/": "read of that kind of case",
    "/survey/<key>/slips": "print of the survey",
    "/override/<slug>/": "update of the office's row",
    "/override/<slug>/withdraw": "update of the project's row",
    "/retention/": "void, row by row",
    "/retention/destroy": "void of the record",
}
RECORD = {
    "/": "read",
    "/new/": "create",
    "/edit/": "update",
    "/details/": "read",
    "/history/": "read",
    "/print/": "print",
    "/folder/": "print",
    "/reveal/": "reveal",
    "/attach/": "update",
    "/file/": "read",
    "/detach/": "update",
    "/sign/": "update",
    "/unsign/": "update",
    "/delete/": "void",
    "/move/": "the right of the move",
    "/export/<export_type>/": "export",
    "/import/": "import or create",
    "/import/<what>.xlsx": "import or create",
    "/ajax/lookup/": "read of the type looked up",
    "/ajax/update/": "nobody",
    "/action/": "nobody",
}
GROUPS = tuple(
    {t.group: t for t in reversed(record_types()) if t.kind != "part"}.values()
)
"""One record type of every access group; ``--matrix`` walks all of them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    whole = metafunc.config.getoption("--matrix")
    every = [t for t in record_types() if t.kind != "part"] if whole else list(GROUPS)
    for name in {"kind", "estate_kind"} & set(metafunc.fixturenames):
        chosen = [t for t in every if name == "kind" or has_an_estate(t)]
        metafunc.parametrize(name, chosen, ids=[t.slug for t in chosen])


def has_an_estate(cls: type[Record]) -> bool:
    """Whether its rows belong to one project each."""
    return cls.owner == "project" and cls.slug not in ("project", "company")


def test_every_route_is_listed(app: Flask) -> None:
    slugs = {t.slug for t in record_types() if t.kind != "part"}
    listed = {*OPEN, *SIGNED_IN}
    listed |= {f"/{slug}{path}" for slug in slugs for path in RECORD}
    there = {rule.rule for rule in app.url_map.iter_rules()}
    assert there - listed == set()
    assert listed - there == set()


def test_nobody_gets_past_the_gate_unasked(app: Flask) -> None:
    visitor = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN or "<" in rule.rule:
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = visitor.open(rule.rule, method=method)
            assert answer.status_code in (302, 400), (rule.rule, method)
            if answer.status_code == 302:
                assert answer.location.startswith("/login"), rule.rule


@dataclass(frozen=True)
class Rows:
    """A standing row of the home estate, a voided one, and one from elsewhere."""

    own: int
    void: int
    foreign: int


def plant(as_actor: AsActor, office: Office, cls: type[Record]) -> Rows:
    """Make the three rows, the foreign one with a mark that must not be seen."""
    text = [
        name
        for name, field in form_fields(cls).items()
        if field.type in ("text", "long") and not field.choices and field.size > 20
    ]
    with as_actor() as session, writing(session):
        own = make(session, cls, office.home)
        void = make(session, cls, office.home)
        void.voided_at, void.void_reason = now(), "登记错了"
        foreign = make(session, cls, office.elsewhere, **dict.fromkeys(text[:1], MARK))
        return Rows(own.id, void.id, foreign.id)


def cast_of(as_actor: AsActor, office: Office) -> dict[str, Actor]:
    """Everybody's rights as the application knows them."""
    with as_actor() as session:
        return {r: actors.actor_of_user(session, office.users[r]) for r in ROLES}


def readers(
    as_actor: AsActor, kind: type[Record], key: int, cast: dict[str, Actor]
) -> set[str]:
    with as_actor():
        record = db.session.get_one(kind, key)
        return {role for role, actor in cast.items() if can(actor, "read", record)}


def test_every_role_gets_just_its_rows(
    client: Client, office: Office, as_actor: AsActor, kind: type[Record]
) -> None:
    rows = plant(as_actor, office, kind)
    cast = cast_of(as_actor, office)
    mine = {key: readers(as_actor, kind, key, cast) for key in (rows.own, rows.foreign)}
    elsewhere = has_an_estate(kind)
    for role in ROLES:
        visitor, actor = client(role), cast[role]
        opened = visitor.get(f"/{kind.slug}/")
        assert (opened.status_code == 200) == may(actor, "read", kind), role
        if elsewhere and role not in ("auditor", "admin", "outsider"):
            assert role not in mine[rows.foreign]
            assert MARK not in opened.text
        for key in (rows.own, rows.void, rows.foreign):
            answers = [
                visitor.get(f"/{kind.slug}/{page}/", id=key)
                for page in ("details", "history", "edit")
            ]
            seen = role in mine[rows.own if key == rows.void else key]
            for answer in answers:
                assert answer.status_code in (200, 403, 404, 409), (role, key)
                assert seen or answer.status_code != 200, (role, key)
                if not seen and elsewhere:
                    assert MARK not in answer.text
            assert (answers[0].status_code == 200) == seen, (role, key)


@pytest.mark.once
def test_no_role_changes_a_row_from_elsewhere(
    client: Client, office: Office, as_actor: AsActor, estate_kind: type[Record]
) -> None:
    kind, rows = estate_kind, plant(as_actor, office, estate_kind)
    with as_actor():
        before = db.session.get_one(kind, rows.foreign).version
    for role in set(ROLES) - {"admin", "auditor", "outsider"}:
        visitor = client(role)
        for path, form in (
            (f"edit/?id={rows.foreign}", {"version": "1", "content": "改"}),
            ("delete/", {"id": rows.foreign, "version": "1", "reason": "不该"}),
            ("move/", {"id": rows.foreign, "move": "close"}),
            ("reveal/", {"id": rows.foreign, "field": "phone", "purpose": "看看"}),
        ):
            answer = visitor.post(f"/{kind.slug}/{path}", form)
            assert answer.status_code in (403, 404), (role, path)
            assert MARK not in answer.text
    with as_actor():
        after = db.session.get_one(kind, rows.foreign)
        assert (after.version, after.voided_at) == (before, None)


@pytest.mark.parametrize("key", ["0", "-1", "abc", "9" * 20, "1,2", "", "١"])
def test_an_absurd_id_is_simply_not_there(client: Client, key: str) -> None:
    visitor = client("supervisor")
    for page in ("details", "history", "edit"):
        assert visitor.get(f"/person/{page}/", id=key).status_code == 404
