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

    Where a case rests between open states it has left the line.
    """
    found = [state for state in flow.states if state.kind == OPEN]
    last = flow.states.index(found[-1]) if found else 0
    line = [s for n, s in enumerate(flow.states) if n > last or s.kind != RESTING]
    if here.kind == FINAL:
        return [s for s in line if s.kind != FINAL or s is here]
    return found + [state for state in line if state.kind != OPEN][:1]


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
