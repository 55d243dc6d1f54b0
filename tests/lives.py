"""Cases as their people see them: who does what, how it answers, what it changed."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.attachment import Attachment
from core.chain import Change
from core.db import now, writing
from core.record import Case, record_type
from core.words import _
from models import Setting
from tests.cast import Office

if TYPE_CHECKING:
    from tests.conftest import AsActor, Client


def picked(name: str, key: int) -> dict[str, Any]:
    """What a type-ahead sends."""
    return {name: "x", f"{name}-id": key}


class Life:
    """The office at work."""

    def __init__(self, client: Client, as_actor: AsActor, office: Office) -> None:
        self.client, self.as_actor, self.office = client, as_actor, office

    def write(self, job: str, slug: str, **values: Any) -> int:
        """Write a case down; its id."""
        answer = self.client(job).post(f"/{slug}/new/", values)
        assert answer.status_code == 302, answer.text
        return int(answer.location.rpartition("=")[2])

    def move(
        self, job: str, slug: str, key: int, code: str, **values: Any
    ) -> tuple[int, str]:
        """Ask for a step; the status and the page that answers."""
        sent = {"id": key, "move": code, **values}
        answer = self.client(job).post(f"/{slug}/move/", sent)
        return answer.status_code, answer.text

    def does(self, job: str, slug: str, key: int, code: str, **values: Any) -> None:
        """Make a step."""
        status, text = self.move(job, slug, key, code, **values)
        assert status == 302, (code, status, text[text.find('role="alert"') :][:300])

    def refused(
        self, job: str, slug: str, key: int, code: str, *whys: str, **values: Any
    ) -> None:
        """Ask for a step that cannot be made: 409, every reason said, nothing done."""
        self.client(job)  # signed in, which the history tells too
        before = self.traces()
        status, text = self.move(job, slug, key, code, **values)
        assert status == 409, (code, status)
        for why in whys:
            assert _(why) in text, (why, text[text.find('role="alert"') :][:300])
        assert self.traces() == before

    def barred(self, job: str, slug: str, key: int, code: str, **values: Any) -> None:
        """Ask for a step without the right to it, or to see the case at all."""
        self.client(job)  # signed in, which the history tells too
        before = self.traces()
        assert self.move(job, slug, key, code, **values)[0] in (403, 404)
        assert self.traces() == before

    def traces(self) -> tuple[int, ...]:
        """How much is written: cases, their versions, the history but for refusals."""
        counts = (func.count(Case.id), func.sum(Case.version))
        with self.as_actor() as session:
            cases = session.connection().execute(select(*counts)).one()
            told = select(func.count(Change.id)).where(Change.action != "denied")
            return (*cases, session.connection().execute(told).scalar_one())

    def case(self, slug: str, key: int) -> Any:
        """The case as it stands."""
        with self.as_actor() as session:
            cls = record_type(slug)
            found = session.scalars(select(cls).where(cls.id == key)).one()
            session.expunge(found)
            return found

    def state(self, slug: str, key: int) -> str:
        """Where the case is."""
        return str(self.case(slug, key).state)

    def caused(self, key: int, slug: str) -> list[int]:
        """What came of a case."""
        with self.as_actor() as session:
            query = select(Case.id).where(Case.source_id == key, Case.type == slug)
            return list(session.scalars(query.order_by(Case.id)))

    def lines(self, slug: str, **values: Any) -> list[Any]:
        """The records of that type with those values."""
        cls = record_type(slug)
        with self.as_actor() as session:
            query = select(cls).filter_by(**values).order_by(cls.id)
            found = list(session.scalars(query))
            session.expunge_all()
            return found

    def stands_in(self, queue: str, job: str, slug: str, key: int) -> bool:
        """Whether somebody finds a case among the rows of a queue."""
        page = self.client(job).get(f"/queues/{queue}/").text
        return f'/{slug}/details/?id={key}">' in page

    def waived(self) -> list[str]:
        """The second pairs of eyes that were let go, for the monthly list."""
        with self.as_actor() as session:
            query = select(Change.note).where(Change.action == "waived")
            return list(session.scalars(query.order_by(Change.id)))

    def decide(self, code: str, value: str) -> None:
        """Let the office set something otherwise."""
        with self.as_actor() as session, writing(session):
            query = select(Setting).where(Setting.code == code)
            session.scalars(query).one().value = value

    def change(self, slug: str, key: int, **values: Any) -> None:
        """What somebody else did to a record meanwhile."""
        with self.as_actor() as session, writing(session):
            cls = record_type(slug)
            record = session.scalars(select(cls).where(cls.id == key)).one()
            for name, value in values.items():
                setattr(record, name, value)

    def attach(self, slug: str, key: int, kind: str = "scan") -> None:
        """Put a file with a record, as far as rules know of it."""
        file = {"name": "scan.pdf", "media": "application/pdf", "size": 1}
        facts = {"row_key": token_hex(16), "sha256": "0" * 64, "key_sealed": "-"}
        place = {"slug": slug, "record_id": key, "kind": kind}
        with self.as_actor() as session, writing(session):
            row = Attachment(**place, **file, **facts, thumbnail=False)
            row.project_id, row.added_at = self.office.home, now()
            session.add(row)

    # What many lives have in common.

    def given_to(self, job: str) -> dict[str, Any]:
        """A department and somebody in it."""
        return picked("department_id", self.office.department) | picked(
            "holder_id", self.office.staff[job]
        )

    def at_home(self) -> dict[str, Any]:
        """The household that it is about."""
        return picked("unit_id", self.office.unit) | picked(
            "person_id", self.office.person
        )

    def revisits(
        self, case: int, satisfaction: str = "satisfied", job: str = "receptionist"
    ) -> int:
        """The last revisit of a case, given to somebody and made."""
        visit = self.caused(case, "revisit")[-1]
        holder = picked("holder_id", self.office.staff[job])
        self.does("supervisor", "revisit", visit, "assign", **holder)
        made = {"satisfaction": satisfaction, "signed_by": "王建国"}
        self.does(job, "revisit", visit, "do", **made)
        return visit
