"""Which rule, where, is it met: every rule of the procedures and what carries it."""

from __future__ import annotations

import ast
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from flask import Blueprint, Flask, request, url_for

from core.access import Actor, may
from core.chain import Change
from core.record import Record, fields, record_type, record_types
from core.words import Words, _, say
from models import Grant
from views.asked import PAGE
from views.context import actor
from views.matrix import act_name
from views.queues import QUEUES, visible
from views.shell import render
from views.values import number

ROOT = Path(__file__).resolve().parent.parent
SEEDS, TESTS = ROOT / "seeds", ROOT / "tests"
page = Blueprint("clauses", __name__)

DOCUMENTS: dict[str, Words] = {
    "S0": ("业主接待规程", "Reception procedure"),
    "S1": ("客户服务手册", "Customer-service handbook"),
    "S2": ("顾客投诉处理指引", "Complaint instruction"),
    "S3": ("接待员指引与岗位职责", "Receptionist's instruction and job sheets"),
    "S4": ("回访与投诉制度汇编", "Compilation on revisits and complaints"),
}
KINDS: dict[str, Words] = {
    "record": ("记录", "Record"),
    "field": ("内容", "Field"),
    "routing": ("流转", "Routing"),
    "state": ("状态", "State"),
    "deadline": ("时限", "Deadline"),
    "schedule": ("定期", "Schedule"),
    "approval": ("审批", "Approval"),
    "verification": ("核实", "Verification"),
    "permission": ("权限", "Permission"),
    "privacy": ("保密", "Privacy"),
    "integrity": ("真实", "Integrity"),
    "report": ("报表", "Report"),
    "guidance": ("指引", "Guidance"),
}
STAGES: dict[str, Words] = {
    "built": ("已做到", "Met"),
    "held": ("能登记，未把关", "Recorded, not yet enforced"),
    "later": ("还没有", "Not yet there"),
    "out": ("与本行无关", "Not of this trade"),
}
CHIPS = {"built": "done", "held": "soon", "later": "flat", "out": "final"}
REASONS: dict[str, Words] = {
    "not built yet: flows": ("未建：流程", "Not built yet: flows"),
    "not built yet: queues": ("未建：待办队列", "Not built yet: queues"),
    "not built yet: duties and reports": (
        "未建：定期工作和报表",
        "Not built yet: duties and reports",
    ),
    "not built yet: counter work": ("未建：柜台办理", "Not built yet: counter work"),
    "out of domain": ("不属物业业务", "Out of domain"),
}
PRINTED: Words = ("打印", "on paper")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the procedures, in the house's own words."""

    id: str
    seed: str
    place: str
    kind: str
    rule_zh: str
    rule_en: str
    carried_by: tuple[str, ...]
    stage: str

    @property
    def words(self) -> Words:
        """The rule in both languages."""
        return self.rule_zh, self.rule_en


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries a rule: its name, and the screen for those who may read it."""

    words: Words
    cls: type[Record] | None = None
    endpoint: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    act: str = ""

    @property
    def name(self) -> str:
        """The name in the reader's language, with the act that a right allows."""
        name = say(self.words)
        return f"{name} · {act_name(self.act)}" if self.act else name

    def url(self, who: Actor) -> str:
        """Where it is seen; nothing for whom it is closed."""
        allowed = may(who, "read", self.cls) if self.cls else visible(who)
        if not (self.endpoint and allowed):
            return ""
        values: dict[str, Any] = dict(self.args)
        return url_for(self.endpoint, **values)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the procedures."""
    return tuple(
        Rule(**row | {"carried_by": tuple(row["carried_by"].split("; "))})
        for row in _rows("clauses")
    )


def _rows(name: str) -> list[dict[str, Any]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def carrier(reference: str) -> Carrier:
    """What a reference names in this application; LookupError when nothing does."""
    kind, _colon, name = reference.partition(":")
    try:
        return CARRIERS[kind](name.strip())
    except KeyError as missing:
        raise LookupError(reference) from missing


def _record(name: str) -> Carrier:
    slug, _dot, column = name.partition(".")
    if name == Change.__tablename__:
        return Carrier(Change.title)
    cls = record_type(slug)
    words = _both(cls.title, fields(cls)[column].label) if column else cls.title
    return _on_screen(words, cls)


def _flow(name: str) -> Carrier:
    slug, _dot, code = name.partition(".")
    cls = record_type(slug)
    if cls.flow is None:
        raise KeyError(slug)
    if not code:
        return _on_screen(cls.title, cls)
    if any(state.code == code for state in cls.flow.states):
        return _on_screen(_both(cls.title, cls.flow.state(code).now), cls, state=code)
    words = _both(cls.title, cls.flow.move(code).title)
    return Carrier(words, cls, "flow_pages.flow", {"slug": slug})


def _policy(slug: str, name: str) -> Carrier:
    cls = record_type(slug)
    return _on_screen(_both(cls.title, _titles(slug)[name]), cls, search=name)


@cache
def _titles(slug: str) -> dict[str, Words]:
    return {row["code"]: (row["title_zh"], row["title_en"]) for row in _rows(slug)}


def _grant(name: str) -> Carrier:
    target, _dot, act = name.partition(".")
    if (target, act) not in _granted():
        raise KeyError(name)
    group = [cls for cls in record_types() if target in (cls.slug, cls.group)]
    named = next((cls for cls in group if cls.slug == target), group[0])
    return Carrier(named.title, Grant, "matrix.matrix", act=act)


@cache
def _granted() -> frozenset[tuple[str, str]]:
    return frozenset((row["target"], row["action"]) for row in _rows("grant"))


def _report(name: str) -> Carrier:
    cls = record_type("periodic_report")
    book = {book.code: book for book in cls.books}[name]
    return _on_screen(book.title, cls, book=name)


def _print(name: str) -> Carrier:
    slug, _dot, code = name.partition(".")
    cls = record_type(slug)
    if not code:
        return _on_screen(_both(cls.title, PRINTED), cls)
    book = {book.code: book for book in cls.books}[code]
    return _on_screen(_both(book.title, PRINTED), cls, book=code)


def _queue(name: str) -> Carrier:
    queue = {queue.slug: queue for queue in QUEUES}[name]
    return Carrier(queue.title, None, "queues.queue", {"slug": name})


def _out(name: str) -> Carrier:
    return Carrier(REASONS[name])


CARRIERS: dict[str, Callable[[str], Carrier]] = {
    "record": _record,
    "flow": _flow,
    "deadline": partial(_policy, "deadline_rule"),
    "duty": partial(_policy, "duty_rule"),
    "setting": partial(_policy, "setting"),
    "hint": partial(_policy, "hint"),
    "grant": _grant,
    "report": _report,
    "print": _print,
    "queue": _queue,
    "out": _out,
}


def _both(first: Words, second: Words) -> Words:
    return f"{first[0]} · {second[0]}", f"{first[1]} · {second[1]}"


def _on_screen(words: Words, cls: type[Record], **args: str) -> Carrier:
    """Its own screen, or for a line that of the record it stands in."""
    while cls.kind == "part":
        cls = record_type(cls.parents[0])
    return Carrier(words, cls, f"{cls.slug}.index_view", args)


_MARK = "pytest.mark.clause"


def proofs() -> dict[str, list[str]]:
    """Rule -> the tests that name it with ``pytest.mark.clause``."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            name = getattr(node, "name", "")
            test = f"{path.relative_to(TESTS).as_posix()}::{name}".rstrip(":")
            for rule in dict.fromkeys(_claimed(node)):
                found[rule].append(test)
    return found


def _claimed(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == _MARK:
            yield from (str(ast.literal_eval(argument)) for argument in call.args)


FILTERS = {"seed": DOCUMENTS, "kind": KINDS, "stage": STAGES}


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The conditions that make sense, by name."""
    wanted = {name: args.get(name, "") for name in FILTERS}
    found = {name: code for name, code in wanted.items() if code in FILTERS[name]}
    if words := args.get("search", "").strip()[:100]:
        found["search"] = words
    return found


def matching(conditions: Mapping[str, str]) -> list[Rule]:
    """The rules that meet the conditions."""
    words = conditions.get("search", "").casefold()
    exact = {name: code for name, code in conditions.items() if name in FILTERS}
    return [
        rule
        for rule in rules()
        if all(getattr(rule, name) == code for name, code in exact.items())
        and words in f"{rule.id} {rule.place} {' '.join(rule.words)}".casefold()
    ]


@page.get("/rules/")
def clauses() -> str:
    """The rules, narrowed by document, kind, stage and words."""
    conditions, start = asked(request.args), _start(request.args.get("from", ""))
    found, who = matching(conditions), actor()
    before, behind = start - PAGE, start + PAGE
    return render(
        "clauses.html",
        page={
            "title": _("Rules of the procedures"),
            "total": _("{n} in all", n=f"{len(found):,}"),
            "tabs": _tabs(conditions),
            "conditions": conditions,
            "filters": _filters(conditions),
            "active": _active(conditions),
            "rows": [_row(rule, who) for rule in found[start:behind]],
            "prev_url": _link(conditions, max(before, 0)) if start else "",
            "next_url": _link(conditions, behind) if found[behind:] else "",
        },
    )


def _start(text: str) -> int:
    return number(text, digits=5) or 0


def _link(conditions: Mapping[str, str], at: int = 0) -> str:
    pairs = {**conditions, "from": str(at or "")}
    kept = {name: value for name, value in pairs.items() if value}
    return url_for("clauses.clauses") + (f"?{urlencode(kept)}" if kept else "")


def _tabs(conditions: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    rest = {name: code for name, code in conditions.items() if name != "stage"}
    now, found = conditions.get("stage", ""), matching(rest)
    counts = Counter(rule.stage for rule in found)
    tabs = [(f"{_('All')} {len(found)}", _link(rest), not now)]
    for code, words in STAGES.items():
        title = f"{say(words)} {counts[code]}"
        tabs.append((title, _link({**rest, "stage": code}), code == now))
    return tabs


def _filters(
    conditions: Mapping[str, str],
) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    labels = {"seed": _("Document"), "kind": _("Kind of rule")}
    return [
        (
            name,
            label,
            [
                (code, say(words), conditions.get(name) == code)
                for code, words in FILTERS[name].items()
            ],
        )
        for name, label in labels.items()
    ]


def _active(conditions: Mapping[str, str]) -> list[tuple[str, str]]:
    """The conditions in force, each with the address without it."""
    return [
        (say(FILTERS[name][code]), _link({**conditions, name: ""}))
        for name, code in conditions.items()
        if name in ("seed", "kind")
    ]


def _row(rule: Rule, who: Actor) -> dict[str, Any]:
    carriers = [carrier(reference) for reference in rule.carried_by]
    return {
        "id": rule.id,
        "document": say(DOCUMENTS[rule.seed]),
        "place": rule.place,
        "rule": say(rule.words),
        "kind": say(KINDS[rule.kind]),
        "carriers": [(one.name, one.url(who)) for one in carriers],
        "stage": say(STAGES[rule.stage]),
        "chip": CHIPS[rule.stage],
    }


@click.command("clauses")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def listed(as_json: bool) -> None:
    """List every rule, what carries it and the tests that prove it."""
    tests = proofs()
    found = [asdict(rule) | {"tests": tests.get(rule.id, [])} for rule in rules()]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        carried = "; ".join(one["carried_by"])
        proved = len(one["tests"])
        click.echo(f"{one['id']:7} {one['kind']:12} {carried}  ({proved} tests)")


def init_app(app: Flask) -> None:
    """Register the list and the command."""
    app.register_blueprint(page)
    app.cli.add_command(listed)
