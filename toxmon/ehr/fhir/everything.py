"""`Patient/{id}/$everything`: all that is told of one patient, type after type, in pages."""

from __future__ import annotations

from toxmon.ehr.fhir.capability import OFFERED
from toxmon.ehr.fhir.crawl import (
    Crawled,
    cursor_of,
    instant,
    number,
    pages,
    place,
    read_cursor,
)
from toxmon.ehr.fhir.read import Reader
from toxmon.ehr.fhir.search import Asked
from toxmon.ehr.fhir.sources import SOURCES

TYPES = (
    "Patient", "Observation", "MedicationAdministration", "AdverseEvent", "Flag", "DetectedIssue",
    "RiskAssessment", "Provenance",
)  # fmt: skip
"""In this order; Provenance comes last, because it is about the others."""


def everything(reader: Reader, patient_id: str, asked: Asked) -> Crawled:
    """One page. Only inside `store.reading`. Raises NotFound, Failed."""
    lies = reader.lies(patient_id)
    begun = read_cursor(asked.cursor, number, instant, place)
    first, after = 0, None
    if begun is not None:
        first, upto, after = begun
        lies = {**lies, "told_at": upto}
    wanted = asked.types
    found = Crawled(read=[patient_id])
    for index, name in enumerate(TYPES):
        if index < first or (wanted is not None and name not in wanted):
            continue
        room = asked.count - len(found.resources)
        of_type = Asked(OFFERED[name], updated=asked.updated, errors=True)
        page = pages(reader, SOURCES[name].page, lies, of_type, after, room) if room else None
        if page is not None:
            found.resources += page.resources
            after = page.after
        if page is None or after is not None:
            found.cursor = cursor_of([index, lies["told_at"].isoformat(), after])
            return found
    return found
