"""The control of a closed or editable list."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from wtforms import fields as base
from wtforms.widgets import Select, html_params


class Options(Select):
    """A list whose options are drawn once for as long as they stay the same."""

    def __call__(self, field: base.SelectField, **kw: Any) -> Markup:
        """The control with the stored code marked."""
        kw.setdefault("id", field.id)
        if field.flags.required:
            kw.setdefault("required", True)
        options = _options(tuple((code, words) for code, words, *_ in field.choices))
        here = f'value="{escape(field.data or "")}"'
        marked = options.replace(here, f"{here} selected", 1)
        params = html_params(name=field.name, **kw)
        return Markup(f"<select {params}>{marked}</select>")  # noqa: S704  escaped


@lru_cache(maxsize=512)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    return "".join(
        f'<option value="{escape(code)}">{escape(words)}</option>'
        for code, words in choices
    )
