"""What Alembic runs for every command; the caller gives the connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

import models  # noqa: F401  the declarations that revisions are compared with
from core.base import Base
from core.columns import Codes, Scaled, UtcDateTime
from core.schema import INDEX_TABLES, guard


def wanted(name: str | None, kind: str, parents: Any) -> bool:
    """Leave the search index alone: it is made beside the declared tables."""
    return kind != "table" or name not in INDEX_TABLES


def rendered(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """The house's own column types by their names."""
    if kind != "type" or not isinstance(item, (UtcDateTime, Scaled, Codes)):
        return False
    autogen.imports.add("from core import columns as c")
    places = str(item.places) if isinstance(item, Scaled) else ""
    return f"c.{type(item).__name__}({places})"


def unless_empty(
    migration: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    directives: list[MigrationScript],
) -> None:
    """Write no revision in which nothing happens."""
    steps = directives[0].upgrade_ops
    if steps is not None and steps.is_empty():
        directives.clear()


def run() -> None:
    """Walk the revisions, then put the history's triggers up again."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=wanted,
        render_item=rendered,
        render_as_batch=True,
        process_revision_directives=unless_empty,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.has_table(connection, "change"):
        guard(connection)  # a rebuilt table on SQLite has lost its own


run()
