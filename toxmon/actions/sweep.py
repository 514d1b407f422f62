"""One sweep: look at everything whose time has come, the worst first.

Any number of processes may sweep. What is due is claimed for a while with an epoch; its effect is
decided anew under the writer's turn and kept under unique keys, so two who hold the same claim do
no harm and a claim that is never heard of again is only late. What fails is tried again, each by
itself, and after some tries it is given up on with a technical alarm: it hides nobody else's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.actions import SYSTEM, Service, audit, events, feeds, refold, technical
from toxmon.actions.lapse import SETTLING, lapse_due
from toxmon.actions.record import after
from toxmon.actions.watch import Watch
from toxmon.store import Row, StoreError, patients, technicals, watches

log = logging.getLogger("toxmon.scheduler")

AT_ONCE = 100
TOGETHER = 25
"""Patients in one transaction: a commit is shared, and nobody waits long for the writer's turn."""
MOST_TRIES = 5
LEASE = timedelta(seconds=60)
RETRY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `whole`: nothing that was due was left; `next_at`: when to come again."""

    done: int
    failed: int
    whole: bool
    next_at: datetime | None


def sweep(service: Service, lease: timedelta = LEASE, at_once: int = AT_ONCE) -> Swept:
    """Do all that is due. Raises StoreError when the record cannot be reached.

    `at_once`: how many treatments are claimed together, until `lease` has passed.
    """
    done = failed = 0
    while True:
        now = service.clock()
        with service.store.writing():
            claimed = watches.claim(service.store, now, now + lease, at_once)
        if not claimed:
            break
        for place in range(0, len(claimed), TOGETHER):
            together = claimed[place : place + TOGETHER]
            failed += _look_together(service, together)
            done += len(together)
    while lapsed := lapse_due(service):
        done += lapsed
    _technical(service)
    return Swept(done, failed, failed == 0, _next_at(service))


def _look_together(service: Service, claimed: Sequence[Row]) -> int:
    """Look at some in one transaction; if anything fails, at each by itself. How many failed."""
    try:
        with service.store.writing():
            for claim in claimed:
                _look(service, claim)
    except StoreError:
        raise
    except Exception:
        log.exception("a sweep of %d failed; each is looked at by itself", len(claimed))
    else:
        return 0
    failed = 0
    for claim in claimed:
        try:
            with service.store.writing():
                _look(service, claim)
        except StoreError:
            raise
        except Exception:
            log.exception("the watch of treatment %s failed", claim["treatment_id"])
            failed += 1
            _failed(service, claim)
    return failed


def _look(service: Service, claim: Row) -> None:
    """Look at one treatment whose time has come. Only inside `writing`."""
    store, patient_id = service.store, claim["patient_id"]
    # Gather.
    heads = patients.heads(store, patient_id)
    row = next((each for each in heads if each["treatment_id"] == claim["treatment_id"]), None)
    if row is None or row["epoch"] != claim["epoch"]:
        return  # It is no more, or somebody else has claimed it since.
    head = heads[0]
    now = after(head["told_at"], service.clock())
    version = head["version"] + 1
    treatments = [each for each in heads if each["treatment_id"] is not None]

    # Decide and keep.
    regraded = refold.Regraded()
    if head["told_at"] <= now - SETTLING:
        lapsing = [each for each in treatments if each["due_at"] and each["due_at"] <= now]
        regraded = refold.let_time_pass(service, patient_id, head, lapsing, version, now)
    watch = Watch(service, patient_id, head, version, now)
    watch.after_time(treatments, regraded)
    done = {"treatment_id": claim["treatment_id"], "lease_at": None, "tries": 0}
    watches.release(store, done, of=patient_id)
    rows = [*regraded.rows, *watch.rows]
    if rows:
        patients.advance(store, patient_id, version, now)
        events.tell(watch, (), regraded.rows)
        audit.note(service, SYSTEM, now, "watch", patient_id=patient_id, version=version, rows=rows)


def _failed(service: Service, claim: Row) -> None:
    """Let it be tried again soon; after too many tries give it up, and say so."""
    now = service.clock()
    treatment_id = claim["treatment_id"]
    with service.store.writing():
        if claim["tries"] < MOST_TRIES:
            wait = RETRY * 2 ** (claim["tries"] - 1)
            row = {"treatment_id": treatment_id, "lease_at": now + wait}
            watches.release(service.store, row)
            return
        watches.release(service.store, {"treatment_id": treatment_id, "dead_at": now})
        heads = patients.heads(service.store, claim["patient_id"])
        unit = heads[0]["unit"] if heads else None
        says = (
            f"the watch of a treatment failed {claim['tries']} times and was given up: nothing is "
            "watched for this patient until it is set going again (toxmon verify --repair); "
            f"patient {claim['patient_id']}"
        )
        so = technical.given_up(service, treatment_id, 1, says, now)
        technical.decide(service, unit, [so], now)


def _technical(service: Service) -> None:
    """Technical matters that come with time: silent feeds, gaps of the roster, their alarms."""
    now = service.clock()
    feeds.listen(service, now)
    with service.store.reading():
        due = technicals.due(service.store, now)
    for scope in due:
        with service.store.writing():
            technical.let_time_pass(service, scope, now)


def _next_at(service: Service) -> datetime | None:
    with service.store.reading():
        ends = (watches.next_due(service.store), technicals.next_due(service.store))
    return min((end for end in ends if end is not None), default=None)
