"""The ground under every table: base class, key type, names of constraints."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

from core.words import Words

BigId = BigInteger().with_variant(Integer, "sqlite")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Everything in the database, records and the tables behind them."""

    metadata = MetaData(naming_convention=NAMES)


@dataclass(frozen=True, slots=True)
class Book:
    """A named filter over a table: a form with its own name, menu entry and list.

    Its paper has these ``fields`` alone, if any are named; ``person_id.phone`` is that
    of whom the field names.
    """

    code: str
    title: Words
    where: dict[str, str] = field(default_factory=dict, hash=False)
    form_code: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that stand out on a record whose ``field`` is also in one of ``others``."""

    field: str
    others: tuple[str, ...]
    words: Words
