"""Rounds: who is visited without cause, how often, and on which day.

Pure functions of a rule and days. Households are spread evenly over their period by
their keys, so that no day has many more visits than another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from rules.calendar import DAY, months_from

GOLDEN = 0x9E3779B1
"""2**32 by the golden section: neighbours' keys are scattered evenly."""
SPAN = 1 << 32
YEAR = 12


def block(months: int, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the stretch of so many months that a day is in."""
    since = (day.year * YEAR + day.month - 1) // months * months
    first = dt.date(since // YEAR, since % YEAR + 1, 1)
    return first, months_from(first, months) - DAY


def blocks(
    months: int, since: dt.date, until: dt.date
) -> Iterator[tuple[dt.date, dt.date]]:
    """Every such stretch that has a day between two days."""
    first, last = block(months, since)
    while first <= until:
        yield first, last
        first, last = block(months, last + DAY)


def day_of(key: int, first: dt.date, last: dt.date) -> dt.date:
    """The day of the stretch that a key is scattered to."""
    return first + _part(key, (last - first).days + 1) * DAY


def is_drawn(key: int, share: int, months: int, first: dt.date) -> bool:
    """Whether a key is among the share of a hundred of that stretch.

    The next stretch draws others, so that in time everybody is drawn.
    """
    turn = (first.year * YEAR + first.month - 1) // months
    return (_part(key, 100) - turn * share) % 100 < share


def _part(key: int, many: int) -> int:
    return key * GOLDEN % SPAN * many // SPAN


def stages(
    accepted: dt.date, months: Sequence[int], every: int, until: dt.date
) -> Iterator[tuple[str, dt.date]]:
    """Name and day of each revisit of finished works, up to a day."""
    for number in months:
        if (day := months_from(accepted, number)) <= until:
            yield f"month_{number}", day
    number = max(months, default=0) + every
    while (day := months_from(accepted, number)) <= until:
        yield "yearly", day
        number += every


def since_joining(
    joined: dt.date, every: int, lasts: int, until: dt.date
) -> Iterator[dt.date]:
    """The days on which somebody new is visited again, while that is done oftener."""
    for number in range(every, lasts + 1, every):
        if (day := months_from(joined, number)) <= until:
            yield day
