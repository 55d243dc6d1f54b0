"""The way of a case through its flow: passed, here, to come."""

from __future__ import annotations

from dataclasses import dataclass

from core.access import Actor, readable
from core.record import Case, Record
from core.states import FINAL, OPEN, RESTING, Flow, Stage, State
from core.words import say

WAS, NOW, NEXT = "was", "now", "next"
MOST = 9
"""More states than that nobody reads in one line."""


@dataclass(frozen=True, slots=True)
class Step:
    """A state or a stage: ``when`` it is passed, and what is ticked off in it."""

    words: str
    when: str
    ticks: tuple[tuple[str, bool], ...] = ()


def way(actor: Actor, record: Record) -> list[Step]:
    """The steps to show of a record; none where there is no line of them."""
    flow = type(record).flow
    if flow is None or not isinstance(record, Case):
        return []
    if flow.stages:
        return _stages(actor, record, flow)
    if flow.state(record.state).kind == RESTING or len(flow.states) > MOST:
        return []
    codes = [state.code for state in flow.states]
    at = codes.index(record.state)
    return [
        Step(say(state.step), _when(codes.index(state.code), at))
        for state in _line(flow, flow.state(record.state))
    ]


def _when(place: int, at: int) -> str:
    return NOW if place == at else WAS if place < at else NEXT


def _line(flow: Flow, here: State) -> list[State]:
    """The open states and one end: a straight line for people.

    Where a case rests between open states it has left the line; what was broken off
    passed nobody knows which of them; and a card, never open, has no line.
    """
    found = [state for state in flow.states if state.kind == OPEN]
    if not found:
        return []
    if here.kind == FINAL and not _is_goal(flow, here):
        return [flow.first, here]
    last = flow.states.index(found[-1])
    ends = [s for n, s in enumerate(flow.states) if s.kind == FINAL or n > last]
    if here.kind != FINAL:
        return [*found, *ends[:1]]
    rests = [s for s in ends[: ends.index(here)] if s.kind == RESTING]
    return [*found, *rests, here]


def _is_goal(flow: Flow, end: State) -> bool:
    """Whether a case comes to that end by the steps that it should make."""
    return any(end.code in move.leads_to for move in flow.moves if move.main)


def _stages(actor: Actor, case: Case, flow: Flow) -> list[Step]:
    at = next(n for n, s in enumerate(flow.stages) if case.state in s.states)
    return [
        Step(say(stage.title), _when(n, at), _ticks(actor, case, stage))
        for n, stage in enumerate(flow.stages)
    ]


def _ticks(actor: Actor, case: Case, stage: Stage) -> tuple[tuple[str, bool], ...]:
    seen = readable(actor, type(case), [name for _words, name in stage.ticks], case)
    return tuple(
        (say(words), bool(getattr(case, name)))
        for words, name in stage.ticks
        if name in seen
    )
