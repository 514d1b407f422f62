"""What was charted last of each thing that a set asks: the value, its age, and oxygen as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading.facts import Value
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.kinds import KINDS
from toxmon.grading.measured import Measured
from toxmon.saved import load_value
from toxmon.store import newest
from toxmon.ward import door, value, words
from toxmon.ward.asked import BOXES, CAPD
from toxmon.ward.language import _

OXYGEN = ("oxygen_device", "oxygen_flow", "ventilation_reason")
ICE = tuple(f"ice_{item}" for item in ICE_ITEMS)
NEURO = ("consciousness", "seizure", "motor_weakness")
ASKED = (
    *(box.kind for box in (*BOXES, CAPD)), *OXYGEN, "vasopressors", *ICE, "ice_score", *NEURO,
)  # fmt: skip
SAME_FOR = timedelta(hours=12)
"""Oxygen and vasopressors of a shift ago are chosen anew, not taken over."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest value of a kind that counts."""

    kind: str
    value: Value
    at: datetime
    fact: str

    @property
    def said(self) -> str:
        """Without its unit, which stands beside the field."""
        return value.plain(self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Before:
    """By kind, what was charted last."""

    last: Mapping[str, Last]
    now: datetime

    def ago(self, *kinds: str) -> str:
        """Values of one time as a line: "104/62, 1 h ago"; empty where nothing was charted."""
        found = [self.last[kind] for kind in kinds if kind in self.last]
        if not found:
            return ""
        at = found[0].at
        said = "/".join(each.said for each in found if each.at == at)
        return f"{said}, {words.ago(at, self.now)}"

    def oxygen(self) -> str:
        """Oxygen as it was: air, 1 h ago."""
        device = self.last.get("oxygen_device")
        if device is None:
            return ""
        return f"{self._device()}, {words.ago(device.at, self.now)}"

    def _device(self) -> str:
        device, flow = self.last["oxygen_device"], self._of_device().get("oxygen_flow")
        said = _("air") if device.value == "room_air" else device.said
        return f"{said} {value.said('oxygen_flow', flow.value)}" if flow is not None else said

    def _of_device(self) -> dict[str, Last]:
        """What was charted with the device or since; what is older was of another one."""
        device = self.last["oxygen_device"]
        found = {kind: self.last[kind] for kind in OXYGEN if kind in self.last}
        return {kind: each for kind, each in found.items() if each.at >= device.at}

    def same(self) -> dict[str, Any] | None:
        """Oxygen and vasopressors to be taken over with one tap; None where they are too old."""
        device, running = self.last.get("oxygen_device"), self.last.get("vasopressors")
        if device is None or running is None:
            return None
        if self.now - min(device.at, running.at) > SAME_FOR:
            return None
        taken = {**self._of_device(), "vasopressors": running}
        return {
            "ids": ".".join(each.fact for each in taken.values()),
            "at": words.machine(device.at),
            "clock": words.at(device.at, door.service().zone),
            "says": f"{self._device()}, {running.said}",
            "found": {
                kind: Measured(each.value, KINDS[kind].unit, "same", None)
                for kind, each in taken.items()
            },
        }

    def ice(self) -> str:
        """The last ICE: its total, or the sum of its items where all are of one time."""
        items = [self.last[kind] for kind in ICE if kind in self.last]
        total = self.last.get("ice_score")
        if len(items) == len(ICE) and len({each.at for each in items}) == 1:
            at = items[0].at
            if total is None or at >= total.at:
                points = sum(each.value for each in items if isinstance(each.value, Decimal))
                return f"{words.number(points)}, {words.ago(at, self.now)}"
        return "" if total is None else f"{total.said}, {words.ago(total.at, self.now)}"


def of(patient_id: str, now: datetime) -> Before:
    """What was charted last, before now. Only inside `reading`."""
    rows = newest.of_kinds(door.service().store, patient_id, ASKED, now + timedelta(microseconds=1))
    return Before(
        {
            row["kind"]: Last(row["kind"], load_value(row["value"]), row["effective_at"], row["id"])
            for row in rows
            if row["value"] is not None
        },
        now,
    )
