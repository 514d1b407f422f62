"""Prints docs/vignettes.json and docs/vignettes.md from the tables of tests/grading/.

Run it from the top of the tree: `python docs/generate/vignettes.py`. Each row of each table becomes
the body of a request and the answer that is expected, so that any other grader can be run against
them. The tables decide: a row that the program answers otherwise is an error here too.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from tests.grading.tables import READ, Row, rows
from tests.grading.test_risk import read_indices
from toxmon import scales, strict_json
from toxmon.assessment import plain_grade
from toxmon.grading.facts import Bounds

DOCS = Path(__file__).resolve().parents[1]
TABLES = DOCS.parent / "tests" / "grading"
FILE, PAGE = DOCS / "vignettes.json", DOCS / "vignettes.md"
INDICES = {"easix.md"}
"""Pages of which low and high are no grades, and stand there with four significant digits."""

FIELDS = {
    "scale": "the scale; `scales` has its title, edition and source",
    "edition": "the edition of it, or the method, that is expected",
    "page": "the table that it stands in; `heading` and `case` name the row",
    "findings": "the body of POST /api/v1/grade/{scale}; what is absent is not known, `[]` is "
    'none, and a text such as "<0.1" is a number known only within limits',
    "expected": "`low` and `high` are the lowest and the highest grade that the findings allow, "
    "`value` is null where they differ; `missing` could narrow them; `warnings` are codes, in any "
    "order; `more` is what the scale answers besides. Null is not known. Numbers that are not "
    "whole are meant to four significant digits",
    "source": "where the rule stands that decides",
}


class Stale(Exception):
    """A row that cannot be printed, because the program answers it otherwise."""


def pages() -> Iterator[Path]:
    """The pages that have tables of a scale."""
    for page in sorted(TABLES.glob("*.md")):
        if page.stem in READ or any(
            line.startswith("#") and _scale(line) in READ
            for line in page.read_text("utf-8").splitlines()
        ):
            yield page


def _scale(line: str) -> str:
    return line.lstrip("# ").split(":", 1)[0].strip().lower()


def tables() -> Iterator[tuple[Path, list[Row]]]:
    """Each page that has tables of a scale, with its rows."""
    with tempfile.TemporaryDirectory() as folder:
        for page in pages():
            index = page.name in INDICES
            yield page, read_indices(Path(folder) / page.name) if index else rows(page)


def vignettes() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(the rows as they can be sent, those that hold what cannot be sent and why)."""
    sent, unsent = [], []
    for page, found in tables():
        for row in found:
            where = {
                "scale": row.scale,
                "page": f"tests/grading/{page.name}",
                "heading": row.heading,
                "case": row.case,
            }
            try:
                sent.append({**where, **_vignette(row, page.name in INDICES)})
            except scales.FindingsError as error:
                words = {name: words.strip() for name, words in error.faults.items()}
                unsent.append({**where, "why": words})
    return sent, unsent


def _vignette(row: Row, index: bool) -> dict[str, Any]:
    findings = {name: _sendable(value) for name, value in row.given.items()}
    # Through the text of it, as a server reads it.
    body = strict_json.read_text(json.dumps(findings))
    answer = json.loads(orjson.dumps(plain_grade(scales.grade(row.scale, body))))
    expected = {
        **{name: answer[name] for name in ("low", "high", "value", "missing", "warnings")},
        "more": {path: at(answer, path) for path in row.more},
    }
    told = {code for code in answer["warnings"] if row.stated or not code.endswith("_not_stated")}
    grades = () if index else ((answer["low"], row.low), (answer["high"], row.high))
    pairs = (*grades, (set(answer["missing"]), set(row.missing)), (told, set(row.warnings)))
    for found, stands in pairs:
        if found != stands:
            raise Stale(f"{row.scale}: {row.heading}: {row.case}: {found}, not {stands}")
    return {
        "edition": answer["edition"],
        "findings": findings,
        "expected": expected,
        "source": row.source or scales.SCALES[row.scale].scale.source,
    }


def _sendable(value: Any) -> Any:
    """A finding of a table as JSON has it."""
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        number = int(value) if whole else float(value)
        if Decimal(repr(number)) != value:
            raise Stale(f"{value} is longer than a JSON number")
        return number
    if isinstance(value, Bounds):
        if value.high is None:
            return f"{'>' if value.low_open else '>='}{value.low}"
        return f"{'<' if value.high_open else '<='}{value.high}"
    if isinstance(value, Mapping):
        return {name: _sendable(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_sendable(each) for each in value]
    return value


def at(answer: Any, path: str) -> Any:
    """What stands at a path such as `longest_run_days.le_500`."""
    for step in path.split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


def document() -> dict[str, Any]:
    """The whole file."""
    sent, unsent = vignettes()
    named = {each["scale"] for each in sent}
    return {
        "schema": 1,
        "fields": FIELDS,
        "scales": {
            name: {
                "title": each.scale.title,
                "edition": each.scale.edition,
                "source": each.scale.source,
            }
            for name, each in scales.SCALES.items()
            if name in named
        },
        "vignettes": sent,
        "not_sendable": unsent,
    }


def text(found: Mapping[str, Any]) -> str:
    """The file as text: a vignette a line, so that a change is a line."""
    parts = []
    for name, value in found.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in value)
            parts.append(f'"{name}": [\n{lines}\n]')
        else:
            parts.append(f'"{name}": {json.dumps(value, ensure_ascii=False, indent=1)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


OPENING = """# Vignettes for any grader

Printed by `docs/generate/vignettes.py` from the tables of [tests/grading](../tests/grading); do not
edit.

[vignettes.json](vignettes.json) has every row of these tables as a request and its answer, each
with its source, so that a grader in another language, or a calculator on a web page, can be held
against them. The fifteen cases on which published calculators were seen to disagree are those of
the page `tests/grading/vignettes.md`.

## What is in it

"""

RUN = """
## Run another grader against it

Put your own function in the place of `grade`. This one asks a toxmon server, and a test runs it:

```python
import json
import math
import os
import urllib.request


def grade(scale, findings):
    request = urllib.request.Request(
        f"{os.environ['URL']}/api/v1/grade/{scale}",
        json.dumps(findings).encode(),
        {
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def same(found, expected):
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=5e-4)
    if isinstance(expected, dict):
        return all(same(found[name], each) for name, each in expected.items())
    return found == expected


def at(answer, path):
    for step in path.split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


with open(os.environ["VIGNETTES"], encoding="utf-8") as file:
    vignettes = json.load(file)["vignettes"]
differ = 0
for each in vignettes:
    answer, expected = grade(each["scale"], each["findings"]), each["expected"]
    as_expected = (
        all(same(answer[name], expected[name]) for name in ("low", "high", "value"))
        and all(set(answer[name]) == set(expected[name]) for name in ("missing", "warnings"))
        and all(same(at(answer, path), value) for path, value in expected["more"].items())
    )
    if not as_expected:
        differ += 1
        print(each["scale"], "|", each["heading"], "|", each["case"], "|", answer)
print(f"{differ} of {len(vignettes)} differ")
```

A grader that answers with one grade and no range is right where `value` is what it says; where
`value` is null it has to say that it cannot tell.
"""

UNSENT = """
## Rows that cannot be sent

These rows of the tables ask a rule what no request can say: that a score was "less than 3", that a
drug was named twice. They stand under `not_sendable`, with what `/grade` says of them.

"""


def page(found: Mapping[str, Any]) -> str:
    """The page beside the file."""
    lines = [OPENING.rstrip("\n"), ""]
    lines += [f"- `{name}`: {words}." for name, words in FIELDS.items()]
    lines += ["", "| scale | edition | vignettes |", "| --- | --- | --- |"]
    counts = Counter((each["scale"], each["edition"]) for each in found["vignettes"])
    lines += [
        f"| `{scale}` | `{edition}` | {count} |" for (scale, edition), count in counts.items()
    ]
    lines += ["", f"Together {counts.total():,}."]
    parts = ["\n".join(lines), "\n", RUN]
    if found["not_sendable"]:
        parts += [UNSENT, "| scale | case | why |\n| --- | --- | --- |\n"]
        for each in found["not_sendable"]:
            why = "; ".join(f"`{name}` {words}" for name, words in each["why"].items())
            parts.append(f"| `{each['scale']}` | {each['case']} | {why} |\n")
    return "".join(parts)


if __name__ == "__main__":
    printed = document()
    FILE.write_text(text(printed), encoding="utf-8")
    PAGE.write_text(page(printed), encoding="utf-8")
