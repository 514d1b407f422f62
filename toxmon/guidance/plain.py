"""Advice as plain data and in words: the same over HTTP and in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from toxmon.guidance.advice import (
    ABSENT,
    AT_LOWEST,
    CERTAIN,
    NOT_CHARTED,
    NOT_EXCLUDED,
    OPEN,
    POSSIBLE,
    Advice,
    LineFor,
    Syndrome,
)
from toxmon.guidance.case import EVENTS_OF, Case
from toxmon.guidance.conditions import name_of
from toxmon.guidance.differences import Difference, Side
from toxmon.guidance.doses import DoseFor, no_weight
from toxmon.protocol.advised_words import plain as number
from toxmon.protocol.citation import Citation
from toxmon.protocol.events import EVENTS
from toxmon.protocol.guidance import POSITIONS, SECTIONS

SUPPORT = (
    "Support for a clinician, never an order. Sources are quoted side by side; where they differ, "
    "that is shown, and none is averaged or preferred."
)
CERTAINTY = {
    CERTAIN: "holds at every grade that is possible now",
    AT_LOWEST: "holds at the lowest grade, which is certain to be reached, not at every one",
    POSSIBLE: "holds only if the grade is higher than the lowest that is possible",
}
CHECK = "/api/v1/patients/{patient_id}/dosing/{drug}"


def plain_advice(advice: Advice, patient_id: str) -> dict[str, Any]:
    """The whole advice. Decimals and instants stay what they are."""
    return {
        "says": SUPPORT,
        "summary": summary(advice),
        "patient": plain_case(advice.case),
        "open": [plain_syndrome(each, advice.case, patient_id) for each in advice.open],
        "watched": [plain_syndrome(each, advice.case, patient_id) for each in advice.watched],
    }


def summary(advice: Advice) -> str:
    """In a sentence: what is open, or that nothing is."""
    if advice.case.infused_at is None:
        return "No treatment is on record, so no syndrome is graded."
    there = "; ".join(_headline(each) for each in advice.open) or "No syndrome is known to be there"
    loose = [name_of(each.scale) for each in advice.watched if each.state == NOT_EXCLUDED]
    return f"{there}. Not excluded: {', '.join(loose)}." if loose else f"{there}."


def _headline(syndrome: Syndrome) -> str:
    standing = syndrome.standing
    says = standing.says if standing is not None else ""
    ended = ", the episode is open" if standing is not None and standing.high == 0 else ""
    return f"{name_of(syndrome.scale)} {says}{ended}"


def plain_case(case: Case) -> dict[str, Any]:
    """What the advice was made for."""
    weight = case.weight
    return {
        "product": case.product and case.product.name,
        "day": case.day,
        "age_years": case.age_years,
        "weight": weight
        and {"kg": weight.kg, "at": weight.at, "fresh": weight.fresh, "says": _weighed(case)},
        "no_weight": None if weight is not None and weight.fresh else no_weight(case),
        "given": dict(case.given),
    }


def _weighed(case: Case) -> str | None:
    if case.weight is None or not case.weight.fresh:
        return no_weight(case)
    return f"{number(case.weight.kg)} kg"


def plain_syndrome(syndrome: Syndrome, case: Case, patient_id: str) -> dict[str, Any]:
    """One syndrome: its lines by section, what is ruled out, where sources differ."""
    standing = syndrome.standing
    onset_at = standing.onset_at if standing is not None else None
    return {
        "scale": syndrome.scale,
        "title": EVENTS[EVENTS_OF[syndrome.scale][0]],
        "state": syndrome.state,
        "says": _stands(syndrome),
        "low": standing.low if standing is not None else None,
        "high": standing.high if standing is not None else None,
        "missing": list(standing.missing) if standing is not None else [],
        "onset_at": onset_at,
        "hours_after_infusion": _hours(case, onset_at),
        "grades": list(syndrome.grades),
        "sections": list(_sections(syndrome.lines, syndrome, patient_id)),
        "ruled_out": [plain_line(each, syndrome, patient_id) for each in syndrome.ruled_out],
        "differences": [plain_difference(each) for each in syndrome.differences],
        "not_read": [
            {
                "body": document.body,
                "document": document.name,
                "grades": list(each.grades),
                "text": each.text,
                "source": plain_source(each.citation),
            }
            for document, each in syndrome.not_read
        ],
    }


def _hours(case: Case, onset_at: datetime | None) -> float | None:
    if onset_at is None or case.infused_at is None:
        return None
    return round((onset_at - case.infused_at).total_seconds() / 3600, 1)


def _stands(syndrome: Syndrome) -> str:
    """Where it stands, in words."""
    name = name_of(syndrome.scale)
    standing = syndrome.standing
    if syndrome.state == OPEN:
        return _headline(syndrome)
    if syndrome.state == NOT_EXCLUDED and standing is not None:
        missing = f"; missing: {', '.join(standing.missing)}" if standing.missing else ""
        more = "" if len(syndrome.grades) > 1 else f"; ask with scale={syndrome.scale} for all"
        return f"{name} is not excluded, {standing.says}{missing}{more}"
    return {ABSENT: f"{name} is not there", NOT_CHARTED: f"nothing of {name} was charted"}[
        syndrome.state
    ]


def _sections(
    lines: Iterable[LineFor], syndrome: Syndrome, patient_id: str
) -> Iterator[dict[str, Any]]:
    """The lines of each section, those on one topic beside each other."""
    for section, title in SECTIONS.items():
        here = [each for each in lines if each.sourced.line.section == section]
        topics = list(dict.fromkeys(each.sourced.line.topic for each in here))
        here.sort(key=lambda each: topics.index(each.sourced.line.topic))
        if here:
            told = [plain_line(each, syndrome, patient_id) for each in here]
            yield {"section": section, "title": title, "lines": told}


def plain_line(each: LineFor, syndrome: Syndrome, patient_id: str) -> dict[str, Any]:
    """A line with its source, its conditions and its doses for this patient."""
    line = each.sourced.line
    wider = line.event != EVENTS_OF[syndrome.scale][0]
    return {
        "id": each.sourced.id,
        "version": each.sourced.version,
        "body": each.sourced.body,
        "event": line.event,
        "counts": EVENTS[line.event] if wider else None,
        "topic": line.topic,
        "position": line.position,
        "position_says": POSITIONS[line.position],
        "text": line.text,
        "note": line.note,
        "at_grades": list(each.at_grades),
        "certainty": each.certainty,
        "certainty_says": CERTAINTY[each.certainty],
        "conditions": [{"says": c.says, "state": c.state} for c in each.conditions],
        "doses": [plain_dose(dose, patient_id) for dose in each.doses],
        "source": plain_source(line.citation),
    }


def plain_dose(dose: DoseFor, patient_id: str) -> dict[str, Any]:
    """A dose as the source has it, and for this patient."""
    see = CHECK.format(patient_id=patient_id, drug=dose.advised.drug) if dose.checked else None
    amount = {"low": dose.low, "high": dose.high, "unit": dose.unit, "says": dose.amount,
              "basis": dose.basis, "weighed_at": dose.weighed_at}  # fmt: skip
    return {
        "drug": dose.advised.drug,
        "says": dose.says,
        "for_patient": None if dose.low is None else amount,
        "why_not": dose.why_not,
        "limits": see,
    }


def plain_difference(difference: Difference) -> dict[str, Any]:
    """A topic on which sources differ, with every side."""
    return {
        "topic": difference.topic,
        "grades": list(difference.grades),
        "sides": [_side(each) for each in difference.sides],
    }


def _side(side: Side) -> dict[str, Any]:
    sourced = side.held.sourced
    return {
        "line": sourced.id,
        "body": sourced.body,
        "position": side.position,
        "says": side.says,
        "source": plain_source(sourced.line.citation),
    }


def plain_source(citation: Citation) -> dict[str, Any]:
    """Where a line comes from, and whether that was read."""
    return {
        "source": citation.source,
        "year": citation.year,
        "kind": citation.kind,
        "verified": citation.verified,
    }
