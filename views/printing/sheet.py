"""A page of print: its forms, and the templates that draw them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from flask import render_template

from core.db import db, now
from core.record import Record
from core.words import _, language
from views.context import actor
from views.printing.font import strange
from views.printing.paper import Form
from views.printing.wanted import Wanted
from views.values import zone


@dataclass(slots=True)
class PrintPage:
    """Everything the templates of ``print/`` show."""

    title: str
    wanted: Wanted
    printed: str
    templates: tuple[str, ...]
    back_url: str = ""
    pdf_url: str = ""
    no_pdf: str = ""
    pdf: bool = False
    forms: list[Form] = field(default_factory=list)

    @property
    def lang(self) -> str:
        """The language of the page, for its font and its page numbers."""
        return "en" if language() == "en" else "zh-Hans-CN"

    def markup(self, forms: Iterable[Form]) -> str:
        """The page of these forms."""
        page = replace(self, forms=list(forms))
        return render_template([*self.templates], page=page, strange=strange)


def templates(cls: type[Record], wanted: Wanted) -> tuple[str, ...]:
    """A type's or a book's own template before the one of all."""
    kind = "register" if wanted.register else "form"
    own = [f"{cls.slug}-{wanted.book.code}"] if wanted.book else []
    names = [kind] if wanted.register else [*own, cls.slug, kind]
    return tuple(f"print/{name}.html" for name in names)


def printed_by(purpose: str = "") -> str:
    """Who prints, when, and for what personal data is shown."""
    at = f"{now().astimezone(zone(db.session())):%Y-%m-%d %H:%M}"
    words = _("Printed by {name}, {at}", name=actor().name, at=at)
    if purpose:
        words += " · " + _("personal data shown for: {purpose}", purpose=purpose)
    return words
