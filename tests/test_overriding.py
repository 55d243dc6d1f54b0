"""A project may go by a rule of its own; the others keep the office's."""

from __future__ import annotations

from sqlalchemy import select

from core.audit import history
from core.db import writing
from core.record import form_fields
from models import DeadlineRule
from tests import reading
from tests.cast import HOME, Office
from tests.clockwork import clocks, opened
from tests.conftest import AsActor, Client
from tests.posting import form_of

RULE = "reception.response"
WITHDRAW = "/override/deadline_rule/withdraw"


def rules(as_actor: AsActor) -> dict[int | None, DeadlineRule]:
    """The rows of the rule, by project."""
    with as_actor() as session:
        query = select(DeadlineRule).where(DeadlineRule.code == RULE)
        return {row.project_id: row for row in session.scalars(query)}


def test_a_manager_lets_the_project_differ_and_its_clocks_go_by_that(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    visitor, key = client("manager"), rules(as_actor)[None].id
    page = visitor.get("/deadline_rule/details/", id=key).text
    assert 'action="/override/deadline_rule/"' in page
    made = visitor.post("/override/deadline_rule/", {"id": key})
    assert made.status_code == 302
    own_row = rules(as_actor)[office.home]
    known = {name: getattr(own_row, name) for name in form_fields(DeadlineRule)}
    with as_actor() as session:
        given = form_of(session, DeadlineRule, known | {"amount": 10})
    form = {**given, "version": own_row.version}
    assert visitor.post(str(made.location), form).status_code == 302
    again = visitor.post("/override/deadline_rule/", {"id": key})
    assert again.location == made.location
    found = rules(as_actor)
    assert {place: row.amount for place, row in found.items()} == {
        None: 30,
        office.home: 10,
    }
    own = found[office.home].id
    listed = visitor.get("/deadline_rule/", search=RULE).text
    assert {key, own} <= set(reading.ids(listed))
    assert HOME in reading.main(listed)
    page = visitor.get("/deadline_rule/details/", id=own).text
    assert 'action="/override/deadline_rule/"' not in page
    with as_actor() as session:
        assert history(session, "deadline_rule", [own], 9)[-1].action == "create"
        with writing(session):
            case = opened(session, office, "reception")
            ours = next(one for one in clocks(session, case) if one.rule == RULE)
            assert (ours.due_at - ours.started_at).total_seconds() == 600


def test_the_offices_rule_holds_again_until_the_project_differs_anew(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    def minutes() -> float:
        with as_actor() as session, writing(session):
            case = opened(session, office, "reception")
            ours = next(one for one in clocks(session, case) if one.rule == RULE)
            return (ours.due_at - ours.started_at).total_seconds() / 60

    visitor, key = client("manager"), rules(as_actor)[None].id
    visitor.post("/override/deadline_rule/", {"id": key})
    with as_actor() as session, writing(session):
        own = session.scalars(select(DeadlineRule).filter_by(project_id=1)).one()
        own.amount = 10
        own_id = own.id
    assert minutes() == 10
    page = visitor.get("/deadline_rule/details/", id=own_id).text
    assert 'action="/override/deadline_rule/withdraw"' in page
    assert client("supervisor").post(WITHDRAW, {"id": own_id}).status_code == 404
    assert visitor.post(WITHDRAW, {"id": key}).status_code == 403
    assert visitor.post(WITHDRAW, {"id": own_id}).status_code == 302
    assert minutes() == 30
    with as_actor() as session:
        assert history(session, "deadline_rule", [own_id], 9)[0].action == "void"
    assert visitor.post(WITHDRAW, {"id": own_id}).status_code == 403
    again = visitor.post("/override/deadline_rule/", {"id": key})
    assert again.location == f"/deadline_rule/edit/?id={own_id}"
    assert rules(as_actor)[office.home].amount == 30
    assert minutes() == 30


def test_only_who_may_change_the_offices_row_and_only_where_it_means_something(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key = rules(as_actor)[None].id
    for job in ("receptionist", "supervisor", "auditor", "outsider"):
        answer = client(job).post("/override/deadline_rule/", {"id": key})
        assert answer.status_code in (403, 404), job
    manager = client("manager")
    assert manager.post("/override/deadline_rule/", {"id": 99_999}).status_code == 404
    assert manager.post("/override/nothing/", {"id": key}).status_code == 404
    assert manager.post("/override/setting/", {"id": 1}).status_code == 403
    assert manager.post("/override/person/", {"id": office.person}).status_code == 403
    assert set(rules(as_actor)) == {None}
