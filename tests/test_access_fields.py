"""Field rights: what a reader may not read is in no answer, and nothing betrays it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.db import writing
from core.record import Case, Record, form_fields, record_type
from models import Grant, Person
from rules.flows import FLOWS
from tests import reading, rights
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.rights import EVERYBODY

TYPES = rights.screens()
LIMITED = [
    (job, cls)
    for job in EVERYBODY
    for cls in TYPES
    if rights.may(job, cls, "read") and rights.limits(job, cls) is not None
]
FILTERS = ("choice", "word", "yes", "ref", "date", "moment")


@dataclass
class Marked:
    """A row that its reader sees, with a mark of its own in every text."""

    cls: type[Record]
    key: int
    marks: dict[str, str] = field(default_factory=dict)


def mine(cls: type[Record], office: Office, job: str) -> dict[str, Any]:
    """What makes a row of that type belong to a member of the cast."""
    columns = cls.__mapper__.columns
    own = ("created_by_id", "holder_id", "department_id")
    values = {"department_id": office.department}
    if cls.own == ("case.person_id",) and "person_id" in columns:
        return {"person_id": office.person}
    return {n: values.get(n, office.staff[job]) for n in own if n in columns}


def mark(session: Session, cls: type[Record], office: Office, job: str) -> Marked:
    """Make the row, then change every text of it, so that history tells both."""
    row = make(session, cls, office.home, **mine(cls, office, job))
    if cls.own == ("case.person_id",):  # one's own by a case that speaks of it
        person = row.id if cls is Person else row.person_id
        case = {"person_id": person, "holder_id": office.staff[job]}
        make(session, record_type("repair"), office.home, **case)
    session.flush()
    made = Marked(cls, row.id)
    known = form_fields(cls)
    for n, name in enumerate(known):
        if known[name].type in ("text", "long") and (known[name].size or 9) > 5:
            made.marks[name] = f"暗{700 + n}号"
            setattr(row, name, made.marks[name])
    session.flush()
    return made


def hidden(job: str, made: Marked) -> dict[str, str]:
    """The marks that this reader must not meet."""
    limits = rights.limits(job, made.cls) or frozenset()
    return {n: m for n, m in made.marks.items() if n not in limits}


def asks_for_cases(job: str) -> str:
    """A screen of his from which he can look cases up."""
    asking = [cls for cls in TYPES if "case_id" in form_fields(cls)]
    return next((cls.slug for cls in asking if rights.may(job, cls, "read")), "")


limited = pytest.mark.parametrize(
    ("job", "cls"), LIMITED, ids=[f"{job}-{cls.slug}" for job, cls in LIMITED]
)


@limited
def test_an_unreadable_field_is_in_no_answer_and_finds_nothing(
    client: Client, as_actor: AsActor, office: Office, job: str, cls: type[Record]
) -> None:
    with as_actor() as session, writing(session):
        made = mark(session, cls, office, job)
    visitor, slug = client(job), cls.slug
    details = visitor.get(f"/{slug}/details/?id={made.key}")
    assert details.status_code == 200
    pages = [f"/{slug}/", f"/{slug}/history/?id={made.key}", f"/{slug}/?order=-id", "/"]
    if rights.may(job, cls, "update"):
        pages.append(f"/{slug}/edit/?id={made.key}")
    answers = [details.text, *(visitor.get(path).text for path in pages)]
    for name, words in hidden(job, made).items():
        assert not any(words in text for text in answers), name
        found = reading.ids(visitor.get(f"/{slug}/", search=words).text)
        assert made.key not in found, name
        everywhere = reading.main(visitor.get("/search", q=words).text)
        assert f"/{slug}/details/?id={made.key}" not in everywhere, name
        if issubclass(cls, Case) and (asker := asks_for_cases(job)):
            asked = {"name": "case_id", "query": words}
            hits = visitor.get(f"/{asker}/ajax/lookup/", **asked)
            assert (hits.status_code, hits.json) == (200, []), name


@limited
def test_an_unreadable_field_neither_filters_nor_orders(
    client: Client, as_actor: AsActor, office: Office, job: str, cls: type[Record]
) -> None:
    with as_actor() as session, writing(session):
        key = mark(session, cls, office, job).key
    limits = rights.limits(job, cls) or frozenset()
    visitor = client(job)
    for name, declared in form_fields(cls).items():
        if name in limits:
            continue
        answer = visitor.get(f"/{cls.slug}/", order=f"-{name}").text
        assert f"order=-{name}" not in answer, name
        if declared.type in FILTERS:
            ends = declared.type in ("date", "moment")
            asked = {f"{name}_from" if ends else name: impossible(declared.type)}
            page = visitor.get(f"/{cls.slug}/", **asked).text
            assert key in reading.ids(page), name
            assert next(iter(asked)) not in reading.controls(page), name


def impossible(kind: str) -> str:
    """A filter value that would leave the row out."""
    return {"yes": "1", "ref": "999", "date": "2199-01-01", "moment": "2199-01-01"}.get(
        kind, "x"
    )


def two_rows(session: Session, office: Office) -> tuple[int, int]:
    """A repair of the home and its open complaint, both with a mark in the matter."""
    home = {"unit_id": office.unit, "person_id": office.person}
    repair, complaint = (
        make(session, record_type(slug), office.home, content="漏水暗号", **home)
        for slug in ("service_order", "repair")
    )
    return repair.id, complaint.id


def test_related_cases_and_queues_leave_out_an_unreadable_matter(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        key, _other = two_rows(session, office)
    paths = (f"/service_order/details/?id={key}", "/queues/unclosed/", "/")
    for path in paths:
        assert "漏水暗号" not in client("finance").get(path).text, path
        assert "漏水暗号" in client("receptionist").get(path).text, path


def test_a_field_that_is_only_read_is_neither_offered_nor_taken(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    handler, complaint = office.staff["handler"], record_type("complaint")
    with as_actor() as session, writing(session):
        row = make(session, complaint, office.home, holder_id=handler, content="漏水")
        key = row.id
    visitor, path = client("handler"), f"/complaint/edit/?id={key}"
    offered = reading.controls(visitor.get(path).text) & set(form_fields(complaint))
    theirs = rights.limits("handler", complaint, "update") or frozenset()
    assert frozenset(offered) == theirs - FLOWS["complaint"].stamped
    answer = visitor.post(path, version=1, content="改写", facts="已查明")
    assert answer.status_code == 302
    with as_actor() as session:
        stored = session.get_one(complaint, key)
        assert (stored.content, stored.facts) == ("漏水", "已查明")  # type: ignore[attr-defined]


def grant(session: Session, **values: Any) -> None:
    session.add(Grant(**values))


def labels(cls: type[Record], names: frozenset[str]) -> list[str]:
    """The labels of those fields, in the form's order."""
    return [f.label[0] for n, f in form_fields(cls).items() if n in names]


def test_an_export_has_the_rows_and_fields_of_its_own_right(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    cls, marks = record_type("reception"), ("甲家漏水", "乙家漏水")
    with as_actor() as session, writing(session):
        session.add(
            Grant(
                role="manager",
                target="reception",
                action="export",
                scope="own",
                fields="content,channel",
            )
        )
        holders = (office.staff["manager"], office.staff["handler"])
        for words, holder in zip(marks, holders, strict=True):
            make(session, cls, office.home, content=words, holder_id=holder)
    body = client("manager").get("/reception/export/csv/").text
    head, *rows = reading.csv_rows(body)
    assert set(head) - {"编号"} == set(labels(cls, frozenset({"content", "channel"})))
    assert [any(words in line for line in body.splitlines()) for words in marks] == [
        True,
        False,
    ]
    assert len(rows) == 1


def test_who_is_not_on_file_is_entered_by_those_who_may(client: Client) -> None:
    offered = 'data-new="/person/new/"'
    assert offered in client("receptionist").get("/transfer/new/").text
    page = client("finance").get("/payment/new/").text
    assert "ajax/lookup/?name=person_id" in page
    assert offered not in page
