"""One writer that commits for a group.

A durable commit costs an fsync, and while one thread waits for it the others queue. Whoever has
queued by then joins one transaction, one after the other, each but the first behind a savepoint;
the last of them commits for all. Nobody is told "done" before that commit has returned, and the
error of one undoes only its own rows. Measured against the alternatives in decision 0003.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from toxmon.store import StoreError

LARGEST_GROUP = 64
"""A group ends here even when others wait, so that the first of it does not wait for ever."""


class Transaction(Protocol):
    """What a driver does for a group."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def member(self, *, alone: bool) -> None:
        """A member begins. What it writes can be undone; alone, by undoing the transaction."""

    def keep(self) -> None:
        """The member is done; its rows go with the group. May raise what the writing raised."""

    def undo(self) -> None:
        """Undo what the member wrote."""


class _Group:
    __slots__ = ("error", "members", "unsettled")

    def __init__(self) -> None:
        # Held until the commit has returned. Those who wait pass it one after the other: waking
        # them all at once would have them fight for the interpreter.
        self.unsettled = threading.Lock()
        self.unsettled.acquire()
        self.error: BaseException | None = None
        self.members = 0


class GroupWriter:
    """Gives turns on one connection. A turn is a `with` block; when it ends, it is durable."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._came = 0
        self._refused = 0
        self._refusal: StoreError | None = None
        self._group: _Group | None = None
        self.commits = 0
        self.members = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises what the block raised, or why the group could not be committed."""
        with self._counting:
            self._waiting += 1
            self._came += 1
            place = self._came
        self._turn.acquire()
        with self._counting:
            self._waiting -= 1
        group: _Group | None = None
        mine = False
        try:
            group = self._join(place)
            self._transaction.member(alone=group.members == 1)
            try:
                yield
                self._transaction.keep()
                mine = True
            except BaseException:
                if group.members == 1:
                    self._abandon(group)
                else:
                    self._undo(group)
                raise
        finally:
            if group is not None and group is self._group:
                self._end_turn(group)
            self._turn.release()
            if mine and group is not None:
                with group.unsettled:
                    pass
        if group.error is not None:
            raise _again(group.error) from group.error

    def _join(self, place: int) -> _Group:
        if self._group is None:
            # Whoever queued while one waited for a lock in vain has waited too, and is told at
            # once: one after the other would wait a timeout each.
            if self._refusal is not None and place <= self._refused:
                raise _again(self._refusal) from self._refusal
            try:
                self._transaction.begin()
            except StoreError as error:
                self._refused, self._refusal = self._came, error
                raise
            self._group = _Group()
        self._group.members += 1
        return self._group

    def _abandon(self, group: _Group) -> None:
        """The first of a group failed: nobody else has written, so nothing is left of it."""
        self._group = None
        group.unsettled.release()
        self._transaction.rollback()

    def _undo(self, group: _Group) -> None:
        try:
            self._transaction.undo()
        except BaseException as error:  # noqa: BLE001 - the whole group is lost, and told so
            group.error = error

    def _end_turn(self, group: _Group) -> None:
        if self._waiting and group.members < LARGEST_GROUP and group.error is None:
            return
        self._group = None
        try:
            if group.error is None:
                self._transaction.commit()
                self.commits += 1
                self.members += group.members
            else:
                self._transaction.rollback()
        except BaseException as error:  # noqa: BLE001 - every member raises it
            group.error = error
            self._transaction.rollback()
        finally:
            group.unsettled.release()


def _again(error: BaseException) -> BaseException:
    """The same error for each member: an exception object belongs to one thread."""
    return type(error)(*error.args) if isinstance(error, StoreError) else error
