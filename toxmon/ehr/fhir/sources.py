"""For each type of resource, where its pages and versions come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toxmon.ehr.fhir import (
    out_administration,
    out_event,
    out_flag,
    out_issue,
    out_observation,
    out_patient,
    out_provenance,
    out_risk,
)
from toxmon.ehr.fhir.crawl import Source as Paged
from toxmon.ehr.fhir.read import Found, Reader


@dataclass(frozen=True, slots=True)
class Source:
    """`page` is of one patient; `versions` are all of one resource, the first one first."""

    page: Paged
    versions: Callable[[Reader, str], list[Found]]


SOURCES: Mapping[str, Source] = {
    name: Source(module.page, module.versions)
    for name, module in (
        ("Patient", out_patient),
        ("Observation", out_observation),
        ("MedicationAdministration", out_administration),
        ("RiskAssessment", out_risk),
        ("DetectedIssue", out_issue),
        ("Flag", out_flag),
        ("AdverseEvent", out_event),
        ("Provenance", out_provenance),
    )
}
"""What is about one patient. The audit chain and our codes are read in ways of their own."""
