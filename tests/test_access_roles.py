"""Rights that a rule of the procedures asks for by name."""

from __future__ import annotations

import pytest

from core.db import writing
from models import Complaint, ProcedureReview, Reception
from tests import rights
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make, required
from tests.posting import form_of
from views.values import setting

RECORDING = "receptionist supervisor manager handler handler_head guard staff".split()


@pytest.mark.clause("S0-34")
@pytest.mark.parametrize("job", RECORDING)
def test_every_employee_records_what_an_owner_said(
    client: Client, as_actor: AsActor, office: Office, job: str
) -> None:
    said = {"content": "业主建议加一盏路灯"}
    with as_actor() as session:
        with writing(session):
            values = required(session, Reception, office.home) | said
        form = form_of(session, Reception, values)
    visitor = client(job)
    visitor.get("/reception/new/")
    saved = visitor.post("/reception/new/", form, version="0")
    assert saved.status_code == 302, saved.text
    assert said["content"] in visitor.get(saved.location).text


def test_the_setting_names_the_roles_that_record_complaints(as_actor: AsActor) -> None:
    with as_actor() as session:
        named = set(setting(session, "intake.roles", "").split(","))
    may = {
        rights.role_of(j)
        for j in rights.EVERYBODY
        if rights.may(j, Complaint, "create")
    }
    assert named == may


@pytest.mark.clause("S0-22")
def test_the_manager_leads_the_review_of_a_procedure(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        with writing(session):
            values = required(session, ProcedureReview, office.home)
        form = form_of(session, ProcedureReview, values)
    visitor = client("manager")
    visitor.get("/procedure_review/new/")
    assert visitor.post("/procedure_review/new/", form, version="0").status_code == 302


@pytest.mark.parametrize("cls", [Reception, Complaint], ids=["reception", "complaint"])
def test_the_head_of_a_department_sees_what_was_passed_to_it(
    client: Client, as_actor: AsActor, office: Office, cls: type[Reception | Complaint]
) -> None:
    desk = {"holder_id": office.staff["receptionist"]}
    with as_actor() as session, writing(session):
        ours = make(session, cls, office.home, department_id=office.department, **desk)
        others = make(session, cls, office.home, **desk)
    path = f"/{cls.slug}/details/"
    assert client("handler_head").get(path, id=ours.id).status_code == 200
    assert client("handler_head").get(path, id=others.id).status_code == 404
    assert client("handler").get(path, id=ours.id).status_code == 404


@pytest.mark.clause("S0-36")
@pytest.mark.parametrize("name", ["created_by_id", "received_by_id"])
def test_a_complaint_taken_by_the_person_complained_about_is_marked(
    client: Client, as_actor: AsActor, office: Office, name: str
) -> None:
    accused = office.staff["receptionist"]
    with as_actor() as session, writing(session):
        his = make(
            session, Complaint, office.home, accused_id=accused, **{name: accused}
        )
        other = make(session, Complaint, office.home, accused_id=accused)
    visitor, words = client("supervisor"), "被投诉人本人受理"
    assert words in visitor.get("/complaint/details/", id=his.id).text
    assert words not in visitor.get("/complaint/details/", id=other.id).text
