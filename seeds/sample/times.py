"""When things happen: seasons, weekdays and the hours of a front desk.

Moments are whole seconds of the office's wall clock until a row is written.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3600, 86400
BASE = dt.datetime(1, 1, 1)  # noqa: DTZ001  a wall clock
OPENS, CLOSES = 8 * HOUR + 1800, 18 * HOUR
HOURS = ((8.5, 10.5, 0.30), (10.5, 16.5, 0.29), (16.5, 18.5, 0.25), (18.5, 23.0, 0.16))
"""From, to and share of a day's contacts; whatever comes late goes to the gate."""


def seconds(moment: dt.datetime) -> int:
    """A wall-clock moment (its zone is dropped) in seconds."""
    return int((moment.replace(tzinfo=None) - BASE).total_seconds())


def day_seconds(day: dt.date) -> int:
    """Midnight of a day in seconds."""
    return (day.toordinal() - 1) * DAY


def day_of(at: int) -> dt.date:
    """The day of a moment."""
    return dt.date.fromordinal(at // DAY + 1)


def moment(at: int, zone: ZoneInfo) -> dt.datetime:
    """The aware moment that a row keeps."""
    return (BASE + dt.timedelta(seconds=at)).replace(tzinfo=zone)


def daytime(at: int) -> int:
    """The moment itself, or the next one at which somebody is there to act."""
    second = at % DAY
    if second < OPENS:
        return at - second + OPENS + second % HOUR
    return at - second + DAY + OPENS + second % (2 * HOUR) if second > CLOSES else at


class Arrivals:
    """Draws moments between two, busier on Mondays, in the rains and after holidays."""

    def __init__(self, start: int, until: int) -> None:
        self.start, self.until = start, until
        self.days = range(start // DAY, until // DAY + 1)
        self.sums = list(
            accumulate(_weight(dt.date.fromordinal(d + 1)) for d in self.days)
        )
        self.hours = list(accumulate(share for _, _, share in HOURS))

    def draw(self, rng: Random, last: int) -> int:
        """A moment not after ``last``."""
        for _ in range(20):
            place = bisect(self.sums, rng.random() * self.sums[-1])
            day = self.days[min(place, len(self.days) - 1)]
            first, end, _ = HOURS[
                bisect(self.hours, rng.random() * self.hours[-1] * 0.999)
            ]
            at = day * DAY + int((first + (end - first) * rng.random()) * HOUR)
            if self.start <= at <= last:
                return at
        return self.start + int((last - self.start) * rng.random())


def _weight(day: dt.date) -> float:
    weight = 1.25 if day.weekday() == 0 else 0.85 if day.weekday() > 4 else 1.0
    if 5 <= day.month <= 9:
        weight *= 1.15
    if (day.month, day.day) in {(10, 8), (5, 6), (1, 2)}:
        weight *= 2
    return weight
