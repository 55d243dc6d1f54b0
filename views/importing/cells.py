"""A cell's text as the form's own field reads and checks it.

The form's fields decide here too, so a form and an import can never disagree; what
they said of a text is remembered, because a column repeats itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import Session
from wtforms import Form

from core.columns import Field
from core.words import _, say
from views.export import bare
from views.fields import RecordForm, make
from views.importing.references import References
from views.importing.targets import Target
from views.values import choices, dictionaries

KNOWN = 5_000
"""Texts of one column that are remembered."""
BROKEN = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
SHORTENED = re.compile(r"-?\d(?:\.\d+)?[eE]\+\d{1,3}")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(.*)", re.DOTALL)
_NOT = r"[^\u3001,\uff0c;\uff1b/\n"
BETWEEN_NOT = rf"{_NOT}]*{_NOT}\s]{_NOT}]*"
YES = re.compile(r"是|有|对|yes|y|true|1|√|✓|✔|x")
NO = re.compile(r"否|无|没有|不|no|n|false|0|×")
YUAN = re.compile(r"[¥￥,\s]")
MANY = ("Several", "PersonalSeveral")
Read = tuple[Any, str]
"""A value and nothing, or nothing and what is wrong with the text."""


class Column:
    """One column of a file with the form field that it fills."""

    def __init__(
        self, session: Session, place: int, target: Target, references: References
    ) -> None:
        self.place, self.target, self.references = place, target, references
        self.declared = target.field
        self.form = _form(target)
        self.field: Any = next(iter(self.form), None)
        self.spell = _speller(session, target.field)
        self.known: dict[str, Read] = {}

    def prepare(self, texts: Iterable[str]) -> None:
        """Look the references of many rows up at one go."""
        if self.declared.type == "ref":
            self.references.prepare(self.declared.ref, set(texts) - {""})

    def read(self, text: str) -> Read:
        """The value that a text stands for, or what is wrong with it."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= KNOWN:
                self.known.clear()
            found = self.known[text] = self._read(text)
        return found

    def _read(self, text: str) -> Read:
        if BROKEN.fullmatch(text):
            return None, _(
                "The cell holds an error of the spreadsheet: {text}.", text=text
            )
        if SHORTENED.fullmatch(text):
            return None, _(
                "The spreadsheet has shortened this number. Format the column as text"
                " and enter it again."
            )
        if (self.declared.personal or self.declared.type == "ref") and "*" in text:
            return None, _("This value is masked; an import takes whole values only.")
        try:
            if self.declared.type == "ref":
                return self.references.one(self.declared.ref, bare(text)), ""
            return self._checked(self.spell(bare(text)))
        except ValueError as why:
            return None, str(why)

    def _checked(self, text: str) -> Read:
        field = self.field
        if field is None:  # a number, which no form asks for
            return _number(text, self.declared.size), ""
        field.data, field.errors, field.process_errors = None, [], []
        field.raw_data = [text]
        field.process_formdata(
            [text] if self.declared.type != "several" else text.split()
        )
        if not field.validate(self.form):
            return None, str(field.errors[0])
        return field.data, ""


def _form(target: Target) -> Form:
    """A form with the target's field alone, empty."""
    made = {}
    if not target.field.auto and target.field.type != "ref":
        made[target.name] = make(target.cls, target.name, target.field, "")
    return type("CellForm", (RecordForm,), made)()


def _number(text: str, size: int) -> str:
    if len(text) > size or not re.fullmatch(r"[\w./-]+", text):
        raise ValueError(_("This cannot be a number of a record."))
    return text


def _speller(session: Session, field: Field) -> Callable[[str], str]:
    """How a text of a file becomes what the form field expects."""
    if field.type in ("choice", "word"):
        return _chooser(session, field)
    if field.type == "several":
        return _chooser_of_many(session, field)
    if field.type in ("money", "decimal", "integer"):
        return lambda text: _amount(text, field)
    return {"yes": _yes, "date": _moment, "moment": _moment, "time": _clock}.get(
        field.type, str
    )


def _clock(text: str) -> str:
    return text.strip().zfill(5)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _chooser(session: Session, field: Field) -> Callable[[str], str]:
    listed = list(field.choices)
    if field.dictionary:
        known = dictionaries(session).get(field.dictionary, {})
        listed = [(code, zh, en) for code, (zh, en) in known.items()]
    codes: dict[str, str] = {}
    for spelling in (1, 2, 0):
        for one in listed:
            codes.setdefault(_plain(one[spelling]), one[0])
    some = _(", ").join(say(one[1:]) for one in listed[:12])
    some += "…" if len(listed) > 12 else ""

    def choose(text: str) -> str:
        if (code := codes.get(_plain(text))) is None:
            raise ValueError(
                _("“{text}” is not in the list: {some}", text=text[:40], some=some)
            )
        return code

    return choose


def _chooser_of_many(session: Session, field: Field) -> Callable[[str], str]:
    choose = _chooser(session, field)
    # a label may hold a comma itself
    labels = sorted(map(re.escape, choices(session, field).values()), key=len)
    piece = re.compile("|".join([*reversed(labels), BETWEEN_NOT]))
    return lambda text: " ".join(choose(one.strip()) for one in piece.findall(text))


def _yes(text: str) -> str:
    word = _plain(text)
    if YES.fullmatch(word):
        return "y"
    if NO.fullmatch(word):
        return ""
    raise ValueError(_("Please write yes or no."))


def _moment(text: str) -> str:
    """A day however it was written: 2026/3/9, 2026年3月9日, with a time or without."""
    found = DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return text
    year, month, day, rest = found.groups()
    clock = rest.replace("T", " ").strip()
    return f"{year}-{month:>02}-{day:>02}" + (f" {clock.zfill(5)}" if clock else "")


def _amount(text: str, field: Field) -> str:
    found = YUAN.sub("", unicodedata.normalize("NFKC", text))
    for unit in filter(None, field.unit):
        found = found.removesuffix(unicodedata.normalize("NFKC", unit))
    return found.removesuffix(".0") if field.type == "integer" else found
