"""A prevention policy as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator

from toxmon.dosing.prophylaxis import NEEDS, Avoid, Begin, Course, End
from toxmon.dosing.vaccination import COUNTS, KINDS, SINCE, VaccineRule
from toxmon.protocol.lines import Sources, in_words, section, wrapped
from toxmon.protocol.prevention import Prevention

IDLE = " (not in force)"


def prevention_lines(document: Prevention, sources: Sources) -> Iterator[str]:
    """Immunoglobulin, prophylaxis, vaccines, and what is at hand."""
    yield from _immunoglobulin(document, sources)
    yield from _prophylaxis(document, sources)
    yield from section("Vaccines")
    for vaccine in document.vaccines:
        rule = vaccine.value
        yield from wrapped(f"{KINDS[rule.kind]}, {rule.policy}{_idle(rule.in_force)}", 2, "")
        yield from sources.lines(vaccine.citation, _joined(_vaccine(rule), rule.note), 2)
    for group in document.groups:
        yield from wrapped(f"{group.group}: {', '.join([*group.drugs, *group.targets])}", 2, "")
        yield from sources.lines(group.citation, group.note, 2)
    yield from section("Tocilizumab at hand")
    doses = document.at_hand_doses
    words = f"{doses.value} doses for each patient where no label names a number."
    yield from sources.lines(doses.citation, words, 2)
    fresh = document.count_fresh_for
    yield from sources.lines(
        fresh.citation, f"A count of vials is believed for {in_words(fresh.value)}.", 2
    )


def _immunoglobulin(document: Prevention, sources: Sources) -> Iterator[str]:
    yield from section("Immunoglobulin")
    for each in document.immunoglobulin:
        rule = each.value
        yield from wrapped(f"{rule.name}: {rule.title}{_idle(rule.in_force)}", 2, "")
        dose = None
        if rule.dose_low is not None:
            ends = dict.fromkeys((f"{rule.dose_low:f}", f"{rule.dose_high:f}"))
            every = f" about every {in_words(rule.every)}" if rule.every else ""
            dose = f"{' to '.join(ends)} mg/kg{every}."
        asked = "; or ".join(trigger.says for trigger in rule.triggers) + "."
        until = f"Until {rule.until}." if rule.until else None
        words = _joined(asked, rule.says, dose, until, rule.note)
        yield from sources.lines(each.citation, words, 2)
    usual = document.igg_dose
    yield from sources.lines(
        usual.citation,
        f"Where a policy names no dose: {usual.low:f} to {usual.high:f} mg/kg about every "
        f"{in_words(usual.every)}. {usual.note or ''}".strip(),
        2,
    )
    measure = document.igg_measure
    yield from sources.lines(
        measure.citation,
        f"IgG is measured on day {measure.first_day}, then every {measure.every_months} months, "
        f"while treated every {measure.while_treated_months}. {measure.note or ''}".strip(),
        2,
    )
    for words, cited in (
        ("so long after a dose a level is a trough", document.trough_after),
        ("so long an infection that was charted counts", document.infections_within),
    ):
        yield from sources.lines(cited.citation, f"{in_words(cited.value)}: {words}.", 2)
    many = document.recurrent_from
    yield from sources.lines(many.citation, f"{many.value} infections or more are recurrent.", 2)
    named = document.infection_words
    causes = ", ".join([*named.every, *named.sinopulmonary])
    yield from sources.lines(named.citation, f"Causes that are infections: {causes}.", 2)
    targets = document.m_protein_targets
    yield from sources.lines(
        targets.citation, f"An M-protein is asked about for {', '.join(targets.value)}.", 2
    )


def _prophylaxis(document: Prevention, sources: Sources) -> Iterator[str]:
    yield from section("Prophylaxis")
    for agent in document.agents:
        yield from wrapped(agent.value.title)
        yield from sources.lines(agent.citation, ", ".join(agent.value.drugs), 2)
        for each in document.courses:
            if each.value.agent == agent.value.id:
                course = each.value
                head = f"{course.policy}{_idle(course.in_force)}: {from_until(course)}"
                yield from wrapped(head, 4, "  ")
                yield from sources.lines(each.citation, _joined(course.says, course.note), 4)
        for against in document.avoids:
            if against.value.agent == agent.value.id:
                yield from sources.lines(against.citation, avoid_words(against.value), 2)
    cd4 = document.cd4
    words = (
        f"CD4 is above its bound when {cd4.values} values are, {in_words(cd4.apart)} apart; it is "
        f"measured every {cd4.every_months} months. {cd4.note or ''}"
    )
    yield from sources.lines(cd4.citation, words.strip(), 2)


def from_until(course: Course) -> str:
    """The beginning and the end in words: "from day 14, until CD4 above 200/uL"."""
    begins = " or ".join(begin_words(way) for way in course.begins)
    return f"{begins}, until {end_words(course.end)}" if course.end else begins


def begin_words(way: Begin) -> str:
    """One way to begin, in words."""
    parts = []
    if way.lymphodepletion:
        parts.append("from lymphodepletion")
    if way.day is not None:
        parts.append(f"from day {way.day}")
    if way.after_day is not None:
        parts.append(f"beyond day {way.after_day}")
    if way.anc_below is not None:
        parts.append(f"ANC below {way.anc_below:f}/uL")
    if way.steroid_days is not None:
        many = "s" if way.steroid_days > 1 else ""
        parts.append(f"steroids on {way.steroid_days} day{many} or more")
    return " and ".join([*parts, *(NEEDS[need] for need in way.needs)])


def avoid_words(avoid: Avoid) -> str:
    """A drug that is not given for a while, in words."""
    parts = []
    if avoid.before_day is not None:
        parts.append(f"before day {avoid.before_day}")
    if avoid.cytopenia_grade is not None:
        parts.append(f"at cytopenia of grade {avoid.cytopenia_grade} or more")
    instead = f"; {avoid.instead} instead" if avoid.instead else ""
    return f"Not {' or '.join(avoid.drugs)} {' nor '.join(parts)}{instead}."


def end_words(end: End) -> str:
    """The end in words."""
    parts = []
    if end.months is not None:
        parts.append(f"{end.months} months after the infusion")
    if end.cd4_above is not None:
        parts.append(f"CD4 above {end.cd4_above:f}/uL")
    if end.anc_above is not None:
        parts.append(f"ANC above {end.anc_above:f}/uL")
    if end.therapy_end:
        parts.append("the end of the treatment")
    return f" {end.joined} ".join(parts)


def _vaccine(rule: VaccineRule) -> str:
    parts = [f"From {rule.from_month} months after the infusion."]
    parts += [f"{months} months after {SINCE[what]}." for what, months in rule.months_since.items()]
    parts += [
        f"Not with {COUNTS[kind]} at or below {low:f}/uL." for kind, low in rule.at_most.items()
    ]
    return " ".join([*parts, "With immune reconstitution." if rule.reconstituted else ""]).strip()


def _idle(in_force: bool) -> str:
    return "" if in_force else IDLE


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
