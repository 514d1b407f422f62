"""A Procedure as sent: looked at only where it can be an infusion of cells.

Every other procedure is kept as a message and answered so. One that was stopped or is on hold
waits for a person: whether cells were given cannot be read from it.
"""

from __future__ import annotations

import re

from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, effective, is_gone, whose
from toxmon.intake.code_map import keys
from toxmon.intake.report import CANCELLED, FINAL, INFUSION, PENDING, WITHDRAWN, Coding, Report

STATES = {
    "preparation": PENDING,
    "in-progress": FINAL,
    "not-done": CANCELLED,
    "on-hold": FINAL,
    "stopped": FINAL,
    "completed": FINAL,
    "entered-in-error": WITHDRAWN,
    "unknown": PENDING,
}
UNSURE = ("on-hold", "stopped")

# ICD-10-PCS: introduction of engineered cells (XW0), of autologous ones before 2022 (XW2).
ICD_10_PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
OF_CELLS = re.compile(r"XW0[34]3[A-Z0-9]7|XW0[34]3C3|XW2[34]3[46]6|XW2[34]37[67]", re.ASCII)
CPT = "http://www.ama-assn.org/go/cpt"
OF_CELLS_CPT = ("38228", "0540T")
WORDS = re.compile(
    r"\bcar[ -]?t\b|chimeric antigen receptor|immune effector cell|\w*leucel\b", re.IGNORECASE
)


def read(sent: Sent, reading: Reading) -> Mapped:
    """The infusion of a product, or nothing."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    status = reader.code(resource, "status", place, tuple(STATES))
    reader.needed(status, f"{place}/status")
    state = STATES.get(status or "", PENDING)
    concept = reader.concept(resource, "code", place)
    codings, words = concept or ((), None)
    product = _used(sent)
    codings, said = (*codings, *product[0]), product[1] or words
    if not is_gone(state) and not _is_of_cells(codings, (words, said), reading):
        return Mapped(unused="it is not an infusion of cells that is known here")
    times = effective(sent, "performed")
    person = sent.person()
    said_at, ordinal = sent.said()
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        sent.refuse("subject", "is missing; send the patient that it was done to")
    if status in UNSURE:
        times = {"time_fault": f"the procedure is {status}; say whether cells were given, and when"}
    report = Report(
        what=INFUSION,
        key="",
        codings=codings,
        text=said,
        state=state,
        said_at=said_at,
        ordinal=ordinal,
        notes=reader.notes(resource, "note", place),
        place=place,
        **whose(person),
        **times,
    )
    return Mapped(reports=[report])


def _used(sent: Sent) -> tuple[tuple[Coding, ...], str | None]:
    """What was used: the product may stand there, and not in the code of the procedure."""
    found: tuple[Coding, ...] = ()
    words = None
    for where, each in sent.reader.tables(sent.resource, "usedCode", sent.place):
        codings, text = sent.reader.concept_of(each, where)
        found, words = (*found, *codings), words or text
    return found, words


def _is_of_cells(
    codings: tuple[Coding, ...], texts: tuple[str | None, ...], reading: Reading
) -> bool:
    if any(key in reading.codes.products for key in keys(codings)):
        return True
    said = [text for text in (*texts, *(each.display for each in codings)) if text]
    if any(reading.service.protocols.product(text.strip()) is not None for text in said):
        return True
    if any(WORDS.search(text) for text in said):
        return True
    return any(
        (each.system == ICD_10_PCS and OF_CELLS.fullmatch(each.code))
        or (each.system == CPT and each.code in OF_CELLS_CPT)
        for each in codings
    )
