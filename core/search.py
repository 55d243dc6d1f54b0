"""Full text in Chinese: overlapping two-character words, on both databases alike.

Tokenizers split Chinese badly or drop short words in silence, so words are cut here,
at save time: ``漏水管`` becomes ``漏水 水管 管`` (the last character alone lets one
character be found too). SQLite keeps them in a contentless FTS5 table, PostgreSQL in a
``tsvector``. Every document carries a word for its project and its type, which keeps a
search within what the reader may see. Sealed personal data never enters.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    TextClause,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Session, UOWTransaction

from core import bulk, privacy
from core.db import OfficeSession
from core.record import Case, Record, fields, project_of

RUN = re.compile(r"([㐀-鿿豈-﫿\U00020000-\U0003FFFF]+)|([0-9a-z]+)")
SHIFT = 40
"""A document's id is its type's number, shifted, plus the record's id."""

POSTGRES = Table(
    "search",
    MetaData(),
    Column("doc", BigInteger, primary_key=True),
    Column("words", TSVECTOR, nullable=False),
)
SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5("
    "words, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')"
)


def create(connection: Connection) -> None:
    """Make the index table of this database."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(SQLITE)
    else:
        POSTGRES.create(connection, checkfirst=True)
        connection.exec_driver_sql(
            "CREATE INDEX IF NOT EXISTS ix_search_words ON search USING gin (words)"
        )


def cut(value: str) -> list[str]:
    """The words of a text as they stand in the index, in order."""
    plain = unicodedata.normalize("NFKC", value).lower()
    words: list[str] = []
    for run in RUN.finditer(plain):
        if han := run.group(1):
            words += [han[i : i + 2] for i in range(len(han))]
        else:
            words.append(run.group(2)[:40])
    return words


def number_of(cls: type[Record]) -> int:
    """The type's number in document ids; all cases share 0, for one search over them.

    Taken from the slug, so it stays when types come and go; a test rules out doubles.
    """
    if issubclass(cls, Case):
        return 0
    return 1 + (zlib.crc32(cls.slug.encode()) & 0x3FFFF)


def scope_words(slug: str, project_id: int | None) -> list[str]:
    """The words that say where a document belongs."""
    return [f"zzkind{slug.replace('_', '')}", f"zzproject{project_id or 0}"]


def document(record: Record) -> list[str]:
    """Every word of a record's searchable fields, scope words first."""
    words = scope_words(record.slug, project_of(record))
    for name in searched(type(record)):
        value = getattr(record, name)
        words += cut(_unnumbered(str(value))) if value else []
    return words


def _unnumbered(text: str) -> str:
    """A text without the numbers that people typed into it: nobody is found by them."""
    for pattern in privacy.NUMBERS.values():
        text = pattern.sub(" ", text)
    return text


def searched(cls: type[Record]) -> tuple[str, ...]:
    """The fields of a type that enter the index."""
    spine = ("number", "content") if issubclass(cls, Case) else ()
    return tuple(n for n in dict.fromkeys((*spine, *cls.search)) if n in fields(cls))


@event.listens_for(OfficeSession, "after_flush")
def _collect(session: Session, context: UOWTransaction) -> None:
    waiting: dict[tuple[str, int], Record] = session.info.setdefault("index", {})
    for record in (*session.new, *session.dirty):
        if isinstance(record, Record) and searched(type(record)) and _touched(record):
            waiting[record.slug, record.id] = record


def _touched(record: Record) -> bool:
    state = inspect(record)
    return any(
        state.attrs[name].history.has_changes()
        for name in (*searched(type(record)), "id")
        if name in state.attrs
    )


@event.listens_for(OfficeSession, "before_commit")
def _write(session: Session) -> None:
    if session.info.get("writing"):
        session.flush()
        records = session.info.pop("index", {}).values()
        put(session, [(doc_id(type(r), r.id), document(r)) for r in records])


@event.listens_for(OfficeSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("index", None)


def doc_id(cls: type[Record], record_id: int) -> int:
    """The id of a record's document."""
    return (number_of(cls) << SHIFT) + record_id


def put(session: Session, documents: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Write documents over what the index held of them."""
    connection = session.connection()
    lite = connection.dialect.name == "sqlite"
    rows = [{"doc": doc, "words": ready(words, lite)[0]} for doc, words in documents]
    if not rows:
        return
    for statement in _LITE if lite else _POSTGRES:
        connection.execute(statement, rows)


def ready(words: Sequence[str], lite: bool) -> tuple[str, int]:
    """Words as the index of that database takes them, and how many they are."""
    return (" ".join(words) if lite else _tsvector(words)), len(words)


def add(
    connection: Connection, cls: type[Record], documents: Iterable[tuple[int, str]]
) -> None:
    """Documents of new records of one type, made ``ready`` before."""
    base = number_of(cls) << SHIFT
    rows = ((base + key, words) for key, words in documents)
    lite = connection.dialect.name == "sqlite"
    bulk.insert(connection, "search", ("rowid" if lite else "doc", "words"), rows)


def drop(connection: Connection, cls: type[Record], keys: Iterable[int]) -> None:
    """Forget the documents of some records of one type."""
    base, lite = number_of(cls) << SHIFT, connection.dialect.name == "sqlite"
    forget = _LITE[0] if lite else _DROP
    rows = [{"doc": base + key} for key in keys]
    connection.execute(forget, rows)


def longer(known: Sequence[Any], words: Sequence[str], lite: bool) -> str:
    """What ``ready`` gave, with some more words behind."""
    before, many = known
    more = words if lite else [_tsvector(words, many + 1)]
    return " ".join((before, *more))


_LITE = (
    text("DELETE FROM search WHERE rowid = :doc"),
    text("INSERT INTO search (rowid, words) VALUES (:doc, :words)"),
)
_DROP = text("DELETE FROM search WHERE doc = :doc")
_POSTGRES = (
    text(
        "INSERT INTO search (doc, words) VALUES (:doc, CAST(:words AS tsvector))"
        " ON CONFLICT (doc) DO UPDATE SET words = excluded.words"
    ),
)


def _tsvector(words: Sequence[str], first: int = 1) -> str:
    """PostgreSQL's own spelling, positions capped where it caps them."""
    return " ".join(
        f"'{word}':{min(place, 16383)}" for place, word in enumerate(words, first)
    )


def query_words(value: str) -> list[list[str]]:
    """A search as phrases that must all occur; the last word of each may go on."""
    plain = unicodedata.normalize("NFKC", value).lower()
    phrases: list[list[str]] = []
    for run in RUN.finditer(plain):
        if han := run.group(1):
            pairs = [han[i : i + 2] for i in range(len(han) - 1)] or [han]
            phrases.append(pairs)
        else:
            phrases.append([run.group(2)[:40]])
    return phrases[:8]


def match(dialect: str, value: str, scope: Sequence[Sequence[str]]) -> str | None:
    """The database's search expression, or None when nothing can be found by it.

    ``scope`` holds alternatives per condition: ``[["zzkindrepair"], ["zzproject1"]]``.
    """
    phrases = query_words(value)
    if not phrases or not all(scope):
        return None
    if dialect == "sqlite":
        wanted = [_lite_phrase(words) for words in phrases]
        limits = ["(" + " OR ".join(f'"{w}"' for w in any_) + ")" for any_ in scope]
        return " AND ".join([*wanted, *limits])
    wanted = [_pg_phrase(words) for words in phrases]
    limits = ["(" + " | ".join(f"'{w}'" for w in any_) + ")" for any_ in scope]
    return " & ".join([*wanted, *limits])


def _goes_on(words: Sequence[str]) -> bool:
    """Single characters and plain letters or digits match as beginnings."""
    return len(words) == 1 and (len(words[0]) == 1 or words[0].isascii())


def _lite_phrase(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"' + ("*" if _goes_on(words) else "")


def _pg_phrase(words: Sequence[str]) -> str:
    if _goes_on(words):
        return f"'{words[0]}':*"
    return "(" + " <-> ".join(f"'{word}'" for word in words) + ")"


def look(
    connection: Connection,
    value: str,
    scope: Sequence[Sequence[str]],
    span: tuple[int, int],
    many: int,
    rising: bool = False,
) -> tuple[list[int], bool]:
    """Matching documents within ``span``, exclusive, and whether there may be more.

    A rare word is sought by itself, which is sooner: what it finds may lie outside
    ``scope``, so the caller still limits the rows. A frequent one is found within it.
    """
    dialect = connection.dialect.name
    if not all(scope) or (alone := match(dialect, value, ())) is None:
        return [], False
    within = match(dialect, value, scope)
    binds = {"low": span[0], "high": span[1], "limit": many}

    def ask(query: str, wanted: str | None) -> list[int]:
        found = connection.execute(_query(query, rising), {**binds, "match": wanted})
        return list(found.scalars())

    if dialect == "sqlite":
        docs = ask("sqlite", alone)
        return (docs, False) if len(docs) < many else (ask("sqlite", within), True)
    docs = ask("recent", within)
    if len(docs) >= ENOUGH:
        return docs, True
    docs = ask("all", alone)
    return docs, len(docs) == many


def found(dialect: str) -> TextClause:
    """SELECT of the matching documents of one type, newest first.

    Binds ``match``, ``low``, ``high`` (bounds of document ids, exclusive), ``limit``.
    """
    return _query("sqlite" if dialect == "sqlite" else "all", False)


@cache
def _query(name: str, rising: bool) -> TextClause:
    return text(_FOUND[name].replace("DESC", "ASC") if rising else _FOUND[name])


ENOUGH = 60
"""Matches among the newest documents that make looking further needless."""
_FOUND = {
    "sqlite": "SELECT rowid AS doc FROM search WHERE search MATCH :match"
    " AND rowid > :low AND rowid < :high ORDER BY rowid DESC LIMIT :limit",
    # PostgreSQL cannot know how frequent a word is and may walk a million documents:
    # the newest are walked, then the index is asked for all
    "recent": "SELECT doc FROM (SELECT doc, words FROM search WHERE doc > :low"
    " AND doc < :high ORDER BY doc DESC LIMIT 2000) AS recent"
    " WHERE words @@ CAST(:match AS tsquery) ORDER BY doc DESC LIMIT :limit",
    "all": "WITH hits AS MATERIALIZED"
    " (SELECT doc FROM search WHERE words @@ CAST(:match AS tsquery))"
    " SELECT doc FROM hits WHERE doc > :low AND doc < :high"
    " ORDER BY doc DESC LIMIT :limit",
}


def bounds(cls: type[Record]) -> tuple[int, int]:
    """The exclusive bounds of the document ids of a type."""
    base = number_of(cls) << SHIFT
    return base, base + (1 << SHIFT)
