"""History: what it notes, what it refuses, and that tampering is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import audit, schema
from core import chain as history_chain
from core.access import SYSTEM, act_as
from core.chain import Change, ChangeValue, Flaw
from core.db import db, writing
from core.words import _
from models import Person
from tests.cast import Office
from tests.conftest import AsActor
from views.told import act_words

PHONE = "13912345678"


def add_person(session: Session, project: int, name: str = "李秀英") -> int:
    person = Person(project_id=project, name=name, customer_kind="owner")
    person.phone = PHONE
    with writing(session):
        session.add(person)
        session.flush()
    return person.id


@pytest.fixture
def chain(app: Flask, as_actor: AsActor, office: Office) -> str:
    """The home estate's chain, with three entries of a person at its end."""
    with as_actor("receptionist") as session:
        key = add_person(session, office.home)
        for name in ("李秀兰", "李秀芳"):
            with writing(session):
                person = session.get_one(Person, key)
                person.name = name
    return f"project:{office.home}"


@contextmanager
def behind_the_back() -> Iterator[Connection]:
    """Somebody with the database in hand, who takes the triggers away first."""
    with schema.changing(db.engine) as connection:
        lite = connection.dialect.name == "sqlite"
        for name in schema.triggers(connection):
            table = name.rsplit("_", 1)[0]
            where = "" if lite else f" ON {table}"
            connection.exec_driver_sql(f"DROP TRIGGER {name}{where}")
        yield connection
        schema.guard(connection)


def flaws() -> list[Flaw]:
    with schema.snapshot(db.engine) as connection:
        return history_chain.verify(Session(connection))[1]


def last_entry(connection: Connection, chain: str) -> int:
    query = text("SELECT max(id) FROM change WHERE chain = :chain")
    return int(connection.execute(query, {"chain": chain}).scalar_one())


def test_the_history_of_the_office_holds_from_its_first_day(app: Flask) -> None:
    with app.app_context(), schema.snapshot(db.engine) as connection:
        walked, found = history_chain.verify(Session(connection))
    assert found == []
    assert walked > 20


def test_an_entry_says_who_changed_what_from_what_to_what(
    app: Flask, chain: str, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        key = session.scalars(select(Person.id).where(Person.name == "李秀芳")).one()
        newest, middle, first = audit.history(session, "person", [key])
    assert (newest.action, middle.action, first.action) == (
        "update",
        "update",
        "create",
    )
    assert newest.personal == {"name": ["李秀兰", "李秀芳"]}
    assert first.personal["phone"] == [None, PHONE]
    assert newest.actor == "receptionist"
    assert PHONE not in str(first.plain)


def test_several_flushes_of_one_transaction_are_one_entry(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session:
        with writing(session):
            person = session.get_one(Person, office.person)
            for name in ("甲", "乙", "丙"):
                person.name = name
                session.flush()
        newest, *_ = audit.history(session, "person", [office.person])
        assert newest.personal == {"name": ["王建国", "丙"]}


def test_what_is_rolled_back_leaves_no_entry(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session:
        before = len(audit.history(session, "person", [office.person]))
        with pytest.raises(ZeroDivisionError), writing(session):
            session.get_one(Person, office.person).name = "丁"
            session.flush()
            raise ZeroDivisionError
        with writing(session):
            session.get_one(Person, office.person).needs = "轮椅"
        entries = audit.history(session, "person", [office.person])
    assert len(entries) == before + 1
    assert list(entries[0].personal) == ["needs"]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE change SET note = 'nothing' WHERE id = :id", "the entry was altered"),
        ("UPDATE change SET actor = 'guard' WHERE id = :id", "the entry was altered"),
        ("UPDATE change SET user_id = 1 WHERE id = :id", "the entry was altered"),
        ("UPDATE change SET mac = plain_mac WHERE id = :id", "the entry was altered"),
        (
            "UPDATE change_value SET plain = '{\"active\":[true,false]}',"
            " plain_salt = 'a' WHERE change_id = :id",
            "the plain values were altered",
        ),
        (
            "UPDATE change_value SET personal = (SELECT v.personal FROM change_value v"
            " WHERE v.change_id = :id - 1) WHERE change_id = :id",
            "the personal values were altered",
        ),
        (
            "UPDATE change_value SET personal_salt = 'b' WHERE change_id = :id",
            "the personal values were altered",
        ),
    ],
)
def test_an_altered_entry_or_value_is_found(
    app: Flask, chain: str, statement: str, what: str
) -> None:
    with app.app_context():
        assert flaws() == []
        with behind_the_back() as connection:
            connection.execute(text(statement), {"id": last_entry(connection, chain)})
        (flaw,) = flaws()
    assert flaw.chain == chain
    assert flaw.what == _(what)


@pytest.mark.parametrize(
    ("back", "what"),
    [(1, "an entry is missing"), (0, "the end of the chain is cut off")],
)
def test_a_missing_entry_is_found(app: Flask, chain: str, back: int, what: str) -> None:
    with app.app_context():
        with behind_the_back() as connection:
            gone = {"id": last_entry(connection, chain) - back}
            for table, key in (("change_value", "change_id"), ("change", "id")):
                connection.execute(text(f"DELETE FROM {table} WHERE {key} = :id"), gone)
        (flaw,) = flaws()
    assert (flaw.chain, flaw.what) == (chain, _(what))


def test_a_chain_without_its_head_is_found(app: Flask, chain: str) -> None:
    with app.app_context():
        with behind_the_back() as connection:
            gone = text("DELETE FROM chain WHERE name = :chain")
            connection.execute(gone, {"chain": chain})
        assert flaws() == [Flaw(chain, 0, _("the chain has no head"))]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET note = 'x'",
        "DELETE FROM change",
        "DELETE FROM change_value",
        "UPDATE change_value SET plain = NULL, plain_salt = NULL",
        "UPDATE change_value SET personal = 'x'",
        "UPDATE change_value SET personal = NULL, plain = 'x'",
        "UPDATE change_value SET personal = NULL, personal_salt = 'x'",
        "UPDATE change_value SET personal = NULL, change_id = change_id + 100000",
        "DELETE FROM chain",
        "UPDATE chain SET seq = seq - 1",
        "UPDATE chain SET mac = 'x'",
        "UPDATE chain SET name = 'x', seq = seq + 1 WHERE name = 'office'",
    ],
)
def test_the_database_itself_refuses_to_change_history(
    app: Flask, chain: str, statement: str
) -> None:
    with app.app_context():
        with (
            pytest.raises(DBAPIError, match=schema.STANDS),
            schema.changing(db.engine) as connection,
        ):
            connection.execute(text(statement))
        assert flaws() == []


def test_replacing_an_entry_is_refused_like_deleting_it(app: Flask, chain: str) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            statement = "INSERT OR REPLACE INTO change SELECT * FROM change"
        else:
            statement = "TRUNCATE change CASCADE"
        with (
            pytest.raises(DBAPIError, match=schema.STANDS),
            schema.changing(db.engine) as connection,
        ):
            connection.execute(text(statement))
        assert flaws() == []


def test_erased_values_are_gone_and_the_chain_still_holds(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        with writing(session):
            session.get_one(Person, office.person).name = "王建民"
        with writing(session):
            assert audit.erase(session, "person", office.person) == 2
        newest, *older = audit.history(session, "person", [office.person])
        assert newest.action == "erase"
        assert [entry.personal for entry in older] == [{}, {}]
    with app.app_context():
        assert flaws() == []


def test_an_event_stands_in_the_chain_it_was_given(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor("auditor") as session:
        with writing(session):
            entry = audit.Entry("export", "person", None, note="3 rows", chain="access")
            audit.note(session, entry)
        query = select(Change).order_by(Change.id.desc()).limit(1)
        change = session.scalars(query).one()
    assert (change.chain, change.action, change.actor) == (
        "access",
        "export",
        "auditor",
    )


def test_bulk_inserts_leave_one_entry_with_their_number(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        model = session.get_one(Person, office.person)
        rows = [
            {
                "project_id": office.home,
                "name": f"住户{n}",
                "customer_kind": "owner",
                "created_at": model.created_at,
                "version": 1,
            }
            for n in range(20)
        ]
        with writing(session):
            audit.bulk(session, Person, rows, "import")
        query = select(Change).where(Change.action == "bulk")
        change = session.scalars(query).one()
        value = session.get_one(ChangeValue, change.id)
        assert value.plain is not None
        assert '"rows":[null,20]' in value.plain
    with app.app_context():
        assert flaws() == []


def test_writers_at_the_same_time_keep_the_chain_whole(
    app: Flask, office: Office
) -> None:
    def work(number: int) -> None:
        with app.app_context():
            session = db.session()
            act_as(session, SYSTEM)
            for turn in range(5):
                add_person(session, office.home, f"住户{number}-{turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with app.app_context():
        assert flaws() == []
        with schema.snapshot(db.engine) as connection:
            seqs = text("SELECT count(*), max(seq) FROM change WHERE chain = :chain")
            values = {"chain": f"project:{office.home}"}
            count, last = connection.execute(seqs, values).one()
    assert count == last


@pytest.fixture
def broken(app: Flask, chain: str) -> Callable[[], None]:
    def alter() -> None:
        with app.app_context(), behind_the_back() as connection:
            alter = text("UPDATE change SET note = 'x' WHERE id = :id")
            connection.execute(alter, {"id": last_entry(connection, chain)})

    return alter


def test_the_command_names_the_first_bad_entry_and_fails(
    app: Flask, chain: str, broken: Callable[[], None]
) -> None:
    runner = app.test_cli_runner()
    whole = runner.invoke(args=["audit", "verify"])
    assert whole.exit_code == 0, whole.output
    broken()
    result = runner.invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert chain in result.output


def test_the_command_says_so_where_there_is_no_office(
    empty_app: Callable[[str], Flask],
) -> None:
    result = empty_app("bare").test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


NOTED = re.compile(r'(?:explain\(\w+, [\w.]+, |\bEntry\()"([a-z_]+)"')


def test_every_act_that_is_noted_is_told_in_words() -> None:
    root = Path(audit.__file__).parent.parent
    files = [*root.glob("core/*.py"), *root.glob("views/**/*.py")]
    acts = {act for file in files for act in NOTED.findall(file.read_text("utf-8"))}
    assert acts >= {"counted", "denied", "export", "rotate_key", "update"}
    assert {act for act in acts if act_words(act, "reception") == act} == set()
