"""Bring a database to this version of the program, without losing any of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

import migrations
from core import chain, schema
from core.access import SYSTEM, act_as
from core.chain import Change, Flaw
from core.db import db, now, writing
from core.words import _
from seeds import loader
from views.backup import save
from views.login import is_set_up
from views.recalculation import recalculate

Say = Callable[[str], None]


class UpgradeRefused(RuntimeError):
    """The database cannot be upgraded; the message says why."""


def init_app(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(upgrade_command)


def upgrade_schema(say: Say = lambda sentence: None) -> None:
    """Make the schema, or back a living office up, migrate it, verify it, seed it."""
    with db.engine.connect() as connection:
        fresh = schema.is_empty(connection)
        standing = migrations.current(connection)
    if fresh:
        with schema.changing(db.engine) as connection:
            migrations.make(connection)
        say(_("The database is new; its tables are made."))
        return
    _refuse_strange(standing)
    if standing != migrations.head():
        _carry_over(str(standing), say)
    add_seeds(say)


def _refuse_strange(standing: str | None) -> None:
    if standing is None:
        raise UpgradeRefused(_("This database belongs to another program."))
    if not migrations.knows(standing):
        raise UpgradeRefused(
            _(
                "The database is at version {number}, newer than this program knows."
                " Install the newer program.",
                number=standing,
            )
        )


def _carry_over(standing: str, say: Say) -> None:
    path = _backup_path(standing)
    save(path)
    say(_("Backed up to {path}.", path=path))
    walked = _migrate()
    say(_("Migrated and verified; {n} history entries.", n=walked))


def _backup_path(standing: str) -> Path:
    folder: Path = current_app.config["INSTANCE"] / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{now():%Y%m%dT%H%M%SZ}-version-{standing}.backup"


def _migrate() -> int:
    """All steps and all checks in one transaction: it holds, or nothing happened."""
    with schema.changing(db.engine) as connection:
        before = _entries(connection)
        migrations.upgrade(connection)
        _check_file(connection)
        walked, flaws = chain.verify(Session(connection))
        if flaws or walked < before:
            raise UpgradeRefused(_broken(flaws))
    return walked


def _entries(connection: Connection) -> int:
    if not connection.dialect.has_table(connection, Change.__tablename__):
        return 0
    return connection.scalar(select(func.count()).select_from(Change)) or 0


def _check_file(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA quick_check").scalar()
        if found != "ok":
            raise UpgradeRefused(_("The database file is damaged: {what}", what=found))


def _broken(flaws: list[Flaw]) -> str:
    first = flaws[0] if flaws else Flaw("-", 0, _("entries are gone"))
    return _(
        "Nothing was changed: the history does not hold ({chain} {n}: {what})."
        " Run 'flask audit verify'.",
        chain=first.chain,
        n=first.seq,
        what=first.what,
    )


def add_seeds(say: Say) -> None:
    """Load what this version's reference data has and the office has not."""
    session = db.session()
    act_as(session, SYSTEM)
    if not is_set_up(session):
        return
    with writing(session):
        added = sum(loader.load(session).values())
        recalculate(session)
    if added:
        say(_("{n} rows of new reference data.", n=added))


@click.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """Back up, migrate, verify: bring the office to this version of the program."""
    try:
        upgrade_schema(click.echo)
    except (UpgradeRefused, schema.ReferenceBroken) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_("The office is up to date."))
