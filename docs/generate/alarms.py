"""Prints docs/reference/alarms.md, the shipped alarm policy in tables, from its file.

Run it from the top of the tree: `python docs/generate/alarms.py`. A test fails when the page is
stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from toxmon.protocol import Citation, citations, load_protocols
from toxmon.protocol.alarm_rules import NEEDS, ROLES, RULES
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.alarms_page import (
    bound,
    called_for,
    counts,
    date_of,
    levels,
    steps,
    watched,
)
from toxmon.protocol.lines import in_words

PAGE = Path(__file__).parents[1] / "reference" / "alarms.md"

OPENING = """# The shipped alarm policy

Printed by `docs/generate/alarms.py` from `protocols/alarms/default.toml`; do not edit.

What alarms, how urgently, and who is told. A site writes its own file; `protocols/README.md` has
every key, and what is refused when it is read. How an alarm lives from its first sound to its end
is drawn in `docs/alarms.md`.

Numbers in brackets are the sources at the end; *unread* marks those that were not held against
their source, our own choices among them. A clinician signs a policy off before a ward relies on it.
"""


class Marks:
    """Numbers the sources in the order in which they are cited."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, str], int] = {}

    def of(self, citation: Citation) -> str:
        """The mark of a citation: "[3] *unread*"."""
        key = (citation.source, citation.year, citation.kind)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        return f"[{number}]" if citation.verified else f"[{number}] *unread*"

    def listed(self) -> Iterator[str]:
        """Every source that was cited."""
        for (source, year, kind), number in self._numbers.items():
            yield f"- [{number}] {source}. {year}, {kind}."


def page() -> str:
    """The whole page."""
    policy = load_protocols().alarms["default"]
    marks = Marks()
    parts = [OPENING, *_matters(policy, marks), *_thresholds(policy, marks)]
    parts += _on_steroids(policy, marks)
    parts += [*_called(policy, marks), *_silence(policy, marks), *_site(policy, marks)]
    parts += [*_plan(policy, marks), *_names()]
    told = [each.verified for each in citations(policy)]
    parts += ["## Sources\n", f"{told.count(False)} of {len(told)} places are unread.\n"]
    return "\n".join([*parts, *marks.listed()]).rstrip("\n") + "\n"


def _matters(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## Priorities\n"
    yield (
        "A level that is not named has the priority of the next lower one. An alarm follows a\n"
        "matter up at once, and down when the lower level has been seen for so long.\n"
    )
    yield from _table(
        ("Rule", "What", "Levels", "Down after", "Note", "Source"),
        (
            (
                f"`{each.rule}`",
                RULES[each.rule],
                levels(each),
                in_words(each.hold) if each.hold else "at once",
                each.note or "",
                marks.of(each.citation),
            )
            for each in policy.matters
        ),
    )
    rise = policy.rise
    yield (
        f"A rise of {rise.grades} grades or more within {in_words(rise.within)} is "
        f"{rise.priority}, whatever the grades are. {marks.of(rise.citation)}\n"
    )
    yield "Outside its usual window something is told all the same, with what else to look for:\n"
    yield from _table(
        ("Rules", "Look for", "Note", "Source"),
        (
            (
                _code(each.rules),
                "; ".join(each.causes),
                each.note or "",
                marks.of(each.citation),
            )
            for each in policy.other_causes
        ),
    )


def _thresholds(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## Thresholds\n"
    yield from _table(
        ("Name", "Bound", "Priority", "Counts", "Says", "Note", "Source"),
        (
            (
                f"`{each.id}`",
                _plain(bound(each)),
                each.priority,
                counts(each) or "",
                each.says,
                each.note or "",
                marks.of(each.citation),
            )
            for each in policy.thresholds
        ),
    )
    yield "Values that say nothing for a while:\n"
    yield from _table(
        ("Kinds", "After", "For", "Says", "Source"),
        (
            (
                _code(each.kinds),
                _code(each.after),
                in_words(each.span),
                each.says,
                marks.of(each.citation),
            )
            for each in policy.uninterpretable
        ),
    )


def _on_steroids(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## On steroids\n"
    yield (
        "Exposure is counted in dexamethasone equivalents, on days of the site, of systemic doses\n"
        "(decisions 0081 and 0082).\n"
    )
    yield from _table(
        ("Rule", "Counts", "Says", "Note", "Source"),
        (
            (
                f"`{each.rule}`",
                watched(each),
                each.says,
                each.note or "",
                marks.of(each.citation),
            )
            for each in policy.steroid_watches
        ),
    )


def _called(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## Who is called\n"
    yield from _table(
        ("Alarms", "Steps", "Note", "Source"),
        (
            (called_for(each), "; ".join(steps(each)), each.note or "", marks.of(each.citation))
            for each in policy.chains
        ),
    )


def _silence(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## How long silence may last\n"
    yield from _table(
        ("Priority", "Acknowledged", "At most", "Documented", "Shelved", "Times", "Source"),
        (
            (
                each.priority,
                in_words(each.acknowledged),
                in_words(each.acknowledged_most),
                in_words(each.documented),
                in_words(each.shelved_most),
                str(each.shelved_times),
                marks.of(each.citation),
            )
            for each in policy.spans
        ),
    )


def _site(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## The site\n"
    role, labs = policy.fallback_role, policy.labs_due
    spans = {
        "due_soon": policy.due_soon,
        "told_late": policy.told_late,
        "hand_over": policy.hand_over,
        "look_ahead": policy.look_ahead,
        "feed_silent": policy.feed_silent,
        "out_of_service_most": policy.out_of_service_most,
    }
    rows = [
        ("`fallback_role`", f"`{role.value}`", marks.of(role.citation)),
        ("`labs_due`", f"{labs.value:%H:%M}", marks.of(labs.citation)),
        *(
            (f"`{key}`", in_words(each.value), marks.of(each.citation))
            for key, each in spans.items()
        ),
    ]
    yield from _table(("Key", "Value", "Source"), rows)


def _plan(policy: Alarms, marks: Marks) -> Iterator[str]:
    yield "## Out-patients\n"
    yield from _table(
        ("Line", "Every", "Grace", "Source"),
        (
            (each.what, in_words(each.every), in_words(each.grace), marks.of(each.citation))
            for each in policy.outpatient
        ),
    )
    yield "## What has a date\n"
    yield from _table(
        ("Name", "When", "Only for", "Says", "Unless", "Note", "Source"),
        (
            (
                f"`{each.id}`",
                date_of(each),
                ", ".join([*each.targets, *each.classes]) or "all",
                each.says,
                each.unless or "",
                each.note or "",
                marks.of(each.citation),
            )
            for each in policy.obligations
        ),
    )


def _names() -> Iterator[str]:
    yield "## Roles and signs\n"
    yield from _table(("Role", "Who"), ((f"`{name}`", words) for name, words in ROLES.items()))
    yield from _table(("Sign", "What"), ((f"`{name}`", words) for name, words in NEEDS.items()))


def _plain(words: str) -> str:
    """Words with a bound, so that no reader of Markdown takes it for a mark."""
    return words.replace("<", "&lt;").replace(">", "&gt;")


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return [*lines, ""]


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
