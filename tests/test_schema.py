"""The migrated schema is the declared one, and a living office survives the step."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    create_engine,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import migrations
from core import chain, schema
from core.base import Base
from core.db import db, engine_options, now, prepare
from core.words import _
from migrations import __main__ as generator
from models import Setting
from tests.cast import Office
from tests.conftest import Client, Stage
from views import upgrade
from views.upgrade import UpgradeRefused, upgrade_schema

LITE = {
    "columns": (
        'SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk'
        " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    ),
    "references": (
        'SELECT m.name, f."table", f."from", f."to", f.on_update, f.on_delete'
        " FROM sqlite_master m, pragma_foreign_key_list(m.name) f"
    ),
    "unique": (
        "SELECT m.name, (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i)"
        " FROM sqlite_master m, pragma_index_list(m.name) l"
        " WHERE l.origin = 'u' AND m.type = 'table'"
    ),
    "indexes": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'",
}
POSTGRES = {
    "columns": (
        "SELECT table_name, column_name, data_type, character_maximum_length,"
        " is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    ),
    "constraints": (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    ),
    "indexes": (
        "SELECT tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'public'"
    ),
}
Shape = dict[str, set[tuple[object, ...]]]
NEXT_STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{head}"


def upgrade():
    with op.batch_alter_table("person", recreate="{recreate}") as batch:
        batch.add_column(sa.Column("nickname", sa.String(40)))
        batch.alter_column("name", existing_type=sa.String(80), type_=sa.String(90))
    with op.batch_alter_table("case", recreate="{recreate}") as batch:
        batch.add_column(sa.Column("remark", sa.String(40)))
"""


def shape(connection: Connection) -> Shape:
    """What the database itself says it consists of."""
    queries = LITE if connection.dialect.name == "sqlite" else POSTGRES
    found: Shape = {
        what: {
            tuple(plain(value) for value in row)
            for row in connection.execute(text(query))
            if "alembic_version" not in row
        }
        for what, query in queries.items()
    }
    found["triggers"] = set(schema.triggers(connection).items())
    return found


def plain(value: object) -> object:
    return re.sub(r"\s+", " ", value) if isinstance(value, str) else value


def engine_at(url: str) -> Engine:
    return prepare(create_engine(url, **engine_options(url)))


@pytest.fixture
def blank(stage: Stage) -> Callable[[str], Engine]:
    """Engines on empty databases."""
    return lambda name: engine_at(stage.database.another(f"blank_{name}"))


def test_the_migrated_schema_is_the_declared_one(
    blank: Callable[[str], Engine],
) -> None:
    migrated, declared = blank("migrated"), blank("declared")
    with schema.changing(migrated) as connection:
        migrations.upgrade(connection)
        by_steps = shape(connection)
    with schema.changing(declared) as connection:
        schema.create_all(connection)
        at_once = shape(connection)
    migrated.dispose()
    declared.dispose()
    assert by_steps.keys() == at_once.keys()
    for what, found in by_steps.items():
        assert found == at_once[what], what
    predicates = [row for row in by_steps["indexes"] if " WHERE " in str(row)]
    assert len(predicates) > 5


def test_no_declaration_waits_for_a_migration(
    blank: Callable[[str], Engine], tmp_path: Path
) -> None:
    engine = blank("compared")
    path = generator.write("what is missing", engine, tmp_path)
    engine.dispose()
    assert path is None, Path(path).read_text()


def test_no_table_needs_another_that_needs_it() -> None:
    assert len(Base.metadata.sorted_tables) == len(Base.metadata.tables)


def test_the_migration_command_says_when_there_is_nothing_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "VERSIONS", tmp_path)
    assert generator.main(["nothing"]) == 0
    assert "Nothing has changed" in capsys.readouterr().out


def test_every_step_names_the_one_before_it() -> None:
    names = sorted(path.name for path in (migrations.HERE / "versions").glob("*.py"))
    numbers = [name.split("_")[0] for name in names]
    assert numbers == [f"{n + 1:04}" for n in range(len(names))]
    assert migrations.head() == numbers[-1]


def filled(column: Column[Any]) -> object:
    """Something that a column takes which takes no nothing."""
    kind = column.type.python_type
    made = {dt.datetime: now(), dt.date: dt.date(2026, 1, 2)}
    return made.get(kind) or kind(1)


def test_a_row_of_every_table_of_the_first_version_survives(
    blank: Callable[[str], Engine],
) -> None:
    engine, old = blank("grown"), MetaData()
    with schema.changing(engine) as connection:
        migrations.upgrade(connection, "0001")
        old.reflect(connection)
        rows = 0
        for table in old.sorted_tables:
            if table.name in {"alembic_version", *schema.INDEX_TABLES}:
                continue
            needed = [c for c in table.c if not c.nullable and c.server_default is None]
            row = {c.name: filled(c) for c in needed}
            connection.execute(table.insert().values(row))
            rows += 1
        migrations.upgrade(connection)
        kept = sum(counted(connection).values())
    engine.dispose()
    assert rows > 100
    assert kept == rows


def test_settings_that_nothing_reads_any_more_are_void_in_an_old_office(
    blank: Callable[[str], Engine],
) -> None:
    engine, setting = blank("idle"), Setting.__table__
    idle = ("label.customer", "reception.same_day_disposition", "gone.before")
    with schema.changing(engine) as connection:
        migrations.upgrade(connection, "0002")
        for code in (*idle, "office.name"):
            gone = {"voided_at": now(), "void_reason": "?"} if "gone" in code else {}
            row = {"code": code, "title_zh": code, "type": "text", "confirmed": True}
            told = {**row, **gone, "created_at": now(), "version": 1}
            connection.execute(insert(Setting).values(told))
        migrations.upgrade(connection)
        rows = connection.execute(
            select(setting.c.code, setting.c.version, setting.c.void_reason)
        ).all()
    engine.dispose()
    told = {code: (version, bool(why)) for code, version, why in rows}
    assert told["office.name"] == (1, False)
    assert [told[code] for code in idle] == [(2, True), (2, True), (1, True)]


@pytest.fixture
def next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program one version on, which alters two tables that others refer to."""
    folder = tmp_path / "versions"
    folder.mkdir()
    step = NEXT_STEP.format(head=migrations.head(), recreate="auto")
    (folder / "9999_next.py").write_text(step)
    before = migrations.config

    def config(
        connection: Connection | None = None, versions: Path | None = None
    ) -> object:
        return before(connection, versions or folder)

    monkeypatch.setattr(migrations, "config", config)
    return folder


def counted(connection: Connection) -> dict[str, int]:
    tables = {name: Base.metadata.tables[name] for name in schema.tables(connection)}
    query = {n: select(func.count()).select_from(t) for n, t in tables.items()}
    return {name: connection.scalar(q) or 0 for name, q in query.items()}


@pytest.mark.usefixtures("next_step")
def test_a_living_office_survives_the_next_version(
    app: Flask, client: Client, office: Office
) -> None:
    with app.app_context():
        with db.engine.connect() as connection:
            rows, before = counted(connection), shape(connection)
        said: list[str] = []
        upgrade_schema(said.append)
        with db.engine.connect() as connection:
            assert migrations.current(connection) == "9999"
            assert counted(connection) == rows
            after = shape(connection)
            assert after["triggers"] == before["triggers"]
            assert after["indexes"] == before["indexes"]
            name = connection.scalar(text("SELECT name FROM person"))
        kept = list((app.config["INSTANCE"] / "backups").iterdir())
        with schema.snapshot(db.engine) as connection:
            assert chain.verify(Session(connection))[1] == []
    assert name == "王建国"
    assert rows["person"] == 2
    assert len(kept) == 1
    assert str(kept[0]) in said[0]
    kept[0].unlink()
    assert client("receptionist").get("/").status_code == 200


def test_a_step_that_breaks_a_reference_changes_nothing(
    app: Flask, next_step: Path, office: Office
) -> None:
    broken = '    op.execute("DELETE FROM unit")\n'
    path = next_step / "9999_next.py"
    path.write_text(path.read_text() + broken)
    with app.app_context():
        with pytest.raises((schema.ReferenceBroken, DBAPIError)):
            break_references(office)
        with db.engine.connect() as connection:
            assert migrations.current(connection) != "9999"
            assert counted(connection)["unit"] == 2
    for path in (app.config["INSTANCE"] / "backups").iterdir():
        path.unlink()


def break_references(office: Office) -> None:
    """A resident of a home that the step takes away."""
    with schema.changing(db.engine) as connection:
        statement = text(
            "INSERT INTO occupancy"
            " (project_id, unit_id, person_id, version, created_at)"
            " SELECT project_id, :unit, id, 1, created_at FROM person"
            " WHERE id = :person"
        )
        values = {"unit": office.unit, "person": office.person}
        connection.execute(statement, values)
    upgrade_schema()


def test_an_upgrade_that_loses_history_is_refused(app: Flask, next_step: Path) -> None:
    path = next_step / "9999_next.py"
    gone = (
        '    op.execute("DROP TRIGGER change_delete" + ("" if'
        ' op.get_bind().dialect.name == "sqlite" else " ON change"))\n'
        '    op.execute("DELETE FROM change_value")\n'
    )
    path.write_text(
        path.read_text()
        + gone.replace("change_delete", "change_value_delete").replace(
            "ON change", "ON change_value"
        )
    )
    with app.app_context():
        with pytest.raises(UpgradeRefused, match=_("the plain values were altered")):
            upgrade_schema()
        with db.engine.connect() as connection:
            assert migrations.current(connection) != "9999"
    for path in (app.config["INSTANCE"] / "backups").iterdir():
        path.unlink()


def test_an_office_that_is_up_to_date_is_left_alone(app: Flask) -> None:
    runner = app.test_cli_runner()
    result = runner.invoke(args=["upgrade"])
    assert result.exit_code == 0, result.output
    assert not (app.config["INSTANCE"] / "backups").exists() or not list(
        (app.config["INSTANCE"] / "backups").iterdir()
    )


def test_missing_reference_data_is_added_at_an_upgrade(app: Flask) -> None:
    with app.app_context(), schema.changing(db.engine) as connection:
        connection.execute(text("DELETE FROM setting WHERE code = 'office.opens'"))
    result = app.test_cli_runner().invoke(args=["upgrade"])
    assert result.exit_code == 0, result.output
    with app.app_context(), db.engine.connect() as connection:
        found = text("SELECT count(*) FROM setting WHERE code = 'office.opens'")
        assert connection.scalar(found) == 1


def test_a_database_of_a_newer_program_is_refused(app: Flask) -> None:
    with app.app_context(), schema.changing(db.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    result = app.test_cli_runner().invoke(args=["upgrade"])
    assert result.exit_code == 1
    assert "9998" in result.output


def test_a_database_of_another_program_is_refused(
    empty_app: Callable[[str], Flask],
) -> None:
    other = empty_app("other")
    with other.app_context():
        with schema.changing(db.engine) as connection:
            connection.execute(text("CREATE TABLE recipe (id INTEGER PRIMARY KEY)"))
        with pytest.raises(UpgradeRefused):
            upgrade_schema()


def test_an_empty_database_gets_its_tables(
    empty_app: Callable[[str], Flask],
) -> None:
    fresh = empty_app("fresh")
    result = fresh.test_cli_runner().invoke(args=["upgrade"])
    assert result.exit_code == 0, result.output
    with fresh.app_context(), db.engine.connect() as connection:
        assert migrations.current(connection) == migrations.head()
        assert counted(connection)["user"] == 0


def test_a_damaged_file_is_not_upgraded(app: Flask) -> None:
    class Damaged:
        dialect = type("dialect", (), {"name": "sqlite"})

        def exec_driver_sql(self, statement: str) -> Damaged:
            assert statement == "PRAGMA quick_check"
            return self

        def scalar(self) -> str:
            return "row 7 missing from index ix_case_list"

    with app.app_context(), pytest.raises(UpgradeRefused, match="row 7"):
        upgrade._check_file(Damaged())  # type: ignore[arg-type]
