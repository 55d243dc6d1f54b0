"""Small marks on the page of a case: what makes it other than the rest."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.record import Case, Record, fields
from core.words import Words, _, say
from models import Escalation
from views.owing import warning
from views.values import plain_words, settings

LATE, SOON, FLAT = "late", "soon", "flat"
TAGS: Mapping[str, tuple[Words, str]] = {
    "major": (("重大", "Major"), LATE),
    "group_tendency": (("群诉", "Group"), LATE),
    "common_issue": (("共性", "Common"), FLAT),
    "developer_legacy": (("开发商遗留", "Developer legacy"), FLAT),
    "complainant_shielded": (("隐去投诉人", "Complainant shielded"), SOON),
    "back_entry_reason": (("补录", "Entered late"), FLAT),
    "back_reason": (("补录", "Entered late"), FLAT),
    "merged_into_id": (("并案", "Joined"), FLAT),
    "deferred_reason": (("暂缓收楼", "Taking over deferred"), SOON),
    "excepted": (("有例外", "With an exception"), FLAT),
}
"""Field that is filled -> its mark."""


def tags(session: Session, actor: Actor, record: Record) -> list[tuple[str, str]]:
    """The marks of a standing case that this reader may see."""
    if not isinstance(record, Case) or record.voided_at is not None:
        return []
    cls = type(record)
    seen = readable(actor, cls, [n for n in fields(cls) if getattr(record, n)], record)
    found = [(say(TAGS[name][0]), TAGS[name][1]) for name in seen if name in TAGS]
    if "waiting_for" in seen:
        found.append((_field(session, record, "waiting_for"), SOON))
    municipal = settings(session).get("complaint.municipal.cause")
    if "cause" in seen and getattr(record, "cause", None) == municipal:
        found.append((_field(session, record, "cause"), FLAT))
    if record.urged:
        found.append((_("urged {n} times", n=record.urged), SOON))
    if level := _level(session, actor, record):
        found.append((_("copied up to level {n}", n=level), LATE))
    if owed := warning(session, actor, record):
        found.append((owed, SOON))
    return found


def _field(session: Session, record: Case, name: str) -> str:
    declared, value = fields(type(record))[name], getattr(record, name)
    return str(plain_words(session, declared, value, None))


def _level(session: Session, actor: Actor, case: Case) -> int:
    """How far up the ladder a case went, for those who may read that."""
    if not may(actor, "read", Escalation):
        return 0
    table = Escalation.__table__
    query = select(func.max(table.c.level)).where(
        table.c.case_id == case.id,
        table.c.cause == "overdue",
        table.c.voided_at.is_(None),
    )
    return int(session.connection().execute(query).scalar() or 0)
