"""Where an import waits between its steps: sealed files of one person, for a day.

Each piece is a file of its own, written whole or not at all, so any worker process can
go on where another stopped, and nothing personal lies in plain.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import privacy
from core.sealedfile import SealedReader, SealedWriter

DAY = 86_400
KEPT = 3
"""Imports that one person may have under way; the oldest makes room."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Staging:
    """One import under way."""

    folder: Path

    @classmethod
    def begin(cls, root: Path, owner: int | None) -> Staging:
        """A new one; what is old, or too many of the same owner, goes."""
        sweep(root)
        mine = sorted(root.glob(f"{owner or 0}-*"), key=_touched)
        for old in mine[: max(0, len(mine) - KEPT + 1)]:
            shutil.rmtree(old, ignore_errors=True)
        made = cls(root / f"{owner or 0}-{secrets.token_hex(16)}")
        made.folder.mkdir(mode=0o700)
        return made

    @classmethod
    def find(cls, root: Path, owner: int | None, token: str) -> Staging:
        """The one of that token, when it is the owner's; LookupError otherwise."""
        found = cls(root / f"{owner or 0}-{token}")
        if not _TOKEN.fullmatch(token) or not found.folder.is_dir():
            raise LookupError(token)
        return found

    @property
    def token(self) -> str:
        """What its address says."""
        return self.folder.name.partition("-")[2]

    def put(self, name: str, value: Any) -> None:
        """Keep a piece."""
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        with (
            draft.open("wb") as file,
            SealedWriter(file, privacy.keys()) as sealed,
            gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=1, mtime=0) as out,
        ):
            # days and moments that PostgreSQL takes as text as well
            out.write(json.dumps(value, separators=(",", ":"), default=str).encode())
        draft.replace(self.folder / name)

    def get(self, name: str) -> Any:
        """A piece; LookupError when it is not there."""
        try:
            file = (self.folder / name).open("rb")
        except FileNotFoundError:
            raise LookupError(name) from None
        with file:
            reader = io.BufferedReader(SealedReader(file, privacy.keys()), 1 << 16)
            with gzip.GzipFile(fileobj=reader, mode="rb") as packed:
                return json.loads(packed.read())

    def pieces(self, kind: str) -> Iterator[Any]:
        """The pieces of one kind, in order."""
        for path in sorted(self.folder.glob(f"{kind}-*")):
            yield self.get(path.name)

    def clear(self, *kinds: str) -> None:
        """Drop the pieces of some kinds."""
        for kind in kinds:
            for path in self.folder.glob(f"{kind}-*"):
                path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(root: Path) -> None:
    """Drop what has lain for a day."""
    for path in root.glob("*-*"):
        if _touched(path) < time.time() - DAY:
            shutil.rmtree(path, ignore_errors=True)


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process was quicker
        return 0.0
