"""Backups of the whole office into one encrypted file, and an office out of one."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection, MetaData, func, select
from sqlalchemy.orm import Session

import migrations
from core import chain, dump, keyfiles, privacy, schema
from core.db import db
from core.dump import Dump, NotADump
from core.privacy import Keys, SealBroken
from core.sealedfile import SealedReader, SealedWriter
from core.words import _
from views.attaching import uploads
from views.reindex import rebuild


class RestoreRefused(RuntimeError):
    """The office cannot be restored here; the message says why."""


def save(path: Path) -> Dump:
    """Write the office as it is at this moment to ``path``, whole or not at all."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            made = _write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
    return made


def _write(file: IO[bytes]) -> Dump:
    sealed = SealedWriter(file, privacy.keys())  # type: ignore[arg-type]
    with (
        sealed,
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, "utf-8", newline="\n") as out,
        schema.snapshot(db.engine) as connection,
    ):
        standing = migrations.current(connection)
        return dump.write(connection, out, str(standing), uploads())


def restore(path: Path, keys: Keys) -> Dump:
    """Make this empty instance the office in ``path``; verified, or nothing happens."""
    before = privacy.keys()
    with path.open("rb") as file, _unpacked(file, keys) as lines:
        found = dump.head(lines)
        if not migrations.knows(found.revision):
            raise RestoreRefused(_("The backup is of a newer version of this program."))
        privacy.use_keys(keys)
        try:
            _fill(lines, found)
        except BaseException:
            privacy.use_keys(before)
            raise
    keyfiles.keep(current_app.config["INSTANCE"], keys)
    rebuild(db.session())
    return found


def _fill(lines: Iterator[str], found: Dump) -> None:
    with (
        tempfile.TemporaryDirectory(dir=current_app.config["INSTANCE"]) as folder,
        schema.changing(db.engine) as connection,
    ):
        _clear(connection)
        migrations.make(connection, found.revision)
        dump.read(connection, lines, found, Path(folder))
        migrations.upgrade(connection)
        if chain.verify(Session(connection))[1]:
            raise RestoreRefused(_("The history in the backup does not hold."))
        _place(Path(folder), uploads())


def _clear(connection: Connection) -> None:
    """Take away tables without rows; RestoreRefused when there is a single row."""
    if schema.is_empty(connection):
        return
    known = MetaData()
    known.reflect(connection, only=[*schema.tables(connection), "alembic_version"])
    for table in known.tables.values():
        rows = connection.scalar(select(func.count()).select_from(table))
        if rows and table.name not in {"alembic_version", *dump.PASSING}:
            raise RestoreRefused(
                _("This instance is not empty; restore into a new folder or database.")
            )
    connection.exec_driver_sql("DROP TABLE IF EXISTS search")
    known.drop_all(connection)


def _place(folder: Path, target: Path) -> None:
    if any(target.rglob("*")):
        raise RestoreRefused(_("The folder {path} is not empty.", path=target))
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        path.replace(target / path.name)


@contextmanager
def _unpacked(file: IO[bytes], keys: Keys) -> Iterator[Iterator[str]]:
    reader = io.BufferedReader(SealedReader(file, keys), 1 << 20)  # type: ignore[arg-type]
    with gzip.GzipFile(fileobj=reader, mode="rb") as packed:
        yield io.TextIOWrapper(packed, "utf-8", newline="\n")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Write the whole office to FILE, encrypted; the office may go on working."""
    if file.exists():
        raise click.ClickException(_("{path} is already there.", path=file))
    if not file.parent.is_dir():
        raise click.ClickException(_("There is no folder {path}.", path=file.parent))
    if is_bare():
        raise click.ClickException(_("There is no office here yet."))
    made = save(file)
    click.echo(
        _(
            "{n} rows and {files} files are in {path}.",
            n=sum(made.rows.values()),
            files=made.files,
            path=file,
        )
    )
    click.echo(_("Keep the key file elsewhere: without it the backup cannot be read."))


def is_bare() -> bool:
    """Whether the database has no tables at all."""
    with db.engine.connect() as connection:
        return schema.is_empty(connection)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "keyfile",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The office's key file, or a file with the line of the recovery sheet.",
)
@with_appcontext
def restore_command(file: Path, keyfile: Path) -> None:
    """Make this empty instance the office that FILE holds, and verify it."""
    try:
        found = restore(file, _keys_in(keyfile))
    except (RestoreRefused, NotADump, SealBroken, schema.ReferenceBroken) as error:
        raise click.ClickException(
            _("Not restored, nothing was changed: {why}", why=error)
        ) from error
    rows = sum(found.rows.values())
    click.echo(_("Restored and verified: {n} rows, as of {at}.", n=rows, at=found.at))
    click.echo(_("Everybody signs in anew."))


def _keys_in(keyfile: Path) -> Keys:
    """The keys in a file; they must be those of DATA_KEY when that is set."""
    try:
        keys = Keys.load(keyfile.read_text("ascii"))
    except ValueError as error:
        raise click.ClickException(_("{path} holds no keys.", path=keyfile)) from error
    if os.environ.get("DATA_KEY") and privacy.keys().root != keys.root:
        raise click.ClickException(_("DATA_KEY is set, and it is another key."))
    return keys
