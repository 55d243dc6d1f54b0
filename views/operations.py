"""The commands that keep an office going: verify, back up, restore, rotate, reindex."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from core import chain, schema
from core.db import db
from core.words import _
from views.attachment_command import attachments_group
from views.backup import backup_command, is_bare, restore_command
from views.reindex import index_group
from views.rotation import rotate_command

audit_group = click.Group("audit", help="The history of all changes.")


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (
        audit_group,
        backup_command,
        restore_command,
        rotate_command,
        index_group,
        attachments_group,
    ):
        app.cli.add_command(command)


@audit_group.command("verify")
@with_appcontext
def verify_command() -> None:
    """Walk every chain of the history; name the first bad entry of each."""
    if is_bare():
        raise click.ClickException(_("There is no office here yet."))
    with schema.snapshot(db.engine) as connection:
        walked, flaws = chain.verify(Session(connection))
    for flaw in flaws:
        click.echo(
            _(
                "{chain}, entry {n}: {what}",
                chain=flaw.chain,
                n=flaw.seq,
                what=flaw.what,
            ),
            err=True,
        )
    if flaws:
        raise click.ClickException(
            _("The history was tampered with: {n} chains do not hold.", n=len(flaws))
        )
    click.echo(_("The history holds: {n} entries.", n=walked))
