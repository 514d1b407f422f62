"""What an ordering system says became of cards, read: accepted or overridden, why, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from toxmon.ehr.cds_calls import Reader
from toxmon.ehr.cds_faults import Unacceptable
from toxmon.store import NEVER

OUTCOMES = ("accepted", "overridden")
MOST_AT_ONCE, LONGEST_COMMENT, MOST_ACCEPTED = 100, 4_000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What became of a card, as the ordering system tells it."""

    pointer: str
    card: str
    outcome: str
    at: datetime
    accepted: tuple[str, ...] = ()
    reason: Mapping[str, Any] | None = None
    comment: str | None = None

    @property
    def key(self) -> str:
        """The same card at the same time is the same feedback, however often it is sent."""
        return f"{self.card} {self.at.isoformat()}"


def read_feedback(body: Any) -> list[Said]:
    """The feedback of a body. Raises Unacceptable with every fault."""
    reader = Reader()
    sent = reader.table(body, "")
    listed = sent.get("feedback")
    found: list[Said] = []
    if not isinstance(listed, list):
        if not reader.faults:
            reader.refuse("/feedback", "is missing" if listed is None else "is not a list")
    elif len(listed) > MOST_AT_ONCE:
        reader.refuse("/feedback", f"has more than {MOST_AT_ONCE} entries; send it in parts")
    else:
        found = [_said(reader, each, f"/feedback/{number}") for number, each in enumerate(listed)]
    if reader.faults:
        raise Unacceptable(*reader.faults)
    return found


def _said(reader: Reader, value: Any, pointer: str) -> Said:
    sent = reader.table(value, pointer)
    if not isinstance(value, dict):
        return Said(pointer=pointer, card="", outcome="", at=NEVER)
    outcome = sent.get("outcome")
    if outcome not in OUTCOMES:
        reader.refuse(f"{pointer}/outcome", f"is not one of {', '.join(OUTCOMES)}")
    return Said(
        pointer=pointer,
        card=_uuid(reader, sent.get("card"), f"{pointer}/card"),
        outcome=str(outcome),
        at=_instant(reader, sent.get("outcomeTimestamp"), f"{pointer}/outcomeTimestamp"),
        accepted=_accepted(reader, sent, pointer),
        **_override(reader, sent.get("overrideReason"), f"{pointer}/overrideReason"),
    )


def _uuid(reader: Reader, value: Any, pointer: str) -> str:
    text = reader.name(value, pointer)
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        reader.refuse(pointer, "is not the uuid of a card")
        return ""


def _instant(reader: Reader, value: Any, pointer: str) -> datetime:
    text = reader.name(value, pointer)
    try:
        found = datetime.fromisoformat(text) if text else None
        if found is not None and found.tzinfo is not None and 1970 <= found.year <= 9000:
            return found.astimezone(UTC)
    except ValueError:
        found = None
    if text:
        reader.refuse(pointer, "is not an instant with its offset, such as 2026-03-01T08:00:00Z")
    return NEVER


def _accepted(reader: Reader, sent: Mapping[str, Any], pointer: str) -> tuple[str, ...]:
    listed, pointer = sent.get("acceptedSuggestions"), f"{pointer}/acceptedSuggestions"
    if listed is None:
        if sent.get("outcome") == OUTCOMES[0]:
            reader.refuse(pointer, "is missing: which suggestion was accepted")
        return ()
    if not isinstance(listed, list) or len(listed) > MOST_ACCEPTED:
        reader.refuse(pointer, f"is not a list of at most {MOST_ACCEPTED} suggestions")
        return ()
    return tuple(
        reader.name(reader.table(each, f"{pointer}/{number}").get("id"), f"{pointer}/{number}/id")
        for number, each in enumerate(listed)
    )


def _override(reader: Reader, value: Any, pointer: str) -> dict[str, Any]:
    if value is None:
        return {}
    sent = reader.table(value, pointer)
    found: dict[str, Any] = {}
    if (reason := sent.get("reason")) is not None:
        coding = reader.table(reason, f"{pointer}/reason")
        names = ("code", "system", "display")
        found["reason"] = {
            name: text
            for name in names
            if (text := reader.maybe(coding.get(name), f"{pointer}/reason/{name}")) is not None
        }
    comment = sent.get("userComment")
    if comment is not None and not (isinstance(comment, str) and len(comment) <= LONGEST_COMMENT):
        reader.refuse(f"{pointer}/userComment", f"is not a text of at most {LONGEST_COMMENT}")
    elif comment:
        found["comment"] = comment
    return found
