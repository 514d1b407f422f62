"""One alarm in plain words: what must hold of it, written without looking at the program.

Minutes are whole numbers. It knows one alarm of a grade with a hold of 60 min and the shipped spans
of high and medium priority; inhibition, hand-over and corrections are tested on their own.
"""

from __future__ import annotations

from dataclasses import dataclass

HOLD, SHELF, OUT = 60, {1: 30, 2: 10}, 30
SPAN, LONGER = {1: 60, 2: 15}, {1: 240, 2: 60}


@dataclass
class Model:
    """`open` none: never raised. `urgent` 2 is high, 1 is medium."""

    open: bool | None = None
    held: int = 0
    urgent: int = 0
    present: bool = False
    taken_until: int | None = None
    silent_until: int | None = None
    silent: str = ""
    shelved: int = 0
    lower_since: int | None = None
    lowest_ok: int = 0
    calm_from: int = 0

    def state(self) -> str:
        if not self.open:
            return "normal"
        if self.silent:
            return self.silent
        if self.taken_until is not None:
            return "acknowledged"
        return "unacknowledged" if self.present else "returned_unacknowledged"

    def time(self, now: int) -> None:
        if self.taken_until is not None and now >= self.taken_until:
            self.taken_until = None
        if self.silent_until is not None and now >= self.silent_until:
            self.silent, self.silent_until = "", None

    def ring(self) -> None:
        self.taken_until, self.silent, self.silent_until = None, "", None

    def seen(self, level: int | None, now: int) -> None:
        self.time(now)
        if level is None:
            if self.open and self.lower_since is not None:
                self.lower_since, self.calm_from = None, now + HOLD
            return
        if not self.open:
            if level:
                self.open, self.shelved, self.present = True, 0, True
                self.rise_to(level, afresh=True)
            return
        if not self.present:
            if level:
                was_ringing = not self.silent and self.taken_until is None
                self.present = True
                self.rise_to(level, afresh=True)
                assert was_ringing or self.state() == "unacknowledged"
            return
        if level > self.held:
            self.rise_to(level, afresh=False)
        elif level == self.held:
            if self.lower_since is not None:
                self.lower_since, self.calm_from = None, now + HOLD
        else:
            self.lower(level, now)

    def rise_to(self, level: int, *, afresh: bool) -> None:
        urgent = 2 if level >= 2 else 1
        self.urgent = urgent if afresh else max(urgent, self.urgent)
        self.held, self.lower_since, self.calm_from = level, None, 0
        self.ring()

    def lower(self, level: int, now: int) -> None:
        if self.lower_since is None:
            if now >= self.calm_from:
                self.lower_since, self.lowest_ok = now, level
            return
        self.lowest_ok = max(self.lowest_ok, level)
        if now < self.lower_since + HOLD:
            return
        reached, self.lower_since, self.calm_from = self.lowest_ok, None, 0
        self.held = reached
        if not reached:
            self.present = False
            if self.taken_until is not None:
                self.open = False
        elif reached == level:
            self.urgent = 2 if level >= 2 else 1
        if level < reached:
            self.lower_since, self.lowest_ok = now, level

    def acknowledge(self, now: int) -> None:
        self.ring()
        self.taken_until = now + SPAN[self.urgent]
        if not self.present:
            self.open, self.taken_until = False, None

    def document(self, now: int) -> None:
        assert self.taken_until is not None
        self.taken_until = max(self.taken_until, now + LONGER[self.urgent])
