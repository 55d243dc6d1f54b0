"""Backups that restore, keys that rotate, an index that can be made anew."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from core import dump, keyfiles, privacy, schema, search
from core.access import SYSTEM, act_as
from core.db import db, writing
from core.privacy import Keys, SealBroken
from core.sealedfile import CHUNK, SealedReader, SealedWriter
from models import Person
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor
from tests.test_audit import PHONE, add_person, flaws
from views import rotation
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
        assert found(session, Person, "王建国") == found(session, Person, "王建国")
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


@pytest.mark.parametrize("spot", [3, 15, 40, 5000, -1])
def test_an_altered_backup_is_refused_and_leaves_nothing(
    app: Flask, backed_up: Path, empty_app: NewApp, spot: int
) -> None:
    raw = bytearray(backed_up.read_bytes())
    raw[spot] ^= 1
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
            for _ in range(3):
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


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_sealed_file_gives_back_what_it_was_given(size: int) -> None:
    keys, plain, file = Keys.make(), bytes(size), BytesIO()
    with SealedWriter(file, keys) as out:
        out.write(plain)
    raw = file.getvalue()
    assert SealedReader(BytesIO(raw), keys).readall() == plain
    for damaged in (raw[:-1], raw + b"more!", raw[:24]):
        with pytest.raises(SealBroken):
            SealedReader(BytesIO(damaged), keys).readall()


def test_chunks_that_changed_places_are_noticed() -> None:
    keys, file = Keys.make(), BytesIO()
    with SealedWriter(file, keys) as out:
        out.write(bytes(3 * CHUNK))
    raw = file.getvalue()
    size = 4 + CHUNK + 16
    head, first, second = raw[:24], raw[24 : 24 + size], raw[24 + size : 24 + 2 * size]
    swapped = head + second + first + raw[24 + 2 * size :]
    without = head + first + raw[24 + 2 * size :]
    for damaged in (swapped, without):
        with pytest.raises(SealBroken):
            SealedReader(BytesIO(damaged), keys).readall()


def tokens(app: Flask) -> list[str]:
    """Every sealed value of the office."""
    with app.app_context(), db.engine.connect() as connection:
        return [
            row[0]
            for table, column, _ in rotation._sealed_columns()
            for row in connection.execute(
                select(table.c[column]).where(table.c[column].is_not(None))
            )
        ]


def test_a_new_key_seals_everything_anew(app: Flask, office: Office) -> None:
    before, old = tokens(app), privacy.keys()
    line = keyfile(app).read_text()
    try:
        result = run(app, "rotate-key")
        assert result.exit_code == 0, result.output
        after, keys = tokens(app), Keys.load(keyfile(app).read_text())
        assert len(after) >= len(before) > 10
        assert {token.split(".")[0] for token in after} == {str(old.newest + 1)}
        assert keys.root == old.root
        assert keys.data[old.newest] == old.data[old.newest]
        privacy.use_keys(Keys(keys.root, {keys.newest: keys.data[keys.newest]}))
        with app.app_context():
            assert flaws() == []
            session = db.session()
            act_as(session, SYSTEM)
            assert session.get_one(Person, office.person).phone == "13800138000"
    finally:
        keyfile(app).write_text(line)


def test_a_rotation_that_was_broken_off_is_finished_by_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = keyfile(app).read_text()
    monkeypatch.setattr(rotation, "BATCH", 1)

    class PowerCut(RuntimeError):
        pass

    def cut(count: int) -> None:
        raise PowerCut

    try:
        with app.app_context(), pytest.raises(PowerCut):
            rotation.rotate(db.session(), cut)
        generations = {token.split(".")[0] for token in tokens(app)}
        assert len(generations) == 2
        assert run(app, "rotate-key").exit_code == 0
        assert len({token.split(".")[0] for token in tokens(app)}) == 1
        with app.app_context():
            assert flaws() == []
    finally:
        keyfile(app).write_text(line)


def test_keys_from_the_environment_are_not_rotated_into_a_file(
    app: Flask, empty_app: NewApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(empty_app("bare"), "rotate-key").exit_code == 1
    monkeypatch.setenv("DATA_KEY", keyfile(app).read_text())
    before = keyfile(app).read_text()
    assert run(app, "rotate-key").exit_code == 1
    assert keyfile(app).read_text() == before


def found(session: Any, cls: Any, words: str) -> list[int]:
    """The documents of a type that the index finds."""
    dialect = session.get_bind().dialect.name
    low, high = search.bounds(cls)
    values = {"match": search.match(dialect, words, []), "low": low, "high": high}
    rows = session.connection().execute(search.found(dialect), {**values, "limit": 9})
    return [row.doc for row in rows]


def test_a_lost_index_is_made_again_from_the_records(app: Flask) -> None:
    cls = next(c for c in (Person,) if search.searched(c))
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        before = found(session, cls, "王建国")
        session.rollback()
        with schema.changing(db.engine) as connection:
            connection.execute(text("DROP TABLE search"))
            search.create(connection)
        assert found(session, cls, "王建国") == []
    result = run(app, "search-index", "rebuild")
    assert result.exit_code == 0, result.output
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        assert found(session, cls, "王建国") == before
        assert len(before) == 2


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "verify"),
        ("backup",),
        ("restore",),
        ("rotate-key",),
        ("search-index", "rebuild"),
        ("upgrade",),
    ],
)
def test_every_command_explains_itself(app: Flask, command: tuple[str, ...]) -> None:
    result = run(app, *command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
