"""The picture of a flow: its states below each other, its moves as lines beside them.

Pure geometry: a move to the next state is an arrow between the two, any other move a
line in a lane of its own, to the right when it goes on and to the left when it goes
back. What is possible in every open state is not drawn; it stands in the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.moves import Move
from core.states import Flow

WIDTH, HEIGHT, STEP = 132, 36, 66
"""A state's box, and from one box to the next."""
LANE, MARGIN, DOT = 20, 12, 9


@dataclass(frozen=True, slots=True)
class Box:
    """A state."""

    code: str
    kind: str
    x: int
    y: int
    middle: int
    centre: int


@dataclass(frozen=True, slots=True)
class Line:
    """A move: its path, and the dot with its number in the list."""

    number: int
    path: str
    x: int
    y: int
    automatic: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A flow, drawn."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class _Run:
    """A move as it is drawn: from these rows to that one."""

    number: int
    sources: tuple[int, ...]
    target: int
    automatic: bool

    @property
    def top(self) -> int:
        return min(*self.sources, self.target)

    @property
    def bottom(self) -> int:
        return max(*self.sources, self.target)


def picture(flow: Flow) -> Picture:
    """Draw a flow."""
    runs = _runs(flow)
    straight = [r for r in runs if _is_next(r)]
    left = _lanes([r for r in runs if r.target < min(r.sources)])
    right = _lanes([r for r in runs if r.target > min(r.sources) and not _is_next(r)])
    x = MARGIN + LANE * (len(left) + bool(left))
    boxes = [
        Box(s.code, s.kind, x, y, x + WIDTH // 2, y + HEIGHT // 2)
        for s, y in ((s, MARGIN + n * STEP) for n, s in enumerate(flow.states))
    ]
    lines = [
        *_arrows(straight, x),
        *_curves(left, x, -1),
        *_curves(right, x + WIDTH, 1),
    ]
    width = x + WIDTH + LANE * (len(right) + bool(right)) + MARGIN
    return Picture(width, boxes[-1].y + HEIGHT + MARGIN, boxes, lines)


def _runs(flow: Flow) -> list[_Run]:
    """The moves with a target, apart from where they go on and where they go back."""
    rows = {state.code: n for n, state in enumerate(flow.states)}
    found: list[_Run] = []
    for number, move in enumerate(flow.moves, 1):
        for at in (rows[end] for end in move.leads_to if move.sources):
            found += [
                _Run(number, sources, at, move.automatic)
                for sources in _sides(move, rows, at)
            ]
    return found


def _sides(move: Move, rows: dict[str, int], at: int) -> list[tuple[int, ...]]:
    """The rows just above the target, further above it and below it."""
    starts = sorted(rows[code] for code in move.sources if rows[code] != at)
    above = tuple(n for n in starts if n < at - 1)
    below = tuple(n for n in starts if n > at)
    near = tuple(n for n in starts if n == at - 1)
    return [side for side in (near, above, below) if side]


def _is_next(run: _Run) -> bool:
    return run.sources == (run.target - 1,)


def _lanes(runs: list[_Run]) -> list[list[_Run]]:
    """Short lines near the boxes, and never two over each other."""
    lanes: list[list[_Run]] = []
    for run in sorted(runs, key=lambda r: (r.bottom - r.top, r.top)):
        free = (ln for ln in lanes if all(_apart(run, other) for other in ln))
        lane = next(free, None)
        if lane is None:
            lanes.append(lane := [])
        lane.append(run)
    return lanes


def _apart(one: _Run, other: _Run) -> bool:
    return one.bottom < other.top or other.bottom < one.top


def _arrows(runs: list[_Run], x: int) -> list[Line]:
    """Between two boxes, side by side where several moves lead on."""
    found = []
    for run in runs:
        beside = [r.number for r in runs if r.target == run.target]
        place = x + WIDTH * (beside.index(run.number) + 1) // (len(beside) + 1)
        top = MARGIN + run.target * STEP - (STEP - HEIGHT)
        path = f"M{place} {top} V{MARGIN + run.target * STEP - 2}"
        dot = top + (STEP - HEIGHT) // 2 - 2
        found.append(Line(run.number, path, place, dot, run.automatic))
    return found


def _curves(lanes: list[list[_Run]], edge: int, side: int) -> list[Line]:
    """Out of each source into the lane, and from the lane into the target."""
    found = []
    for n, lane in enumerate(lanes, 1):
        x = edge + side * LANE * n
        for run in lane:
            end = _middle(run.target) + (-6 if run.target > run.sources[0] else 6)
            starts = [_middle(source) + 4 * side for source in run.sources]
            stubs = " ".join(f"M{edge} {y} H{x}" for y in starts)
            far = min(starts, key=lambda y: (abs(y - end), y))
            first = max(starts, key=lambda y: abs(y - end))
            path = f"{stubs} M{x} {first} V{end} H{edge + side * 3}"
            found.append(Line(run.number, path, x, (far + end) // 2, run.automatic))
    return found


def _middle(row: int) -> int:
    return MARGIN + row * STEP + HEIGHT // 2
