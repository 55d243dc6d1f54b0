"""Two people and one record: what each of them wrote, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session
from wtforms import Form

from core import audit, privacy
from core.access import Actor, shown_plain
from core.record import Record, form_fields
from core.words import _, say
from views.pages import StalePage
from views.parts import PartForms, removed
from views.personal import Masked
from views.values import person_label_masked, plain_words

Side = tuple[str, str, str]


def stale_page(
    session: Session,
    actor: Actor,
    fresh: Record,
    form: Form,
    parts: Sequence[PartForms],
) -> StalePage:
    """Who saved in between, and where his record differs from what was typed."""
    newest = audit.history(session, fresh.slug, [fresh.id], 1)
    rows = list(_sides(session, actor, fresh, form))
    for kind in parts:
        for line, lines_form in kind.rows:
            if line is None:
                continue
            if removed(lines_form):
                rows.append((kind.title, _("strike out"), _called(line)))
                continue
            sides = _sides(session, actor, line, lines_form)
            rows += [
                (f"{kind.title} · {a}", yours, theirs) for a, yours, theirs in sides
            ]
    return StalePage(newest[0].actor if newest else "", fresh.updated_at, rows)


def _called(line: Record) -> str:
    label = getattr(line, type(line).label_column, None)
    return str(label or f"#{line.id}")


def _sides(
    session: Session, actor: Actor, theirs: Record, form: Form
) -> Iterator[Side]:
    cls = type(theirs)
    known = form_fields(cls)
    for field in form:
        name = field.short_name
        if isinstance(field, Masked):
            field.forgive()
        values = (field.data, getattr(theirs, name))
        if values[0] == values[1]:
            continue
        declared = known[name]
        kind = declared.ref and person_label_masked(actor, declared.ref)
        if declared.personal and not shown_plain(actor, cls, name, theirs):
            seen: list[Any] = [privacy.mask(v, declared.personal) for v in values]
        else:
            seen = [plain_words(session, declared, v, cls.flow) for v in values]
            seen = [privacy.mask(words, kind) if kind else words for words in seen]
        yield say(declared.label), seen[0], seen[1]
