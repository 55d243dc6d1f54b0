"""The dry run: every row read as the form reads it, made ready, or told what is wrong.

Nothing is written. What is right stands ready as rows of the database, so that the
commit has only to write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from core import bulk, moves, numbering, policy, search
from core.access import Actor, Denied
from core.clock import Clock
from core.db import now
from core.moves import Add
from core.record import Case, Record, record_type
from core.words import _
from models import KeyIssueItem
from views import clocking, moving
from views.columns import tables
from views.facts import facts_of
from views.handing import COMES_BACK, times_out, twice
from views.importing.cells import Column
from views.importing.existing import Existing
from views.importing.plan import Plan, Problem, Table
from views.importing.references import References
from views.importing.targets import Target, right_to_import, targets
from views.opening import series_of
from views.parts import parent_column
from views.saving import Refused, begin, start

SHOWN = 200
"""Problems that the page shows; the workbook to download shows all."""
GIVEN = ("id", "created_at", "voided_at", "void_reason")
"""Columns that are known only when the rows are written."""
CLOCK = cast(SqlTable, Clock.__table__)
Texts = dict[Column, str]


class Check:
    """The check of some rows, going on where the plan stands."""

    def __init__(
        self, session: Session, actor: Actor, table: Table, plan: Plan
    ) -> None:
        self.session, self.actor, self.plan = session, actor, plan
        self.cls = record_type(table.slug)
        self.project = table.project
        self.action = right_to_import(actor, self.cls)
        self.known = {one.key: one for one in targets(actor, self.cls)}
        within = self.project if self.cls.owner == "project" else None
        self.references = References(session, actor, within, plan.chosen)
        self.columns = [
            Column(session, place, self.known[key], self.references)
            for place, key in enumerate(plan.mapping)
            if key in self.known
        ]
        self.existing = Existing(session, actor, self.cls, self.project, plan)
        self.shapes = Shapes(session, self.cls)
        if not plan.piece:
            plan.stamp = policy.stamp(session)
        self.ready: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def piece(self, rows: Sequence[tuple[int, list[str]]]) -> dict[str, Any]:
        """Check the next rows; what is ready to be written of them."""
        self.ready = {"first": self.plan.new, "records": [], "lines": {}, "changes": []}
        self.problems = []
        read = [(number, self._texts(cells)) for number, cells in rows]
        for column in self.columns:
            column.prepare(texts[column] for _n, texts in read if column in texts)
        self.existing.prepare(texts for _number, texts in read)
        for number, texts in read:
            self._row(number, texts)
        self._note()
        return self.ready

    def _texts(self, cells: Sequence[str]) -> Texts:
        found = {}
        for column in self.columns:
            text = cells[column.place].strip() if column.place < len(cells) else ""
            if text:
                found[column] = text
        return found

    def _row(self, number: int, texts: Texts) -> None:
        before = len(self.problems)
        own = {c: t for c, t in texts.items() if not c.target.is_line}
        lines = {c: t for c, t in texts.items() if c.target.is_line}
        if own:
            values = self._values(number, own)
            self.plan.home = values.get("unit_id") or 0
            found = self.existing.match(values)
            if isinstance(found, str):
                self._wrong(number, -1, found)
            elif found is None:
                self._needed(number, self.cls, own)
                self._lines(number, lines, self.plan.new)
                self._new(number, values, len(self.problems) > before)
            else:
                self._change(number, found, own, values)
        elif lines and self.plan.new:
            self._lines(number, lines, self.plan.new - 1)
        elif lines:
            self._wrong(number, -1, _("There is no record above it to belong to."))
        self.plan.wrong += len(self.problems) > before

    def _new(self, number: int, values: dict[str, Any], wrong: bool) -> None:
        if wrong:
            return
        try:
            record = self._made(values)
            follows = self._begun(record)
        except (Refused, moves.Refused) as why:
            self._wrong(number, -1, str(why))
        except Denied:
            self._wrong(number, -1, _("You have no right to record this."))
        else:
            if taken := self.existing.taken(record):
                self._wrong(number, -1, taken)
                return
            self._reach(record)
            clocks = self._clocks(record)
            self.ready["records"].append(self.shapes.record(record, clocks))
            for order in follows:
                self._line(order.slug, order.values, self.plan.new)
            self.plan.new += 1

    def _made(self, values: dict[str, Any]) -> Record:
        """A record as the form would make it, in no session."""
        record = self.cls()
        for name, value in values.items():
            setattr(record, name, value)
        begin(self.session, record, self.project)
        start(self.actor, record, self.action)
        return record

    def _begun(self, record: Record) -> Iterator[Add]:
        """What is written with a case where the facts decide how it begins."""
        begin = record.flow.begin if record.flow else None
        if begin is None or not begin.to or not isinstance(record, Case):
            return iter(())
        facts = facts_of(self.session, self.actor, record, {})
        outcome = moves.decide(begin, facts, opens=True)
        moving.enter(record, outcome.state)
        return (order for order in outcome.orders if isinstance(order, Add))

    def _clocks(self, record: Record) -> list[Clock]:
        """What runs from when a case came in, as if it had been entered."""
        if not isinstance(record, Case):
            return []
        moment = now()
        clocks = clocking.begun(self.session, record, moment).clocks
        for clock in clocks:
            clock.quiet = clock.due_at <= moment
        return clocks

    def _change(
        self, number: int, record: Record, own: Texts, values: dict[str, Any]
    ) -> None:
        other = self.existing.differing(record, values)
        if isinstance(other, str):
            self._wrong(number, -1, other)
        elif other:
            texts = {c.target.key: t for c, t in own.items() if c.target.name in other}
            self.ready["changes"].append([record.id, record.version, texts])
            self.plan.changed += 1
        else:
            self.plan.same += 1

    def _lines(self, number: int, texts: Texts, at: int) -> None:
        """One line of each kind that the row says something of."""
        for slug in dict.fromkeys(c.target.cls.slug for c in texts):
            mine = {c: t for c, t in texts.items() if c.target.cls.slug == slug}
            before = len(self.problems)
            values = self._values(number, mine)
            part = record_type(slug)
            self._needed(number, part, mine)
            if part is KeyIssueItem and not values.get("returned_on"):
                self._key(number, values.get("article", ""), values.get("name"))
            if len(self.problems) == before:
                self._line(slug, values, at)

    def _key(self, number: int, article: str, name: str | None) -> None:
        """No article of a home is out twice, in the file or already."""
        home, key = self.plan.home, f"key {self.plan.home} {article} {name}"
        if not name or article not in COMES_BACK:
            return
        if key in self.existing.seen or times_out(self.session, home, article, name):
            self._wrong(number, -1, twice(self.session, article, name))
        self.existing.see(key)

    def _line(self, slug: str, values: Mapping[str, Any], at: int) -> None:
        line = record_type(slug)(**values, created_by_id=self.actor.staff_id)
        line.project_id = self.project
        ready = [at, *self.shapes.line(line)]
        self.ready["lines"].setdefault(slug, []).append(ready)
        self.plan.lines[slug] = self.plan.lines.get(slug, 0) + 1

    def _values(self, number: int, texts: Texts) -> dict[str, Any]:
        values = {}
        for column, text in texts.items():
            neighbour = self._neighbour(column, text, texts)
            value, wrong = (neighbour, "") if neighbour else column.read(text)
            if wrong:
                self._wrong(number, column.place, wrong)
            elif value is not None:
                values[column.target.name] = value
        return values

    def _neighbour(self, column: Column, text: str, texts: Texts) -> int | None:
        """Whom a name means that several bear, by the home in the same row."""
        if column.declared.ref != "person":
            return None
        rooms = ((c, t) for c, t in texts.items() if c.declared.ref == "unit")
        home = next((c.read(t)[0] for c, t in rooms), None)
        return self.references.at_home(text, home) if home else None

    def _needed(self, number: int, cls: type[Record], given: Texts) -> None:
        """A record or line has all that it needs, whether it has a column or not."""
        names = {column.target.name for column in given}
        places = {column.target.key: column.place for column in self.columns}
        for key, target in self.known.items():
            wanted = target.cls is cls and target.field.required
            if wanted and target.name not in names:
                self._empty(number, places.get(key, -1), target)

    def _empty(self, number: int, place: int, target: Target) -> None:
        self._wrong(number, place, _("Please fill in “{label}”.", label=target.label))

    def _wrong(self, number: int, place: int, sentence: str) -> None:
        self.problems.append((number, place, sentence))

    def _reach(self, record: Record) -> None:
        """A number given by hand is not given again by its series."""
        if not isinstance(record, Case) or not record.number:
            return
        self.plan.numbered += 1
        prefix, pattern, span = series_of(self.session, record.slug)
        if found := numbering.place(pattern, prefix, record.number):
            year, month, n = found
            period = {"year": year, "month": year + month}.get(span, "")
            name = f"number:{record.slug}:{period}"
            self.plan.reached[name] = max(n, self.plan.reached.get(name, 0))

    def _note(self) -> None:
        """Put what this piece has shown into the plan."""
        room = SHOWN - len(self.plan.problems)
        self.plan.problems += self.problems[: max(0, room)]
        for slug, doubts in self.references.doubts.items():
            kept = self.plan.doubts.setdefault(slug, {})
            for text, hits in doubts.items():
                kept[text] = [
                    (hit.id, f"{hit.words} {hit.more}".strip()) for hit in hits
                ]
        for slug, keys in self.references.used.items():
            self.plan.used[slug] = sorted(keys.union(self.plan.used.get(slug, ())))


class Shapes:
    """How records of a type, and lines in them, become rows."""

    def __init__(self, session: Session, cls: type[Record]) -> None:
        self.cls, self.dialect = cls, session.get_bind().dialect
        self.lite = self.dialect.name == "sqlite"
        spine, own = tables(cls)
        given = (*GIVEN, "number") if issubclass(cls, Case) else GIVEN
        self.spine = bulk.Shape(self.dialect, cls, spine, given)
        self.own = None
        if own is not spine:
            self.own = bulk.Shape(self.dialect, cls, own, ("id",))
        self.parts: dict[type[Record], bulk.Shape] = {}
        ahead = ("id", "case_id", "stopped_at", "stopped_by")
        self.clock = bulk.Shape(self.dialect, Clock, CLOCK, ahead)

    def record(self, record: Record, clocks: Iterable[Clock]) -> list[Any]:
        """Rows of the spine and of the own table, number, index words, clocks."""
        own = self.own.bound(record) if self.own else None
        number = getattr(record, "number", None) if issubclass(self.cls, Case) else None
        rows = [self.clock.bound(clock) for clock in clocks]
        return [self.spine.bound(record), own, number, self._words(record), rows]

    def line(self, line: Record) -> list[Any]:
        """The row of a line, and its words for the index."""
        return [self.part(type(line)).bound(line), self._words(line)]

    def part(self, cls: type[Record]) -> bulk.Shape:
        """The shape of one kind of line, or of what is written beside a case."""
        if cls not in self.parts:
            ahead = (*GIVEN, parent_column(cls, self.cls))
            self.parts[cls] = bulk.Shape(self.dialect, cls, tables(cls)[1], ahead)
        return self.parts[cls]

    def _words(self, record: Record) -> tuple[str, int] | None:
        if not search.searched(type(record)):
            return None
        return search.ready(search.document(record), self.lite)
