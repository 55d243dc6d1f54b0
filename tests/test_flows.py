"""The tables of moves, read as tables: nothing in them is out of reach or unknown."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

import pytest

from core.moves import Move
from core.record import Case, fields, form_fields, record_type, record_types
from core.states import FINAL, OPEN, Flow
from rules.deadlines import EXPIRE
from rules.flows import FLOWS
from rules.flows.agreements import LAST_DAY
from rules.flows.card_ledger import TAKE_BACK
from rules.flows.reporting import COUNT

pytestmark = pytest.mark.once

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
WITH_MOVES = {slug: flow for slug, flow in FLOWS.items() if flow.moves}
HAN = re.compile(r"[\u4e00-\u9fff]")
SPOKEN = {"reason"}
"""What a move may ask for that no column keeps, for the history alone."""


def seeds(name: str) -> list[dict[str, str]]:
    """The rows of a seed file."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def every_move() -> Iterator[tuple[str, Move]]:
    """Every move of every flow, its beginning too."""
    for slug, flow in WITH_MOVES.items():
        assert flow.begin is not None
        yield from ((slug, move) for move in (flow.begin, *flow.moves))


by_flow = pytest.mark.parametrize("slug", WITH_MOVES)


def by_move(test: Callable[[str, Move], None]) -> Callable[[str], None]:
    """A test of every move, flow by flow: thousands of small ones take minutes."""

    @by_flow
    @wraps(test)
    def whole(slug: str) -> None:
        for _slug, move in (one for one in every_move() if one[0] == slug):
            try:
                test(slug, move)
            except AssertionError as why:
                raise AssertionError(f"{slug}.{move.code}: {why}") from why

    del whole.__wrapped__  # its arguments are not ours
    return whole


RULES = {row["id"] for row in seeds("clauses")}
GRANTED = {(row["target"], row["action"]) for row in seeds("grant")}


def from_open(flow: Flow, move: Move) -> tuple[str, ...]:
    """The states in which a move is possible."""
    return move.sources or tuple(s.code for s in flow.states if s.kind == OPEN)


@by_flow
def test_every_state_is_reached_from_the_first(slug: str) -> None:
    flow = WITH_MOVES[slug]
    reached, before = {flow.first.code}, set[str]()
    while reached != before:
        before = set(reached)
        for move in flow.moves:
            if before.intersection(from_open(flow, move)):
                reached.update(move.leads_to)
    assert {state.code for state in flow.states} - reached == set()


@by_flow
def test_every_state_can_come_to_an_end(slug: str) -> None:
    flow = WITH_MOVES[slug]
    ends = {state.code for state in flow.states if state.kind == FINAL}
    before = set[str]()
    while ends != before:
        before = set(ends)
        for move in flow.moves:
            if before.intersection(move.leads_to):
                ends.update(from_open(flow, move))
    assert {state.code for state in flow.states} - ends == set()


@by_flow
def test_no_code_stands_twice(slug: str) -> None:
    flow = WITH_MOVES[slug]
    assert flow.begin is not None
    codes = [move.code for move in (flow.begin, *flow.moves)]
    assert len(codes) == len(set(codes))


@by_move
def test_a_move_leads_from_known_states_to_known_states(slug: str, move: Move) -> None:
    known = {state.code for state in WITH_MOVES[slug].states}
    assert set(move.sources) <= known
    assert set(move.leads_to) <= known
    assert move.leads_to or not move.to


@by_move
def test_a_move_is_said_in_both_languages(slug: str, move: Move) -> None:
    zh, en = move.title
    assert HAN.search(zh)
    assert en
    assert not HAN.search(en)


@by_move
def test_every_rule_that_a_move_names_is_a_rule(slug: str, move: Move) -> None:
    named = {*move.rules, *(rule for guard in move.guards for rule in guard.rules)}
    assert named
    assert all(guard.rules for guard in move.guards)
    assert named <= RULES, named - RULES


@by_move
def test_whatever_a_move_asks_offers_or_sets_is_a_field(slug: str, move: Move) -> None:
    kind = record_type(move.line or slug)
    asked = {*move.asks, *move.offers} - (SPOKEN - set(fields(kind)))
    assert asked <= set(form_fields(kind)), asked - set(form_fields(kind))
    columns = set(kind.__mapper__.columns.keys()) | set(form_fields(kind))
    assert set(move.sets) <= columns, set(move.sets) - columns


@by_move
def test_every_right_that_a_move_needs_is_given_to_somebody(
    slug: str, move: Move
) -> None:
    group, flow = record_type(slug).group, WITH_MOVES[slug]
    if move.automatic or move is flow.begin:
        return
    given = [a for a in move.actions if {(group, a), (slug, a)} & GRANTED]
    assert given


@by_flow
def test_what_the_house_does_by_itself_is_begun_by_somebody(slug: str) -> None:
    """What somebody's move calls for, in the flow or in what the case comes from.

    What runs out is seen to by a job, and so are reports that are due; a top-up is
    taken back by whoever voids it.
    """
    called = set(re.findall(r'(?:\b[Gg]o\(|Push\(|else )\s*"(\w+)"', SOURCE))
    called |= set(re.findall(r'Let\("\w+", [^,]+, "(\w+)"', SOURCE))
    called |= {EXPIRE} if slug in LAST_DAY else set()
    called |= {TAKE_BACK} if slug == "card" else set()
    called |= {COUNT} if slug == "periodic_report" else set()
    for move in WITH_MOVES[slug].moves:
        if move.automatic and not move.when_caused_closed:
            assert move.code in called


SOURCE = "\n".join(
    path.read_text("utf-8") for path in sorted((SEEDS.parent / "rules").rglob("*.py"))
)


def happenings() -> set[str]:
    """The words that effects call out for clocks."""
    return set(re.findall(r'[Hh]appened\(\s*"(\w+)"', SOURCE))


def listened() -> list[tuple[str, str, str]]:
    """(rule, target, word) of every clock that a flow is to start or stop."""
    return [
        (row["code"], row["target"], word)
        for row in seeds("deadline_rule")
        for word in f"{row['starts_on']} {row['stops_on']}".split()
        if row["target"] in WITH_MOVES and not word.startswith("field:")
    ]


@pytest.mark.parametrize(("rule", "target", "word"), listened())
def test_every_word_that_a_clock_listens_to_is_said(
    rule: str, target: str, word: str
) -> None:
    flow = WITH_MOVES[target]
    assert flow.begin is not None
    assert word in {move.code for move in (flow.begin, *flow.moves)} | happenings()


def test_every_case_that_people_move_has_a_way() -> None:
    flows = {t.slug for t in record_types() if issubclass(t, Case) and t.flow}
    assert set(WITH_MOVES) <= flows


def test_every_guard_of_the_house_stands_in_a_table() -> None:
    defined = set(re.findall(r"@guard\([^)]*\)\ndef (\w+)", SOURCE))
    used = {name for name in defined if len(re.findall(rf"\b{name}\b", SOURCE)) > 1}
    assert defined - used == set()


def sentences(paths: Iterator[Path]) -> set[str]:
    """What those files say to people."""
    return {
        str(call.args[0].value)
        for path in paths
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "_"
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_refusal_is_seen_by_a_test() -> None:
    """Those with a number or name in them are looked for by that."""
    root = SEEDS.parent
    said = sentences(path for path in (root / "rules").rglob("*.py"))
    seen = {
        node.value
        for path in (root / "tests").glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    spoken = {_FOR_HISTORY, ", "}
    assert {one for one in said - seen - spoken if "{" not in one} == set()


_FOR_HISTORY = "The customer was not satisfied."
