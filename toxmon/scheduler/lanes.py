"""A lane for each channel: one that hangs delays nobody who is told through another."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from toxmon import clock
from toxmon.actions import Service
from toxmon.actions.deliver import LEASE, Technical, deliver, take_up
from toxmon.actions.heartbeat import DELIVERY, beat
from toxmon.actions.posting import Telling
from toxmon.channels import Channel
from toxmon.store import StoreError, deliveries

log = logging.getLogger("toxmon.deliver")

LOOK_S = 1.0
"""The outbox is looked into this often: another process may have put something there."""
NOTED_S = 10.0
AFTER_TROUBLE_S = 5.0
FIRST_REST_S = 0.25
LONGEST_REST_S = 5.0
"""After rounds that reached nobody a lane rests, longer each time: a receiver that takes nothing
must not keep the record busy with what waits for it."""


class Lanes:
    """Posts what is due, each channel in a thread of its own, until told to stop."""

    def __init__(
        self,
        service: Service,
        telling: Telling,
        technical: Technical,
        by: str,
        lease: timedelta = LEASE,
    ) -> None:
        self._service, self._telling, self._technical = service, telling, technical
        self._by, self._lease = by, lease
        self._lanes: dict[str, _Lane] = {}
        self._kicked = threading.Event()
        self._stopped = threading.Event()
        self._noted = -NOTED_S
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin, in threads of this process."""
        self._thread.start()

    def shutdown(self) -> None:
        """End. A post under way is not waited for: its claim ends, and it goes out again."""
        self._stopped.set()
        self._kicked.set()
        if self._thread.is_alive():
            self._thread.join()
        for lane in self._lanes.values():
            lane.stop()

    def kick(self) -> None:
        """Something new may wait."""
        self._kicked.set()

    def look(self) -> None:
        """Set the lanes going for which something is due. Raises StoreError."""
        service = self._service
        for name in deliveries.due_channels(service.store, service.clock()):
            lane = self._lanes.get(name)
            if lane is None:
                lane = self._lanes[name] = self._open(name)
            lane.go()
        if clock.elapsed() - self._noted >= NOTED_S:
            beat(service, DELIVERY, self._by)
            self._noted = clock.elapsed()

    def _open(self, name: str) -> _Lane:
        channel = self._telling.channel(name, self._service)
        take_up(self._service, channel, self._technical)
        return _Lane(self._service, channel, self._telling, self._technical, self._lease)

    def _run(self) -> None:
        trouble = False
        while not self._stopped.is_set():
            self._kicked.clear()
            try:
                self.look()
                trouble = False
            except StoreError as error:
                if not trouble:
                    log.error("the outbox could not be read: %s", error)
                trouble = True
            self._kicked.wait(LOOK_S)


class _Lane:
    """One channel: posts until nothing more is due, then waits to be set going."""

    def __init__(
        self,
        service: Service,
        channel: Channel,
        telling: Telling,
        technical: Technical,
        lease: timedelta,
    ) -> None:
        self._service, self._channel, self._telling = service, channel, telling
        self._technical, self._lease = technical, lease
        self._going = threading.Event()
        self._stopped = threading.Event()
        self._in_vain = 0
        name = f"lane {channel.name}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def go(self) -> None:
        self._going.set()

    def stop(self) -> None:
        self._stopped.set()
        self._going.set()

    def _run(self) -> None:
        while True:
            self._going.wait()
            self._going.clear()
            try:
                while not self._stopped.is_set() and self._round():
                    if self._in_vain:
                        rest = FIRST_REST_S * 2 ** min(self._in_vain - 1, 10)
                        self._stopped.wait(min(rest, LONGEST_REST_S))
            except StoreError as error:
                log.error("the lane %s could not reach the record: %s", self._channel.name, error)
            except Exception:  # The lane goes on; the claim ends and is tried again.
                log.exception("the lane %s failed", self._channel.name)
            if self._stopped.is_set():
                return

    def _round(self) -> bool:
        """Post some. Was there anything?"""

        done = deliver(
            self._service,
            self._channel,
            lambda row: self._telling.post(self._service, row),
            self._technical,
            self._lease,
        )
        if done.sent:
            self._in_vain = 0
        elif done.failed:
            self._in_vain += 1
        return bool(done.sent + done.failed)
