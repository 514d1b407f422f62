"""The answer in one line, words first: yes, not yet, no, or check what is missing."""

from __future__ import annotations

from datetime import tzinfo

from toxmon.dosing.check import IN_24_H, INTERVAL, UNKNOWN, UNRECONCILED
from toxmon.dosing.situation import Answer, Asked
from toxmon.dosing.words import amount, moment

YES, NOT_YET, NO, CHECK = "yes", "not_yet", "no", "check"
TIME = frozenset({INTERVAL, IN_24_H})
MISSING = frozenset(
    {"weight_missing", "weight_stale", "doses_elsewhere", UNKNOWN, UNRECONCILED, "weight_changed"}
)
"""Reasons that somebody can do away with by finding out, without waiting."""


def verdict(answer: Answer) -> str:
    """`yes`; `not_yet` where time alone is against it; `no`; `check` where something is missing."""
    codes = {reason.code for reason in answer.reasons}
    if not codes:
        return YES
    if codes <= TIME:
        return NOT_YET
    return CHECK if codes <= TIME | MISSING else NO


def says(answer: Answer, asked: Asked, title: str, zone: tzinfo) -> str:
    """The answer in words, with the earliest time and what is left."""
    found = verdict(answer)
    dose = f"{amount(asked.mg)} mg of {title}" if asked.mg is not None else f"a dose of {title}"
    at = moment(asked.at, zone)
    if found == YES:
        words = f"YES: {dose} may be given at {at}"
    elif found == NOT_YET:
        words = f"NOT YET: no {title} at {at}"
    elif found == CHECK:
        words = f"CHECK: {dose} is not permitted at {at} before this is known"
    else:
        words = f"NO: {dose} is not permitted at {at}"
    parts = [words, *(reason.detail for reason in answer.reasons)]
    if found != YES:
        later = answer.next_allowed_at is not None and answer.next_allowed_at > asked.at
        if answer.next_allowed_at is not None and later:
            parts.append(f"by time the next is allowed at {moment(answer.next_allowed_at, zone)}")
        elif answer.remaining_in_treatment == 0 or answer.remaining_in_episode == 0:
            parts.append("no time makes another one allowed")
    if answer.computed is not None and asked.mg is None:
        computed = answer.computed
        by = ""
        if computed.mg_per_kg is not None and computed.kg is not None:
            by = f" ({amount(computed.mg_per_kg)} mg/kg x {amount(computed.kg)} kg"
            capped = computed.mg != computed.uncapped
            by += (
                f" = {amount(computed.uncapped)} mg, cap {amount(computed.mg)} mg)"
                if capped
                else ")"
            )
        parts.append(f"the dose is {amount(computed.mg)} mg{by}")
    left = [
        f"{count} in {where}"
        for count, where in (
            (answer.remaining_in_24_h, "24 h"),
            (answer.remaining_in_treatment, "this treatment"),
            (answer.remaining_in_episode, "this episode"),
        )
        if count is not None
    ]
    if left:
        parts.append(f"left before this one: {', '.join(left)}")
    return ". ".join(f"{part[0].upper()}{part[1:]}" for part in parts) + "."
