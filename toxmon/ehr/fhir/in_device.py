"""A DeviceUseStatement as sent: through what a patient breathes, where the device is mapped."""

from __future__ import annotations

from toxmon.ehr.fhir.elements import Element
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, effective, is_gone, whose
from toxmon.intake.code_map import LOINC, of_system
from toxmon.intake.report import FINAL, OBSERVATION, PENDING, WITHDRAWN, Coding, Report

STATES = {
    "active": FINAL,
    "completed": FINAL,
    "entered-in-error": WITHDRAWN,
    "intended": PENDING,
    "stopped": FINAL,
    "on-hold": PENDING,
}
OXYGEN_DEVICE = "oxygen_device"
DELIVERY = Coding(LOINC, "107117-4", "Method of oxygen delivery")


def read(sent: Sent, reading: Reading) -> Mapped:
    """The oxygen device from the beginning of its use on."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    status = reader.code(resource, "status", place, tuple(STATES))
    reader.needed(status, f"{place}/status")
    state = STATES.get(status or "", PENDING)
    codings, words = _device(sent)
    if not is_gone(state) and not _is_known(codings, words, reading):
        return Mapped(unused="its device is not mapped to one that is graded")
    times = effective(sent, "timing")
    person = sent.person()
    said_at, ordinal = sent.said("recordedOn")
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        sent.refuse("subject", "is missing; send the patient that it is used for")
    report = Report(
        what=OBSERVATION,
        key="",
        codings=(DELIVERY,),
        value=codings or words,
        state=state,
        said_at=said_at,
        ordinal=ordinal,
        notes=reader.notes(resource, "note", place),
        place=place,
        **whose(person),
        **times,
    )
    return Mapped(reports=[report])


def _device(sent: Sent) -> tuple[tuple[Coding, ...], str | None]:
    """Codes and words of the device that came along, or the words of the reference."""
    reader = sent.reader
    element = reader.table(sent.resource, "device", sent.place)
    if element is None:
        return (), None
    where = f"{sent.place}/device"
    reference = reader.text(element, "reference", where)
    display = reader.text(element, "display", where)
    device = sent.around.target(reference, sent.resource, sent.full_url)
    if device is None or device.get("resourceType") != "Device":
        return (), display
    return _type(sent, device, where, display)


def _type(
    sent: Sent, device: Element, where: str, display: str | None
) -> tuple[tuple[Coding, ...], str | None]:
    found = sent.reader.concept(device, "type", where)
    return found if found is not None else ((), display)


def _is_known(codings: tuple[Coding, ...], words: str | None, reading: Reading) -> bool:
    answers = reading.codes.answers
    if any((OXYGEN_DEVICE, of_system(each.system), each.code) in answers for each in codings):
        return True
    texts = [words, *(each.display for each in codings)]
    return any((OXYGEN_DEVICE, text.casefold()) in reading.codes.texts for text in texts if text)
