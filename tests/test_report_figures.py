"""Each report's figures equal those of a plain recount, in ten sample offices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import counted, keyfiles, policy
from core.access import SYSTEM, act_as
from core.db import OfficeSession, db, now, writing
from models import Company, Complaint, PeriodicReport, Project, Setting, Suggestion
from rules.reports import REPORTS, counting
from rules.reports.counting import Rows
from rules.reports.periods import Period, period
from seeds.sample.making import make
from tests.conftest import Stage
from tests.recount import Recount, Stock
from views import actors
from views.reports import compiling
from views.values import zone

OFFICES, CASES = 10, 400
UNTIL = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
PERIODS = ("2026", "2026H1", "2026Q3", "2026-10")


@pytest.fixture(scope="module")
def session(stage: Stage) -> Iterator[OfficeSession]:
    """Ten estates, each with a year's cases of its own, which these tests only read."""
    stage.database.renew()
    keyfiles.load(stage.app.config["INSTANCE"])
    policy.forget()
    actors.forget()
    with stage.app.app_context():
        found = db.session()
        assert isinstance(found, OfficeSession)
        act_as(found, SYSTEM)
        with writing(found):
            company = found.scalars(select(Company.id)).one()
            found.add_all(
                Project(company_id=company, name=f"{n}号小区", property_type="office")
                for n in range(OFFICES - 2)
            )
        assert sum(make(found, CASES, 1, 11, UNTIL)) == CASES
        yield found
        db.session.remove()
        db.engine.dispose()


def projects(session: Session) -> list[int]:
    return list(session.scalars(select(Project.id).order_by(Project.id)))


def about(kind: str, project: int, code: str) -> PeriodicReport:
    """A report that is not written down."""
    return PeriodicReport(report_kind=kind, project_id=project, period=code)


@pytest.mark.clause("S0-73", "S2-59", "S2-60", "S2-63", "S2-67", "S2-68", "S3-35")
@pytest.mark.clause("S3-59", "S3-64", "S1-46", "S4-74", "S4-46", "S4-187", "S4-183")
@pytest.mark.clause("S4-19", "S4-45", "S4-132", "S4-144", "S2-16", "S3-65")
@pytest.mark.clause("S4-129", "S4-210", "S4-211", "S4-235", "S4-236", "S4-184")
def test_every_figure_of_every_report_is_what_a_recount_finds(
    session: OfficeSession,
) -> None:
    place, stock, seen = zone(session), Stock(session), 0
    for at, project in enumerate(projects(session)):
        again = Recount(stock, project, now(), place)
        for kind in REPORTS:
            code = PERIODS[at % len(PERIODS)]
            report = about(kind, project, code)
            figures, packed = compiling.count(session, report)
            days = compiling.period_of(session, report)
            seen += compare(session, again, figures, days)
            assert packed.keys() == {group["code"] for group in figures["groups"]}
    assert seen > 1000  # numbers other than nothing


def test_suggestions_count_as_complaints_where_the_office_counts_them(
    session: OfficeSession,
) -> None:
    decide(session, "yes")
    one = session.scalars(select(Suggestion).order_by(Suggestion.id)).first()
    assert one is not None
    again = Recount(Stock(session), one.project_id, now(), zone(session))
    report = about("complaint_summary", one.project_id, f"{one.received_at:%Y}")
    figures, _packed = compiling.count(session, report)
    days = compiling.period_of(session, report)
    compare(session, again, figures, days)
    told = {f["code"]: f["value"] for g in figures["groups"] for f in g["figures"]}
    both = told["valid"] + told["suggested"]
    assert told["suggested"] > 0
    rate = round(100 * both / told["homes"], 2)
    assert told["valid_rate_with_suggestions"] == rate
    decide(session, "no")
    figures, _packed = compiling.count(session, report)
    assert "suggested" not in [group["code"] for group in figures["groups"]]


def decide(session: OfficeSession, value: str) -> None:
    with writing(session):
        query = select(Setting).where(Setting.code == "kpi.count_suggestions")
        session.scalars(query).one().value = value


def compare(
    session: Session, again: Recount, figures: compiling.Entry, days: Period
) -> int:
    """Assert that all is told alike; how many numbers were not nothing."""
    groups = compiling.asked(session, figures["kind"])
    windows = (days, days.before, days.year_ago)
    told = [again.figures(groups, window) for window in windows]
    seen = 0
    for group, entry in zip(groups, figures["groups"], strict=True):
        for figure in entry["figures"]:
            found = [figure[name] for name in ("value", "before", "year_ago")]
            expected = [one[figure["code"]] for one in told]
            assert found == (expected if group.at else [expected[0], None, None])
            seen += bool(found[0])
        for by, table in zip(group.by, entry["tables"], strict=True):
            lines = {line["value"]: line["values"] for line in table["lines"]}
            whole = again.table(group, by, days)
            assert len(lines) == min(by.most, len(whole)), (group.code, by.name)
            assert lines == {value: whole[value] for value in lines}
            seen += sum(bool(n) for values in lines.values() for n in values)
    return seen


@pytest.mark.clause("S2-16", "S2-61")
def test_every_number_opens_the_rows_behind_it(session: OfficeSession) -> None:
    project = projects(session)[0]
    report = about("complaint_summary", project, "2026")
    figures, packed = compiling.count(session, report)
    again = Recount(Stock(session), project, now(), zone(session))
    days = compiling.period_of(session, report)
    for group, entry in zip(
        compiling.asked(session, "complaint_summary"), figures["groups"], strict=True
    ):
        columns = counted.unpack(packed[group.code])
        rows = Rows(columns["ids"], columns["masks"], columns)
        plain = again.rows(group, days)
        for figure, shown in zip(group.figures, entry["figures"], strict=True):
            wanted = [r for r in plain if all(again.meets(r, c) for c in figure.where)]
            if not figure.repeated:
                ids = counting.behind(rows, shown["need"])
                assert sorted(ids) == sorted(row["id"] for row in wanted)


@pytest.mark.clause("S0-72")
def test_the_summary_counts_what_a_hand_would(session: OfficeSession) -> None:
    """By hand, without the declarations: a year that ends with the 25th."""
    place, project = zone(session), projects(session)[1]
    first = dt.datetime(2025, 12, 26, tzinfo=place)
    end = dt.datetime(2026, 12, 26, tzinfo=place)
    mine = [
        one
        for one in session.scalars(select(Complaint))
        if one.project_id == project and one.voided_at is None
    ]
    received = [one for one in mine if first <= one.received_at < end]
    closed = [one for one in received if one.state in ("closed", "filed")]
    answers = [one for one in received if one.satisfaction]
    pleased = [one for one in answers if one.satisfaction == "satisfied"]
    report = about("complaint_summary", project, "2026")
    figures, _packed = compiling.count(session, report)
    told = {f["code"]: f["value"] for g in figures["groups"] for f in g["figures"]}
    assert figures["days"] == ["2025-12-26", "2026-12-25"]
    assert received
    assert told["received"] == len(received)
    assert told["closed"] == len(closed)
    assert told["satisfied_share"] == (
        round(100 * len(pleased) / len(answers), 2) if answers else None
    )


@pytest.mark.clause("S2-14")
def test_a_period_is_that_of_its_book() -> None:
    whole = period("2026-02")
    assert (f"{whole.first}", f"{whole.last}") == ("2026-02-01", "2026-02-28")
    cut = period("2026-03", 25)
    assert (f"{cut.first}", f"{cut.last}") == ("2026-02-26", "2026-03-25")
    assert (cut.before.code, cut.year_ago.code) == ("2026-02", "2025-03")
