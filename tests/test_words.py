"""Whatever people read is there in both languages, and in one place."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterable, Iterator
from contextvars import Context
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest
import wtforms.fields
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from core.record import Record, fields, record_types
from core.words import (
    CATALOGUES,
    DEFAULT,
    LANGUAGES,
    Words,
    _,
    language,
    say,
    use_language,
)
from models import ROLES
from tests.each import each
from views.queues import QUEUES
from views.shell import SECTIONS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("core", "migrations", "rules", "seeds", "views")
SOURCES = [
    ROOT / "app.py",
    ROOT / "models.py",
    *(path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))),
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static").glob("*.js"))
FORM_FIELDS = sorted(Path(wtforms.fields.__file__).parent.glob("*.py"))
"""WTForms' own fields may complain, too."""
FOREIGN = [code for code in LANGUAGES if code != "en"]

HAN = re.compile(r"[㐀-䶿一-鿿\U00020000-\U0003ffff]")
CHINESE = re.compile(r"[　-〿㐀-䶿一-鿿＀-￯\U00020000-\U0003ffff]")
"""Characters, and the marks that are set as wide as one."""
SIGNS = {"%"}
"""Units that are written the same in both languages."""
NOT_WORDS = {
    "core/words.py": "中文",  # what a language calls itself
    "views/export.py": "　＝＋－＠",  # what a spreadsheet takes for a formula
    "views/founding.py": "，、；",  # what people may type between words
    "views/values.py": "月日星期一二三四五六",  # a date, in a branch for each language
}
PLUS = "＋"
"""The sign on buttons that add something."""

ENVIRONMENT = Environment()  # noqa: S701  nothing is rendered
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]")
WORDS = re.compile(r"^[A-Z][a-z]| [a-z]")
"""What is no code of a language, a style or an order."""
LATIN = re.compile(r"[A-Za-z]{2}")
TOLD = set(
    "abort echo flash ClickException Flaw KeysUnusable NotADump Refused"
    " RestoreRefused SealBroken StopValidation UpgradeRefused ValidationError".split()
)
"""Functions and errors whose sentence somebody is shown."""
READ_ALOUD = {"alt", "aria-label", "placeholder", "title"}
PLAIN_ERRORS = {"StopValidation", "ValidationError"}


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def identity(message: Message) -> str:
    """The msgid, or its singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def translations(message: Message) -> list[str]:
    given = message.string
    return [given] if isinstance(given, str) else list(given or ())


@cache
def said() -> frozenset[str]:
    """Every msgid in the sources, in the templates and in WTForms' fields."""
    found: set[str] = set()
    kinds = (("python", [*SOURCES, *FORM_FIELDS]), ("jinja2", TEMPLATES))
    for method, paths in kinds:
        for path in paths:
            for _line, words, _notes, _context in extract_from_file(method, path):
                found.add(words if isinstance(words, str) else words[0])
    return frozenset(found)


@cache
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def entries(path: Path) -> list[Message]:
    return [message for message in catalogue(path) if message.id]


def source_of(code: str) -> Path:
    return CATALOGUES / code / "LC_MESSAGES" / "messages.po"


@pytest.mark.parametrize("code", FOREIGN)
def test_every_sentence_is_translated(code: str) -> None:
    known = entries(source_of(code))
    done = {identity(m) for m in known if all(translations(m))}
    assert sorted(said() - done) == [], "run make messages, then translate these"
    assert sorted(done - said()) == [], "nobody says these any more: make messages"


def test_the_template_of_all_catalogues_is_current() -> None:
    known = {identity(m) for m in entries(CATALOGUES / "messages.pot")}
    assert known == said(), "run make messages"


@pytest.mark.parametrize("code", FOREIGN)
def test_no_translation_is_in_doubt(code: str) -> None:
    assert [identity(m) for m in entries(source_of(code)) if m.fuzzy] == []


@pytest.mark.parametrize("code", FOREIGN)
def test_translations_are_in_their_language(code: str) -> None:
    """A sentence of nothing but placeholders has no words to translate."""
    for message in entries(source_of(code)):
        if LATIN.search(without_placeholders(identity(message))):
            assert all(map(HAN.search, translations(message))), identity(message)


@pytest.mark.parametrize("code", FOREIGN)
def test_placeholders_survive_translation(code: str) -> None:
    for message in entries(source_of(code)):
        for text in translations(message):
            assert placeholders(text) == placeholders(identity(message)), text


@pytest.mark.parametrize("code", FOREIGN)
def test_the_compiled_catalogue_is_current(code: str) -> None:
    fresh, path = BytesIO(), source_of(code)
    write_mo(fresh, catalogue(path))
    assert path.with_suffix(".mo").read_bytes() == fresh.getvalue(), "make messages"


def placeholders(text: str) -> list[str]:
    """The names in ``{name}`` and ``%(name)s``, in no order."""
    old = re.findall(r"%\(\w+\)[a-z]", text)
    return sorted([*old, *(name for _t, name, *_r in Formatter().parse(text) if name)])


def without_placeholders(text: str) -> str:
    return re.sub(r"\{\w+\}|%\(\w+\)[a-z]", "", text)


def calls(tree: ast.AST, names: Iterable[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in names:
            yield node


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


@each(SOURCES)
def test_only_literal_sentences_are_translated(path: Path) -> None:
    for call in calls(ast.parse(path.read_text("utf-8")), ["_"]):
        match call.args:
            case [ast.Constant(value=str() as sentence)]:
                given = sorted(word.arg or "**" for word in call.keywords)
                assert given == sorted(set(placeholders(sentence))), sentence
            case _:
                pytest.fail(f"line {call.lineno}: not one literal sentence")


@each(TEMPLATES)
def test_templates_translate_only_literal_sentences(path: Path) -> None:
    for call in ENVIRONMENT.parse(path.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_":
            (only,) = call.args
            assert isinstance(only, nodes.Const), f"line {call.lineno}"
            given = sorted(word.key for word in call.kwargs)
            assert given == sorted(set(placeholders(only.value))), only.value


@each(SOURCES)
def test_nobody_is_told_an_untranslated_sentence(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for call in calls(tree, TOLD):
        for text in filter(None, map(literal, call.args)):
            assert not SENTENCE.search(text), f"line {call.lineno}: {text}"
    for call in calls(tree, ["Markup"]):
        page = Bare()
        page.feed("".join(map(literal, call.args)))
        assert not LATIN.search("".join(page.found)), f"line {call.lineno}"


def literal(node: ast.expr) -> str:
    """The text of a literal or f-string, its values left out."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return " ".join(map(literal, parts))
    return ""


def test_forms_use_no_sentences_of_wtforms_validators() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "wtforms.validators":
                assert {name.name for name in node.names} <= PLAIN_ERRORS, place(path)


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if "sample" not in p.parts], ids=place
)
def test_chinese_stands_only_in_pairs(path: Path) -> None:
    """As the first half of a (zh, en) pair, in a pattern, or in a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    meant = {id(node) for node in (*pairs(tree), *patterns(tree), *docstrings(tree))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in meant:
            text = node.value if isinstance(node.value, str) else ""
            wild = set(CHINESE.findall(text)) - set(NOT_WORDS.get(place(path), ""))
            assert not wild, f"line {node.lineno}: {text}"


def pairs(tree: ast.AST) -> Iterator[ast.AST]:
    """Chinese literals that are followed by their English."""
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=row) | ast.Call(args=row):
                for zh, en in pairwise(row):
                    english = literal(en)
                    if english and not CHINESE.search(english):
                        yield zh


def patterns(tree: ast.AST) -> Iterator[ast.AST]:
    """What stands inside a call to ``re``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                yield from ast.walk(node)


def docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))


@each([*TEMPLATES, *SCRIPTS])
def test_no_chinese_in_templates_and_scripts(path: Path) -> None:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        assert not CHINESE.search(line.replace(PLUS, "")), f"{number}: {line.strip()}"


class Bare(HTMLParser):
    """Collects what a page shows or reads aloud, whatever the data."""

    def __init__(self) -> None:
        super().__init__()
        self.key, self.found = False, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.key = tag == "kbd"
        self.found += [value or "" for name, value in attrs if name in READ_ALOUD]

    def handle_endtag(self, tag: str) -> None:
        self.key = False

    def handle_data(self, data: str) -> None:
        if not self.key:
            self.found.append(data)


@each(TEMPLATES)
def test_templates_hold_no_bare_words(path: Path) -> None:
    page, source = Bare(), path.read_text("utf-8")
    lexed = ENVIRONMENT.lex(source)
    page.feed("".join(value for _line, kind, value in lexed if kind == "data"))
    assert [text.strip() for text in page.found if LATIN.search(text)] == []
    outputs = ENVIRONMENT.parse(source).find_all(nodes.Output)
    shown = [text for one in outputs for part in one.nodes for text in constants(part)]
    assert [text for text in shown if WORDS.search(text)] == []


def constants(node: nodes.Node) -> Iterator[str]:
    """The literals that an expression may come to."""
    match node:
        case nodes.Const(value=str() as text):
            yield text
        case nodes.CondExpr() | nodes.BinExpr() | nodes.Concat():
            for part in node.iter_child_nodes(exclude=("test",)):
                yield from constants(part)


def check_pair(where: str, words: Words) -> None:
    zh, en = words
    assert zh.strip(), f"{where}: no Chinese"
    assert en.strip(), f"{where}: no English"
    assert not CHINESE.search(en), f"{where}: Chinese in the English, {en}"
    assert HAN.search(zh) or zh in SIGNS, f"{where}: no Chinese in {zh}"


def declared(cls: type[Record]) -> Iterator[tuple[str, Words]]:
    """Every pair of a record type, those that may be empty only when they are not."""
    yield "title", cls.title
    yield "about", cls.about
    yield from ((f"book {book.code}", book.title) for book in cls.books)
    yield from cls.labels.items()
    for state in cls.flow.states if cls.flow else ():
        yield from ((f"state {state.code}", w) for w in (state.now, state.step))
    for name, field in fields(cls).items():
        yield name, field.label
        yield from ((name, pair) for pair in (field.help, field.unit) if any(pair))
        yield from ((f"{name}.{code}", (zh, en)) for code, zh, en in field.choices)


@pytest.mark.parametrize("cls", record_types(), ids=lambda cls: str(cls.slug))
def test_declarations_speak_both_languages(cls: type[Record]) -> None:
    for where, words in declared(cls):
        check_pair(where, words)


def test_roles_sections_and_queues_speak_both_languages() -> None:
    for code, zh, en in ROLES:
        check_pair(code, (zh, en))
    for code, words in SECTIONS.items():
        check_pair(code, words)
    for queue in QUEUES:
        check_pair(queue.slug, queue.title)
        check_pair(queue.slug, queue.about)


BILINGUAL = {
    "card_policy": "title_",
    "choice_label": "",
    "clauses": "rule_",
    "deadline_rule": "title_",
    "duty_rule": "title_",
    "hint": "title_ text_",
    "revisit_rule": "title_",
    "setting": "title_",
}
"""Seeds with words of the house, and how the columns of each pair begin."""


@pytest.mark.parametrize("path", sorted((ROOT / "seeds").glob("*.csv")), ids=place)
def test_seeds_speak_both_languages(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    starts = BILINGUAL[path.stem].split(" ") if path.stem in BILINGUAL else []
    columns = {name for name in rows[0] if re.search(r"(?:^|_)(?:zh|en)$", name)}
    assert columns == {f"{start}{half}" for start in starts for half in ("zh", "en")}
    for number, row in enumerate(rows if columns else (), 2):
        for start in starts:
            check_pair(f"line {number}", (row[f"{start}zh"], row[f"{start}en"]))


def test_the_reader_chooses_the_language() -> None:
    def heard(code: str) -> tuple[str, str, str, str]:
        use_language(code)
        days = _("{n} days", n=3)
        return language(), _("Save"), days, say(("保存", "Save"))

    assert Context().run(heard, "zh_Hans_CN") == (
        "zh_Hans_CN",
        "保存",
        "3 天",
        "保存",
    )
    assert Context().run(heard, "en") == ("en", "Save", "3 days", "Save")
    assert Context().run(heard, "fr")[0] == DEFAULT
    assert language() == DEFAULT
