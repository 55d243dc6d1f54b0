"""Why a file cannot be imported at all, and the widest table that can be."""

from __future__ import annotations

COLUMNS, CELL = 300, 32_767
"""Columns of a table; characters of a cell, as spreadsheets count them."""


class Unreadable(ValueError):
    """The file cannot be read; the sentence says why."""
