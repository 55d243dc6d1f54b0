"""An import of one's own export finds the same records, of every importable type."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.db import writing
from core.record import Case, Record
from models import Department
from tests import importing, rights
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import everything, make, typed
from views.asked import Asked
from views.export import Listing, export_columns, write
from views.importing.committing import commit
from views.importing.targets import keys_of, right_to_import
from views.workbook import TooMany

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

TYPES = [cls for cls in rights.screens() if right_to_import(SYSTEM, cls)]
KINDS = ("xlsx", "csv")


def filled(session: Session, cls: type[Record], office: Office) -> Record:
    """A record of the home estate with every field filled in."""
    with writing(session):
        values = everything(session, cls, office.home)
        return make(session, cls, office.home, **values)  # type: ignore[no-any-return]


def exported(session: Session, cls: type[Record], kind: str) -> bytes:
    """Every record of a type as a file, unmasked."""
    file = io.BytesIO()
    names = export_columns(SYSTEM, cls)
    write(session, Listing(SYSTEM, cls, Asked(), names), kind, file)
    return file.getvalue()


def said(record: Record) -> dict[str, Any]:
    """What people filled in, moments to the second."""
    values = {name: getattr(record, name) for name in typed(record.__class__)}
    return {
        name: value.replace(microsecond=0) if isinstance(value, dt.datetime) else value
        for name, value in values.items()
    }


def told_apart(session: Session, office: Office) -> None:
    """Two departments of one name would be doubtful to whoever sees both."""
    with writing(session):
        session.get_one(Department, office.other_department).name = "别处工程部"


def newest(session: Session, cls: type[Record]) -> Record:
    record: Record = session.scalars(select(cls).order_by(cls.id.desc())).first()  # type: ignore[assignment]
    return record


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cls", TYPES, ids=rights.slugs(TYPES))
def test_an_import_of_the_own_export_finds_the_same_records(
    as_actor: AsActor, office: Office, cls: type[Record], kind: str
) -> None:
    with as_actor() as session:
        told_apart(session, office)
        before = said(filled(session, cls, office))
        if cls.label_column == "name":  # what is called alike would be doubtful
            with writing(session):
                newest(session, cls).name = "独一无二"  # type: ignore[attr-defined]
            before = said(newest(session, cls))
        content = exported(session, cls, kind)
        if not any(isinstance(c, UniqueConstraint) for c in cls.__table__.constraints):  # type: ignore[attr-defined]
            ready = importing.staged(
                session, cls, content, office.home, without=("number",)
            )
            assert ready.plan.problems == []
            last = newest(session, cls).id
            commit(session, SYSTEM, ready)
            record = newest(session, cls)
            assert (record.id - last, said(record)) == (ready.plan.new, before)
        elif keys_of(SYSTEM, cls):
            assert_found(session, cls, content, office)


def assert_found(
    session: Session, cls: type[Record], content: bytes, office: Office
) -> None:
    """Matched by number or name, every row says what is recorded already."""
    ready = importing.staged(session, cls, content, office.home, change=True)
    assert (ready.plan.problems, ready.plan.new, ready.plan.changed) == ([], 0, 0)
    assert ready.plan.same == ready.table.rows > 0


@pytest.mark.parametrize("cls", [t for t in TYPES if issubclass(t, Case)][:3])
def test_a_case_is_found_again_by_its_number(
    as_actor: AsActor, office: Office, cls: type[Record]
) -> None:
    with as_actor() as session:
        filled(session, cls, office)
        assert_found(session, cls, exported(session, cls, "xlsx"), office)


def test_more_rows_than_a_sheet_holds_are_refused(
    as_actor: AsActor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.workbook.MOST", 0)
    with as_actor() as session, pytest.raises(TooMany):
        exported(session, rights.screens()[0], "xlsx")
