"""Commands: ``setup`` makes the office, ``user`` gives and takes logins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.orm import Session

from core.access import SYSTEM, act_as
from core.db import Busy, db, writing
from core.words import _
from models import Staff
from views import founding, people
from views.founding import PRESETS
from views.people import Password, Post, Refused
from views.setup import ensure_schema

ROLES = click.Choice(list(people.role_titles()))

user = AppGroup("user", help="Logins of the staff.")


def init_app(app: Flask) -> None:
    """Put the commands on the command line."""
    app.cli.add_command(user)
    app.cli.add_command(setup)


@click.command("setup")
@click.option("--company", required=True, help="The property company's name.")
@click.option("--project", required=True, help="The estate's name.")
@click.option("--admin", required=True, help="User name of the administrator.")
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    default="standard",
    show_default=True,
    help="Which choices the office begins with.",
)
@with_appcontext
def setup(company: str, project: str, admin: str, preset: str) -> None:
    """Create the schema, load the reference data, make the first administrator.

    The password comes from OFFICE_PASSWORD or a prompt.
    """
    with _refusals():
        ensure_schema()
        password = _typed_password()
        session = db.session()
        founding.set_up(session, company, project, admin, password, preset, {})
    click.echo(_("The office is set up. {name} may sign in.", name=admin))
    click.echo(founding.recovery_sheet())


@user.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", multiple=True, required=True, type=ROLES)
@click.option("--project", default="", help="Name or code; the only one by default.")
@click.option("--department", default="", help="A department of that project.")
@click.option("--head", is_flag=True, help="Head of the department.")
def add(
    username: str,
    name: str,
    roles: tuple[str, ...],
    project: str,
    department: str,
    head: bool,
) -> None:
    """Make a login for a new member of staff.

    A password from OFFICE_PASSWORD is final; a made-up one is printed once and must
    be changed at the first sign-in.
    """
    password = _password()
    with _refusals(), _as_system() as session:
        place = people.project_named(session, project)
        where = (
            people.department_named(session, place, department) if department else None
        )
        post = Post(place.id, where.id if where else None, head)
        staff = Staff(project_id=place.id, department_id=post.department_id, name=name)
        people.add(session, username, staff, password, roles, post)
    click.echo(_("{name} may sign in.", name=username))
    _hand_out(password)


@user.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """End the user's sessions and let nobody sign in under this name."""
    with _refusals(), _as_system() as session:
        people.disable(session, people.find(session, username))
    click.echo(_("{name} is disabled.", name=username))


@user.command("reset")
@click.argument("username")
def reset(username: str) -> None:
    """Give the user another password and end his sessions."""
    password = _password()
    with _refusals(), _as_system() as session:
        login = people.find(session, username)
        people.set_password(session, login, password)
        disabled = login.disabled
    click.echo(_("{name} has a new password.", name=username))
    if disabled:
        click.echo(_("The login is disabled and stays so."))
    _hand_out(password)


@contextmanager
def _refusals() -> Iterator[None]:
    """Refusals as a sentence and exit code 1."""
    try:
        yield
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    except Busy:
        sentence = _("Another program holds the database. Try again in a moment.")
        raise click.ClickException(sentence) from None


@contextmanager
def _as_system() -> Iterator[Session]:
    session = db.session()
    act_as(session, SYSTEM)
    with writing(session):
        yield session


def _password() -> Password:
    """The final one of the environment, else a made-up one."""
    given = os.environ.get("OFFICE_PASSWORD", "")
    return Password(given) if given else Password.made_up()


def _typed_password() -> str:
    if given := os.environ.get("OFFICE_PASSWORD", ""):
        return given
    if not _at_terminal():
        raise Refused(_("Set OFFICE_PASSWORD or run this in a terminal."))
    typed: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    return typed


def _at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _hand_out(password: Password) -> None:
    if password.must_change:
        click.echo(_("Password, shown once: {plain}", plain=password.plain))
        click.echo(_("It must be changed at the first sign-in."))
