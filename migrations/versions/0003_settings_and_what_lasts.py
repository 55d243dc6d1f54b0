"""settings without effect, and an index of what lasts at a home

Revision 0003, after 0002.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

from core import columns as c

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WITHOUT_EFFECT = (
    "reception.same_day_disposition",
    "complaint.record_opened_by",
    "label.customer",
    "label.customer.en",
)
LASTING = 'NOT "open" AND closed_at IS NULL AND voided_at IS NULL'
WHY = ("程序已不再使用这项设置", "The program no longer reads this setting")


def upgrade() -> None:
    """One step on: what nothing reads any more stands as void, and is kept."""
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_lasting",
            ["unit_id", "type", "state", "project_id"],
            unique=False,
            sqlite_where=sa.text(LASTING),
            postgresql_where=sa.text(LASTING),
        )
    names = ("code", "version", "void_reason")
    moment = sa.column("voided_at", c.UtcDateTime())
    setting = sa.table("setting", moment, *(sa.column(name) for name in names))
    idle = (setting.c.code.in_(WITHOUT_EFFECT), setting.c.voided_at.is_(None))
    void = {"voided_at": dt.datetime.now(dt.UTC), "void_reason": " / ".join(WHY)}
    version = setting.c.version + 1
    op.execute(sa.update(setting).where(*idle).values(**void, version=version))


def downgrade() -> None:
    """The way back is the backup that every upgrade makes first."""
    raise RuntimeError("restore the backup made before the upgrade")
