"""A Condition as sent: looked at only where its code is mapped to a finding that is graded.

A problem list is long, and hardly any of it is asked for here. What a code states (a seizure, an
infection, a grade) stands in the code map.
"""

from __future__ import annotations

from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, effective, is_gone, time_of, whose
from toxmon.intake.code_map import keys
from toxmon.intake.report import FINAL, OBSERVATION, PENDING, WITHDRAWN, Report

VERIFIED = {
    "unconfirmed": PENDING,
    "provisional": PENDING,
    "differential": PENDING,
    "confirmed": FINAL,
    "refuted": WITHDRAWN,
    "entered-in-error": WITHDRAWN,
}


def read(sent: Sent, reading: Reading) -> Mapped:
    """The finding of a mapped code, from its onset on; refuted or in error takes it back."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    concept = reader.concept(resource, "code", place)
    codings, words = concept or ((), None)
    status = reader.concept(resource, "verificationStatus", place)
    said = [each.code for each in status[0]] if status is not None else []
    unknown = [code for code in said if code not in VERIFIED]
    if unknown:
        sent.refuse("verificationStatus", f"is not one of {', '.join(VERIFIED)}")
    state = VERIFIED.get(said[0], PENDING) if said else FINAL
    if not is_gone(state) and not any(key in reading.codes.codes for key in keys(codings)):
        return Mapped(unused="its code is not mapped to a finding that is graded")
    times = effective(sent, "onset")
    if times.get("effective_at") is None and "recordedDate" in resource and "until_at" not in times:
        recorded = time_of(reader.when(resource, "recordedDate", place))
        known = any(name.startswith("onset") for name in resource)
        times = times if known else recorded  # What has begun before is not known to begin then.
    person = sent.person()
    said_at, ordinal = sent.said()
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        sent.refuse("subject", "is missing; send the patient that it is about")
    report = Report(
        what=OBSERVATION,
        key="",
        codings=codings,
        text=words,
        state=state,
        said_at=said_at,
        ordinal=ordinal,
        notes=reader.notes(resource, "note", place),
        place=place,
        **whose(person),
        **times,
    )
    return Mapped(reports=[report])
