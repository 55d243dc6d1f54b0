"""The rights of every role in every group, one table that can be read aloud."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from flask import Blueprint, Flask, url_for
from sqlalchemy import select

from core.access import Denied, may
from core.db import db
from core.record import record_types
from core.words import _, say
from models import ROLES, Grant
from views.context import actor
from views.shell import render

page = Blueprint("matrix", __name__)


@dataclass(slots=True)
class Square:
    """One role in one group: its grants and where to add one."""

    role: str
    words: list[tuple[str, str]] = field(default_factory=list)
    add_url: str = ""


def act_name(action: str) -> str:
    """An action's name on the table."""
    known = {
        "read": _("see"),
        "create": _("record"),
        "update": _("change"),
        "void": _("void"),
        "export": _("export"),
        "print": _("print"),
        "import": _("import"),
        "reveal": _("see masked data for a purpose"),
        "standing": _("see personal data plainly"),
        "assign": _("assign"),
        "confirm": _("confirm"),
        "confirm_fees": _("confirm fees"),
        "decide": _("decide"),
        "approve": _("approve"),
        "approve_filing": _("approve filing"),
        "approve_exception": _("approve an exception"),
        "reject": _("reject"),
        "issue": _("issue"),
        "authorise_internal": _("authorise internal cards"),
        "close": _("close"),
        "reopen": _("reopen"),
        "except": _("make an exception"),
        "dispatch": _("dispatch"),
        "file": _("file"),
        "accept": _("accept"),
        "conclude": _("conclude"),
        "review": _("review"),
        "verify": _("verify"),
        "check_out": _("check out"),
        "recover": _("recover"),
        "release_on_witness": _("release on witness"),
        "compile": _("compile"),
        "submit": _("submit"),
        "return": _("return"),
        "publish": _("publish"),
        "withdraw": _("withdraw"),
        "delegate": _("delegate"),
        "analyse": _("analyse"),
        "reply": _("reply"),
        "sign": _("sign"),
        "take_part": _("take part"),
        "charge": _("charge"),
        "mark": _("mark"),
    }
    return known.get(action, action)


def scope_name(scope: str) -> str:
    """A scope's name on the table."""
    return {
        "own": _("own"),
        "dept": _("department"),
        "proj": _("project"),
        "all": _("all"),
    }.get(scope, scope)


def group_words() -> dict[str, str]:
    """Group -> the titles of its record types, in menu order."""
    found: dict[str, list[str]] = defaultdict(list)
    for cls in record_types():
        if cls.kind != "part":
            found[cls.group].append(say(cls.title))
    return {group: _(", ").join(words) for group, words in found.items()}


@page.get("/rights/")
def matrix() -> str:
    """Role by group; every entry opens the grant behind it."""
    if not may(actor(), "read", Grant):
        raise Denied("read", "grant")
    query = select(Grant).where(Grant.voided_at.is_(None)).order_by(Grant.id)
    squares: dict[tuple[str, str], Square] = {}
    for grant in db.session().execute(query).scalars():
        key = (grant.target or "", grant.role or "")
        square = squares.setdefault(key, Square(key[1]))
        square.words.append((_grant_words(grant), _grant_url(grant)))
    roles = [(code, say((zh, en))) for code, zh, en in ROLES]
    groups = [
        (group, words, [squares.get((group, role), Square(role)) for role, _w in roles])
        for group, words in group_words().items()
    ]
    add = url_for("grant.create_view") if may(actor(), "create", Grant) else ""
    return render(
        "matrix.html", page={"roles": roles, "groups": groups, "add_url": add}
    )


def _grant_words(grant: Grant) -> str:
    words = _(
        "{action} · {scope}",
        action=act_name(grant.action or ""),
        scope=scope_name(grant.scope or ""),
    )
    if grant.head:
        words += _(" (head)")
    if grant.fields:
        words += _(" (some fields)")
    return words


def _grant_url(grant: Grant) -> str:
    return url_for("grant.details_view", id=grant.id)


def init_app(app: Flask) -> None:
    """Register the table of rights."""
    app.register_blueprint(page)
