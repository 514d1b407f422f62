"""Whose page it is: the same facts in the same place and order on every page about a patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from toxmon.actions import ahead, look_up
from toxmon.store import Row, patients
from toxmon.ward import door


@dataclass(frozen=True, slots=True)
class Banner:
    """A patient as pages name them. `day` is of the newest treatment; None is before any.

    `numbers` are those to be found by, as charted. What toxmon does not hold (allergies) the page
    says it does not.
    """

    id: str
    name: str | None
    born: date | None
    sex: str | None
    numbers: tuple[str, ...]
    unit: str
    bed: str | None
    setting: str | None
    product: str | None
    day: int | None
    version: int
    merged_into: str | None = None

    @property
    def title(self) -> str:
        """How the title of a page names it: by the bed, and never by a name."""
        return f"bed {self.bed}" if self.bed else f"ward {self.unit}"


def of(patient_id: str) -> Banner:
    """The banner of a patient within reach. Raises NotFound."""
    service = door.service()
    now = service.clock()
    with service.store.reading():
        heads = look_up.head(service, door.actor(), patient_id)
        row = patients.get(service.store, patient_id)
        assert row is not None, "a record has a patient"
        found = ahead.of_heads(service, patient_id, heads, now)
    return drawn(row, found[-1] if found else None, heads[0])


def drawn(row: Row, newest: ahead.Ahead | None, head: Row) -> Banner:
    """A banner of what was read already: the patient, the newest treatment, the head."""
    service = door.service()
    now = service.clock()
    stay = newest.known.stay(now) if newest else None
    return Banner(
        id=row["id"],
        name=row["name"],
        born=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        sex=row["sex"],
        numbers=tuple(each["value"] for each in row["identifiers"]),
        unit=head["unit"],
        bed=stay.bed if stay else None,
        setting=newest.known.setting(now) if newest else None,
        product=newest.treatment["product"] if newest else None,
        day=look_up.day_of(service, newest.treatment, now) if newest else None,
        version=head["version"],
        merged_into=head.get("merged_into"),
    )
