"""What the office does by itself: the jobs, their screen, their commands."""

from __future__ import annotations

import datetime as dt
import logging.config
import signal
from typing import Any

import click
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    request,
    url_for,
)
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import jobs
from core.access import ALL, Actor, Denied
from core.db import db, now, writing
from core.jobs import Ended, Job, Lease, Run
from core.messages import Outgoing
from core.record import fields
from core.words import _, say
from models import Gateway
from views import escalation, expiry, inbox, journal, ladders, outbox
from views.context import actor, fetch
from views.importing import recovering
from views.posting import try_out
from views.pulse import Pulse, beat
from views.reports import nightly
from views.shell import render
from views.values import (
    labels_of,
    number,
    plain_words,
    time_tag,
    zone,
)

page = Blueprint("jobs", __name__)
RUNS = 20


@click.group("jobs")
def group() -> None:
    """What the office does by itself."""
    logging.config.dictConfig(journal.settings())  # no words of errors on the console


def init_app(app: Flask) -> None:
    """Register the jobs, their screen and their commands."""
    minute = dt.timedelta(minutes=1)
    jobs.add(
        Job(
            "escalation",
            ("逾期逐级抄送", "Telling of what is overdue"),
            escalation.run,
            every=5 * minute,
        )
    )
    jobs.add(nightly.JOB)
    jobs.add(Job("outbox", ("发送消息", "Sending messages"), outbox.run, every=minute))
    over = ("到期的协议和租约", "Agreements and leases that have run out")
    jobs.add(Job("expiry", over, expiry.run, at=("00:10",)))
    broken = ("处理中断的导入", "Imports that broke off")
    jobs.add(Job("imports", broken, recovering.run, every=minute))
    swept = ("清理旧消息", "Sweeping old messages")
    jobs.add(Job("messages", swept, inbox.sweep, at=("03:10",)))
    app.register_blueprint(page)
    app.cli.add_command(group)


@page.get("/jobs/")
def screen() -> str:
    """Every job, when it ran and will run, and what did not arrive."""
    who, session = actor(), db.session()
    if not watches(who):
        raise Denied("read", "job_run")
    return render(
        "jobs.html",
        page={
            "title": _("Jobs and delivery"),
            "jobs": _lines(session),
            "notices": notices(session),
            "undelivered": _undelivered(session),
            "failures": _failures(session),
            "gateways": _gateways(session),
            "retry_url": url_for("jobs.retry") if _acts(who) else "",
            "try_url": url_for("jobs.try_gateway") if _acts(who) else "",
        },
    )


def watches(who: Actor) -> bool:
    """Whether the reader watches over the whole office's machinery."""
    return any(right.scope == ALL for right in who.having("system", "read"))


def _acts(who: Actor) -> bool:
    return bool(who.having("system", "update"))


@page.post("/jobs/retry")
def retry() -> Response:
    """Send once more what was given up."""
    if not _acts(actor()):
        raise Denied("update", "job_run")
    key, session = number(request.form.get("id", "")) or 0, db.session()
    with writing(session):
        found = outbox.try_again(session, key, now())
    if not found:
        abort(404)
    flash(_("It will be tried again within a minute."), "success")
    return redirect(url_for("jobs.screen"))


@page.post("/jobs/try")
def try_gateway() -> Response:
    """Send oneself a message by a gateway."""
    session = db.session()
    gateway = fetch(Gateway, request.form.get("id", ""), "update")
    with writing(session):
        sent = try_out(session, gateway, actor().staff_id or 0, now())
    if sent:
        flash(_("A test message leaves within a minute."), "success")
    else:
        flash(_("Your staff record has no address for this gateway."), "error")
    return redirect(url_for("jobs.screen"))


def undelivered(session: Session, who: Actor) -> list[tuple[str, str]]:
    """A warning for the desk of whoever can help: (sentence, address)."""
    if not (_acts(who) and outbox.failed(session, 1)):
        return []
    return [(_("Messages were not delivered."), url_for("jobs.screen"))]


def notices(session: Session) -> list[tuple[str, str]]:
    """What keeps messages from arriving at all: (sentence, address)."""
    found: dict[tuple[str, str], None] = {}
    steps = url_for("escalation_step.index_view")
    for rung, estate in ladders.reaching_nobody(session, now()):
        words = _(
            "{estate}: nobody stands on level {level} of a ladder: {recipient}",
            estate=estate,
            level=rung.level,
            recipient=rung.recipient,
        )
        found[words, steps] = None
    standing = select(Gateway.id).where(Gateway.active, Gateway.voided_at.is_(None))
    if session.connection().execute(standing.limit(1)).first() is None:
        words = _("There is no gateway: messages are read in the panel only.")
        found[words, url_for("gateway.index_view")] = None
    return list(found)


def _lines(session: Session) -> list[dict[str, Any]]:
    """A line for each job."""
    place, moment = zone(session), now()
    last, leases = _last_runs(session), _leases(session)
    found = []
    for job in jobs.known():
        run, lease = last.get(job.name), leases.get(job.name)
        done = lease.slot if lease else None
        latest = job.latest(moment, place)
        due = latest if done is None or done < latest else job.following(moment, place)
        words, tone = _outcome(run, moment)
        found.append(
            {
                "title": say(job.title),
                "rhythm": rhythm(job),
                "last": time_tag(run.started_at, place) if run else "",
                "words": words,
                "tone": tone,
                "next": time_tag(due, place),
            }
        )
    return found


def rhythm(job: Job) -> str:
    """How often a job runs."""
    if job.at:
        return _("daily at {times}", times=_(", ").join(job.at))
    minutes = int(job.every.total_seconds() // 60)
    if minutes == 1:
        return _("every minute")
    return _("every {n} minutes", n=minutes)


def _outcome(run: Any, moment: dt.datetime) -> tuple[str, str]:
    """How a run went, and its tone."""
    if run is None:
        return _("not yet"), "flat"
    if run.ended_at is None:
        broken = run.started_at + jobs.LEASE < moment
        return (_("broken off"), "late") if broken else (_("running"), "soon")
    if run.error:
        return _("failed: {kind}", kind=run.error), "late"
    return _("done: {n}", n=run.done), "done"


def _last_runs(session: Session) -> dict[str, Any]:
    newest = select(func.max(Run.id)).group_by(Run.name)
    rows = session.connection().execute(select(Run.__table__).where(Run.id.in_(newest)))
    return {row.name: row for row in rows}


def _leases(session: Session) -> dict[str, Any]:
    rows = session.connection().execute(select(Lease.__table__))
    return {row.name: row for row in rows}


def _failures(session: Session) -> list[tuple[str, Any, str]]:
    """The newest runs that failed: (job, when, kind of error)."""
    query = select(Run.__table__).where(Run.error != "").order_by(Run.id.desc())
    rows = session.connection().execute(query.limit(RUNS))
    titles = {job.name: say(job.title) for job in jobs.known()}
    place = zone(session)
    return [
        (titles.get(row.name, row.name), time_tag(row.started_at, place), row.error)
        for row in rows
    ]


def _undelivered(session: Session) -> list[dict[str, Any]]:
    rows, place = outbox.failed(session), zone(session)
    staff = {int(row.recipient) for row in rows if row.recipient.isdigit()}
    names = {str(key): n for key, n in labels_of(session, "staff", staff).items()}
    gateways = labels_of(session, "gateway", {row.gateway_id for row in rows})
    return [
        {
            "id": row.id,
            "gateway": gateways.get(row.gateway_id, ""),
            "recipient": names.get(row.recipient, row.recipient),
            "messages": row.messages,
            "time": time_tag(row.failed_at, place),
            "why": trouble(row.error),
        }
        for row in rows
    ]


def _gateways(session: Session) -> list[dict[str, Any]]:
    """The gateways in use, and when each was last used with success."""
    t, place = Outgoing.__table__.c, zone(session)
    used = select(t.gateway_id, func.max(t.sent_at)).group_by(t.gateway_id)
    last = dict(session.connection().execute(used).all())
    standing = (Gateway.active, Gateway.voided_at.is_(None))
    query = select(Gateway).where(*standing).order_by(Gateway.id)
    reaches = fields(Gateway)["reaches"]
    return [
        {
            "id": gateway.id,
            "name": gateway.name,
            "url": url_for("gateway.details_view", id=gateway.id),
            "reaches": plain_words(session, reaches, gateway.reaches, None),
            "last": time_tag(last.get(gateway.id), place),
        }
        for gateway in session.scalars(query)
    ]


def trouble(kind: str) -> str:
    """Why a letter was not taken, in words."""
    known = {
        "NoAddress": _("the recipient has no address"),
        "GatewayClosed": _("the gateway is out of use"),
        "UnknownGateway": _("the address of the gateway is wrong"),
        "Refused": _("the gateway did not accept it"),
        "SealBroken": _("the address of the gateway cannot be opened"),
        "SMTPAuthenticationError": _("the mail server refused the sign-in"),
        "SMTPRecipientsRefused": _("the mail server refused the recipient"),
        "ConnectionRefusedError": _("the server does not answer"),
        "TimeoutError": _("the server does not answer"),
        "gaierror": _("the server is not to be found"),
    }
    return known.get(kind, kind)


@group.command("run")
@click.option("--now", "at", default="", help="As if it were that moment (ISO 8601).")
@with_appcontext
def run_command(at: str) -> None:
    """Run once what is due."""
    ended = beat(current_app, _moment(at))
    for one in ended:
        click.echo(_told(one))
    if not ended:
        click.echo(_("Nothing is due."))
    if any(one.error for one in ended):
        raise click.ClickException(_("A job failed."))


def _moment(at: str) -> dt.datetime:
    """The moment that was said, in the office's zone where it names none."""
    try:
        found = dt.datetime.fromisoformat(at) if at else now()
    except ValueError:
        raise click.BadParameter(_("This is no date and time: {at}", at=at)) from None
    return found if found.tzinfo else found.replace(tzinfo=zone(db.session()))


def _told(one: Ended) -> str:
    how = (
        _("failed: {kind}", kind=one.error) if one.error else _("done: {n}", n=one.done)
    )
    return f"{say(one.job.title)}: {how}"


@group.command("serve")
@with_appcontext
def serve_command() -> None:
    """Run what is due, for ever, until told to stop."""
    pulse = Pulse(current_app._get_current_object())  # type: ignore[attr-defined]
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_caught: pulse.told.set())
    click.echo(_("The jobs run. Ctrl-C stops them."))
    pulse.run()
