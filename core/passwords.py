"""Passwords: Argon2id, the same work for unknown users, what counts as too weak."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.words import _

LONGEST = 256
FEWEST_DIFFERENT = 5
AT_ONCE = 2
"""Each check takes 64 MB; more at a time would let sign-ins exhaust a small machine."""
COMMON = "password 123456 qwerty abc123 admin woaini 888888 666666".split()

_hasher = PasswordHasher()
_room = threading.BoundedSemaphore(AT_ONCE)


def digest(password: str) -> str:
    """What is stored instead of the password."""
    with _room:
        return _hasher.hash(_plain(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether it is the password; as slow without a stored hash as with one."""
    with _room:
        try:
            _hasher.verify(stored or _nobody(), _plain(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether today's parameters are stronger than those of the stored hash."""
    return _hasher.check_needs_rehash(stored)


def made_up() -> str:
    """A password to hand out: easy to read aloud, about 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join(
        "".join(secrets.choice(letters) for _ in range(4)) for _ in range(4)
    )


def weakness(password: str, username: str, shortest: int) -> str:
    """Why the password will not do, as a sentence; empty when it will."""
    plain = _plain(password)
    if len(plain) < shortest:
        return _("A password needs at least {n} characters.", n=shortest)
    if len(plain) > LONGEST:
        return _("A password has at most {n} characters.", n=LONGEST)
    if any(unicodedata.category(character) == "Cc" for character in plain):
        return _("A password holds no control characters.")
    folded = plain.casefold()
    if len(username) > 3 and username.casefold() in folded:
        return _("A password must not contain the user name.")
    if len(set(folded)) < FEWEST_DIFFERENT or _is_common(folded):
        return _("This password is too easy to guess.")
    return ""


def _plain(password: str) -> str:
    """One form for full-width and half-width typing."""
    return unicodedata.normalize("NFKC", password)[: LONGEST * 4]


def _is_common(folded: str) -> bool:
    """Whether nothing much is left beside a word that everybody tries first."""
    return any(len(folded.replace(word, "")) < FEWEST_DIFFERENT for word in COMMON)


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(24))
