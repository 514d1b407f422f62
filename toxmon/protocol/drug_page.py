"""A drug as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from toxmon.protocol.citation import Citation
from toxmon.protocol.drug import (
    CODE_KINDS,
    Band,
    DosePolicy,
    Drug,
    Handling,
    Limit,
    Regimen,
)
from toxmon.protocol.events import EVENTS
from toxmon.protocol.lines import Sources, in_words, section, wrapped


def drug_lines(document: Drug, sources: Sources) -> Iterator[str]:
    """Policies with the one in force first, handling, indications, what bodies say, names."""
    yield ""
    yield from wrapped(f"Class: {document.drug_class}")
    if document.aliases:
        yield from wrapped(f"Also called: {', '.join(document.aliases)}")
    if document.not_these:
        yield from wrapped(f"Not to be taken for it: {', '.join(document.not_these)}")
    for policy in sorted(document.policies, key=lambda each: each.name != document.in_force):
        force = "in force" if policy.name == document.in_force else "not in force"
        yield from section(f"Policy {policy.name}, {force}")
        yield from _policy(policy, sources)
    yield from section("Given for")
    if document.indications is None:
        yield "Nothing is asked."
    else:
        words = "; ".join(EVENTS[event] for event in document.indications.value)
        yield from sources.lines(document.indications.citation, f"{words}.", 0)
    yield from sources.items(
        (f"Not for {EVENTS[each.syndrome]} alone: {each.says}", each.citation)
        for each in document.isolated
    )
    if document.cautions:
        yield from section("Look first")
        yield from sources.items((each.text, each.citation) for each in document.cautions)
    if document.regimens:
        yield from section("What is said of it")
        yield from sources.items(_regimens(document))
    if document.equivalent_mg is not None:
        yield from section("As dexamethasone")
        words = f"{document.equivalent_mg.value} mg weigh as much as 0.75 mg of dexamethasone."
        yield from sources.lines(document.equivalent_mg.citation, words, 0)
    yield from section("Handling")
    yield from sources.lines(document.handling.citation, document.handling.note, 0)
    for words in _handling(document.handling):
        yield from wrapped(f"- {words}", 2, "")
    if document.vials:
        yield from section("Vials")
        yield from sources.items(
            (f"{each.mg} mg" + (f" in {each.ml} mL" if each.ml else ""), each.citation)
            for each in document.vials
        )
    if document.codes:
        yield from section("RxNorm")
        for codes in document.codes:
            yield from wrapped(f"{', '.join(codes.codes)}: {codes.title}", 2, "")
            words = _joined(f"It is {CODE_KINDS[codes.kind]}.", codes.note)
            yield from sources.lines(codes.citation, words, 2)


def _policy(policy: DosePolicy, sources: Sources) -> Iterator[str]:
    yield from wrapped(policy.title)
    if policy.note:
        yield from wrapped(policy.note)
    if not policy.bands:
        yield from wrapped("It computes no dose.")
    parts: list[tuple[str, Citation]] = [
        (_joined(f"{of_band(band)}.", band.note), band.citation) for band in policy.bands
    ]
    parts += [
        (_joined(f"{of_limit(limit)}.", limit.note), limit.citation) for limit in policy.limits
    ]
    yield from sources.items(parts)


def of_band(band: Band) -> str:
    """A band in words: "from 30 kg: 8 mg/kg"."""
    dose = f"{band.mg} mg" if band.mg is not None else f"{band.mg_per_kg} mg/kg"
    who = [
        f"{words} {value} {unit}"
        for words, value, unit in (
            ("from", band.from_kg, "kg"),
            ("below", band.below_kg, "kg"),
            ("from", band.from_age_years, "years"),
            ("below", band.below_age_years, "years"),
        )
        if value is not None
    ]
    return f"{', '.join(who) or 'any weight'}: {dose}"


def of_limit(limit: Limit) -> str:
    """A limit in words: "at most 3 doses in any 24 h"."""
    span = in_words(limit.span or timedelta())
    return {
        "interval": f"at least {span} from start to start",
        "doses_in_24_h": f"at most {limit.count} doses in any 24 h",
        "doses_in_treatment": f"at most {limit.count} doses in a treatment",
        "doses_in_episode": f"at most {limit.count} doses in an episode",
        "dose_above_cap": f"at most {limit.mg} mg a dose",
        "mg_in_24_h": f"at most {limit.mg} mg in any 24 h",
    }[limit.code]


def of_regimen(regimen: Regimen) -> str | None:
    """The dose of a regimen in words: "2 mg/kg, at most 100 mg, every 6 h"; None without one."""
    parts: list[str] = []
    if regimen.mg is not None:
        parts.append(f"{regimen.mg} mg")
    if regimen.mg_per_kg is not None:
        parts.append(f"{regimen.mg_per_kg} mg/kg")
    if regimen.cap_mg is not None:
        parts.append(f"at most {regimen.cap_mg} mg")
    if regimen.every is not None:
        most = f" to {in_words(regimen.every_most)}" if regimen.every_most else ""
        parts.append(f"every {in_words(regimen.every)}{most}")
    if regimen.until is not None:
        parts.append(regimen.until)
    return ", ".join(parts) or None


def _regimens(document: Drug) -> Iterator[tuple[str, Citation]]:
    for each in document.regimens:
        ages = [
            f"{words} {age} years"
            for words, age in (("from", each.from_age_years), ("below", each.below_age_years))
            if age is not None
        ]
        who = f" ({', '.join(ages)})" if ages else ""
        dose = of_regimen(each)
        words = f"{each.by}, {each.purpose}{who}: {each.says}."
        yield _joined(words, f"As data: {dose}." if dose else None), each.citation


def _handling(handling: Handling) -> Iterator[str]:
    yield f"A weight older than {in_words(handling.weight_fresh_for)} makes no dose."
    yield f"A change of weight of {handling.weight_change_percent} % or more is asked about."
    yield f"A dose may be {handling.tolerance_percent} % above the computed one."
    yield f"Records within {in_words(handling.duplicate_within)} may be one dose."
    yield f"Doses of the {in_words(handling.before_infusion)} before the infusion count too."
    yield f"A reservation lasts {in_words(handling.reservation)}."
    yield f"A released dose is asked about after {in_words(handling.chart_within)}."
    yield f"A dose that was stopped {'counts' if handling.stopped_counts else 'does not count'}."
    needed = "must" if handling.ask_doses_elsewhere else "need not"
    yield f"Somebody {needed} have said that none was given before arrival."


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
