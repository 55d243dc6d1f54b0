"""A record as its paper form: head, fields in the form's order, lines, signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, may, may_reveal, readable, shown_plain, writable
from core.base import Book
from core.columns import Field
from core.record import (
    SPINE,
    Case,
    Part,
    Record,
    fields,
    parts,
    project_of,
    record_type,
)
from core.words import _, language, say, spoken
from models import Company, Project
from views.parts import lines, part_names
from views.printing.beyond import field_of, standing
from views.printing.code import code_of
from views.printing.receipt import items_of
from views.signing import marks
from views.targets import targets
from views.typed import is_free, softened
from views.values import (
    person_label_masked,
    plain_words,
    setting,
    zone,
)

HEAD = frozenset(
    "project_id number state next_due_at created_at created_by_id updated_at".split()
)
"""What stands in the head or the foot of a form, or on no paper at all."""
SIGNS = ("_by", "signature", "chair", "recorder")
"""How the names of fields end that say who signs a form."""
HALF = 26
"""Characters that fit into half a row; longer values have a row to themselves."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A field on paper: its label, what was filled in, and how much room it takes."""

    label: str
    words: str
    wide: bool = False
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one kind: a table with its headings."""

    title: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Signature:
    """Where somebody signs: who, and the name and date that are recorded already."""

    label: str
    name: str = ""
    date: str = ""
    drawing: Markup | str = ""


@dataclass(slots=True)
class Form:
    """One paper form."""

    company: str
    project: str
    title: str
    code: str
    mark: str = ""
    number: str = ""
    state: str = ""
    rows: list[list[Cell]] = field(default_factory=list)
    parts: list[Lines] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    recorded: str = ""
    square: Markup | str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """How values are written for one reader; ``plain`` fields without their masks.

    Fields of lines are called ``line.field`` there.
    """

    session: Session
    actor: Actor
    plain: frozenset[str] = frozenset()

    def written(self, record: Record, names: Iterable[str]) -> dict[str, str]:
        """Field -> what stands on the paper."""
        known = list(names)
        to = targets(self.session, self.actor, record, known)
        labels = {name: target.label for name, target in to.items()}
        return {name: self._words(record, name, labels) for name in known}

    def of_lines(self, part: type[Part]) -> Pen:
        """The pen that writes the lines of one kind."""
        parted = (name.rpartition(".") for name in self.plain)
        own = frozenset(name for slug, _dot, name in parted if slug == part.slug)
        return Pen(self.session, self.actor, own)

    def _words(self, record: Record, name: str, labels: dict[str, str]) -> str:
        cls, value = type(record), getattr(record, name)
        if isinstance(record, Part) and name in record.ticked and not value:
            return "□"  # it may be ticked by hand yet
        declared = fields(cls)[name]
        words = labels.get(name) if declared.ref else None
        if words is None:
            words = plain_words(self.session, declared, value, cls.flow)
        if is_free(declared):
            words = softened(self.actor, cls, words, record)
        kind = mask_of(self.actor, cls, name, record)
        if kind and name not in self.plain:
            return privacy.mask(words, kind)
        return spoken(words) if declared.type in ("text", "long") else words


REFINED: dict[str, Callable[[Pen, Record, Form], None]] = {}
"""What a type has on its form besides its fields and lines, by its slug."""


def mask_of(actor: Actor, cls: type[Record], name: str, row: Record) -> str:
    """The kind of mask over a field for this reader, or nothing."""
    declared = fields(cls)[name]
    if declared.ref:
        return person_label_masked(actor, declared.ref)
    return "" if shown_plain(actor, cls, name, row) else declared.personal


def liftable(actor: Actor, record: Record, book: Book | None = None) -> list[str]:
    """The filled fields of a form whose masks this reader may lift for a purpose.

    Those of its lines, as ``line.field``, when they may be lifted on every line.
    """
    seen = standing(actor, record, printed(actor, record), book)
    names = [name for name, row, own in seen if _lifts(actor, [row], own)]
    for part in parts(type(record)):
        allowed = line_names(actor, part, type(record))
        sealed = [n for n in allowed if fields(part)[n].personal or fields(part)[n].ref]
        shown = lines(record, part) if sealed else []
        names += [f"{part.slug}.{n}" for n in sealed if _lifts(actor, shown, n)]
    return names


def _lifts(actor: Actor, rows: Sequence[Record], name: str) -> bool:
    """Whether a field is masked somewhere, and everywhere by a mask to be lifted."""
    masked = [
        row
        for row in rows
        if getattr(row, name) and mask_of(actor, type(row), name, row)
    ]
    return bool(masked) and all(_may_lift(actor, row, name) for row in masked)


def lifted(record: Record, name: str) -> tuple[str, set[tuple[str, int]]]:
    """What a field without its mask is called, and the records that it names."""
    first, _dot, own = name.partition(".")
    part = next((one for one in parts(type(record)) if one.slug == first), None)
    rows: Sequence[Record]
    cls: type[Record]
    if part is None:
        cls, rows, name = type(record), [record], first
        label = say(field_of(cls, f"{first}.{own}" if own else first).label)
    else:
        cls, rows, name = part, lines(record, part), own
        label = f"{say(part.title)} · {say(fields(part)[own].label)}"
    ref = fields(cls)[name].ref
    named = (getattr(row, name) for row in rows if ref)
    return label, {(ref, key) for key in named if key}


def _may_lift(actor: Actor, record: Record, name: str) -> bool:
    slug = fields(type(record))[name].ref
    if slug:
        target = record_type(slug)
        return may_reveal(actor, target, target.label_column)
    return may_reveal(actor, type(record), name, record)


def printed(actor: Actor, record: Record) -> list[str]:
    """The fields on a record's form in its order, as far as the reader prints them."""
    known = fields(type(record))
    names = writable(actor, type(record), known, "print", record)
    return [name for name in names if _stands(record, name, known[name])]


def _stands(record: Record, name: str, declared: Field) -> bool:
    """Whether a field has its place: an automatic one only when it says something."""
    return not declared.auto or bool(name not in HEAD and getattr(record, name))


def signing(known: dict[str, Field]) -> dict[str, str]:
    """The fields that say who signed or acted, each with the field of its date."""
    found = {}
    for name, declared in known.items():
        act, staff = name.removesuffix("_id"), declared.ref == "staff"
        signs = act.endswith(SIGNS) and name not in HEAD
        if signs and (staff or declared.type == "text"):
            stem = act.removesuffix("_by") if act.endswith("_by") else "signed"
            dates = (f"{stem}_on", f"{stem}_at")
            own = (date for date in dates if date in known and date not in SPINE)
            found[name] = next(own, "")
    return found


def form_of(pen: Pen, record: Record, book: Book | None = None) -> Form:
    """The filled form of a record that the reader may print."""
    cls, names = type(record), printed(pen.actor, record)
    form = head_of(pen, cls, book, project_of(record))
    form.number = number_of(record)
    form.state = _state(record)
    form.recorded = _recorded(pen, record)
    if book and book.fields:
        form.rows = paired(_chosen(pen, record, book))
        form.signatures = _usual(pen, record)
        return form
    words = pen.written(record, names)
    signed = signing({name: fields(cls)[name] for name in names})
    aside = {*signed, *signed.values()}
    form.rows = paired(
        _cell(fields(cls)[name], words[name]) for name in names if name not in aside
    )
    form.signatures = [
        Signature(say(fields(cls)[name].label), words[name], words.get(date, ""))
        for name, date in signed.items()
    ] or _usual(pen, record)
    form.signatures += _signed(pen, record)
    form.parts = [p for p in (_part(pen, record, t) for t in parts(cls)) if p]
    if items := items_of(pen.session, record):
        form.parts.append(Lines(_("Items of the receipt"), items.heads, items.rows))
    form.recorded, form.square = _recorded(pen, record), code_of(record)
    if refine := REFINED.get(cls.slug):
        refine(pen, record, form)
    return form


def _chosen(pen: Pen, record: Record, book: Book) -> Iterator[Cell]:
    """The fields that a book names, those of others with what was lifted of them."""
    names = printed(pen.actor, record)
    for name, row, own in standing(pen.actor, record, names, book):
        plain = frozenset({own}) if name in pen.plain else frozenset()
        words = replace(pen, plain=plain).written(row, [own])[own]
        yield _cell(field_of(type(record), name), words)


def head_of(
    pen: Pen, cls: type[Record], book: Book | None, project_id: int | None
) -> Form:
    """A form with its head alone."""
    company, project = _letterhead(pen.session, project_id)
    company = setting(pen.session, cls.printed_by, company)
    title, code = on_paper(pen.session, cls, book)
    phone = setting(pen.session, "office.phone", "")
    return Form(company, project, title, code, phone=phone)


def _letterhead(session: Session, project_id: int | None) -> tuple[str, str]:
    """The names over every form: the company's and the project's."""
    own, owner = Project.__table__, Company.__table__
    query = select(owner.c.name, own.c.name).join_from(
        own, owner, own.c.company_id == owner.c.id
    )
    if project_id is None:
        query = select(owner.c.name, owner.c.branch).order_by(owner.c.id).limit(1)
    else:
        query = query.where(own.c.id == project_id)
    company, project = session.connection().execute(query).one()
    return company, project or ""


def on_paper(session: Session, cls: type[Record], book: Book | None) -> tuple[str, str]:
    """The title and the form code as the office has them, else as declared."""
    if book and book.title[0] == setting(session, f"form.title.{cls.slug}", ""):
        book = None  # the office prints all rows under this book's title
    name = f"{cls.slug}.{book.code}" if book else cls.slug
    declared = book or cls
    title = say(declared.title)
    if language() != "en":  # the office's own words for its forms are Chinese
        title = setting(session, f"form.title.{name}", title)
    return title, setting(session, f"form.code.{name}", declared.form_code)


def number_of(record: Record) -> str:
    """The number of a case, else the id: no name, which may be personal."""
    return record.number if isinstance(record, Case) else str(record.id)


def _state(record: Record) -> str:
    if record.voided_at is not None:
        return _("voided")
    flow = type(record).flow
    if flow is None or not isinstance(record, Case):
        return ""
    return say(flow.state(record.state).now)


def _cell(declared: Field, words: str) -> Cell:
    long = declared.type == "long"
    wide = long or declared.type == "several" or len(words) > HALF
    return Cell(say(declared.label), words, wide)


def paired(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Cells in rows of two, in order; a wide one has its row."""
    rows: list[list[Cell]] = []
    for cell in cells:
        beside = rows and len(rows[-1]) == 1 and not rows[-1][0].wide
        if beside and not cell.wide:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return rows


def _usual(pen: Pen, record: Record) -> list[Signature]:
    """Who signs a form that names nobody: whoever holds and whoever recorded it."""
    known = fields(type(record))
    usual = (name for name in ("holder_id", "created_by_id") if name in known)
    names = readable(pen.actor, type(record), usual, record)
    words = pen.written(record, names)
    return [Signature(say(known[n].label), words[n]) for n in names]


def _signed(pen: Pen, record: Record) -> list[Signature]:
    """What was signed by hand or on paper, marked where the record changed since."""
    found = marks(pen.session, pen.actor, record)
    place, later = zone(pen.session), _(" (changed since)")
    return [
        Signature(
            one.signed_as + (later if one.since else ""),
            "" if one.drawing else one.name,
            f"{one.at.astimezone(place):%Y-%m-%d}",
            one.drawing,
        )
        for one in (found.standing if found else ())
    ]


def _part(pen: Pen, record: Record, part: type[Part]) -> Lines | None:
    names, known = line_names(pen.actor, part, type(record)), fields(part)
    if not names:
        return None
    own = pen.of_lines(part)
    rows = [list(own.written(line, names).values()) for line in lines(record, part)]
    heads = [say(known[name].label) for name in names]
    return Lines(say(part.title), heads, rows) if rows else None


def line_names(actor: Actor, part: type[Part], owner: type[Record]) -> list[str]:
    """The columns of lines on paper, as far as the reader sees such lines at all."""
    return part_names(actor, part, owner) if may(actor, "read", part) else []


def _recorded(pen: Pen, record: Record) -> str:
    """Who wrote the record down, and when."""
    names = ("created_by_id", "created_at")
    allowed = readable(pen.actor, type(record), names, record)
    words = pen.written(record, allowed)
    known = fields(type(record))
    return " ".join(f"{say(known[name].label)} {words[name]}" for name in allowed)
