"""The steps from one version of the schema to the next (Alembic)."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from core import schema

HERE = Path(__file__).resolve().parent


def config(
    connection: Connection | None = None, versions: Path | None = None
) -> Config:
    """Alembic's settings; it works on ``connection``, inside its transaction."""
    settings = Config(stdout=io.StringIO())
    settings.set_main_option("script_location", str(HERE))
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    places = [HERE / "versions", *([versions] if versions else [])]
    settings.set_main_option("version_locations", "\n".join(map(str, places)))
    settings.attributes["connection"] = connection
    return settings


def upgrade(
    connection: Connection, target: str = "head", versions: Path | None = None
) -> None:
    """Take the schema of this database to ``target``."""
    command.upgrade(config(connection, versions), target)


def make(connection: Connection, revision: str | None = None) -> None:
    """The schema of a revision in an empty database; the newest without its steps."""
    newest = head()
    if revision in (None, newest):
        schema.create_all(connection)
        command.stamp(config(connection), str(newest))
    else:
        upgrade(connection, str(revision))


def current(connection: Connection) -> str | None:
    """The revision that this database stands at; None when it has no schema."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def knows(revision: str) -> bool:
    """Whether this program can start from ``revision``."""
    scripts = ScriptDirectory.from_config(config())
    return revision in {script.revision for script in scripts.walk_revisions()}
