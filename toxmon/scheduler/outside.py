"""A sign of life to somebody outside, who raises the alarm when it does not come.

Given only after a whole sweep, a round of deliveries and a canary (decision 0073), in a thread of
its own, so that a listener who hangs delays nothing.
"""

from __future__ import annotations

import logging
import threading

from toxmon import clock, webhooks

log = logging.getLogger("toxmon.scheduler")

EVERY_S = 20.0
TOTAL_S = 10.0


class Outside:
    """Asks the address for a page, at most every EVERY_S seconds; without an address, nothing."""

    def __init__(self, url: str, every_s: float = EVERY_S) -> None:
        self._url, self._every_s = url, every_s
        self._last = -every_s
        self._thread: threading.Thread | None = None
        self._well = True
        self.given = 0
        """How many signs of life were taken."""

    def alive(self) -> None:
        """The watch is whole: say so, unless that was said a moment ago."""
        if not self._url or clock.elapsed() - self._last < self._every_s:
            return
        if self._thread is not None and self._thread.is_alive():
            return
        self._last = clock.elapsed()
        self._thread = threading.Thread(target=self._give, name="heartbeat", daemon=True)
        self._thread.start()

    def _give(self) -> None:
        answered = webhooks.ask("GET", self._url, total_s=TOTAL_S)
        self.given += answered.ok
        if answered.ok is not self._well:
            # The address is a secret; whoever has it could keep the outside quiet.
            log.warning("the listener of TOXMON_HEARTBEAT_URL: %s", answered.words)
            self._well = answered.ok
