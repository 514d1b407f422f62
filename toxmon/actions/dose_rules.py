"""Each rule of the policy in force beside the answer to a dose: met, not met, or not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toxmon.dosing.check import IN_24_H, IN_EPISODE, IN_TREATMENT, INTERVAL, UNKNOWN
from toxmon.dosing.drug import Limit
from toxmon.dosing.weight import needs_weight
from toxmon.dosing.words import amount, span
from toxmon.protocol import Drug

MET, NOT_MET, NOT_KNOWN, NOT_ASKED = "met", "not_met", "not_known", "not_asked"
COUNTS = {IN_24_H: "in_24_h", IN_TREATMENT: "in_treatment", IN_EPISODE: "in_episode"}
OF_DOSE = frozenset({"dose_above_cap", "mg_in_24_h"})
WEIGHT, BY_WEIGHT = frozenset({"weight_missing", "weight_stale"}), "dose_above_weight"
TO_FIND_OUT = frozenset({"doses_elsewhere", "weight_changed"})
"""Reasons that are questions: nobody knows yet whether anything stands against the dose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `detail` is the reason against the dose, where there is one."""

    code: str
    says: str
    state: str
    detail: str | None
    source: str
    verified: bool


def rules(answer: dict[str, Any], drug: Drug) -> tuple[Rule, ...]:
    """The rules of the policy in force, and what else stands against the dose."""
    return tuple(_rules(answer, drug))


def _rules(answer: dict[str, Any], drug: Drug) -> Iterator[Rule]:
    policy = drug.rules.policies[answer["policy"]["name"]]
    reasons = {each["code"]: each for each in answer["reasons"]}
    told = {INTERVAL, UNKNOWN, "unreconciled", *COUNTS, *OF_DOSE, *WEIGHT, BY_WEIGHT}
    asked = answer["asked"]["dose"] is not None
    for limit in policy.limits:
        yield Rule(
            code=limit.code,
            says=of_limit(limit),
            state=_state(limit.code, reasons, answer["remaining"], asked),
            detail=_detail(limit.code, reasons),
            source=limit.cited.source,
            verified=limit.cited.verified,
        )
    handling = drug.rules.handling
    if needs_weight(policy):
        found = next((reasons[code] for code in sorted(WEIGHT & reasons.keys())), None)
        state = MET
        if found is not None:
            state = NOT_KNOWN if found["code"] == "weight_missing" else NOT_MET
        yield Rule(
            code="weight",
            says=f"a weight no older than {span(handling.weight_fresh_for)}",
            state=state,
            detail=found and found["detail"],
            source=handling.cited.source,
            verified=handling.cited.verified,
        )
        if answer["computed_dose"] is not None:
            above = reasons.get(BY_WEIGHT)
            band = answer["computed_from"]
            yield Rule(
                code=BY_WEIGHT,
                says="no more than the dose for the weight",
                state=(NOT_MET if above else MET) if asked else NOT_ASKED,
                detail=above and above["detail"],
                source=band["source"],
                verified=_verified(policy.bands, band["source"]),
            )
    for code, reason in reasons.items():
        if code not in told and code not in {limit.code for limit in policy.limits}:
            yield Rule(
                code=code,
                says=reason["detail"],
                state=NOT_KNOWN if code in TO_FIND_OUT else NOT_MET,
                detail=None,
                source=reason["source"],
                verified=False,
            )


def _state(code: str, reasons: dict[str, Any], left: dict[str, int], asked: bool) -> str:
    if code in reasons:
        return NOT_MET
    if code in OF_DOSE:
        return MET if asked else NOT_ASKED
    if code == INTERVAL:
        return NOT_KNOWN if UNKNOWN in reasons else MET
    # Nothing is left and yet no reason of its own: it hangs on a record that is in doubt.
    return NOT_KNOWN if left.get(COUNTS.get(code, "")) in (0, None) else MET


def _detail(code: str, reasons: dict[str, Any]) -> str | None:
    if code in reasons:
        detail: str = reasons[code]["detail"]
        return detail
    if code == INTERVAL and UNKNOWN in reasons:
        return str(reasons[UNKNOWN]["detail"])
    return None


def of_limit(limit: Limit) -> str:
    """A limit in words: "at most 3 doses in any 24 h"."""
    long = span(limit.span) if limit.span is not None else "24 h"
    mg = amount(limit.mg) if limit.mg is not None else ""
    return {
        INTERVAL: f"at least {long} from the start of one dose to the start of the next",
        IN_24_H: f"at most {limit.count} doses in any {long}",
        IN_TREATMENT: f"at most {limit.count} doses in a treatment",
        IN_EPISODE: f"at most {limit.count} doses in an episode of CRS",
        "dose_above_cap": f"at most {mg} mg a dose",
        "mg_in_24_h": f"at most {mg} mg in any {long}",
    }[limit.code]


def _verified(bands: Any, source: str) -> bool:
    return all(each.cited.verified for each in bands if each.cited.source == source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How many doses a limit has counted before the one asked about, of how many."""

    code: str
    used: int
    most: int


def used(answer: dict[str, Any], drug: Drug) -> tuple[Used, ...]:
    """What the limits of number have counted, those of the treatment first; held ones too."""
    policy = drug.rules.policies[answer["policy"]["name"]]
    counted = [*answer["given"], *answer["held"]]
    found = []
    for code in (IN_TREATMENT, IN_24_H, IN_EPISODE):
        limit = policy.limit(code)
        if limit is None or limit.count is None:
            continue
        if code == IN_TREATMENT:
            number = sum(each["in_treatment"] for each in counted)
        elif code == IN_24_H:
            number = sum(each["in_24_h"] is not False for each in counted)
        else:
            number = limit.count - answer["remaining"].get(COUNTS[code], limit.count)
        found.append(Used(code=code, used=number, most=limit.count))
    return tuple(found)
