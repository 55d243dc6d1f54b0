"""The rows of every table and the uploaded files as lines of JSON, and back again.

    {"qiantai": 1, "revision": "0001", "at": "..."}   first line
    {"table": "person", "columns": ["id", ...]}       then its rows:
    [1, "...", null]
    {"file": "ab/cd.pdf"}                             then its bytes, in base64:
    "JVBERi0..."
    {"end": {"person": 1}}                            last line: rows by table

Moments are UTC in ISO 8601, bytes base64. It names columns and knows nothing of any
database, so the office of one moves into another.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    ForeignKeyConstraint,
    LargeBinary,
    MetaData,
    Table,
    func,
    select,
)
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlalchemy.types import TypeEngine

from core import schema
from core.db import now
from core.words import _

FORMAT = 1
BATCH, PIECE = 500, 384 * 1024
PASSING = frozenset(("session", "attempt"))
"""Tables whose rows stay behind: after a restore everybody signs in again."""


class NotADump(ValueError):
    """The lines are not a dump that this program can read."""


@dataclass(slots=True)
class Dump:
    """What a dump held."""

    revision: str
    at: str
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0


def write(connection: Connection, out: IO[str], revision: str, uploads: Path) -> Dump:
    """Write all that this connection's snapshot sees, and the files in ``uploads``."""
    made = Dump(revision, now().isoformat())
    _line(out, {"qiantai": FORMAT, "revision": revision, "at": made.at})
    known = _reflected(connection)
    for name in schema.tables(connection):
        if name not in PASSING:
            made.rows[name] = _write_rows(connection, out, known.tables[name])
    for path in sorted(uploads.rglob("*")):
        if path.is_file() and not path.name.startswith("."):  # a draft has no row yet
            made.files += _write_file(path, uploads, out)
    _line(out, {"end": made.rows})
    return made


def _line(out: IO[str], value: Any) -> None:
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _reflected(connection: Connection) -> MetaData:
    """The tables as they stand, whatever version of the program made them."""
    known = MetaData()
    known.reflect(connection, only=schema.tables(connection))
    return known


def _write_rows(connection: Connection, out: IO[str], table: Table) -> int:
    _line(out, {"table": table.name, "columns": [c.name for c in table.c]})
    query = select(table).order_by(*table.primary_key)
    count = 0
    for row in connection.execute(query.execution_options(yield_per=BATCH)):
        _line(out, [_told(value) for value in row])
        count += 1
    return count


def _told(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        zone = value.tzinfo or dt.UTC
        return value.replace(tzinfo=zone).astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _write_file(path: Path, folder: Path, out: IO[str]) -> int:
    """One file in pieces; none when an upload has just been given up."""
    with suppress(FileNotFoundError), path.open("rb") as source:
        _line(out, {"file": path.relative_to(folder).as_posix()})
        while piece := source.read(PIECE):
            _line(out, base64.b64encode(piece).decode())
        return 1
    return 0


def head(lines: Iterator[str]) -> Dump:
    """The first line of a dump; NotADump when it is not one."""
    try:
        found = json.loads(next(lines))
        if found["qiantai"] == FORMAT:
            return Dump(found["revision"], found["at"])
    except (StopIteration, ValueError, TypeError, KeyError) as error:
        raise NotADump(_("not a backup of this program")) from error
    raise NotADump(_("made by a newer version of this program"))


def read(connection: Connection, lines: Iterable[str], dump: Dump, files: Path) -> Dump:
    """Fill the empty tables, and the folder ``files``, with what follows the head."""
    known = _reflected(connection)
    with _unreferenced(connection, known):
        filling = _Filling(connection, known, dump, files)
        for line in lines:
            filling.take(json.loads(line))
        if filling.promised != dump.rows:
            raise NotADump(_("the backup is not complete"))
    _continue_series(connection, known)
    return dump


class _Filling:
    """Takes one line after the other to where it belongs."""

    def __init__(
        self, connection: Connection, known: MetaData, dump: Dump, files: Path
    ) -> None:
        self.connection, self.known = connection, known
        self.dump, self.files = dump, files
        self.promised: dict[str, int] | None = None
        self.table = Table("nothing", MetaData())
        self.columns: list[tuple[str, Callable[[Any], Any]]] = []
        self.waiting: list[dict[str, Any]] = []
        self.file = files

    def take(self, value: Any) -> None:
        """One line: the head of a section, a row, or a piece of a file."""
        if isinstance(value, list):
            self._row(value)
        elif isinstance(value, str):
            with self.file.open("ab") as target:
                target.write(base64.b64decode(value))
        elif "table" in value:
            self._begin_table(value["table"], value["columns"])
        elif "file" in value:
            self._begin_file(value["file"])
        else:
            self._flush()
            self.promised = value["end"]

    def _begin_table(self, name: str, columns: list[str]) -> None:
        self._flush()
        self.table = self.known.tables[name]
        self.columns = [(c, _reader(self.table.c[c].type)) for c in columns]
        self.dump.rows[name] = 0

    def _row(self, values: list[Any]) -> None:
        pairs = zip(self.columns, values, strict=True)
        row = {n: None if v is None else read(v) for (n, read), v in pairs}
        self.waiting.append(row)
        if len(self.waiting) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            self.connection.execute(self.table.insert(), self.waiting)
            self.dump.rows[self.table.name] += len(self.waiting)
            self.waiting = []

    def _begin_file(self, name: str) -> None:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts:
            raise NotADump(_("a file name leads out of the folder"))
        self.file = self.files.joinpath(*place.parts)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(b"")
        self.dump.files += 1


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """How a value of that column type is read back."""
    if isinstance(kind, DateTime):
        zone = dt.UTC if kind.timezone else None
        return lambda value: dt.datetime.fromisoformat(value).replace(tzinfo=zone)
    if isinstance(kind, Date):
        return dt.date.fromisoformat
    if isinstance(kind, Boolean):
        return bool
    return base64.b64decode if isinstance(kind, LargeBinary) else lambda value: value


@contextmanager
def _unreferenced(connection: Connection, known: MetaData) -> Iterator[None]:
    """Without foreign keys meanwhile, so that rows may come in any order."""
    keys: list[ForeignKeyConstraint] = []
    if connection.dialect.name == "postgresql":  # SQLite's are off, see core.schema
        keys = [k for t in known.tables.values() for k in t.foreign_key_constraints]
    for key in keys:
        connection.execute(DropConstraint(key))
    yield
    for key in keys:
        connection.execute(AddConstraint(key))


def _continue_series(connection: Connection, known: MetaData) -> None:
    """Let PostgreSQL's own numbers go on behind the rows that came with theirs."""
    if connection.dialect.name != "postgresql":
        return
    for table in known.tables.values():
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        if "id" in table.c and connection.scalar(select(sequence)):
            last = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(select(func.setval(sequence, last)).where(last > 0))
