"""A new office: reference data, company, project, administrator, first answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit, privacy
from core.access import SYSTEM, act_as, actor_of
from core.audit import Entry
from core.db import writing
from core.numbering import take
from core.record import record_type
from core.words import _
from models import Company, Department, Project, Staff, User
from rules.calendar import BadHours
from seeds import loader
from views import people
from views.people import Password, Post, Refused
from views.timetable import refuse_bad_hours

PRESETS = ("small", "standard", "company")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked at the start, and the policy rows that its answer goes to."""

    name: str
    kind: str
    usual: str
    places: tuple[tuple[str, str, str, str], ...]
    """(record type, key column, key, column that takes the answer)."""


QUESTIONS = (
    Question("opens", "time", "09:00", (("setting", "code", "office.opens", "value"),)),
    Question(
        "closes", "time", "18:00", (("setting", "code", "office.closes", "value"),)
    ),
    Question(
        "card_fee",
        "money",
        "",
        (("fee_standard", "code", "card_production", "rate"),),
    ),
    Question(
        "card_months",
        "number",
        "12",
        (
            ("card_policy", "holder_kind", "tenant", "validity_months"),
            ("card_policy", "holder_kind", "merchant", "validity_months"),
        ),
    ),
    Question(
        "first_reply_hours",
        "number",
        "24",
        (("deadline_rule", "code", "complaint.first_reply", "amount"),),
    ),
    Question(
        "arrival_minutes",
        "number",
        "30",
        (("deadline_rule", "code", "repair.arrival", "amount"),),
    ),
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One line of the list of people: a login with its roles."""

    username: str
    name: str
    roles: tuple[str, ...]


def set_up(  # noqa: PLR0913, PLR0917  what an office cannot be without
    session: Session,
    company: str,
    project: str,
    admin: str,
    password: str,
    preset: str,
    answers: Mapping[str, str],
) -> None:
    """Make the office in one transaction; Refused when there is one, or it is wrong."""
    said = {
        question: value
        for question in QUESTIONS
        if (value := read_answer(question, answers.get(question.name, ""))) is not None
    }
    before = actor_of(session)
    act_as(session, SYSTEM)
    try:
        with writing(session):
            take(session, "setup")  # a second one at the same time waits here
            _found(session, (company.strip(), project.strip()), (admin, password))
            loader.apply_preset(session, _preset(preset))
            for question, value in said.items():
                _store(session, question, value)
            _refuse_bad_hours(session)
    finally:
        act_as(session, before if before.user_id else None)


def _refuse_bad_hours(session: Session) -> None:
    session.flush()
    try:
        refuse_bad_hours(session)
    except BadHours as error:
        raise Refused(_("The office must open before it closes.")) from error


def _found(session: Session, names: tuple[str, str], login: tuple[str, str]) -> None:
    """Reference data, company, project, office department and administrator."""
    if session.scalars(select(User.id).limit(1)).first() is not None:
        raise Refused(_("This office is already set up."))
    if not all(map(people.is_name, names)):
        raise Refused(_("The office needs a company and a project with a name each."))
    loader.load(session)
    company = Company(name=names[0])
    session.add(company)
    session.flush()
    project = Project(company_id=company.id, name=names[1], property_type="residential")
    session.add(project)
    session.flush()
    office = Department(
        project_id=project.id, name=_("Management office"), level="department"
    )
    session.add(office)
    session.flush()
    admin, password = login
    staff = Staff(project_id=project.id, department_id=office.id, name=admin)
    people.add(session, admin, staff, Password(password), ["admin"], Post())
    audit.note(session, Entry("setup", "company", company.id))


def _preset(code: str) -> str:
    if code not in PRESETS:
        raise Refused(_("There is no preset named {name}.", name=code))
    return code


def read_answer(question: Question, typed: str) -> Any:
    """The answer as its column takes it, None when nothing was said; else Refused."""
    plain = typed.strip()
    return _READERS[question.kind](plain) if plain else None


def _time(plain: str) -> str:
    if not _TIME.fullmatch(plain):
        raise Refused(_("A time is written like 09:00."))
    return plain


def _number(plain: str) -> int:
    if not (plain.isascii() and plain.isdigit() and 0 < int(plain[:6]) <= 1000):
        raise Refused(_("This is a whole number from 1 to 1000."))
    return int(plain[:6])


def _money(plain: str) -> Decimal:
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount < 10_000):
        raise Refused(_("This is an amount in yuan, such as 20 or 15.50."))
    return amount.quantize(Decimal("0.01"))


_READERS: dict[str, Callable[[str], Any]] = {
    "time": _time,
    "number": _number,
    "money": _money,
}


def _store(session: Session, question: Question, value: Any) -> None:
    """The office's own word on a policy row, which is confirmed by it."""
    for slug, key, code, column in question.places:
        cls = record_type(slug)
        row = session.scalars(
            select(cls).where(cls.__mapper__.columns[key] == code)
        ).one_or_none()
        if row is None:
            raise Refused(_("The reference data lacks {name}.", name=f"{slug} {code}"))
        setattr(row, column, value)
        row.confirmed = True  # type: ignore[attr-defined]  # of every policy


def newcomers(typed: str) -> Iterator[Newcomer]:
    """The people of a list, one a line: user name, name, roles by code or title."""
    known = {
        title.casefold(): code
        for code, titles in people.role_titles().items()
        for title in (code, *titles)
    }
    for line in filter(str.strip, typed.splitlines()):
        parts = _split(line)
        roles = [known.get(role.casefold()) for role in parts[2:]]
        if not roles or None in roles:
            raise Refused(
                _(
                    "Write user name, name and roles on each line; see: {line}",
                    line=line,
                )
            )
        yield Newcomer(parts[0], parts[1], tuple(role for role in roles if role))


def _split(line: str) -> list[str]:
    """At commas where there are any (a name may hold spaces), else at spaces."""
    marks = r"[,，、;；\t]" if re.search(r"[,，;；\t]", line) else r"[\s、]+"
    return [part.strip() for part in re.split(marks, line.strip()) if part.strip()]


def add_newcomers(
    session: Session, listed: list[Newcomer]
) -> list[tuple[str, str, str]]:
    """Logins for people of the first project: (user name, name, made-up password)."""
    made = []
    project = session.scalars(select(Project).order_by(Project.id).limit(1)).one()
    for person in listed:
        password = Password.made_up()
        staff = Staff(project_id=project.id, name=person.name)
        post = Post(project.id)
        people.add(session, person.username, staff, password, person.roles, post)
        made.append((person.username, person.name, password.plain))
    return made


def recovery_sheet() -> str:
    """What must be kept elsewhere: without it no backup of this office opens."""
    words = _(
        "RECOVERY SHEET. Print this line and keep it away from this machine: without"
        " it neither the personal data nor a backup can be opened."
    )
    return f"{words}\n\nDATA_KEY={privacy.keys().dump()}\n"
