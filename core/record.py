"""Records: the bases of the declarations in ``models.py``, and their registry.

A record type is one class. Its columns carry a ``Field`` each (see ``core.columns``),
its class attributes say where it stands, who owns it and what people call it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, String, Table, Text, text
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column

from core import columns as c
from core import indexes
from core.base import Base, BigId, Book, Mark
from core.columns import Field, UtcDateTime
from core.privacy import Secret
from core.states import Flow
from core.words import Words


class Record(Base):
    """Anything the office keeps. Never deleted; a wrong one is voided with a reason."""

    __abstract__ = True

    kind: ClassVar[str] = ""
    slug: ClassVar[str] = ""
    title: ClassVar[Words] = ("", "")
    about: ClassVar[Words] = ("", "")
    group: ClassVar[str] = ""
    section: ClassVar[str] = ""
    rows: ClassVar[tuple[str, ...]] = ()
    books: ClassVar[tuple[Book, ...]] = ()
    marks: ClassVar[tuple[Mark, ...]] = ()
    form_code: ClassVar[str] = ""
    flow: ClassVar[Flow | None] = None
    show: ClassVar[tuple[str, ...]] = ()
    search: ClassVar[tuple[str, ...]] = ()
    label_column: ClassVar[str] = "name"
    owner: ClassVar[str] = "project"
    own: ClassVar[tuple[str, ...]] = ("created_by_id",)
    spine: ClassVar[tuple[str, ...]] = ()
    labels: ClassVar[dict[str, Words]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    parent: ClassVar[str] = ""
    parents: ClassVar[tuple[str, ...]] = ()
    menu: ClassVar[bool] = True
    manual: ClassVar[bool] = True
    fixed: ClassVar[tuple[str, ...]] = ()
    """What stands once it is written; a record that is wrong in it is voided."""
    binding: ClassVar[bool] = False
    """Whether such records are never called a mistake; a step takes them back."""
    printed_on: ClassVar[str] = "a4"
    """The paper on which it is usually printed."""
    printed_by: ClassVar[str] = ""
    """The setting that says whose name stands over it, where not the company's."""

    if TYPE_CHECKING:
        project_id: Mapped[int | None]  # but on companies and projects

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-10)
    version: Mapped[int] = mapped_column(default=1, sort_order=900)
    created_at: Mapped[dt.datetime] = mapped_column(
        UtcDateTime,
        sort_order=901,
        info={"field": Field("moment", ("登记时间", "Recorded at"), auto=True)},
    )
    created_by_id: Mapped[int | None] = mapped_column(
        BigInteger,
        sort_order=902,
        info={"field": Field("ref", ("登记人", "Recorded by"), ref="staff", auto=True)},
    )
    updated_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime,
        sort_order=903,
        info={"field": Field("moment", ("更新时间", "Updated at"), auto=True)},
    )
    voided_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime,
        sort_order=904,
        active_history=True,
        info={"field": Field("moment", ("作废时间", "Voided at"), auto=True)},
    )
    void_reason: Mapped[str | None] = mapped_column(
        Text,
        sort_order=905,
        active_history=True,
        info={"field": Field("long", ("作废原因", "Reason for voiding"), auto=True)},
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  a class is given
        """Every table has its version; cases are told apart by their slug."""
        if cls.slug == "case":
            return {
                "version_id_col": cls.version,
                "polymorphic_on": "type",
                "polymorphic_identity": "case",
            }
        if cls.kind == "case":
            return {"polymorphic_identity": cls.slug}
        return {"version_id_col": cls.version}

    def __init_subclass__(cls, **kw: Any) -> None:
        if "__abstract__" not in cls.__dict__:
            _prepare(cls)
        super().__init_subclass__(**kw)
        if "__abstract__" not in cls.__dict__:
            _TYPES[cls.slug] = cls


_RESERVED = frozenset(
    "kind slug title about group section rows books marks form_code flow show search"
    " label_column owner own spine labels required parent parents menu manual varies"
    " fixed binding printed_on printed_by ticked variants may_wait move intake beside"
    " version".split()
)
"""Names that a column of a record type would silently take from its declaration."""
_OF_CASES = frozenset("type number state open content".split())
_TYPES: dict[str, type[Record]] = {}
PROJECT = Field("ref", ("项目", "Project"), ref="project", auto=True, required=True)


def _owner_column(required: bool, index: bool = True) -> Any:
    return mapped_column(
        BigInteger,
        ForeignKey("project.id", ondelete="RESTRICT"),
        nullable=not required,
        index=index or None,
        sort_order=-9,
        info={"field": PROJECT},
    )


def _prepare(cls: type[Record]) -> None:
    """Slug, table name, owner column, key and secrets, before SQLAlchemy maps."""
    own = cls.__dict__
    _refuse_names(cls)
    cls.slug = own.get("slug") or _snake(cls.__name__)
    cls.__tablename__ = own.get("__tablename__", cls.slug)
    cls.parents = own.get("parents", (cls.parent,) if cls.parent else ())
    _TYPES[cls.slug] = cls
    if cls.slug != "case" and issubclass(cls, _TYPES["case"]):
        key = ForeignKey("case.id", ondelete="RESTRICT")
        cls.id = mapped_column(BigId, key, primary_key=True, sort_order=-10)
    else:
        _own_table(cls)
    for name, secret in [(n, s) for n, s in own.items() if isinstance(s, Secret)]:
        for column, value in secret.columns(name).items():
            setattr(cls, column, value)


def _refuse_names(cls: type[Record]) -> None:
    if cls.__name__ == "Case":
        return
    case = "case" in _TYPES and issubclass(cls, _TYPES["case"])
    columns = {
        n for n, v in cls.__dict__.items() if isinstance(v, MappedColumn | Secret)
    }
    taken = columns & (_RESERVED | (_OF_CASES if case else frozenset()))
    if taken:
        raise TypeError(f"{cls.__name__}: no column may be called {sorted(taken)}")


def _own_table(cls: type[Record]) -> None:
    if "project_id" not in cls.__dict__ and cls.slug not in (
        "project",
        "company",
        "case",
    ):
        cls.project_id = _owner_column(required=cls.owner == "project")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Master(Record):
    """Looked up by others: a building, a person, a department."""

    __abstract__ = True
    kind = "master"


class Log(Record):
    """Written once, then only corrected with a reason."""

    __abstract__ = True
    kind = "log"


class Policy(Record):
    """A decision of the office, seeded with its source, changed on a screen."""

    __abstract__ = True
    kind = "policy"
    owner = "office"
    section = "policy"
    group = "policy"
    varies: ClassVar[bool] = False
    """Whether a project may go by a row of its own in the place of the office's."""


class Part(Record):
    """A line inside another record, edited and read there only."""

    __abstract__ = True
    kind = "part"
    menu = False
    move: ClassVar[str] = ""
    """What adding such a line means to the clocks of its case."""
    ticked: ClassVar[tuple[str, ...]] = ()
    """What is ticked on such a line later, so that nobody signed it."""


class Case(Record):
    """Something that somebody must finish: the spine that queues and clocks read."""

    __tablename__ = "case"
    kind = "case"
    label_column = "number"
    own: ClassVar[tuple[str, ...]] = ("created_by_id", "holder_id")
    variants: ClassVar[tuple[str, ...]] = ("urgent",)
    """The fields that tell which rules apply, ``source.`` for those of its source."""
    may_wait: ClassVar[bool] = True
    """Whether its clocks may be paused, where their rules allow it."""
    intake: ClassVar[tuple[str, ...]] = ()
    """The fields that are asked while somebody is on the telephone."""
    beside: ClassVar[tuple[str, ...]] = ()
    """The books in which more is written of such a case, and that name it."""
    spine: ClassVar[tuple[str, ...]] = (
        "unit_id",
        "person_id",
        "channel",
        "received_at",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )

    __table_args__: tuple[Any, ...] = indexes.of_cases()

    type: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(
        String(40),
        info={"field": Field("text", ("编号", "Number"), auto=True, size=40)},
    )
    project_id = _owner_column(required=True, index=False)
    state: Mapped[str] = mapped_column(
        String(40),
        active_history=True,
        info={"field": Field("state", ("状态", "State"), auto=True)},
    )
    open: Mapped[bool] = mapped_column(default=True, active_history=True)
    unit_id = c.ref("房屋", "Home", "unit", index=False)
    person_id = c.ref("客户", "Customer", "person", index=False)
    channel = c.word("方式", "Channel", "channel")
    received_at: Mapped[dt.datetime] = mapped_column(
        UtcDateTime,
        active_history=True,
        default=lambda: dt.datetime.now(dt.UTC),
        info={"field": Field("moment", ("受理时间", "Received at"))},
    )
    content = c.long("内容", "Matter")
    urgent = c.yes("紧急", "Urgent")
    department_id = c.ref("责任部门", "Department", "department", index=False)
    holder_id = c.ref("责任人", "Held by", "staff", index=False)
    source_id: Mapped[int | None] = mapped_column(
        BigInteger,
        ForeignKey("case.id", ondelete="RESTRICT"),
        active_history=True,
        index=True,
        info={
            "field": Field("ref", ("来源单据", "Raised from"), ref="case", auto=True)
        },
    )
    next_due_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime,
        info={"field": Field("moment", ("下一到期", "Next due"), auto=True)},
    )
    urged: Mapped[int] = mapped_column(
        default=0,
        server_default=text("0"),
        info={"field": Field("integer", ("催办次数", "Urged"), auto=True)},
    )
    stocktaken_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime,
        info={"field": Field("moment", ("最近盘点", "Stock taken"), auto=True)},
    )
    closed_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime,
        active_history=True,
        info={"field": Field("moment", ("办结时间", "Closed at"), auto=True)},
    )


SPINE = tuple(Case.__table__.columns.keys())


def record_types() -> tuple[type[Record], ...]:
    """Every declared record type, in the order of ``models.py``."""
    return _declared_types(len(_TYPES))


@lru_cache(maxsize=1)
def _declared_types(_n: int) -> tuple[type[Record], ...]:
    return tuple(cls for slug, cls in _TYPES.items() if slug != "case")


def record_type(slug: str) -> type[Record]:
    """The record type of that slug; KeyError when there is none."""
    return _TYPES[slug]


@cache
def fields(cls: type[Record]) -> dict[str, Field]:
    """The declared fields in the order of the paper form, system fields last."""
    found: dict[str, Field] = {}
    for name in (*cls.spine, *_declared(cls), *_system(cls)):
        if name not in found and (field := _field(cls, name)):
            found[name] = field
    return found


@cache
def form_fields(cls: type[Record]) -> dict[str, Field]:
    """What a person fills in."""
    return {name: field for name, field in fields(cls).items() if not field.auto}


def parts(cls: type[Record]) -> list[type[Part]]:
    """The record types that are lines inside this one."""
    return [t for t in record_types() if issubclass(t, Part) and cls.slug in t.parents]


def _declared(cls: type[Record]) -> Iterator[str]:
    for base in reversed(cls.__mro__):
        if base in (Record, Case, Base, object):
            continue
        for name, value in base.__dict__.items():
            if isinstance(value, Secret) or name in cls.__table__.columns:
                yield name


def _system(cls: type[Record]) -> Iterator[str]:
    if issubclass(cls, Case):
        yield from SPINE
    yield from cls.__mapper__.columns.keys()


def _field(cls: type[Record], name: str) -> Field | None:
    secret = getattr(cls, name, None)
    if isinstance(secret, Secret):
        return secret.field
    column = cls.__mapper__.columns.get(name)
    found: Field | None = None if column is None else column.info.get("field")
    if found is None or found.personal == "hash":  # nobody ever reads it
        return None
    if (
        not found.auto
        and name in SPINE
        and name not in cls.spine
        and issubclass(cls, Case)
    ):
        return None
    changes: dict[str, Any] = {}
    if name in cls.labels:
        changes["label"] = cls.labels[name]
    if name in cls.required:
        changes["required"] = True
    return replace(found, **changes) if changes else found


def project_of(record: Record) -> int | None:
    """The project that a record belongs to; a project belongs to itself."""
    name = "id" if record.slug == "project" else "project_id"
    found: int | None = getattr(record, name, None)
    return found


def label_table(cls: type[Record]) -> Table:
    """The table on which a type's label column stands: its own, or the spine."""
    table = cls.__table__ if cls.label_column in cls.__table__.c else Case.__table__
    assert isinstance(table, Table)
    return table
