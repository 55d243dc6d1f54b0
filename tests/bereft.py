"""The application without what carries a rule: ``pytest -p tests.bereft --without``.

From the tables of moves goes every guard that the rule demands and every field that a
move asks for its sake; from the rows that an office begins with the clocks, duties,
settings and rights. Where that leaves the rule untouched, the functions that name it
do nothing any more, or else its own moves go.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest

import rules
import views
from core.moves import Guard, Move
from core.record import fields, record_type, record_types
from seeds import loader
from views import clauses

POLICIES = {"deadline": "deadline_rule", "duty": "duty_rule", "setting": "setting"}
SEEDED = {cls.slug for cls in loader.KEYS}
Row = dict[str, str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without", help="the rule that nothing carries any more")


def pytest_configure(config: pytest.Config) -> None:
    rule = config.getoption("--without")
    if rule and not bereave(rule):
        raise pytest.UsageError(f"nothing that could be taken away carries {rule}")


def bereave(rule: str) -> int:
    """Take away what carries a rule; of how many things it was deprived."""
    carriers = next(one.carried_by for one in clauses.rules() if one.id == rule)
    named = [reference.partition(":")[::2] for reference in carriers]
    taken = (
        unguarded(lambda one: rule in one.rules)
        + _asked(rule, named)
        + _rows(rule, named)
        + _figures(named)
    )
    return taken or _functions(rule) or _moves(rule, named)


def _flows() -> Iterator[tuple[str, Any]]:
    return ((cls.slug, cls.flow) for cls in record_types() if cls.flow is not None)


def _each(change: Callable[[str, Move], Move | None]) -> int:
    """Put what it returns in the place of each move; how many are others or gone."""
    changed = 0
    for slug, flow in _flows():
        moves = [(move, change(slug, move)) for move in flow.moves]
        changed += sum(new is not old for old, new in moves)
        left = tuple(new for _old, new in moves if new is not None)
        object.__setattr__(flow, "moves", left)
        if flow.begin and (begin := change(slug, flow.begin)):
            changed += begin is not flow.begin
            object.__setattr__(flow, "begin", begin)
    return changed


def unguarded(gone: Callable[[Guard], bool]) -> int:
    """Take such guards out of the tables of moves; from how many moves they went."""

    def without(_slug: str, move: Move) -> Move:
        left = tuple(guard for guard in move.guards if not gone(guard))
        return move if left == move.guards else replace(move, guards=left)

    return _each(without)


@contextmanager
def for_a_while() -> Iterator[None]:
    """The tables of moves are put back as they were, whatever was taken out."""
    before = [(flow, flow.moves, flow.begin) for _slug, flow in _flows()]
    try:
        yield
    finally:
        for flow, moves, begin in before:
            object.__setattr__(flow, "moves", moves)
            object.__setattr__(flow, "begin", begin)


def _asked(rule: str, named: list[tuple[str, str]]) -> int:
    fields = {name for kind, name in named if kind == "record"}

    def unasked(slug: str, move: Move) -> Move:
        gone = [name for name in move.asks if f"{move.line or slug}.{name}" in fields]
        if not gone or rule not in move.rules:
            return move
        left = tuple(name for name in move.asks if name not in gone)
        return replace(move, asks=left, offers=(*move.offers, *gone))

    return _each(unasked)


def _moves(rule: str, named: list[tuple[str, str]]) -> int:
    moves = {name for kind, name in named if kind == "flow"}

    def gone(slug: str, move: Move) -> Move | None:
        its_own = rule in move.rules or {slug, f"{slug}.{move.code}"} & moves
        return None if its_own else move

    return _each(gone)


def _functions(rule: str) -> int:
    """Whoever has imported them already gets what does nothing, too."""
    found = [
        thing
        for package in (rules, views)
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        for thing in vars(import_module(one.name)).values()
        if isinstance(thing, FunctionType) and rule in (thing.__doc__ or "")
    ]
    for function in found:
        function.__code__ = (lambda *_given, **_named: None).__code__
    return len(found)


def _rows(rule: str, named: list[tuple[str, str]]) -> int:
    """The rows named, and those of a policy named that have the rule as source."""
    codes = {(POLICIES[kind], code) for kind, code in named if kind in POLICIES}
    codes |= {("grant", name) for kind, name in named if kind == "grant"}
    slugs = {name.partition(".")[0] for kind, name in named if kind == "record"}
    found: set[tuple[str, str]] = set()
    for slug in sorted(SEEDED & ({name for name, _code in codes} | slugs)):
        for row in loader.rows(slug):
            one = slug, _called(slug, row)
            if one in codes or (slug in slugs and rule in row["source"].split()):
                found.add(one)
    return _read_as(
        lambda slug, row: None if (slug, _called(slug, row)) in found else row,
        len(found),
    )


def _figures(named: list[tuple[str, str]]) -> int:
    """The columns of policies that the rule is read from are empty in every row."""
    columns = (name.split(".") for kind, name in named if kind == "record")
    gone = {tuple(one) for one in columns if len(one) > 1 and _may_be_empty(*one)}
    return _read_as(
        lambda slug, row: {k: "" if (slug, k) in gone else v for k, v in row.items()},
        len(gone),
    )


def _read_as(change: Callable[[str, Row], Row | None], changes: int) -> int:
    """The rows of the office's beginning are read like this from now on."""
    read = loader.rows

    def rows(name: str) -> list[Row]:
        changed = (change(name, row) for row in read(name))
        return [row for row in changed if row is not None]

    loader.rows = rows
    return changes


def _may_be_empty(slug: str, *names: str) -> bool:
    cls = record_type(slug) if slug in SEEDED else None
    return cls is not None and not any(fields(cls)[name].required for name in names)


def _called(name: str, row: Row) -> str:
    return (
        f"{row['target']}.{row['action']}" if name == "grant" else row.get("code", "")
    )
