"""The house's own bars: short functions, short files, nothing left half done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.each import each

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("core", "rules", "seeds", "views")
SOURCES = [
    ROOT / "app.py",
    ROOT / "models.py",
    *(path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))),
]
OURS = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]
TEXTS = {".py", ".md", ".html", ".css", ".js", ".csv", ".toml", ".mako", ".txt", ""}
AWAY = {".git", ".venv", ".hypothesis", "build", "instance", "vendor", "htmlcov"}
HALF_DONE = re.compile(
    r"\b(TO"
    r"DO|FIX"
    r"ME|XX"
    r"X|HA"
    r"CK)\b|NotImplemented"
    r"Error"
    r"|pragma: no"
    r" cover|# type: ig"
    r"nore(?!\[)|# no"
    r"qa(?!:)"
)
WORKPLACE = re.compile(r"/wo" r"rk/|sha" r"red/(?:spec|design|check)|\bsp" r"ec/")
VAGUE = re.compile(r"(?:^|_)(?:utils?|helpers?|managers?|services?)(?:_|$)")
FIELD_TERMS = re.compile(r"service_orders?|customer_service")
"""Terms of the trade that happen to hold a vague word."""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file with its length."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_functions_are_short() -> None:
    found = [(path.name, *f) for path in SOURCES for f in functions(path)]
    lengths = sorted(length for *_, length in found)
    assert [entry for entry in found if entry[-1] > 60] == []
    assert median(lengths) <= 8
    assert lengths[int(len(lengths) * 0.95)] <= 35


def test_files_are_short() -> None:
    assert [p.name for p in OURS if lines(p) > 400 and p.name != "models.py"] == []


def test_declarations_have_no_behaviour() -> None:
    assert [f for f in functions(ROOT / "models.py") if f[1] > 5] == []


@each(OURS)
def test_nothing_is_half_done(path: Path) -> None:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        assert not HALF_DONE.search(line), f"{number}: {line.strip()}"


def test_names_say_what_a_thing_is() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        kinds = (ast.FunctionDef, ast.ClassDef)
        names = [n.name for n in ast.walk(tree) if isinstance(n, kinds)]
        for name in (path.stem, *names):
            snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            plain = FIELD_TERMS.sub("", snake)
            assert not VAGUE.search(plain), f"{path.name}: {name}"


def test_no_file_tells_where_it_was_written() -> None:
    for path in sorted(ROOT.rglob("*")):
        place = path.relative_to(ROOT)
        hidden = any(part.endswith("_cache") for part in place.parts)
        if hidden or AWAY & set(place.parts) or not path.is_file():
            continue
        if path.suffix in TEXTS and not path.name.startswith(".coverage"):
            text = path.read_text("utf-8", errors="replace")
            assert not WORKPLACE.search(text), place
