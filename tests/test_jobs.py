"""Jobs: slots, leases, records of runs, and what a month of sleep leaves behind."""

from __future__ import annotations

import datetime as dt
import logging.config
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import jobs
from core.access import actor_of
from core.db import db, now, writing
from core.jobs import Job, Lease, Run, run_due
from tests.conftest import AsActor, Client
from views import pulse
from views.pulse import Pulse, beat
from views.told import actor_words

ROOT = Path(__file__).resolve().parent.parent
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 3, 11, 2, 7, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
Add = Callable[..., list[dt.datetime]]


@pytest.fixture
def add(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Let the office have only the jobs of the test; each notes when it ran."""
    monkeypatch.setattr(jobs, "_jobs", {})
    monkeypatch.setattr(logging.config, "dictConfig", lambda settings: None)

    def job(
        name: str = "count",
        trouble: str = "",
        every: dt.timedelta = MINUTE,
        at: tuple[str, ...] = (),
    ) -> list[dt.datetime]:
        ran: list[dt.datetime] = []

        def work(session: Session, moment: dt.datetime) -> int:
            ran.append(moment)
            if trouble:
                raise LookupError(trouble)
            return len(ran)

        jobs.add(Job(name, ("计数", "Counting"), work, every, at))
        return ran

    return job


def runs(session: Session) -> list[tuple[Any, ...]]:
    rows = session.execute(select(Run.name, Run.done, Run.error).order_by(Run.id))
    return [tuple(row) for row in rows]


def test_a_job_that_runs_every_so_often_has_even_slots() -> None:
    job = Job("x", ("", ""), lambda session, moment: 0, every=5 * MINUTE)
    assert job.latest(NOW, SHANGHAI) == NOW.replace(minute=5, second=0)
    assert job.following(NOW, SHANGHAI) == NOW.replace(minute=10, second=0)
    assert job.latest(NOW.replace(minute=5, second=0), SHANGHAI).minute == 5


def test_a_daily_job_keeps_the_offices_clock() -> None:
    job = Job("x", ("", ""), lambda session, moment: 0, at=("16:30", "09:00"))
    assert job.latest(NOW, SHANGHAI) == dt.datetime(2026, 3, 11, 1, tzinfo=dt.UTC)
    assert job.following(NOW, SHANGHAI).hour == 8
    early = NOW - dt.timedelta(hours=2)
    assert job.latest(early, SHANGHAI) == dt.datetime(2026, 3, 10, 8, 30, tzinfo=dt.UTC)


def test_a_slot_is_run_once_and_recorded(add: Add, as_actor: AsActor) -> None:
    ran = add()
    with as_actor() as session:
        (ended,) = run_due(session, NOW, SHANGHAI)
        assert (ended.done, ended.error) == (1, "")
        assert run_due(session, NOW + MINUTE / 3, SHANGHAI) == []
        assert run_due(session, NOW - MINUTE, SHANGHAI) == []
        run_due(session, NOW + MINUTE, SHANGHAI)
        assert runs(session) == [("count", 1, ""), ("count", 2, "")]
    assert ran == [NOW, NOW + MINUTE]


def test_a_month_of_sleep_is_one_run(add: Add, as_actor: AsActor) -> None:
    ran, daily = add(), add("daily", at=("09:00",))
    with as_actor() as session:
        for moment in (NOW, NOW + dt.timedelta(days=30)):
            run_due(session, moment, SHANGHAI)
    assert (len(ran), len(daily)) == (2, 2)


def test_a_failure_is_told_without_its_words_and_is_nobody_elses(
    add: Add, as_actor: AsActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = add("bad", trouble="13800138000"), add("good")
    with as_actor() as session:
        ended = run_due(session, NOW, SHANGHAI)
        assert [one.error for one in ended] == ["LookupError", ""]
        assert runs(session) == [("bad", 0, "LookupError"), ("good", 1, "")]
        run_due(session, NOW, SHANGHAI)
        assert (len(bad), len(good)) == (1, 1), "a failed job is left alone for a while"
        monkeypatch.setattr(jobs, "now", lambda: now() + jobs.PAUSE)
        run_due(session, NOW, SHANGHAI)
        assert len(bad) == 2


def test_a_job_acts_under_its_own_name(add: Add, as_actor: AsActor) -> None:
    seen = []

    def look(session: Session, moment: dt.datetime) -> int:
        seen.append(actor_of(session))
        return 0

    jobs.add(Job("look", ("看", "Looking"), look))
    with as_actor("staff") as session:
        run_due(session, NOW, SHANGHAI)
        assert actor_of(session).name == "staff"
    assert (seen[0].name, seen[0].system) == ("job:look", True)
    assert actor_words("job:look") == "看"
    assert actor_words("job:gone") == "job:gone"


def test_two_processes_never_run_one_job_at_once(add: Add, app: Flask) -> None:
    together, inside, most = threading.Barrier(2), [0], [0]

    def work(session: Session, moment: dt.datetime) -> int:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.2)
        inside[0] -= 1
        return 1

    jobs.add(Job("slow", ("", ""), work, every=MINUTE))
    found: list[int] = []

    def node() -> None:
        together.wait()
        found.append(len(beat(app, NOW)))

    nodes = [threading.Thread(target=node) for _ in range(2)]
    for one in nodes:
        one.start()
    for one in nodes:
        one.join()
    assert (sorted(found), most) == ([0, 1], [1])


HOLDER = """
import sys, time
from app import create_app
from core import jobs
from views.pulse import beat
def hang(session, moment):
    print("in hand", flush=True)
    time.sleep(60)
app = create_app()
jobs._jobs.clear()
jobs.add(jobs.Job("count", ("", ""), hang, every=jobs.DAY))
beat(app)
"""


def environment(app: Flask) -> dict[str, str]:
    return {
        **os.environ,
        "OFFICE_INSTANCE": str(app.config["INSTANCE"]),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }


def test_a_dead_holders_job_is_taken_over_when_its_lease_ends(
    add: Add, app: Flask, as_actor: AsActor
) -> None:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(app), stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"in hand\n"
        holder.kill()
    ran = add(every=jobs.DAY)
    with as_actor() as session:
        assert run_due(session, now(), SHANGHAI) == []
        with writing(session):
            session.connection().execute(update(Lease).values(until=now()))
        run_due(session, now(), SHANGHAI)
        broken, done = session.scalars(select(Run).order_by(Run.id)).all()
        assert broken.ended_at is None
        assert done.ended_at is not None
    assert len(ran) == 1


def test_a_rehearsal_of_next_year_does_not_stop_the_clock(add: Add, app: Flask) -> None:
    ran = add()
    beat(app, now() + dt.timedelta(days=400))
    assert len(beat(app)) == 1
    assert beat(app, now() - MINUTE) == []
    assert len(ran) == 2


def test_old_records_of_runs_go(add: Add, as_actor: AsActor) -> None:
    add()
    with as_actor() as session:
        run_due(session, NOW, SHANGHAI)
        with writing(session):
            old = now() - jobs.KEEP_RUNS - MINUTE
            session.connection().execute(update(Run).values(started_at=old))
        run_due(session, NOW + MINUTE, SHANGHAI)
        assert session.scalar(select(func.count()).select_from(Run)) == 1


def test_the_command_runs_what_is_due_as_if_it_were_then(add: Add, app: Flask) -> None:
    ran, runner = add(), app.test_cli_runner()
    result = runner.invoke(args=["jobs", "run", "--now", "2026-03-11T10:00"])
    assert (result.exit_code, result.output) == (0, "计数: 完成 1 件\n")
    assert ran == [dt.datetime(2026, 3, 11, 10, tzinfo=SHANGHAI)]
    result = runner.invoke(args=["jobs", "run", "--now", "2026-03-11T02:00:00Z"])
    assert "没有到点的任务" in result.output
    result = runner.invoke(args=["jobs", "run", "--now", "明天"])
    assert (result.exit_code, "明天" in result.output) == (2, True)


def test_the_command_says_that_a_job_failed(add: Add, app: Flask) -> None:
    add(trouble="13800138000")
    result = app.test_cli_runner().invoke(args=["jobs", "run"])
    assert result.exit_code == 1
    assert "LookupError" in result.output
    assert "13800138000" not in result.output


def test_nothing_runs_before_the_office_is_set_up(
    add: Add, empty_app: Callable[[str], Flask]
) -> None:
    ran, fresh = add(), empty_app("fresh")
    fresh.test_cli_runner().invoke(args=["upgrade"])
    assert beat(fresh) == []
    assert ran == []


def test_jobs_serve_for_ever_until_told_to_stop(app: Flask) -> None:
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(app), stdout=subprocess.PIPE
    ) as served:
        assert served.stdout is not None
        assert served.stdout.readline().decode().startswith("自动任务已开始")
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0


def test_the_pulse_outlives_a_database_that_is_away(
    add: Add, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = threading.Semaphore(0)

    def away(*_arguments: object, **_more: object) -> None:
        beats.release()
        raise ConnectionError

    monkeypatch.setattr(pulse, "BEAT", 0.01)
    monkeypatch.setattr(pulse, "beat", away)
    made = Pulse(app)
    made.start()
    assert all(beats.acquire(timeout=10) for _ in range(2))
    made.stop()
    assert not made.is_alive()


def test_a_stopped_pulse_begins_nothing_more(add: Add, as_actor: AsActor) -> None:
    ran = add()
    with as_actor() as session:
        assert run_due(session, NOW, SHANGHAI, stopping=lambda: True) == []
    assert ran == []


def test_the_screen_tells_how_each_job_went(
    add: Add, client: Client, app: Flask
) -> None:
    add("good", at=("09:00",))
    add("bad", trouble="13800138000")
    add("often", every=5 * MINUTE)
    assert "尚未运行" in client("admin").get("/jobs/").text
    beat(app)
    answer = client("admin").get("/jobs/")
    for words in (
        "完成 1 件",
        "失败：LookupError",
        "每天 09:00",
        "每分钟",
        "每 5 分钟",
    ):
        assert words in answer.text
    assert "13800138000" not in answer.text
    assert client("auditor").get("/jobs/").status_code == 200
    for job in ("supervisor", "manager", "receptionist"):
        assert client(job).get("/jobs/").status_code == 403


def test_the_screen_tells_what_runs_and_what_broke_off(
    add: Add, client: Client, as_actor: AsActor
) -> None:
    add()
    with as_actor() as session, writing(session):
        session.add(Run(name="count", slot=NOW, started_at=now()))
    assert "正在运行" in client("admin").get("/jobs/").text
    with as_actor() as session, writing(session):
        session.connection().execute(update(Run).values(started_at=NOW))
    assert "中断" in client("admin").get("/jobs/").text
    with as_actor():
        assert db.session.scalar(select(Lease.name)) is None
