"""Whoever looks round in a sample office finds life in every queue of his."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from core.access import SYSTEM, act_as
from core.db import db, writing
from models import User
from rules.queues import QUEUES
from seeds.sample.accounts import demo_accounts
from seeds.sample.making import make
from tests.cast import PASSWORD
from views import actors, founding
from views.queues.asking import Wanted
from views.queues.reading import counted
from views.setup import ensure_schema

pytestmark = [pytest.mark.once, pytest.mark.no_cover]
CASES = 2_000
"""As many as the demonstration has."""


def test_no_queue_is_empty_for_whom_it_is_made(
    empty_app: Callable[[str], Flask],
) -> None:
    with empty_app("lively").app_context():
        ensure_schema()
        session = db.session()
        founding.set_up(session, "物业", "花园", "root", PASSWORD, "standard", {})
        act_as(session, SYSTEM)
        sum(make(session, CASES, 1, 1, dt.datetime.now(dt.UTC)))
        with writing(session):
            demo_accounts(session)
        users = dict(session.execute(select(User.username, User.id)).all())
        empty = []
        for role in {role for queue in QUEUES for role in queue.roles}:
            who = actors.actor_of_user(session, users[role])
            act_as(session, who)
            mine = [queue for queue in QUEUES if role in queue.roles]
            empty += [
                (role, queue.slug)
                for queue in mine
                if not counted(session, who, queue, Wanted(), 9)
            ]
    assert empty == []
