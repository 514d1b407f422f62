"""The door for time. APScheduler keeps the beat; what is due stands in the database.

Nothing clinical is in APScheduler's own store, so nothing can be lost with it: a beat that is
missed is made up by the next, and two processes that beat do no harm. Its default would drop a
beat that is a second late; it is told to run whatever is late, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler

from toxmon.actions import Service
from toxmon.actions.lapse import lapse_due
from toxmon.store import StoreError

log = logging.getLogger("toxmon.scheduler")


def tick(service: Service) -> None:
    """Do all that is due. Safe to run twice, or in two processes."""
    try:
        while lapse_due(service):
            pass
    except StoreError as error:
        # The next beat tries again; until then nothing is lost, because nothing was claimed.
        log.error("the sweep could not reach the record: %s", error)


def watch(service: Service, seconds: int) -> BaseScheduler:
    """Beat in a thread of this process."""
    return _start(BackgroundScheduler(timezone=UTC), lambda: tick(service), seconds)


def watch_only(service: Service, seconds: int) -> None:
    """Beat until told to stop; a process of its own."""
    tick(service)
    _start(BlockingScheduler(timezone=UTC), lambda: tick(service), seconds)


def _start(scheduler: BaseScheduler, beat: Callable[[], None], seconds: int) -> BaseScheduler:
    scheduler.add_job(
        beat,
        "interval",
        seconds=seconds,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    return scheduler
