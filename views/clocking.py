"""The clocks of a case: its moves stop and start them, its dates move them.

Whoever makes a case, moves it or saves it says so here, in the same transaction. The
case keeps the earliest of its running clocks as ``next_due_at``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import Table, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core import audit
from core.clock import Clock
from core.record import Case, record_type
from core.words import _
from rules.deadlines import Deadline, due_at, kept_terms
from views import dates, kinds
from views.context import is_over
from views.dates import When
from views.timetable import timetable

PAUSE, RESUME = "pause", "resume"
CASE = cast(Table, Case.__table__)


def after(
    session: Session, case: Case, move: str, now: dt.datetime, on: When = None
) -> None:
    """What a move means to the clocks of its case; making it is the opening move.

    ``on`` is the date of rules that are told one and find none in the case.
    """
    with session.no_autoflush:
        watch = Watch(session, case, now)
        if move == PAUSE:
            watch.pause()
        elif move == RESUME:
            watch.resume()
        else:
            watch.stop(frozenset({move}))
            watch.start(move, on)
        watch.follow_dates()
        watch.settle()
    watch.keep()


def edited(session: Session, case: Case, now: dt.datetime, came: dt.datetime) -> None:
    """Follow what was changed in a case: its kind, its dates, when it came in.

    ``came`` is when it was said to have come in before.
    """
    watch = Watch(session, case, now)
    watch.follow_kind()
    watch.follow_arrival(came)
    moved = watch.follow_dates()
    watch.settle()
    watch.keep()
    if moved:
        audit.explain(session, case, "update", _("; ").join(moved))


def ended(session: Session, case: Case, now: dt.datetime) -> None:
    """Withdraw every clock of a case that is void."""
    watch = Watch(session, case, now)
    watch.settle()
    watch.keep()


def preview(
    session: Session, slug: str, values: dict[str, Any], now: dt.datetime
) -> list[tuple[str, dt.datetime]]:
    """What saving such a case would promise: (title, due), the earliest first."""
    cls = cast(type[Case], record_type(slug))
    known = {n: v for n, v in values.items() if n in cls.__mapper__.columns}
    flow = cls.flow
    case = cls(**{"state": flow.first.code if flow else "open"} | known)
    watch = begun(session, case, now)
    found = [(watch.table.name(c.rule), c.due_at) for c in watch.running]
    return sorted(found, key=lambda pair: pair[1])


def begun(session: Session, case: Case, now: dt.datetime) -> Watch:
    """The clocks that a case begins with which is not written down yet."""
    watch = Watch(session, case, now)
    watch.start(watch.opening)
    watch.follow_dates()
    watch.settle()
    return watch


class Watch:
    """The clocks of one case while something happens to it."""

    def __init__(self, session: Session, case: Case, now: dt.datetime) -> None:
        self.session, self.case, self.now = session, case, now
        self.table = timetable(session, case.project_id)
        self.clocks: list[Clock] = []
        if inspect(case).persistent:
            query = select(Clock).where(Clock.case_id == case.id).order_by(Clock.id)
            self.clocks += session.scalars(query)
        kind = kinds.of(session, case, self.table.groups)
        self.rules = self.table.rules(case.slug, kind)

    @property
    def running(self) -> list[Clock]:
        """The clocks that nothing has stopped yet."""
        return [clock for clock in self.clocks if clock.stopped_at is None]

    @property
    def opening(self) -> str:
        """The move that made the case."""
        flow = type(self.case).flow
        return flow.begin.code if flow and flow.begin else ""

    def stop(self, moves: frozenset[str], but: str = "") -> None:
        """Stop what these moves stop, but the clock of one rule."""
        for clock in self.running:
            rule = self.table.rule(clock.rule)
            if rule and rule.stops_on & moves and clock.rule != but:
                clock.stopped_at = self.now
                clock.stopped_by = min(rule.stops_on & moves)

    def start(self, move: str, on: When = None) -> None:
        """Start what this move starts; what ran already begins anew."""
        begun = self.now
        if move == self.opening:
            begun = inspect(self.case).dict.get("received_at") or self.now
        for rule in self.rules:
            if move in rule.starts_on:
                day = self._day(rule) or (on if rule.needs_date else None)
                self._start(rule, begun, move, day)

    def pause(self) -> None:
        """Pause the clocks whose rules allow it; never those of a complaint."""
        for clock in self.running:
            rule = self.table.rule(clock.rule)
            pausable = rule and rule.pausable and type(self.case).may_wait
            if pausable and clock.paused_at is None:
                clock.paused_at = self.now

    def resume(self) -> None:
        """Let paused clocks run on, due later by the pause."""
        for clock in self.running:
            if clock.paused_at is not None:
                pause = self.now - clock.paused_at
                clock.paused_seconds += int(pause.total_seconds())
                clock.due_at, clock.paused_at = clock.due_at + pause, None

    def follow_dates(self) -> list[str]:
        """Move, start and withdraw clocks as their dates say; what moved, in words.

        Setting an agreed date is the move that agrees on it.
        """
        moved = []
        for rule in (rule for rule in self.rules if rule.date_fields):
            day, last = self._day(rule), self._last(rule.code)
            if last is not None and last.set_on == dates.text(day):
                continue
            if last is not None and last.stopped_at is None:
                moved.append(self._move(last, rule, day))
            elif day is not None and rule.needs_date and not is_over(self.case):
                self.stop(rule.starts_on, but=rule.code)
                self._start(rule, self.now, "", day)
        return moved

    def follow_kind(self) -> None:
        """Clocks of a kind that the case no longer is give way to those of its own."""
        codes, left = {rule.code for rule in self.rules}, set[str]()
        for clock in self.running:
            rule = self.table.rule(clock.rule)
            if rule and rule.active and rule.code not in codes:
                clock.stopped_at = self.now
                left |= rule.starts_on
        made = self._made()
        for rule in self.rules:
            moves = made | left if rule.variant else left
            last = self._last(rule.code)
            idle = last is None or _withdrawn(last)
            if idle and rule.starts_on & moves and not rule.stops_on & made:
                self._start(rule, self.now, "", self._day(rule))

    def _made(self) -> set[str]:
        """The moves that were made for certain: clocks stopped by them."""
        made = {clock.stopped_by for clock in self.clocks if clock.stopped_by}
        flow = type(self.case).flow
        first = flow is not None and self.case.state == flow.first.code
        return made | {self.opening} if first else made

    def follow_arrival(self, before: dt.datetime) -> None:
        """Clocks that count from when the case came in keep to it."""
        came = self.case.received_at
        for clock in self.running:
            if clock.started_at == before != came:
                clock.started_at = came
                due = self.table.due(clock, dates.read(clock.set_on))
                clock.due_at = due or clock.due_at

    def settle(self) -> None:
        """Withdraw what can no longer be due, and tell the case what is due next."""
        case = self.case
        over = is_over(case)
        for clock in self.running:
            if over:
                clock.stopped_at = self.now
            clock.department_id, clock.holder_id = case.department_id, case.holder_id
        going = (clock for clock in self.running if clock.paused_at is None)
        only_told = self.table.reminding
        due = [clock.due_at for clock in going if clock.rule not in only_told]
        self._tell(min(due, default=None))

    def _tell(self, due: dt.datetime | None) -> None:
        """It follows from the clocks: no change of the case, no version of it."""
        case = self.case
        if not inspect(case).persistent:
            case.next_due_at = due
        elif case.next_due_at != due:
            set_committed_value(case, "next_due_at", due)
            change = update(CASE).where(CASE.c.id == case.id)
            self.session.connection().execute(change.values(next_due_at=due))

    def keep(self) -> None:
        """Save what is new."""
        if not inspect(self.case).persistent:
            self.session.add(self.case)
            self.session.flush()
        for clock in self.clocks:
            clock.case_id = self.case.id
        self.session.add_all(self.clocks)
        self.session.flush()

    def _day(self, rule: Deadline) -> When:
        return dates.of(self.session, self.case, rule.date_fields)

    def _last(self, code: str) -> Clock | None:
        return next((c for c in reversed(self.clocks) if c.rule == code), None)

    def _start(self, rule: Deadline, begun: dt.datetime, move: str, on: When) -> None:
        due = due_at(rule, self.table.calendar, begun, set_on=on)
        last = self._last(rule.code)
        if due is None or is_over(self.case):
            return
        if last is not None and last.stopped_at is None:
            if on is not None and last.set_on == dates.text(on):
                return
            last.stopped_at, last.stopped_by = self.now, move
        self.clocks.append(
            Clock(
                name=rule.code,
                rule=rule.code,
                round=last.round + 1 if last else 1,
                terms=kept_terms(rule),
                set_on=dates.text(on),
                started_at=begun,
                due_at=due,
                paused_seconds=0,
            )
        )

    def _move(self, clock: Clock, rule: Deadline, day: When) -> str:
        """A running clock goes by another date, or by none; what that means."""
        before = clock.due_at
        clock.set_on, clock.paused_seconds = dates.text(day), 0
        clock.paused_at = clock.paused_at and self.now
        none = day is None and rule.needs_date
        due = None if none else self.table.due(clock, day)
        if due is None:
            clock.stopped_at = self.now
            return _("{clock}: withdrawn", clock=self.table.name(rule.code))
        clock.due_at = due
        return self.table.moved(rule.code, before, due)


def _withdrawn(clock: Clock) -> bool:
    return clock.stopped_at is not None and clock.stopped_by is None
