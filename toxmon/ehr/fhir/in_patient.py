"""A Patient as sent: who arrives, who has died, and which two records are of one patient."""

from __future__ import annotations

import re
from datetime import date

from toxmon.actions.received import Arrival, Merging
from toxmon.ehr.fhir.references import id_of_sender
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent
from toxmon.intake.report import DEATH, FINAL, Identifier, Report

GENDERS = ("male", "female", "other", "unknown")
_PART_OF_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)
LINKS = ("replaced-by", "replaces", "refer", "seealso")


def read(sent: Sent, reading: Reading) -> Mapped:
    """The arrival with its numbers; a death; a record that another one replaces."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    numbers = sent.around.numbers(reader, resource, place, sent.full_url)
    if sent.given_id is not None:
        known = sent.around.numbers_of(sent.given_id)
        ours = known is not None and sent.known
        numbers += known or () if ours else [id_of_sender(sent.around.source, sent.given_id)]
    if not numbers:
        sent.refuse("identifier", "is missing; send a number that the patient is known by")
    for number in numbers:
        if not number.system:
            sent.refuse("identifier", "has a value without its system; send both")
            break
    gender = reader.code(resource, "gender", place, GENDERS)
    arrival = Arrival(
        identifiers=tuple(dict.fromkeys(numbers)),
        name=_name(sent),
        birth_date=_born(sent),
        sex=gender,
        place=place,
    )
    return Mapped(
        arrivals=[arrival],
        reports=_death(sent, tuple(numbers)),
        mergings=_mergings(sent, tuple(numbers)),
    )


def _name(sent: Sent) -> str | None:
    """The usual or official name, in one line."""
    reader = sent.reader
    best: tuple[int, str] | None = None
    order = ("usual", "official", None)
    for where, each in reader.tables(sent.resource, "name", sent.place):
        use = reader.text(each, "use", where)
        text = reader.text(each, "text", where)
        family = reader.text(each, "family", where)
        given = each.get("given")
        listed = [g for g in given if isinstance(g, str)] if isinstance(given, list) else []
        if given is not None and not isinstance(given, list):
            reader.refuse(f"{where}/given", "is not a list of texts")
        whole = text or " ".join([*listed, *([family] if family else [])]).strip()
        rank = order.index(use) if use in order else len(order)
        if whole and (best is None or rank < best[0]):
            best = rank, whole[:200]
    return None if best is None else best[1]


def _born(sent: Sent) -> date | None:
    """The birth date; a year or a month alone is none."""
    value = sent.resource.get("birthDate")
    if "birthDate" not in sent.resource:
        return None
    if isinstance(value, str) and _PART_OF_DATE.fullmatch(value):
        return None
    try:
        if isinstance(value, str) and len(value) == len("1961-05-02"):
            return date.fromisoformat(value)
    except ValueError:
        pass  # Told below, as for anything else that is no date.
    sent.refuse("birthDate", "is not a date such as 1961-05-02")
    return None


def _death(sent: Sent, numbers: tuple[Identifier, ...]) -> list[Report]:
    """A death, by its instant; whether CRS or ICANS was its cause a clinician has to say."""
    reader, place = sent.reader, sent.place
    name = reader.one_of(sent.resource, "deceased", place)
    said_at, ordinal = sent.said()
    died = reader.flag(sent.resource, "deceasedBoolean", place)
    when = reader.when(sent.resource, "deceasedDateTime", place)
    if name is None or died is False:
        return []
    return [
        Report(
            what=DEATH,
            patient=numbers,
            key="deceased",
            state=FINAL,
            effective_at=when.at,
            time_fault=None if when.at else when.fault or "no time of the death was sent",
            said_at=said_at,
            ordinal=ordinal,
            place=f"{place}/{name}",
        )
    ]


def _mergings(sent: Sent, numbers: tuple[Identifier, ...]) -> list[Merging]:
    """Links to a record that replaces this one, or that this one replaces."""
    found = []
    for where, each in sent.reader.tables(sent.resource, "link", sent.place):
        kind = sent.reader.code(each, "type", where, LINKS)
        sent.reader.needed(kind, f"{where}/type")
        if kind not in ("replaced-by", "replaces"):
            continue  # What is only beside it may be a RelatedPerson, and changes no record.
        other = sent.around.person(sent.reader, each, "other", where, sent.full_url)
        others = other.identifiers
        if not others and other.patient_id is not None:
            others = sent.around.numbers_of(other.patient_id) or ()
        if not others:
            sent.reader.refuse(f"{where}/other", "names no patient that is known here")
            continue
        gone, into = (numbers, others) if kind == "replaced-by" else (others, numbers)
        found.append(
            Merging(kind="merge", gone=gone, into=into, reason=f"Patient.link {kind}", place=where)
        )
    return found
