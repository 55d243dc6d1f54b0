"""Counting a report: its groups, compared with the period before and a year ago."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from sqlalchemy.orm import Session

from core import audit, counted
from core.access import Denied
from core.db import now, writing
from core.record import Case, fields, record_type
from core.words import Words, _, both
from models import PeriodicReport
from rules.reports import REPORTS, counting
from rules.reports.counting import Number, Rows
from rules.reports.declared import CLOCK, Asks, By, Figure, Group
from rules.reports.periods import SPANS, Period, cutoff_of, period
from views.facts import policy_rows
from views.reports.statements import Counting
from views.timetable import rule_titles
from views.values import dictionaries, labels_of, settings, zone

LIVE = ("due", "compiled", "returned")
"""States in which a report is counted anew."""
MISSING: Words = ("未填", "Not filled in")
Entry = dict[str, Any]
Spreads = dict[str, Counter[Any]]
"""A breakdown by its name -> on how many rows each value stands."""


def rule_of(session: Session, kind: str) -> Mapping[str, Any] | None:
    """The duty by which reports of that kind are due, if there is one."""
    rules = policy_rows(session, "duty_rule")
    mine = (r for r in rules if r["target"] == "periodic_report")
    return next((r for r in mine if r["variant"] == kind), None)


def period_of(session: Session, report: PeriodicReport) -> Period:
    """The days that a report is about; BadPeriod when its period is not one."""
    rule = rule_of(session, str(report.report_kind))
    return period(report.period or "", cutoff_of(rule))


def compile(session: Session, report: PeriodicReport) -> bool:  # noqa: A001  its name
    """Count a report that is not submitted yet; whether anything is new.

    Joins the caller's write transaction, or is one. BadPeriod when its period is none.
    """
    if report.state not in LIVE:
        raise Denied("compile", report.slug, report.id)
    return recount(session, report)


def recount(session: Session, report: PeriodicReport) -> bool:
    """The same for a report in any state, as the makers of sample offices need it."""
    figures, packed = count(session, report)
    body = json.dumps(figures, ensure_ascii=False)
    digest = counted.digest(body.encode())
    if digest == report.digest:
        return False
    with writing(session):
        at, days = now(), period_of(session, report)
        counted.keep(session, report.id, at, body, packed)
        report.counted_at, report.digest = at, digest
        report.period_from, report.period_to = days.first, days.last
        audit.explain(session, report, "counted")
    return True


def count(session: Session, report: PeriodicReport) -> tuple[Entry, dict[str, bytes]]:
    """The figures with their definitions, and the rows behind each group, packed."""
    days = period_of(session, report)
    counter = Counting(session, report.project_id, now(), zone(session))
    windows = [(p.first, p.last) for p in (days, days.before, days.year_ago)]
    known: list[dict[str, Number]] = [{}, {}, {}]
    groups, packed = [], {}
    for group in asked(session, str(report.report_kind)):
        rows, past = counter.rows(group, windows[0]), []
        known[0] = counting.values(group, rows, known[0])
        packed[group.code] = counted.pack(
            {"ids": rows.ids, "masks": rows.masks, **_dims(group, rows)}
        )
        for at in (1, 2):  # one after the other: each is forgotten once it is counted
            then = counter.rows(group, windows[at]) if group.at else rows
            known[at] = counting.values(group, then, known[at])
            past.append(_spreads(group, then))
        digest = counted.digest(packed[group.code])
        made = _group(session, _aimed(session, group, days), rows, past, known)
        groups.append(made | {"rows": digest})
    return {
        "kind": report.report_kind,
        "period": days.code,
        "days": [f"{day}" for day in windows[0]],
        "groups": groups,
    }, packed


def asked(session: Session, kind: str) -> list[Group]:
    """The groups of a report, without what the office's settings leave out."""
    known = settings(session)

    def told(asks: tuple[Asks, ...]) -> bool:
        return all(known.get(code, "") in wanted for code, wanted in asks)

    return [
        replace(group, figures=tuple(f for f in group.figures if told(f.asks)))
        for group in REPORTS[kind]
        if told(group.asks)
    ]


def _aimed(session: Session, group: Group, days: Period) -> Group:
    """Without the targets that are for another span of time than the report's."""
    known = settings(session)

    def kept(figure: Figure) -> Figure:
        others = figure.per and SPANS.get(known.get(figure.per, "")) != days.span
        return replace(figure, target="") if others else figure

    return replace(group, figures=tuple(kept(figure) for figure in group.figures))


def _dims(group: Group, rows: Rows) -> dict[str, Any]:
    return {name: rows.columns[name] for name in counting.names(group)}


def _spreads(group: Group, rows: Rows) -> Spreads:
    """Of each breakdown, on how many rows its values stand that the first counts."""
    if not group.by:
        return {}
    wanted = counting.needs(group)[group.shown[0]]
    return {by.name: rows.spread(by.name, wanted) for by in group.by}


def _group(
    session: Session,
    group: Group,
    rows: Rows,
    past: list[Spreads],
    known: list[dict[str, Number]],
) -> Entry:
    bits = counting.needs(group)
    figures = [_figure(session, group, figure, known) for figure in group.figures]
    return {
        "code": group.code,
        "slug": group.slug,
        "title": group.title,
        "figures": [told | {"need": bits[told["code"]]} for told in figures],
        "tables": [_table(session, group, by, rows, past) for by in group.by],
    }


def _figure(
    session: Session, group: Group, figure: Figure, known: list[dict[str, Number]]
) -> Entry:
    value, before, year_ago = (told[figure.code] for told in known)
    return {
        "code": figure.code,
        "title": figure.title,
        "about": figure.about,
        "unit": figure.unit,
        "of": figure.of,
        "value": value,
        "before": before if group.at else None,
        "year_ago": year_ago if group.at else None,
        "target": settings(session).get(figure.target) if figure.target else None,
        "repeated": figure.repeated,
    }


def _table(
    session: Session, group: Group, by: By, rows: Rows, past: list[Spreads]
) -> Entry:
    lines = counting.lines(group, by, rows)
    words = words_of(session, group.slug, by.name, [value for value, _line in lines])
    return {
        "by": by.name,
        "title": by.title if by.title[0] else title_of(group.slug, by.name),
        "shown": group.shown,
        "lines": [
            {
                "value": value,
                "words": words.get(value, (str(value), str(value))),
                "values": told,
                "past": [spreads[by.name][value] for spreads in past],
            }
            for value, told in lines
        ],
    }


def title_of(slug: str, name: str) -> Words:
    """What a breakdown is called: its field's label."""
    first, _dot, second = name.partition(".")
    declared = fields(record_type(slug))[first]
    if second:
        declared = fields(record_type(declared.ref))[second]
    return declared.label


def words_of(
    session: Session, slug: str, name: str, values: Iterable[Any]
) -> dict[Any, Words]:
    """What the values of a breakdown are called, in either language."""
    known: dict[Any, Words] = {None: MISSING}
    if name.startswith(CLOCK):
        return known | dict(rule_titles(session))
    cls = record_type(slug)
    first, _dot, second = name.partition(".")
    declared = fields(cls)[first]
    if second:
        cls = record_type(declared.ref)
        declared = fields(cls)[second]
    if declared.ref:
        kept = [key for key in values if key is not None]
        found = labels_of(session, declared.ref, kept)
        return known | {key: (label, label) for key, label in found.items()}
    if declared.type == "state" and cls.flow:
        return known | {state.code: state.now for state in cls.flow.states}
    if declared.type == "yes":
        return known | {True: both(lambda: _("Yes")), False: both(lambda: _("No"))}
    if declared.dictionary:
        return known | dict(dictionaries(session).get(declared.dictionary, {}))
    return known | {code: (zh, en) for code, zh, en in declared.choices}


def refresh(session: Session, case: Case) -> None:
    """Count what a flow asks to be counted."""
    compile(session, cast(PeriodicReport, case))
