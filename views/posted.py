"""Small posted values outside generated forms, checked once for all screens."""

from __future__ import annotations

from flask import abort, request

from core.words import _
from views.fields import clean


def posted_version() -> int:
    """The version that a form was filled from; 400 when it is missing."""
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        abort(400, _("The form is incomplete. Open it again, please."))
    return int(text)


def posted_sentence(name: str) -> str:
    """A short typed sentence, cleaned; 400 when it holds what cannot be stored."""
    try:
        return (clean(request.form.get(name, "")) or "")[:500]
    except ValueError as why:
        abort(400, str(why))
