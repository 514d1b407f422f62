"""Prints docs/reference/seeds.md: for each fact of the five seed texts, where toxmon holds it.

Run it from the top of the tree: `python docs/generate/seeds.py`. The facts stand in `docs/seeds/`.
Each says where it is held, or why it is not; what is old, wrong or garbled says what must never be
found in its place, or what newer figure must be. When one of these no longer holds, nothing is
printed: the rows are named, and the exit code is 1.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from toxmon.grading.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "seeds.md"
FACTS = ROOT / "docs" / "seeds"
PROTOCOLS = ROOT / "protocols"

READINGS = {
    "ok": "agrees with what was read elsewhere, or with its own arithmetic",
    "check": "plausible, and not confirmed by a second text",
    "conflict": "the seed texts contradict each other, or themselves",
    "old": "true once, superseded since",
    "wrong": "a better source says otherwise",
    "garbled": "a sign, a unit or a denominator was lost",
}
NOT_TO_BE_TRUSTED = {"old", "wrong", "garbled"}

WHY_NOT = {
    "superseded": "a newer source says otherwise, and that is held",
    "wrong": "a better source says otherwise",
    "garbled": "it cannot be told what was meant",
    "contradictory": "nothing that was read decides between the texts",
    "unclear": "it is not said what was counted, in whom, or when",
    "efficacy": "it says how well a treatment works; toxmon watches for harm",
    "reports": "a share of reports, not of patients; no risk can be made of it",
    "no number": "a direction or an opinion, without a number that could be watched",
    "no toxicity": "investigational, and no figure of a toxicity is given",
    "no engager": "not a therapy that engages T cells",
    "not watched": "nothing is graded, watched or refused by it",
}

KEYS = {"id", "fact", "at", "reading", "held", "why_not", "because", "newer", "never"}
REFERENCES = {
    "protocol": {"protocol", "called", "block", "has", "words"},
    "constant": {"constant", "is", "contains"},
    "kinds": {"kinds", "unit"},
    "file": {"file", "words"},
}

OPENING = """# The seed texts, fact by fact

Printed by `docs/generate/seeds.py` from `docs/seeds/`; do not edit.

toxmon began from five texts on CAR T cells in multiple myeloma. For each fact that they state, this
page says where toxmon holds it, or why it does not. It is checked against the protocols and the
code whenever it is printed, and `make docs-check` fails when a figure it names has changed or gone.

"""


class Unusable(Exception):
    """A reference that cannot be followed, in words."""


def read(folder: Path = FACTS) -> tuple[dict[str, str], list[tuple[str, list[dict[str, Any]]]]]:
    """The texts by their short names, and (title, facts) of each section in order."""
    texts: dict[str, str] = {}
    sections: list[tuple[str, list[dict[str, Any]]]] = []
    for path in sorted(folder.glob("*.toml")):
        data = _toml(path)
        texts.update({each["short"]: each["text"] for each in data.get("text", [])})
        if "title" in data:
            sections.append((data["title"], data.get("fact", [])))
    return texts, sections


def protocols(folder: Path = PROTOCOLS) -> dict[str, dict[str, Any]]:
    """Every protocol as it is written, by name."""
    return {path.stem: _toml(path) for path in sorted(folder.rglob("*.toml"))}


def faults(
    texts: Mapping[str, str],
    sections: Iterable[tuple[str, list[dict[str, Any]]]],
    known: Mapping[str, Mapping[str, Any]],
    root: Path = ROOT,
) -> list[str]:
    """What no longer holds, each with the id of its row."""
    facts = [fact for _, rows in sections for fact in rows]
    twice = [name for name, n in Counter(fact.get("id") for fact in facts).items() if n > 1]
    return [
        *(f"{name}: two rows have this id" for name in twice),
        *(
            f"{fact.get('id', fact.get('fact', '?'))}: {words}"
            for fact in facts
            for words in _faults_of(fact, texts, known, root)
        ),
    ]


def _faults_of(
    fact: Mapping[str, Any],
    texts: Mapping[str, str],
    known: Mapping[str, Mapping[str, Any]],
    root: Path,
) -> Iterator[str]:
    if fact.keys() - KEYS or not {"id", "fact", "at", "reading"} <= fact.keys():
        yield f"it has other keys than {', '.join(sorted(KEYS))}"
        return
    if fact["reading"] not in READINGS:
        yield f"no reading is called {fact['reading']!r}"
    for place in fact["at"]:
        if place.partition(" ")[0] not in texts:
            yield f"no text is called {place.partition(' ')[0]!r}"
    held, why_not = fact.get("held", []), fact.get("why_not")
    if bool(held) == bool(why_not):
        yield "it says neither where it is held nor why not" if not held else "it says both"
    if why_not is not None and why_not not in WHY_NOT:
        yield f"no reason is called {why_not!r}"
    guarded = fact.get("newer") or fact.get("never")
    if fact["reading"] in NOT_TO_BE_TRUSTED and not guarded:
        yield f"it is {fact['reading']}, and neither `newer` nor `never` guards against it"
    for key in ("held", "newer", "never"):
        for reference in fact.get(key, []):
            try:
                there = holds(reference, known, root)
            except Unusable as error:
                yield f"{key}: {error}"
                continue
            if there is (key == "never"):
                yield f"{told(reference)} is {'there' if there else 'no longer so'}"


def holds(
    reference: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], root: Path = ROOT
) -> bool:
    """Is that which is referred to there, with these values?"""
    form = next((name for name in REFERENCES if name in reference), None)
    if form is None or reference.keys() - REFERENCES[form]:
        raise Unusable(f"{dict(reference)} is no reference")
    if form == "protocol":
        return _in_protocol(reference, known)
    if form == "constant":
        return _is_constant(reference)
    if form == "kinds":
        return all(
            name in KINDS and reference.get("unit") in (None, KINDS[name].unit)
            for name in reference["kinds"]
        )
    path = root / reference["file"]
    return path.is_file() and reference["words"] in path.read_text(encoding="utf-8")


def _in_protocol(reference: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> bool:
    name, block = reference["protocol"], reference.get("block")
    if name not in known:
        return False
    called = {name, *known[name].get("aliases", ())}
    if "called" in reference and reference["called"] not in called:
        return False
    if block is None:
        return True
    return any(
        matches(each, reference.get("has", {}), reference.get("words", ""))
        for each in known[name].get(block, [])
    )


def matches(block: Mapping[str, Any], has: Any, words: str) -> bool:
    """Does a block have these values, tables within it as far as they are named, and words?"""
    return _within(block, has) and words in " ".join(_texts(block))


def _within(block: Any, has: Any) -> bool:
    if isinstance(has, Mapping) and isinstance(block, Mapping):
        return all(key in block and _within(block[key], value) for key, value in has.items())
    # In Python 1 is true; in a protocol it is not.
    return isinstance(block, bool) is isinstance(has, bool) and bool(block == has)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _is_constant(reference: Mapping[str, Any]) -> bool:
    module, _, name = reference["constant"].rpartition(".")
    try:
        value = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        return False
    if "contains" in reference:
        return all(each in value for each in reference["contains"])
    if "is" not in reference:
        raise Unusable(f"{reference['constant']}: neither `is` nor `contains` says its value")
    wanted = reference["is"]
    return bool(value == (Decimal(wanted) if isinstance(wanted, Decimal | int) else wanted))


def told(reference: Mapping[str, Any]) -> str:
    """A reference as a cell of the page says it."""
    if "kinds" in reference:
        unit = f" in {reference['unit']}" if "unit" in reference else ""
        return f"kinds {', '.join(f'`{name}`' for name in reference['kinds'])}{unit}"
    if "constant" in reference:
        holds_it = reference.get("is", ", ".join(reference.get("contains", ())))
        return f"`{reference['constant']}`: {holds_it}"
    if "file" in reference:
        return f'`{reference["file"]}`: "{reference["words"]}"'
    parts = [", ".join(_flat(reference.get("has", {})))]
    if "words" in reference:
        parts.append(f'"{reference["words"]}"')
    if "called" in reference:
        parts.append(f"called {reference['called']}")
    words = ", ".join(part for part in parts if part)
    block = f" `{reference['block']}`" if "block" in reference else ""
    return f"{reference['protocol']}{block}{': ' if words else ''}{words}"


def _flat(value: Any, path: str = "") -> Iterator[str]:
    """Every value of a table with its key: rate.percent 84."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield f"{path} {' and '.join(', '.join(_flat(each)) for each in value)}".strip()
    else:
        word = str(value).lower() if isinstance(value, bool) else str(value)
        # What an event or a population is needs no key to be understood.
        yield word if path in {"event", "population", "title"} else f"{path} {word}".strip()


def page(texts: Mapping[str, str], sections: Iterable[tuple[str, list[dict[str, Any]]]]) -> str:
    """The whole page."""
    sections = list(sections)
    facts = [fact for _, rows in sections for fact in rows]
    held = sum(1 for fact in facts if fact.get("held"))
    guarded = sum(1 for fact in facts if fact["reading"] in NOT_TO_BE_TRUSTED)
    parts = [
        OPENING,
        f"{len(facts)} rows: {held} are held, {len(facts) - held} are not. {guarded} are old, "
        "wrong or garbled; each of\nthese names a newer figure that must be there, or one that "
        "must never be.\n\n",
        "| text | what it is |\n| --- | --- |\n",
        *(f"| {short} | {words} |\n" for short, words in texts.items()),
        "\nHow a fact reads:\n\n",
        *(f"- **{name}**: {words}\n" for name, words in READINGS.items()),
        "\nWhy one is not held:\n\n",
        *(f"- **{name}**: {words}\n" for name, words in WHY_NOT.items()),
    ]
    for title, rows in sections:
        parts.append(f"\n## {title}\n\n| | fact | text, line | reads | where, or why not |\n")
        parts.append("| --- | --- | --- | --- | --- |\n")
        parts += [_row(fact) for fact in rows]
    return "".join(parts)


def _row(fact: Mapping[str, Any]) -> str:
    where = [told(each) for each in fact.get("held", [])]
    if "why_not" in fact:
        where.append(f"**{fact['why_not']}**")
    if "because" in fact:
        where.append(fact["because"])
    where += [f"newer: {told(each)}" for each in fact.get("newer", [])]
    where += [f"never: {told(each)}" for each in fact.get("never", [])]
    cells = (fact["id"], fact["fact"], ", ".join(fact["at"]), fact["reading"], "; ".join(where))
    return f"| {' | '.join(re.sub(r'[|]', '/', ' '.join(cell.split())) for cell in cells)} |\n"


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


if __name__ == "__main__":
    all_texts, all_sections = read()
    stale = faults(all_texts, all_sections, protocols())
    if stale:
        raise SystemExit("docs/seeds: these rows no longer hold:\n" + "\n".join(stale))
    PAGE.write_text(page(all_texts, all_sections), encoding="utf-8")
