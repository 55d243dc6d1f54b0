"""``sample``: fills the office with an estate, its people and years of cases."""

from __future__ import annotations

import datetime as dt

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM, act_as
from core.db import Busy, db, now, writing
from core.words import _
from models import PeriodicReport
from seeds.sample.accounts import demo_accounts
from seeds.sample.making import NoProject, make
from views.backup import is_bare
from views.login import is_set_up
from views.reports.compiling import recount
from views.values import zone

COUNTED = 60
"""Reports of a sample office that have figures: the newest."""


def init_app(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(sample)


@click.command("sample")
@click.option(
    "--cases", type=click.IntRange(1, 5_000_000), required=True, help="How many cases."
)
@click.option(
    "--years",
    type=click.FloatRange(0.25, 20),
    default=3,
    show_default=True,
    help="Over how many years.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="The same seed, number and end give the same office.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="The office's last moment, by its own clock; now unless given.",
)
@click.option("--accounts", is_flag=True, help="Also a login for each role, printed.")
@with_appcontext
def sample(
    cases: int, years: float, seed: int, until: dt.datetime | None, accounts: bool
) -> None:
    """Fill the office with invented people and cases, to try things out."""
    if is_bare() or not is_set_up(db.session()):
        raise click.ClickException(_("There is no office here yet."))
    session = db.session()
    act_as(session, SYSTEM)
    end = until.replace(tzinfo=zone(session)) if until else now()
    try:
        with click.progressbar(length=cases, label=_("Cases")) as bar:
            for count in make(session, cases, years, seed, end):
                bar.update(count)
        _count_reports(session)
        if accounts:
            _hand_out(session)
    except NoProject:
        raise click.ClickException(_("The office has no project yet.")) from None
    except Busy:
        sentence = _("Another program holds the database. Try again in a moment.")
        raise click.ClickException(sentence) from None
    click.echo(_("{n} cases were added.", n=f"{cases:,}"))


def _count_reports(session: Session) -> None:
    """Let the newest reports have the figures of what was made."""
    newest = select(PeriodicReport.id).order_by(PeriodicReport.period_to.desc())
    for key in session.scalars(newest.limit(COUNTED)).all():
        with writing(session):
            recount(session, session.get_one(PeriodicReport, key))


def _hand_out(session: Session) -> None:
    with writing(session):
        made = demo_accounts(session)
    for account in made:
        click.echo(f"  {account.username:<14} {account.password:<20} {account.name}")
