"""The search index made anew from the records themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import schema, search
from core.access import SYSTEM, act_as
from core.db import db, writing
from core.record import Record, record_types
from core.words import _, say

BATCH = 500


def rebuild(
    session: Session, told: Callable[[str, int], None] = lambda title, count: None
) -> int:
    """Empty the index, then cut the words of every searchable record; their number."""
    act_as(session, SYSTEM)
    with schema.changing(session.get_bind().engine) as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS search")
        search.create(connection)
    total = 0
    for cls in record_types():
        if search.searched(cls):
            count = sum(_index(session, batch) for batch in _batches(session, cls))
            total += count
            told(say(cls.title), count)
    return total


def _batches(session: Session, cls: type[Record]) -> Iterator[Sequence[Record]]:
    last = 0
    while True:
        query = select(cls).where(cls.id > last).order_by(cls.id).limit(BATCH)
        records = session.scalars(query).all()
        if not records:
            return
        last = records[-1].id
        yield records
        session.expunge_all()


def _index(session: Session, records: Sequence[Record]) -> int:
    documents = [(search.doc_id(type(r), r.id), search.document(r)) for r in records]
    with writing(session):
        search.put(session, documents)
    return len(documents)


index_group = click.Group("search-index", help="The full-text index.")


@index_group.command("rebuild")
@with_appcontext
def rebuild_command() -> None:
    """Empty the full-text index and make it again from every record."""
    total = rebuild(
        db.session(), lambda title, count: click.echo(f"{count:>9,}  {title}")
    )
    click.echo(_("{n} records are in the index.", n=total))
