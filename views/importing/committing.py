"""The commit: what the check made ready, written whole or not at all.

Reading, binding and sealing were done before; only writing is left, so that others
wait for as little as can be. What makes others wait for too long all the same is
written in portions (``core.portions``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit, bulk, numbering, policy, portions, search
from core.access import Actor, can
from core.columns import UtcDateTime
from core.db import now, writing
from core.portions import Portion
from core.record import Case, Record, record_type
from core.words import _
from models import KeyIssue
from views.handing import account_for_imported
from views.importing.checking import CLOCK, Check, Shapes
from views.importing.plan import PIECE, Plan, Table
from views.importing.staging import Staging
from views.opening import counter_of, next_numbers
from views.people import positive
from views.saving import Refused


@dataclass(frozen=True, slots=True)
class Ready:
    """An import that was checked whole."""

    staging: Staging
    table: Table
    plan: Plan

    @property
    def token(self) -> str:
        """By which its portions are known."""
        return self.staging.token


class Overtaken(Refused):
    """Somebody else is writing the same import, or has taken it back."""


def commit(session: Session, actor: Actor, ready: Ready) -> None:
    """Write all of it; Refused when something changed since the check.

    A file of more rows than others can wait for is written in portions; after a crash
    the same call goes on with the part that is missing.
    """
    try:
        _write(session, _checked(session, actor, ready), ready)
    except Overtaken:
        raise
    except Exception as error:
        portions.take_back(session, ready.token)
        if not isinstance(error, IntegrityError):
            raise
        raise Refused(
            _("A number or name was taken meanwhile. Check the file again.")
        ) from error
    portions.put_in_force(session, ready.token)
    ready.staging.drop()


def _write(session: Session, check: Check, ready: Ready) -> None:
    size = max(1, positive(session, "import.rows_at_once", 5_000) // PIECE)
    counter, changes = portions.ledger(ready.token), list[Any]()
    done = numbering.value(session, counter)
    parts = 1 + (ready.table.pieces - 1) // size
    for part in range(1, parts + 1):
        pieces = _pieces(ready, (part - 1) * size, size)
        changes += [one for piece in pieces for one in piece["changes"]]
        if part <= done:
            continue
        with writing(session):
            if numbering.take(session, counter) != part:
                raise Overtaken(_("This import is being taken over already."))
            Writer(session, check.cls, ready, part if parts > 1 else 0).write(pieces)
            if part == parts:
                _change(check, changes)
                if check.cls is KeyIssue:
                    account_for_imported(session)
                audit.note(session, _entry(ready))
                portions.decide(session, ready.token)


def _pieces(ready: Ready, first: int, many: int) -> list[Any]:
    places = range(first, min(first + many, ready.table.pieces))
    return [ready.staging.get(f"rows-{piece:05}") for piece in places]


def _checked(session: Session, actor: Actor, ready: Ready) -> Check:
    """The check that stands behind it, when nothing speaks against writing."""
    plan = ready.plan
    if plan.wrong or plan.piece < ready.table.pieces:
        raise Refused(_("Not every row is right yet."))
    most = positive(session, "import.max_changes", 1_000)  # each has its own entry
    if plan.changed > most:
        raise Refused(_("An import changes at most {n} records. Divide it.", n=most))
    check = Check(session, actor, ready.table, plan)
    if issubclass(check.cls, Case) and plan.stamp != policy.stamp(session):
        raise Refused(_("The office's rules have changed meanwhile. Check it again."))
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
    """Puts ready rows into their tables, with ids, numbers and words for the index.

    Those of a ``part`` among several are not in force until the last is written.
    """

    def __init__(
        self, session: Session, cls: type[Record], ready: Ready, part: int
    ) -> None:
        self.session, self.cls, self.ready, self.part = session, cls, ready, part
        self.connection: Connection = session.connection()
        self.shapes, self.moment = Shapes(session, cls), now()
        self.stamp = self._stamp()
        marked = [self.stamp, portions.marker(ready.token)]
        self.marked = marked if part else [None, None]

    def write(self, pieces: list[Any]) -> None:
        """The records of some pieces, and the lines in them."""
        many = sum(len(piece["records"]) for piece in pieces)
        ids = list(bulk.reserve(self.connection, self.shapes.spine.table, many))
        last = portions.last_of(self.session, self.ready.token, self.cls.slug)
        numbers = self._numbered(pieces, ids)
        at = first = pieces[0]["first"]
        for piece in pieces:
            records = piece["records"]
            self._records(ids[at - first :][: len(records)], numbers, records)
            at += len(records)
            for slug, lines in piece["lines"].items():
                parents = [ids[to - first] if to >= first else last for to, *_ in lines]
                self._lines(record_type(slug), parents, lines)
        policy.notice(self.session, self.cls)

    def _numbered(self, pieces: list[Any], ids: list[int]) -> Iterator[str]:
        """The numbers of new cases; how far they moved their counter is kept."""
        if not issubclass(self.cls, Case):
            self._keep(self.cls.slug, ids)
            return iter(())
        counter = counter_of(self.session, self.cls.slug)
        before = numbering.value(self.session, counter)
        numbers = self._numbers(pieces)
        after = numbering.value(self.session, counter)
        self._keep(self.cls.slug, ids, series=counter, before=before, after=after)
        return iter(numbers)

    def _numbers(self, pieces: list[Any]) -> list[str]:
        """Numbers of the series for those that came without one."""
        for name, value in self.ready.plan.reached.items():
            numbering.reach(self.session, name, value)
        records = (record for piece in pieces for record in piece["records"])
        many = sum(named is None for _row, _own, named, *_more in records)
        return list(next_numbers(self.session, self.cls.slug, many)) if many else []

    def _records(
        self, ids: list[int], numbers: Iterator[str], records: list[Any]
    ) -> None:
        spine, own, documents, clocks = [], [], [], []
        case, lite = issubclass(self.cls, Case), self.shapes.lite
        for key, (row, mine, named, words, started) in zip(ids, records, strict=True):
            given = named or (next(numbers) if case else "")
            ahead = [key, self.stamp, *self.marked]
            spine.append([*ahead, given, *row] if case else [*ahead, *row])
            clocks += [[key, *self.marked, *clock] for clock in started]
            if mine is not None:
                own.append([key, *mine])
            if words is not None:
                more = search.cut(given) if case and not named else []
                documents.append((key, search.longer(words, more, lite)))
        self._insert(self.shapes.spine, spine)
        if self.shapes.own is not None:
            self._insert(self.shapes.own, own)
        search.add(self.connection, self.cls, documents)
        self._insert(self.shapes.clock, self._keyed(portions.CLOCKS, CLOCK, clocks))

    def _lines(self, part: type[Record], parents: list[int], lines: list[Any]) -> None:
        shape = self.shapes.part(part)
        rows = [
            [self.stamp, *self.marked, parent, *row]
            for parent, (_at, row, _words) in zip(parents, lines, strict=True)
        ]
        keyed = self._keyed(part.slug, shape.table, rows)
        self._insert(shape, keyed)
        found = [
            (key, words[0])
            for (key, *_row), (_at, _cells, words) in zip(keyed, lines, strict=True)
            if words
        ]
        search.add(self.connection, part, found)

    def _keyed(self, slug: str, table: SqlTable, rows: list[Any]) -> list[Any]:
        """Rows with ids of their own."""
        keys = list(bulk.reserve(self.connection, table, len(rows)))
        self._keep(slug, keys)
        return [[key, *row] for key, row in zip(keys, rows, strict=True)]

    def _keep(self, slug: str, ids: list[int], **moved: Any) -> None:
        """Note what this part has brought, so that it can be put in force, or taken
        back.
        """
        if not self.part or not (ids or any(moved.values())):
            return
        first, last = (ids[0], ids[-1]) if ids else (0, 0)
        span = {"slug": slug, "first": first, "last": last, "written_at": self.moment}
        kept = {"token": self.ready.token, "part": self.part, **span, **moved}
        self.connection.execute(insert(Portion), kept)

    def _stamp(self) -> Any:
        """The moment of the commit, as the driver takes it."""
        dialect = self.shapes.dialect
        process = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
        return self.moment if process is None else process(self.moment)

    def _insert(self, shape: bulk.Shape, rows: list[Any]) -> None:
        bulk.insert(self.connection, shape.table.name, shape.columns, rows)
