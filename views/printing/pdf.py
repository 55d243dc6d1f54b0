"""Whether this machine draws PDF, and the press that does."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType


@cache
def press() -> ModuleType | None:
    """What draws PDF; nothing where its library, Pango, is missing."""
    try:
        return import_module("views.printing.press")
    except OSError:
        return None
