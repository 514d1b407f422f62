"""Cards: what a prescriber is told in the ordering system. One for each check, or none.

The words are those of the API and the terminal. A card never names a dose to give instead; it says
the earliest time, and offers to take the draft back. `critical` is kept for a documented limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from toxmon import __version__
from toxmon.dosing.words import moment
from toxmon.ehr.cds_orders import Draft

INFO, WARNING, CRITICAL = "info", "warning", "critical"
LIMITS = frozenset(
    {
        "interval", "doses_in_24_h", "doses_in_treatment", "doses_in_episode", "dose_above_cap",
        "dose_above_weight", "mg_in_24_h",
    }
)  # fmt: skip
"""Reasons that are a limit of a published text; the others say that something is not known."""
LONGEST_SUMMARY = 139
WORKED_OUT = "The dose is "
"""How the answer begins a sentence that names a dose; a card proposes none."""
REFUSED = ("not_yet", "no")
"""Verdicts that somebody may override; what is only not known is to be found out."""
CODES = "urn:toxmon:cds"
OVERRIDES = (
    ("attending-aware", "Attending aware, benefit outweighs"),
    ("record-wrong", "The record in toxmon is not right"),
    ("other-indication", "For another reason than a toxicity of cell therapy"),
    ("will-wait", "Will be given at the earliest time"),
)
TOPICS = {
    "dose": "Limit of a dose",
    "not-checked": "Dose that was not checked",
    "status": "Toxicity after cell therapy",
}
Card = dict[str, Any]


def card(topic: str, indicator: str, summary: str, detail: Iterable[str]) -> Card:
    """A card without an id: nothing in it is null or empty."""
    return {
        "summary": shortened(summary),
        "indicator": indicator,
        "detail": "\n\n".join(part for part in detail if part),
        "source": {
            "label": f"toxmon {__version__}",
            "topic": {"system": f"{CODES}:topic", "code": topic, "display": TOPICS[topic]},
        },
    }


def dose_card(
    draft: Draft, answer: Mapping[str, Any], shown: list[str], not_seen: list[str], zone: tzinfo
) -> Card | None:
    """The card of one draft, None where there is nothing to say.

    `answer` as the API gives it; `shown`: what the ordering system shows and toxmon does not have;
    `not_seen`: what of that could not be looked at, told where a card is told anyway.
    """
    unsure = list(draft.unsure)
    if answer["allowed"] and not shown and not unsure:
        return None
    codes = {reason["code"] for reason in answer["reasons"]}
    indicator = CRITICAL if codes & LIMITS else WARNING
    found = card(
        "dose",
        indicator,
        _summary(draft, answer, shown, unsure, zone),
        [
            said(answer),
            _earliest(answer, zone),
            _listed("By", dict.fromkeys(each["source"] for each in answer["reasons"])),
            _listed("Of this draft", unsure),
            _listed("Not in toxmon, and not counted; the ordering system shows", shown),
            " ".join(not_seen),
            answer["note"],
        ],
    )
    if answer["verdict"] in REFUSED:
        found["overrideReasons"] = [
            {"code": code, "system": f"{CODES}:override", "display": words}
            for code, words in OVERRIDES
        ]
        if draft.reference is not None:
            found["selectionBehavior"] = "at-most-one"
            found["suggestions"] = [_withdrawal(draft)]
    return found


def advice_card(draft: Draft, answer: Mapping[str, Any], shown: list[str]) -> Card:
    """What to know before a dose is chosen: how many are left, and nothing worked out."""
    left = ", ".join(
        f"{count} {WHERE[name]}" for name, count in answer["remaining"].items() if name in WHERE
    )
    title = draft.drug.title
    words = f"{title}: {left} left before this one" if left else f"{title}: a dose is allowed now"
    return card(
        "dose",
        INFO if not shown else WARNING,
        words,
        [
            f"{words}.",
            "The dose will be checked when it is entered.",
            _listed("Of this draft", draft.unsure),
            _listed("Not in toxmon, and not counted; the ordering system shows", shown),
            answer["note"],
        ],
    )


def unknown_card(draft: Draft, why: str) -> Card:
    """Nothing was checked: said so, because silence means that a dose was found good."""
    words = f"{draft.drug.title}: not checked by toxmon, {why}"
    return card(
        "not-checked",
        INFO,
        words,
        [
            f"{words}.",
            "No limit was looked at: neither the interval nor the doses given were compared.",
        ],
    )


def said(answer: Mapping[str, Any]) -> str:
    """What the API says, letter for letter, but for a dose that nobody has asked about."""
    parts = str(answer["says"]).rstrip(".").split(". ")
    return ". ".join(part for part in parts if not part.startswith(WORKED_OUT)) + "."


WHERE = {"in_24_h": "in 24 h", "in_treatment": "in this treatment", "in_episode": "in this episode"}


def shortened(words: str) -> str:
    """Fewer than 140 characters, cut between words."""
    words = " ".join(words.split())
    if len(words) <= LONGEST_SUMMARY:
        return words
    return words[: LONGEST_SUMMARY - 1].rsplit(" ", 1)[0].rstrip(",;.:") + "…"


def exactly(at: datetime) -> str:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _summary(
    draft: Draft, answer: Mapping[str, Any], shown: list[str], unsure: list[str], zone: tzinfo
) -> str:
    title = draft.drug.title
    if not answer["allowed"]:
        first = str(answer["says"]).split(". ")[0].rstrip(".")
        if _waits(answer):
            return f"{first}. Earliest by time: {moment(answer['next_allowed_at'], zone)}"
        why = str(answer["reasons"][0]["detail"])
        return f"{first}. {why[0].upper()}{why[1:]}"
    if shown:
        return f"{title}: the ordering system shows what toxmon does not have: {shown[0]}"
    return f"{title}: {unsure[0]}"


def _waits(answer: Mapping[str, Any]) -> bool:
    """Would a later time be of use?"""
    at = answer["next_allowed_at"]
    return at is not None and bool(at > answer["asked"]["at"])


def _earliest(answer: Mapping[str, Any], zone: tzinfo) -> str:
    if not _waits(answer):
        return ""
    at = answer["next_allowed_at"]
    return f"**Earliest by time:** {moment(at, zone)} ({exactly(at)})"


def _listed(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join((f"**{title}:**", "", *lines)) if lines else ""


def _withdrawal(draft: Draft) -> dict[str, Any]:
    """To take the draft back. Nothing is offered in its place: that is the prescriber's to say."""
    words = f"Take back this draft of {draft.drug.title}"
    return {
        "label": words,
        "actions": [
            {"type": "delete", "description": words, "resourceId": draft.reference},
        ],
    }
