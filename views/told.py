"""The history of a record in sentences, old and new values as the reader may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from core import audit, privacy
from core.access import SYSTEM, Actor, may, readable, shown_plain
from core.attachment import FIELD, OF_FILES
from core.columns import Field
from core.jobs import job_of
from core.record import Record, fields, parts, record_type
from core.words import _, say
from views.parts import lines
from views.typed import is_free, softened
from views.values import (
    labels_of,
    person_label_masked,
    plain_words,
    time_tag,
    zone,
)

MOST = 200
"""Entries on one page of history."""
Difference = tuple[str, str, str]


@dataclass(slots=True)
class Line:
    """One entry: who did what when, and what changed."""

    words: str
    time: Markup
    at: dt.datetime
    changes: list[Difference] = field(default_factory=list)
    note: str = ""

    def __iter__(self) -> Any:
        return iter((self.words, self.time, self.changes))


def actor_words(name: str) -> str:
    """Who acted: a person's name, a job's title, or the system."""
    job = job_of(name)
    if job is not None:
        return say(job.title)
    return _("The system") if name == SYSTEM.name else name


MOVE = "move."
"""Before the code of a step in the history."""


def act_words(action: str, slug: str) -> str:
    """The past tense of an act; of a step of a flow, what its button says."""
    if action.startswith(MOVE):
        code, flow = action.removeprefix(MOVE), record_type(slug).flow
        move = flow.find(code) if flow else None
        return say(move.title) if move else code
    known = {
        "create": _("recorded"),
        "update": _("changed"),
        "void": _("voided"),
        "reveal": _("looked at a masked value"),
        "export": _("exported"),
        "print": _("printed"),
        "import": _("imported"),
        "bulk": _("loaded in bulk"),
        "erase": _("erased personal values"),
        "signin": _("signed in"),
        "signout": _("signed out"),
        "signin_failed": _("failed to sign in"),
        "denied": _("was refused"),
        "password": _("changed a password"),
        "setup": _("set up the office"),
        "lookup": _("looked up a number"),
        "clocks": _("moved a due time with the calendar"),
        "agree": _("agreed to it"),
        "counted": _("counted the figures"),
        "rotate_key": _("changed the key"),
        "waived": _("did without a second pair of eyes"),
        "attach": _("attached a file"),
        "detach": _("removed a file"),
        "sign": _("took a signature"),
        "unsign": _("struck a signature out"),
        "destroy": _("destroyed a file"),
    }
    return known.get(action, action)


def record_history(
    session: Session, actor: Actor, record: Record, most: int = MOST
) -> list[Line]:
    """The newest entries of a record and its lines, newest first."""
    files = readable(actor, type(record), [FIELD], record)
    told = [
        (type(record), entry)
        for entry in audit.history(session, record.slug, [record.id], most)
        if files or entry.action not in OF_FILES
    ]
    for part in parts(type(record)):
        if not may(actor, "read", part):
            continue
        if ids := [line.id for line in lines(record, part, struck=True)]:
            entries = audit.history(session, part.slug, ids, most)
            told += [(part, entry) for entry in entries]
    told.sort(key=lambda pair: pair[1].id, reverse=True)
    place = zone(session)
    _gather_labels(session, told[:most])
    return [
        Line(
            _sentence(type(record), cls, entry),
            time_tag(entry.at, place),
            entry.at,
            list(
                _differences(
                    session, actor, cls, entry, record if cls is type(record) else None
                )
            ),
            entry.note if entry.action != "create" else "",
        )
        for cls, entry in told[:most]
    ]


def _gather_labels(
    session: Session, told: list[tuple[type[Record], audit.Told]]
) -> None:
    """Ask once for what the references in these entries are called."""
    wanted: dict[str, set[int]] = {}
    for cls, entry in told:
        known = fields(cls)
        for name, pair in entry.plain.items():
            declared = known.get(name)
            if declared is not None and declared.type == "ref":
                ids = {value for value in pair if isinstance(value, int)}
                wanted.setdefault(declared.ref, set()).update(ids)
    for slug, ids in wanted.items():
        labels_of(session, slug, ids)


def _sentence(owner: type[Record], cls: type[Record], entry: audit.Told) -> str:
    who, act = actor_words(entry.actor), act_words(entry.action, cls.slug)
    if cls is owner:
        words = _("{actor} {act}", actor=who, act=act)
    else:
        words = _("{actor} {act}: {line}", actor=who, act=act, line=say(cls.title))
    return f"{words} · {entry.note}" if entry.note else words


def _differences(
    session: Session,
    actor: Actor,
    cls: type[Record],
    entry: audit.Told,
    row: Record | None,
) -> Iterable[Difference]:
    """(label, old, new) of every change that the reader may read."""
    known = fields(cls)
    changed = [*entry.plain.items(), *entry.personal.items()]
    allowed = set(readable(actor, cls, [name for name, _pair in changed], row))
    for name, (old, new) in changed:
        declared = known.get(name)
        if declared is None or name not in allowed or _is_noise(entry, name, new):
            continue
        if declared.personal and not shown_plain(actor, cls, name, row):
            seen = [privacy.mask(value, declared.personal) for value in (old, new)]
        else:
            seen = [_seen(session, actor, cls, declared, value) for value in (old, new)]
            if is_free(declared):
                seen = [softened(actor, cls, words, row) for words in seen]
        yield say(declared.label), seen[0], seen[1]


def _is_noise(entry: audit.Told, name: str, new: Any) -> bool:
    """What a new record says of itself: only what was filled in."""
    return entry.action == "create" and (
        new in (None, "", False, []) or name == "project_id"
    )


def _seen(
    session: Session, actor: Actor, cls: type[Record], declared: Field, value: Any
) -> str:
    if value is None:
        return ""
    words = plain_words(session, declared, _revived(declared, value), cls.flow)
    kind = declared.ref and person_label_masked(actor, declared.ref)
    return privacy.mask(words, kind) if kind else words


def _revived(declared: Field, value: Any) -> Any:
    """A value as it was before JSON."""
    match declared.type:
        case "moment":
            return dt.datetime.fromisoformat(value)
        case "money" | "decimal":
            return Decimal(value)
    return value
