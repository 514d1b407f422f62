"""The check of a dose done a second time, by another method, to be held against `toxmon.dosing`.

Nothing here is taken from `toxmon`, not even the numbers. The method: every instant is a whole
number of microseconds since 1970 and every amount a fraction. A dose may start at an instant if no
record is too near and no window of 24 hours is too full, which is looked up by walking over every
record and every window. The earliest permitted instant is found by trying, one after the other,
every instant at which something can begin to be permitted: the one that was asked about, and 8 h
and 24 h after each record.

What holds, from the labels and guidelines of tocilizumab and from the records in docs/decisions/:

* 8 h from start to start (6 h in an older guideline), in either direction. Exactly 8:00:00 is
  enough.
* Where the policy limits it, 3 starts in any half-open 24 h (e - 24 h, e] that holds the new one,
  which is one of them. Such a window ends at the new dose or at a later one, for the question may
  be about the past.
* 4 in a treatment, from `before_infusion` before the infusion (inclusive) until the next one
  (exclusive); under shortage besides 2 in an episode, counted from its onset.
* What is reserved or released counts at its time. What has no time counts in the treatment, and is
  as near as its latest time allows.
* Two records at most 30 min apart, which nobody called two doses, may be one. Where a limit holds
  if they are one and breaks if they are two, the answer is a question to a person.
* Tocilizumab is for CRS. With ICANS and no CRS that is known of it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
DAY = 24 * HOUR

IN_A_DAY = 3
IN_A_TREATMENT = 4
IN_AN_EPISODE_OF_SHORTAGE = 2
CAP_MG = 800
HEAVY_FROM_KG = 30
HEAVY_MG_PER_KG = 8
LIGHT_MG_PER_KG = 12


@dataclass(frozen=True)
class Site:
    """What a site decides, in hours, minutes and percent; and how its policy differs."""

    gap_hours: int = 8
    in_a_day: bool = True
    shortage: bool = False
    fresh_hours: Fraction = Fraction(168)
    tolerance_percent: Fraction = Fraction(0)
    same_minutes: Fraction = Fraction(30)
    before_hours: Fraction = Fraction(168)
    stopped_counts: bool = True
    ask_elsewhere: bool = True


@dataclass(frozen=True)
class Second:
    """The second answer. `next_at` in microseconds since 1970."""

    codes: frozenset[str]
    next_at: int | None
    left_24_h: int | None
    left_treatment: int
    left_episode: int | None
    mg: Fraction | None

    @property
    def allowed(self) -> bool:
        return not self.codes


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at.astimezone(UTC) - EPOCH) // MICROSECOND


def computed(kg: Fraction) -> Fraction:
    """The dose for a weight, by the table and not rounded."""
    per_kg = HEAVY_MG_PER_KG if kg >= HEAVY_FROM_KG else LIGHT_MG_PER_KG
    return min(Fraction(CAP_MG), per_kg * kg)


class Ledger:
    """What was given and what is held, with the time of each: known, or at the latest."""

    def __init__(self, situation: Any, site: Site, asked_at: datetime) -> None:
        counted = [d for d in situation.doses if site.stopped_counts or not d.stopped]
        self.known = sorted(
            ((micros(d.at), d.fact) for d in counted if d.at is not None), key=lambda each: each[0]
        )
        self.unknown = [
            None if d.not_after is None else micros(d.not_after) for d in counted if d.at is None
        ]
        now = micros(situation.now or asked_at)
        self.held = [
            micros(h.at) for h in situation.held if h.until_at is None or now < micros(h.until_at)
        ]
        self.apart = {frozenset(pair) for pair in situation.distinct}
        self.gap = site.gap_hours * HOUR
        self.in_a_day = site.in_a_day
        self.same = int(site.same_minutes * HOUR / 60)
        self.groups = self._groups()
        self.all = [at for at, _ in self.known] + self.held
        before = int(site.before_hours * HOUR)
        began, ended = situation.began_at, situation.ended_at
        self.begins = None if began is None else micros(began) - before
        self.ends = None if ended is None else micros(ended)
        crs = (situation.syndromes or {}).get("crs")
        self.onset = None if crs is None or crs.onset_at is None else micros(crs.onset_at)

    def _groups(self) -> list[list[int]]:
        """The records of each dose, if all records that may be one dose are one."""
        groups: list[list[tuple[int, str]]] = []
        for at, name in self.known:
            last = groups[-1] if groups else []
            near = bool(last) and at - last[0][0] <= self.same
            if near and not any(frozenset((name, other)) in self.apart for _, other in last):
                last.append((at, name))
            else:
                groups.append([(at, name)])
        return [[at for at, _ in group] for group in groups]

    def _names(self) -> list[list[str]]:
        """The same groups by the names of their records: `known` lists them in the same order."""
        names = iter(name for _, name in self.known)
        return [[next(names) for _ in group] for group in self.groups]

    def surely(self, inside: Callable[[int], bool]) -> int:
        """Doses that lie inside, whichever record of each is the true one."""
        return sum(all(map(inside, group)) for group in self.groups) + sum(map(inside, self.held))

    def windows(self, at: int) -> list[int]:
        """The ends of the windows of 24 h that hold `at` and could be the fullest."""
        return [at] + [each for each in self.all if at < each < at + DAY]

    def in_window(self, end: int) -> tuple[int, int, int]:
        """Starts in (end - 24 h, end]: surely, as charted, and with those that might be in it."""

        def inside(at: int) -> bool:
            return end - DAY < at <= end

        charted = sum(map(inside, self.all))
        unknown = sum(latest is None or latest > end - DAY for latest in self.unknown)
        return self.surely(inside), charted, charted + unknown

    def in_treatment(self) -> tuple[int, int]:
        """Starts in the treatment: surely and as charted."""

        def inside(at: int) -> bool:
            after = self.begins is None or at >= self.begins
            return after and (self.ends is None or at < self.ends)

        unknown = len(self.unknown)
        return self.surely(inside) + unknown, sum(map(inside, self.all)) + unknown

    def in_episode(self) -> tuple[int, int]:
        """Starts from the onset of the open episode on; in the treatment where there is none."""
        if self.onset is None:
            return self.in_treatment()
        onset = self.onset

        def inside(at: int) -> bool:
            return at >= onset

        unknown = sum(latest is None or latest >= onset for latest in self.unknown)
        return self.surely(inside) + unknown, sum(map(inside, self.all)) + unknown

    def codes_of_time(self, at: int) -> set[str]:
        """What of time stands against a start at `at`."""
        codes = set()
        if any(abs(at - each) < self.gap for each in self.all):
            codes.add("interval")
        if any(latest is None or at < latest + self.gap for latest in self.unknown):
            codes.add("unknown_interval")
        fullest = [self.in_window(end) for end in self.windows(at)] if self.in_a_day else []
        if any(sure + 1 > IN_A_DAY for sure, _, _ in fullest):
            codes.add("doses_in_24_h")
        elif any(charted + 1 > IN_A_DAY for _, charted, _ in fullest):
            codes.add("unreconciled")
        elif any(most + 1 > IN_A_DAY for _, _, most in fullest):
            codes.add("unknown_interval")
        return codes

    def first_free(self, at: int) -> int | None:
        """The earliest instant from `at` on at which nothing of time stands against a start."""
        latest = [each for each in self.unknown if each is not None]
        tries = [at] + [
            each + span
            for each in self.all + latest
            for span in (self.gap, DAY)
            if each + span > at
        ]
        return next((each for each in sorted(tries) if not self.codes_of_time(each)), None)


def answer(asked: Any, situation: Any, site: Site) -> Second:
    """Every code that stands against the dose, and what else the answer tells."""
    ledger = Ledger(situation, site, asked.at)
    at = micros(asked.at)
    codes = ledger.codes_of_time(at)
    limits = [("doses_in_treatment", IN_A_TREATMENT, ledger.in_treatment())]
    if site.shortage:
        limits.append(("doses_in_episode", IN_AN_EPISODE_OF_SHORTAGE, ledger.in_episode()))
    used_up = False
    left = []
    for code, most, (sure, charted) in limits:
        if charted >= most:
            codes.add(code if sure >= most else "unreconciled")
            used_up = True
        left.append(max(0, most - charted))
    fullest = max(ledger.in_window(end)[2] for end in ledger.windows(at))
    kg = _weight(asked, situation, site, codes)
    _amount(asked, kg, site, codes)
    _indication(asked, situation, codes)
    has_record = situation.syndromes is not None
    if site.ask_elsewhere and has_record and situation.none_elsewhere is None:
        codes.add("doses_elsewhere")
    return Second(
        codes=frozenset(codes),
        next_at=None if used_up else ledger.first_free(at),
        left_24_h=max(0, IN_A_DAY - fullest) if site.in_a_day else None,
        left_treatment=left[0],
        left_episode=left[1] if site.shortage else None,
        mg=None if kg is None else computed(kg),
    )


def _weight(asked: Any, situation: Any, site: Site, codes: set[str]) -> Fraction | None:
    if situation.weight is None:
        codes.add("weight_missing")
        return None
    if micros(asked.at) - micros(situation.weight.at) > site.fresh_hours * HOUR:
        codes.add("weight_stale")
        return None
    return Fraction(situation.weight.kg)


def _amount(asked: Any, kg: Fraction | None, site: Site, codes: set[str]) -> None:
    if asked.mg is None:
        return
    mg = Fraction(asked.mg)
    if mg > CAP_MG:
        codes.add("dose_above_cap")
    if kg is not None:
        per_kg = HEAVY_MG_PER_KG if kg >= HEAVY_FROM_KG else LIGHT_MG_PER_KG
        if mg > per_kg * kg * (1 + site.tolerance_percent / 100):
            codes.add("dose_above_weight")


def _indication(asked: Any, situation: Any, codes: set[str]) -> None:
    if situation.syndromes is None:
        if asked.indication not in (None, "crs", "prophylaxis"):
            codes.add("indication")
        return
    crs = situation.syndromes.get("crs")
    icans = situation.syndromes.get("icans")
    if crs is not None and (crs.low >= 1 or crs.onset_at is not None):
        return
    is_icans = icans is not None and icans.low >= 1
    surely_no_crs = crs is not None and crs.high == 0
    if is_icans or (surely_no_crs and asked.indication != "prophylaxis"):
        codes.add("indication")


def broken(situation: Any, site: Site, kg: dict[str, Fraction]) -> set[tuple[str, str]]:
    """What was given beyond a limit, looked at afterwards: (dose, code). Held doses do not count.

    `kg`: by dose, the weight that was fresh when it was given. Two records that may be one dose
    break nothing by being two.
    """
    ledger = Ledger(replace(situation, held=()), site, EPOCH)
    dose_of = {name: number for number, group in enumerate(ledger._names()) for name in group}
    in_order = sorted(ledger.known)
    found = set()
    for place, (at, name) in enumerate(in_order):
        for before, other in in_order[:place]:
            if dose_of[other] != dose_of[name] and at - before < ledger.gap:
                found.add((name, "interval"))
        if site.in_a_day and ledger.in_window(at)[0] > IN_A_DAY:
            found.add((name, "doses_in_24_h"))
    counted: set[object] = set()
    for at, name in in_order:
        after = ledger.begins is None or at >= ledger.begins
        if after and (ledger.ends is None or at < ledger.ends):
            is_new = dose_of[name] not in counted
            counted.add(dose_of[name])
            if is_new and len(counted) > IN_A_TREATMENT:
                found.add((name, "doses_in_treatment"))
    in_episode: set[object] = set()
    for at, name in in_order:
        if site.shortage and ledger.onset is not None and at >= ledger.onset:
            is_new = dose_of[name] not in in_episode
            in_episode.add(dose_of[name])
            if is_new and len(in_episode) > IN_AN_EPISODE_OF_SHORTAGE:
                found.add((name, "doses_in_episode"))
    for dose in sorted(situation.doses, key=lambda each: each.fact):
        if dose.stopped and not site.stopped_counts:
            continue
        if dose.at is None:
            counted.add(dose.fact)
            if len(counted) > IN_A_TREATMENT:
                found.add((dose.fact, "doses_in_treatment"))
        if dose.mg is not None and dose.mg > CAP_MG:
            found.add((dose.fact, "dose_above_cap"))
        if dose.mg is not None and dose.fact in kg:
            weight = kg[dose.fact]
            per_kg = HEAVY_MG_PER_KG if weight >= HEAVY_FROM_KG else LIGHT_MG_PER_KG
            if Fraction(dose.mg) > per_kg * weight * (1 + site.tolerance_percent / 100):
                found.add((dose.fact, "dose_above_weight"))
    return found
