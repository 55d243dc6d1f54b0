"""A stored value in the reader's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from sqlalchemy import BigInteger, Select, bindparam, event, select
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, shown_plain
from core.columns import Field
from core.db import OfficeSession, now
from core.policy import remembered
from core.record import Record, label_table, record_type, record_types
from core.states import Flow
from core.words import Words, _, language, say, spoken
from models import ROLES, ChoiceLabel, Setting
from rules.options import OPTIONS

Dictionary = dict[str, dict[str, tuple[str, str]]]
DAY = 24 * 60
"""In minutes."""


def zone(session: Session) -> ZoneInfo:
    """The office's time zone."""
    return ZoneInfo(setting(session, "office.time_zone", "Asia/Shanghai"))


def this_day(session: Session) -> dt.date:
    """The office's date."""
    return now().astimezone(zone(session)).date()


def setting(session: Session, code: str, default: str) -> str:
    """A setting's value as text, or the default while the office has none."""
    return settings(session).get(code) or default


def whole(session: Session, code: str, default: int) -> int:
    """A setting as a whole number, or the default while it is none."""
    found = number(setting(session, code, ""), digits=5)
    return default if found is None else found


def number(text: str, digits: int = 17) -> int | None:
    """What plain digits say; None of anything else and of more digits than that.

    By itself it reads ids, which have room for 18.
    """
    plain = text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if plain else None


def capped(n: int, cap: int) -> str:
    """A number as far as it was counted: ``99+``; nothing for none."""
    return f"{cap:,}+" if n > cap else f"{n:,}" if n else ""


def settings(session: Session) -> dict[str, str]:
    """Every office-wide setting by its code."""
    return remembered(session, "settings", partial(read_settings, session))


def setting_titles(session: Session) -> dict[str, str]:
    """What every office-wide setting is called, by its code."""

    def load() -> dict[str, tuple[str, str]]:
        c = Setting.__table__.c
        rows = session.connection().execute(select(c.code, c.title_zh, c.title_en))
        return {code: (zh, en or zh) for code, zh, en in rows}

    known = remembered(session, "setting titles", load)
    return {code: say(words) for code, words in known.items()}


def read_settings(session: Session) -> dict[str, str]:
    """The settings as they stand in this transaction."""
    table = Setting.__table__
    query = select(table.c.code, table.c.value).where(table.c.voided_at.is_(None))
    return {code: value or "" for code, value in session.connection().execute(query)}


def dictionaries(session: Session) -> Dictionary:
    """The editable lists: list -> code -> (zh, en), in the office's order."""

    def load() -> Dictionary:
        t = ChoiceLabel.__table__
        query = select(t.c["list"], t.c.code, t.c.zh, t.c.en).order_by(
            t.c["list"], t.c.position, t.c.id
        )
        found: Dictionary = {}
        for name, code, zh, en in session.connection().execute(query):
            found.setdefault(name, {})[code] = (zh, en or zh)
        return found

    return remembered(session, "dictionaries", load)


def choices(session: Session, field: Field) -> dict[str, str]:
    """Code -> words of a closed or editable list, in order."""
    if field.dictionary:
        pairs = dictionaries(session).get(field.dictionary, {})
        return {code: say(words) for code, words in pairs.items()}
    return {code: say((zh, en)) for code, zh, en in field.choices}


def plain_words(session: Session, field: Field, value: Any, flow: Flow | None) -> str:
    """The value as one line or paragraph of text, without markup."""
    if value in (None, "", []):
        return ""
    words = spoken(str(value))
    match field.type:
        case "text" if field.names:
            words = by_names(field, value) or words
        case "yes":
            words = _("Yes") if value else _("No")
        case "choice" | "word":
            words = choices(session, field).get(value, words)
        case "several":
            known = choices(session, field)
            words = _(", ").join(known.get(code, code) for code in value)
        case "state":
            words = say(flow.state(value).now) if flow else words
        case "moment":
            words = f"{value.astimezone(zone(session)):%Y-%m-%d %H:%M}"
        case "money" | "decimal":
            words = number_words(value, field)
        case "ref":
            words = label_of(session, field.ref, value)
    return words


def by_names(field: Field, text: str) -> str:
    """A text of codes in words; nothing when it is another or one of them has none."""
    known, codes = _named(field.names), text.replace(",", " ").split()
    if not known.keys() >= set(codes):
        return ""
    return _(", ").join(say(known[code]) for code in codes)


@cache
def _named(names: str) -> dict[str, Words]:
    match names:
        case "records":
            return {cls.slug: cls.title for cls in record_types()}
        case "options":
            return OPTIONS | {code: (zh, en) for code, zh, en in ROLES}
    return {}


def number_words(value: Decimal, field: Field) -> str:
    """A decimal with its places and unit: ``12.50 元``."""
    unit = say(field.unit)
    return f"{value:,.{field.places}f}" + (f" {unit}" if unit else "")


def label_of(session: Session, slug: str, record_id: int) -> str:
    """What people call the record of that id."""
    return labels_of(session, slug, [record_id]).get(record_id, "")


def labels_of(session: Session, slug: str, ids: Iterable[int]) -> dict[int, str]:
    """Id -> what people call the record, without asking whose record it is.

    For references that stand on a record the reader may see already.
    """
    kept = {} if session.info.get("writing") else session.info.setdefault("labels", {})
    known: dict[int, str] = kept.setdefault(slug, {})
    wanted = set(ids)
    if missing := wanted - known.keys():
        rows = session.connection().execute(_labels_query(slug), {"ids": list(missing)})
        known |= {key: str(label or "") for key, label in rows}
    return {key: known[key] for key in wanted if key in known}


def keep_label(session: Session, slug: str, record_id: int, label: str) -> None:
    """Know what a record is called for the rest of this request."""
    if not session.info.get("writing"):
        kept = session.info.setdefault("labels", {})
        kept.setdefault(slug, {})[record_id] = label


@cache
def _labels_query(slug: str) -> Select[Any]:
    cls = record_type(slug)
    table = label_table(cls)
    ids = bindparam("ids", expanding=True, type_=BigInteger())
    return select(table.c.id, table.c[cls.label_column]).where(table.c.id.in_(ids))


@event.listens_for(OfficeSession, "after_commit")
@event.listens_for(OfficeSession, "after_rollback")
def _forget_labels(session: Session) -> None:
    session.info.pop("labels", None)


def personal_words(
    actor: Actor, cls: type[Record], name: str, kind: str, value: Any
) -> str:
    """A personal value as this actor sees it: plain by standing right, else masked."""
    if value is None or shown_plain(actor, cls, name):
        return str(value or "")
    return privacy.mask(str(value), kind)


def person_label_masked(actor: Actor, slug: str) -> str:
    """How a reference's label must be masked for this actor: a mask kind or nothing."""
    cls = record_type(slug)
    column = cls.__mapper__.columns.get(cls.label_column)
    field: Field | None = None if column is None else column.info.get("field")
    if field is None or not field.personal:
        return ""
    return "" if shown_plain(actor, cls, cls.label_column) else field.personal


def when(moment: dt.datetime, place: ZoneInfo, at: dt.datetime | None = None) -> str:
    """A moment in people's words: ``今天 10:40``, ``昨天``, ``11-19 09:42``."""
    return on_day(moment, place, _day(at or now(), place))


def on_day(moment: dt.datetime, place: ZoneInfo, today: dt.date) -> str:
    """A moment in the words of whoever reads it on that day."""
    local = moment.astimezone(place)
    clock = f"{local.hour:02}:{local.minute:02}"
    match (local.date() - today).days:
        case 0:
            return _("today {clock}", clock=clock)
        case -1:
            return _("yesterday {clock}", clock=clock)
        case 1:
            return _("tomorrow {clock}", clock=clock)
    if local.year == today.year:
        return f"{local.month:02}-{local.day:02} {clock}"
    return f"{local:%Y-%m-%d}"


@lru_cache(maxsize=8)
def _day(at: dt.datetime, place: ZoneInfo) -> dt.date:
    """The date of a moment: every row of a page asks for that of the same one."""
    return at.astimezone(place).date()


def time_tag(
    moment: dt.datetime | None, place: ZoneInfo, words: str | None = None
) -> Markup:
    """A moment for people, in ``words`` if given; the exact time on hover."""
    if moment is None:
        return Markup()
    exact = f"{moment.astimezone(place):%Y-%m-%d %H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), exact, words or when(moment, place)
    )


def day_words(day: dt.date) -> str:
    """``11月23日 星期一`` or ``Monday, 23 November``."""
    if language() == "en":
        return f"{day:%A}, {day.day} {day:%B}"
    return f"{day.month}月{day.day}日 星期{'一二三四五六日'[day.weekday()]}"


def age_words(since: dt.datetime, at: dt.datetime) -> str:
    """How long something has lain: ``3 小时``, ``19 天``."""
    return span(language(), minutes_between(since, at))


def minutes_between(since: dt.datetime, at: dt.datetime) -> int:
    """Whole minutes of an age, no finer than it is told: from a day on whole days."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    return minutes if minutes < DAY else minutes // DAY * DAY


@lru_cache(maxsize=4096)
def span(code: str, minutes: int) -> str:
    """An age in words, in the language that is spoken; rows repeat the same few."""
    if minutes < 60:
        return _("{n} min", n=minutes)
    if minutes < DAY:
        return _("{n} h", n=minutes // 60)
    days = minutes // DAY
    return _("1 day") if days == 1 else _("{n} days", n=days)


@lru_cache(maxsize=4096)
def _overdue(code: str, minutes: int) -> str:
    return _("{age} overdue", age=span(code, minutes))


def brief(text: str, most: int) -> str:
    """The beginning of a text, and a sign when there is more of it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def due_words(due: dt.datetime, at: dt.datetime, place: ZoneInfo) -> tuple[str, str]:
    """When something is due, and ``late``, ``soon`` or ``calm``."""
    if due <= at:
        return _overdue(language(), minutes_between(due, at)), "late"
    near = due - at < dt.timedelta(hours=12)
    return when(due, place, at), "soon" if near else "calm"


def by_words(due: dt.datetime, at: dt.datetime, place: ZoneInfo) -> str:
    """A promise of time: ``25 分钟内``, ``今天 17:00 前``; past ones as a moment."""
    if due <= at:
        return when(due, place, at)
    left = due - at
    if left < dt.timedelta(hours=1):
        return _("within {age}", age=age_words(at, due))
    return _("by {when}", when=when(due, place, at))


def marked(words: Mapping[str, str]) -> Markup:
    """Chips of a record's marks, css class -> words."""
    return Markup(" ").join(
        Markup('<span class="chip {}">{}</span>').format(css, text)
        for css, text in words.items()
    )


def paragraphs(value: str) -> Markup:
    """Long text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in value.splitlines())
