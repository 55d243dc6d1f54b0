"""Stock Flask-Admin over one table with our columns and as many rows."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from flask import Flask, redirect, request
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.wrappers import Response

from benchmarks.caller import Answer, Browser, Request
from benchmarks.questions import WORDS, Questions
from core import db as house
from core.columns import Scaled, UtcDateTime
from core.record import Case, form_fields
from models import Repair
from views.asked import PAGE

TABLE = "stock_record"
SHOWN = ["number", "unit", "content", "repair_kind", "state", "holder", "next_due_at"]
REFERENCES = {
    "unit_id": "unit",
    "person_id": "person",
    "department_id": "department",
    "holder_id": "staff",
}


PLAIN: dict[Any, Any] = {
    Text: Text,
    Integer: Integer,
    Scaled: Integer,
    Boolean: Boolean,
    UtcDateTime: DateTime,
}


class Base(DeclarativeBase):
    """Tables of this side; the people and homes are the office's own."""


def _plain(column: Any) -> Column[Any]:
    """A column as somebody without our column types would declare it."""
    kind: Any = String(40)
    for ours, plain in PLAIN.items():
        if isinstance(column.type, ours):
            kind = plain
    if column.name in REFERENCES:
        key = ForeignKey(f"{REFERENCES[column.name]}.id")
        return Column(column.name, BigInteger, key)
    return Column(column.name, kind)


def _columns() -> list[Column[Any]]:
    both = {c.name: c for c in (*Case.__table__.columns, *Repair.__table__.columns)}
    return [_plain(column) for name, column in both.items() if name != "id"]


class Unit(Base):
    """A home."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class Person(Base):
    """A customer."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class Department(Base):
    """A team."""

    __tablename__ = "department"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class Staff(Base):
    """A worker."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class User(UserMixin, Base):
    """A login."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    username: Mapped[str]


class StockRecord(Base):
    """A repair with every column of ours, in one table."""

    __table__ = Table(
        TABLE,
        Base.metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        *_columns(),
        Index("ix_stock_list", "type", "project_id", "received_at", "id"),
        Index("ix_stock_open", "project_id", "open", "received_at", "id"),
        Index("ix_stock_state", "type", "state", "received_at", "id"),
    )
    unit = relationship(Unit)
    person = relationship(Person)
    department = relationship(Department)
    holder = relationship(Staff)


FORM = [
    REFERENCES.get(name, name) if name != "holder_id" else "holder"
    for name in form_fields(Repair)
    if name in StockRecord.__table__.columns
    and (not name.endswith("_id") or name in REFERENCES)
]


class StockView(ModelView):
    """The screen as its documentation shows it, limited to one estate."""

    project = 0
    column_list = SHOWN
    column_searchable_list = ("number", "content", "fault_place", "result")
    column_filters = ("state", "channel", "urgent", "repair_kind", "received_at")
    column_default_sort = [("received_at", True), ("id", True)]  # noqa: RUF012
    column_sortable_list = ("number", "received_at")
    named_filter_urls = True
    can_view_details = True
    page_size = PAGE
    form_columns = FORM
    form_ajax_refs = {  # noqa: RUF012  as Flask-Admin wants it
        name: {"fields": ["name"]}
        for name in ("unit", "person", "department", "holder")
    }
    wanted: tuple[Any, ...] = (StockRecord.__table__.c.type == "repair",)

    def is_accessible(self) -> bool:
        """Who is signed in."""
        return bool(current_user.is_authenticated)

    def get_query(self) -> Any:
        """Rows of one estate that are not void."""
        return super().get_query().filter(*self._scope())

    def get_count_query(self) -> Any:
        """The same, counted."""
        return super().get_count_query().filter(*self._scope())

    def _scope(self) -> tuple[Any, ...]:
        columns = StockRecord.__table__.c
        return (
            columns.project_id == self.project,
            columns.voided_at.is_(None),
            *self.wanted,
        )

    def on_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        """What its author would set."""
        if is_created:
            model.type, model.project_id, model.state = "repair", self.project, "new"
            model.open, model.version = True, 1
            model.number = f"BX-{dt.datetime.now(dt.UTC):%Y-%H%M%S%f}"
        else:
            model.version += 1


class StockQueue(StockView):
    """What is not closed, oldest first."""

    column_default_sort = [("received_at", False), ("id", False)]  # noqa: RUF012
    wanted = (StockRecord.__table__.c.open.is_(True),)


def office(address: str, asked: Questions) -> Flask:
    """The stock application on that database, with our settings for durability."""
    app = Flask("stock")
    options = house.engine_options(address)
    options.pop("isolation_level", None)
    app.config.update(
        PROPAGATE_EXCEPTIONS=True,
        SECRET_KEY="stock",  # noqa: S106  of a page that nobody visits
        SQLALCHEMY_DATABASE_URI=address,
        SQLALCHEMY_ENGINE_OPTIONS=options,
    )
    database = SQLAlchemy(metadata=Base.metadata)
    database.init_app(app)
    login = LoginManager(app)
    login.user_loader(lambda key: database.session.get(User, int(key)))
    app.add_url_rule("/enter", "enter", lambda: _enter(database))
    with app.app_context():
        if database.engine.dialect.name == "sqlite":
            event.listen(database.engine, "connect", house._on_connect)
        admin = Admin(app, name="stock")
        for name, view in (("record", StockView), ("queue", StockQueue)):
            made = view(
                StockRecord,
                database,
                endpoint=name,
                url=f"/{name}",
                name=name,
            )
            made.project = asked.project
            admin.add_view(made)
    return app


def _enter(database: SQLAlchemy) -> Response:
    login_user(database.session.get(User, int(request.args["id"])))
    return redirect("/admin/")


def fill(connection: Connection) -> None:
    """The rows of the cases, in one table."""
    StockRecord.__table__.create(connection)
    names = [c.name for c in StockRecord.__table__.columns if c.name != "id"]
    spine = Case.__table__.columns.keys()
    picked = ", ".join(
        f'c."{name}"' if name in spine else f'r."{name}"' for name in names
    )
    listed = ", ".join(f'"{name}"' for name in names)
    connection.exec_driver_sql(
        f'INSERT INTO {TABLE} (id, {listed}) SELECT c.id, {picked} FROM "case" c'
        " LEFT JOIN repair r ON r.id = c.id"
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{TABLE}', 'id'), max(id))"
            f" FROM {TABLE}"
        )


class Stock:
    """Asks stock Flask-Admin's pages."""

    saved = 302

    def __init__(self, app: Flask, asked: Questions) -> None:
        self.asked, self.turn = asked, 0
        self.browser = Browser(app.wsgi_app)
        self.browser.open(Request(f"/enter?id={asked.user}"))
        self.browser.frozen = True

    def ask(self, name: str) -> Answer:
        """One call of one operation."""
        self.turn += 1
        pool = self.asked.pools["stock"]
        key = pool[self.turn % len(pool)]
        if name == "create":
            return self.browser.open(Request("/record/new/", self._form()))
        if name == "edit":
            return self.browser.open(Request(f"/record/edit/?id={key}", self._form()))
        if name in ("details", "edit form"):
            path = "details" if name == "details" else "edit"
            return self.browser.open(Request(f"/record/{path}/?id={key}"))
        return self.browser.open(Request(self._address(name)))

    def _address(self, name: str) -> str:
        if name == "queue":
            return "/queue/"
        if name == "deep page":
            return f"/record/?page={self.asked.deep_page}"
        if name == "month":
            first, last = (f"{at:%Y-%m-%d %H:%M:%S}" for at in self.asked.bounds)
            return f"/record/?flt0_received_at_between={quote(f'{first} to {last}')}"
        words = quote(WORDS.get(name, ""))
        return f"/record/?search={words}" if words else "/record/"

    def _form(self) -> dict[str, str]:
        asked = self.asked
        return {
            "received_at": "2026-11-20 09:30:00",
            "channel": "telephone",
            "content": asked.words(self.turn),
            "unit": str(asked.unit[0]),
            "person": str(asked.person[0]),
            "department": str(asked.department[0]),
            "holder": str(asked.holder[0]),
            "repair_kind": "leak",
            "fault_place": "厨房",
            "notified_by": "telephone",
            "result": f"第{self.turn}次上门，已修复",
        }
