"""The default rights by group and role, retyped from the office's decision.

R read, C create, U update, V void, P print, X export, I import; ``own``, ``dept``,
``proj`` or ``all`` says how far. ``+`` joins a second line; ``h:`` is for heads alone.
"""

from __future__ import annotations

ROLES = tuple(
    "receptionist supervisor manager handler guard finance staff auditor admin".split()
)
LETTERS = {
    "R": "read",
    "C": "create",
    "U": "update",
    "V": "void",
    "P": "print",
    "X": "export",
    "I": "import",
}
TABLE = """
estate     | R proj   | RCU proj    | RCUI proj   | R proj | - | R proj | R proj | R all | RCUI all
place      | R proj   | RCU proj    | RCUI proj   | R proj | R proj | R proj | R proj | R all | RCUI all
staff      | R proj   | R proj      | RCU proj    | R dept | R proj | R proj | R own | R all | RCU all
conduct    | -        | RC proj     | RCU proj    | R own | - | - | R own | R all | -
people     | RCUP proj | RCUVPI proj | RUVXPI proj | R own | R proj | R proj | - | R all | -
papers     | RCUP proj | RCUVP proj  | RUVP proj   | - | - | R proj | - | R all | -
disclosure | RC proj  | RCU proj    | R proj      | - | - | - | R own | R all | -
reception  | RCUPX proj | RCUVPXI proj | RC proj  | RCU own + h:R dept | RC own | - | RC own | R all | -
gate       | RCUPX proj | RCUVPX proj | R proj    | - | RCU proj | - | RC own | R all | -
service    | RCUP proj | RUVPX proj  | R proj | RU own + h:R dept | RC own | R proj | RC own | R all | -
complaint  | RCUP proj | RCUVPX proj | RC proj | RCU own + h:R dept | RC own | - | RC own | R all | -
corrective | R proj   | RCUVPX proj | R proj | RU own | - | - | - | R all | -
incident   | RCUP proj | RCUVPX proj | RU proj | RU own | RC proj | - | RC own | R all | -
revisit    | RCUP own + R proj | RCUVPX proj | RCUP own + R proj | R own + h:RCU own | - | - | - | R all | -
survey     | R proj   | RCUVPX proj | R proj | R own | - | - | - | R all | -
handover   | RCUP proj | RUVPX proj | R proj | R own | - | R proj | - | R all | -
money      | RCP proj | RVPX proj | RVX proj | - | - | RCUVPXI proj | - | R all | -
release    | RCUP proj | RVP proj | R proj | - | R proj | R proj | - | R all | -
card       | RCUP proj | RCUVPX proj | RX proj | R own | R proj | RU proj | R own | R all | -
card_desk  | RCUP proj | RCUVPX proj | RX proj | R own | - | R proj | - | R all | -
report     | RC proj  | RCUPX proj | RPX proj | R dept | - | R own | - | R all | -
notice     | RC proj  | RCU proj | R proj | R proj | R proj | R proj | R proj | R all | -
document   | R proj   | RCU proj | R proj | R proj | R proj | R proj | R proj | R all | -
policy     | R proj   | R proj | RU proj | R proj | - | R proj | - | R all | RCU all
fee        | R proj   | RC proj | RCU proj | - | - | RCU proj | - | R all | -
system     | -        | - | - | - | - | - | - | R all | RCU all
"""  # noqa: E501  one line a group
BESIDE = """
receptionist survey_answer C proj
receptionist material_movement C proj
receptionist file_entry C proj
receptionist duty U proj
receptionist work_plan U own
manager duty U proj
manager work_plan CU own
manager role_assignment R proj
manager procedure_review CU proj
handler reply C own
handler inspection RU own
handler inspection_defect RU own
handler meter_reading RU own
handler card_application h:C dept
handler duty U dept
finance card_topup RU proj
"""
"""Rights to single record types."""
Line = tuple[str, str, str, str, bool]


def lines() -> set[Line]:
    """(role, target, action, scope, heads only) of the whole table."""
    found: set[Line] = set()
    for row in TABLE.strip().splitlines():
        group, *cells = (cell.strip() for cell in row.split("|"))
        for role, cell in zip(ROLES, cells, strict=True):
            found |= _cell(role, group, cell)
    for row in BESIDE.strip().splitlines():
        role, slug, letters, scope = row.split()
        found |= _cell(role, slug, f"{letters} {scope}")
    return found


def _cell(role: str, target: str, cell: str) -> set[Line]:
    found: set[Line] = set()
    for part in cell.split("+"):
        if part.strip() == "-":
            continue
        letters, scope = part.split()
        plain = letters.removeprefix("h:")
        found |= {(role, target, LETTERS[a], scope, plain != letters) for a in plain}
    return found
