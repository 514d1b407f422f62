"""Make a file that was asked for, part by part, beside the requests of the same process."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from toxmon import clock
from toxmon.actions import Actor, Service, cohort_files
from toxmon.cohort.export.filed import write
from toxmon.cohort.export.found import Cohort, find
from toxmon.cohort.export.wanted import Wanted
from toxmon.store import StoreError

log = logging.getLogger("toxmon.cohort")

PART = 256 * 1024
BEAT_S = 1.0


def make(service: Service, actor: Actor, file_id: str, wanted: Wanted, expected: int) -> None:
    """Make it whole, or say why not. `expected`: how many treatments its page spoke of."""
    try:
        with service.store.reading():
            cohort = find(service, actor, wanted)
        if len(cohort.courses) != expected:
            words = "the record changed meanwhile: look at the numbers again, and ask again"
            cohort_files.fail(service, file_id, words)
            return
        maker = _Maker(service, file_id)
        counts = write(service, wanted, cohort, maker.take, maker.progress)
        maker.end()
        told = told_of(wanted, cohort, counts)
        cohort_files.finish(service, actor, file_id, told, maker.size, maker.digest.hexdigest())
    except Exception as error:  # noqa: BLE001 - nobody waits for it; the page has to say so
        log.error("a file of a cohort was not made: %s", type(error).__name__)
        try:
            cohort_files.fail(service, file_id, "an error of ours; the log says which kind")
        except StoreError as again:
            log.error("and that could not be noted: %s", type(again).__name__)


def told_of(wanted: Wanted, cohort: Cohort, counts: dict[str, int]) -> dict[str, Any]:
    """What the audit chain says of a file."""
    found: dict[str, Any] = {
        "patients": cohort.patients,
        "rows": counts,
        "ids": wanted.ids,
        "times": wanted.times,
    }
    return found if wanted.purpose is None else {**found, "purpose": wanted.purpose}


class _Maker:
    """Keeps the bytes of a file in parts, and says how far it has come once a second."""

    def __init__(self, service: Service, file_id: str) -> None:
        self._service, self._id = service, file_id
        self._waits: list[bytes] = []
        self._n = self._held = 0
        self._told = clock.elapsed()
        self.size = 0
        self.digest = hashlib.sha256()

    def take(self, data: bytes) -> None:
        """The next bytes."""
        self._waits.append(data)
        self._held += len(data)
        self.size += len(data)
        self.digest.update(data)
        if self._held >= PART:
            self.end()

    def end(self) -> None:
        """Keep what waits."""
        if self._waits:
            cohort_files.keep_part(self._service, self._id, self._n, b"".join(self._waits))
            self._waits, self._held, self._n = [], 0, self._n + 1

    def progress(self, done: int, total: int) -> None:
        """So many treatments are in it by now."""
        if clock.elapsed() - self._told >= BEAT_S:
            self._told = clock.elapsed()
            cohort_files.come_to(self._service, self._id, done, total)
