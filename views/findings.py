"""Search hits less those that only a field betrays which the reader may not read.

The index holds the words of all searched fields of a record together. Whoever reads
them all gets its hits as they are; for others the readable fields are asked once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core import search as index
from core.access import Actor, actor_of, readable, shown_plain
from core.kept import worked_out
from core.record import Record, fields, record_type
from views.typed import softened


def said(
    session: Session, cls: type[Record], ids: Sequence[int], typed: str
) -> list[int]:
    """Those of the found records whose readable fields hold the typed words."""
    actor = actor_of(session)
    names = worked_out(actor, ("searched", cls), lambda: _readable(actor, cls))
    if len(names) == len(index.searched(cls)):
        return list(ids)
    if not names or not ids:
        return []
    criteria = [_holds(cls, names, words) for words in index.query_words(typed)]
    query = select(cls.id).where(cls.id.in_(ids), *criteria)
    found = set(session.execute(query).scalars())
    return [key for key in ids if key in found]


def said_of_cases(
    session: Session, rows: Sequence[tuple[int, str]], typed: str
) -> list[int]:
    """The same for cases of several kinds, given as (id, kind), in their order."""
    found: set[int] = set()
    for kind in {kind for _key, kind in rows}:
        ids = [key for key, other in rows if other == kind]
        found.update(said(session, record_type(kind), ids, typed))
    return [key for key, _kind in rows if key in found]


def _readable(actor: Actor, cls: type[Record]) -> tuple[str, ...]:
    """The searched fields that this reader reads, and reads in plain."""
    known = fields(cls)
    return tuple(
        name
        for name in readable(actor, cls, index.searched(cls))
        if not known[name].personal or shown_plain(actor, cls, name)
    )


def _holds(
    cls: type[Record], names: Sequence[str], words: Sequence[str]
) -> ColumnElement[bool]:
    term = "".join(word[0] for word in words[:-1]) + words[-1]
    columns: list[Any] = [getattr(cls, name) for name in names]
    return or_(*(func.lower(c).contains(term, autoescape=True) for c in columns))


def matter(actor: Actor, kind: str, content: str | None) -> str:
    """What a case is about, in as far as the reader may read it."""
    allowed = readable(actor, record_type(kind), ["content"])
    return softened(actor, record_type(kind), content or "") if allowed else ""
