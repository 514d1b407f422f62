"""A patient at whose bed sets are taken, and what a nurse taps and types there."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.ward.browser import PHONE
from tests.ward.conftest import Site
from toxmon.store import facts

BEFORE = "2026-03-04T07:02:00Z"
FULL: dict[str, Any] = {
    "body_temperature": (37.9, "Cel"),
    "systolic_bp": (104, "mm[Hg]"),
    "diastolic_bp": (62, "mm[Hg]"),
    "oxygen_saturation": (97, "%"),
    "heart_rate": (96, "/min"),
    "respiratory_rate": (18, "/min"),
    "oxygen_device": "room_air",
    "vasopressors": [],
    "ice_orientation": 4,
    "ice_naming": 3,
    "ice_commands": 1,
    "ice_writing": 1,
    "ice_attention": 1,
}


def lying(site: Site, *, bed: str = "12", before: bool = True, **more: Any) -> str:
    """The id of a patient on day 3, in a bed, with a set of an hour ago. It is 9:00 in Berlin."""
    if site.clock().day == 1:
        site.clock.forward(days=3)
    number = f"B{bed}{len(more)}"
    patient = site.api.patient(mrn=number, name=f"Synthetic, Patient {bed}", **more)
    body = {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"}
    assert site.api.post(f"/patients/{patient}/infusions", body).status == 201
    stay = {"from": "2026-03-01T06:00:00Z", "setting": "inpatient", "unit": "bmt-1", "bed": bed}
    assert site.api.post(f"/patients/{patient}/stays", stay).status == 201
    if before:
        assert site.api.chart(patient, BEFORE, **FULL).status == 201
    return patient


def sheet(site: Site, patient: str, size: tuple[int, int] = PHONE, **more: Any) -> Page:
    """The sheet of a patient on a phone, in the hand of a nurse."""
    touch = size[0] < 500
    return site.page("nurse", f"/p/{patient}/obs/new", size, touch=touch, **more)


class Taps:
    """Taps on a screen, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.n = page, 0

    def digits(self, text: str) -> None:
        """Keys of the pad, one after the other."""
        for key in text:
            self.on(f".keys [data-key='{key}']")

    def on(self, what: str) -> None:
        """One tap."""
        self.n += 1
        self.page.tap(what)

    def choose(self, name: str, value: str) -> None:
        """One tap on a choice."""
        self.on(f"[name={name}][value='{value}']")


def kept(site: Site, patient: str) -> dict[str, Any]:
    """By kind, what the newest version of the record that added facts has added."""
    every = facts.every(site.service.store, patient)
    newest = max(row["version"] for row in every)
    return {row["kind"]: row for row in every if row["version"] == newest}


def sets(site: Site, patient: str) -> int:
    """How many times anything was charted for a patient."""
    return len({row["version"] for row in facts.every(site.service.store, patient)})


def fill(page: Page, **values: str) -> None:
    """Type into fields by keyboard; a choice is named by its value."""
    for name, text in values.items():
        where = page.locator(f"[name={name}]")
        if where.first.get_attribute("type") in ("radio", "checkbox"):
            page.locator(f"[name={name}][value='{text}']").check()
        else:
            where.fill(text)


WHOLE = {
    "temperature": "38.2", "systolic": "100", "diastolic": "60", "saturation": "95",
    "pulse": "110", "breaths": "20", "oxygen": "air", "pressors": "none",
}  # fmt: skip
