"""An AdverseEvent as sent: a grade that a clinician has given, by its code; a death."""

from __future__ import annotations

from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, time_of, whose
from toxmon.intake.code_map import keys
from toxmon.intake.report import DEATH, FINAL, OBSERVATION, PENDING, Report

ACTUALITIES = {"actual": FINAL, "potential": PENDING}
FATAL = "fatal"


def read(sent: Sent, reading: Reading) -> Mapped:
    """The grade as charted, and the death where the event was fatal."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    actuality = reader.code(resource, "actuality", place, tuple(ACTUALITIES))
    reader.needed(actuality, f"{place}/actuality")
    state = ACTUALITIES.get(actuality or "", PENDING)
    codings, words = reader.concept(resource, "event", place) or ((), None)
    outcome = reader.concept(resource, "outcome", place)
    fatal = outcome is not None and any(each.code == FATAL for each in outcome[0])
    graded = any(key in reading.codes.codes for key in keys(codings))
    if not graded and not fatal:
        return Mapped(unused="its code is not mapped to a finding that is graded")
    person = sent.person()
    when = reader.when(resource, "date", place)
    said_at, ordinal = sent.said("recordedDate")
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None:
        sent.refuse("subject", "is missing; send the patient that it is about")
    reports = []
    if graded:
        reports.append(
            Report(
                what=OBSERVATION,
                key="",
                codings=codings,
                text=words,
                state=state,
                said_at=said_at,
                ordinal=ordinal,
                place=place,
                **whose(person),
                **time_of(when),
            )
        )
    if fatal:
        # When the event was is not when the patient died of it.
        unknown = "an event was fatal; when the patient died was not sent"
        reports.append(
            Report(
                what=DEATH,
                key="outcome",
                state=state,
                said_at=said_at,
                ordinal=ordinal,
                place=f"{place}/outcome",
                time_fault=unknown,
                **whose(person),
            )
        )
    return Mapped(reports=reports)
