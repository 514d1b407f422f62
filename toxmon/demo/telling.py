"""Tells the server what happened, deed by deed, and shows how far it has come."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, TextIO

import click

from toxmon.demo.client import Refused
from toxmon.demo.nurses import Asker
from toxmon.demo.treating import TOCILIZUMAB
from toxmon.demo.ward import Deed, Patient, admissions

NAMES: Mapping[str, str] = {
    "crs": "CRS",
    "icans": "ICANS",
    "iec_hs": "IEC-HS",
    "icaht_early": "early ICAHT",
    "icaht_late": "late ICAHT",
    "movement_neurocognitive": "movement and cognition",
    "cranial_nerve_palsy": "cranial nerve palsy",
    "guillain_barre": "Guillain-Barre",
    "peripheral_neuropathy": "neuropathy",
    "enterocolitis": "enterocolitis",
    "licats": "LICATS",
    "second_malignancy": "second malignancy",
}
"""The scales that are printed, in this order; a laboratory's grades would drown them."""
ALWAYS = ("crs", "icans")
"""Printed whatever they say; of the others only what is certainly there, or suspected."""


class Teller:
    """Knows the server's ids of the patients and of what was told. `clients` are by role."""

    def __init__(self, clients: Mapping[str, Asker]) -> None:
        self.clients = clients
        self.patient_ids: dict[str, str] = {}
        """By medical record number."""
        self.grades: dict[str, dict[str, str]] = {}
        """By medical record number and scale, the grade that was told last, in words."""
        self.released = False
        """Whether a pharmacist releases each dose of tocilizumab before it is given: not those of
        a past that is told."""
        self.heard: list[dict[str, Any]] = []
        """The alerts that were raised or changed by what was told last."""
        self._observations: dict[str, str] = {}
        """By the key of the deed: the id of its first observation."""

    def admit(self, patients: Iterable[Patient]) -> None:
        for patient, body in admissions(patients):
            answer = self.clients["physician"].post("/patients", body, key=patient.mrn)
            self.patient_ids[patient.mrn] = answer["id"]

    def tell(self, deed: Deed) -> list[str]:
        """Post one deed; what it changed, in words. Raises Refused or Unreachable.

        A dose that the pharmacist does not release is not given: the words say why.
        """
        path = deed.path.format(
            patient=self.patient_ids[deed.patient.mrn],
            observation=self._observations[deed.about] if deed.about else "",
        )
        body = deed.body
        if self.released and body.get("medication") == TOCILIZUMAB:
            released, why = self._release(deed)
            if released is None:
                return [f"{TOCILIZUMAB} was not released: {why}"]
            body = {**body, "permission": released}
        answer = self.clients[deed.asks].post(path, body, key=deed.key)
        if "observations" in deed.body:
            self._observations[deed.key] = answer["observations"][0]["id"]
        self.heard = answer.get("alerts", [])
        return self._learn(deed.patient.mrn, answer)

    def _release(self, deed: Deed) -> tuple[str | None, str]:
        """The id of the pharmacist's release of a dose, or None and why there is none."""
        path = f"/patients/{self.patient_ids[deed.patient.mrn]}/dosing/{TOCILIZUMAB}/releases"
        wanted = {"dose": deed.body["dose"], "indication": "crs"}
        try:
            answer = self.clients["pharmacist"].post(path, wanted, key=f"{deed.key}/release")
        except Refused as refused:
            if refused.status != 409:
                raise
            return None, str(refused.problem.get("detail", refused.problem["title"]))
        return answer["permission"]["id"], ""

    def look(self, patients: Iterable[Patient]) -> None:
        """Read the grades of each patient as they are now."""
        for patient in patients:
            path = f"/patients/{self.patient_ids[patient.mrn]}/grades"
            self._learn(patient.mrn, self.clients["nurse"].get(path))

    def _learn(self, mrn: str, answer: Mapping[str, Any]) -> list[str]:
        known = self.grades.setdefault(mrn, {})
        changed = []
        for scale, name in NAMES.items():
            grade = answer["grades"].get(scale)
            if grade is None:
                continue
            before, says = known.get(scale), in_words(scale, grade)
            if before == says:
                continue
            if says is None:
                del known[scale]
                changed.append(f"{name} {grade['says']} (was {before})")
            else:
                known[scale] = says
                changed.append(f"{name} {says}" + (f" (was {before})" if before else ""))
        return changed


def in_words(scale: str, grade: Mapping[str, Any]) -> str | None:
    """What is worth printing of a grade; None where nothing is certain."""
    if scale in ALWAYS or grade["low"] > 0:
        return str(grade["says"])
    return "suspected, not confirmed" if grade.get("suspected") else None


def with_progress(
    deeds: Sequence[Deed], label: str, out: TextIO = sys.stderr
) -> Generator[Deed, None, None]:
    """The deeds, one by one, with a bar on a terminal and a line for each tenth elsewhere.

    Close it when stopping early: the bar hides the cursor and has to bring it back.
    """
    if out.isatty():
        with click.progressbar(deeds, label=label, file=out, show_pos=True) as bar:
            yield from bar
        return
    click.echo(f"{label}: {len(deeds)} posts", file=out)
    for number, deed in enumerate(deeds, start=1):
        yield deed
        tenths = 10 * number // len(deeds)
        if tenths > 10 * (number - 1) // len(deeds):
            click.echo(f"{label}: {10 * tenths} %", file=out)
