"""A new generation of the data key, and every sealed value sealed anew under it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import click
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import ColumnElement, Table, select, update
from sqlalchemy.orm import Session

from core import audit, keyfiles, privacy, schema
from core.access import SYSTEM, act_as
from core.audit import Entry
from core.base import Base
from core.chain import ChangeValue
from core.db import db, writing
from core.privacy import ERASED, Keys
from core.words import _
from views.backup import is_bare

BATCH = 500
Place = Callable[[Any], str]
"""From a row to what its ciphertext is bound to."""


def rotate(session: Session, told: Callable[[int], None] = lambda count: None) -> int:
    """Begin a generation and seal everything under it; the number of values sealed.

    The new key is on disk before the first value needs it; a run that was broken off
    is finished by the next one, since values of any older generation are taken up.
    """
    act_as(session, SYSTEM)
    _begin_generation()
    total = 0
    for table, column, place in _sealed_columns():
        total += _reseal(session, table, column, place, told)
    with writing(session):
        entry = Entry("rotate_key", "office", note=str(privacy.keys().newest))
        audit.note(session, entry)
    return total


def _begin_generation() -> None:
    old = privacy.keys()
    key = AESGCM.generate_key(256)
    grown = Keys(old.root, {**old.data, old.newest + 1: key})
    keyfiles.keep(current_app.config["INSTANCE"], grown)
    privacy.use_keys(grown)


def _sealed_columns() -> Iterator[tuple[Table, str, Place]]:
    """Every column that holds sealed values, the history's last."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if secret := column.info.get("secret"):
                yield table, column.name, _bound(table.name, secret)
    history = ChangeValue.__table__
    assert isinstance(history, Table)
    yield history, "personal", lambda row: f"change.{row.change_id}"


def _bound(table: str, secret: str) -> Place:
    return lambda row: f"{table}.{secret}.{row.row_key}"


def _reseal(
    session: Session,
    table: Table,
    name: str,
    place: Place,
    told: Callable[[int], None],
) -> int:
    """Seal a column's older values anew, a batch to a transaction."""
    (key,) = table.primary_key.columns
    total, last = 0, 0
    while True:
        with writing(session):
            rows = _older(session, table, name, key > last)
            if rows:
                _write(session, table, name, [(row, place(row)) for row in rows])
        if not rows:
            return total
        last, total = getattr(rows[-1], key.name), total + len(rows)
        told(len(rows))


def _older(
    session: Session, table: Table, name: str, beyond: ColumnElement[bool]
) -> Sequence[Any]:
    """The next values that are not of the newest generation."""
    (key,), token = table.primary_key.columns, table.c[name]
    wanted = [key, token, *(c for c in table.c if c.name == "row_key")]
    newest = f"{privacy.keys().newest}."
    query = (
        select(*wanted)
        .where(beyond, token.is_not(None), token != ERASED)
        .where(token.not_like(newest + "%"))
        .order_by(key)
        .limit(BATCH)
    )
    return session.connection().execute(query).all()


def _write(
    session: Session, table: Table, name: str, rows: Sequence[tuple[Any, str]]
) -> None:
    """Put new ciphertexts over the very ones that were read."""
    (key,), connection = table.primary_key.columns, session.connection()
    history = table.name == ChangeValue.__tablename__
    with schema.resealing(connection) if history else nullcontext():
        for row, place in rows:
            old = getattr(row, name)
            new = privacy.seal(privacy.unseal(old, place), place)
            same = (key == getattr(row, key.name), table.c[name] == old)
            connection.execute(update(table).where(*same).values({name: new}))


@click.command("rotate-key")
@with_appcontext
def rotate_command() -> None:
    """Make a new data key and seal all personal data anew under it."""
    if os.environ.get("DATA_KEY"):
        raise click.ClickException(
            _("The keys come from DATA_KEY. Run this once with keys in the key file.")
        )
    if is_bare():
        raise click.ClickException(_("There is no office here yet."))
    with click.progressbar(length=0, label=_("Sealing anew")) as bar:
        total = rotate(db.session(), bar.update)
    click.echo(
        _("{n} values are sealed under key {key}.", n=total, key=privacy.keys().newest)
    )
    click.echo(_("Put the new key file with the old one."))
