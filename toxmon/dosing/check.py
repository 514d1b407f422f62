"""May this dose be given? Every reason at once, the earliest time, what is left.

Times are compared in UTC, start to start: an interval of 8 h passes at 8:00:00 and not at 7:59:59;
the window of 24 h is half-open, so that a dose exactly 24 h ago has left it. What is not known
refuses. Sources stand with each limit in `protocols/drugs/`: for tocilizumab Santomasso 2021,
doi:10.1200/JCO.21.01992, and Hakan 2024, doi:10.3389/fmed.2024.1413825. What we read into them:
decision 0088.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toxmon.dosing import amounts, counting, weight
from toxmon.dosing.counting import Ledger, Start
from toxmon.dosing.drug import DosePolicy, DrugRules, Limit
from toxmon.dosing.indication import indicated
from toxmon.dosing.situation import (
    RELEASED,
    Answer,
    Asked,
    Computed,
    Counted,
    Reason,
    Situation,
)
from toxmon.dosing.words import doses, moment, span

DAY = timedelta(hours=24)
INTERVAL, IN_24_H, IN_TREATMENT = "interval", "doses_in_24_h", "doses_in_treatment"
IN_EPISODE, UNRECONCILED, UNKNOWN = "doses_in_episode", "unreconciled", "unknown_interval"
SITE = "toxmon policy"


def check(
    asked: Asked,
    situation: Situation,
    rules: DrugRules,
    policy: DosePolicy | None = None,
    ledger: Ledger | None = None,
) -> Answer:
    """Whether a dose of a drug may be given at `asked.at`, by a policy (the one in force).

    `ledger`: what `counting.ledger` has counted of this situation, where it was asked already.
    """
    looked = Look(asked, situation, rules, policy or rules.policy, ledger)
    reasons = tuple(looked.reasons())
    return Answer(
        policy=looked.policy.name,
        allowed=not reasons,
        reasons=reasons,
        next_allowed_at=looked.next_allowed_at(),
        remaining_in_24_h=looked.left(IN_24_H),
        remaining_in_treatment=looked.left(IN_TREATMENT),
        remaining_in_episode=looked.left(IN_EPISODE),
        computed=looked.computed,
        counted=looked.counted(),
        unreconciled=looked.groups,
        warnings=tuple(looked.warnings),
        said=looked.warnings,
    )


@dataclass(slots=True)
class _Over:
    """A limit of number that is exceeded: certainly, or only if records are counted apart."""

    certain: bool
    counted: bool
    count: counting.Count


class Look:
    """One look at a situation: what counts at the time asked about, by one policy."""

    def __init__(
        self,
        asked: Asked,
        situation: Situation,
        rules: DrugRules,
        policy: DosePolicy,
        ledger: Ledger | None = None,
    ) -> None:
        self.asked, self.situation, self.rules, self.policy = asked, situation, rules, policy
        self.handling = rules.handling
        self.t = asked.at.astimezone(UTC)
        ledger = ledger or counting.ledger(situation, self.handling, self.t)
        self.starts, self.groups = ledger.starts, ledger.groups
        self.computed: Computed | None = weight.computed(policy, situation, self.t, self.handling)
        self.warnings: dict[str, str] = {}
        self._unknown_interval = False

    def reasons(self) -> Iterator[Reason]:
        """Every reason against the dose."""
        yield from self._interval()
        yield from self._in_24_h()
        yield from self._total(IN_TREATMENT)
        yield from self._total(IN_EPISODE)
        yield from amounts.of_dose(
            self.asked, self.computed, self.policy, self.handling, self.starts, self.warnings
        )
        yield from amounts.of_weight(
            self.t, self.computed, self.situation, self.policy, self.handling, self.warnings
        )
        refused, warned = indicated(self.asked, self.situation, self.rules)
        self.warnings.update(warned)
        yield from refused
        yield from self._elsewhere()
        self._remarks()

    # Time.

    def _interval(self) -> Iterator[Reason]:
        limit = self.policy.limit(INTERVAL)
        if limit is None or limit.span is None:
            return
        near = self._near(self.t, limit.span)
        if near:
            last = near[-1]
            until = max(each.at + limit.span for each in near if each.at is not None)
            yield Reason(
                code=INTERVAL,
                detail=f"{self._start(last)}; at least {span(limit.span)} from start to start, "
                f"which is over at {self._moment(until)}",
                source=limit.cited.source,
                facts=tuple(each.id for each in near),
            )
        open_ended = [
            each
            for each in self.starts
            if each.at is None and counting.may_be_after(each, self.t - limit.span)
        ]
        if open_ended:
            self._unknown_interval = True  # Said once; the count of 24 h would only repeat it.
            yield self._unknown(open_ended, limit)

    def _near(self, t: datetime, within: timedelta) -> list[Start]:
        """The starts less than `within` from `t`, on either side of it."""
        return [each for each in self.starts if each.at is not None and abs(t - each.at) < within]

    def _in_24_h(self) -> Iterator[Reason]:
        limit = self.policy.limit(IN_24_H)
        if limit is None or limit.count is None:
            return
        over = self._over_in_window(self.t, limit)
        if over is None:
            return
        length = limit.span or DAY
        words = f"{doses(over.count.possible)} in the {span(length)} to {self._moment(self.t)}"
        words += f", of at most {limit.count}"
        if over.certain:
            yield Reason(
                code=IN_24_H, detail=words, source=limit.cited.source, facts=over.count.facts
            )
        elif over.counted:
            yield self._not_one(words, limit, over.count.facts)
        elif not self._unknown_interval:
            yield self._unknown([each for each in self.starts if each.at is None], limit)

    def _over_in_window(self, t: datetime, limit: Limit) -> _Over | None:
        """Would a dose at `t` be one too many in a window that ends with it or with a later one?"""
        assert limit.count is not None
        length = limit.span or DAY
        worst: _Over | None = None
        for end in self._window_ends(t, length):
            known = counting.in_window(self.starts, end, length)
            most = counting.in_window(self.starts, end, length, unknown=True)
            if most.possible + 1 <= limit.count:
                continue
            over = _Over(known.certain >= limit.count, known.possible >= limit.count, most)
            if worst is None or (over.certain, over.counted) > (worst.certain, worst.counted):
                worst = over
        return worst

    def _window_ends(self, t: datetime, length: timedelta) -> tuple[datetime, ...]:
        """The windows that hold `t` and may be the fullest end with it or with a later dose."""
        return (t, *(e.at for e in self.starts if e.at is not None and t < e.at < t + length))

    # Numbers.

    def _counted_for(self, code: str) -> counting.Count:
        """The doses that a limit of number counts, without the one asked about."""
        if code == IN_24_H:
            limit = self.policy.limit(code)
            length = (limit.span if limit is not None else None) or DAY
            windows = (
                counting.in_window(self.starts, end, length, unknown=True)
                for end in self._window_ends(self.t, length)
            )
            return max(windows, key=lambda count: count.possible)
        crs = (self.situation.syndromes or {}).get("crs")
        if code == IN_EPISODE and crs is not None and crs.onset_at is not None:
            return counting.since(self.starts, crs.onset_at)
        return counting.of_treatment(self.starts, self.situation, self.handling.before_infusion)

    def _total(self, code: str) -> Iterator[Reason]:
        limit = self.policy.limit(code)
        if limit is None or limit.count is None:
            return
        count = self._counted_for(code)
        if count.possible < limit.count:
            return
        where = "this treatment" if code == IN_TREATMENT else "this episode of CRS"
        words = f"{doses(count.possible)} in {where}, of at most {limit.count}"
        if count.certain >= limit.count:
            yield Reason(code=code, detail=words, source=limit.cited.source, facts=count.facts)
        else:
            yield self._not_one(words, limit, count.facts)

    def left(self, code: str) -> int | None:
        """How many doses a limit leaves before the one asked about, at the least."""
        limit = self.policy.limit(code)
        if limit is None or limit.count is None:
            return None
        return max(0, limit.count - self._counted_for(code).possible)

    def _elsewhere(self) -> Iterator[Reason]:
        if self.situation.none_elsewhere is not None or self.situation.syndromes is None:
            return
        words = "nobody has said whether doses were given before arrival"
        if self.handling.ask_doses_elsewhere:
            yield Reason(code="doses_elsewhere", detail=f"{words}; ask, and chart it", source=SITE)
        else:
            self.warnings["doses_elsewhere_not_stated"] = words

    def _remarks(self) -> None:
        """What a reader must know that refuses nothing."""
        groups = self.groups
        if groups:
            at = {each.id: each.at for each in self.starts}
            times = [
                " and ".join(self._moment(moment_) for id_ in ids if (moment_ := at[id_]))
                for ids in groups
            ]
            self.warnings["unreconciled_records"] = (
                f"records of {'; of '.join(times)} may be one dose; say whether they are"
            )
        if any(each.at is None for each in self.starts):
            self.warnings["time_unknown"] = "the time of an earlier dose is not known"
        if self.situation.more:
            self.warnings["many_doses"] = "there are older doses on record than were counted here"
        held = [each for each in self.starts if each.state != counting.GIVEN]
        if held:
            self.warnings["held"] = "; ".join(self._start(each) for each in held)

    # What was counted, and when it is over.

    def counted(self) -> tuple[Counted, ...]:
        """Every dose, and whether it counts in the last 24 h and in the treatment."""
        open_groups = {id_ for ids in self.groups for id_ in ids}
        return tuple(
            Counted(
                id=each.id,
                at=each.at,
                mg=each.mg,
                state=counting.POSSIBLY if each.id in open_groups else each.state,
                by=each.by,
                in_24_h=self._in_last_day(each),
                in_treatment=counting.is_of_treatment(
                    each, self.situation, self.handling.before_infusion
                ),
            )
            for each in self.starts
        )

    def _in_last_day(self, each: Start) -> bool | None:
        if each.at is not None:
            return self.t - DAY < each.at <= self.t
        return None if counting.may_be_after(each, self.t - DAY) else False

    def next_allowed_at(self) -> datetime | None:
        """The earliest instant from the one asked about on at which time stands against nothing."""
        for code in (IN_TREATMENT, IN_EPISODE):
            if self.left(code) == 0:
                return None
        interval, window = self.policy.limit(INTERVAL), self.policy.limit(IN_24_H)
        spans = [each.span or DAY for each in (interval, window) if each is not None]
        ends = {self.t}
        for each in self.starts:
            began = each.at or each.not_after
            if began is not None:
                ends.update(end for length in spans if (end := began + length) > self.t)
        return next((end for end in sorted(ends) if self._time_passes(end)), None)

    def _time_passes(self, t: datetime) -> bool:
        interval, window = self.policy.limit(INTERVAL), self.policy.limit(IN_24_H)
        if interval is not None and interval.span is not None:
            if self._near(t, interval.span):
                return False
            if any(
                each.at is None and counting.may_be_after(each, t - interval.span)
                for each in self.starts
            ):
                return False
        return window is None or window.count is None or self._over_in_window(t, window) is None

    # Words.

    def _moment(self, at: datetime) -> str:
        return moment(at, self.situation.zone)

    def _start(self, each: Start) -> str:
        when = self._moment(each.at) if each.at is not None else "a time that is not known"
        if each.state == counting.GIVEN:
            return f"the last dose began at {when}"
        done = "released" if each.state == RELEASED else "reserved"
        by = f" by {each.by}" if each.by else ""
        return f"a dose is {done}{by} for {when}"

    def _unknown(self, found: Sequence[Start], limit: Limit) -> Reason:
        return Reason(
            code=UNKNOWN,
            detail="the time of an earlier dose is not known, so that "
            + ("the interval" if limit.code == INTERVAL else "the count of 24 h")
            + " cannot be kept; find out when it was given and correct it",
            source=limit.cited.source,
            facts=tuple(each.id for each in found),
        )

    def _not_one(self, words: str, limit: Limit, facts: tuple[str, ...]) -> Reason:
        return Reason(
            code=UNRECONCILED,
            detail=f"{words}, if every record is a dose of its own; two of them may be one dose: "
            "take one back, or say that they are two",
            source=limit.cited.source,
            facts=facts,
        )
