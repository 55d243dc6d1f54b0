"""Personal data: masked by default, plain by standing right, revealed for a purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from core.chain import Change
from core.db import writing
from core.record import record_type
from models import Grant, Person, Repair, RoleAssignment, Vehicle
from tests import reading
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make

PHONE, MASKED = "12012345678", "120****5678"
NAME, ID, ACCOUNT = "欧阳修远", "999999190001011234", "6222000011112222"
NEEDS = "门口需要坡道"


@dataclass(frozen=True)
class Household:
    """A customer with everything that the office may know of him, and his repair."""

    person: int
    repair: int

    @property
    def card(self) -> str:
        """His page."""
        return f"/person/details/?id={self.person}"


def household(as_actor: AsActor, project: int, holder: int | None = None) -> Household:
    with as_actor() as session, writing(session):
        person = make(
            session,
            Person,
            project,
            name=NAME,
            phone=PHONE,
            id_number=ID,
            bank_account=ACCOUNT,
            needs=NEEDS,
            care=["infant", "dog"],
        )
        ids = {"person_id": person.id, "holder_id": holder}
        return Household(person.id, make(session, Repair, project, **ids).id)


@pytest.fixture
def home(as_actor: AsActor, office: Office) -> Household:
    """A household of the home estate; its repair is in the handler's hands."""
    return household(as_actor, office.home, office.staff["handler"])


def reveal(visitor: Visitor, key: int, field: str, purpose: str = "核对") -> str:
    """What comes of asking for a masked value: the page, or the status refused with."""
    answer = visitor.post("/person/reveal/", id=key, field=field, purpose=purpose)
    return answer.text if answer.status_code == 200 else str(answer.status_code)


def test_a_masked_value_is_masked_on_every_screen(
    client: Client, home: Household
) -> None:
    visitor = client("supervisor")
    pages = [home.card, "/person/", f"/person/edit/?id={home.person}"]
    pages += [f"/person/history/?id={home.person}", "/search?q=欧阳修远"]
    for path in pages:
        text = visitor.get(path).text
        assert NAME in text, path
        for secret in (PHONE, ID, ACCOUNT, NEEDS):
            assert secret not in text, (path, secret)
    assert MASKED in visitor.get(home.card).text
    assert "有婴幼儿" not in reading.entries(visitor.get(home.card).text)["留意"]
    form = visitor.get(f"/person/edit/?id={home.person}").text
    ticks = re.findall(r'<input[^>]*name="care"[^>]*>', form)
    assert ["checked" in tick for tick in ticks] == [True, *[False] * (len(ticks) - 1)]
    assert 'value="*"' in ticks[0]


def test_revealing_needs_a_purpose_and_is_in_the_history(
    client: Client, as_actor: AsActor, home: Household
) -> None:
    visitor = client("receptionist")
    assert reveal(visitor, home.person, "phone", " ") == "400"
    assert PHONE in reveal(visitor, home.person, "phone", "通知停水")
    assert NEEDS in reveal(visitor, home.person, "needs", "上门准备")
    assert PHONE not in visitor.get(home.card).text
    told = visitor.get(f"/person/history/?id={home.person}").text
    assert "通知停水" in told
    assert PHONE not in told
    with as_actor() as session:
        query = select(Change).where(Change.action == "reveal")
        entries = session.scalars(query.order_by(Change.id)).all()
        assert [(e.record_id, e.actor) for e in entries] == [
            (home.person, "receptionist")
        ] * 2
        assert entries[0].note == "电话: 通知停水"


def test_a_standing_right_shows_what_it_names_and_no_more(
    client: Client, home: Household
) -> None:
    shown = client("guard").get(home.card).text
    assert NAME in shown
    assert PHONE in shown
    for secret in (ID, ACCOUNT, NEEDS, ACCOUNT[-4:]):
        assert secret not in shown
    assert reveal(client("guard"), home.person, "id_number") == "404"
    assert PHONE in client("guard").get("/person/?book=phone_book").text


def test_a_handler_sees_the_customers_of_his_own_jobs_alone(
    client: Client, as_actor: AsActor, office: Office, home: Household
) -> None:
    other = household(as_actor, office.home, office.staff["guard"])
    visitor = client("handler")
    shown = visitor.get(home.card).text
    assert NAME in shown
    assert PHONE in shown
    assert ID not in shown
    assert visitor.get(other.card).status_code == 404
    assert reading.ids(visitor.get("/person/").text) == [home.person]


def test_finance_reveals_accounts_and_nothing_else(
    client: Client, home: Household
) -> None:
    visitor = client("finance")
    assert ACCOUNT in reveal(visitor, home.person, "bank_account")
    assert reveal(visitor, home.person, "phone") == "403"
    assert reveal(visitor, home.person, "id_number") == "403"


def test_the_auditor_sees_masks_alone_and_finds_nobody_by_name(
    client: Client, as_actor: AsActor, home: Household
) -> None:
    with as_actor() as session, writing(session):
        session.get_one(Repair, home.repair).person_id = None
    visitor = client("auditor")
    pages = [home.card, "/person/", f"/person/history/?id={home.person}"]
    for slug, key in (("repair", home.repair),):
        pages += [f"/{slug}/", f"/{slug}/details/?id={key}"]
        pages.append(f"/{slug}/history/?id={key}")
    for path in pages:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        for secret in (NAME, "修远", PHONE, ID, ACCOUNT[-5:], NEEDS):
            assert secret not in answer.text, (path, secret)
    assert "欧**" in visitor.get(home.card).text
    assert reading.ids(visitor.get("/person/", search=NAME).text) == []
    assert "details" not in reading.main(visitor.get("/search", q=NAME).text)
    assert reveal(visitor, home.person, "phone") == "403"


def test_a_number_finds_its_customer_for_those_who_may_know_it(
    client: Client, as_actor: AsActor, home: Household
) -> None:
    for typed in (PHONE, PHONE[-4:], "120-1234-5678"):
        for job in ("receptionist", "guard"):
            found = reading.ids(client(job).get("/person/", search=typed).text)
            assert home.person in found, (job, typed)
        for job in ("auditor", "finance"):
            found = reading.ids(client(job).get("/person/", search=typed).text)
            assert home.person not in found, (job, typed)
    with as_actor() as session:
        looked_up = select(Change.actor).where(Change.action == "lookup")
        assert set(session.scalars(looked_up)) >= {"receptionist", "guard"}


def test_what_comes_back_masked_is_kept_and_what_is_typed_replaces_it(
    client: Client, as_actor: AsActor, home: Household
) -> None:
    visitor, path = client("supervisor"), f"/person/edit/?id={home.person}"
    page = visitor.get(path).text
    assert (
        re.search(r'name="phone"[^>]*value="120\*\*\*\*5678"', page) or MASKED in page
    )
    form = {"name": NAME, "customer_kind": "owner", "phone": MASKED, "care": "*"}
    form |= {"id_number": "99**************34", "needs": "****"}
    form |= {"bank_account": "6222999988887777"}
    assert visitor.post(path, form, version=1).status_code == 302
    with as_actor() as session:
        person = session.get_one(Person, home.person)
        assert (person.phone, person.id_number, person.needs) == (PHONE, ID, NEEDS)
        assert person.bank_account == "6222999988887777"
        assert person.care == ["infant", "dog"]
    form |= {"care": "elderly_alone", "needs": "换了需求"}
    form["bank_account"] = "************7777"
    assert visitor.post(path, form, version=2).status_code == 302
    with as_actor() as session:
        person = session.get_one(Person, home.person)
        assert (person.care, person.needs) == (["elderly_alone"], "换了需求")


def test_half_a_mask_is_refused_and_what_was_typed_stays_in_the_form(
    client: Client, home: Household
) -> None:
    visitor, path = client("supervisor"), f"/person/edit/?id={home.person}"
    form = {"name": "", "customer_kind": "owner", "phone": "120****9999"}
    form["other_phone"] = "12099998888"
    answer = visitor.post(path, form, version=1)
    assert answer.status_code == 400
    assert "120****9999" in answer.text
    assert "12099998888" in answer.text


def several_roles(as_actor: AsActor, office: Office) -> None:
    """The guard of the home estate is also receptionist of the other one."""
    with as_actor() as session, writing(session):
        values = {"role": "receptionist", "project_id": office.elsewhere}
        session.add(RoleAssignment(user_id=office.users["guard"], **values))


def test_several_roles_give_each_project_its_own_field_rights(
    client: Client, as_actor: AsActor, office: Office, home: Household
) -> None:
    away = household(as_actor, office.elsewhere)
    several_roles(as_actor, office)
    visitor = client("guard")
    assert PHONE in visitor.get(home.card).text
    assert PHONE not in visitor.get(away.card).text
    assert MASKED in visitor.get(away.card).text
    assert PHONE in reveal(visitor, away.person, "phone")
    assert reveal(visitor, home.person, "id_number") == "404"
    listed = visitor.get("/person/").text
    assert PHONE not in listed
    assert MASKED in listed


def test_a_right_to_reveal_in_one_project_reveals_nothing_in_another(
    client: Client, as_actor: AsActor, office: Office, home: Household
) -> None:
    away = household(as_actor, office.elsewhere)
    with as_actor() as session, writing(session):
        session.add(
            RoleAssignment(user_id=office.users["receptionist"], role="auditor")
        )
    visitor = client("receptionist")
    assert PHONE in reveal(visitor, home.person, "phone")
    assert reveal(visitor, away.person, "phone") == "403"
    assert NAME not in visitor.get(away.card).text


def test_finance_that_also_records_reads_no_more_of_other_peoples_jobs(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    finance, cls = office.staff["finance"], record_type("service_order")
    with as_actor() as session, writing(session):
        session.add(
            RoleAssignment(
                user_id=office.users["finance"], role="staff", project_id=office.home
            )
        )
        keys = [
            make(session, cls, office.home, content="不该给财务看", **values).id
            for values in ({}, {"created_by_id": finance})
        ]
    pages = [client("finance").get(f"/service_order/details/?id={k}") for k in keys]
    assert [page.status_code for page in pages] == [200, 200]
    assert ["不该给财务看" in page.text for page in pages] == [False, True]


def test_no_right_brings_a_password_hash_to_light(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        for action in ("reveal", "standing", "export"):
            values = {"target": "user", "action": action, "scope": "all"}
            session.add(Grant(role="admin", **values))
    visitor, key = client("admin"), office.users["guard"]
    form = {"id": key, "field": "password_hash", "purpose": "看看"}
    answers = [visitor.post("/user/reveal/", form)]
    pages = (f"details/?id={key}", f"history/?id={key}", "", "export/csv/")
    answers += [visitor.get(f"/user/{page}") for page in pages]
    assert answers[0].status_code == 404
    assert not any("argon2" in answer.text for answer in answers)


def test_what_a_person_is_called_is_masked_wherever_he_is_referred_to(
    client: Client, as_actor: AsActor, office: Office, home: Household
) -> None:
    with as_actor() as session, writing(session):
        values = {"person_id": home.person, "plate": "川A12345"}
        car = make(session, Vehicle, office.home, **values).id
    visitor = client("auditor")
    for path in (
        f"details/?id={car}",
        f"history/?id={car}",
        "",
        f"?person_id={home.person}",
    ):
        answer = visitor.get(f"/vehicle/{path}")
        assert answer.status_code == 200
        assert "修远" not in answer.text, path


def test_a_filter_by_a_foreign_record_does_not_tell_its_name(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    away = household(as_actor, office.elsewhere)
    with as_actor() as session, writing(session):
        session.get_one(record_type("unit"), office.other_unit).name = "别处9-999"  # type: ignore[attr-defined]
    visitor = client("supervisor")
    for query in ({"person_id": away.person}, {"unit_id": office.other_unit}):
        text = visitor.get("/repair/", **query).text
        assert NAME not in text, query
        assert "9-999" not in text, query
