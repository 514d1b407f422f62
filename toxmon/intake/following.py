"""Which of two versions of a statement counts: so that the order of arrival cannot matter."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from toxmon.intake.report import GONE, RANKS, Report, dump_report

OF_PLACE = ("place", "resource")
"""Where a statement stood in its message, which says nothing of what it says."""
FIRST, SAME, OLDER, NEWER, REVIVED = "first", "same", "older", "newer", "revived"


@dataclass(frozen=True, slots=True)
class Stood:
    """How a statement stood before: state, version by time and number, digest of what was said."""

    state: str
    said_at: datetime | None
    ordinal: int | None
    digest: str


def follows(report: Report, before: Stood | None) -> str:
    """FIRST, SAME, OLDER, NEWER, or REVIVED: it stands again after it was withdrawn.

    | both number their versions   | the higher number counts                                 |
    | ---------------------------- | -------------------------------------------------------- |
    | else                         | withdrawn before corrected before final before           |
    |                              | preliminary, however late the lower one comes            |
    | of one rank, both with times | the later time                                           |
    | else                         | what comes later                                         |

    Whatever follows on a withdrawal is for a person to look at, unless it is older.
    """
    if before is None:
        return FIRST
    if before.digest == digest_of(report):
        return SAME
    numbered = report.ordinal is not None and before.ordinal is not None
    if numbered and report.ordinal != before.ordinal:
        newer = report.ordinal > before.ordinal  # type: ignore[operator]
    elif report.rank != RANKS[before.state]:
        newer = report.rank > RANKS[before.state]
        later = (
            report.said_at is not None
            and before.said_at is not None
            and report.said_at > before.said_at
        )
        if not newer and before.state in GONE and later:
            return REVIVED
    elif report.said_at is not None and before.said_at is not None:
        newer = report.said_at >= before.said_at
    else:
        newer = True
    if newer and before.state in GONE and report.state not in GONE:
        return REVIVED
    return NEWER if newer else OLDER


def digest_of(report: Report) -> str:
    """The digest of all that a version of a statement says, but not of where it stood."""
    text = dump_report(report, OF_PLACE)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content_key(report: Report) -> str:
    """What a statement is called that its sender has not named: by what it says."""
    text = dump_report(report, (*OF_PLACE, "said_at", "ordinal", "state", "key"))
    return f"content:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
