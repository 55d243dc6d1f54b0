"""The office's keys on disk: made at first start, readable by their owner only.

``SECRET_KEY`` signs cookies, ``DATA_KEY`` seals personal data. Both may come from the
environment (several nodes share them so); otherwise they stand in ``keys/`` of the
instance folder, never in the database or beside a backup of it.
"""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from core.privacy import Keys, renew_keys_by, use_keys
from core.words import _

log = logging.getLogger("qiantai.keys")

SECRET, DATA = "secret_key", "data_key"
SHORTEST = 16


class KeysUnusable(RuntimeError):
    """The keys are missing or not what this program wrote; the message says which."""


def load(instance: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Use the office's data keys from now on; returns the key that signs cookies."""
    given = environment.get("DATA_KEY")
    line = given or _stored(instance, DATA, _new_data_key)
    try:
        use_keys(Keys.load(line))
    except ValueError as error:
        raise KeysUnusable(
            _("DATA_KEY is not a key that this program made.")
        ) from error
    path = instance / "keys" / DATA
    renew_keys_by(None if given else lambda: Keys.load(path.read_text("ascii")))
    secret = environment.get("SECRET_KEY") or _stored(
        instance, SECRET, lambda _place: secrets.token_urlsafe(48)
    )
    if len(secret) < SHORTEST:
        raise KeysUnusable(_("SECRET_KEY is shorter than {n} characters.", n=SHORTEST))
    return secret


def keep(instance: Path, keys: Keys) -> None:
    """Put ``keys`` in place of the stored ones (a rotation, a restored office)."""
    folder = _folder(instance)
    _draft(folder, keys.dump()).replace(folder / DATA)
    settle(folder)


def _new_data_key(instance: Path) -> str:
    """A fresh key, unless a database already waits for the one that is lost."""
    if any(path.stat().st_size for path in instance.glob("*.db")):
        raise KeysUnusable(
            _(
                "{folder} holds a database, but its key file {file} is missing. Restore"
                " it from the recovery sheet; a new key would not open the data.",
                folder=instance,
                file=f"keys/{DATA}",
            )
        )
    return Keys.make().dump()


def _stored(instance: Path, name: str, make: Callable[[Path], str]) -> str:
    """The line in the file, made on first use; two that start at once agree on one."""
    folder = _folder(instance)
    path = folder / name
    if not path.exists():
        draft = _draft(folder, make(instance))
        try:
            _publish(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        settle(folder)
    _close_to_others(path)
    return path.read_text("ascii").strip()


def _folder(instance: Path) -> Path:
    folder = instance / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def _draft(folder: Path, line: str) -> Path:
    """A complete file under another name; ``mkstemp`` makes it 0600."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _publish(draft: Path, path: Path) -> None:
    """Give the draft its name unless another process was first."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            draft.replace(path)


def settle(folder: Path) -> None:
    """The folder's entries reach the disk too (Windows needs and offers nothing)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _close_to_others(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        log.warning("a key file was open to others; closed it")
        path.chmod(0o600)
