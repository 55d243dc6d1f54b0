"""Fixtures: an office with its cast on either database, fresh for every test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import create_app
from core import keyfiles, passwords, policy
from core.access import SYSTEM, act_as
from core.db import OfficeSession, db
from core.words import DEFAULT, use_language
from tests import cast
from tests.browsing import Visitor
from tests.cast import Office
from tests.databases import Database, PostgresDatabase, SqliteFile, postgres_server
from tests.databases import scratch as memory
from tests.lives import Life
from views import actors
from views.upgrade import upgrade_schema

_running = ExitStack()
_SERVER = pytest.StashKey[str]()
ONCE = ("browser", "once")
"""Marks of tests that one database is enough for."""

Client = Callable[[str], Visitor]


class AsActor(Protocol):
    """``with as_actor("guard") as session``; without a name the system acts."""

    def __call__(self, job: str = "") -> AbstractContextManager[OfficeSession]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database to run on; PostgreSQL is started for the run",
    )
    parser.addoption(
        "--matrix",
        action="store_true",
        help="every record type, not one of each access group, for every role",
    )
    parser.addoption(
        "--draw",
        type=int,
        default=1,
        help="seed of the rules that are drawn to be taken away (make mutants)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the server; xdist's workers are told where it is."""
    told = getattr(config, "workerinput", {}).get("server")
    if told:
        config.stash[_SERVER] = told
    elif _wanted(config):
        config.stash[_SERVER] = _running.enter_context(postgres_server())
        config.add_cleanup(_running.close)


def _wanted(config: pytest.Config) -> bool:
    other = config.option.collectonly or config.option.help
    return config.getoption("--database") == "postgresql" and not other


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: pass the server's address on."""
    if _SERVER in node.config.stash:
        node.workerinput["server"] = node.config.stash[_SERVER]


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """What no database has a part in, and the browser, is tried on SQLite alone."""
    if config.getoption("--database") == "sqlite":
        return
    left = [item for item in items if any(map(item.get_closest_marker, ONCE))]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a process keeps from test to test: the application and where it stands."""

    app: Flask
    database: Database
    office: Office


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder in memory for databases that nobody will miss."""
    folder = Path(tempfile.mkdtemp(prefix="qiantai-", dir=memory()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stage(
    pytestconfig: pytest.Config, scratch: Path, worker_id: str
) -> Iterator[Stage]:
    """The office built once, by the migrations, the seeds and the setup themselves."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        passwords._nobody.cache_clear()
        for name in ("DATA_KEY", "SECRET_KEY", "DATABASE_URL", "OFFICE_PASSWORD"):
            patch.delenv(name, raising=False)
        database = _database(pytestconfig, scratch, worker_id)
        app = create_app(
            TESTING=True,
            INSTANCE=scratch / "instance",
            SQLALCHEMY_DATABASE_URI=database.url,
        )
        with app.app_context():
            upgrade_schema()
            office = cast.build(db.session())
        _let_go(app)
        database.keep()
        yield Stage(app, database, office)


def _database(config: pytest.Config, folder: Path, worker: str) -> Database:
    if config.getoption("--database") == "sqlite":
        return SqliteFile(folder)
    return PostgresDatabase(config.stash[_SERVER], f"office_{worker}")


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _language() -> None:
    """Whatever the last reader spoke, a test begins in the office's language."""
    use_language(DEFAULT)


@pytest.fixture
def app(stage: Stage) -> Iterator[Flask]:
    """The application on a fresh copy of the office."""
    stage.database.renew()
    keyfiles.load(stage.app.config["INSTANCE"])  # a test may have used others
    policy.forget()
    actors.forget()
    yield stage.app
    _let_go(stage.app)


@pytest.fixture
def folder(app: Flask) -> Iterator[Flask]:
    """The application with no file in its folder, before and after."""
    place = app.config["INSTANCE"] / "uploads"
    shutil.rmtree(place, ignore_errors=True)
    yield app
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def office(app: Flask, stage: Stage) -> Office:
    """The ids of the cast and of the two estates."""
    return stage.office


@pytest.fixture
def client(app: Flask) -> Client:
    """A signed-in browser: ``client("receptionist")``; one a job and test."""
    known: dict[str, Visitor] = {}

    def visitor(job: str) -> Visitor:
        if job not in known:
            known[job] = Visitor(app, job)
        return known[job]

    return visitor


@pytest.fixture
def as_actor(app: Flask, office: Office) -> AsActor:
    """A session in which somebody acts: ``with as_actor("guard") as session``.

    An empty name is the system itself. No request may be made meanwhile.
    """

    @contextmanager
    def acting(job: str = "") -> Iterator[OfficeSession]:
        with app.app_context():
            session = db.session()
            assert isinstance(session, OfficeSession)
            act_as(session, SYSTEM)
            if job:
                act_as(session, actors.actor_of_user(session, office.users[job]))
            yield session

    return acting


@pytest.fixture
def life(client: Client, as_actor: AsActor, office: Office) -> Life:
    """The office at work: cases, and who does what with them."""
    return Life(client, as_actor, office)


@pytest.fixture
def empty_app(
    stage: Stage, tmp_path: Path, worker_id: str
) -> Iterator[Callable[[str], Flask]]:
    """Applications on instances where nothing is yet: ``empty_app("second")``."""
    made: list[Flask] = []

    def make(name: str) -> Flask:
        address = stage.database.another(f"{name}_{worker_id}")
        folder = tmp_path / name
        app = create_app(TESTING=True, INSTANCE=folder, SQLALCHEMY_DATABASE_URI=address)
        made.append(app)
        return app

    yield make
    for app in made:
        _let_go(app)
