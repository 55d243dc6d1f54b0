"""The steps of an import: read the file, map its columns, check it slice by slice."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO

from sqlalchemy.orm import Session

from core.access import Actor
from core.record import Record
from core.words import _
from views.importing.checking import Check
from views.importing.committing import Ready
from views.importing.plan import PIECE, Plan, Table, kept
from views.importing.reading import rows
from views.importing.staging import Staging
from views.importing.targets import LOOKED_AT, head_at, plain, proposed, targets
from views.importing.template import example
from views.importing.unreadable import Unreadable
from views.importing.xlsx import PIECE as BYTES
from views.importing.xlsx import Row
from views.people import positive
from views.saving import Refused


def take_in(
    session: Session,
    actor: Actor,
    staging: Staging,
    file: IO[bytes],
    table: Table,
    cls: type[Record],
) -> Plan:
    """Read a file into its staging; the plan that its heads propose."""
    known = targets(actor, cls)
    most = positive(session, "import.max_rows", 100_000)
    found = rows(file, most + LOOKED_AT, [plain(title) for title in cls.title])
    first = list(islice(found, LOOKED_AT))
    if not first:
        raise Unreadable(_("There are no rows in the file."))
    at = head_at([cells for _n, cells in first], known)
    table.heads = [re.sub(r"\s+", " ", cell).strip()[:80] for cell in first[at][1]]
    below = first[at + 1 :]
    if below and _said(below[0][1]) == _said(example(session, known)):
        del below[0]
    table.sample = [cells[:40] for _n, cells in below[:3]]
    for piece in _pieces(chain(below, found)):
        staging.put(f"raw-{table.pieces:05}", piece)
        table.pieces += 1
        table.rows += len(piece)
        widest = max(len(cells) for _n, cells in piece)
        table.heads += [""] * (widest - len(table.heads))
    if not table.rows:
        raise Unreadable(_("Below its heads the file has no rows."))
    plan = Plan(proposed(cls, table.heads, known))
    staging.put("table", kept(table))
    staging.put("plan", kept(plan))
    return plan


def _said(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()]


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of a file."""
    file.seek(0)
    found = hashlib.sha256()
    while piece := file.read(BYTES):
        found.update(piece)
    return found.hexdigest()


def _pieces(found: Iterator[Row]) -> Iterator[list[Row]]:
    while piece := list(islice(found, PIECE)):
        yield piece


def opened(staging: Staging) -> Ready:
    """An import as it was left."""
    return Ready(staging, Table(**staging.get("table")), Plan(**staging.get("plan")))


def begin(ready: Ready) -> None:
    """Check from the start."""
    ready.plan.begin()
    ready.staging.clear("rows", "bad")
    ready.staging.put("plan", kept(ready.plan))


def halt(ready: Ready) -> None:
    """Back to the columns."""
    ready.plan.begun = False
    ready.staging.put("plan", kept(ready.plan))


def go_on(session: Session, actor: Actor, ready: Ready, seconds: float) -> None:
    """Check on for about that long, or to the end of the file."""
    plan, staging = ready.plan, ready.staging
    until = time.monotonic() + seconds
    check = Check(session, actor, ready.table, plan)
    if set(filter(None, plan.mapping)) - check.known.keys():
        raise Refused(_("You may no longer fill one of these columns. Map them again."))
    while plan.piece < ready.table.pieces:
        read = [(n, cells) for n, cells in staging.get(f"raw-{plan.piece:05}")]
        staging.put(f"rows-{plan.piece:05}", check.piece(read))
        if check.problems:
            staging.put(f"bad-{plan.piece:05}", check.problems)
        plan.piece += 1
        if time.monotonic() > until:
            break
    staging.put("plan", kept(plan))
