"""What the screen of the telephone shows: the form, the household, advice, warnings.

A condition (``category=repair``) names the choice that a piece belongs to; a script
hides what was not chosen, without it everything stands there to be unfolded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Form

from core.access import Actor, may
from core.db import now
from core.record import form_fields, record_type
from core.words import _, say
from models import Complaint, DailyLog, Department, Reception, Responsibility, Unit
from rules.flows.reception import BY_CATEGORY, LOST_AND_FOUND
from views import alike
from views.callers import Caller
from views.context import fetch, project_id
from views.findings import matter
from views.hints import Advice, advice
from views.homes import Household, household
from views.intake import Intake
from views.values import (
    brief,
    choices,
    day_words,
    labels_of,
    setting_titles,
    settings,
    time_tag,
    when,
    zone,
)

REPEATS = 3
"""Earlier reports of one kind on the screen."""
TEMPLATES = "reply.template."
PRESETS = ((8, "promise.today", 0), (9, "promise.tomorrow", 1))
"""Key, setting and days ahead of a promise that one press makes."""
CONDITION = "category={}"
COMPLAINT, OTHER = CONDITION.format("complaint"), CONDITION.format("other")


@dataclass(frozen=True, slots=True)
class Repeat:
    """Something that this home reported a few days ago."""

    condition: str
    words: str
    time: Markup
    state: str
    slug: str
    id: int


@dataclass(slots=True)
class Sheet:
    """Everything ``quick.html`` shows; ``line`` is what is entered late."""

    intake: Intake
    home: Household | None
    person: int | None
    started: str
    categories: list[tuple[str, str]]
    follows: list[tuple[str, str, Form]]
    advice: list[tuple[str, Advice]]
    templates: list[tuple[str, str]]
    presets: list[tuple[int, str, str]]
    departments: list[tuple[str, str]]
    repeats: list[Repeat] = field(default_factory=list)
    groups: list[tuple[str, str]] = field(default_factory=list)
    can_answer: bool = False
    typed: str = ""
    asked: bool = False
    found: list[Caller] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    line: DailyLog | None = None

    complaint = COMPLAINT
    other = OTHER
    inquiry = f"{OTHER}&other_kind=inquiry {OTHER}&other_kind=other"

    @property
    def at(self) -> str:
        """The household of the screen, as the look-up box gives it."""
        return f"{self.home.id if self.home else ''}-{self.person or ''}"


def sheet(
    session: Session,
    who: Actor,
    intake: Intake,
    unit_id: int | None,
    person_id: int | None,
) -> Sheet:
    """The screen for a household that may not be known yet; 404 for a foreign one."""
    unit = fetch(Unit, unit_id) if unit_id else None
    home = household(session, who, unit) if unit else None
    person = _person(session, home, person_id)
    at = now().astimezone(zone(session))
    return Sheet(
        intake=intake,
        home=home,
        person=person,
        started=f"{day_words(at.date())} {at:%H:%M:%S}",
        categories=[(c, w) for c, w in intake.form.category.choices if c],
        follows=list(_follows(intake)),
        advice=list(_advice(session, intake)),
        templates=_templates(session),
        presets=_presets(session),
        departments=list(_departments(session, who)),
        repeats=list(_repeats(session, who, unit)) if unit else [],
        groups=list(_groups(session, who, unit)) if unit else [],
        can_answer=may(who, "close", Reception),
    )


def _person(
    session: Session, home: Household | None, person_id: int | None
) -> int | None:
    """Who calls: whoever was found, or the main contact of the home."""
    if person_id:
        return fetch(record_type("person"), person_id).id
    members = home.members if home else []
    main = [member.id for member in members if member.main or len(members) == 1]
    return main[0] if main else None


def _follows(intake: Intake) -> Iterator[tuple[str, str, Form]]:
    """(condition, title, fields) of each record that may follow."""
    kinds: dict[str, list[str]] = {}
    for category, slug in BY_CATEGORY.items():
        kinds.setdefault(slug, []).append(CONDITION.format(category))
    register = [f"{OTHER}&other_kind={kind}" for kind in LOST_AND_FOUND]
    for slug, conditions in (*kinds.items(), ("lost_found", register)):
        if slug in intake.kinds:
            title = say(record_type(slug).title)
            yield " ".join(conditions), title, intake.kinds[slug]


def _advice(session: Session, intake: Intake) -> Iterator[tuple[str, Advice]]:
    """What the procedures advise for the desk, and for each choice there."""
    place = Reception.slug
    yield from (("", one) for one in advice(session, place))
    for name in ("category", "channel"):
        options = intake.form[name].choices if name in intake.form else []
        for code, _words in options:
            for one in advice(session, f"{place}.{code}"):
                yield f"{name}={code}", one


def _templates(session: Session) -> list[tuple[str, str]]:
    """(title, words) of what may be said, in the office's order."""
    known = setting_titles(session)
    return [
        (known.get(code, code), words)
        for code, words in settings(session).items()
        if code.startswith(TEMPLATES) and words
    ]


def _presets(session: Session) -> list[tuple[int, str, str]]:
    """(key, words, value) of promises that one press makes; none that is past."""
    known, place, at = settings(session), zone(session), now()
    found = []
    for key, code, days in PRESETS:
        if (clock := _clock(known.get(code, ""))) is not None:
            day = at.astimezone(place).date() + dt.timedelta(days=days)
            moment = dt.datetime.combine(day, clock, place)
            if moment > at:
                words = when(moment, place)
                found.append((key, words, f"{moment:%Y-%m-%dT%H:%M}"))
    return found


def _clock(text: str) -> dt.time | None:
    """A time of day; none where the office has written something else."""
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def promise_words(session: Session, moment: dt.datetime) -> str:
    """What the customer is told of a promised reply."""
    words = settings(session).get(f"{TEMPLATES}promise", "{time}")
    return words.replace("{time}", when(moment, zone(session)))


def _departments(session: Session, who: Actor) -> Iterator[tuple[str, str]]:
    """(condition, words): where each category goes when nobody chooses."""
    if not may(who, "read", Department):
        return
    table = Responsibility.__table__
    query = select(table.c.category, table.c.department_id).where(
        table.c.project_id == project_id(), table.c.voided_at.is_(None)
    )
    answers: dict[str, set[int]] = {}
    for category, key in session.connection().execute(query):
        answers.setdefault(category, set()).add(key)
    for category, keys in answers.items():
        if category and len(keys) == 1:
            name = labels_of(session, "department", keys)[min(keys)]
            words = _("Goes to {department} unless you choose.", department=name)
            yield CONDITION.format(category), words


def _repeats(session: Session, who: Actor, unit: Unit) -> Iterator[Repeat]:
    """What the home reported lately, beside the choice that would repeat it."""
    categories = {slug: category for category, slug in BY_CATEGORY.items()}
    place, shown = zone(session), dict.fromkeys(categories, 0)
    for row in alike.repeats(session, who, unit.id):
        if shown.get(row.type, REPEATS) < REPEATS:
            shown[row.type] += 1
            flow = record_type(row.type).flow
            said = brief(matter(who, row.type, row.content), 30)
            yield Repeat(
                condition=CONDITION.format(categories[row.type]),
                words=f"{row.number} {said}",
                time=time_tag(row.received_at, place),
                state=say(flow.state(row.state).now) if flow else "",
                slug=row.type,
                id=row.id,
            )


def _groups(session: Session, who: Actor, unit: Unit) -> Iterator[tuple[str, str]]:
    """(condition, words): the complaints with which this one would make a group."""
    if not may(who, "read", Complaint):
        return
    words = choices(session, form_fields(Complaint)["category"])
    for code in alike.group_categories(session, unit):
        yield f"complaint-category={code}", words.get(code, code)
