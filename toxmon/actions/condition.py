"""How toxmon itself is: the watch, the feeds, the messages, the clock, the record, its disk.

Each is told with the instant since when it is so. `needs` is what somebody must act on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from toxmon.actions import Service, canary, webhooks
from toxmon.actions.deliver import standing_of
from toxmon.actions.heartbeat import DELIVERY, SILENT, SWEEP
from toxmon.clock import SteadyClock
from toxmon.store import alarms, beats, deliveries, feeds, watches

BACKUP = "backup"
BACKUP_OLD = timedelta(days=2)
LEAST_FREE = 0.10
LEAST_FREE_GB = 2.0
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is looked at. `since`: from when it is so; `acts`: somebody must act."""

    name: str
    says: str
    since: datetime | None = None
    acts: bool = False


def noted(service: Service, name: str) -> None:
    """Note that something was done that is looked for here, such as a backup."""
    with service.store.writing():
        beats.put(service.store, name, service.clock(), "person")


def parts(service: Service) -> list[Part]:
    """Everything, in the order in which somebody would ask. Raises StoreError."""
    store, now = service.store, service.clock()
    with store.reading():
        known = beats.every(store)
        waiting, late_at = watches.overdue(store, now)
        lost = len(watches.given_up(store))
        queue = deliveries.counts(store)
        heard = feeds.every(store)
        troubles = alarms.open_technical(store)
    found = []
    for name, title in ((SWEEP, "Sweeps"), (DELIVERY, "Deliveries"), (canary.NAME, "Grading")):
        row = known.get(name)
        silent = row is None or abs(now - row["at"]) > SILENT
        says = "nothing was heard of it" if row is None else "last done"
        if row is not None and silent:
            says = "SILENT, last done"
        if name == canary.NAME and row is not None and row["detail"]:
            says, silent = f"WRONG: {row['detail']}", True
        found.append(Part(title, says, row["at"] if row else None, silent))
    found.append(_late(waiting, late_at, now))
    if lost:
        words = f"{lost} treatments are NOT MONITORED: the watch gave up on them"
        found.append(Part("Given up", words, None, True))
    found.append(_queue(queue, now))
    found += _channels(service)
    if troubles:
        since = min(row["raised_at"] for row in troubles)
        words = f"{len(troubles)} open, the first since"
        found.append(Part("Technical alarms", words, since, True))
    found += [
        Part(
            f"Feed {row['name']}",
            "SILENT, last heard" if row["silent_at"] else "last heard",
            row["heard_at"],
            row["silent_at"] is not None,
        )
        for row in heard
    ]
    found.append(_clock(service))
    found.append(_database(service))
    found.append(_disk(service))
    found.append(_backup(known.get(BACKUP), now))
    return found


def _channels(service: Service) -> list[Part]:
    """The ways out that fail or are paused; one that is well is not named."""
    names = (*service.channels, *(each.name for each in webhooks.live(service)))
    found = []
    for name in dict.fromkeys(names):
        stands = standing_of(service, name)
        if stands:
            words = f"{stands['state']} ({stands['says']}), since"
            since = datetime.fromisoformat(stands["since"])
            found.append(Part(f"Channel {name}", words, since, True))
    return found


def _late(waiting: int, late_at: datetime | None, now: datetime) -> Part:
    if late_at is None or now - late_at <= SILENT:
        return Part("Checks", "none waits to be looked at")
    words = f"{waiting} wait to be looked at, the oldest since"
    return Part("Checks", words, late_at, True)


def _queue(queue: list[dict[str, object]], now: datetime) -> Part:
    if not queue:
        return Part("Queue of messages", "empty")
    total = sum(int(str(row["waiting"])) for row in queue)
    oldest = min(row["oldest_at"] for row in queue if isinstance(row["oldest_at"], datetime))
    words = f"{total} wait, the oldest since"
    return Part("Queue of messages", words, oldest, now - oldest > timedelta(minutes=15))


def _clock(service: Service) -> Part:
    if not isinstance(service.clock, SteadyClock):
        return Part("Clock", "goes evenly, as far as this process can know")
    off = service.clock.stepped()
    if off is None:
        return Part("Clock", "goes evenly, and no step was seen since this process began")
    way = "ahead of" if off > timedelta() else "behind"
    words = (
        f"was STEPPED: the computer's clock is {abs(off).total_seconds():.0f} s {way} the even "
        "one that toxmon goes by. Set it right, or start toxmon again if it is right now"
    )
    return Part("Clock", words, None, True)


def _database(service: Service) -> Part:
    told = service.store.describe()
    words = f"{told.get('engine')} {told.get('version')}"
    more = [f"{name} {told[name]}" for name in ("journal", "synchronous", "fsync") if name in told]
    durable = told.get("synchronous") not in ("off", "normal") and told.get("fsync") != "off"
    what = "what was saved outlasts a power cut" if durable else "a power cut may lose what is new"
    return Part("Database", f"{words}, {', '.join(more)}: {what}", None, not durable)


def _disk(service: Service) -> Part:
    """Where the record is a file of this computer, the room beside it."""
    path = getattr(service.store, "path", None)
    if not isinstance(path, Path):
        return Part("Disk", "not known here: the database server has its own")
    try:
        usage = shutil.disk_usage(path.parent)
    except OSError:
        return Part("Disk", "not known here")
    few = usage.free < LEAST_FREE_GB * GB or usage.free < LEAST_FREE * usage.total
    words = f"{usage.free / GB:.1f} of {usage.total / GB:.1f} GB free beside the record"
    return Part("Disk", f"LITTLE ROOM: {words}" if few else words, None, few)


def _backup(row: dict[str, object] | None, now: datetime) -> Part:
    if row is None or not isinstance(row["at"], datetime):
        return Part("Backup", "not known here: none was made with toxmon backup")
    old = now - row["at"] > BACKUP_OLD
    return Part("Backup", "OLD, the last one" if old else "the last one", row["at"], old)
