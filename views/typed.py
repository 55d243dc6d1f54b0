"""Telephone and identity numbers typed into free text, where nothing seals them.

Whoever saves such a text is told; whoever may not know the number reads it masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flask import flash
from wtforms import Form

from core import privacy
from core.access import Actor, shown_plain
from core.columns import Field
from core.record import Record, form_fields
from core.words import _, say

if TYPE_CHECKING:
    from views.parts import PartForms

LINE = 200
"""Characters of an ordinary line of text: a name, a place, an organisation's number."""


def is_free(field: Field) -> bool:
    """Whether people tell a story in this field."""
    if field.personal or field.auto:
        return False
    return field.type == "long" or (field.type == "text" and field.size > LINE)


def softened(
    actor: Actor, cls: type[Record], text: str, row: Record | None = None
) -> str:
    """A told story without the numbers that this reader may not know."""
    found = privacy.numbers_in(text)
    hidden = [kind for kind in found if not shown_plain(actor, cls, kind, row)]
    return privacy.mask_numbers(text, hidden)


def warn(cls: type[Record], form: Form, parts: Sequence[PartForms]) -> None:
    """Tell whoever saved a number among words where it belongs."""
    found = list(_telling(cls, form))
    for kind in parts:
        for _line, lines_form in kind.rows:
            found += _telling(kind.cls, lines_form)
    if found:
        sentence = _(
            "{fields} holds a telephone or identity number. It is shown masked here;"
            " it belongs in the customer's own record.",
            fields=_(", ").join(dict.fromkeys(found)),
        )
        flash(sentence, "late")


def _telling(cls: type[Record], form: Form) -> Iterator[str]:
    """The labels of the free texts that hold a number."""
    for name, declared in form_fields(cls).items():
        told = name in form and is_free(declared) and str(form[name].data or "")
        if told and privacy.numbers_in(told):
            yield say(declared.label)
