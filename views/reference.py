"""The form field of a reference: a type-ahead, or typed text resolved on the server."""

from __future__ import annotations

from typing import Any

from flask import url_for
from markupsafe import Markup
from wtforms import fields as base
from wtforms.utils import unset_value
from wtforms.widgets import TextInput, html_params

from core import privacy
from core.access import actor_of, may
from core.columns import Field
from core.db import db
from core.record import record_type, record_types
from core.words import _, say
from views.context import by_hand
from views.lookup import Lookup, meant
from views.values import (
    labels_of,
    number,
    person_label_masked,
)


class LookupInput(TextInput):
    """A text box that a script turns into a type-ahead; it puts the id beside it.

    Without the script the id stays empty, so that what was typed over it counts.
    """

    def __call__(self, field: Reference, **kw: Any) -> Markup:
        """The visible text and the place of the id."""
        known = None if field.errors else field.data
        shown = field.typed or (field.words(known) if known else "")
        kw.setdefault("id", field.id)
        params = html_params(
            type="text",
            name=field.name,
            value=shown,
            autocomplete="off",
            **{"class": "lookup", "data-url": field.url, "data-id": known or ""},
            **field.unknown,
            **{k.replace("_", "-"): v for k, v in kw.items()},
        )
        hidden = html_params(type="hidden", name=f"{field.name}-id", value="")
        return Markup(f"<input {params}><input {hidden}>")  # noqa: S704  html_params escapes


class Reference(base.Field):
    """Another record, by type-ahead, or typed and then resolved here."""

    data: int | None
    widget = LookupInput()

    def __init__(self, *args: Any, declared: Field, owner: str, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.slug, self.owner, self.typed = declared.ref, owner, ""

    @property
    def url(self) -> str:
        """Where the type-ahead asks."""
        name = self.short_name
        return url_for(f"{self.owner}.ajax_lookup", name=name)

    @property
    def unknown(self) -> dict[str, str]:
        """Where somebody who is not on file yet is entered, for who may do that."""
        cls, who = record_type(self.slug), actor_of(db.session())
        begun = cls in record_types() and by_hand(cls, "create")
        if not begun or not may(who, "create", cls):
            return {}
        words = _("Not on file: enter a new one ({kind})", kind=say(cls.title))
        return {"data-new": url_for(f"{self.slug}.create_view"), "data-words": words}

    def words(self, record_id: int) -> str:
        """What the chosen record is called, masked where the reader must not see."""
        label = labels_of(db.session(), self.slug, [record_id]).get(record_id, "")
        kind = person_label_masked(actor_of(db.session()), self.slug)
        return privacy.mask(label, kind) if kind else label

    def process(
        self, formdata: Any, data: Any = unset_value, extra_filters: Any = None
    ) -> None:
        """The hidden id wins; else what was typed is looked up."""
        super().process(None, data, extra_filters)
        if formdata is None or self.name not in formdata:
            return
        before = self.data
        self.raw_data = formdata.getlist(self.name)
        self.typed = str(self.raw_data[0]).strip()[:200]
        chosen = str(formdata.get(f"{self.name}-id", "")).strip()
        try:
            self.data = self._resolve(chosen, before)
        except ValueError as error:
            self.process_errors = [str(error)]

    def _resolve(self, chosen: str, before: int | None) -> int | None:
        if not self.typed:
            return None
        if chosen:
            key = number(chosen)
            if key is None:
                raise ValueError(_("Please choose one of the matches."))
            if key == before:
                return before
            return self._existing(Lookup(self.slug).one(db.session(), key))
        if before is not None and self.typed == self.words(before):
            return before
        found = meant(db.session(), self.slug, self.typed)
        if len(found) == 1:
            return found[0].id
        if not found:
            raise ValueError(_("Nothing was found for “{typed}”.", typed=self.typed))
        several = _(", ").join(hit.words for hit in found[:5])
        raise ValueError(_("Several match: {several}. Which one?", several=several))

    def _existing(self, found: int | None) -> int:
        if found is None:
            raise ValueError(_("Nothing was found for “{typed}”.", typed=self.typed))
        return found
