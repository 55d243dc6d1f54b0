"""N cases over three years, by the drivers' own bulk loading; the search index too."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Connection

from core import search
from core.db import now
from core.record import record_type

if TYPE_CHECKING:
    from benchmarks.filling import Estate

COMMON, RARE, ABSENT = "漏水", "鹦鹉", "骆驼"
KINDS = ("repair",) * 7 + ("reception",) * 2 + ("complaint",)
FIRST = {"repair": "new", "reception": "registered", "complaint": "received"}
PREFIX = {"repair": "BX", "reception": "JD", "complaint": "TS"}
OPEN_IN, COMMON_IN, RARE_ONES = 50, 8, 100
"""One case in so many is open, or says the common word; so many say the rare one."""
SPAN = dt.timedelta(days=3 * 365)
CHUNK = 20_000
PIECES = (
    "业主来电反映",
    "厨房天花板有水渍",
    "卫生间下水缓慢",
    "希望尽快安排师傅上门查看",
    "楼道照明灯不亮",
    "单元门禁无法识别",
    "客服已告知预计处理时间",
    "住户晚上七点以后在家",
    "电梯运行时有异响",
    "地下车库入口道闸不抬杆",
    "请先电话联系再上门",
    "阳台窗户密封条老化",
    "对讲主机听不到声音",
    "业主要求给出书面答复",
    "空调外机支架松动",
    "已拍照留存现场情况",
    "入户门锁体卡滞",
    "公共区域墙面脱落",
)
PLACES = ("厨房", "卫生间", "客厅", "阳台", "楼道", "车库")
SPINE = (
    "id type number project_id state open unit_id person_id channel received_at"
    " content urgent department_id holder_id closed_at version created_at"
).split()
OWN = {
    "repair": "id repair_kind fault_place notified_by result".split(),
    "reception": ["id", "category"],
    "complaint": ["id", "category"],
}
Row = tuple[Any, ...]


def write(connection: Connection, estates: Sequence[Estate], total: int) -> None:
    """Fill the tables of the cases and the index; indexes are built afterwards."""
    dropped = _drop_indexes(connection)
    for begin in range(0, total, CHUNK):
        _Chunk(connection, estates, total, begin).write()
    for statement in dropped:
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('\"case\"', 'id'), max(id))"
            ' FROM "case"'
        )


class _Chunk:
    """Some thousands of cases, the same at every run."""

    def __init__(
        self,
        connection: Connection,
        estates: Sequence[Estate],
        total: int,
        begin: int,
    ) -> None:
        self.connection, self.estates = connection, estates
        self.lite = connection.dialect.name == "sqlite"
        self.chance = random.Random(begin)
        self.step, self.start = SPAN / total, now() - SPAN
        self.rare = max(1, total // RARE_ONES)
        self.numbers = range(begin, min(begin + CHUNK, total))
        self.own: dict[str, list[Row]] = {kind: [] for kind in PREFIX}
        self.documents: list[Row] = []

    def write(self) -> None:
        """Spine first, then what points to it."""
        spine = [self._case(n) for n in self.numbers]
        _load(self.connection, "case", SPINE, spine)
        for kind, rows in self.own.items():
            ticks = _ticks(kind)
            unticked = tuple(False for _ in ticks)
            names = [*OWN[kind], *ticks]
            _load(self.connection, kind, names, [(*row, *unticked) for row in rows])
        names = ["rowid" if self.lite else "doc", "words"]
        _load(self.connection, "search", names, self.documents)

    def _case(self, n: int) -> Row:
        chance, at = self.chance, self.start + self.step * n
        estate = self.estates[0] if chance.random() < 0.6 else self.estates[1]
        kind, opened = chance.choice(KINDS), chance.randrange(OPEN_IN) == 0
        pieces, number = self._pieces(n), f"{PREFIX[kind]}-{at:%Y}-{n + 1:04}"
        stamp = f"{at:%Y-%m-%d %H:%M:%S.%f}" + ("" if self.lite else "+00")
        place = chance.choice(PLACES) if kind == "repair" else ""
        self._keep_own(n + 1, kind, place)
        self._keep_document(n + 1, (kind, estate.project), number, (*pieces, place))
        return (
            n + 1,
            kind,
            number,
            estate.project,
            FIRST[kind] if opened else "closed",
            opened,
            chance.choice(estate.units),
            chance.choice(estate.persons),
            "telephone",
            stamp,
            "，".join(pieces) + "。",
            chance.random() < 0.05,
            chance.choice(estate.departments),
            chance.choice(estate.staff),
            None if opened else stamp,
            1,
            stamp,
        )

    def _pieces(self, n: int) -> list[str]:
        chance = self.chance
        pieces = chance.sample(PIECES, chance.randint(3, 8))
        if chance.randrange(COMMON_IN) == 0:
            pieces[1] = "卫生间漏水到楼下"
        if n % self.rare == 0:
            pieces[2] = "邻居养的鹦鹉扰民"
        return pieces

    def _keep_own(self, key: int, kind: str, place: str) -> None:
        rest: dict[str, Row] = {
            "repair": ("other", place, "telephone", "已修复，业主认可"),
            "reception": ("repair",),
            "complaint": ("service",),
        }
        self.own[kind].append((key, *rest[kind]))

    def _keep_document(
        self, key: int, scope: tuple[str, int], number: str, texts: Sequence[str]
    ) -> None:
        words = search.scope_words(*scope) + search.cut(number)
        for text in texts:
            words += _cut(text)
        if scope[0] == "repair":
            words += _cut("已修复，业主认可")
        places = (f"'{word}':{place}" for place, word in enumerate(words, 1))
        self.documents.append((key, " ".join(words if self.lite else places)))


@cache
def _ticks(kind: str) -> tuple[str, ...]:
    """Columns that are yes or no and never empty."""
    columns = record_type(kind).__table__.columns
    return tuple(c.name for c in columns if isinstance(c.type, Boolean))


@cache
def _cut(text: str) -> tuple[str, ...]:
    return tuple(search.cut(text))


def _drop_indexes(connection: Connection) -> list[str]:
    """Indexes are quicker built at the end: the statements to build them again."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index'"
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        query = (
            "SELECT indexname, indexdef, tablename FROM pg_indexes"
            " WHERE schemaname = 'public' AND indexname NOT LIKE 'pk_%%'"
            " AND indexname NOT LIKE '%%_pkey'"
        )
    tables = ("case", "search", *PREFIX)
    found = [
        (name, sql)
        for name, sql, table in connection.exec_driver_sql(query).all()
        if sql and table in tables
    ]
    for name, _sql in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [sql for _name, sql in found]


def _load(
    connection: Connection, table: str, names: Sequence[str], rows: Sequence[Row]
) -> None:
    raw: Any = connection.connection.driver_connection
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        raw.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)
        return
    statement = f'COPY "{table}" ({columns}) FROM STDIN'
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
