"""What must agree between the blocks of a product file.

Every check gets what could be read: a block that has a fault of its own is None, and told there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from toxmon.protocol.faults import Words, nearest
from toxmon.protocol.form import MISSING, Found
from toxmon.protocol.label import Indication, Label
from toxmon.protocol.product import Window
from toxmon.protocol.schedule import DoseWindow, Observation, Restart, Schedule

T = TypeVar("T")

NEEDED = {"indications": "indication", "ages": "age", "labels": "label", "doses": "dose"}
"""Blocks that an approved product needs, as the file writes them."""

BY_INDICATION = {
    "doses": "dose",
    "schedules": "schedule",
    "observations": "observation",
    "ages": "age",
    "lymphodepletion": "lymphodepletion",
    "published": "published",
}


def disagreements(data: Mapping[str, Any]) -> Found:
    """Every fault between blocks, at its place."""
    return [
        *_missing(data),
        *_windows_twice(data),
        *_dose_windows_twice(data),
        *_labels_twice(data),
        *_region_without_label(data),
        *_unknown_indications(data),
        *_schedules_twice(data),
        *_unknown_schedules(data),
    ]


def _read(data: Mapping[str, Any], name: str, kind: type[T]) -> Iterator[tuple[int, T]]:
    """The blocks of a name that could be read, each with its place."""
    for place, each in enumerate(data.get(name) or ()):
        if isinstance(each, kind):
            yield place, each


def _investigational(data: Mapping[str, Any]) -> bool:
    stated = data.get("investigational")
    return stated is not None and bool(stated.value)


def _missing(data: Mapping[str, Any]) -> Found:
    if _investigational(data):
        return []
    return [
        ((key,), Words(MISSING, f"[[{key}]]"))
        for name, key in NEEDED.items()
        if data.get(name) == () and not (name == "doses" and data.get("schedules") != ())
    ]


def _windows_twice(data: Mapping[str, Any]) -> Found:
    found: Found = []
    events: set[str] = set()
    for place, window in _read(data, "windows", Window):
        if window.event in events:
            words = Words(f"{window.event} has a window already", "one window for each event")
            found.append((("window", place, "event"), words))
        events.add(window.event)
    return found


def _dose_windows_twice(data: Mapping[str, Any]) -> Found:
    found: Found = []
    known: set[tuple[str, int | None]] = set()
    for place, window in _read(data, "dose_windows", DoseWindow):
        for number in window.doses or (None,):
            if (window.event, number) in known:
                dose = "any dose" if number is None else f"dose {number}"
                words = Words(
                    f"{window.event} has a window after {dose} already", "one window for each dose"
                )
                found.append((("dose_window", place, "event"), words))
            known.add((window.event, number))
    return found


def _labels_twice(data: Mapping[str, Any]) -> Found:
    found: Found = []
    known: set[tuple[str, object]] = set()
    for place, label in _read(data, "labels", Label):
        version = (label.region, label.effective_from.value)
        if version in known:
            words = Words(
                f"another {label.region} label begins on {label.effective_from.value} too",
                "one label for each date",
            )
            found.append((("label", place, "effective_from", "value"), words))
        known.add(version)
    return found


def _region_without_label(data: Mapping[str, Any]) -> Found:
    region, labels = data.get("region"), data.get("labels") or ()
    regions = sorted({label.region for _, label in _read(data, "labels", Label)})
    unread = any(not isinstance(label, Label) for label in labels)
    if region is None or unread or not regions or region in regions:
        return []
    return [
        (("region",), Words(f"no label is of the region {region!r}", f'region = "{regions[0]}"'))
    ]


def _unknown_indications(data: Mapping[str, Any]) -> Found:
    """Everything that holds for some indications only names them as the file does."""
    indications = data.get("indications") or ()
    if not all(isinstance(each, Indication) for each in indications):
        return []
    known = {each.short for each in indications if each.short is not None}
    found: Found = []

    def named(path: tuple[str | int, ...], given: tuple[str, ...]) -> None:
        for number, name in enumerate(given):
            if name not in known:
                instead = nearest(name, known) if known else 'short = "..." in its [[indication]]'
                words = Words(f"no indication is called {name!r}", instead)
                found.append(((*path, "indications", number), words))

    for name, key in BY_INDICATION.items():
        for place, each in enumerate(data.get(name) or ()):
            named((key, place), getattr(each, "indications", ()))
    for place, label in _read(data, "labels", Label):
        for number, each in enumerate(label.differs):
            named(("label", place, "differs", number), each.indications)
    return found


def _schedules_twice(data: Mapping[str, Any]) -> Found:
    found: Found = []
    known: set[tuple[str, str]] = set()
    for place, each in _read(data, "schedules", Schedule):
        if (each.name, each.region) in known:
            words = Words(
                f"another {each.region} schedule is called {each.name!r}", "a name of its own"
            )
            found.append((("schedule", place, "name"), words))
        known.add((each.name, each.region))
    return found


def _unknown_schedules(data: Mapping[str, Any]) -> Found:
    """An observation or a restart names schedules and steps that are there."""
    if not all(isinstance(each, Schedule) for each in data.get("schedules") or ()):
        return []
    schedules = [each for _, each in _read(data, "schedules", Schedule)]
    names = {each.name for each in schedules}
    found: Found = []
    blocks: list[tuple[str, int, Observation | Restart]] = [
        *(("observation", place, each) for place, each in _read(data, "observations", Observation)),
        *(("restart", place, each) for place, each in _read(data, "restarts", Restart)),
    ]
    for key, place, block in blocks:
        for number, name in enumerate(block.schedules):
            if name not in names:
                instead = nearest(name, names) if names else "a [[schedule]] of that name"
                words = Words(f"no schedule is called {name!r}", instead)
                found.append(((key, place, "schedules", number), words))
        if isinstance(block, Restart) and set(block.schedules) <= names:
            meant = [s for s in schedules if not block.schedules or s.name in block.schedules]
            for number, rule in enumerate(block.rules):
                if rule.step is not None and not any(each.step(rule.step) for each in meant):
                    words = Words(
                        f"no schedule has a step {rule.step}", "the number of a step of a schedule"
                    )
                    found.append(((key, place, "rules", number, "step"), words))
    return found
