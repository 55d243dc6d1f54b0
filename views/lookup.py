"""Type-ahead: records found by number, room, name or telephone, within one's rows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from core import privacy
from core import search as index
from core.access import Actor, actor_of, may_reveal, readable, shown_plain
from core.kept import worked_out
from core.privacy import Secret
from core.record import Case, Record, record_type
from core.scope import where
from core.words import _, say
from models import Occupancy, Person, Unit
from views.findings import matter, said_of_cases
from views.values import brief, labels_of, person_label_masked

DIGITS = str.maketrans("一二三四五六七八九零〇两", "123456789002")
MARKS = re.compile(r"[栋幢座号楼单元室门梯层弄#.．\s\-—_/]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """One match: its id, what it is called, and what tells it from its like."""

    id: int
    words: str
    more: str = ""


class Lookup:
    """One record type as the target of references."""

    def __init__(self, slug: str) -> None:
        self.cls = record_type(slug)

    def one(self, session: Session, record_id: int) -> int | None:
        """The id when the actor may read that row and it is not voided, else None."""
        who, cls = actor_of(session), self.cls
        query = worked_out(who, ("reachable", cls), partial(_reachable, who, cls))
        found: int | None
        found = session.connection().execute(query, {"key": record_id}).scalar()
        return found


def _reachable(who: Actor, cls: type[Record]) -> Select[Any]:
    here = cls.id == bindparam("key", type_=BigInteger())
    limits = (cls.voided_at.is_(None), where(who, "read", cls))
    return select(cls.id).where(here, *limits)


def room_groups(typed: str) -> list[str]:
    """``5栋1单元0302``, ``5#-302``, ``五栋三〇二`` as groups without leading zeros."""
    plain = unicodedata.normalize("NFKC", typed).translate(DIGITS).upper()
    return [part.lstrip("0") or "0" for part in MARKS.split(plain) if part]


def meant(
    session: Session, slug: str, typed: str, project: int | None = None
) -> list[Hit]:
    """The records that a typed text means: those called exactly so, else its like."""
    found = matches(session, slug, typed, limit=6, project=project)
    exact = [hit for hit in found if hit.words == typed]
    return exact or found


def matches(
    session: Session,
    slug: str,
    typed: str,
    limit: int = 12,
    project: int | None = None,
    *,
    numbers: bool = True,
) -> list[Hit]:
    """Up to ``limit`` records that the typed text may mean, best first.

    Within one ``project`` when it is given, else wherever the actor reads. Sealed
    ``numbers`` are left out where their look-ups are not counted.
    """
    cls, actor = record_type(slug), actor_of(session)
    typed = unicodedata.normalize("NFC", typed.replace("\x00", "")).strip()[:100]
    if issubclass(cls, Case):
        return _cases(session, cls, typed, limit)
    query = select(cls.id).where(
        *standing(actor, cls, project), or_(*_meanings(actor, cls, typed, numbers))
    )
    label = cls.__table__.c[cls.label_column]
    ids = list(session.execute(query.order_by(label, cls.id).limit(limit)).scalars())
    return _told(session, cls, ids)


def people_of(session: Session, home: int, limit: int = 12) -> list[Hit]:
    """The people of a home, for whoever has chosen it and typed no name yet."""
    here = select(Occupancy.person_id).where(Occupancy.unit_id == home)
    known = standing(actor_of(session), Person, None)
    query = select(Person.id).where(*known, Person.id.in_(here)).order_by(Person.id)
    return _told(session, Person, list(session.scalars(query.limit(limit))))


def standing(
    actor: Actor, cls: type[Record], project: int | None
) -> list[ColumnElement[bool]]:
    """What a record must be to be referred to: readable, not voided, of the project."""
    found = [where(actor, "read", cls), cls.__mapper__.columns["voided_at"].is_(None)]
    if project is not None and cls.owner == "project" and cls.slug != "project":
        found.append(cls.__mapper__.columns["project_id"] == project)
    return found


def _meanings(
    actor: Actor, cls: type[Record], typed: str, numbers: bool
) -> list[ColumnElement[bool]]:
    label = cls.__table__.c[cls.label_column]
    if not typed:
        return [label.is_not(None)]
    found: list[ColumnElement[bool]] = []
    read = readable(actor, cls, [cls.label_column])
    if read and not person_label_masked(actor, cls.slug):
        found.append(label.contains(typed, autoescape=True))
    if cls is Unit:
        found.append(_room(label, typed))
    if cls is Person:
        rooms = select(Unit.id).where(_room(Unit.__table__.c.name, typed))
        found.append(
            cls.id.in_(select(Occupancy.person_id).where(Occupancy.unit_id.in_(rooms)))
        )
    found += by_number(actor, cls, typed) if numbers else []
    return found or [cls.id == 0]


def by_number(actor: Actor, cls: type[Record], typed: str) -> list[ColumnElement[bool]]:
    """Exact or last-four criteria over the sealed numbers that the actor may use."""
    digits = privacy.normalise(typed)
    if not re.fullmatch(r"[0-9]{4}|[0-9X]{7,24}", digits):
        return []
    found: list[ColumnElement[bool]] = []
    for name, secret in secrets_of(cls).items():
        if not readable(actor, cls, [name]) or not (
            shown_plain(actor, cls, name) or may_reveal(actor, cls, name)
        ):
            continue
        column = f"{cls.__tablename__}.{name}"
        if len(digits) > 4:
            found.append(
                cls.__table__.c[f"{name}_hash"] == privacy.blind(digits, column)
            )
        elif secret.tail:
            tail = privacy.blind(digits, f"{column}.tail")
            found.append(cls.__table__.c[f"{name}_tail"] == tail)
    return found


def secrets_of(cls: type[Record]) -> dict[str, Secret]:
    """The sealed attributes of a record type."""
    return {n: s for n, s in vars(cls).items() if isinstance(s, Secret)}


def _room(label: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    """Rooms whose number starts and ends like the typed groups."""
    groups = room_groups(typed)
    if not groups or not any(char.isdigit() for char in typed.translate(DIGITS)):
        return label == typed
    joined = "".join(groups)
    run_on = func.replace(label, "-", "").contains(joined, autoescape=True)
    if len(groups) == 1:
        return or_(label.endswith(groups[0], autoescape=True), run_on)
    first, last = groups[0], groups[-1]
    return or_(
        label.like(f"{_plain(first)}-%{_plain(last)}", escape="/"),
        run_on,
    )


def _plain(part: str) -> str:
    return re.sub(r"([/%_])", r"/\1", part)


def _cases(session: Session, cls: type[Record], typed: str, limit: int) -> list[Hit]:
    """Cases by number or words, newest first, through the index."""
    assert issubclass(cls, Case)
    query = select(cls.id, Case.type).where(
        where(actor_of(session), "read", cls), Case.voided_at.is_(None)
    )
    connection = session.connection()
    scope = [] if cls is Case else [index.scope_words(cls.slug, 0)[:1]]
    many, wanted = limit, index.query_words(typed)
    if wanted:
        many, span = 200, index.bounds(cls)
        docs, _more = index.look(connection, typed, scope, span, many)
        query = query.where(cls.id.in_([doc - span[0] for doc in docs]))
    rows = session.execute(query.order_by(cls.id.desc()).limit(many)).all()
    ids = [key for key, _kind in rows]
    if wanted:
        ids = said_of_cases(session, [(key, kind) for key, kind in rows], typed)
    return _told(session, cls, ids[:limit])


def _told(session: Session, cls: type[Record], ids: list[int]) -> list[Hit]:
    labels = labels_of(session, cls.slug, ids)
    if not readable(actor_of(session), cls, [cls.label_column]):
        labels = {key: f"#{key}" for key in labels}
    kind = person_label_masked(actor_of(session), cls.slug)
    more = _more(session, cls, ids)
    return [
        Hit(
            key,
            privacy.mask(labels[key], kind) if kind else labels[key],
            more.get(key, ""),
        )
        for key in ids
        if key in labels
    ]


def _more(session: Session, cls: type[Record], ids: list[int]) -> dict[int, str]:
    if cls is Person:
        return _homes(session, ids)
    if issubclass(cls, Case):
        query = select(Case.id, Case.type, Case.content).where(Case.id.in_(ids))
        who = actor_of(session)
        return {k: brief(matter(who, t, c), 30) for k, t, c in session.execute(query)}
    return {key: say(cls.title) for key in ids} if cls.slug == "case" else {}


def _homes(session: Session, ids: list[int]) -> dict[int, str]:
    """Person -> rooms, to tell people of one name apart."""
    query = (
        select(Occupancy.person_id, Unit.name)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(Occupancy.person_id.in_(ids), Occupancy.voided_at.is_(None))
        .order_by(Unit.name)
    )
    found: dict[int, str] = {}
    for person, room in session.execute(query):
        if person is None:
            continue
        found[person] = _(", ").join(filter(None, (found.get(person), room)))
    return found
