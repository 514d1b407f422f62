"""Prints docs/reference/scales.md: every scale, what it asks, and every warning it may give.

Run it from the top of the tree: `python docs/generate/scales.py`. A test fails when the page is
stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toxmon import scales
from toxmon.grading.course import SCALES as WATCHED
from toxmon.grading.published import PUBLISHED

PAGE = Path(__file__).parents[1] / "reference" / "scales.md"

OPENING = """# Scales

Printed by `docs/generate/scales.py` from `toxmon/scales/`; do not edit.

Each scale is graded in three places by one rule: from findings that any program sends to
`POST /api/v1/grade/{scale}`, from a file with `toxmon grade {scale} FILE`, and from a record, where
the facts are gathered for it. Every field may be left out: what is absent is not known. A number
may be a text with a comparator, such as `"<0.1"`. A *watched* scale is graded at every fact that
can move it and has a history; the others are worked out when they are asked for (decision 0049).

Every answer holds `low`, `high`, `value`, `says`, `because`, `missing`, `stale`, `warnings` with
`explained`, `edition`; some hold more, which is named below.
"""


def page() -> Iterator[str]:
    """The page, line by line."""
    yield OPENING
    yield "| scale | title | edition | watched |"
    yield "| ----- | ----- | ------- | ------- |"
    for name, scale in PUBLISHED.items():
        watched = "yes" if name in WATCHED else ""
        yield f"| [{name}](#{name}) | {scale.title} | {scale.edition} | {watched} |"
    for name in PUBLISHED:
        yield ""
        yield from _scale(scales.describe(name))


def _scale(told: dict[str, Any]) -> Iterator[str]:
    yield f"## {told['scale']}"
    yield ""
    yield f"{told['title']}. Edition {told['edition']}. {told['source']}."
    yield ""
    yield "| field | what it is | form | unit or words |"
    yield "| ----- | ---------- | ---- | ------------- |"
    for each in told["inputs"]:
        yield from _field(each, "")
    if told["warnings"]:
        yield ""
        yield "Warnings:"
        yield ""
        for code, words in sorted(told["warnings"].items()):
            yield f"- `{code}`: {words}"


def _field(each: dict[str, Any], prefix: str) -> Iterator[str]:
    words = ", ".join(each.get("codes") or ())
    if "least" in each:
        words = f"{each['least']} to {each['most']}"
    shown = each.get("unit") or words
    form = each["form"].replace("_", " ")
    yield f"| `{prefix}{each['name']}` | {each['words']} | {form} | {shown or ''} |"
    for part in each.get("parts", ()):
        mark = "[]" if each["form"] == "series" else ""
        yield from _field(part, f"{prefix}{each['name']}{mark}.")


if __name__ == "__main__":
    PAGE.write_text("\n".join(page()) + "\n", encoding="utf-8")
