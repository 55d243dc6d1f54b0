"""Backups hold one moment of the office, and become that office again."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from core import dump, keyfiles, privacy, schema, search
from core.access import SYSTEM, act_as
from core.db import db, writing
from core.privacy import Keys
from core.sealedfile import SealedWriter
from models import Person
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor
from tests.test_audit import PHONE, add_person, flaws
from views.backup import RestoreRefused, restore, save

NewApp = Callable[[str], Flask]


def run(app: Flask, *arguments: Any) -> Result:
    """A command as it is typed."""
    return app.test_cli_runner().invoke(args=[str(a) for a in arguments])


def contents(app: Flask) -> list[str]:
    """Every row of the office, as a dump tells it; without the moment it was made."""
    out = StringIO()
    with app.app_context(), schema.snapshot(db.engine) as connection:
        dump.write(connection, out, "", app.config["INSTANCE"] / "nothing")
    return out.getvalue().splitlines()[1:]


def found(session: Any, cls: Any, words: str) -> list[int]:
    """The documents of a type that the index finds."""
    dialect = session.get_bind().dialect.name
    low, high = search.bounds(cls)
    values = {"match": search.match(dialect, words, []), "low": low, "high": high}
    rows = session.connection().execute(search.found(dialect), {**values, "limit": 9})
    return [row.doc for row in rows]


def keyfile(app: Flask) -> Path:
    place: Path = app.config["INSTANCE"] / "keys" / keyfiles.DATA
    return place


@pytest.fixture
def backed_up(app: Flask, as_actor: AsActor, office: Office, tmp_path: Path) -> Path:
    """A backup of the office with a file of its own."""
    with as_actor("receptionist") as session:
        add_person(session, office.home)
    uploads = app.config["INSTANCE"] / "uploads" / "ab"
    uploads.mkdir(parents=True, exist_ok=True)
    (uploads / "plan.pdf").write_bytes(bytes(range(256)) * 3000)
    (uploads / "empty.txt").write_bytes(b"")
    path = tmp_path / "monday.backup"
    result = run(app, "backup", path)
    assert result.exit_code == 0, result.output
    return path


def test_a_restored_office_is_the_one_that_was_backed_up(
    app: Flask, backed_up: Path, empty_app: NewApp
) -> None:
    before, keys = contents(app), keyfile(app)
    second = empty_app("second")
    result = run(second, "restore", backed_up, "--key", keys)
    assert result.exit_code == 0, result.output
    assert contents(second) == before
    assert keyfile(second).read_text() == keys.read_text()
    assert keyfile(second).stat().st_mode & 0o077 == 0
    files = second.config["INSTANCE"] / "uploads" / "ab"
    assert (files / "plan.pdf").read_bytes() == bytes(range(256)) * 3000
    assert (files / "empty.txt").read_bytes() == b""
    with second.app_context():
        assert flaws() == []
        session = db.session()
        act_as(session, SYSTEM)
        person = session.scalars(select(Person).where(Person.name == "李秀英")).one()
        assert person.phone == PHONE
        assert len(found(session, Person, "王建国")) == 2
    assert Visitor(second, "receptionist").get("/").status_code == 200


def test_a_restored_office_goes_on_counting(
    app: Flask, backed_up: Path, empty_app: NewApp, office: Office
) -> None:
    second = empty_app("second")
    run(second, "restore", backed_up, "--key", keyfile(app))
    with second.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        new = add_person(session, office.home, "新住户")
        assert new > max(session.scalars(select(Person.id).where(Person.id != new)))


def test_an_office_moves_from_one_kind_of_database_to_the_other(
    app: Flask, backed_up: Path, tmp_path: Path, make_sqlite: NewApp
) -> None:
    before = contents(app)
    other = make_sqlite("moved")
    result = run(other, "restore", backed_up, "--key", keyfile(app))
    assert result.exit_code == 0, result.output
    assert contents(other) == before


@pytest.fixture
def make_sqlite(tmp_path: Path) -> Any:
    """Applications on SQLite, whatever the suite runs on."""
    from app import create_app  # noqa: PLC0415
    from tests.conftest import _let_go  # noqa: PLC0415

    made: list[Flask] = []

    def make(name: str) -> Flask:
        folder = tmp_path / name
        address = f"sqlite:///{folder / 'moved.db'}"
        made.append(create_app(INSTANCE=folder, SQLALCHEMY_DATABASE_URI=address))
        return made[-1]

    yield make
    for app in made:
        _let_go(app)


def test_a_backup_holds_nothing_readable(backed_up: Path) -> None:
    raw = backed_up.read_bytes()
    assert raw.startswith(b"QIANTAI1")
    assert "李秀英".encode() not in raw
    assert backed_up.stat().st_mode & 0o077 == 0


def test_a_backup_never_replaces_a_file(app: Flask, backed_up: Path) -> None:
    result = run(app, "backup", backed_up)
    assert result.exit_code == 1
    assert str(backed_up) in result.output


def test_a_backup_of_nothing_and_into_nowhere_is_refused(
    app: Flask, empty_app: NewApp, tmp_path: Path
) -> None:
    assert run(app, "backup", tmp_path / "no" / "such.backup").exit_code == 1
    assert run(empty_app("bare"), "backup", tmp_path / "bare.backup").exit_code == 1


def test_nothing_is_restored_over_an_office(app: Flask, backed_up: Path) -> None:
    before = contents(app)
    result = run(app, "restore", backed_up, "--key", keyfile(app))
    assert result.exit_code == 1
    assert contents(app) == before


def test_an_altered_backup_is_refused_and_leaves_nothing(
    app: Flask, backed_up: Path, empty_app: NewApp
) -> None:
    raw = bytearray(backed_up.read_bytes())
    raw[-1] ^= 1
    backed_up.write_bytes(raw)
    assert_nothing_restored(empty_app("second"), backed_up, keyfile(app))


def test_a_backup_that_is_cut_off_is_refused(
    app: Flask, backed_up: Path, empty_app: NewApp
) -> None:
    backed_up.write_bytes(backed_up.read_bytes()[:-500])
    assert_nothing_restored(empty_app("second"), backed_up, keyfile(app))


def test_another_key_does_not_open_a_backup(
    backed_up: Path, empty_app: NewApp, tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    other.write_text(Keys.make().dump())
    assert_nothing_restored(empty_app("second"), backed_up, other)


def test_a_key_file_without_keys_is_refused(
    backed_up: Path, empty_app: NewApp, tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    other.write_text("root:nothing")
    assert_nothing_restored(empty_app("second"), backed_up, other)


def test_a_key_other_than_that_of_the_environment_is_refused(
    app: Flask,
    backed_up: Path,
    empty_app: NewApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = keyfile(app)
    monkeypatch.setenv("DATA_KEY", Keys.make().dump())
    assert_nothing_restored(empty_app("second"), backed_up, keys)


def assert_nothing_restored(app: Flask, path: Path, keys: Path) -> None:
    result = run(app, "restore", path, "--key", keys)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    with app.app_context(), db.engine.connect() as connection:
        assert schema.is_empty(connection)


def sealed(app: Flask, *lines: str) -> Path:
    """A backup whose lines are these."""
    path: Path = app.config["INSTANCE"] / "made.backup"
    with (
        app.app_context(),
        path.open("wb") as file,
        SealedWriter(file, privacy.keys()) as out,
    ):
        out.write(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.mark.parametrize(
    "lines",
    [
        ("[]",),
        ("not json",),
        ('{"qiantai":2,"revision":"0001","at":""}',),
        ('{"qiantai":1,"revision":"9999","at":""}',),
        ('{"qiantai":1,"revision":"0001","at":""}',),
        ('{"qiantai":1,"revision":"0001","at":""}', '{"end":{"person":1}}'),
        ('{"qiantai":1,"revision":"0001","at":""}', '{"file":"../../x"}', '{"end":{}}'),
        ('{"qiantai":1,"revision":"0001","at":""}', '{"file":"/x"}', '{"end":{}}'),
    ],
)
def test_a_backup_that_is_none_is_refused(
    empty_app: NewApp, lines: tuple[str, ...]
) -> None:
    app = empty_app("second")
    path = sealed(app, *lines)
    assert_nothing_restored(app, path, keyfile(app))


def test_a_backup_made_at_work_holds_whole_transactions(
    app: Flask, empty_app: NewApp, office: Office, tmp_path: Path
) -> None:
    stop = threading.Event()

    def work() -> None:
        with app.app_context():
            session = db.session()
            act_as(session, SYSTEM)
            while not stop.is_set():
                with writing(session):
                    for name in ("成对甲", "成对乙"):
                        person = Person(project_id=office.home, name=name)
                        person.customer_kind = "owner"
                        session.add(person)

    worker = threading.Thread(target=work)
    worker.start()
    path = tmp_path / "busy.backup"
    try:
        with app.app_context():
            for _ in range(2):
                save(path)
    finally:
        stop.set()
        worker.join()
    second, keys = empty_app("second"), Keys.load(keyfile(app).read_text())
    with second.app_context():
        restore(path, keys)
        pairs = text("SELECT name, count(*) FROM person GROUP BY name")
        with db.engine.connect() as connection:
            numbers = {row[0]: row[1] for row in connection.execute(pairs)}
        assert numbers["成对甲"] == numbers["成对乙"] > 0
        assert flaws() == []


def test_files_already_there_are_not_mixed_with_restored_ones(
    app: Flask, backed_up: Path, empty_app: NewApp
) -> None:
    second, keys = empty_app("second"), Keys.load(keyfile(app).read_text())
    uploads = second.config["INSTANCE"] / "uploads"
    uploads.mkdir()
    (uploads / "stray.txt").write_text("?")
    with second.app_context(), pytest.raises(RestoreRefused):
        restore(backed_up, keys)


def test_tables_without_rows_count_as_empty(
    app: Flask, backed_up: Path, empty_app: NewApp
) -> None:
    second = empty_app("second")
    assert run(second, "upgrade").exit_code == 0
    result = run(second, "restore", backed_up, "--key", keyfile(app))
    assert result.exit_code == 0, result.output
