"""The records that a file refers to by number, room or name, within the reader's rows.

Many are looked up at one go; what means none or several records is left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor
from core.record import label_table, record_type
from core.words import _
from models import Occupancy, Person, Unit
from views.importing.targets import may_name
from views.lookup import Hit, Lookup, by_number, meant, room_groups, standing

T = TypeVar("T")
UNNAMED = re.compile(r"#[0-9]{1,17}")
"""How a record is referred to that is called nothing."""
ASKED = 400
"""Names that one statement asks for."""
DOUBTS = 200
"""Doubtful texts that one person is asked to decide."""


@dataclass
class References:
    """What the texts of a file refer to, as far as they were looked up."""

    session: Session
    actor: Actor
    project: int | None
    chosen: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    doubts: dict[str, dict[str, list[Hit]]] = field(default_factory=dict)
    used: dict[str, set[int]] = field(default_factory=dict)
    known: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    rooms: dict[tuple[str, ...], list[int]] | None = None

    def prepare(self, slug: str, texts: Iterable[str]) -> None:
        """Look up the texts that are not known yet by what records are called."""
        known = self.known.setdefault(slug, {})
        cls = record_type(slug)
        if not may_name(self.actor, cls):
            return
        table = label_table(cls)
        label = table.c[cls.label_column]
        limits = standing(self.actor, cls, self.project)
        for some in _divided({one.strip() for one in texts} - known.keys()):
            known.update({text: [] for text in some})
            query = select(label, cls.id).where(label.in_(some), *limits)
            for text, key in self.session.execute(query):
                known[text].append(key)

    def one(self, slug: str, text: str) -> int:
        """The record that a text means; ValueError when that is not certain."""
        text = text.strip()
        found = self.known.get(slug, {}).get(text) or self._room(slug, text)
        if UNNAMED.fullmatch(text) and len(found) != 1:
            found = [Lookup(slug).one(self.session, int(text[1:])) or 0]
            if not found[0]:
                raise nothing(text)
        if len(found) != 1:
            found = [self._decided(slug, text)]
        self.used.setdefault(slug, set()).add(found[0])
        return found[0]

    def at_home(self, text: str, home: int) -> int | None:
        """Of several people of one name, the one who belongs to that home."""
        alike = self.known.get(Person.slug, {}).get(text.strip(), [])
        if len(alike) < 2:
            return None
        query = select(Occupancy.person_id).where(
            Occupancy.person_id.in_(alike),
            Occupancy.unit_id == home,
            Occupancy.voided_at.is_(None),
        )
        found = set(self.session.scalars(query))
        if len(found) != 1:
            return None
        self.used.setdefault(Person.slug, set()).update(key for key in found if key)
        return found.pop()

    def gone(self, used: Mapping[str, Iterable[int]]) -> Iterator[str]:
        """The types of which a record referred to may no longer be referred to."""
        for slug, keys in used.items():
            cls = record_type(slug)
            limits = standing(self.actor, cls, None)
            for some in _divided(set(keys)):
                query = select(cls.id).where(cls.id.in_(some), *limits)
                if len(self.session.execute(query).all()) < len(some):
                    yield slug
                    break

    def _room(self, slug: str, text: str) -> list[int]:
        """Homes by any spelling of their number; they are few enough to know all."""
        groups = tuple(room_groups(text))
        if slug != Unit.slug or not groups:
            return []
        if self.rooms is None:
            self.rooms = {}
            limits = standing(self.actor, Unit, self.project)
            query = select(Unit.id, Unit.name).where(*limits)
            for key, name in self.session.execute(query):
                self.rooms.setdefault(tuple(room_groups(name or "")), []).append(key)
        return self.rooms.get(groups, [])

    def _decided(self, slug: str, text: str) -> int:
        """What a person chose; else the text is put to him."""
        chosen = self.chosen.get(slug, {}).get(text)
        if chosen and Lookup(slug).one(self.session, chosen) is not None:
            return chosen
        if by_number(self.actor, record_type(slug), text):
            raise ValueError(
                _("An import finds nobody by telephone; write the name or the room.")
            )
        asked = self.doubts.setdefault(slug, {})
        if text not in asked:
            hits = meant(self.session, slug, text, self.project)
            if not hits:
                raise nothing(text)
            if len(asked) < DOUBTS:
                asked[text] = hits
        typed = text[:40]
        raise ValueError(
            _("“{typed}” is not certain; choose below which one is meant.", typed=typed)
        )


def nothing(text: str) -> ValueError:
    """The sentence for a text that no record answers to."""
    return ValueError(_("Nothing was found for “{typed}”.", typed=text[:40]))


def _divided(keys: set[T]) -> Iterator[list[T]]:
    """The keys, as many at a time as one statement asks for."""
    listed = list(keys)
    for start in range(0, len(listed), ASKED):
        yield listed[start : start + ASKED]
