"""What the columns of a file may fill: a record's fields, and those of a line in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import UniqueConstraint

from core.access import Actor, may, readable
from core.columns import Field
from core.record import Case, Part, Record, fields, form_fields, parts
from core.words import Words, _, say
from views.context import fillable
from views.parts import filled_in
from views.values import person_label_masked

NOISE = re.compile(r"[\s*＊:：/、·]|[(（][^)）]*[)）]")
Alike = Callable[[str, "Target"], bool]
IMPORTING = ("import", "create")
"""Either of these rights lets a reader import."""
LOOKED_AT = 10
"""Rows at the top among which the heads are sought."""


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column may fill."""

    cls: type[Record]
    name: str
    field: Field

    @property
    def key(self) -> str:
        """What a mapping calls it."""
        return f"{self.cls.slug}.{self.name}" if self.is_line else self.name

    @property
    def is_line(self) -> bool:
        """Whether it belongs to a line in the record."""
        return issubclass(self.cls, Part)

    @property
    def words(self) -> Words:
        """Its label in both languages; a line's with the name of the line."""
        if not self.is_line:
            return self.field.label
        zh, en = self.cls.title
        return f"{zh} · {self.field.label[0]}", f"{en} · {self.field.label[1]}"

    @property
    def label(self) -> str:
        """Its label in the reader's language."""
        return say(self.words)

    @property
    def spellings(self) -> list[str]:
        """What a head may call it, likeliest first."""
        own = [] if self.is_line else [self.field.label, self._usual, (self.name,) * 2]
        pairs = [*own, self.words]
        return [plain(one) for zh, en in pairs for one in (zh, en, f"{zh} {en}")]

    @property
    def _usual(self) -> Words:
        """The label of the same column where no record type calls it otherwise."""
        column = self.cls.__mapper__.columns.get(self.name)
        usual = None if column is None else column.info.get("field")
        return usual.label if isinstance(usual, Field) else self.field.label


def right_to_import(actor: Actor, cls: type[Record]) -> str:
    """The action by which the actor may import records of that type, or nothing."""
    actions = IMPORTING if cls.manual and cls.kind != "part" else ()
    return next((action for action in actions if may(actor, action, cls)), "")


def targets(actor: Actor, cls: type[Record]) -> list[Target]:
    """Everything that this actor may fill by import, in the form's order."""
    action, known = right_to_import(actor, cls), form_fields(cls)
    stamped = cls.flow.stamped if cls.flow else ()
    names = (n for n in fillable(actor, cls, action) if n not in stamped)
    own = [Target(cls, name, known[name]) for name in names]
    if issubclass(cls, Case):
        own.insert(0, Target(cls, "number", fields(cls)["number"]))
    lines = [
        Target(part, name, form_fields(part)[name])
        for part in parts(cls)
        for name in filled_in(actor, action, part, cls)
    ]
    return own + lines


def keys_of(actor: Actor, cls: type[Record]) -> tuple[str, ...]:
    """The fields by which a row finds the record it changes.

    A case by its number, a policy by what stands only once, others by their name.
    """
    if issubclass(cls, Case):
        return ("number",)
    if alone := unique(cls):
        return tuple(name for name in alone[0] if name != "project_id")
    name = cls.label_column
    is_text = name in fields(cls) and fields(cls)[name].type == "text"
    return (name,) if is_text and may_name(actor, cls) else ()


def unique(cls: type[Record]) -> list[tuple[str, ...]]:
    """The columns that no two records of a type have alike."""
    table = cls.__table__
    return [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints  # type: ignore[attr-defined]
        if isinstance(constraint, UniqueConstraint)
    ]


def may_name(actor: Actor, cls: type[Record]) -> bool:
    """Whether this reader may find the records of that type by what they are called."""
    masked = person_label_masked(actor, cls.slug)
    return not masked and bool(readable(actor, cls, [cls.label_column]))


def plain(head: str) -> str:
    """A head without what people add to it: stars, units, spaces, capitals."""
    return NOISE.sub("", unicodedata.normalize("NFKC", head)).casefold()


def head_at(rows: Sequence[Sequence[str]], known: Iterable[Target]) -> int:
    """Which of the first rows holds the heads: the one that names most fields."""
    spelled = {one for target in known for one in target.spellings}
    named = [sum(plain(cell) in spelled for cell in row) for row in rows[:LOOKED_AT]]
    return named.index(max(named))


def proposed(
    cls: type[Record], heads: Sequence[str], known: Sequence[Target]
) -> list[str]:
    """The key of the field that each head most likely means, or nothing."""
    found = [""] * len(heads)
    left = list(known)
    _propose(heads, found, left, _same)
    own = {plain(word) for one in fields(cls).values() for word in one.label}
    # what the office itself fills in is not taken for something else
    heads = ["" if plain(head) in own else head for head in heads]
    for part in dict.fromkeys(one.cls for one in left if one.is_line):
        with_lines, lines = list(found), [one for one in left if one.cls is part]
        needed = {one.key for one in lines if one.field.required}
        _propose(heads, with_lines, list(lines), _of_line)
        if needed <= set(with_lines):  # else a line would lack something
            found = with_lines
    left = [one for one in left if one.key not in found]
    _propose(heads, found, left, _within)
    return found


def _propose(
    heads: Sequence[str], found: list[str], left: list[Target], alike: Alike
) -> None:
    for place, head in enumerate(heads):
        words = plain(head)
        hit = next((one for one in left if alike(words, one)), None)
        if words and not found[place] and hit is not None:
            found[place] = hit.key
            left.remove(hit)


def _same(words: str, target: Target) -> bool:
    return words in target.spellings


def _of_line(words: str, target: Target) -> bool:
    """A head that names a line's field without naming the line."""
    return target.is_line and words in map(plain, target.field.label)


def _within(words: str, target: Target) -> bool:
    """A head that says more than the label, or less: 业主姓名, 电话号码, 内容."""
    label = plain(target.field.label[0])
    shorter, longer = sorted((label, words), key=len)
    return not target.is_line and len(shorter) > 1 and shorter in longer


def missing(mapped: Iterable[str], known: Iterable[Target]) -> list[str]:
    """The labels of required fields of the record that no column fills."""
    given = set(mapped)
    return [
        target.label
        for target in known
        if target.field.required and not target.is_line and target.key not in given
    ]


def headed(heads: Sequence[str], place: int) -> str:
    """What a column is called: its head, else its letter."""
    return (heads[place] if place < len(heads) else "") or _(
        "Column {letter}", letter=letter(place)
    )


def letter(place: int) -> str:
    """The letters by which a spreadsheet calls a column: A, B ... AA."""
    more, last = divmod(place, 26)
    return (letter(more - 1) if more else "") + chr(65 + last)
