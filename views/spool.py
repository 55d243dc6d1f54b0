"""Where files lie that pass through: the owner's alone, and never for long."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

from flask import current_app


def folder() -> Path:
    """The folder of passing files inside the instance."""
    place: Path = current_app.config["INSTANCE"] / "passing"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def spool() -> IO[bytes]:
    """A file without a name, gone when it is closed."""
    return tempfile.TemporaryFile(dir=folder())
