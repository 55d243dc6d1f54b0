"""Keys that rotate, an index made anew, commands that explain themselves."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text

from core import privacy, schema, search
from core.access import SYSTEM, act_as
from core.db import db
from core.privacy import Keys
from models import Person
from tests.cast import Office
from tests.test_audit import flaws
from tests.test_backup import NewApp, found, keyfile, run
from views import rotation


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
        assert len(after) >= len(before) > 2
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
