"""Prophylaxis against infection: from when, until when, what to measure next, what stands against.

Each source's rule is a policy in `protocols/prevention/`, one of each agent in force. Its end is a
time, a count of CD4 cells, or both joined by the `and` or the `or` of that source. CD4 must be
above the bound: 200 itself does not end it (Rejeski 2023, doi:10.1182/blood.2023020578), and two
values so far apart are asked for as a choice of ours. Dates are the site's. What is not charted is
not known: no drug is ever said not to be given (decision 0084).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from toxmon.dosing.dates import months_later, on
from toxmon.dosing.drug import Cited
from toxmon.dosing.reading import Reading
from toxmon.grading.facts import above, below, both, either, negated

NEEDS: Mapping[str, str] = {
    "hematotoxicity_risk_high": "a high risk of hematotoxicity",
    "hbv_exposure": "hepatitis B now or before",
    "severe_mucositis": "severe mucositis",
    "prior_transplant": "a transplant before",
    "prior_fungal_infection": "a fungal infection before",
}
"""What a beginning may ask that is a finding. The first is a score; the others a clinician charts
as kinds of these names."""

AND, OR = "and", "or"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What is prevented. `drugs` are the names, in lower case, that an administration may have."""

    id: str
    title: str
    drugs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """One way to begin; everything that it names must hold.

    `day`: from that day of the site on, inclusive. `after_day`: later than that day. `anc_below`
    per uL, exclusive. `steroid_days`: at least so many days with a systemic steroid.
    """

    lymphodepletion: bool = False
    day: int | None = None
    after_day: int | None = None
    anc_below: Decimal | None = None
    steroid_days: int | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When it may stop. Bounds are exclusive: CD4 and ANC must be above them, both per uL.

    `months` after the infusion (inclusive), `therapy_end` the end of the treatment itself. `joined`
    says whether all of them must hold (`and`) or one is enough (`or`).
    """

    months: int | None = None
    cd4_above: Decimal | None = None
    anc_above: Decimal | None = None
    therapy_end: bool = False
    joined: str = AND


@dataclass(frozen=True, slots=True, kw_only=True)
class Avoid:
    """A drug of an agent that is not given before a day (exclusive: from that day on it is), or
    while cytopenia has this CTCAE grade or more.
    """

    agent: str
    drugs: tuple[str, ...]
    cited: Cited
    before_day: int | None = None
    cytopenia_grade: int | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The rule of one source for one agent."""

    agent: str
    policy: str
    in_force: bool
    begins: tuple[Begin, ...]
    says: str
    cited: Cited
    end: End | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """How CD4 above the bound is made sure: so many values, the first and last so far apart.

    `every_months`: how often it is measured until then. `fresh_for`: an older value is not known.
    """

    values: int
    apart: timedelta
    every_months: int
    fresh_for: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known of a patient. `cd4` is oldest first, `anc` is fresh or None.

    `cytopenia` is the worst CTCAE grade of neutrophils, platelets and hemoglobin, an interval.
    `findings` are those of NEEDS that are known. `steroid_days` are days on which one was charted.
    """

    infused_on: date
    today: date
    zone: tzinfo
    depleted_on: date | None = None
    anc: Reading | None = None
    cd4: tuple[Reading, ...] = ()
    cytopenia: tuple[int, int] = (0, 4)
    steroid_days: int = 0
    findings: Mapping[str, bool] = field(default_factory=dict)

    @property
    def day(self) -> int:
        """The day of the treatment; the date of the infusion is day 0."""
        return (self.today - self.infused_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to measure next, when (a date of the site), and why."""

    kind: str
    on: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A drug that is not to be given now (`sure` None: not known), until when, what instead."""

    drugs: tuple[str, ...]
    sure: bool | None
    because: str
    until: date | None
    instead: str | None
    cited: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a course stands. `indicated`: it has begun and may not stop. None is not known."""

    course: Course
    indicated: bool | None
    begun: bool | None
    may_stop: bool | None
    begins_on: date | None
    stops_from: date | None
    missing: tuple[str, ...]
    next: tuple[Next, ...]


def standing(course: Course, known: Situation, confirming: Confirming, now: datetime) -> Standing:
    """Where a course stands at `now` (aware)."""
    missing: list[str] = []
    begun: bool | None = False
    for way in course.begins:
        begun = either(begun, _begun(way, known, missing))
    if begun is not None:
        missing.clear()
    stopping = _Stop(course.end, known, confirming, now)
    may_stop = negated(begun) if course.end is None else stopping.answer
    between = (
        begun is False and may_stop is False and course.end is not None
        and course.end.anc_above is not None
    )  # fmt: skip
    # Between the count at which it begins and the one at which it stops, what was begun goes on.
    indicated = None if between else both(begun, negated(may_stop))
    return Standing(
        course=course,
        indicated=indicated,
        begun=begun,
        may_stop=may_stop,
        begins_on=_begins_on(course.begins, known),
        stops_from=stopping.time_on,
        missing=tuple(dict.fromkeys([*missing, *(stopping.missing if begun is not False else ())])),
        next=tuple(stopping.next if begun is not False else ()),
    )


def _begun(way: Begin, known: Situation, missing: list[str]) -> bool | None:
    """Does one way to begin hold? What it lacks is added to `missing`."""
    answer: bool | None = True
    if way.lymphodepletion:
        # The infusion comes after lymphodepletion: from then on it has begun, charted or not.
        answer = known.today >= (known.depleted_on or known.infused_on)
    if way.day is not None:
        answer = both(answer, known.day >= way.day)
    if way.after_day is not None:
        answer = both(answer, known.day > way.after_day)
    lacking = []
    if way.anc_below is not None:
        low = below(None if known.anc is None else known.anc.value, way.anc_below)
        lacking += ["anc"] if low is None else []
        answer = both(answer, low)
    if way.steroid_days is not None:
        # Days that nobody charted may have been there, so that too few are not known to be so.
        enough = True if known.steroid_days >= way.steroid_days else None
        lacking += ["steroids"] if enough is None else []
        answer = both(answer, enough)
    for need in way.needs:
        found = known.findings.get(need)
        lacking += [need] if found is None else []
        answer = both(answer, found)
    missing += lacking if answer is None else []
    return answer


def _begins_on(ways: Iterable[Begin], known: Situation) -> date | None:
    """The first date on which it can begin by the calendar; None where no date decides."""
    dates = [
        known.infused_on + timedelta(days=way.day if way.day is not None else 0)
        for way in ways
        if way.day is not None or way.lymphodepletion
    ]
    if any(way.lymphodepletion for way in ways) and known.depleted_on is not None:
        dates.append(known.depleted_on)
    return min(dates, default=None)


class _Stop:
    """When a course may stop: the answer, what is missing for it, what to measure next."""

    def __init__(
        self, end: End | None, known: Situation, confirming: Confirming, now: datetime
    ) -> None:
        self.known, self.now = known, now
        self.missing: list[str] = []
        self.next: list[Next] = []
        self.time_on: date | None = None
        self.answer: bool | None = None
        if end is None:
            return
        parts: list[bool | None] = []
        if end.months is not None:
            self.time_on = months_later(known.infused_on, end.months)
            parts.append(known.today >= self.time_on)
        if end.cd4_above is not None:
            parts.append(self._cd4(end.cd4_above, confirming))
        if end.anc_above is not None:
            over = above(None if known.anc is None else known.anc.value, end.anc_above)
            self.missing += ["anc"] if over is None else []
            parts.append(over)
        if end.therapy_end:
            self.missing.append("end_of_therapy")
            parts.append(None)
        join = both if end.joined == AND else either
        self.answer = parts[0]
        for part in parts[1:]:
            self.answer = join(self.answer, part)
        if self.answer is not None:
            self.missing.clear()
        if self.answer:
            self.next.clear()

    def _cd4(self, bound: Decimal, confirming: Confirming) -> bool | None:
        """Were CD4 cells above the bound for long enough, with no value between that was not?"""
        known = self.known
        last = known.cd4[-1] if known.cd4 else None
        if last is None or not last.is_fresh(self.now, confirming.fresh_for):
            self._open("the last CD4 count is too old" if last else "no CD4 count is on record")
            return None
        over = above(last.value, bound)
        if over is None:
            self._open(f"CD4 {last.says} leaves {bound:f} open")
            return None
        if over is False:
            later = months_later(on(last.at, known.zone), confirming.every_months)
            self._ask(later, f"CD4 {last.says} is not above {bound:f}")
            return False
        run = [last]
        for reading in reversed(known.cd4[:-1]):
            if above(reading.value, bound) is not True:
                break
            run.append(reading)
        first = run[-1]
        if len(run) >= confirming.values and (
            confirming.values == 1 or last.at - first.at >= confirming.apart
        ):
            return True
        again = on(first.at + confirming.apart, known.zone)
        self._ask(again, f"CD4 {last.says} is above {bound:f}, and has to be found so again")
        return False

    def _open(self, why: str) -> None:
        """What is known of CD4 does not decide it: measure it today."""
        self._ask(self.known.today, why)
        self.missing.append("cd4")

    def _ask(self, day: date, why: str) -> None:
        self.next.append(Next(kind="cd4", on=day, why=why))


def blocked(avoids: Iterable[Avoid], known: Situation) -> tuple[Blocked, ...]:
    """The drugs that are not to be given now, or of which that is not ruled out."""
    every = (_blocked(each, known) for each in avoids)
    return tuple(each for each in every if each.sure is not False)


def _blocked(each: Avoid, known: Situation) -> Blocked:
    early: bool | None = False
    until = None
    words = []
    if each.before_day is not None and known.day < each.before_day:
        early, until = True, known.infused_on + timedelta(days=each.before_day)
        words.append(f"before day {each.before_day}")
    counts: bool | None = False
    if each.cytopenia_grade is not None:
        low, high = known.cytopenia
        counts = True if low >= each.cytopenia_grade else None
        counts = False if high < each.cytopenia_grade else counts
        if counts is not False:
            grade = f"cytopenia of grade {each.cytopenia_grade} or more"
            words.append(grade if counts else f"{grade} is not ruled out")
    return Blocked(
        drugs=each.drugs,
        sure=either(early, counts),
        because="; ".join(words),
        until=until,
        instead=each.instead,
        cited=each.cited,
    )
