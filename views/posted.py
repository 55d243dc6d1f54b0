"""Small posted values outside generated forms, checked once for all screens."""

from __future__ import annotations

import datetime as dt

from flask import abort, request

from core.words import _
from views.fields import clean
from views.values import number


def posted_version() -> int:
    """The version that a form was filled from; 400 when it is missing."""
    found = number(request.form.get("version", ""), digits=9)
    if found is None:
        abort(400, _("The form is incomplete. Open it again, please."))
    return found


def posted_sentence(name: str) -> str:
    """A short typed sentence, cleaned; 400 when it holds what cannot be stored."""
    try:
        return (clean(request.form.get(name, "")) or "")[:500]
    except ValueError as why:
        abort(400, str(why))


def posted_day(name: str) -> dt.date:
    """A day that was chosen; 400 when it is none."""
    try:
        return dt.date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        abort(400, _("Choose a day."))
