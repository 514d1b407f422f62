"""The door for time: sweeps when something is due, tells what waits, and says that it lives.

What is due stands in the database. A beat that is missed is made up by the next, and any number of
processes may beat at once.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from toxmon import clock
from toxmon.actions import Service, canary, technical
from toxmon.actions.heartbeat import SWEEP, beat, reasons
from toxmon.actions.posting import Telling
from toxmon.actions.sweep import Swept, sweep
from toxmon.scheduler.lanes import Lanes
from toxmon.scheduler.metronome import Metronome
from toxmon.scheduler.noticing import RULE, Noticing, Trouble
from toxmon.scheduler.outside import Outside
from toxmon.store import StoreError, alarms, beats
from toxmon.webhooks import NOWHERE

__all__ = ["SILENCE", "Watch", "tell", "told_of_delivery", "watch", "watch_only"]

log = logging.getLogger("toxmon.scheduler")

SILENCE = Telling({}, NOWHERE)
"""No channel at all: alarms stand on the screens alone."""
NOTED_S = 5.0
SUNG_S = 20.0
AGAIN_S = 2.0
"""Seconds until a sweep that could not reach the record, or left something, is tried again."""
DELIVERY_RULE, DELIVERY_TITLE = "technical:delivery", "A message could not be delivered"


class Watch:
    """The watch of one process: a metronome, the lanes, and what they note."""

    def __init__(
        self,
        service: Service,
        seconds: float,
        telling: Telling = SILENCE,
        heartbeat_url: str = "",
        lease: timedelta = timedelta(seconds=60),
        sweeping: Callable[[Service, timedelta], Swept] = sweep,
    ) -> None:
        self._service, self._lease, self._sweep = service, lease, sweeping
        self.by = f"{socket.gethostname()}:{os.getpid()}"
        self.metronome = Metronome(self.beat, seconds)
        self.lanes = Lanes(service, telling, told_of_delivery, self.by, lease)
        self.outside = Outside(heartbeat_url)
        self.noticing = Noticing(service.clock)
        self.noticed: list[Trouble] = []
        """What the last beat noticed of time itself."""
        self._untold: list[Trouble] = []
        self._began = False
        self._noted = self._sung = -SUNG_S

    def start(self) -> None:
        """Begin, in threads of this process; what the service does is then followed at once."""
        self._service.wake = self.kick
        self.lanes.start()
        self.metronome.start()

    def shutdown(self) -> None:
        """End."""
        self.metronome.shutdown()
        self.lanes.shutdown()

    def kick(self) -> None:
        """Something may be due, or wait to be told, that was not before."""
        self.metronome.kick()
        self.lanes.kick()

    def beat(self) -> float:
        """Do all that is due; in how many seconds to come again."""
        wait = self.metronome.most_s
        try:
            self._notice()
            swept = self._sweep(self._service, self._lease)
            self.lanes.kick()
            self._tell()
            self._note(swept)
            if not swept.whole:
                wait = min(wait, AGAIN_S)
            if swept.next_at is not None:
                due = (swept.next_at - self._service.clock()).total_seconds()
                wait = max(0.0, min(wait, due))
        except StoreError as error:
            # The next beat tries again; nothing is lost, for a claim that is not noted ends.
            log.error("the sweep could not reach the record: %s", error)
            wait = min(wait, AGAIN_S)
        self.noticing.rest(wait)
        return wait

    def _notice(self) -> None:
        if not self._began:
            told = alarms.open_of_rule(self._service.store, RULE)
            self.noticing.take_up(row["key"].removeprefix(f"{RULE}:") for row in told)
            self._began = True
        known = beats.every(self._service.store)
        newest = max((row["at"] for row in known.values()), default=None)
        swept = known[SWEEP]["at"] if SWEEP in known else None
        self.noticed = self.noticing.look(newest, swept)
        self._untold += self.noticed
        for trouble in self.noticed:
            log.warning("%s: %s", trouble.title, trouble.says)

    def _tell(self) -> None:
        """After the sweep: what is due is looked at first, and whatever becomes of this."""
        while self._untold:
            so = self._untold[0]
            with self._service.store.writing():
                tell(self._service, RULE, so.name, so.level, so.title, so.says)
            self._untold.pop(0)

    def _note(self, swept: Swept) -> None:
        """What was done whole is noted, and told to the outside when all of it was."""
        now = clock.elapsed()
        if swept.whole and now - self._noted >= NOTED_S:
            beat(self._service, SWEEP, self.by)
            self._noted = now
        if now - self._sung >= SUNG_S:
            sung = canary.sing(self._service, self.by)
            if sung.wrong:
                log.error("the canary: %s", sung.wrong)
            self._sung = now
        if swept.whole and not reasons(self._service):
            self.outside.alive()


def watch(
    service: Service,
    seconds: float,
    telling: Telling = SILENCE,
    heartbeat_url: str = "",
    lease: timedelta = timedelta(seconds=60),
) -> Watch:
    """Watch in threads of this process."""
    found = Watch(service, seconds, telling, heartbeat_url, lease)
    found.start()
    return found


def watch_only(
    service: Service,
    seconds: float,
    telling: Telling = SILENCE,
    heartbeat_url: str = "",
    lease: timedelta = timedelta(seconds=60),
) -> None:
    """Watch until told to stop; a process of its own."""
    found = watch(service, seconds, telling, heartbeat_url, lease)
    try:
        threading.Event().wait()
    finally:
        found.shutdown()


def tell(service: Service, rule: str, name: str, level: int, title: str, says: str) -> None:
    """Raise, follow or end a technical alarm of the site. Only inside `writing`."""
    now = service.clock()
    technical.decide(
        service, None, [technical.matter(service, rule, name, level, title, says, now)], now
    )


def told_of_delivery(service: Service, key: str, words: str, level: int) -> None:
    """Raise or end the technical alarm of a channel. Only inside `writing`."""
    name = key.removeprefix("delivery:")
    tell(service, DELIVERY_RULE, name, level, DELIVERY_TITLE, words)
