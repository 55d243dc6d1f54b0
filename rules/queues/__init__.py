"""Follow-up queues, in the order in which they are shown."""

from __future__ import annotations

from rules.queues.counter import COUNTER
from rules.queues.decisions import DECISIONS
from rules.queues.declared import PAST, Queue
from rules.queues.everyday import EVERYDAY
from rules.queues.work import WORK

__all__ = ["PAST", "QUEUES", "Queue"]

QUEUES = (*EVERYDAY, *DECISIONS, *WORK, *COUNTER)
