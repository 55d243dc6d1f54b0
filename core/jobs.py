"""Jobs: what the office does by itself, each at its times, once over all processes.

A job has slots, moments from which it is to run; only the newest slot that has begun is
run, so a month of sleep is one run. Whoever takes the lease in the database runs it; a
lease ends by itself when its holder dies. A job may be run twice over the same slot
after that, and must do nothing twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Index,
    String,
    bindparam,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.access import Actor, act_as
from core.base import Base, BigId
from core.columns import UtcDateTime
from core.db import now, writing
from core.words import Words

log = logging.getLogger("qiantai.jobs")

LEASE = dt.timedelta(minutes=10)
"""How long a job is left to whoever took it; what takes longer works in portions."""
PAUSE = dt.timedelta(minutes=2)
"""How long a job that failed is left alone."""
KEEP_RUNS = dt.timedelta(days=30)
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PREFIX = "job:"

Work = Callable[[Session, dt.datetime], int]
"""Does what is due at a moment; how many things it did."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something done every so often, or daily at certain times of the office's day."""

    name: str
    title: Words
    work: Work
    every: dt.timedelta = DAY
    at: tuple[str, ...] = ()

    def latest(self, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
        """The newest slot that has begun by ``moment``."""
        if not self.at:
            return moment - (moment - EPOCH) % self.every
        return max(slot for slot in self._around(moment, zone) if slot <= moment)

    def following(self, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
        """The first slot after ``moment``."""
        if not self.at:
            return self.latest(moment, zone) + self.every
        return min(slot for slot in self._around(moment, zone) if slot > moment)

    def _around(self, moment: dt.datetime, zone: ZoneInfo) -> Iterator[dt.datetime]:
        """The slots of the day of ``moment``, of the day before and the day after."""
        today = moment.astimezone(zone).date()
        for day in (today - DAY, today, today + DAY):
            for clock in self.at:
                local = dt.datetime.combine(day, dt.time.fromisoformat(clock), zone)
                yield local.astimezone(dt.UTC)


class Lease(Base):
    """How far a job has come, and who runs it until when."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    slot: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    holder: Mapped[str] = mapped_column(String(32), default="")
    until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Run(Base):
    """One run of a job: when, how it ended, and the kind of error, never its words."""

    __tablename__ = "job_run"
    __table_args__ = (
        Index("ix_job_run_name", "name", "id"),
        Index("ix_job_run_started_at", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    slot: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    done: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(80), default="")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run went."""

    job: Job
    done: int = 0
    error: str = ""


_jobs: dict[str, Job] = {}


def add(job: Job) -> None:
    """Let the office do this by itself from now on."""
    _jobs[job.name] = job


def known() -> list[Job]:
    """Every job, in the order in which they were added."""
    return list(_jobs.values())


def job_of(actor: str) -> Job | None:
    """The job that acted under that name."""
    return _jobs.get(actor.removeprefix(PREFIX)) if actor.startswith(PREFIX) else None


def run_due(
    session: Session,
    moment: dt.datetime,
    zone: ZoneInfo,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Ended]:
    """Run every job that is due at ``moment`` and that nobody else is running."""
    ends = dict(session.connection().execute(_ENDS).all())
    found = []
    for job in known():
        slot, done = job.latest(moment, zone), ends.get(job.name)
        if stopping() or (done is not None and done >= slot):
            continue
        turn = _Turn(job, slot, secrets.token_hex(16))
        if run := _take(session, turn):
            ended = _work(session, job, moment)
            _let_go(session, turn, run, ended)
            found.append(ended)
    return found


def forget_rehearsals(session: Session) -> None:
    """Let slots that lie ahead of the clock be run when their time comes."""
    ahead = _lease.slot > now() + DAY
    if session.connection().execute(select(_lease.name).where(ahead)).first():
        with writing(session):
            again = update(Lease).where(ahead).values(slot=None)
            session.connection().execute(again)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A job's slot in somebody's hands."""

    job: Job
    slot: dt.datetime
    holder: str


def _take(session: Session, turn: _Turn) -> int | None:
    """The number of a new run; nothing when somebody else has the job."""
    moment = now()
    wanted = {"job": turn.job.name, "newer": turn.slot, "moment": moment}
    mine = {"whose": turn.holder, "till": moment + LEASE}
    with writing(session):
        connection = session.connection()
        connection.execute(_OPEN, {"job": turn.job.name})
        if not connection.execute(_TAKE, wanted | mine).rowcount:
            return None
        begun = {"name": turn.job.name, "slot": turn.slot, "started_at": moment}
        return int(connection.execute(_BEGIN, begun).scalar_one())


def _work(session: Session, job: Job, moment: dt.datetime) -> Ended:
    before = session.info.get("actor")
    act_as(session, Actor(PREFIX + job.name, system=True, projects=None))
    try:
        return Ended(job, job.work(session, moment))
    except Exception as error:
        session.rollback()
        log.exception("a job failed", extra={"facts": {"job": job.name}})
        return Ended(job, error=type(error).__name__)
    finally:
        act_as(session, before)


def _let_go(session: Session, turn: _Turn, run: int, ended: Ended) -> None:
    """Record how it went, and that the slot is done, or that it waits a while."""
    moment = now()
    facts = {"ended_at": moment, "done": ended.done, "error": ended.error}
    wait = {"until": moment + PAUSE}
    ends = wait if ended.error else {"until": None, "slot": turn.slot}
    mine = (_lease.name == turn.job.name, _lease.holder == turn.holder)
    with writing(session):
        connection = session.connection()
        connection.execute(update(Lease).where(*mine).values(holder="", **ends))
        connection.execute(update(Run).where(Run.id == run).values(**facts))
        connection.execute(delete(Run).where(Run.started_at < moment - KEEP_RUNS))


_lease = Lease.__table__.c
_ENDS = select(_lease.name, _lease.slot)
_OPEN = text(
    "INSERT INTO job (name, holder) VALUES (:job, '') ON CONFLICT (name) DO NOTHING"
)
_TAKE = (
    update(Lease)
    .where(
        _lease.name == bindparam("job"),
        or_(_lease.slot.is_(None), _lease.slot < bindparam("newer")),
        or_(_lease.until.is_(None), _lease.until <= bindparam("moment")),
    )
    .values(holder=bindparam("whose"), until=bindparam("till"))
)
_BEGIN = insert(Run).values(done=0, error="").returning(Run.id)
