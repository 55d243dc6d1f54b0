"""The clock that starts the jobs: a thread beside the server, or a command of its own.

Every serving process has one; the leases see to it that one of them runs a job.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable

from flask import Flask

from core.db import db, now
from core.jobs import Ended, forget_rehearsals, run_due
from views.login import is_set_up
from views.values import zone

BEAT = 15.0
"""Seconds between two looks at what is due."""
PATIENCE = 15.0
"""Seconds that a running job has to finish when the server stops."""
log = logging.getLogger("qiantai.jobs")


def beat(
    app: Flask,
    moment: dt.datetime | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Ended]:
    """Run what is due, now or at a moment that is said; nothing before the setup."""
    with app.app_context():
        session = db.session()
        if not is_set_up(session):
            return []
        if moment is None:
            forget_rehearsals(session)
        return run_due(session, moment or now(), zone(session), stopping)


class Pulse(threading.Thread):
    """Beats until it is told to stop, whatever happens to single jobs."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="jobs", daemon=True)
        self.app, self.told = app, threading.Event()

    def run(self) -> None:
        """Beat, rest, beat."""
        while not self.told.wait(BEAT):
            try:
                beat(self.app, stopping=self.told.is_set)
            except Exception:  # the database may come back
                log.exception("the jobs could not be looked at")

    def stop(self) -> None:
        """Begin nothing more and wait a while for what is running."""
        self.told.set()
        self.join(PATIENCE)
