"""What a record type may declare: one constructor a column, each with its ``Field``.

Use by module prefix (``c.text(...)``); a column named like its constructor would
otherwise shadow it in the class body.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import MappedColumn, mapped_column

from core.words import Words

Choice = tuple[str, str, str]
"""A closed choice: stored code, Chinese, English."""


@dataclass(frozen=True, slots=True)
class Field:
    """What people and screens need to know about a column beyond its SQL type.

    A date that is ``usual`` "today" stands in an empty form as the office's date.
    A text that ``names`` "records" or "options" holds their codes and is told by words.
    """

    type: str
    label: Words
    help: Words = ("", "")
    required: bool = False
    choices: tuple[Choice, ...] = ()
    dictionary: str = ""
    ref: str = ""
    unit: Words = ("", "")
    personal: str = ""
    row: str = ""
    auto: bool = False
    size: int = 0
    places: int = 0
    low: int | None = None
    high: int | None = None
    usual: str = ""
    names: str = ""
    options: dict[str, Any] = field(default_factory=dict)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC moment on both databases; SQLite alone would drop the zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """PostgreSQL keeps the zone."""
        zone = dialect.name == "postgresql"
        return dialect.type_descriptor(DateTime(timezone=zone))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """To UTC; ValueError for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(dt.UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """In UTC, whatever zone the server speaks in."""
        return None if value is None else value.astimezone(dt.UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """SQLite's text is read at one go: lists and exports are full of moments."""
        if dialect.name == "sqlite":
            return _aware
        return super().result_processor(dialect, coltype)


def _aware(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text + "+00:00")


class Scaled(TypeDecorator[Decimal]):
    """An exact decimal, stored as a whole number of its last place (fen for money)."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int = 2) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To whole last places; ValueError for more places than there are."""
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} decimal places")
        return int(scaled)

    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> Decimal | None:
        """Back to a decimal."""
        return None if value is None else Decimal(value).scaleb(-self.places)


class Codes(TypeDecorator[list[str]]):
    """Several codes of one closed list, stored as a JSON array in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: list[str] | None, dialect: Dialect
    ) -> str | None:
        """To JSON."""
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> list[str] | None:
        """From JSON."""
        return None if value is None else list(json.loads(value))


def text(zh: str, en: str, *, size: int = 200, **more: Any) -> MappedColumn[str | None]:
    """One line of text, at most ``size`` characters."""
    return _column(String(size), "text", zh, en, size=size, **more)


def long(zh: str, en: str, *, size: int = 20_000, **more: Any) -> MappedColumn[str]:
    """Several lines of text."""
    return _column(Text(), "long", zh, en, size=size, **more)


def integer(
    zh: str, en: str, *, low: int = 0, high: int = 1_000_000_000, **more: Any
) -> MappedColumn[int | None]:
    """A whole number between ``low`` and ``high``."""
    return _column(Integer(), "integer", zh, en, low=low, high=high, **more)


def decimal(
    zh: str, en: str, *, places: int = 2, **more: Any
) -> MappedColumn[Decimal | None]:
    """An exact decimal with ``places`` decimal places (an area, a meter reading)."""
    return _column(Scaled(places), "decimal", zh, en, places=places, **more)


def money(zh: str, en: str, **more: Any) -> MappedColumn[Decimal | None]:
    """An amount in yuan, stored as whole fen."""
    unit = ("元", "yuan")
    return _column(Scaled(2), "money", zh, en, places=2, unit=unit, **more)


def date(zh: str, en: str, **more: Any) -> MappedColumn[dt.date | None]:
    """A local calendar day."""
    return _column(Date(), "date", zh, en, **more)


def moment(zh: str, en: str, **more: Any) -> MappedColumn[dt.datetime | None]:
    """A point in time; shown in the office's zone, stored in UTC."""
    return _column(UtcDateTime(), "moment", zh, en, **more)


def clock_time(zh: str, en: str, **more: Any) -> MappedColumn[str | None]:
    """A time of day as ``HH:MM``."""
    return _column(String(5), "time", zh, en, size=5, **more)


def yes(zh: str, en: str, *, default: bool = False, **more: Any) -> MappedColumn[bool]:
    """Yes or no, never unknown."""
    extra = {"default": default, **more.pop("column", {})}
    return _column(
        Boolean(), "yes", zh, en, required=False, column=extra, nullable=False, **more
    )


def choice(zh: str, en: str, *choices: Choice, **more: Any) -> MappedColumn[str | None]:
    """One code of a closed list that only programmers change."""
    return _column(String(40), "choice", zh, en, choices=choices, **more)


def several(
    zh: str, en: str, *choices: Choice, **more: Any
) -> MappedColumn[list[str] | None]:
    """Any number of codes of a closed list: a checklist."""
    return _column(Codes(), "several", zh, en, choices=choices, **more)


def word(zh: str, en: str, dictionary: str, **more: Any) -> MappedColumn[str | None]:
    """One code of an editable list, the ``choice_label`` rows named ``dictionary``."""
    return _column(String(40), "word", zh, en, dictionary=dictionary, **more)


def ref(
    zh: str, en: str, slug: str, *, index: bool = True, **more: Any
) -> MappedColumn[int | None]:
    """A reference to a record of type ``slug``; the column's name ends in ``_id``."""
    key = ForeignKey(f"{slug}.id", ondelete="RESTRICT")
    return _column(BigInteger(), "ref", zh, en, ref=slug, index=index, key=key, **more)


def _column(
    sql: Any, kind: str, zh: str, en: str, *, required: bool = False, **more: Any
) -> MappedColumn[Any]:
    key, index = more.pop("key", None), more.pop("index", False)
    nullable = more.pop("nullable", not required)
    column = more.pop("column", {})
    info = Field(type=kind, label=(zh, en), required=required, **more)
    places = (sql, key) if key is not None else (sql,)
    return mapped_column(
        *places,
        nullable=nullable,
        index=index or None,
        active_history=True,
        info={"field": info},
        **column,
    )
