"""``records --json``: every record type as outside scripts read it."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import Flask

from core.chain import Change
from core.columns import Field
from core.moves import Move
from core.record import Record, form_fields, parts, record_types
from core.states import Flow
from core.words import Words


def described(cls: type[Record]) -> dict[str, Any]:
    """One record type: slug, titles, kind, group, rows, books, fields, states."""
    return {
        "slug": cls.slug,
        "title_zh": cls.title[0],
        "title_en": cls.title[1],
        "kind": cls.kind,
        "group": cls.group,
        "section": cls.section,
        "rows": list(cls.rows),
        "books": [_titled(book.code, book.title) for book in cls.books],
        "fields": [_field(cls, name, f) for name, f in form_fields(cls).items()],
        "parts": [part.slug for part in parts(cls)],
        "states": [
            _titled(state.code, state.now) | {"kind": state.kind}
            for state in (cls.flow.states if cls.flow else ())
        ],
        "moves": _moves(cls.flow) if cls.flow else [],
    }


def _moves(flow: Flow) -> list[dict[str, Any]]:
    return [_move(flow, move) for move in flow.moves]


def _move(flow: Flow, move: Move) -> dict[str, Any]:
    """One line of a flow's table; several ends are those that it may choose."""
    opens = [state.code for state in flow.states if flow.is_open(state.code)]
    return _titled(move.code, move.title) | {
        "from": list(move.sources) or opens,
        "to": move.to if isinstance(move.to, str) else "",
        "fields": list(move.asks),
        "offers": list(move.offers),
        "action": move.actions[0],
        "actions": list(move.actions),
        "automatic": move.automatic,
    }


def _titled(code: str, words: Words) -> dict[str, str]:
    return {"code": code, "title_zh": words[0], "title_en": words[1]}


def _field(cls: type[Record], name: str, field: Field) -> dict[str, Any]:
    return {
        "name": name,
        "type": field.type,
        "title_zh": field.label[0],
        "title_en": field.label[1],
        "required": field.required,
        "personal": field.personal,
        "row": field.row or (cls.rows[0] if cls.rows else ""),
        "ref": field.ref,
        "choices": [code for code, _zh, _en in field.choices],
    }


def _history() -> dict[str, Any]:
    titles = _titled("change", Change.title)
    return {
        "slug": titles["code"],
        "title_zh": titles["title_zh"],
        "title_en": titles["title_en"],
        "kind": "log",
        "group": "system",
        "section": "system",
        "rows": list(Change.rows),
    } | {name: [] for name in ("books", "fields", "parts", "states", "moves")}


@click.command("records")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def records(as_json: bool) -> None:
    """List every record type with its books, fields and states."""
    found = [*map(described, record_types()), _history()]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        click.echo(f"{one['slug']:22} {one['title_zh']}  {len(one['fields'])} fields")


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(records)
