"""What the procedures advise, beside the step that it is about."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.words import say
from views.facts import policy_rows


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice, with the rules that it comes from."""

    title: str
    text: str
    rules: tuple[str, ...]


def advice(session: Session, place: str) -> list[Advice]:
    """What is advised at a place: a record type, a step or a kind of reception."""
    rows = [r for r in policy_rows(session, "hint") if place in r["places"].split()]
    rows.sort(key=lambda row: row["position"] or 0)
    return [
        Advice(
            say((row["title_zh"], row["title_en"] or row["title_zh"])),
            say((row["text_zh"], row["text_en"] or row["text_zh"])),
            tuple((row["source"] or "").split()),
        )
        for row in rows
    ]
