"""Malformed values by a seeded generator: what no browser of ours would ever send."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.columns import Field

MILLION = "漏" * 1_000_000
ANYWHERE = (
    "\x00",
    "a\x00b",
    "\x07\x1b[31m",
    "\x1f",
    "\x0b\x0c",
    "\x7f\x85",
    "\u2028\u2029",
    "\u202e反",
    "\u200f\u200e\u2066",
    "\ufeff",
    "\ufffe\uffff",
    "\U000e0001\U0010ffff",
    "e\u0301" * 40,
    "👨‍👩‍👧‍👦🏳️‍🌈",
    "%ED%A0%80",
    "\\ud800",
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "\t=2*3",
    "＝1+1",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "</textarea></form><form>",
    "&lt;&#0;",
    "{{ config }}{% for x in y %}",
    "' OR '1'='1",
    "1; DROP TABLE person --",
    "\\'; --",
    "\\",
    "%",
    "%_",
    "../../../etc/passwd",
    "file:///etc/passwd",
    "${jndi:ldap://x}",
    "() { :; }",
    " " * 300,
    "\r\nSet-Cookie: a=b",
    "[]",
    "{}",
    "[object Object]",
    "null",
    "None",
    "undefined",
    "true",
    "NaN",
)
NUMBERS = (
    "99999999999999999999",
    "-99999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "999999999999999999",
    "2147483648",
    "-1",
    "-0",
    "0",
    "1e999999999",
    "1e-999999999",
    "0e999999999",
    "1e5",
    "0x7f",
    "1_000",
    "1,2",
    "1.5",
    ".",
    "-",
    "٣",
    "²",
    "①",
    "Ⅷ",
    "１２",
    "三",
    "Infinity",
    "-Infinity",
    "sNaN",
    "1" * 5000,
    "0" * 400 + "1",
)
DATES = (
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-0001-01-01",
    "2026-02-30",
    "2026-13-01",
    "2026-W01-1",
    "20260101",
    "2026-001",
    "2026-01-01T",
    "2026-01-01T25:00",
    "2026-01-01T00:00:00.999999999",
    "2026-01-01T00:00+99:99",
    "2026-01-01 00:00 Asia/Shanghai",
    "0001-01-01T00:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59",
    "9999-12-31T23:59:59-23:59",
    "२०२६-०१-०१",
    "01/02/2026",
    "24:00",
    "-1:00",
    "99:99",
    "1:1",
)
CODES = (
    "不存在",
    "visit ",
    "VISIT",
    "__all__",
    "visit,telephone",
    "*",
    "None",
    "choice",
)


class Hostile:
    """The same values for the same seed, and how many were handed out."""

    def __init__(self, seed: int) -> None:
        self.dice, self.sent = random.Random(seed), 0

    def __call__(self, declared: Field | None = None) -> str:
        """A value that does not fit, near to the type or far from any."""
        self.sent += 1
        pools = [ANYWHERE, NUMBERS, DATES, CODES]
        near: dict[str, tuple[str, ...]] = {"integer": NUMBERS}
        near |= {"decimal": NUMBERS, "money": NUMBERS}
        near |= dict.fromkeys(("date", "moment", "time"), DATES)
        near |= dict.fromkeys(("choice", "word", "several", "ref", "yes"), CODES)
        kind = declared.type if declared else ""
        pool = near.get(kind) if self.dice.random() < 0.5 else None
        return self.bent(self.dice.choice(pool or self.dice.choice(pools)))

    def bent(self, value: str) -> str:
        """The value, one time in five doubled, cut, wrapped or joined to another."""
        bends: list[Callable[[str], str]] = [
            lambda v: v * 2,
            lambda v: v[: len(v) // 2],
            lambda v: f" {v}\u3000",
            lambda v: v + self.dice.choice(ANYWHERE),
            lambda v: self.dice.choice(ANYWHERE) + v,
        ]
        return self.dice.choice(bends)(value) if self.dice.random() < 0.2 else value

    def several(self, declared: Field | None = None) -> list[str]:
        """One to three values under one name."""
        return [self(declared) for _ in range(self.dice.choice((1, 1, 2, 3)))]
