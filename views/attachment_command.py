"""The command that looks after the files on disk."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from core import attachment, schema
from core.db import db, now
from core.words import _
from views.attaching import uploads
from views.backup import is_bare

UNFINISHED = dt.timedelta(days=1)
"""A file without a row may belong to an upload that goes on, but not for so long."""

attachments_group = click.Group("attachments", help="The files attached to records.")


@attachments_group.command("verify")
@with_appcontext
def verify_command() -> None:
    """Compare every file with the history, and sweep up what uploads left behind."""
    if is_bare():
        raise click.ClickException(_("There is no office here yet."))
    with schema.snapshot(db.engine) as connection:
        session = Session(connection)
        flaws = list(attachment.flaws(session, uploads()))
        swept = attachment.sweep(session, uploads(), now() - UNFINISHED)
    for slug, key, what in flaws:
        click.echo(f"{slug} {key}: {what}", err=True)
    click.echo(_("Left behind by broken uploads and swept up: {n}", n=swept))
    if flaws:
        raise click.ClickException(
            _("{n} files are missing or were altered.", n=len(flaws))
        )
    click.echo(_("Every attached file is there and as it was attached."))
