"""A flow: its states, what each means to a queue, and the moves between them."""

from __future__ import annotations

from dataclasses import dataclass

from core.moves import Move
from core.words import Words

OPEN, RESTING, FINAL = "open", "resting", "final"


@dataclass(frozen=True, slots=True)
class State:
    """One state: ``now`` says what is awaited, ``step`` what has been done."""

    code: str
    now: Words
    step: Words
    kind: str = OPEN


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a long way, as people speak of it.

    ``ticks`` are what is done in it: the words, and the field that is filled by then.
    """

    title: Words
    states: tuple[str, ...]
    ticks: tuple[tuple[Words, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The states of one record type, first state first, and its table of moves.

    ``begin`` is the word for its beginning, to which clocks listen too; ``stages``
    take the place of the states where those are too many to show. What is
    ``stamped`` steps alone fill in, and beyond its ``drafts`` also what is ``fixed``.
    In a ``binding`` state it is no mistake any more that somebody may void.
    """

    states: tuple[State, ...]
    begin: Move | None = None
    moves: tuple[Move, ...] = ()
    stages: tuple[Stage, ...] = ()
    drafts: tuple[str, ...] = ()
    stamped: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    binding: tuple[str, ...] = ()

    @property
    def first(self) -> State:
        """Where a new record begins."""
        return self.states[0]

    def state(self, code: str) -> State:
        """The state of that code; KeyError when the flow has none."""
        for state in self.states:
            if state.code == code:
                return state
        raise KeyError(code)

    def find(self, code: str) -> Move | None:
        """The move of that code, if the flow has it."""
        return next((move for move in self.moves if move.code == code), None)

    def move(self, code: str) -> Move:
        """The move of that code; KeyError when the flow has none."""
        move = self.find(code)
        if move is None:
            raise KeyError(code)
        return move

    def is_open(self, code: str) -> bool:
        """Whether a record in that state is still unclosed."""
        return self.state(code).kind == OPEN
