"""Make a fact of a statement, or say why it has to wait. Nothing is guessed.

Codes and units are looked up in closed lists: the site's code map, ours, the kinds themselves.
What was sent stays beside the canonical value, word for word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.grading.chart import DEATHS
from toxmon.grading.facts import Value
from toxmon.grading.kinds import BY_LOINC, DENIED_LOINC, KINDS, Kind
from toxmon.grading.measured import Measured
from toxmon.grading.units import Refused, measure
from toxmon.intake import hold
from toxmon.intake.code_map import (
    KIND,
    LOINC,
    PRODUCT,
    CodeMap,
    Mapped,
    keys,
    of_system,
)
from toxmon.intake.drugs import amount, drug_of
from toxmon.intake.hold import Hold
from toxmon.intake.report import DEATH, DOSE, INFUSION, OBSERVATION, STAY, Coding, Report
from toxmon.protocol import Protocols

UNVERIFIED = "unverified"
"""In the detail of a report: why a person has to look at it first, when the door knows that."""
SETTINGS = ("inpatient", "outpatient", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a statement comes to. `kind` and `value` as in `toxmon.actions.record.Charted`.

    Of an infusion `value` is the product, of a dose the drug; the action makes the fact of these.
    """

    what: str
    kind: str
    value: Value | None
    effective_at: datetime
    until_at: datetime | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    doubt: str | None = None


def read(report: Report, codes: CodeMap, protocols: Protocols) -> Read | Hold:
    """The fact of a statement that is about a known patient and stands, or why it waits."""
    unverified = report.detail.get(UNVERIFIED)
    if unverified is not None:
        return Hold(hold.NOT_VERIFIED, str(unverified))
    if report.effective_at is None:
        return Hold(hold.NO_TIME, report.time_fault or "no time was sent")
    return _READERS[report.what](report, codes, protocols)


def _observation(report: Report, codes: CodeMap, _: Protocols) -> Read | Hold:
    mapped = mapped_kind(report, codes)
    if isinstance(mapped, Hold):
        return mapped
    kind = KINDS[mapped.kind]
    if mapped.value is not None and report.value not in (None, True, mapped.value):
        # "Seizure: no" must not chart the seizure that the code alone states.
        return Hold(hold.UNKNOWN_ANSWER, f"its code states {kind.name}, its value another thing")
    value: Any = report.value if mapped.value is None else mapped.value
    if value is None:
        return Hold(hold.NO_VALUE, f"{kind.name} without a value")
    if kind.form != "number":
        value = _in_words(kind, value, codes)
        if isinstance(value, Hold):
            return value
        unit = None
    else:
        if not isinstance(value, Decimal | int | str) or isinstance(value, bool):
            return Hold(hold.VALUE_REFUSED, f"{kind.name} is a number, and this is not one")
        spelled = _unit(report, mapped, kind, value)
        if isinstance(spelled, Hold):
            return spelled
        unit = spelled
    try:
        measured = measure(kind, value, unit)
    except Refused as error:
        return _refused(error)
    sent = {**_as_sent(report), "rule": measured.rule, **_own_range(kind, report, unit)}
    return Read(
        what=report.what,
        kind=kind.name,
        value=measured.value,
        effective_at=report.effective_at,  # type: ignore[arg-type]
        until_at=None,
        sent=sent,
        doubt=measured.quarantine or _noted(report),
    )


def mapped_kind(report: Report, codes: CodeMap) -> Mapped | Hold:
    """What the codes of a result mean: all that are known must mean the same."""
    found: dict[str, Mapped] = {}
    denied = None
    for key in keys(report.codings):
        system, code = key
        mapped = codes.codes.get(key)
        if mapped is None and system == KIND and code in KINDS:
            mapped = Mapped(code)
        if mapped is None and system == LOINC:
            kind = BY_LOINC.get(code)
            mapped = Mapped(kind.name) if kind is not None else None
            denied = denied or DENIED_LOINC.get(code)
        if mapped is not None:
            first = found.setdefault(mapped.kind, mapped)
            if first.value != mapped.value:
                said = f"its codes state {mapped.kind} in two ways"
                return Hold(hold.CODES_DISAGREE, said)
    if len(found) > 1:
        return Hold(hold.CODES_DISAGREE, f"its codes mean {' and '.join(sorted(found))}")
    if found:
        return next(iter(found.values()))
    if denied is not None:
        return Hold(hold.DENIED_CODE, denied)
    named = ", ".join(f"{each.system}|{each.code}" for each in report.codings)
    return Hold(hold.UNKNOWN_CODE, f"none is mapped: {named}" if named else "it has no code")


def _unit(report: Report, mapped: Mapped, kind: Kind, value: Any) -> str | Hold | None:
    """The unit to read a value in: its code, else its text; they may not contradict each other."""
    code, text = report.unit_code, report.unit_text
    if code is None and text is None:
        return mapped.unit
    if code is None or text is None or code == text:
        return code or text
    by_code, by_text = _known(kind, code), _known(kind, text)
    if by_code and by_text and _come_to(kind, value, code) != _come_to(kind, value, text):
        return Hold(hold.UNITS_DISAGREE, f"its unit is {code} by code and {text} by words")
    return code if by_code or not by_text else text


def _known(kind: Kind, unit: str) -> bool:
    """Is the unit one of those that the kind is read in?"""
    try:
        measure(kind, 1, unit)
    except Refused as error:
        return all(name != "unit" for name, _ in error.faults)
    return True


def _come_to(kind: Kind, value: Any, unit: str) -> object:
    """The canonical value, or what is wrong with it."""
    try:
        return measure(kind, value, unit).value
    except Refused as error:
        return error.faults


def _tried(kind: Kind, value: Any, unit: str) -> Measured | None:
    try:
        return measure(kind, value, unit)
    except Refused:
        return None


def _refused(error: Refused) -> Hold:
    units = [words for name, words in error.faults if name == "unit"]
    if units:
        return Hold(hold.UNKNOWN_UNIT, units[0])
    return Hold(hold.VALUE_REFUSED, error.faults[0][1])


def _in_words(kind: Kind, value: Any, codes: CodeMap) -> Any:
    """A coded, spelled or yes-no answer as the kind has it, or a Hold."""
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        words = []
        for each in value:
            word = _answer(kind, each, codes)
            if word is None:
                said = each.display or each.code
                return Hold(hold.UNKNOWN_ANSWER, f'"{said[:60]}" is no answer of {kind.name} yet')
            words.append(word)
        if kind.form == "list":
            return list(dict.fromkeys(words))
        if len(set(words)) != 1:
            return Hold(hold.UNKNOWN_ANSWER, f"its codes are different answers of {kind.name}")
        return words[0]
    if isinstance(value, str):
        word = _word(kind, value, codes)
        if word is None:
            return Hold(hold.UNKNOWN_ANSWER, f'"{value[:60]}" is no answer of {kind.name} yet')
        return [word] if kind.form == "list" else word
    return Hold(hold.UNKNOWN_ANSWER, f"{kind.name} is said in words")


def _answer(kind: Kind, coding: Coding, codes: CodeMap) -> str | None:
    found = codes.answers.get((kind.name, of_system(coding.system), coding.code))
    if found is None and coding.display is not None:
        found = _word(kind, coding.display, codes)
    return found or _word(kind, coding.code, codes)


def _word(kind: Kind, text: str, codes: CodeMap) -> str | None:
    """A word of the kind that a text is, by the map or by itself; never by likeness."""
    folded = text.strip().casefold()
    mapped = codes.texts.get((kind.name, folded))
    if mapped is not None:
        return mapped
    plain = folded.replace(" ", "_").replace("-", "_")
    return plain if plain in (("yes", "no") if kind.form == "yes_no" else kind.codes) else None


def _own_range(kind: Kind, report: Report, unit: str | None) -> dict[str, str]:
    """The laboratory's range in the canonical unit; one that cannot be is only kept as sent."""
    ends: dict[str, Decimal] = {}
    for name, end in (("low", report.low), ("high", report.high)):
        if end is None or kind.form != "number" or (name == "high" and end == 0):
            continue
        measured = _tried(kind, end, unit) if unit is not None else None
        if measured is not None and isinstance(measured.value, Decimal):
            ends[name] = measured.value
    if len(ends) == 2 and ends["low"] > ends["high"]:
        return {}
    return {name: str(end) for name, end in ends.items()}


def _noted(report: Report) -> str | None:
    """Words of a laboratory that put its own result in doubt."""
    doubts = ("hemoly", "haemoly", "clotted", "lipaemi", "lipemi", "contaminat", "wrong blood")
    for note in report.notes:
        if any(word in note.casefold() for word in doubts):
            return f"the laboratory notes: {note[:200]}"
    return None


def _as_sent(report: Report) -> dict[str, Any]:
    """What was sent, in short: the number as text too, so that no digit is lost."""
    sent: dict[str, Any] = {"unit": report.unit_code or report.unit_text}
    value = report.value
    if isinstance(value, Decimal):
        sent |= {"value": float(value), "text": str(value)}
    elif isinstance(value, tuple):
        sent["value"] = [{"system": each.system, "code": each.code} for each in value]
    else:
        sent["value"] = value
    if report.codings:
        first = report.codings[0]
        sent["code"] = {"system": of_system(first.system), "code": first.code}
    if report.notes:
        sent["notes"] = list(report.notes)
    return sent


def _dose(report: Report, codes: CodeMap, protocols: Protocols) -> Read | Hold:
    medication = drug_of(report, codes, protocols)
    if isinstance(medication, Hold):
        return medication
    detail = dict(report.detail)
    dose = detail.get("dose")
    plain = None
    if dose is not None:
        plain = amount(dose)
        if plain is None:
            said = f"{dose.get('value')} {dose.get('unit')}"
            return Hold(hold.UNKNOWN_DOSE, f'"{said[:60]}" is no amount in mg, g or ug')
    return Read(
        what=report.what,
        kind="administration",
        value=medication,
        effective_at=report.effective_at,  # type: ignore[arg-type]
        sent=_as_sent(report),
        detail={
            "medication": medication,
            "as_sent": report.text or (report.codings[0].code if report.codings else medication),
            "dose": plain,
            "route": detail.get("route"),
            "status": detail.get("status"),
            "permission": None,
            **({"runs": {"until": report.until_at}} if _runs(report) else {}),
        },
    )


def _runs(report: Report) -> bool:
    """Is it given over a time, from its start up to its end or still?"""
    if report.until_at is not None:
        at = report.effective_at
        return at is not None and report.until_at > at
    return report.detail.get("status") == "started"


def _infusion(report: Report, codes: CodeMap, protocols: Protocols) -> Read | Hold:
    coded = keys(report.codings)
    names = {codes.products[key] for key in coded if key in codes.products}
    names |= {code for system, code in coded if system == PRODUCT}
    words = [report.text, *(each.display for each in report.codings), report.detail.get("product")]
    for word in words:
        known = protocols.product(word.strip()) if isinstance(word, str) else None
        if known is not None and not names:
            names.add(known.name)
    named = ", ".join(f"{each.system}|{each.code}" for each in report.codings)
    if len(names) != 1:
        why = f"its codes are {' and '.join(sorted(names))}" if names else f"none is known: {named}"
        return Hold(hold.UNKNOWN_PRODUCT, why)
    product = protocols.product(names.pop())
    if product is None:
        return Hold(hold.UNKNOWN_PRODUCT, "the code map names a product that has no protocol")
    return Read(
        what=report.what,
        kind="infusion",
        value=product.name,
        effective_at=report.effective_at,  # type: ignore[arg-type]
        sent=_as_sent(report),
        detail={"dose": None},
    )


def _stay(report: Report, codes: CodeMap, _: Protocols) -> Read | Hold:
    setting = report.detail.get("setting")
    if setting not in SETTINGS:
        return Hold(hold.VALUE_REFUSED, f"a stay is one of {', '.join(SETTINGS)}")
    ward = report.detail.get("unit")
    return Read(
        what=report.what,
        kind="stay",
        value=str(setting),
        effective_at=report.effective_at,  # type: ignore[arg-type]
        sent=_as_sent(report),
        detail={
            "setting": setting,
            "unit": codes.ward(ward) if ward is not None else None,
            "bed": report.detail.get("bed"),
            "reason": report.detail.get("reason"),
        },
    )


def _death(report: Report, codes: CodeMap, _: Protocols) -> Read | Hold:
    cause = report.detail.get("cause")
    if cause not in DEATHS:
        return Hold(hold.CAUSE_OF_DEATH, f"send, or chart by hand, one of {', '.join(DEATHS)}")
    return Read(
        what=report.what,
        kind="death",
        value=str(cause),
        effective_at=report.effective_at,  # type: ignore[arg-type]
        sent=_as_sent(report),
        detail={"cause": cause, "reason": None},
    )


_READERS = {
    OBSERVATION: _observation,
    DOSE: _dose,
    INFUSION: _infusion,
    STAY: _stay,
    DEATH: _death,
}
