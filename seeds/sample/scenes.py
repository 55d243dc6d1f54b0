"""Scenes: what belongs together in one record, so that its fields agree."""

from __future__ import annotations

from functools import cache

from seeds.sample.words import HERE

Scene = dict[str, str]


@cache
def scenes() -> dict[str, tuple[Scene, ...]]:
    """The scenes of each kind: a heading, the fields' names, a line for each scene."""
    found: dict[str, tuple[Scene, ...]] = {}
    for block in (HERE / "scenes.txt").read_text("utf-8").strip().split("\n\n"):
        heading, names, *lines = block.splitlines()
        fields = names.split(" | ")
        found[heading.strip("[]")] = tuple(
            dict(zip(fields, line.split(" | "), strict=True)) for line in lines
        )
    return found
