"""A list as a file: what the reader may see, in constant memory, harmless in Excel."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from flask import Response
from sqlalchemy.orm import Session

from core import audit, privacy
from core.access import Actor, shown_plain, writable
from core.chain import Values
from core.columns import Field
from core.db import db, now, writing
from core.privacy import Secret
from core.record import Record, fields
from core.words import _, say
from views import workbook
from views.asked import Asked
from views.context import titles
from views.listing import stream
from views.naming import named
from views.spool import folder, spool
from views.typed import is_free
from views.values import choices, person_label_masked, zone

BOM = "\ufeff"
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 64 * 1024
HAN, PAST = chr(0x4E00), chr(0xA000)
"""Nearly every Chinese text begins with a character from one to before the other."""
SECOND = len("2026-03-09 09:05:00")
_LEADING = re.compile(r"[ \u3000\u00a0'\"\t\r\n]*(?:[=+\-@\t\r\n|%]|[＝＋－＠])")


Cells = Sequence[Any]
"""One column of many rows."""


class Known(dict[Any, Any]):
    """Words of codes; a code without words stands for itself."""

    def __missing__(self, code: Any) -> Any:
        """The code."""
        return code


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its field, the cells it needs, and what they say."""

    field: Field
    needs: tuple[str, ...]
    tell: Callable[..., Cells]

    def told(self, cells: Mapping[str, Cells]) -> Cells:
        """What many rows say; most columns of most rows say nothing."""
        first, *more = (cells[name] for name in self.needs)
        return first if _is_empty(first) else self.tell(first, *more)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is exported: the rows of a list as asked, and the fields of each."""

    actor: Actor
    cls: type[Record]
    asked: Asked
    names: Sequence[str]
    masked: bool = False
    told: str = ""

    def columns(self, session: Session) -> list[Column]:
        """The columns, with everything looked up that all rows share."""
        # whoever is nobody has no right to see anything unmasked
        reader = Actor("nobody") if self.masked else self.actor
        return [_column(session, reader, self.cls, name) for name in self.names]

    def chunks(
        self, session: Session, columns: Sequence[Column]
    ) -> Iterator[list[Cells]]:
        """What the rows that the actor may export say, oldest first, by columns."""
        after = 0
        while found := stream(
            session, self.actor, self.cls, self.asked, self.names, after
        ):
            cells = dict(zip(found[0]._fields, zip(*found, strict=True), strict=True))
            yield [column.told(cells) for column in columns]
            after = found[-1].id


def export_columns(actor: Actor, cls: type[Record]) -> list[str]:
    """Every field of a type that this reader may export, in the form's order."""
    return writable(actor, cls, fields(cls), "export")


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    if _LEADING.match(text) and not _is_number(text):
        return "'" + text
    return text


def bare(text: str) -> str:
    """The text that ``harmless`` made harmless."""
    plain = text.removeprefix("'")
    return plain if plain != text and harmless(plain) == text else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace(",", "").isdecimal()


def response(listing: Listing, kind: str) -> Response:
    """The file as a download; who took what and how much is in the history first."""
    session = db.session()
    file = spool()
    count = write(session, listing, kind, file)
    note(session, listing, kind, count)
    stamp = f"{now().astimezone(zone(session)):%Y%m%d-%H%M}"
    return handed_out(file, f"{titles(listing.cls)}-{stamp}.{kind}", TYPES[kind])


def handed_out(file: IO[bytes], name: str, mimetype: str) -> Response:
    """A spooled file as a download; it is closed when it has gone out."""
    answer = Response(_pieces(file), mimetype=mimetype)
    answer.content_length = file.seek(0, io.SEEK_END)
    return named(answer, "attachment", name)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def note(
    session: Session, listing: Listing, kind: str, count: int, purpose: str = ""
) -> None:
    """Put an export into the history."""
    project = next(iter(listing.actor.projects or ()), None)
    words = " · ".join(
        filter(None, (kind, str(count), listing.asked.link().lstrip("?"), purpose))
    )
    facts: Values = {
        "file": [None, kind],
        "rows": [None, count],
        "columns": [None, list(listing.names)],
    }
    entry = audit.Entry("export", listing.cls.slug, None, project, words, plain=facts)
    with writing(session):
        audit.note(session, entry)


def write(session: Session, listing: Listing, kind: str, file: IO[bytes]) -> int:
    """Write the list into ``file``; the number of its rows."""
    columns = listing.columns(session)
    chunks = listing.chunks(session, columns)
    if kind == "xlsx":
        sheet = workbook.Sheet(titles(listing.cls), _told(session, listing))
        lines = (line for told in chunks for line in zip(*told, strict=True))
        known = [column.field for column in columns]
        return workbook.write(file, folder(), sheet, known, lines)
    out = io.TextIOWrapper(file, "utf-8", newline="")
    count = _write_csv(out, columns, chunks)
    out.detach()
    return count


def _told(session: Session, listing: Listing) -> str:
    """The line below a title: what the list was narrowed by, who took it and when."""
    moment = f"{now().astimezone(zone(session)):%Y-%m-%d %H:%M}"
    taken = _("Exported by {name}, {at}", name=listing.actor.name, at=moment)
    return " · ".join(filter(None, (listing.told, taken)))


def _write_csv(
    out: IO[str], columns: Sequence[Column], chunks: Iterable[list[Cells]]
) -> int:
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([say(column.field.label) for column in columns])
    spelled = [_spelled(column.field) for column in columns]
    count = 0
    for told in chunks:
        count += len(told[0])
        pairs = zip(spelled, told, strict=True)
        lines = (cells if _is_empty(cells) else spell(cells) for spell, cells in pairs)
        writer.writerows(zip(*lines, strict=True))
    out.flush()
    return count


def _spelled(field: Field) -> Callable[[Cells], Cells]:
    """Cells of CSV; numbers and dates need no guard against formulas."""
    if field.type in ("integer", "date"):
        return lambda cells: cells
    if field.type in ("money", "decimal"):
        spell = f"{{:.{field.places}f}}".format
        return lambda cells: [v if v is None else spell(v) for v in cells]
    if field.type == "moment":
        return lambda cells: [v and v.isoformat(" ", "seconds")[:SECOND] for v in cells]
    return lambda cells: [
        v
        if v is None or "A" <= v < "{" or "0" <= v < ":" or HAN <= v < PAST
        else harmless(v)
        for v in cells  # nearly all there is begins so
    ]


def _is_empty(cells: Cells) -> bool:
    return cells.count(None) == len(cells)


def _column(session: Session, reader: Actor, cls: type[Record], name: str) -> Column:
    """A column that says words, a number, a day or a local moment."""
    field = fields(cls)[name]
    plain = not field.personal or shown_plain(reader, cls, name)
    if field.type == "secret":
        return Column(field, (name, f"{name}__key"), _secret(cls, name, plain))
    if not plain:
        return Column(field, (name,), _masked(field.personal))
    if field.type == "ref":
        kind = person_label_masked(reader, field.ref)
        label = f"{name}__label"
        names = (label,) if kind else (name, label)
        return Column(field, names, _masked(kind) if kind else _labels)
    if field.type == "moment":
        return Column(field, (name,), _local(session))
    if is_free(field):
        return Column(field, (name,), _softened(reader, cls))
    return Column(field, (name,), _words(session, cls, field))


def _softened(reader: Actor, cls: type[Record]) -> Callable[[Cells], Cells]:
    hidden = [kind for kind in privacy.NUMBERS if not shown_plain(reader, cls, kind)]
    if not hidden:
        return _as_it_is
    return lambda cells: [v and privacy.mask_numbers(v, hidden) for v in cells]


def _masked(kind: str) -> Callable[[Cells], Cells]:
    return lambda cells: [privacy.mask(value, kind) for value in cells]


def _labels(keys: Cells, labels: Cells) -> Cells:
    """What the records referred to are called; #12 when one is called nothing."""
    pairs = zip(keys, labels, strict=True)
    return [label or (f"#{key}" if key else None) for key, label in pairs]


def _words(
    session: Session, cls: type[Record], field: Field
) -> Callable[[Cells], Cells]:
    known = Known(_known(session, cls, field))
    if field.type == "several":
        comma = _(", ")
        return lambda cells: [comma.join(known[c] for c in v or ()) for v in cells]
    return (lambda cells: [known[value] for value in cells]) if known else _as_it_is


def _as_it_is(cells: Cells) -> Cells:
    return cells


def _known(session: Session, cls: type[Record], field: Field) -> dict[Any, str]:
    if field.type == "yes":
        return {True: _("Yes"), False: _("No")}
    if field.type == "state":
        return {s.code: say(s.now) for s in cls.flow.states} if cls.flow else {}
    return dict(choices(session, field))


def _local(session: Session) -> Callable[[Cells], Cells]:
    place = zone(session)
    return lambda cells: [moment and moment.astimezone(place) for moment in cells]


def _secret(
    cls: type[Record], name: str, plain: bool
) -> Callable[[Cells, Cells], Cells]:
    secret: Secret = getattr(cls, name)

    def tell(token: str | None, key: str) -> str:
        if not token or token == privacy.ERASED:
            return ""
        found = privacy.unseal(token, f"{cls.__tablename__}.{name}.{key}")
        return found if plain else privacy.mask(found, secret.mask)

    return lambda tokens, keys: list(map(tell, tokens, keys))
