"""Hostile files: refused with a sentence or harmless, in little memory, never a 500."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.record import Case
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.hostile_files import REFUSED, SURVIVED
from tests.importing import mapping, send, step
from views.spool import folder

pytestmark = [pytest.mark.once, pytest.mark.no_cover]

ROOT = Path(__file__).resolve().parent.parent
ROOM = 150 * 1024
"""Kilobytes that reading any of these may take beyond an idle process."""
MEASURED = """
import json, os, sys
from views.importing.reading import rows
from views.importing.unreadable import Unreadable

found = {}
for path in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            with open(path, "rb") as file:
                for _row in rows(file, 100_000, []):
                    pass
        except Unreadable:
            os._exit(3)
        os._exit(0)
    _pid, status, used = os.wait4(child, 0)
    found[path] = os.waitstatus_to_exitcode(status), used.ru_maxrss
print(json.dumps(found))
"""
Made = tuple[str, Callable[[], bytes]]


@pytest.fixture
def unchanged(as_actor: AsActor, office: Office) -> Callable[[], bool]:
    """Whether no case was written since."""

    def count() -> int:
        with as_actor() as session:
            query = select(func.count()).select_from(Case.__table__)
            return int(session.connection().execute(query).scalar_one())

    before = count()
    return lambda: count() == before


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_a_hostile_file_is_refused_with_a_sentence(
    made: Made, client: Client, app: Flask, unchanged: Callable[[], bool]
) -> None:
    name, content = made
    with app.app_context():
        before = set(folder().iterdir())
    answer = send(client("supervisor"), "reception", content(), name)
    assert answer.status_code == 400, answer.text
    assert 'role="alert"' in answer.text
    for spoken in ("Traceback", "zipfile", "expat", "codec", "/etc/"):
        assert spoken not in answer.text
    with app.app_context():
        assert set(folder().iterdir()) == before
    assert unchanged()


@pytest.mark.parametrize("made", SURVIVED.values(), ids=SURVIVED)
def test_a_strange_file_is_read_and_does_no_harm(
    made: Made, client: Client, unchanged: Callable[[], bool]
) -> None:
    name, content = made
    visitor = client("supervisor")
    place = str(send(visitor, "reception", content(), name).location)
    page = visitor.get(place)
    assert page.status_code == 200
    mapped = step(visitor, place, "columns", **mapping(page.text))
    assert mapped.status_code in (302, 400)
    assert step(visitor, place, "check").status_code == 302
    assert visitor.get(place).status_code == 200
    assert unchanged()
    assert step(visitor, place, "commit").status_code in (302, 400)


def test_a_formula_is_text_and_never_calculated(
    client: Client, as_actor: AsActor
) -> None:
    name, content = SURVIVED["formula"]
    visitor = client("supervisor")
    place = str(send(visitor, "reception", content(), name).location)
    step(visitor, place, "columns", **mapping(visitor.get(place).text))
    step(visitor, place, "check")
    answer = visitor.get(place.replace("import/", "import/problems.xlsx"))
    assert answer.status_code == 200
    assert b"<f>" not in answer.data


@pytest.mark.skipif(sys.platform == "win32", reason="measures by fork")
def test_no_file_takes_more_memory_than_a_good_one(tmp_path: Path) -> None:
    every = {**REFUSED, **SURVIVED}
    paths = {}
    for at, (what, (_name, content)) in enumerate(every.items()):
        path = tmp_path / str(at)
        path.write_bytes(content())
        paths[str(path)] = what
    command = [sys.executable, "-c", MEASURED, *paths]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    found = json.loads(told.stdout)
    least = min(used for _code, used in found.values())
    assert len(found) == len(every)
    for path, (code, used) in found.items():
        what = paths[path]
        assert used - least < ROOM, (what, used - least)
        if what in REFUSED and what != "heads alone":
            assert code == 3, what
