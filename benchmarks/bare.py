"""The limit: raw SQL, a minimal template and the same rows, nothing else around it."""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import Flask, abort, redirect, request, session
from jinja2 import DictLoader, Environment, Template
from werkzeug.wrappers import Response

from benchmarks.caller import Answer, Browser, Request
from benchmarks.questions import WORDS, Questions
from benchmarks.store import Store
from core import search
from core.db import now
from core.record import Case, record_types
from models import Repair
from views.asked import PAGE

JOINS = (
    ' LEFT JOIN unit u ON u.id = c.unit_id LEFT JOIN "staff" h ON h.id = c.holder_id'
)
COLUMNS = (
    "SELECT c.id, c.number, u.name, substr(c.content, 1, 60), r.repair_kind, c.state,"
    ' h.name, c.next_due_at, c.received_at FROM "case" c JOIN repair r ON r.id = c.id'
    + JOINS
)
SCOPE = " WHERE c.type = 'repair' AND c.project_id = ? AND c.voided_at IS NULL"
NEWEST = f" ORDER BY c.received_at DESC, c.id DESC LIMIT {PAGE + 1}"
SHOWN = (
    "id number unit person content type state holder department due_at urgent urged"
    " received_at"
).split()
"""What a line of a queue is drawn of, in the order in which it is asked for here."""
QUEUE = (
    "SELECT c.id, c.number, u.name, p.name, substr(c.content, 1, 40), c.type, c.state,"
    " h.name, d.name, c.next_due_at, c.urgent, c.urged, c.received_at"
    ' FROM "case" c' + JOINS + " LEFT JOIN person p ON p.id = c.person_id"
    " LEFT JOIN department d ON d.id = c.department_id"
    ' WHERE c."open" AND c.voided_at IS NULL AND c.project_id = ?'
    f" ORDER BY c.received_at, c.id LIMIT {PAGE + 1}"
)
ONE = (
    'SELECT c.*, r.*, u.name, p.name, h.name, d.name FROM "case" c'
    " JOIN repair r ON r.id = c.id"
    + JOINS
    + " LEFT JOIN person p ON p.id = c.person_id"
    " LEFT JOIN department d ON d.id = c.department_id" + SCOPE + " AND c.id = ?"
)
HISTORY = (
    'SELECT h.at, h.actor, h.action, v.plain FROM "change" h LEFT JOIN change_value v'
    " ON v.change_id = h.id WHERE h.slug = 'repair' AND h.record_id = ?"
    " ORDER BY h.id DESC LIMIT 20"
)
pages = Environment(
    autoescape=True,
    loader=DictLoader(
        {
            "list": """<!doctype html><meta charset=utf-8><title>维修</title>
<p>{{ user }}<table>{% for r in rows %}<tr><td><a href="/one?id={{ r[0] }}">{{ r[1] }}
</a><td>{{ r[2] }}<td>{{ r[3] }}<td>{{ r[4] }}<td>{{ r[5] }}<td>{{ r[6] }}
<td>{{ r[7] or '' }}{% endfor %}</table>
{% if after %}<a href="{{ after }}">下一页</a>{% endif %}""",
            "one": """<!doctype html><meta charset=utf-8><title>维修</title>
<p>{{ user }}<dl>
{% for name, value in pairs %}<dt>{{ name }}<dd>{{ value }}{% endfor %}</dl>
<ul>{% for e in entries %}<li>{{ e[1] }} {{ e[2] }} {{ e[0] }} {{ e[3] }}{% endfor %}
</ul>""",
            "form": """<!doctype html><meta charset=utf-8><title>维修</title>
<p>{{ user }}<form method=post>{% for name, value in pairs %}<label>{{ name }}<input
 name="{{ name }}" value="{{ value }}"></label>{% endfor %}<button>保存</button></form>
""",
        }
    ),
)
LIST, RECORD, FORM = map(pages.get_template, ("list", "one", "form"))
LINES = """<!doctype html><meta charset=utf-8><title>{{ title }}</title>
<p>{{ user }}<form method=post><table>{% for r in rows %}<tr>
<td><input type=checkbox name=pick value="{{ r.type }}:{{ r.id }}">
<a href="/one?id={{ r.id }}">{{ r.number }}</a> {{ kinds[r.type] }}
<td>{{ r.unit or '' }} {{ r.person or '' }}
<td>{% if r.urgent %}急 {% endif %}{{ r.content or '' }}
<td>{{ states[r.state] or r.state }}<td>{{ r.holder or '' }} {{ r.department or '' }}
<td>{% if r.due_at %}{{ told(r.due_at, at) }}{% endif %}
<td>{{ told(r.received_at, at) }}{% if r.urged %} {{ r.urged }}{% endif %}
{% endfor %}</table></form>
{% if after %}<a href="{{ after }}">下一页</a>{% endif %}"""


def told(moment: Any, at: dt.datetime) -> str:
    """How far a moment is away, in words."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment + "+00:00")
    minutes = (at - moment).total_seconds() // 60
    return f"{minutes // 1440:.0f} 天" if abs(minutes) >= 1440 else f"{minutes:.0f} 分"


def lines(names: Sequence[str]) -> Template:
    """The page of a queue whose statement gives those columns, told by their place."""
    source = LINES
    for name in SHOWN:
        source = re.sub(rf"\br\.{name}\b", f"r[{names.index(name)}]", source)
    return pages.from_string(source, globals={"told": told, **_named()})


def draw(page: Template, who: str, rows: list[Any]) -> str:
    """A page of a queue."""
    after = f"/queue?after={rows[PAGE - 1][0]}" if len(rows) > PAGE else ""
    return page.render(user=who, rows=rows[:PAGE], after=after, at=now())


def _named() -> dict[str, dict[str, str]]:
    """What kinds and states are called."""
    types = [cls for cls in record_types() if issubclass(cls, Case)]
    flows = (cls.flow for cls in types if cls.flow)
    states = {one.code: one.now[0] for flow in flows for one in flow.states}
    return {"kinds": {cls.slug: cls.title[0] for cls in types}, "states": states}


class BareOffice:
    """The Flask application of the limit, on one database."""

    def __init__(self, address: str, asked: Questions) -> None:
        self.store, self.project = Store(address), asked.project
        # by id, not along the index of the type
        self.scope = SCOPE.replace("c.type", "+c.type") if self.store.lite else SCOPE
        self.kind = "sqlite" if self.store.lite else "postgresql"
        self.lines = lines(SHOWN)
        self.app = Flask("bare")
        self.app.config["PROPAGATE_EXCEPTIONS"] = True
        self.app.secret_key = "bare"  # noqa: S105  of a page that nobody visits
        for path, view in (
            ("/enter", self.enter),
            ("/list", self.listing),
            ("/queue", self.queue),
            ("/one", self.one),
            ("/form", self.form),
        ):
            self.app.add_url_rule(path, path, view)
        for path in ("/create", "/edit"):
            self.app.add_url_rule(path, path, self.save, methods=["POST"])

    def enter(self) -> str:
        """Sign in."""
        session["user"] = request.args["id"]
        return "ok"

    def user(self) -> str:
        """The name of whoever is signed in."""
        sql = 'SELECT username FROM "user" WHERE id = ? AND NOT disabled'
        found = self.store.rows(sql, (int(session["user"]),))
        if not found:
            abort(401)
        return str(found[0][0])

    def listing(self) -> str:
        """A page of repairs: all, a month, behind a place, or with words."""
        who, asked = self.user(), request.args
        if asked.get("q"):
            rows = self._searched(asked["q"])
        elif asked.get("from"):
            rows = self._page(
                " AND c.received_at >= ? AND c.received_at < ?",
                (self._moment(asked["from"]), self._moment(asked["to"])),
            )
        elif asked.get("after"):
            at, _sep, key = asked["after"].rpartition("~")
            rows = self._page(
                " AND (c.received_at, c.id) < (?, ?)", (self._moment(at), int(key))
            )
        else:
            rows = self._page("", ())
        return self._drawn(who, rows)

    def queue(self) -> str:
        """What is not closed, oldest first."""
        who, rows = self.user(), self.store.rows(QUEUE, (self.project,))
        return draw(self.lines, who, rows)

    def one(self) -> str:
        """A record with its history."""
        who, key = self.user(), int(request.args["id"])
        pairs = self._pairs(key)
        entries = self.store.rows(HISTORY, (key,))
        return RECORD.render(user=who, pairs=pairs, entries=entries)

    def form(self) -> str:
        """The filled form of a record."""
        who = self.user()
        return FORM.render(user=who, pairs=self._pairs(int(request.args["id"])))

    def save(self) -> Response:
        """Write what was posted: spine, own table, index and, unless told, history."""
        self.user()
        sent = request.form
        if not sent.get("content") or sent.get("notified_by") not in ("telephone", ""):
            abort(422)
        key = int(sent.get("id") or 0)
        with self.store.writing():
            written = self._change(key) if key else self._create()
            if sent.get("history"):
                self._chain(*written, "update" if key else "create")
        return redirect("/list")

    def _moment(self, text: str) -> Any:
        at = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
        return f"{at:%Y-%m-%d %H:%M:%S.%f}" if self.store.lite else at

    def _page(self, condition: str, values: tuple[Any, ...]) -> list[Any]:
        sql = COLUMNS + SCOPE + condition + NEWEST
        return self.store.rows(sql, (self.project, *values))

    def _searched(self, words: str) -> list[Any]:
        scope = [["zzkindrepair"], [f"zzproject{self.project}"]]
        wanted = search.match(self.kind, words, scope)
        sql = (
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?"
            if self.store.lite
            else "SELECT doc FROM search WHERE words @@ CAST(? AS tsquery)"
            " ORDER BY doc DESC LIMIT ?"
        )
        ids = [row[0] for row in self.store.rows(sql, (wanted, PAGE + 1))]
        if not ids:
            return []
        marks = ", ".join("?" * len(ids))
        values = (self.project, *ids)
        return self.store.rows(
            f"{COLUMNS}{self.scope} AND c.id IN ({marks}) ORDER BY c.id DESC",
            values,
        )

    def _drawn(self, who: str, rows: list[Any]) -> str:
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        after = f"/list?after={last[8]}~{last[0]}" if last else ""
        return LIST.render(user=who, rows=rows[:PAGE], after=after)

    def _pairs(self, key: int) -> list[tuple[str, Any]]:
        cursor = self.store.run(ONE, (self.project, key))
        row = cursor.fetchone()
        if row is None:
            abort(404)
        names = [column[0] for column in cursor.description]
        return [(name, v) for name, v in zip(names, row, strict=True) if v is not None]

    def _create(self) -> tuple[int, dict[str, Any]]:
        year = now().year
        number = self.store.run(
            "UPDATE counter SET value = value + 1 WHERE name = ? RETURNING value",
            (f"number:repair:{year}",),
        ).fetchone()[0]
        moment = self._moment(now().replace(tzinfo=None).isoformat())
        spine = {
            "type": "repair",
            "number": f"BX-{year}-{number:04}",
            "project_id": self.project,
            "state": "new",
            "open": True,
            "urgent": False,
            "received_at": moment,
            "created_at": moment,
            "version": 1,
            **self._posted(SPINE),
        }
        marks = ", ".join("?" * len(spine))
        names = ", ".join(f'"{name}"' for name in spine)
        key = self.store.run(
            f'INSERT INTO "case" ({names}) VALUES ({marks}) RETURNING id',
            list(spine.values()),
        ).fetchone()[0]
        own = {"id": key, "shared_part": False, **self._posted(OWN)}
        marks, names = ", ".join("?" * len(own)), ", ".join(own)
        self.store.run(
            f"INSERT INTO repair ({names}) VALUES ({marks})", list(own.values())
        )
        self._index(key, str(spine["number"]))
        return key, spine | own

    def _change(self, key: int) -> tuple[int, dict[str, Any]]:
        found = self.store.rows(
            'SELECT c.number, c.version, c.content, r.result FROM "case" c'
            " JOIN repair r ON r.id = c.id" + SCOPE + " AND c.id = ?",
            (self.project, key),
        )
        if not found:
            abort(404)
        spine, own = self._posted(SPINE), self._posted(OWN)
        sets = ", ".join(f"{name} = ?" for name in (*spine, "version", "updated_at"))
        moment = self._moment(now().replace(tzinfo=None).isoformat())
        values = [*spine.values(), found[0][1] + 1, moment, key, found[0][1]]
        self.store.run(f'UPDATE "case" SET {sets} WHERE id = ? AND version = ?', values)
        sets = ", ".join(f"{name} = ?" for name in own)
        self.store.run(f"UPDATE repair SET {sets} WHERE id = ?", [*own.values(), key])
        self._index(key, found[0][0])
        return key, {"content": spine["content"], "result": own["result"]}

    def _posted(self, names: tuple[str, ...]) -> dict[str, Any]:
        sent = request.form
        return {
            name: int(sent[name]) if name.endswith("_id") else sent[name]
            for name in names
        }

    def _index(self, key: int, number: str) -> None:
        words = search.scope_words("repair", self.project) + search.cut(number)
        for name in Repair.search:
            words += search.cut(request.form[name])
        if self.store.lite:
            self.store.run("DELETE FROM search WHERE rowid = ?", (key,))
            self.store.run(
                "INSERT INTO search (rowid, words) VALUES (?, ?)",
                (key, " ".join(words)),
            )
            return
        vector = " ".join(f"'{word}':{n}" for n, word in enumerate(words, 1))
        self.store.run(
            "INSERT INTO search (doc, words) VALUES (?, CAST(? AS tsvector))"
            " ON CONFLICT (doc) DO UPDATE SET words = excluded.words",
            (key, vector),
        )

    def _chain(self, key: int, values: dict[str, Any], action: str) -> None:
        name = f"project:{self.project}"
        lock = "" if self.store.lite else " FOR UPDATE"
        seq, before = self.store.run(
            "SELECT seq, mac FROM chain WHERE name = ?" + lock, (name,)
        ).fetchone()
        pairs = {field: [None, value] for field, value in values.items()}
        plain = json.dumps(pairs, ensure_ascii=False, default=str)
        moment = self._moment(now().replace(tzinfo=None).isoformat())
        commitment = hmac.digest(b"bare", plain.encode(), "sha256").hex()
        entry = [name, seq + 1, moment, "bare", action, "repair", key, self.project]
        message = "|".join(map(str, [*entry, commitment, before])).encode()
        mac = hmac.digest(b"bare", message, "sha256").hex()
        made = self.store.run(
            'INSERT INTO "change" (chain, seq, at, actor, action, slug, record_id,'
            " project_id, note, plain_mac, personal_mac, mac)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, '', ?) RETURNING id",
            [*entry, commitment, mac],
        ).fetchone()
        self.store.run(
            "INSERT INTO change_value (change_id, plain, plain_salt) VALUES (?, ?, '')",
            (made[0], plain),
        )
        self.store.run(
            "UPDATE chain SET seq = ?, mac = ? WHERE name = ?", (seq + 1, mac, name)
        )


SPINE: tuple[str, ...] = (
    "channel",
    "content",
    "unit_id",
    "person_id",
    "department_id",
    "holder_id",
)
OWN: tuple[str, ...] = ("repair_kind", "fault_place", "notified_by", "result")


class Bare:
    """Asks the limit's pages."""

    saved = 302

    def __init__(self, office: BareOffice, asked: Questions, side: str) -> None:
        self.asked, self.side, self.turn = asked, side, 0
        self.browser = Browser(office.app.wsgi_app)
        self.browser.open(Request(f"/enter?id={asked.user}"))
        self.browser.frozen = True

    def ask(self, name: str) -> Answer:
        """One call of one operation."""
        self.turn += 1
        pool = self.asked.pools[self.side]
        key = pool[self.turn % len(pool)]
        if name in ("create", "edit"):
            form = self._form(str(key) if name == "edit" else "")
            return self.browser.open(Request(f"/{name}", form))
        if name in ("details", "edit form"):
            path = "/one" if name == "details" else "/form"
            return self.browser.open(Request(f"{path}?id={key}"))
        return self.browser.open(Request(self._address(name)))

    def _address(self, name: str) -> str:
        if name == "queue":
            return "/queue"
        if name == "deep page":
            at, key = self.asked.deep_place
            return f"/list?after={quote(at.isoformat())}~{key}"
        if name == "month":
            first, last = self.asked.bounds
            return f"/list?from={quote(first.isoformat())}&to={quote(last.isoformat())}"
        words = quote(WORDS.get(name, ""))
        return f"/list?q={words}" if words else "/list"

    def _form(self, key: str) -> dict[str, str]:
        asked = self.asked
        return {
            "id": key,
            "history": "" if self.side == "bare without history" else "1",
            "channel": "telephone",
            "content": asked.words(self.turn),
            "unit_id": str(asked.unit[0]),
            "person_id": str(asked.person[0]),
            "department_id": str(asked.department[0]),
            "holder_id": str(asked.holder[0]),
            "repair_kind": "leak",
            "fault_place": "厨房",
            "notified_by": "telephone",
            "result": f"第{self.turn}次上门，已修复",
        }
