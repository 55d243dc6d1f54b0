"""Words for an office that does not exist: sentences, names and numbers nobody has."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
HOLE = re.compile(r"\{(\w+)\}")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
"""Weights and check characters of a Chinese identity number (GB 11643)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something people come to the desk with, and how it ends."""

    category: str
    kind: str
    function: str
    place: str
    months: frozenset[int]
    weight: int
    channel: str
    content: str
    reply: str
    result: str


@cache
def matters() -> tuple[Matter, ...]:
    """Every matter, in the order of its file."""
    return tuple(_matter(row) for row in _rows("matters"))


def _matter(row: dict[str, str]) -> Matter:
    months = _months(row.pop("season"))
    weight = int(row.pop("weight"))
    return Matter(months=months, weight=weight, **row)


def _months(season: str) -> frozenset[int]:
    """``11-3`` is November to March; nothing is every month."""
    if not season:
        return frozenset(range(1, 13))
    first, last = map(int, season.split("-"))
    return frozenset((first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1))


@cache
def lists() -> dict[str, tuple[str, ...]]:
    """The lists of words by name."""
    return {row["list"]: tuple(row["words"].split("|")) for row in _rows("words")}


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def say(rng: Random, name: str, known: Mapping[str, str]) -> str:
    """One of a list, its holes filled."""
    return fill(rng, rng.choice(lists()[name]), known)


def fill(rng: Random, sentence: str, known: Mapping[str, str]) -> str:
    """The sentence with each ``{hole}`` filled from ``known``, else from a list."""
    parts = _parts(sentence)
    if len(parts) == 1:
        return sentence
    return "".join(
        (known.get(part) or say(rng, part, known)) if n % 2 else part
        for n, part in enumerate(parts)
    )


@cache
def _parts(sentence: str) -> tuple[str, ...]:
    """Plain text and holes in turn."""
    return tuple(HOLE.split(sentence))


def identity(rng: Random) -> str:
    """An identity number of area 999999, which is none, with its check character."""
    born = f"{rng.randint(1945, 2006)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"999999{born}{rng.randint(1, 999):03}"
    total = sum(
        int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)
    )
    return body + CHECK[total % 11]


def phone(rng: Random) -> str:
    """A mobile number of a range that no operator uses."""
    return f"120{rng.randrange(10**8):08}"


def plate(n: int) -> str:
    """A number plate of a province that is none."""
    return f"测A·{n:05}"


def account(rng: Random) -> str:
    """A bank account of no bank."""
    return f"9999{rng.randrange(10**15):015}"


def full_name(rng: Random) -> tuple[str, str]:
    """Surname and given name."""
    return rng.choice(lists()["surname"]), rng.choice(lists()["given"])
