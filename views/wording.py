"""Templates in the reader's language.

A page says dozens of words as they stand in its template; they are translated once,
when it is compiled. A piece of a page that stays the same for its reader is drawn once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import current_app
from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import Markup, escape

from core.access import Actor
from core.kept import worked_out
from core.words import catalogue, language

_PLAIN = re.compile(r'\{\{ _\("([^"\\]+)"\) \}\}')
_HOLE = Markup("\x1f{}\x1f")
"""Of a character that no text holds."""


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
        told = catalogue(language()).gettext
        return _PLAIN.sub(lambda found: str(escape(told(found[1]))), source)


def piece(
    who: Actor,
    template: str,
    key: tuple[Hashable, ...],
    holes: Mapping[str, str],
    context: Callable[[], Mapping[str, Any]],
) -> Markup:
    """A piece that stays the same for a reader and a key but for its ``holes``."""
    marks = {name: _HOLE.format(name) for name in holes}

    def draw() -> str:
        return pages().get_template(template).render(**context(), **marks)

    html = worked_out(who, (template, language(), *key), draw)
    for name, mark in marks.items():
        html = html.replace(mark, holes[name])
    return Markup(html)  # noqa: S704  the template escapes, as do the holes' makers
