"""The font that goes with the office: a form looks the same on every machine."""

from __future__ import annotations

from functools import cache

from fontTools.ttLib import TTFont

from views.shell import STATIC

FONT = STATIC / "vendor" / "noto-sans-sc" / "NotoSansSC-Regular.woff2"


@cache
def glyphs() -> frozenset[str]:
    """The characters that the font draws."""
    with TTFont(FONT, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def strange(text: str) -> list[str]:
    """The characters of a form that need another font, each with its code point."""
    found = sorted(char for char in {*text} - glyphs() if not char.isspace())
    return [f"{char} U+{ord(char):04X}" for char in found]
