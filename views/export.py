"""A list as a file: what the reader may see, in constant memory, harmless in Excel."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
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
from views.typed import is_free, softened
from views.values import choices, person_label_masked, zone

BOM = "\ufeff"
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 64 * 1024
_LEADING = re.compile(r"[ \u3000\u00a0'\"\t\r\n]*(?:[=+\-@\t\r\n|%]|[＝＋－＠])")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its field, and what a row says in it."""

    name: str
    field: Field
    value: Callable[[Any], Any]


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
        known = fields(self.cls)
        return [
            Column(n, known[n], _value(session, reader, self.cls, n))
            for n in self.names
        ]

    def rows(self, session: Session) -> Iterator[Any]:
        """Every row that the actor may export, oldest first, a chunk at a time."""
        after = 0
        while found := stream(
            session, self.actor, self.cls, self.asked, self.names, after
        ):
            yield from found
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
    columns, rows = listing.columns(session), listing.rows(session)
    if kind == "xlsx":
        sheet = workbook.Sheet(titles(listing.cls), _told(session, listing))
        return workbook.write(file, folder(), sheet, columns, rows)
    out = io.TextIOWrapper(file, "utf-8", newline="")
    count = _write_csv(out, columns, rows)
    out.detach()
    return count


def _told(session: Session, listing: Listing) -> str:
    """The line below a title: what the list was narrowed by, who took it and when."""
    moment = f"{now().astimezone(zone(session)):%Y-%m-%d %H:%M}"
    taken = _("Exported by {name}, {at}", name=listing.actor.name, at=moment)
    return " · ".join(filter(None, (listing.told, taken)))


def _write_csv(out: IO[str], columns: Sequence[Column], rows: Iterable[Any]) -> int:
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([say(column.field.label) for column in columns])
    spelled = [_spelled(column) for column in columns]
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  the last one is the number
        writer.writerow([spell(row) for spell in spelled])
    out.flush()
    return count


def _spelled(column: Column) -> Callable[[Any], Any]:
    """A cell of CSV; numbers and dates need no guard against formulas."""
    value, kind = column.value, column.field.type
    match kind:
        case "integer" | "date":
            return value
        case "money" | "decimal":
            shape = f"{{:.{column.field.places}f}}".format
            return lambda row: "" if (v := value(row)) is None else shape(v)
        case "moment":
            return lambda row: "" if (v := value(row)) is None else str(v)[:19]
    return lambda row: harmless(v) if (v := value(row)) else ""


def _value(
    session: Session, reader: Actor, cls: type[Record], name: str
) -> Callable[[Any], Any]:
    """What a row says in one field: words, a number, a day or a local moment."""
    field, get = fields(cls)[name], attrgetter(name)
    plain = not field.personal or shown_plain(reader, cls, name)
    if field.type == "secret":
        return _secret(cls, name, plain)
    if not plain:
        return lambda row: privacy.mask(get(row), field.personal)
    if field.type == "ref":
        return _label(reader, name, field)
    if is_free(field):
        return lambda row: softened(reader, cls, get(row) or "")
    return (
        _moment(session, get) if field.type == "moment" else _words(session, cls, name)
    )


def _label(reader: Actor, name: str, field: Field) -> Callable[[Any], Any]:
    """What a record referred to is called; #12 when it is called nothing."""
    label, key = attrgetter(f"{name}__label"), attrgetter(name)
    if kind := person_label_masked(reader, field.ref):
        return lambda row: privacy.mask(label(row), kind)
    return lambda row: label(row) or (f"#{found}" if (found := key(row)) else "")


def _words(session: Session, cls: type[Record], name: str) -> Callable[[Any], Any]:
    field, get = fields(cls)[name], attrgetter(name)
    known, comma = _known(session, cls, field), _(", ")
    if field.type == "several":
        return lambda row: comma.join(known.get(v, v) for v in get(row) or ())
    return (lambda row: known.get(v := get(row), v)) if known else get


def _known(session: Session, cls: type[Record], field: Field) -> dict[Any, str]:
    if field.type == "yes":
        return {True: _("Yes"), False: _("No")}
    if field.type == "state":
        return {s.code: say(s.now) for s in cls.flow.states} if cls.flow else {}
    return dict(choices(session, field))


def _moment(session: Session, get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    place = zone(session)

    def local(row: Any) -> dt.datetime | None:
        value: dt.datetime | None = get(row)
        return value and value.astimezone(place).replace(tzinfo=None)

    return local


def _secret(cls: type[Record], name: str, plain: bool) -> Callable[[Any], str]:
    secret: Secret = getattr(cls, name)

    def value(row: Any) -> str:
        token = getattr(row, name)
        if not token or token == privacy.ERASED:
            return ""
        place = f"{cls.__tablename__}.{name}.{getattr(row, f'{name}__key')}"
        found = privacy.unseal(token, place)
        return found if plain else privacy.mask(found, secret.mask)

    return value
