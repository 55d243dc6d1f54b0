"""Personal data: sealed in the database, masked on screens, found by a blind index.

AES-256-GCM with the table, column and the row's own random key as associated data, so
that a ciphertext moved to another row or column does not open. The blind index is an
HMAC of the normalised value under a key of its own per column: exact match and last
four digits, nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import String, Text
from sqlalchemy.orm import mapped_column

from core.columns import Field

ERASED = "-"


class SealBroken(ValueError):
    """A sealed value does not open: wrong key, or it was moved or altered."""


@dataclass(frozen=True)
class Keys:
    """The office's keys: ``root`` never changes, ``data`` holds every generation."""

    root: bytes
    data: dict[int, bytes] = field(default_factory=dict)

    @cached_property
    def ciphers(self) -> dict[int, AESGCM]:
        """One cipher a generation of the data key."""
        return {number: AESGCM(key) for number, key in self.data.items()}

    @property
    def newest(self) -> int:
        """The generation that seals new values."""
        return max(self.data)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose; does not rotate with the data key."""
        return hmac.digest(self.root, b"qiantai:" + purpose.encode(), "sha256")

    @classmethod
    def make(cls) -> Keys:
        """Fresh keys from the system's randomness."""
        return cls(secrets.token_bytes(32), {1: AESGCM.generate_key(256)})

    def dump(self) -> str:
        """One line, ``root:...,1:...``; for the key file or ``DATA_KEY``."""
        pairs = [("root", self.root), *((str(n), k) for n, k in self.data.items())]
        return ",".join(
            f"{name}:{base64.b64encode(key).decode()}" for name, key in pairs
        )

    @classmethod
    def load(cls, line: str) -> Keys:
        """The keys of a ``dump``; ValueError when it is not one."""
        pairs = dict(part.strip().split(":", 1) for part in line.strip().split(","))
        raw = {
            name: base64.b64decode(key, validate=True) for name, key in pairs.items()
        }
        if any(len(key) != 32 for key in raw.values()) or "root" not in raw:
            raise ValueError("DATA_KEY is not a line that this program wrote")
        root = raw.pop("root")
        return cls(root, {int(name): key for name, key in raw.items()})


_keys: list[Keys] = []
_reread: list[Callable[[], Keys]] = []
_derived: dict[str, bytes] = {}


def use_keys(keys: Keys) -> None:
    """Seal and open with these keys from now on, in this process."""
    _keys[:] = [keys]
    _derived.clear()


def renew_keys_by(reread: Callable[[], Keys] | None) -> None:
    """Where to look when a value is sealed by a generation made meanwhile."""
    _reread[:] = [reread] if reread else []


def keys() -> Keys:
    """The keys in use; LookupError before ``use_keys``."""
    if not _keys:
        raise LookupError("no keys are loaded")
    return _keys[0]


def derived(purpose: str) -> bytes:
    """``Keys.derive`` of the keys in use, remembered."""
    if purpose not in _derived:
        _derived[purpose] = keys().derive(purpose)
    return _derived[purpose]


def seal(value: str, where: str) -> str:
    """``value`` sealed for ``where`` (table, column and row key)."""
    number, nonce = keys().newest, os.urandom(12)
    body = keys().ciphers[number].encrypt(nonce, value.encode(), where.encode())
    return f"{number}.{base64.b64encode(nonce + body).decode()}"


def unseal(token: str, where: str) -> str:
    """The value of a sealed token; SealBroken when it is not from ``where``."""
    try:
        number, body = token.split(".", 1)
        raw = base64.b64decode(body)
        plain = _cipher(int(number)).decrypt(raw[:12], raw[12:], where.encode())
    except (KeyError, ValueError, OSError, InvalidTag) as error:
        raise SealBroken(where) from error
    return plain.decode()


def _cipher(number: int) -> AESGCM:
    """The cipher of a generation, be it newer than this process."""
    if number not in keys().ciphers and _reread:
        newer = _reread[0]()
        if newer.root == keys().root:
            _keys[:] = [newer]
    return keys().ciphers[number]


def normalise(value: str) -> str:
    """How two spellings of one number become one: no spaces, no marks, upper case."""
    plain = unicodedata.normalize("NFKC", value)
    return re.sub(r"[\s\-_()（）.]", "", plain).upper()


def blind(value: str, column: str) -> str:
    """The blind index of a value in ``column`` (``person.phone``)."""
    key = derived(f"index:{column}")
    return base64.b64encode(
        hmac.digest(key, normalise(value).encode(), hashlib.sha256)
    ).decode()[:32]


def mask(value: object, kind: str) -> str:
    """The value as people without a purpose see it."""
    if not value:
        return ""
    if kind == "name":
        plain = str(value)
        return plain[0] + "*" * max(1, min(len(plain) - 1, 2))
    plain = normalise(str(value))
    if kind == "phone" and len(plain) > 7:
        return f"{plain[:3]}****{plain[-4:]}"
    if kind == "id" and len(plain) > 6:
        return f"{plain[:2]}{'*' * (len(plain) - 4)}{plain[-2:]}"
    if kind == "account" and len(plain) > 7:
        return "*" * (len(plain) - 4) + plain[-4:]
    return "****"


NUMBERS = {
    "phone": re.compile(r"1(?<!\d1)[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"),
    "id": re.compile(r"\d(?<!\d\d)\d{5}(?:19|20)\d{9}[\dXx](?!\d)"),
}
"""Mobile and identity numbers as they stand among other words, by their masks.

What begins with a character, not with a look behind it, is found many times faster.
"""


def numbers_in(text: str) -> list[str]:
    """The kinds of numbers that stand in a text."""
    return [kind for kind, pattern in NUMBERS.items() if pattern.search(text)]


def mask_numbers(text: str, kinds: Iterable[str]) -> str:
    """A text whose numbers of those kinds are masked."""
    for kind in kinds:
        text = NUMBERS[kind].sub(partial(_masked, kind), text)
    return text


def _masked(kind: str, found: re.Match[str]) -> str:
    return mask(found[0], kind)


class Secret:
    """A personal value as a declared attribute: reads and writes plain, stores sealed.

    ``mask`` is ``phone``, ``id`` or ``account``; ``tail`` also indexes the last four
    characters. At class level it gives the criteria for a look-up.
    """

    def __init__(
        self, zh: str, en: str, *, mask: str, tail: bool = False, **more: Any
    ) -> None:
        self.mask, self.tail = mask, tail
        more = {"size": 60, **more}
        self.field = Field("secret", (zh, en), personal=mask, **more)
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def columns(self, name: str) -> dict[str, Any]:
        """The columns that carry this attribute, by their attribute names."""
        made: dict[str, Any] = {
            f"{name}_sealed": mapped_column(
                Text, active_history=True, info={"secret": name}
            ),
            f"{name}_hash": mapped_column(String(32), index=True, info={"blind": name}),
            "row_key": mapped_column(String(32), info={"internal": True}),
        }
        if self.tail:
            made[f"{name}_tail"] = mapped_column(
                String(32), index=True, info={"blind": name}
            )
        return made

    def where(self, record: Any) -> str:
        """What a ciphertext is bound to."""
        return f"{record.__tablename__}.{self.name}.{record.row_key}"

    def __get__(self, record: Any, owner: type | None = None) -> Any:
        if record is None:
            return self
        token = getattr(record, f"{self.name}_sealed")
        if not token or token == ERASED:
            return None
        return unseal(token, self.where(record))

    def __set__(self, record: Any, value: str | None) -> None:
        if value == self.__get__(record):
            return
        record.row_key = record.row_key or secrets.token_hex(16)
        column = f"{record.__tablename__}.{self.name}"
        plain = value.strip() if value else None
        setattr(
            record,
            f"{self.name}_sealed",
            seal(plain, self.where(record)) if plain else None,
        )
        setattr(record, f"{self.name}_hash", blind(plain, column) if plain else None)
        if self.tail:
            last = normalise(plain)[-4:] if plain else ""
            tail = blind(last, column + ".tail") if last else None
            setattr(record, f"{self.name}_tail", tail)

    def masked(self, record: Any) -> str:
        """The masked words of this record's value."""
        return mask(self.__get__(record), self.mask)
