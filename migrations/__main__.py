"""Write the step from the newest revision to what ``models.py`` now declares.

python -m migrations "what changed"
python -m migrations --first      # before the first release: begin anew
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

from alembic import command
from alembic.script import Script
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SAWarning

import migrations
import models  # noqa: F401  the declarations that the schema is brought to
from core import db, schema
from core.base import Base

VERSIONS = migrations.HERE / "versions"


def main(arguments: list[str]) -> int:
    """Compare, write the revision, say where it is."""
    parser = argparse.ArgumentParser(prog="python -m migrations", description=__doc__)
    parser.add_argument("message", nargs="?", default="the office")
    parser.add_argument("--first", action="store_true", help="begin anew")
    options = parser.parse_args(arguments)
    refuse_circles()
    VERSIONS.mkdir(exist_ok=True)
    if options.first:
        for old in VERSIONS.glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        path = write(options.message, _scratch(Path(folder)))
    print(path or "Nothing has changed.")
    return 0


def refuse_circles() -> None:
    """Exit when tables need each other: PostgreSQL could not make either first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SAWarning)
        try:
            len(Base.metadata.sorted_tables)
        except SAWarning as error:
            sys.exit(str(error))


def write(message: str, engine: Engine, versions: Path | None = None) -> str | None:
    """The path of the new revision; None when nothing has changed."""
    with schema.changing(engine) as connection:
        migrations.upgrade(connection)
        settings = migrations.config(connection, versions)
        place = str(versions or VERSIONS)
        made = command.revision(
            settings, message, autogenerate=True, rev_id=_next(), version_path=place
        )
    return made.path if isinstance(made, Script) else None


def _next() -> str:
    return f"{int(migrations.head() or 0) + 1:04}"


def _scratch(folder: Path) -> Engine:
    address = f"sqlite:///{folder / 'scratch.db'}"
    return db.prepare(create_engine(address, **db.engine_options(address)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
