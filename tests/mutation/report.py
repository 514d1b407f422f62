"""What was found, kept in results.json, and told in docs/mutation.md."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS, SAME = HERE / "results.json", HERE / "same.toml"
PAGE = HERE.parents[1] / "docs" / "mutation.md"
GOAL = 0.95

OPENING = """# Mutation testing

Printed by `make mutate` (`tests/mutation/`); do not edit.

One thing is changed in one module of medicine at a time: a bound by one, `<` to `<=`, `and` to
`or`, yes to no, the name of a code, a statement left out. Then the tests that come nearest to the
module are run. A change that they do not notice is a survivor: a case that no row and no proof
asks about, or a change that makes no difference. Which of the latter were looked at, and why they
make none, stands in `tests/mutation/same.toml`.

The goal is that 95 % are noticed, of those that make a difference.

"""


def read() -> tuple[dict[str, Any], list[str]]:
    """(the results so far, by module; the modules that were not tried)."""
    if not RESULTS.exists():
        return {}, []
    found = json.loads(RESULTS.read_text("utf-8"))
    return found["tried"], found["not_tried"]


def write(known: Mapping[str, Any], not_tried: Sequence[str]) -> None:
    """Keep the results, and print the page."""
    ordered = {name: known[name] for name in sorted(known)}
    kept = {"tried": ordered, "not_tried": not_tried}
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text("".join(page(ordered, not_tried)), "utf-8")


def reached(known: Mapping[str, Any]) -> bool:
    """Is the goal reached by all modules together?"""
    counted = [_counted(name, each) for name, each in known.items()]
    return sum(noticed for noticed, _ in counted) >= GOAL * sum(of for _, of in counted)


def page(known: Mapping[str, Any], not_tried: Sequence[str]) -> Iterator[str]:
    """The page, in parts."""
    yield OPENING
    yield "| module | changes | noticed | make no difference | share noticed | tests |\n"
    yield "| --- | --- | --- | --- | --- | --- |\n"
    noticed, of = 0, 0
    for name, each in known.items():
        own, own_of = _counted(name, each)
        noticed, of = noticed + own, of + own_of
        tests = ", ".join(f"`{Path(file).stem}`" for file in each["tests"])
        cells = (each["changes"], own, each["changes"] - own_of, f"{own / own_of:.1%}", tests)
        yield f"| `{each['path']}` | {' | '.join(map(str, cells))} |\n"
    yield f"\nTogether {noticed:,} of {of:,}: {noticed / of:.1%}.\n" if of else ""
    if not_tried:
        listed = "".join(f"- `{path}`\n" for path in not_tried)
        yield f"\n## Not tried\n\nNothing is known here about these modules.\n\n{listed}"
    for name, each in known.items():
        different = [one for one in each["survivors"] if not is_same(name, one)]
        if different:
            yield f"\n## Not noticed in `{each['path']}`\n\n"
            yield "| line | was | became |\n| --- | --- | --- |\n"
            for one in different:
                yield f"| {_code(one['line'])} | {_code(one['was'])} | {_code(one['now'])} |\n"


def _counted(name: str, each: Mapping[str, Any]) -> tuple[int, int]:
    """(changes that were noticed, changes that make a difference) of a module."""
    same = sum(is_same(name, one) for one in each["survivors"])
    return each["changes"] - len(each["survivors"]), each["changes"] - same


def same() -> dict[str, list[dict[str, str]]]:
    """Changes that make no difference, by module."""
    return tomllib.loads(SAME.read_text("utf-8"))


def is_same(name: str, survivor: Mapping[str, str]) -> bool:
    """Was this change of a module looked at and found to make no difference?"""
    keys = ("line", "was", "now")
    return any(all(one[key] == survivor[key] for key in keys) for one in same().get(name, ()))


def _code(text: str) -> str:
    first = text.splitlines()[0]
    return f"`{first.replace('|', chr(92) + '|')}`"
