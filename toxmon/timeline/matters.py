"""Everything of a treatment that somebody may have to be told, at the level that it has now.

Level 0 is certainly not so, None is not known. Nothing in here remembers: what was told, to whom
and who has it is for the alarms. After death or the end of the watch there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from toxmon.grading.kinds import KINDS
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Threshold
from toxmon.protocol.product import Product
from toxmon.timeline import thresholds
from toxmon.timeline.check import MET, OVERDUE, PAUSED, Check
from toxmon.timeline.known import Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.plan import Plan
from toxmon.timeline.signs import NO_SUPPORT, TITLES, Bedside, Sign, sign, signs
from toxmon.timeline.steroid_line import GLUCOSE
from toxmon.timeline.steroid_line import RULE as GLUCOSE_RULE
from toxmon.timeline.steroids import next_changes, steroid_matters
from toxmon.timeline.syndromes import ACCOUNTS_FOR, Placed, level_of, syndromes
from toxmon.timeline.table import Table, table
from toxmon.timeline.words import clocks, moment, number, span

IGG = "igg"
OPEN_KINDS = {"oxygen_device": "Oxygen", "vasopressors": "Vasopressor"}
"""What runs until somebody says that it has stopped (decision 0068)."""
RELEASED = "unconfirmed:dose"


def observe(
    known: Known,
    plan: Plan,
    product: Product,
    treatment: Treatment,
    policy: Policy,
    alarms: Alarms,
    now: datetime,
    raised: Collection[str] = frozenset(),
    *,
    older: bool = False,
) -> tuple[Matter, ...]:
    """The matters of a treatment at `now`. `raised`: keys whose alarm is up.

    `raised` gives thresholds their way back and names episodes that have to be closed. `older`: a
    newer treatment has begun; its signs, grades and counts are told there.
    """
    if known.over(now):
        return ()
    rules = table(product, alarms)
    placed = Placed(product, treatment, known, alarms, now)
    bedside = Bedside(known, policy, treatment, now)
    found = [*syndromes(known, placed, raised, older=older)]
    found.extend(check_matter(each, placed, rules, raised) for each in plan.checks)
    present: dict[str, Sign] = {}
    if not older:
        present = signs(bedside)
        found.extend(sign_matters(known, present, placed, rules, raised))
        found.extend(unconfirmed(bedside, placed, rules, raised))
        found.extend(not_charted(known, placed, rules, raised))
        found.extend(steroid_matters(known, placed, rules, plan.checks, raised))
    day = treatment.day(now)
    asked = {kind for each in plan.checks for kinds in each.kinds for kind in kinds if older}
    for kind, group in rules.thresholds.items():
        readings = known.seen.readings.get(kind)
        if older and kind not in asked:
            continue
        plain = None if known.given or kind == IGG else thresholds.plain_value(bedside, kind)
        for key, threshold in group:
            # Most values are nowhere near their bound, and that is seen at a glance.
            if key not in raised:
                if readings is None:
                    found.append(rules.quiet(key, "threshold", None, threshold.title))
                    continue
                if plain is not None and threshold.crossed(plain) is False:
                    found.append(rules.quiet(key, "threshold", 0, threshold.title))
                    continue
            if older:
                present.update(
                    {name: sign(name, bedside) for name in threshold.needs if name in TITLES}
                )
            held = thresholds.held(threshold, bedside, present, alarms, day, raised)
            if not held.truth and held.caveat is None and key not in raised:
                level = None if held.truth is None else 0
                found.append(rules.quiet(key, "threshold", level, threshold.title))
            else:
                found.append(threshold_matter(key, threshold, held, present, placed))
    return tuple(found)


def next_at(
    known: Known, treatment: Treatment, policy: Policy, alarms: Alarms, now: datetime
) -> datetime | None:
    """The next instant at which a matter may rise by time alone, beside what the plan knows.

    An open device or vasopressor becomes unconfirmed, an attribution ends, a threshold begins to
    count, steroids were stopped. That a finding grows old is not among them: it never raises one.
    """
    bedside = Bedside(known, policy, treatment, now)
    return next_at_of(bedside, thresholds.next_change(treatment, alarms, now), alarms)


def next_at_of(bedside: Bedside, day_at: datetime | None, alarms: Alarms) -> datetime | None:
    """`next_at`; `day_at`: when a threshold next begins or ends to count."""
    known, now = bedside.known, bedside.now
    if known.over(now):
        return None
    edges = [until for until in known.attributed.values() if until is not None]
    for kind in OPEN_KINDS:
        reading, fresh = known.seen.newest(kind), bedside.policy.fresh_for.get(kind)
        if reading is not None and fresh is not None:
            edges.append(reading.at + fresh)
    if day_at is not None:
        edges.append(day_at)
    edges.extend(next_changes(known, alarms, now))
    edges.extend(each.chart_by for each in known.not_charted())
    return min((at for at in edges if at > now), default=None)


def check_matter(check: Check, placed: Placed, rules: Table, raised: Collection[str]) -> Matter:
    """The one alarm of a line of the chart: overdue, and how often it was missed."""
    key = f"check:{check.what}"
    rule = "check"
    if check.what == GLUCOSE:
        rule = GLUCOSE_RULE
    elif check.day_based and "check:days" in rules.rules:
        rule = "check:days"
    title = check.what[0].upper() + check.what[1:]
    level = 0
    if check.state == OVERDUE:
        level = 2 if len(check.missed) > 1 else 1
    elif key not in raised:
        return rules.quiet(key, rule, 0, title)
    zone, now = placed.treatment.zone, placed.now
    at = check.due_at or now
    if level:
        parts = [f"{title}: missed {clocks(check.missed, zone, now)}."]
        if check.missing and check.have:
            parts.append(f"Still missing: {_kinds(check.missing)}.")
        if check.met_at is not None:
            parts.append(f"Last complete {moment(check.met_at, placed.treatment, now)}.")
        else:
            parts.append("Never complete so far.")
        if check.because:
            parts.append(f"{check.because[0].upper()}{check.because[1:]}.")
        title = f"{title} overdue"
        says = " ".join(parts)
    else:
        at = check.met_at or now
        says = f"{title}: {_state(check, placed)}"
    return Matter(
        key=key,
        rule=rule,
        level=level,
        at=at,
        priority=rules.priority(rule, level or 1),
        title=title,
        says=says,
        source=check.source.source,
        facts=check.met_by,
        hold=rules.hold(rule),
        more={"missed": [*check.missed], "missing": [*check.missing]} if level else {},
    )


def _state(check: Check, placed: Placed) -> str:
    zone, now = placed.treatment.zone, placed.now
    if check.state == PAUSED and check.paused_until is not None:
        return f"paused until {clocks((check.paused_until,), zone, now)}."
    if check.due_at is None:
        return "done." if check.state == MET else "not asked for any more."
    return f"due {clocks((check.due_at,), zone, now)}."


def sign_matters(
    known: Known,
    present: dict[str, Sign],
    placed: Placed,
    rules: Table,
    raised: Collection[str],
) -> Iterator[Matter]:
    """The matters of these signs; those that a syndrome tells of already are told as not so."""
    accounted = accounted_for(known)
    for name, each in present.items():
        key = f"sign:{name}"
        level = sign_level(each, key in accounted and key not in raised)
        if not level and key not in raised:
            yield rules.quiet(key, key, level, TITLES[name])
        else:
            yield sign_matter(each, key, level, placed, rules)


def accounted_for(known: Known) -> set[str]:
    """The keys of the signs that a syndrome tells of now."""
    return {
        key
        for scale, keys in ACCOUNTS_FOR.items()
        if (graded := known.levels.get(scale)) is not None and (level_of(graded) or 0) > 0
        for key in keys
    }


def sign_level(each: Sign, accounted: bool) -> int | None:
    """The level of a sign. `accounted`: a syndrome tells of it, and its alarm is not up.

    An alarm that is up already stays, and is inhibited.
    """
    if each.present is None:
        return None
    return 0 if accounted else int(each.present)


def sign_matter(each: Sign, key: str, level: int | None, placed: Placed, rules: Table) -> Matter:
    """The matter of a sign that is there, or whose alarm is up."""
    name = each.name
    title = TITLES[name]
    at = each.at or placed.now
    inside = placed.inside(key, at) if level else None
    if name == "cytopenia" and inside is False:
        inside = placed.inside("icaht_late", at)
    window = placed.words(key, at, inside) if level else None
    says = f"{title}: {'not known' if level is None else 'no'}."
    if level:
        when = moment(at, placed.treatment, placed.now)
        says = f"{title} at {when}: {_readings(each)}."
        if window:
            says = f"{says} {window[0].upper()}{window[1:]}."
    elif each.found and level == 0:
        says = f"{title}: put down to another cause."
    return Matter(
        key=key,
        rule=key,
        level=level,
        at=at,
        priority=rules.priority(key, 1, bool(inside)),
        title=title,
        says=says,
        source=rules.source(key),
        facts=each.facts,
        window=window,
        hold=rules.hold(key),
    )


def unconfirmed(
    bedside: Bedside, placed: Placed, rules: Table, raised: Collection[str]
) -> Iterator[Matter]:
    """A device or a vasopressor that was begun, and that nobody has confirmed or stopped since."""
    for kind, what in OPEN_KINDS.items():
        reading, fresh = bedside.known.seen.newest(kind), bedside.policy.fresh_for.get(kind)
        if reading is None or fresh is None:
            continue
        running = bool(reading.value) if kind == "vasopressors" else reading.value not in NO_SUPPORT
        level = int(running and placed.now >= reading.at + fresh)
        key, title = f"unconfirmed:{kind}", f"{what} not confirmed"
        if not level and key not in raised:
            yield rules.quiet(key, "unconfirmed", 0, title)
            continue
        when = moment(reading.at, placed.treatment, placed.now)
        says = f"{what} at {when}: {number(reading.value)}."
        if level:
            says = (
                f"{what} was charted at {when} ({number(reading.value)}), and nobody has confirmed "
                f"or stopped it for {span(fresh)}."
            )
        yield Matter(
            key=key,
            rule="unconfirmed",
            level=level,
            at=reading.at + fresh if level else reading.at,
            priority=rules.priority("unconfirmed", 1),
            title=title,
            says=says,
            source=rules.source("unconfirmed"),
            facts=(reading.fact,),
            hold=rules.hold("unconfirmed"),
        )


def not_charted(
    known: Known, placed: Placed, rules: Table, raised: Collection[str]
) -> Iterator[Matter]:
    """A dose that was released, and that nobody has charted as given or taken back."""
    waiting = {f"{RELEASED}:{each.fact}": each for each in known.not_charted()}
    for key in dict.fromkeys((*waiting, *(each for each in raised if each.startswith(RELEASED)))):
        each = waiting.get(key)
        level = int(each is not None and placed.now >= each.chart_by)
        title = "A released dose is not charted"
        if each is None or (not level and key not in raised):
            yield rules.quiet(key, "unconfirmed", 0, title)
            continue
        when = moment(each.at, placed.treatment, placed.now)
        yield Matter(
            key=key,
            rule="unconfirmed",
            level=level,
            at=each.chart_by,
            priority=rules.priority("unconfirmed", 1),
            title=title,
            says=(
                f"{each.by} released {each.mg} mg of {each.medication} at {when}, and nobody has "
                "charted it as given or taken it back. Until then it counts in every limit."
            ),
            source=rules.source("unconfirmed"),
            facts=(each.fact,),
            hold=rules.hold("unconfirmed"),
        )


def threshold_matter(
    key: str,
    threshold: Threshold,
    held: thresholds.Held,
    present: dict[str, Sign],
    placed: Placed,
) -> Matter:
    """The matter of a threshold that holds, that is not known, or whose alarm is up."""
    level = None if held.truth is None else int(held.truth)
    reading = held.reading
    says = f"{threshold.title}: {'not known' if level is None else 'no'}."
    facts = [each.fact for each in (held.before, reading) if each is not None]
    if reading is not None and level != 0:
        unit = KINDS[threshold.kind].unit
        value = f"{KINDS[threshold.kind].title} {number(reading.value, unit)}"
        when = moment(reading.at, placed.treatment, placed.now)
        parts = [f"{value} at {when}."]
        if held.before is not None:
            before = moment(held.before.at, placed.treatment, placed.now)
            parts[0] = f"{value} at {when}, from {number(held.before.value, unit)} at {before}."
        needs = [present[name] for name in threshold.needs if name in present] if level else []
        for each in needs:
            parts.append(f"{TITLES[each.name]}: {_readings(each)}.")
            facts.extend(each.facts)
        if held.caveat:
            parts.append(f"{held.caveat[0].upper()}{held.caveat[1:].rstrip('.')}.")
        if level:
            parts.append(threshold.says.strip())
        says = " ".join(parts)
    return Matter(
        key=key,
        rule="threshold",
        level=level,
        at=placed.now if reading is None else reading.at,
        priority=threshold.priority,
        title=threshold.title,
        says=says,
        source=threshold.citation.source,
        facts=tuple(dict.fromkeys(facts)),
        hold=threshold.hold,
        more={"not_interpretable": held.caveat} if held.caveat and level is None else {},
    )


def _readings(each: Sign) -> str:
    return ", ".join(
        f"{KINDS[kind].title} {number(reading.value, KINDS[kind].unit)}"
        for kind, reading in each.readings
    )


def _kinds(kinds: tuple[str, ...]) -> str:
    return ", ".join(KINDS[kind].title.lower() for kind in kinds)
