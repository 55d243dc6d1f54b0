"""When something is due, and how far up its being late has gone.

Pure functions of a rule, the calendar and moments. Whether a thing is overdue is
worked out whenever somebody asks, never stored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from rules.calendar import DAY, Calendar, months_from

ZERO = dt.timedelta()
FIELD = "field:"
"""Before a field's name where a rule's clock hangs on a date and not on a move."""
EXPIRE = "expire"
"""The move by which something runs out by itself."""
SPANS = {"minutes": dt.timedelta(minutes=1), "hours": dt.timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Limit:
    """How long, and in which time; ``working`` counts office time and working days."""

    amount: int | None
    unit: str
    working: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """One rule of the office: which clock, for which cases, from when, how long."""

    code: str
    limit: Limit
    second: Limit | None = None
    combine: str = ""
    cutoff: dt.time | None = None
    before: bool = False
    inclusive: bool = True
    target: str = ""
    variant: str = ""
    starts_on: frozenset[str] = frozenset()
    stops_on: frozenset[str] = frozenset()
    date_fields: tuple[str, ...] = ()
    pausable: bool = False
    active: bool = True

    @property
    def needs_date(self) -> bool:
        """Whether nothing is due while the date that it hangs on is not set."""
        from_date = bool(self.date_fields) and not self.starts_on
        agreed = self.limit.unit == "set_date" and self.limit.amount is None
        return from_date or agreed or self.before

    @property
    def reminds(self) -> bool:
        """Whether it only reminds of what runs out on the date that it hangs on."""
        return self.before and EXPIRE in self.stops_on


def deadline(row: Mapping[str, Any], *, inclusive: bool = True) -> Deadline:
    """A row of the table of deadlines as a rule; ``inclusive`` is the house's habit."""
    starts = (row["starts_on"] or "").split()
    fields = [w.removeprefix(FIELD) for w in starts if w.startswith(FIELD)]
    return Deadline(
        code=row["code"],
        limit=Limit(row["amount"], row["unit"], row["day_kind"] == "working"),
        second=_second(row),
        combine=row["combine"] or "",
        cutoff=dt.time.fromisoformat(row["cutoff"]) if row["cutoff"] else None,
        before=row["direction"] == "before",
        inclusive=row["inclusive"] and inclusive,
        target=row["target"] or "",
        variant=row["variant"] or "",
        starts_on=frozenset(w for w in starts if not w.startswith(FIELD)),
        stops_on=frozenset((row["stops_on"] or "").split()),
        date_fields=(*fields, *(row["date_fields"] or "").split()),
        pausable=row["pausable"],
        active=row["active"],
    )


def kept_terms(rule: Deadline) -> str:
    """What a running clock keeps of its rule, for a changed rule does not move it."""
    second = [*astuple(rule.second)] if rule.second else None
    cutoff = f"{rule.cutoff:%H:%M}" if rule.cutoff else ""
    terms = [*astuple(rule.limit)], second, rule.combine, cutoff
    return json.dumps([*terms, rule.before, rule.inclusive])


def under_terms(terms: str) -> Deadline:
    """The rule as it was when the clock began."""
    limit, second, combine, cutoff, before, inclusive = json.loads(terms)
    return Deadline(
        "",
        Limit(*limit),
        Limit(*second) if second else None,
        combine,
        dt.time.fromisoformat(cutoff) if cutoff else None,
        before,
        inclusive,
    )


def _second(row: Mapping[str, Any]) -> Limit | None:
    if not row["combine"] or not row["second_unit"]:
        return None
    working = row["second_day_kind"] == "working"
    return Limit(row["second_amount"], row["second_unit"], working)


def due_at(
    rule: Deadline,
    calendar: Calendar,
    started: dt.datetime,
    *,
    set_on: dt.date | dt.datetime | None = None,
    paused: dt.timedelta = ZERO,
) -> dt.datetime | None:
    """The moment by which it must be done; None while the date is not set.

    ``set_on`` is the day or moment in the case that the rule hangs on, if it hangs on
    one. What was due before the clock began is due at once; ``paused`` time is added
    as it is.
    """
    if set_on is None:
        if rule.needs_date:
            return None
        due = _combined(rule, calendar, started)
    elif rule.limit.unit == "set_date":
        due = _agreed(rule, calendar, set_on)
    elif rule.before:
        due = max(started, _before(rule.limit, calendar, set_on))
    else:
        due = _combined(rule, calendar, _begin(rule.limit, calendar, set_on))
    return due + paused


def is_overdue(due: dt.datetime, now: dt.datetime) -> bool:
    """Whether the due time has passed."""
    return now >= due


def specific(rules: Iterable[Deadline]) -> list[Deadline]:
    """Without the general rules that a rule for the variant takes the place of."""
    known = list(rules)
    own = {(r.starts_on, r.stops_on) for r in known if r.variant}
    return [r for r in known if r.variant or (r.starts_on, r.stops_on) not in own]


def _agreed(
    rule: Deadline, calendar: Calendar, set_on: dt.date | dt.datetime
) -> dt.datetime:
    if isinstance(set_on, dt.datetime):
        return set_on
    day = set_on if rule.inclusive else set_on - DAY
    return calendar.hours(working=rule.limit.working).closing(day)


def _combined(rule: Deadline, calendar: Calendar, started: dt.datetime) -> dt.datetime:
    if rule.second is None:
        return _after(rule.limit, calendar, started)
    if rule.combine == "after_cutoff" and rule.cutoff is not None:
        late = started.astimezone(calendar.office.zone).time() >= rule.cutoff
        return _after(rule.second if late else rule.limit, calendar, started)
    limits = (rule.limit, rule.second)
    return min(_after(limit, calendar, started) for limit in limits)


def _after(limit: Limit, calendar: Calendar, started: dt.datetime) -> dt.datetime:
    hours, amount = calendar.hours(working=limit.working), limit.amount or 0
    if span := SPANS.get(limit.unit):
        length = amount * span
        return hours.after(started, length) if limit.working else started + length
    if not amount or limit.unit == "end_of_day":
        return hours.day_end(started)
    return hours.closing(_day(limit, calendar, hours.day_of(started), amount))


def _before(
    limit: Limit, calendar: Calendar, set_on: dt.date | dt.datetime
) -> dt.datetime:
    hours, amount = calendar.hours(working=limit.working), limit.amount or 0
    moment = _begin(limit, calendar, set_on)
    if span := SPANS.get(limit.unit):
        length = amount * span
        return hours.before(moment, length) if limit.working else moment - length
    return hours.closing(_day(limit, calendar, hours.day_of(moment), -amount))


def _begin(
    limit: Limit, calendar: Calendar, set_on: dt.date | dt.datetime
) -> dt.datetime:
    """The moment itself, or when that day opens."""
    if isinstance(set_on, dt.datetime):
        return set_on
    return calendar.hours(working=limit.working).opening(set_on)


def _day(limit: Limit, calendar: Calendar, day: dt.date, amount: int) -> dt.date:
    """The day so many days or months on, or back; agreed dates fall back on days."""
    if limit.unit == "months":
        found, step = months_from(day, amount), 1 if amount > 0 else -1
        return next(calendar.office.on_days(found, step)) if limit.working else found
    if limit.working and amount:
        return calendar.office.days_from(day, amount)
    return day + amount * DAY
