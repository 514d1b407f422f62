"""Writes that wait to be sent together, within a turn and across the turns of a group.

A statement costs a call of the driver, and each call a fight for the interpreter among sixteen
threads. So what a turn writes waits for its end; and what says whose it is (`of`, see Store) waits
on for the end of the group, where one statement has the rows of all its turns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toxmon.store import Row, StoreError

INSERT, PUT, CHANGE, RUN = "insert", "put", "change", "run"
GROUPS_APART = 32
"""How many groups write turn by turn after one that could not be written together."""


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one table with the same columns, and what is done with them; or any statement (RUN).

    `target` is the table, or the SQL; `key` the columns by which a PUT or CHANGE finds its row.
    """

    verb: str
    target: str
    rows: list[Row]
    key: tuple[str, ...] = ()
    of: str | None = None


class Waiting:
    """What the turns of a group have said to write and nobody has sent yet."""

    def __init__(self) -> None:
        self._turn: list[Write] = []
        self._group: list[Write] = []
        self._of: set[str | None] = set()
        self._apart = 0
        self.turns = 0
        """How many turns have left something to the group."""

    def begin(self) -> None:
        """A group begins, and nothing waits."""
        self._turn, self._group, self._of, self.turns = [], [], set(), 0
        self._apart = max(0, self._apart - 1)

    def add(self, write: Write) -> None:
        """Something more that the turn writes."""
        self._turn.append(write)
        self._of.add(write.of)

    def concerns(self, of: str | None) -> bool:
        """Would a query of the rows of `of`, or of any rows (None), miss what waits?"""
        waiting = self._of
        return bool(waiting) and (of is None or of in waiting or None in waiting)

    def put_off(self) -> bool:
        """The turn is done: leave what it wrote to the group if all of it may wait. Was it so?"""
        if self._apart or any(write.of is None for write in self._turn):
            return False
        if self._turn:
            self._group += self._turn
            self._turn = []
            self.turns += 1
        return True

    def take_group(self) -> list[Write]:
        """What earlier turns have left, to be sent now."""
        taken, self._group = self._group, []
        self._settle()
        return merged(taken)

    def take_turn(self) -> list[Write]:
        """What this turn writes, to be sent now."""
        taken, self._turn = self._turn, []
        self._settle()
        return merged(taken)

    def drop_turn(self) -> None:
        """The turn has failed: what it said to write is forgotten."""
        self._turn = []
        self._settle()

    def go_apart(self) -> None:
        """What was sent together failed: for a while each turn sends its own."""
        self._apart = GROUPS_APART

    def _settle(self) -> None:
        if not self._turn and not self._group:
            self._of = set()


class Later:
    """The verbs of a store that write later, the same for both drivers (see Store)."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._waiting = Waiting()

    def execute_later(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        self._say(Write(RUN, sql, [dict(params or {})]))

    def insert(self, table: str, rows: Iterable[Row], *, of: str | None = None) -> None:
        rows = list(rows)
        if rows:
            self._say(Write(INSERT, table, rows, of=of))

    def put(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        self._say(Write(PUT, table, [row], key, of))

    def change(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        self._say(Write(CHANGE, table, [row], key, of))

    def _say(self, write: Write) -> None:
        self._only_when_writing()
        self._waiting.add(write)

    def _only_when_writing(self) -> None:
        if not getattr(self._local, "writing", False):
            raise StoreError("a write outside of writing()")


def merged(writes: Iterable[Write]) -> list[Write]:
    """The same writes, with the rows of those in one that may change places.

    Writes that say whose they are do not disturb each other. One that does not keeps its place,
    and nothing passes it.
    """
    found: list[Write] = []
    joined: dict[tuple[Any, ...], Write] = {}
    for write in writes:
        if write.of is None or write.verb == RUN:
            joined.clear()
            found.append(write)
            continue
        alike = (write.verb, write.target, write.key, *write.rows[0])
        known = joined.get(alike)
        if known is None:
            known = joined[alike] = Write(write.verb, write.target, [], write.key, write.of)
            found.append(known)
        known.rows.extend(write.rows)
    return found
