"""Every record type through every generated screen, with every field it declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.columns import Field
from core.db import writing
from core.record import Case, Part, Record, fields, form_fields, parts
from tests import reading, rights
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import everything, make, typed
from tests.posting import form_of, line_of, other, words

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

TYPES = rights.entered()
by_type = pytest.mark.parametrize("cls", TYPES, ids=rights.slugs(TYPES))
WRITTEN = [cls for cls in rights.screens() if not cls.manual]
"""What steps and the calendar write: a register's lines, a duty."""


@dataclass
class Filling:
    """Values of every field of a record and of one line of each kind."""

    cls: type[Record]
    values: dict[str, Any]
    lines: dict[type[Part], dict[str, Any]] = field(default_factory=dict)

    def form(self, session: Session) -> dict[str, Any]:
        """All of it as a browser sends it."""
        made = form_of(session, self.cls, self.values)
        for part, values in self.lines.items():
            made |= line_of(session, part, values)
        return made


def filled(session: Session, cls: type[Record], office: Office) -> Filling:
    """Values of every field; references point to rows of the home estate."""
    values = everything(session, cls, office.home)
    values = {name: value for name, value in values.items() if name in typed(cls)}
    if cls.slug == "role_assignment":  # not the rights of whoever enters it
        values["user_id"] = office.users["staff"]
    if cls.slug == "shift_handover":  # nobody hands over to themselves
        values["guard_id"] = office.staff["guard"]
    if "case_id" in values:
        values["case_id"] = make(session, _readable_case(cls), office.home).id
    made = Filling(cls, values)
    for part in (part for part in parts(cls) if part.manual):
        every = everything(session, part, office.home)
        every.pop(parent_column(part, cls))
        made.lines[part] = every
    return made


def _readable_case(cls: type[Record]) -> type[Record]:
    """A kind of case that whoever enters ``cls`` may read, and so may refer to."""
    job = rights.owner(cls)
    kinds = [kind for kind in TYPES if issubclass(kind, Case)]
    return next(kind for kind in kinds if rights.sees_project(job, kind))


def parent_column(part: type[Part], cls: type[Record]) -> str:
    """The column by which a line hangs on its record."""
    own = f"{cls.slug}_id"
    return own if own in form_fields(part) else "case_id"


@pytest.fixture
def filling(
    request: pytest.FixtureRequest, as_actor: AsActor, office: Office
) -> tuple[Filling, dict[str, Any]]:
    """Values of every field of the type under test, and the form that posts them."""
    with as_actor() as session, writing(session):
        made = filled(session, request.getfixturevalue("cls"), office)
        return made, made.form(session)


def saved(answer: TestResponse) -> int:
    """The id of the record that a saved form leads to."""
    errors = [line for line in answer.text.splitlines() if 'class="error"' in line]
    assert answer.status_code == 302, (answer.status_code, errors)
    return int(answer.location.rpartition("=")[2])


def stored(as_actor: AsActor, cls: type[Record], key: int) -> dict[str, Any]:
    """Every declared field of a record as the database holds it."""
    with as_actor() as session:
        record = session.get(cls, key)
        assert record is not None
        return {name: getattr(record, name) for name in typed(cls)}


def version_of(as_actor: AsActor, cls: type[Record], key: int) -> int:
    """What the form would carry."""
    with as_actor() as session:
        record = session.get(cls, key)
        assert record is not None
        return record.version


def stored_lines(
    as_actor: AsActor, cls: type[Record], part: type[Part], key: int
) -> list[dict[str, Any]]:
    """Every declared field of a record's lines of one kind."""
    column = parent_column(part, cls)
    with as_actor() as session:
        query = select(part).where(part.__table__.c[column] == key)
        names = [name for name in form_fields(part) if name != column]
        return [{n: getattr(x, n) for n in names} for x in session.scalars(query)]


@by_type
def test_every_field_is_offered_saved_and_read_back(
    cls: type[Record],
    filling: tuple[Filling, dict[str, Any]],
    client: Client,
    as_actor: AsActor,
) -> None:
    made, form = filling
    visitor = client(rights.owner(cls))
    offered = reading.controls(visitor.get(f"/{cls.slug}/new/").text)
    assert set(form) <= offered, "controls are missing"
    assert set(typed(cls)) <= offered, "fields are missing"
    key = saved(visitor.post(f"/{cls.slug}/new/", form))
    assert stored(as_actor, cls, key) == made.values
    for part, values in made.lines.items():
        assert stored_lines(as_actor, cls, part, key) == [values], part.slug


def seen(cls: type[Record], name: str, job: str) -> str:
    """How that reader sees a field by the file of rights: plain, masked, or not."""
    only = rights.limits(job, cls)
    if only is not None and name not in only:
        return ""
    personal = fields(cls)[name].personal
    if not personal:
        return "plain"
    standing = rights.given(job, cls, "standing")
    kinds = frozenset().union(*(one.fields for one in standing))
    return "plain" if {name, personal} & kinds else "masked"


@by_type
def test_a_record_is_shown_changed_told_and_voided(
    cls: type[Record],
    filling: tuple[Filling, dict[str, Any]],
    client: Client,
    as_actor: AsActor,
    office: Office,
) -> None:
    made, form = filling
    job = rights.owner(cls)
    visitor = client(job)
    key = saved(visitor.post(f"/{cls.slug}/new/", form))
    page = f"/{cls.slug}/details/?id={key}"
    assert_shown(as_actor, made, reading.entries(visitor.get(page).text), job)
    changed, form = changed_form(as_actor, made, office)
    edited = reading.controls(visitor.get(f"/{cls.slug}/edit/?id={key}").text)
    for name in set(made.values) - edited:  # steps fill it in, or it stands for good
        assert name in asked_by_steps(cls) | set(cls.fixed)
        changed.values[name] = made.values[name]
    version = version_of(as_actor, cls, key)
    saved(visitor.post(f"/{cls.slug}/edit/?id={key}", form, version=version))
    assert stored(as_actor, cls, key) == changed.values
    told = reading.changes(visitor.get(f"/{cls.slug}/history/?id={key}").text)
    assert_told(as_actor, made, changed, told)
    assert_voided(client, cls, key, version_of(as_actor, cls, key))


def asked_by_steps(cls: type[Record]) -> set[str]:
    """The fields that steps ask for."""
    return (
        {name for move in cls.flow.moves for name in move.asks} if cls.flow else set()
    )


@pytest.mark.parametrize("cls", WRITTEN, ids=rights.slugs(WRITTEN))
def test_what_the_house_writes_is_shown_and_nobody_begins_it(
    cls: type[Record], client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        made = filled(session, cls, office)
        key = make(session, cls, office.home, **made.values).id
    job = rights.owner(cls)
    visitor = client(job)
    page = visitor.get(f"/{cls.slug}/details/?id={key}")
    assert_shown(as_actor, made, reading.entries(page.text), job)
    assert visitor.get(f"/{cls.slug}/new/").status_code in (403, 404)


def assert_shown(
    as_actor: AsActor, made: Filling, entries: dict[str, str], job: str
) -> None:
    """Every value stands on the record page, personal ones as the reader may see."""
    with as_actor() as session:
        for name, declared in typed(made.cls).items():
            value, shown = made.values[name], entries.get(declared.label[0], "")
            if seen(made.cls, name, job) == "masked":
                assert shown, name
                assert str(value) not in shown, name
                continue
            for word in words(session, declared, value):
                assert word in shown, (name, word, shown)


def changed_form(
    as_actor: AsActor, made: Filling, office: Office
) -> tuple[Filling, dict[str, Any]]:
    """The record with another value in every field, and the form that posts it."""
    with as_actor() as session:
        known = form_fields(made.cls)
        values = {n: other(session, known[n], v, 7) for n, v in made.values.items()}
        if "signature_form" in values:  # a scan would have to be attached
            values["signature_form"] = "witnessed"
        changed = Filling(made.cls, values)
        return changed, changed.form(session)


def assert_told(
    as_actor: AsActor,
    made: Filling,
    changed: Filling,
    told: list[tuple[str, str, str]],
) -> None:
    """The history holds every change of a value that is nobody's secret, old -> new."""
    with as_actor() as session:
        for name, declared in typed(made.cls).items():
            pair = made.values[name], changed.values[name]
            if declared.personal or pair[0] == pair[1]:
                continue
            entry = _entry(session, declared, *pair)
            assert entry in told, (name, entry, told)


def _entry(
    session: Session, declared: Field, old: Any, new: Any
) -> tuple[str, str, str]:
    said = []
    for value in (old, new):
        found = "、".join(words(session, declared, value))
        if declared.type == "long":
            found = "\n".join(words(session, declared, value))
        unit = declared.unit[0] if declared.type in ("money", "decimal") else ""
        said.append("否" if value is False else f"{found} {unit}".strip())
    return declared.label[0], said[0], said[1]


def assert_voided(client: Client, cls: type[Record], key: int, version: int) -> None:
    """Whoever may void it does so with a reason; then only the voided list has it."""
    able = [job for job in rights.EVERYBODY if rights.sees_project(job, cls, "void")]
    for job in able[:1]:
        visitor = client(job)
        page = f"/{cls.slug}/details/?id={key}"
        answer = visitor.post(f"/{cls.slug}/delete/", id=key, version=version)
        assert answer.status_code == 400
        form = {"id": key, "version": version, "reason": "重复登记"}
        answer = visitor.post(f"/{cls.slug}/delete/", form)
        assert (answer.status_code, answer.location) == (302, page)
        assert "重复登记" in reading.entries(visitor.get(page).text)["作废原因"]
        assert key not in reading.ids(visitor.get(f"/{cls.slug}/").text)
        assert key in reading.ids(visitor.get(f"/{cls.slug}/?voided=1").text)
        assert visitor.post(f"/{cls.slug}/delete/", form).status_code == 409
