"""A declared ``Field`` as a WTForms field with plain native markup."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from markupsafe import Markup
from wtforms import Form, StringField
from wtforms import fields as base
from wtforms.fields.core import UnboundField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import (
    CheckboxInput,
    DateInput,
    DateTimeLocalInput,
    TextArea,
    TextInput,
    TimeInput,
)

from core.access import Actor, shown_plain
from core.columns import Field
from core.db import db
from core.record import Record
from core.words import _, catalogue, language, say
from views.options import Options
from views.personal import Masked, MaskedTicks
from views.reference import Reference
from views.values import choices, zone

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u2028\u2029]")
LIMIT = Decimal(10) ** 13


class Translations:
    """WTForms' own sentences, from the house's catalogue."""

    def gettext(self, string: str) -> str:
        """One sentence."""
        return catalogue(language()).gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """A sentence that counts."""
        return catalogue(language()).ngettext(singular, plural, n)


class RecordForm(Form):
    """The base of every generated form; sentences in the reader's language."""

    class Meta:
        """CSRF is checked for the whole application, not by forms."""

        csrf = False

        def get_translations(self, form: Form) -> Translations:
            """The house's catalogue for every field."""
            return Translations()


class Needed:
    """The field must be filled in; whitespace is nothing."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Form, field: base.Field) -> None:
        """Stop with a sentence that names the field."""
        if field.data is None or field.data in ("", []):
            field.errors = []
            raise StopValidation(_("Please fill in “{label}”.", label=field.label.text))


class Bounds:
    """A text of at most ``size`` characters, free of control characters."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, form: Form, field: base.Field) -> None:
        """Refuse what does not fit."""
        if field.data and len(field.data) > self.size:
            raise ValidationError(_("At most {n} characters, please.", n=self.size))


def clean(value: str | None) -> str | None:
    """Text as it is stored: trimmed, one kind of line break, no control characters."""
    if value is None:
        return None
    plain = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(plain):
        raise ValueError(_("The text contains characters that cannot be stored."))
    return unicodedata.normalize("NFC", plain) or None


class Text(StringField):
    """One line; a line break in it becomes a space."""

    widget = TextInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Store trimmed text or nothing."""
        if valuelist:
            self.data = clean(valuelist[0])
            if self.data and not isinstance(self, Long):
                self.data = self.data.replace("\n", " ").replace("\t", " ")


class Long(Text):
    """Several lines."""

    widget = TextArea()


class Whole(base.IntegerField):
    """A whole number within its bounds."""

    def __init__(self, *args: Any, low: int, high: int, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read digits in any width; empty is nothing."""
        text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if not re.fullmatch(r"[+-]?\d{1,12}", text):
            raise ValueError(_("Please enter a whole number."))
        if not self.low <= int(text) <= self.high:
            raise ValueError(
                _("Between {low} and {high}, please.", low=self.low, high=self.high)
            )
        self.data = int(text)


class Exact(base.Field):
    """An exact decimal with a fixed number of places."""

    data: Decimal | None
    widget = TextInput()

    def __init__(self, *args: Any, places: int, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.places = places

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:.{self.places}f}"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read a finite number; empty is nothing."""
        text = unicodedata.normalize("NFKC", valuelist[0]) if valuelist else ""
        text = text.strip().replace(",", "")
        self.data = None
        if not text:
            return
        try:
            value = Decimal(text)
            fits = value.is_finite() and abs(value) < LIMIT
            kept = round(value, self.places) if fits else None
        except ArithmeticError:
            raise ValueError(_("Please enter a number.")) from None
        if kept is None:
            raise ValueError(_("Please enter a number."))
        if kept != value:
            raise ValueError(_("At most {n} decimal places, please.", n=self.places))
        self.data = kept


class Day(base.Field):
    """A calendar day, by the browser's own date control."""

    widget = DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read ``2026-11-23``; empty is nothing."""
        self.data = None
        if valuelist and valuelist[0].strip():
            self.data = a_day(valuelist[0])


def a_day(text: str) -> dt.date:
    """A day in sane years; ValueError with a sentence otherwise."""
    try:
        day = dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise ValueError(_("Please enter a date like 2026-11-23.")) from None
    if not 1900 <= day.year <= 2200:
        raise ValueError(_("Please enter a date like 2026-11-23."))
    return day


def a_moment(text: str) -> dt.datetime:
    """A moment typed as the office's clock shows it, to the second, in UTC.

    ValueError with a sentence when it is none in sane years.
    """
    a_day(text)
    try:
        local = dt.datetime.fromisoformat(text.replace(" ", "T")[:19])
    except ValueError:
        raise ValueError(
            _("Please enter a date and time like 2026-11-23 10:12.")
        ) from None
    return local.replace(tzinfo=zone(db.session())).astimezone(dt.UTC)


class Moment(base.Field):
    """A point in time, typed in the office's zone, kept in UTC."""

    data: dt.datetime | None
    widget = DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return f"{self.data.astimezone(zone(db.session())):%Y-%m-%dT%H:%M}"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read ``2026-11-23T10:12``; empty is nothing."""
        before, self.data = self.data, None
        if not valuelist or not valuelist[0].strip():
            return
        found = a_moment(valuelist[0].strip())
        same = before is not None and before.replace(second=0, microsecond=0) == found
        self.data = before if same else found


class Time(Text):
    """A time of day."""

    widget = TimeInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read ``HH:MM``; empty is nothing."""
        super().process_formdata(valuelist)
        if self.data and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.data[:5]):
            raise ValueError(_("Please enter a time like 09:30."))
        self.data = self.data[:5] if self.data else None


class Yes(base.BooleanField):
    """A tick box."""

    widget = CheckboxInput()


class Choice(base.SelectField):
    """One of a closed or editable list, read when the form is opened."""

    widget = Options()

    choices: list[tuple[str, str]]

    def __init__(self, *args: Any, declared: Field, **kw: Any) -> None:
        known = choices(db.session(), declared)
        blank = [] if declared.required and declared.type == "yes" else [("", "—")]
        super().__init__(
            *args,
            choices=[*blank, *known.items()],
            coerce=lambda value: value or None,
            **kw,
        )

    def process_data(self, value: Any) -> None:
        """A stored code that left the list stays choosable on its own record."""
        super().process_data(value)
        known = {code for code, *_rest in self.choices}
        if value and value not in known:
            self.choices = [*self.choices, (value, value)]

    def pre_validate(self, form: Form) -> None:
        """Refuse what the list does not hold."""
        if self.data is not None and self.data not in {c for c, *_r in self.choices}:
            raise ValidationError(_("Please choose one of the listed values."))


def _ticks(field: base.Field, **kw: Any) -> Markup:
    """A checklist as labelled tick boxes; one that must not be empty needs not all."""
    items = Markup("").join(
        Markup("<label>{} {}</label>").format(option(required=False), option.label.text)
        for option in field
    )
    return Markup('<span class="ticks" id="{}">{}</span>').format(field.id, items)


class Several(base.SelectMultipleField):
    """Any of a closed list."""

    data: list[str] | None
    choices: list[tuple[str, str]]
    widget = staticmethod(_ticks)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, declared: Field, **kw: Any) -> None:
        known = choices(db.session(), declared)
        super().__init__(*args, choices=list(known.items()), **kw)

    def pre_validate(self, form: Form) -> None:
        """Refuse what the list does not hold."""
        known = {code for code, _words in self.choices}
        if self.data and not known.issuperset(self.data):
            raise ValidationError(_("Please choose one of the listed values."))

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Nothing ticked is nothing."""
        super().process_formdata(valuelist)
        self.data = self.data or None


class Personal(Masked, Text):
    """One line of personal data."""


class PersonalLong(Masked, Long):
    """Several lines of personal data."""


class PersonalSeveral(MaskedTicks, Several):
    """A checklist of personal data."""


PERSONAL: dict[str, type[base.Field]] = {
    "text": Personal,
    "secret": Personal,
    "long": PersonalLong,
    "several": PersonalSeveral,
}
KINDS: dict[str, type[base.Field]] = {
    "integer": Whole,
    "decimal": Exact,
    "money": Exact,
    "choice": Choice,
    "word": Choice,
    "several": Several,
    "ref": Reference,
    "text": Text,
    "long": Long,
    "date": Day,
    "moment": Moment,
    "time": Time,
    "yes": Yes,
}


def make(cls: type[Record], name: str, field: Field, owner: str) -> UnboundField[Any]:
    """The form field of one declared field; ``owner`` is the screen's endpoint."""
    kw: dict[str, Any] = {"label": "", "validators": _validators(field)}
    if field.personal:
        return UnboundField(PERSONAL[field.type], declared=field, **kw)
    kind = KINDS[field.type]
    match field.type:
        case "integer":
            kw |= {"low": field.low, "high": field.high}
        case "decimal" | "money":
            kw["places"] = field.places
        case "choice" | "word" | "several" | "ref":
            kw["declared"] = field
    if field.type == "ref":
        kw["owner"] = owner
    return UnboundField(kind, **kw)


def _validators(field: Field) -> list[Any]:
    found: list[Any] = [Needed()] if field.required else []
    if field.size:
        found.append(Bounds(field.size))
    return found


def dress(
    form: Form, fields: dict[str, Field], actor: Actor, cls: type[Record]
) -> None:
    """Labels, help and marks in the reader's language, after a form is made."""
    for name, declared in fields.items():
        if name not in form:
            continue
        field = form[name]
        unit = say(declared.unit)
        label = say(declared.label)
        field.label.text = label + (_(" ({unit})", unit=unit) if unit else "")
        field.description = say(declared.help)
        field.wide = declared.type in ("long", "several")
        field.source = declared.row
        if declared.personal:
            field.plain = shown_plain(actor, cls, name)
            field.render_kw = {"data-personal": "1", "autocomplete": "off"}
