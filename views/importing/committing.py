"""The commit: what the check made ready, written at one go or not at all.

Reading, binding and sealing were done before; only writing is left, so that others
wait for as little as can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit, bulk, numbering, policy, search
from core.access import Actor, can
from core.columns import UtcDateTime
from core.db import now, writing
from core.record import Case, Record, record_type
from core.words import _
from views.importing.checking import Check, Shapes
from views.importing.plan import PIECE, Plan, Table
from views.importing.staging import Staging
from views.opening import next_numbers
from views.people import positive
from views.saving import Refused


@dataclass(frozen=True, slots=True)
class Ready:
    """An import that was checked whole."""

    staging: Staging
    table: Table
    plan: Plan

    @property
    def ledger(self) -> str:
        """The counter of what was written of it; it makes writing twice impossible."""
        return f"import:{self.staging.token}"


def commit(session: Session, actor: Actor, ready: Ready) -> None:
    """Write all of it; Refused when something changed since the check.

    A file of more rows than others can wait for is written in parts; after a crash
    the same call goes on with the part that is missing.
    """
    check = _checked(session, actor, ready)
    size = max(1, positive(session, "import.rows_at_once", 5_000) // PIECE)
    done = numbering.value(session, ready.ledger)
    try:
        for part in range(done + 1, 2 + (ready.table.pieces - 1) // size):
            first = (part - 1) * size
            pieces = [
                ready.staging.get(f"rows-{piece:05}")
                for piece in range(first, min(first + size, ready.table.pieces))
            ]
            with writing(session):
                if numbering.take(session, ready.ledger) != part:
                    raise Refused(_("This import is being taken over already."))
                _change(check, [one for piece in pieces for one in piece["changes"]])
                Writer(session, check.cls, ready).write(pieces)
                if part == 1:
                    audit.note(session, _entry(ready))
    except IntegrityError as error:
        raise Refused(
            _("A number or name was taken meanwhile. Check the file again.")
        ) from error
    ready.staging.drop()


def _checked(session: Session, actor: Actor, ready: Ready) -> Check:
    """The check that stands behind it, when nothing speaks against writing."""
    plan = ready.plan
    if plan.wrong or plan.piece < ready.table.pieces:
        raise Refused(_("Not every row is right yet."))
    most = positive(session, "import.max_changes", 1_000)  # each has its own entry
    if plan.changed > most:
        raise Refused(_("An import changes at most {n} records. Divide it.", n=most))
    check = Check(session, actor, ready.table, plan)
    if any(check.references.gone(plan.used)):
        raise Refused(_("Something that the file refers to is gone. Check it again."))
    return check


def _entry(ready: Ready) -> audit.Entry:
    """One entry for the whole file: its name, its digest, and how many rows."""
    table, plan = ready.table, ready.plan
    facts: dict[str, Any] = {
        "file": table.name,
        "sha256": table.digest,
        "rows": plan.new,
        "changed": plan.changed,
        **plan.lines,
    }
    note = f"{table.name} · {plan.new} + {plan.changed} · {table.digest[:12]}"
    plain = {name: [None, value] for name, value in facts.items()}
    return audit.Entry("import", table.slug, None, table.project, note, plain=plain)


def _change(check: Check, changes: list[Any]) -> None:
    """Change records one by one, so that each change stands in the history."""
    columns = {column.target.key: column for column in check.columns}
    wanted = {key: (version, texts) for key, version, texts in changes}
    listed = list(wanted)
    for start in range(0, len(listed), 200):
        some = listed[start : start + 200]
        query = select(check.cls).where(check.cls.id.in_(some))
        for record in check.session.scalars(query):
            version, texts = wanted.pop(record.id)
            if record.version != version or not can(check.actor, "update", record):
                wanted[record.id] = (version, texts)
                continue
            for key, text in texts.items():
                setattr(record, columns[key].target.name, columns[key].read(text)[0])
            audit.explain(check.session, record, "update", _("by import"))
    if wanted:
        raise Refused(_("Somebody has changed a record meanwhile. Check it again."))


class Writer:
    """Puts ready rows into their tables, with ids, numbers and words for the index."""

    def __init__(self, session: Session, cls: type[Record], ready: Ready) -> None:
        self.session, self.cls, self.ready = session, cls, ready
        self.connection: Connection = session.connection()
        self.shapes, self.moment = Shapes(session, cls), now()

    def write(self, pieces: list[Any]) -> None:
        """The records of some pieces, and the lines in them."""
        many = sum(len(piece["records"]) for piece in pieces)
        ids = list(bulk.reserve(self.connection, self.shapes.spine.table, many))
        numbers, before = self._numbers(pieces), f"{self.ready.ledger}:last"
        last = numbering.value(self.session, before)
        at = first = pieces[0]["first"]
        for piece in pieces:
            records = piece["records"]
            self._records(ids[at - first :][: len(records)], numbers, records)
            at += len(records)
            for slug, lines in piece["lines"].items():
                parents = [ids[to - first] if to >= first else last for to, *_ in lines]
                self._lines(record_type(slug), parents, lines)
        if ids:
            numbering.reach(self.session, before, ids[-1])
        policy.notice(self.session, self.cls)

    def _numbers(self, pieces: list[Any]) -> Iterator[str]:
        """Numbers of the series for those that came without one."""
        for name, value in self.ready.plan.reached.items():
            numbering.reach(self.session, name, value)
        records = (record for piece in pieces for record in piece["records"])
        many = sum(named is None for _row, _own, named, _words in records)
        if not issubclass(self.cls, Case) or not many:
            return iter(())
        return next_numbers(self.session, self.cls.slug, many)

    def _records(
        self, ids: list[int], numbers: Iterator[str], records: list[Any]
    ) -> None:
        spine, own, documents = [], [], []
        case, lite, stamp = issubclass(self.cls, Case), self.shapes.lite, self._stamp()
        for key, (row, mine, named, words) in zip(ids, records, strict=True):
            given = named or (next(numbers) if case else "")
            spine.append([key, stamp, given, *row] if case else [key, stamp, *row])
            if mine is not None:
                own.append([key, *mine])
            if words is not None:
                more = search.cut(given) if case and not named else []
                documents.append((key, search.longer(words, more, lite)))
        self._insert(self.shapes.spine, spine)
        if self.shapes.own is not None:
            self._insert(self.shapes.own, own)
        search.add(self.connection, self.cls, documents)

    def _lines(self, part: type[Record], parents: list[int], lines: list[Any]) -> None:
        stamp, shape = self._stamp(), self.shapes.part(part)
        keys = list(bulk.reserve(self.connection, shape.table, len(lines)))
        together = list(zip(keys, parents, lines, strict=True))
        rows = [[key, stamp, parent, *line[1]] for key, parent, line in together]
        self._insert(shape, rows)
        words = [(key, line[2][0]) for key, _parent, line in together if line[2]]
        search.add(self.connection, part, words)

    def _stamp(self) -> Any:
        """The moment of the commit, as the driver takes it."""
        dialect = self.shapes.dialect
        process = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
        return self.moment if process is None else process(self.moment)

    def _insert(self, shape: bulk.Shape, rows: list[Any]) -> None:
        bulk.insert(self.connection, shape.table.name, shape.columns, rows)
