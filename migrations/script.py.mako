"""${message}

Revision ${up_revision}, after ${down_revision or "nothing"}.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
% if down_revision is None:
from core import schema
% endif
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """One step on."""
    ${upgrades if upgrades else "pass"}
% if down_revision is None:
    schema.complete(op.get_bind())
% endif


def downgrade() -> None:
    """The way back is the backup that every upgrade makes first."""
    raise RuntimeError("restore the backup made before the upgrade")
