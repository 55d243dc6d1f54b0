"""What the office decides is read somewhere, or said to be shown only and why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.record import Policy, form_fields, record_types
from seeds import loader

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
CODE = ("core", "rules", "seeds", "views")
WHOLE = ("module.", "reply.template.")
"""Settings that are found by how their codes begin."""
SHOWN = {
    "four_eyes.card_approval": "strict everywhere: shown so that nobody looks for it",
    "four_eyes.revisit_by_accused": "strict everywhere, like the one above",
    "promise.outcome_role": "no step promises an outcome: the hint says whose it is",
    "number_series.gap_free": "every number is taken in its record's transaction",
    "calendar_day.makeup": "says for which holiday a working weekend makes up",
}
"""What no code reads, and why it is there."""
TELLING = re.compile(r"[a-z]{4}.*\\\.|\\\..*[a-z]{4}")
"""A pattern with a word and a dot of its own; others fit every code."""


def trees() -> Iterator[ast.Module]:
    """All code but the declarations and the reference data itself."""
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            yield ast.parse(path.read_text(encoding="utf-8"))


def said() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every word of the code, and what the sentences put together may come to."""
    words: set[str] = set()
    patterns: set[str] = set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words |= {node.value, *node.value.split()}
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.JoinedStr):
            patterns.add(pattern(node))
    patterns |= {re.escape(begin) + ".+" for begin in WHOLE if begin in words}
    return words, [re.compile(one) for one in patterns if TELLING.search(one)]


def pattern(node: ast.JoinedStr) -> str:
    """What an f-string may come to."""
    parts = (
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z_.]+"
        for part in node.values
    )
    return "".join(parts)


def test_every_setting_has_a_reader() -> None:
    words, patterns = said()
    pointed = {row["maps_to"] for row in loader.rows("choice_label")}
    pointed |= {cls.printed_by for cls in record_types()}
    unread = {
        code
        for code in (row["code"] for row in loader.rows("setting"))
        if code not in words | pointed and not any(p.fullmatch(code) for p in patterns)
    }
    assert unread == {code for code in SHOWN if code.startswith(("four", "promise"))}


def test_every_column_of_a_policy_has_a_reader() -> None:
    words, _patterns = said()
    unread = {
        f"{cls.slug}.{name}"
        for cls in record_types()
        if issubclass(cls, Policy)
        for name in form_fields(cls)
        if name not in words
    }
    assert unread == {code for code in SHOWN if code.startswith(("number", "calendar"))}
