"""The square on an issued slip: its address at the gate, for a telephone's camera."""

from __future__ import annotations

import segno
from flask import request, url_for
from markupsafe import Markup

from core.db import db
from core.record import Record
from models import ReleasePass
from views.values import setting


def code_of(record: Record) -> Markup:
    """The square of a slip that waits at the gate; nothing for anything else."""
    if not isinstance(record, ReleasePass) or record.state != "issued":
        return Markup()
    code = segno.make(gate_address(record), error="m", micro=False)
    drawn = code.svg_inline(scale=1, border=2, omitsize=True, svgclass="code")
    return Markup(drawn)  # noqa: S704  drawn here, from an address of ours


def gate_address(slip: ReleasePass) -> str:
    """Where a guard's telephone finds the slip: an address that nobody can guess."""
    place = setting(db.session(), "gate.address", request.host_url)
    return place.rstrip("/") + url_for("gate.gate", slip=slip.seal)
