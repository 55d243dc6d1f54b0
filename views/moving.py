"""Carrying out a move: facts, decision, changes, what it causes, clocks, messages.

Everything happens in the caller's write transaction, with its history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from core import audit
from core.access import Actor, Denied, actor_of, can, on_behalf, stands_in_for
from core.columns import Field
from core.db import now, writing
from core.moves import (
    Add,
    Cause,
    Change,
    Compile,
    Go,
    Happened,
    Let,
    Move,
    Order,
    Outcome,
    Overtaken,
    Push,
    Refused,
    Tell,
    Waived,
    decide,
    too_late,
)
from core.record import Case, Record, form_fields, record_type
from core.words import _
from models import Responsibility
from views import clocking, telling
from views.context import fetch
from views.dates import When
from views.facts import caused, facts_of, naming, source_of
from views.opening import next_number, prepare
from views.reports import compiling

Row = Mapping[str, Any]


def make(
    session: Session, actor: Actor, case: Case, move: Move, given: Row | None = None
) -> None:
    """Let a case make a move with what was filled in, and all that follows.

    Raises Refused with the reasons when the flow does not allow it.
    """
    given = given or {}
    facts = facts_of(session, actor, case, given)
    outcome = decide(move, facts, opens=case.open)
    reason = str(given.get("reason") or "")
    if move.line:
        _write(session, case, move.line, {**given, **outcome.changes})
    else:
        _fill(case, {**given, **outcome.changes})
    case.updated_at = now()  # so that it has an entry, whatever it says
    enter(case, outcome.state)
    audit.explain(session, case, f"move.{move.code}", reason)
    session.flush()
    with on_behalf(session):
        _after(session, case, move.code, outcome)


def step(
    session: Session,
    actor: Actor,
    case: Case,
    move: Move,
    given: Row,
    *,
    version: int | None = None,
) -> None:
    """A move that a person asks for, on the case as it stands under the lock.

    Raises Refused as ``make`` does, and when it is not the ``version`` that was seen.
    """
    try:
        _step(session, actor, case, move, given, version)
    except CLASHES:  # quicker by a moment: other facts now
        try:
            _step(session, actor, case, move, given, version)
        except CLASHES as error:
            raise Refused([_("This contradicts what is already recorded.")]) from error


CLASHES = (IntegrityError, StaleDataError, Overtaken)
"""How it shows that somebody else was quicker."""


def _step(
    session: Session,
    actor: Actor,
    case: Case,
    move: Move,
    given: Row,
    version: int | None,
) -> None:
    with writing(session):
        fresh = fetch(type(case), case.id)
        if version is not None and fresh.version != version:
            raise Refused([changed()])
        if fresh.voided_at or not move.starts_from(fresh.state, fresh.open):
            raise Refused([too_late()])
        action = available(actor, fresh, move)
        if not action:
            raise Denied(move.actions[0], fresh.slug)
        _tell_deputy(session, actor, action, fresh, move, given)
        make(session, actor, fresh, move, given)


def _tell_deputy(
    session: Session, actor: Actor, action: str, case: Case, move: Move, given: Row
) -> None:
    """The history says for whom somebody acts who stands in."""
    if lender := stands_in_for(actor, action, case):
        words = _("for {name}", name=lender)
        told = _("; ").join(filter(None, (words, given.get("reason"))))
        audit.explain(session, case, f"move.{move.code}", told)


def changed() -> str:
    """Why a step on a record that has changed since it was seen is not made."""
    return _("Somebody has just changed this record. Look at it again first.")


def begin(
    session: Session, case: Case, given: Row | None = None, on: When = None
) -> None:
    """Write a new case down, with its first clocks and what it causes at once.

    ``given`` may hold, by record type, what was told for what it causes; ``on`` is the
    day by which it is due where only the calendar knows.
    """
    flow = type(case).flow
    if flow is None or flow.begin is None:
        return
    facts = facts_of(session, actor_of(session), case, given or {})
    outcome = decide(flow.begin, facts, opens=True)
    _fill(case, outcome.changes)
    enter(case, outcome.state)
    with on_behalf(session):
        clocking.after(session, case, flow.begin.code, now(), on)
        audit.explain(session, case, "create")
        _follow(session, case, outcome)


def open_case(session: Session, case: Case, values: Row, on: When = None) -> None:
    """Let the house begin a case of its own accord, numbered like any other."""
    _fill(case, values)
    prepare(case)
    case.number = next_number(session, case.slug, case.received_at)
    begin(session, case, on=on)


def available(actor: Actor, case: Case, move: Move) -> str:
    """The right by which the actor may make the move in this state; empty: none."""
    if move.automatic or not possible(case, move):
        return ""
    return _granted(actor, case, move)


def possible(case: Case, move: Move) -> bool:
    """Whether a case that stands is where the move begins."""
    return case.voided_at is None and move.starts_from(case.state, case.open)


def editable(actor: Actor, case: Case, names: Iterable[str]) -> list[str]:
    """Without what only a step fills in for which the actor has no right.

    Whoever is complained about leaves what is written of it alone (S0-36).
    """
    if actor.staff_id and getattr(case, "accused_id", None) == actor.staff_id:
        return []
    flow = type(case).flow
    if flow is None:
        return list(names)
    steps = [m for m in flow.moves if not m.line]
    free = {n for m in steps if "update" in m.actions for n in (*m.asks, *m.offers)}
    kept = {n for m in steps if not _granted(actor, case, m) for n in m.asks}
    fixed = frozenset() if case.state in flow.drafts else flow.fixed
    kept -= free
    return [n for n in names if n not in kept | fixed | flow.stamped]


def _granted(actor: Actor, case: Case, move: Move) -> str:
    return next((a for a in move.actions if can(actor, a, case)), "")


def _fill(record: Record, values: Row) -> None:
    """Set what the record has; a reason, say, is the history's alone."""
    columns = type(record).__mapper__.columns
    for name, value in values.items():
        if name in columns or name in form_fields(type(record)):
            setattr(record, name, value)


def enter(case: Case, state: str) -> None:
    """Put a case into a state, closed or open as that is."""
    flow = type(case).flow
    assert flow is not None
    opens = flow.is_open(state)
    if case.open and not opens:
        case.closed_at = now()
    elif opens and not case.open:
        case.closed_at = None
    case.state, case.open = state, opens


def _after(session: Session, case: Case, code: str, outcome: Outcome) -> None:
    clocking.after(session, case, code, now())
    _follow(session, case, outcome)


def _follow(session: Session, case: Case, outcome: Outcome) -> None:
    for order in outcome.orders:
        _CARRY_OUT[type(order)](session, case, order)
    if not case.open:
        _tell_source(session, case)


def _tell_source(session: Session, case: Case) -> None:
    """The case it came from goes on by itself when this was the last open one."""
    source = source_of(session, case)
    flow = type(source).flow if source is not None else None
    if source is None or flow is None:
        return
    for move in flow.moves:
        if move.when_caused_closed and move.starts_from(source.state, source.open):
            if not any(near.open for near in caused(session, source)):
                make(session, actor_of(session), source, move)
            return


# The orders.


def _cause(session: Session, case: Case, order: Cause) -> None:
    cls = record_type(order.slug)
    assert issubclass(cls, Case)
    fresh = cls(project_id=case.project_id, source_id=case.id)
    inherited = {n: getattr(case, n) for n in _INHERITED if n in cls.spine}
    came = {"received_at": now()}
    own = _responsible(session, case, cls)
    open_case(session, fresh, {**came, **inherited, **own, **order.values})
    if order.named_by:
        slug, key, name = order.named_by
        _change(session, case, Change(slug, key, {name: fresh.id}))


_INHERITED = ("unit_id", "person_id", "channel", "content", "urgent", "department_id")


def _responsible(session: Session, case: Case, cls: type[Case]) -> Row:
    """The one department that answers for the category, where nobody chose one."""
    category = getattr(case, "category", None)
    if case.department_id or not category or "department_id" not in cls.spine:
        return {}
    table = Responsibility.__table__
    mine = (table.c.project_id == case.project_id, table.c.voided_at.is_(None))
    query = select(table.c.department_id).where(*mine, table.c.category == category)
    found = set(session.connection().execute(query).scalars())
    return {"department_id": found.pop()} if len(found) == 1 else {}


def _add(session: Session, case: Case, order: Add) -> None:
    _write(session, case, order.slug, order.values)


def _write(session: Session, case: Case, slug: str, values: Row) -> None:
    """A line, or a log entry, about a case."""
    cls = record_type(slug)
    parent = naming(cls, case)
    line = cls(project_id=case.project_id)
    _fill(line, {**values, **({parent: case.id} if parent else {})})
    session.add(line)
    session.flush()


def _go(session: Session, case: Case, order: Go) -> None:
    attempt(session, case, order.code, order.values)


def _push(session: Session, case: Case, order: Push) -> None:
    source = source_of(session, case)
    if source is not None:
        attempt(session, source, order.code, order.values)


def _let(session: Session, case: Case, order: Let) -> None:
    other = session.get(record_type(order.slug), order.key)
    done = isinstance(other, Case) and attempt(session, other, order.code, order.values)
    if order.must and not done:
        raise Overtaken(order.code)


def _change(session: Session, case: Case, order: Change) -> None:
    other = session.get_one(record_type(order.slug), order.key)
    _fill(other, order.values)
    audit.explain(session, other, "update", case.number)


def attempt(session: Session, case: Case, code: str, values: Row) -> bool:
    """A move that the house makes, where the flow has it and it is possible now.

    Says whether it was made.
    """
    flow = type(case).flow
    move = flow.find(code) if flow else None
    if move is None or not move.starts_from(case.state, case.open):
        return False
    try:
        make(session, actor_of(session), case, move, values)
    except Refused:
        return False  # it stays where it is, for somebody to see to
    return True


def _happened(session: Session, case: Case, order: Happened) -> None:
    clocking.after(session, case, order.code, now())


def _tell(session: Session, case: Case, order: Tell) -> None:
    telling.tell(
        session, case, order.whom, order.words, urgent=order.urgent, about=order.about
    )


def _waived(session: Session, case: Case, order: Waived) -> None:
    """What was let go stands in the history, where it is listed every month."""
    entry = audit.Entry("waived", case.slug, case.id, case.project_id, order.setting)
    audit.note(session, entry)


def _compile(session: Session, case: Case, order: Compile) -> None:
    compiling.refresh(session, case)


_CARRY_OUT: dict[type[Order], Callable[[Session, Case, Any], None]] = {
    Cause: _cause,
    Add: _add,
    Go: _go,
    Push: _push,
    Let: _let,
    Change: _change,
    Happened: _happened,
    Tell: _tell,
    Waived: _waived,
    Compile: _compile,
}


def asked_fields(cls: type[Case], move: Move) -> dict[str, Field]:
    """The declared fields that a move's form has; a reason is not one of them."""
    kind = record_type(move.line) if move.line else cls
    known = form_fields(kind)
    return {n: known[n] for n in (*move.asks, *move.offers) if n in known}
