"""Words for people: pairs in declarations, gettext for the house's own sentences."""

from __future__ import annotations

import csv
import gettext as _gettext
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

Words = tuple[str, str]
LANGUAGES = {"zh_Hans_CN": "中文", "en": "English"}
DEFAULT = "zh_Hans_CN"
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def language() -> str:
    """The reader's language code, ``zh_Hans_CN`` or ``en``."""
    return _language.get()


def use_language(code: str) -> None:
    """Speak ``code`` in this request or command; unknown codes are ignored."""
    if code in LANGUAGES:
        _language.set(code)


@cache
def catalogue(code: str) -> _gettext.NullTranslations:
    """The compiled catalogue of one language; the source speaks English."""
    return _gettext.translation("messages", CATALOGUES, [code], fallback=code == "en")


def _(message: str, **values: object) -> str:
    """``message`` in the reader's language, ``{name}`` placeholders filled."""
    text = catalogue(language()).gettext(message)
    return text.format(**values) if values else text


@cache
def _reference() -> dict[str, str]:
    with (CATALOGUES / "reference_en.csv").open(encoding="utf-8", newline="") as file:
        return {row["zh"]: row["en"] for row in csv.DictReader(file)}


def spoken(text: str) -> str:
    """A text as the reader calls it, when it came with the reference data."""
    return _reference().get(text, text) if language() == "en" else text


def say(words: Words) -> str:
    """The half of a ``(zh, en)`` pair that the reader reads."""
    return words[1] if language() == "en" else words[0]


def speaking(code: str, told: Callable[[], T]) -> T:
    """What ``told`` gives in that language, whoever reads now."""
    before = _language.get()
    use_language(code)
    try:
        return told()
    finally:
        _language.set(before)


def both(told: Callable[[], str]) -> Words:
    """What ``told`` says in either language, for readers who come later."""
    return speaking(DEFAULT, told), speaking("en", told)
