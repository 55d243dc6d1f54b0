"""What makes a form field personal: shown masked, kept untouched, replaced whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core import privacy
from core.columns import Field
from core.words import _

KEEP = "*"
"""The tick that leaves a masked checklist as it is; no code looks like it."""


class Masked:
    """Text whose mask, coming back untouched, stands for the value that is kept."""

    kind, plain = "text", False
    kept: Any = None
    data: Any
    raw_data: Any
    errors: Any
    process_errors: Any

    def __init__(self, *args: Any, declared: Field, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.kind = declared.personal

    def process_data(self, value: Any) -> None:
        """Remember what is kept when the mask comes back untouched."""
        self.kept = self.data = value

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.plain or not self.data:
            return str(self.data or "")
        return privacy.mask(self.data, self.kind)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """An untouched mask keeps the value; half a mask is refused."""
        masked = privacy.mask(self.kept, self.kind)
        if valuelist and self.kept and not self.plain and valuelist[0] == masked:
            self.data = self.kept
            return
        super().process_formdata(valuelist)  # type: ignore[misc]  # the field's own
        if self.data and "*" in self.data and not self.plain:
            raise ValueError(_("Please type the whole value, without asterisks."))

    def forgive(self) -> None:
        """Take the mask of an older value for the newer one that is kept now."""
        if self.raw_data and "*" in str(self.raw_data[0]) and not self.plain:
            self.data, self.raw_data = self.kept, None
            self.errors, self.process_errors = (), ()


class MaskedTicks:
    """A checklist that shows no tick of what is kept, but one that keeps it."""

    plain = False
    kept: Any = None
    data: Any
    choices: Any

    def process_data(self, value: Any) -> None:
        """Remember what is kept."""
        super().process_data(value)  # type: ignore[misc]  # the field's own
        self.kept = value

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Its tick stands for what is kept; any other replaces it."""
        if self.kept and KEEP in valuelist:
            self.data = self.kept
        else:
            super().process_formdata(valuelist)  # type: ignore[misc]  # the field's own

    def iter_choices(self) -> Iterator[tuple[str, str, bool, dict[str, Any]]]:
        """The ticks as this reader sees them."""
        hidden = bool(self.kept) and not self.plain
        untouched = hidden and self.data == self.kept
        if hidden:
            yield KEEP, _("leave as it is"), untouched, {}
        for code, words in self.choices:
            yield code, words, not untouched and code in (self.data or ()), {}
