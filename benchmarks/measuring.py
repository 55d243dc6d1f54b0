"""Random blocks of calls over every side and size, so that noise falls on all alike."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.caller import Answer

WANTED = 100
BLOCK, SLOW_BLOCK, SLOW = 5, 2, 60.0
BUDGET = 6_000.0
"""Milliseconds after which a slow cell has been asked often enough."""

Call = Callable[[], Answer]


@dataclass
class Cell:
    """One operation of one side at one size."""

    side: str
    rows: int
    call: Call
    times: list[float] = field(default_factory=list)
    spent: float = 0.0
    last: Answer | None = None

    @property
    def median(self) -> float:
        """Half of the calls were faster."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """Nineteen of twenty calls were faster."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]

    @property
    def done(self) -> bool:
        """Whether it was asked often enough."""
        enough = len(self.times) >= WANTED
        return enough or (len(self.times) >= 5 and self.spent > BUDGET)

    def once(self) -> Answer:
        """Ask, and note the time that it took altogether."""
        answer = self.last = self.call()
        self.spent += answer.ms
        return answer

    def block(self) -> None:
        """A few calls in a row, the first not counted."""
        first = self.once()
        for _ in range((SLOW_BLOCK if first.ms > SLOW else BLOCK) - 1):
            self.times.append(self.once().ms)


def measure(cells: Sequence[Cell], seed: int) -> None:
    """Ask every cell in blocks of random order until all have enough."""
    chance = random.Random(seed)
    for cell in cells:
        for _ in range(2):
            if cell.once().ms > 500:
                break
        cell.spent = 0.0
    waiting = list(cells)
    while waiting:
        chance.shuffle(waiting)
        for cell in waiting:
            cell.block()
        waiting = [cell for cell in waiting if not cell.done]
