"""The answer about a dose as plain data: for every door, with or without a record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from toxmon.dosing import counting
from toxmon.dosing.check import Look, check
from toxmon.dosing.drug import DosePolicy, Limit
from toxmon.dosing.situation import Answer, Asked, Computed, Counted, Situation
from toxmon.dosing.verdict import CHECK, says, verdict
from toxmon.dosing.words import span
from toxmon.protocol import Drug

SITE = "toxmon policy"
SUPPORT = "Support for a clinician, never an order."


def plain_answer(asked: Asked, situation: Situation, drug: Drug) -> dict[str, Any]:
    """The answer with what it rests on. Amounts are in mg; `detail` and `says` are for reading."""
    rules = drug.rules
    ledger = counting.ledger(situation, rules.handling, asked.at)
    answer = check(asked, situation, rules, ledger=ledger)
    zone = situation.zone
    counted = [_counted(each) for each in answer.counted]
    held = ("reserved", "released")
    return {
        "medication": rules.name,
        "title": rules.title,
        "asked": {
            "dose": _mg(asked.mg),
            "at": asked.at,
            "indication": asked.indication,
        },
        "policy": {
            "name": answer.policy,
            "title": rules.policies[answer.policy].title,
            "edition": drug.digest,
            "version": drug.version,
        },
        "verdict": verdict(answer),
        "allowed": answer.allowed,
        "says": says(answer, asked, rules.name, zone),
        "reasons": [
            {
                "code": reason.code,
                "detail": reason.detail,
                "source": reason.source,
                "facts": list(reason.facts),
            }
            for reason in answer.reasons
        ],
        "next_allowed_at": answer.next_allowed_at,
        "remaining": {
            name: count
            for name, count in (
                ("in_24_h", answer.remaining_in_24_h),
                ("in_treatment", answer.remaining_in_treatment),
                ("in_episode", answer.remaining_in_episode),
            )
            if count is not None
        },
        "computed_dose": _mg(answer.computed.mg if answer.computed else None),
        "computed_from": _computed(answer.computed),
        "given": [each for each in counted if each["state"] not in held],
        "held": [each for each in counted if each["state"] in held],
        "unreconciled": [list(ids) for ids in answer.unreconciled],
        "warnings": list(answer.warnings),
        "explained": dict(answer.said),
        "by_policy": [
            _by_policy(each, answer, Look(asked, situation, rules, each, ledger))
            for each in rules.policies.values()
        ],
        "source": sources(rules.policies[answer.policy]),
        "note": SUPPORT,
    }


def with_reason(answer: dict[str, Any], code: str, detail: str) -> dict[str, Any]:
    """The same answer with one more reason against it, which somebody can find out about."""
    reason = {"code": code, "detail": detail, "source": SITE, "facts": []}
    refused = not answer["allowed"]
    return {
        **answer,
        "allowed": False,
        "verdict": answer["verdict"] if refused else CHECK,
        "says": answer["says"] if refused else f"CHECK: {detail}.",
        "reasons": [*answer["reasons"], reason],
    }


def sources(policy: DosePolicy) -> str:
    """Where a policy's numbers come from, each source once."""
    cited = [each.cited for each in policy.limits] + [each.cited for each in policy.bands]
    return "; ".join(
        dict.fromkeys(
            f"{each.source}{'' if each.verified else ' (not verified against the text)'}"
            for each in cited
        )
    )


def _by_policy(policy: DosePolicy, in_force: Answer, look: Look) -> dict[str, Any]:
    """What another policy of the drug would answer, beside the one in force."""
    if policy.name == in_force.policy:
        reasons, next_at = in_force.reasons, in_force.next_allowed_at
    else:
        reasons, next_at = tuple(look.reasons()), look.next_allowed_at()
    return {
        "name": policy.name,
        "title": policy.title,
        "in_force": policy.name == in_force.policy,
        "allowed": not reasons,
        "codes": list(dict.fromkeys(reason.code for reason in reasons)),
        "next_allowed_at": next_at,
        "limits": [_limit(each) for each in policy.limits],
        "note": policy.note,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    parts = {
        "span": None if limit.span is None else span(limit.span),
        "count": limit.count,
        "mg": limit.mg,
    }
    return {
        "code": limit.code,
        **{name: value for name, value in parts.items() if value is not None},
        "source": limit.cited.source,
        "year": limit.cited.year,
        "verified": limit.cited.verified,
    }


def _counted(each: Counted) -> dict[str, Any]:
    return {
        "id": each.id,
        "at": each.at,
        "dose": _mg(each.mg),
        "state": each.state,
        "by": each.by,
        "in_24_h": each.in_24_h,
        "in_treatment": each.in_treatment,
    }


def _computed(found: Computed | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "mg_per_kg": found.mg_per_kg,
        "weight": None if found.kg is None else {"value": found.kg, "unit": "kg"},
        "weighed_at": found.weighed_at,
        "uncapped": _mg(found.uncapped),
        "cap": _mg(found.cap_mg),
        "source": found.source,
    }


def _mg(value: Decimal | None) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "unit": "mg"}
