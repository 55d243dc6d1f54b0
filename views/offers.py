"""The moves that a reader may make with a case now, each with its small form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy.orm import Session
from wtforms import BooleanField, Form

from core.access import Actor, writable
from core.columns import Field
from core.moves import Facts, Move, objections
from core.record import Case, record_type
from core.words import say
from views.context import reachable
from views.facts import facts_of
from views.fields import RecordForm, Several, dress, make
from views.hints import Advice, advice
from views.moving import asked_fields, available
from views.targets import targets

REASON = Field("text", ("说明", "Remark"), size=500)


@dataclass(slots=True)
class Offer:
    """One move with its form; ``hint`` says what is in its way now."""

    move: Move
    form: Form
    title: str
    hint: str = ""
    errors: list[str] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether one press is all it takes."""
        return not list(self.form)

    @property
    def open(self) -> bool:
        """Whether it was tried and is shown again."""
        return bool(self.errors or self.form.errors)


def offers(
    session: Session, actor: Actor, case: Case, tried: Offer | None = None
) -> list[Offer]:
    """Every move that the actor may make, in the order of the flow's table.

    What would only be done again comes after what leads on.
    """
    flow = type(case).flow
    found = []
    for move in flow.moves if flow else ():
        if tried is not None and tried.move is move:
            found.append(tried)
        elif (one := offer(session, actor, case, move)) is not None:
            found.append(one)
    found.sort(key=lambda one: one.move.to == case.state)
    return _hinted(session, actor, case, found)


def offer(
    session: Session,
    actor: Actor,
    case: Case,
    move: Move,
    posted: Any = None,
) -> Offer | None:
    """The move with its form, filled from the record or from what was posted."""
    action = available(actor, case, move)
    known = _fields(actor, case, move, action) if action else None
    if known is None:
        return None
    form = _form(type(case), move.code)(posted, obj=None if move.line else case)
    for name in [one.name for one in form if one.name not in known]:
        del form[name]
    dress(form, known, actor, record_type(move.line) if move.line else type(case))
    for one in form:
        one.id = one.label.field_id = f"{move.code}-{one.name}"
    if posted is None and not move.line:
        targets(session, actor, case, [n for n in known if n != "reason"])
    said = advice(session, f"{case.slug}.{move.code}")
    return Offer(move, form, say(move.title), advice=said)


def given(offered: Offer, case: Case, posted: Mapping[str, str]) -> dict[str, Any]:
    """What the posted form holds; what it does not mention stays as it is.

    An empty box says nothing of a field that was not on the page, so ticks count only
    where the whole form came, with its version.
    """
    whole = "version" in posted or offered.move.line
    return {
        one.name: one.data
        for one in offered.form
        if one.name in posted or (whole and isinstance(one, BooleanField))
    }


def drop_answered(offered: Offer, case: Case, posted: Mapping[str, str]) -> None:
    """What the record says already need not be said again."""
    if offered.move.line:
        return
    for name in offered.move.asks:
        known = name in offered.form and getattr(case, name, None) not in (None, "")
        if known and name not in posted:
            del offered.form[name]


def _fields(
    actor: Actor, case: Case, move: Move, action: str
) -> dict[str, Field] | None:
    """The fields of the move's form; None when the actor may not fill what it asks."""
    cls, known = type(case), asked_fields(type(case), move)
    names = list(known)
    if not move.line:
        names = writable(actor, cls, names, action, case)
    names = [n for n in names if reachable(actor, known[n])]
    if any(name in known and name not in names for name in move.asks):
        return None
    shown = {n: replace(known[n], required=n in move.asks) for n in names}
    if "reason" in (*move.asks, *move.offers) and "reason" not in known:
        shown["reason"] = replace(REASON, required="reason" in move.asks)
    return shown


@cache
def _form(cls: type[Case], code: str) -> type[Form]:
    assert cls.flow is not None
    move = cls.flow.move(code)
    kind = record_type(move.line) if move.line else cls
    known = asked_fields(cls, move)
    wanted = {
        name: known.get(name, REASON)
        for name in (*move.asks, *move.offers)
        if name in known or name == "reason"
    }
    made = {
        name: make(kind, name, replace(declared, required=name in move.asks), cls.slug)
        for name, declared in wanted.items()
    }
    return type(f"{cls.__name__}{move.code}Form", (RecordForm,), made)


def _hinted(
    session: Session, actor: Actor, case: Case, found: list[Offer]
) -> list[Offer]:
    """Leave out what is for others, and say beforehand what will refuse a step."""
    if not any(one.move.guards for one in found):
        return found
    facts = facts_of(session, actor, case, {})
    mine = [one for one in found if one.open or not _for_others(one.move, facts)]
    for one in mine:
        _limit(one, facts)
    for one in mine:
        refused, _waived = objections(one.move, facts) if one.move.main else ([], [])
        one.hint = " ".join(refused)
    return mine


def _limit(offered: Offer, facts: Facts) -> None:
    """A checklist has what this case needs; what it has no use for is not asked."""
    for box in [one for one in offered.form if one.name in offered.move.lists]:
        shown = offered.move.lists[box.name](facts)
        if isinstance(box, Several):
            box.choices = [pair for pair in box.choices if pair[0] in shown]
        if not shown:
            del offered.form[box.name]


def _for_others(move: Move, facts: Facts) -> bool:
    """Whether a guard about who asks refuses this reader."""
    return any(isinstance(g.check(facts), str) for g in move.guards if g.personal)
