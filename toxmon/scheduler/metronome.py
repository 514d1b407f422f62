"""APScheduler as a metronome: it calls a beat, and the beat says when it wants the next one.

Nothing clinical is in its store. It keeps time by the wall clock: when that is set back by nine
hours, it would be silent for nine hours (measured). A guard that keeps time by a clock which never
steps sees a beat fail to come, and has it come at once. Decision 0072.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from toxmon import clock

log = logging.getLogger("toxmon.scheduler")

JOB = "beat"
GRACE_S = 0.5
"""A beat that is later than this is called by the guard."""
REST_S = 0.2
"""Between two beats, however often somebody asks for one."""
AGAIN_S = 2.0
"""How long the guard waits for a beat that it has called before it calls again."""


class Metronome:
    """Calls `beat` at once, and then as many seconds after each beat as it returned.

    Never later than `most_s`, whatever it returned. One beat at a time; `kick` has the next one
    come as soon as may be, also from other threads.
    """

    def __init__(self, beat: Callable[[], float], most_s: float) -> None:
        self.most_s = most_s
        self.rearmed = 0
        self._call = beat
        self._changed = threading.Condition()
        self._stopped = False
        self._beating = False
        self._kicked = False
        self._began = -REST_S
        self._due = 0.0
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._guard = threading.Thread(target=self._watch, name="guard", daemon=True)

    @property
    def scheduler(self) -> BackgroundScheduler:
        """APScheduler, for who wants to look at it."""
        return self._scheduler

    def start(self) -> None:
        """Begin, in threads of this process."""
        self._scheduler.add_job(
            self._beat,
            "interval",
            seconds=self.most_s,
            id=JOB,
            next_run_time=clock.now(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._due = clock.elapsed()
        self._scheduler.start()
        self._guard.start()

    def shutdown(self) -> None:
        """End; a beat that is under way is waited for."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self._guard.is_alive():
            self._guard.join()

    def kick(self) -> None:
        """Something may be due earlier than the last beat knew."""
        with self._changed:
            if self._beating:
                self._kicked = True
                return
            wait = max(0.0, self._began + REST_S - clock.elapsed())
            if self._due <= clock.elapsed() + wait:
                return  # It comes in a moment anyhow.
        self._arm(wait)

    def _beat(self) -> None:
        with self._changed:
            self._beating = True
            self._began = clock.elapsed()
        wait = self.most_s
        try:
            wait = self._call()
        except Exception:  # The next beat must come, whatever became of this one.
            log.exception("a beat failed")
        finally:
            with self._changed:
                self._beating = False
                kicked, self._kicked = self._kicked, False
            rest = self._began + REST_S - clock.elapsed()
            self._arm(max(rest, 0.0 if kicked else min(wait, self.most_s), 0.0))

    def _arm(self, wait_s: float) -> None:
        """The next beat comes in so many seconds."""
        with self._changed:
            if self._stopped:
                return
            self._due = clock.elapsed() + wait_s
            self._changed.notify_all()
            # Within the lock: APScheduler shuts down with its own lock held, and waits for a beat
            # that would wait for it here.
            try:
                at = clock.now() + timedelta(seconds=wait_s)
                self._scheduler.modify_job(JOB, next_run_time=at)
            except JobLookupError:
                pass  # It is being shut down.

    def _watch(self) -> None:
        """The guard: sleeps until a beat is late, by a clock that never steps."""
        while True:
            with self._changed:
                if self._stopped:
                    return
                late_in = self._due + GRACE_S - clock.elapsed()
                if self._beating or late_in > 0:
                    self._changed.wait(self.most_s if self._beating else late_in)
                    continue
            self.rearmed += 1
            log.warning("a beat did not come: the wall clock was set back, or the machine is busy")
            self._arm(0.0)
            with self._changed:
                self._changed.wait_for(lambda: self._beating or self._stopped, AGAIN_S)
