"""Templates in the reader's language.

A page says dozens of words as they stand in its template; they are translated once,
when it is compiled.
"""

from __future__ import annotations

import re

from flask import current_app
from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import escape

from core.words import _, language

_PLAIN = re.compile(r'\{\{ _\("([^"\\]+)"\) \}\}')


def pages() -> Environment:
    """The templates as whoever reads now reads them."""
    known: dict[str, Environment] = current_app.extensions.setdefault("pages", {})
    if language() not in known:
        known[language()] = current_app.jinja_env.overlay(extensions=[_Spoken])
    return known[language()]


class _Spoken(Extension):
    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        """The template with its plain words in the language that is spoken."""
        return _PLAIN.sub(lambda found: str(escape(_(found[1]))), source)
