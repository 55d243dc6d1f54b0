"""The promise of the house: a new record type is one class, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.once, pytest.mark.no_cover]

ROOT = Path(__file__).resolve().parent.parent

DECLARED = '''
import models
from core import columns as c
from core.privacy import Secret
from core.record import Log


class Visitor(Log):
    """Somebody who came in and was written down."""

    title = ("访客登记", "Visitor register")
    about = ("进小区的访客。", "Visitors to the estate.")
    group = "reception"
    section = "reception"
    rows = ("A31",)
    show = ("visitor", "phone", "purpose", "unit_id", "left")
    search = ("visitor", "purpose")
    label_column = "visitor"

    visitor = c.text("姓名", "Name", required=True, personal="name")
    phone = Secret("电话", "Phone", mask="phone", tail=True)
    purpose = c.text("事由", "Purpose", index=True)
    unit_id = c.ref("拜访房屋", "Home visited", "unit")
    left = c.yes("已离开", "Left")
'''

DRIVEN = """
import re, sys
from pathlib import Path
from app import create_app
from core import schema
from core.access import SYSTEM, act_as
from core.db import db
from tests import cast
from tests.browsing import Visitor as Browser

folder = Path(sys.argv[1])
app = create_app(
    TESTING=True, INSTANCE=folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/o.db"
)
with app.app_context():
    with db.engine.connect().execution_options(write=True) as connection:
        with connection.begin():
            schema.create_all(connection)
    office = cast.build(db.session())
    db.session.remove()

receptionist, supervisor, guard = (
    Browser(app, job) for job in ("receptionist", "supervisor", "guard")
)
seen = {}
receptionist.get("/visitor/new/")
made = receptionist.post(
    "/visitor/new/", visitor="曾老师", phone="12000005678", purpose="送水",
    **{"unit_id": "x", "unit_id-id": str(office.unit), "version": "0"},
)
key = re.search(r"id=(\\d+)", made.location)[1]
seen["menu"] = "访客登记" in receptionist.get("/").text
seen["list"] = "曾老师" in receptionist.get("/visitor/").text
seen["masked"] = "12000005678" not in receptionist.get("/visitor/").text
seen["search"] = "曾老师" in receptionist.get("/visitor/?search=送水").text
seen["absent"] = "曾老师" not in receptionist.get("/visitor/?search=装修").text
seen["details"] = "送水" in receptionist.get(f"/visitor/details/?id={key}").text
page = receptionist.get(f"/visitor/edit/?id={key}").text
version = re.search(r'name="version" value="(\\d+)"', page)[1]
answer = receptionist.post(
    f"/visitor/edit/?id={key}", visitor="曾老师", phone="120****5678",
    purpose="送水两桶", left="y", version=version,
)
seen["edit"] = answer.status_code == 302
seen["history"] = "送水两桶" in receptionist.get(f"/visitor/history/?id={key}").text
revealed = receptionist.post(
    "/visitor/reveal/", id=key, field="phone", purpose="回电话确认"
)
seen["reveal"] = "12000005678" in revealed.text
csv = receptionist.get("/visitor/export/csv/").data.decode("utf-8-sig")
seen["export"] = "送水两桶" in csv and "12000005678" not in csv
seen["foreign"] = guard.get(f"/visitor/details/?id={key}").status_code == 404
seen["guard_list"] = "曾老师" not in guard.get("/visitor/").text
voided = supervisor.post(
    "/visitor/delete/", id=key, version=str(int(version) + 1), reason="登记重了"
)
seen["void"] = voided.status_code == 302
seen["gone"] = "曾老师" not in supervisor.get("/visitor/").text
seen["kept"] = "曾老师" in supervisor.get("/visitor/?voided=1").text
english = Browser(app, "receptionist")
english.get("/account")
english.post("/language", language="en")
seen["english"] = "Visitor register" in english.get("/visitor/").text
print(sorted(name for name, held in seen.items() if not held), len(seen))
"""


def test_a_class_of_twenty_lines_has_every_screen_for_three_roles(
    tmp_path: Path,
) -> None:
    program = tmp_path / "one_class.py"
    program.write_text(DECLARED + DRIVEN, encoding="utf-8")
    assert len(re.findall(r"^    \S", DECLARED, re.MULTILINE)) <= 20
    run = subprocess.run(
        [sys.executable, str(program), str(tmp_path / "office")],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip().splitlines()[-1] == "[] 16"
