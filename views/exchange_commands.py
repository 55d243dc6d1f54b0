"""Commands: ``export`` writes a list to a file, ``import`` takes records from one."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from core.access import Actor, act_as
from core.db import Busy, db
from core.record import Record, record_types
from core.words import _
from views import people
from views.asked import Asked
from views.backup import is_bare
from views.export import TYPES, Listing, export_columns, note, write
from views.importing import steps
from views.importing.committing import Ready, commit
from views.importing.plan import PIECE, Table
from views.importing.staging import Staging
from views.importing.targets import headed, missing, right_to_import, targets
from views.importing.unreadable import Unreadable
from views.login import is_set_up
from views.saving import Refused
from views.spool import folder
from views.workbook import TooMany

SAID = 50
"""Problems that the command prints."""


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(export_command)
    app.cli.add_command(import_command)


@click.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--unmasked", is_flag=True, help="Personal data in plain.")
@click.option("--purpose", default="", help="What unmasked data is needed for.")
@with_appcontext
def export_command(slug: str, file: Path, unmasked: bool, purpose: str) -> None:
    """Write every record of type SLUG to FILE, .csv or .xlsx; the history knows."""
    cls, kind = _type(slug), file.suffix.lower().lstrip(".")
    if kind not in TYPES:
        raise click.ClickException(_("FILE must end in .csv or .xlsx."))
    if unmasked and len(purpose.strip()) < 2:
        raise click.ClickException(_("Say with --purpose what the plain data is for."))
    if file.exists():
        raise click.ClickException(_("{path} is already there.", path=file))
    session, actor = _acting("export")
    names = export_columns(actor, cls)
    listing = Listing(actor, cls, Asked(), names, masked=not unmasked)
    try:
        with file.open("xb") as out:
            count = write(session, listing, kind, out)
    except (OSError, TooMany) as why:
        file.unlink(missing_ok=True)
        raise click.ClickException(str(why)) from None
    note(session, listing, kind, count, purpose.strip())
    click.echo(_("{n} records are in {path}.", n=count, path=file))


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
@click.option("--update", is_flag=True, help="Change records of the same number.")
@click.option("--project", default="", help="Name or code; the only one by default.")
@with_appcontext
def import_command(
    slug: str, file: Path, dry_run: bool, update: bool, project: str
) -> None:
    """Take records of type SLUG from FILE (.xlsx or CSV): all of them or none."""
    cls = _type(slug)
    session, actor = _acting("import")
    if not right_to_import(actor, cls):
        raise click.ClickException(_("Records of this type are not imported."))
    try:
        place = people.project_named(session, project).id
        _import(session, actor, cls, (file, place), (dry_run, update))
    except (Unreadable, Refused, people.Refused) as why:
        raise click.ClickException(str(why)) from None
    except Busy:
        sentence = _("Another program holds the database. Try again in a moment.")
        raise click.ClickException(sentence) from None


def _import(
    session: Session,
    actor: Actor,
    cls: type[Record],
    given: tuple[Path, int],
    how: tuple[bool, bool],
) -> None:
    path, project = given
    dry_run, update = how
    staging = Staging.begin(folder(), None)
    try:
        with path.open("rb") as file:
            table = Table(cls.slug, project, path.name, steps.digest_of(file), [])
            steps.take_in(session, actor, staging, file, table, cls)
        ready = steps.opened(staging)
        ready.plan.change = update
        _say_columns(actor, cls, ready)
        steps.begin(ready)
        with click.progressbar(length=ready.table.rows, label=_("Rows")) as bar:
            while ready.plan.piece < ready.table.pieces:
                steps.go_on(session, actor, ready, 0)
                bar.update(PIECE)
        _say_result(ready)
        if dry_run:
            click.echo(_("Nothing was written."))
        else:
            commit(session, actor, ready)
            click.echo(_("Everything was imported."))
    finally:
        staging.drop()


def _say_columns(actor: Actor, cls: type[Record], ready: Ready) -> None:
    """Which column fills what; a required field without one ends it here."""
    known = targets(actor, cls)
    labels = {target.key: target.label for target in known}
    for place, key in enumerate(ready.plan.mapping):
        head = headed(ready.table.heads, place)
        click.echo(f"  {head} -> {labels.get(key) or _('left out')}")
    lacking = missing(ready.plan.mapping, known)
    if lacking and not ready.plan.change:
        raise Refused(_("No column fills: {labels}.", labels=_(", ").join(lacking)))


def _say_result(ready: Ready) -> None:
    plan = ready.plan
    click.echo(
        _(
            "{new} new, {changed} changed, {same} the same, {wrong} wrong.",
            new=plan.new,
            changed=plan.changed,
            same=plan.same,
            wrong=plan.wrong,
        )
    )
    for row, place, sentence in plan.problems[:SAID]:
        head = headed(ready.table.heads, place) if place >= 0 else ""
        click.echo(f"  {row} {head}: {sentence}")
    if plan.wrong:
        raise Refused(_("Nothing was written."))


def _type(slug: str) -> type[Record]:
    known = {cls.slug: cls for cls in record_types() if cls.kind != "part"}
    if slug not in known:
        raise click.ClickException(
            _("There is no record type {slug}; see the records command.", slug=slug)
        )
    return known[slug]


def _acting(name: str) -> tuple[Session, Actor]:
    """The session of a command that acts for the system under its own name."""
    if is_bare() or not is_set_up(db.session()):
        raise click.ClickException(_("There is no office here yet."))
    actor = Actor(name, system=True, projects=None)
    act_as(db.session(), actor)
    return db.session(), actor
