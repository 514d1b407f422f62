"""Episodes of CRS and ICANS as AdverseEvents. Their grades are Observations that point to them.

`severity` of FHIR is mild, moderate or severe by a required binding, into which a grade does not
fit; the highest certain grade stands in the ICD-10-CM code of the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from toxmon.ehr.fhir.codes_out import (
    GRADE,
    SYNDROME,
    SYNDROMES,
    TERMINOLOGY,
    coding,
    concept,
    icd_of,
)
from toxmon.ehr.fhir.crawl import Page, Place, by_id
from toxmon.ehr.fhir.out_grade import episode_id
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import EVER, Row, facts, patients, searching

WITH_EPISODES = ("crs", "icans")
SERIOUS_FROM = 3
"""From this grade on an event is told as serious; below it nobody has said that it is not."""
FATAL = 5


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """The episodes of a patient, by id."""
    found = [each for each in _every(reader, lies["patient_id"]) if asked.matches(each)]
    return by_id(found, after, room)


def versions(reader: Reader, id_: str) -> list[Found]:
    """The episode as it stands; none when there is no such one."""
    fact = facts.get(reader.service.store, id_.partition(".")[0])
    if fact is None:
        return []
    patient_id = fact["patient_id"]
    reader.lies(patient_id)
    return [Found(patient_id, each) for each in _every(reader, patient_id) if each["id"] == id_]


def _every(reader: Reader, patient_id: str) -> list[Resource]:
    heads = patients.heads(reader.service.store, patient_id)
    return [
        _event(patient_id, row, episode)
        for head in heads
        if head["treatment_id"] is not None
        for scale in WITH_EPISODES
        for row, episode in _episodes(reader, head["treatment_id"], scale)
    ]


def _episodes(
    reader: Reader, treatment_id: str, scale: str
) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    """Each episode with the last that was told of it, the newest first."""
    before = EVER
    while True:
        row = searching.newest_before(reader.service.store, treatment_id, scale, before)
        episode = orjson.loads(row["body"]).get("episode") if row is not None else None
        if row is None or not episode:
            return
        yield row, episode
        before = datetime.fromisoformat(episode["onset_at"])


def _event(patient_id: str, row: Row, episode: Mapping[str, Any]) -> Resource:
    scale, peak = row["scale"], episode["peak"]
    code, title = SYNDROMES[scale]
    onset_at = datetime.fromisoformat(episode["onset_at"])
    icd = icd_of(scale, peak)
    codes = [icd] if icd is not None else []
    if peak >= 1:
        codes.append(coding(GRADE, f"{code}-{peak}", f"{title}, grade {peak}"))
    treatment = reference("MedicationAdministration", row["treatment_id"])
    serious = coding(f"{TERMINOLOGY}/adverse-event-seriousness", "serious", "Serious")
    return without_nothing(
        {
            "resourceType": "AdverseEvent",
            "id": episode_id(row["treatment_id"], scale, episode),
            "meta": meta(None, row["recorded_at"]),
            "actuality": "actual",
            "event": concept(title, *codes, coding(SYNDROME, code, title)),
            "subject": reference("Patient", patient_id),
            "date": onset_at,
            "detected": onset_at,
            "recordedDate": row["recorded_at"],
            "seriousness": concept(None, serious) if peak >= SERIOUS_FROM else None,
            "outcome": concept(
                None, coding(f"{TERMINOLOGY}/adverse-event-outcome", _outcome(episode))
            ),
            "suspectEntity": [{"instance": treatment}],
        }
    )


def _outcome(episode: Mapping[str, Any]) -> str:
    if episode["peak"] == FATAL:
        return "fatal"
    if episode["ended_at"]:
        return "resolved"
    return "recovering" if episode["quiet_since"] else "ongoing"
