"""Who may import whom: app -> views -> models -> rules -> core, and seeds -> models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import ROLES

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
MAY_USE = {
    "core": {"core"},
    "rules": {"rules", "core"},
    "models": {"rules", "core"},
    "seeds": {"seeds", "models", "rules", "core"},
    "migrations": {"migrations", "models", "core"},
    "views": {"views", "seeds", "migrations", "models", "rules", "core"},
    "app": {"views", "models", "rules", "core"},
}
WEB = {
    "flask",
    "flask_admin",
    "flask_login",
    "flask_wtf",
    "wtforms",
    "werkzeug",
    "click",
}
"""Only app and views know the web; the handle of the database is the one exception."""
HANDLE = ("core/db.py", "flask_sqlalchemy")


def sources(layer: str) -> list[Path]:
    single = ROOT / f"{layer}.py"
    return [single] if single.exists() else sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its head or anywhere else."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("layer", MAY_USE)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    assert sources(layer)
    for path in sources(layer):
        used = {name.split(".")[0] for name in imported(path)} & MAY_USE.keys()
        assert used <= MAY_USE[layer], path.relative_to(ROOT)


@pytest.mark.parametrize("layer", ["core", "rules", "models", "seeds", "migrations"])
def test_only_app_and_views_know_the_web(layer: str) -> None:
    for path in sources(layer):
        place = path.relative_to(ROOT).as_posix()
        used = {name.split(".")[0] for name in imported(path)}
        assert not used & WEB, place
        assert "flask_sqlalchemy" not in used or place == HANDLE[0], place


def test_rules_open_no_session_and_no_database() -> None:
    for path in sources("rules"):
        used = set(imported(path))
        assert not used & {"core.db", "core.audit", "sqlalchemy.orm"}, path.name


def test_core_names_no_role() -> None:
    roles = {code for code, *_ in ROLES} - {"staff"}  # a record type, too
    for path in sources("core"):
        tree = ast.parse(path.read_text("utf-8"))
        words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
        assert not words & roles, path.name
