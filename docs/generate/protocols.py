"""Prints protocols/README.md, every key of the form, from the forms in toxmon/protocol/.

Run it from the top of the tree: `python docs/generate/protocols.py`. A test fails when the page is
stale.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toxmon.protocol.alarm_rules import ABOUT, NEEDS, ROLES, RULES
from toxmon.protocol.citation import SOURCE_KINDS
from toxmon.protocol.drug import CODE_KINDS, LIMITS
from toxmon.protocol.events import EVENTS
from toxmon.protocol.fields import Many, Table
from toxmon.protocol.form import CitedForm, Form
from toxmon.protocol.forms import FORMS
from toxmon.protocol.label import STATUSES
from toxmon.protocol.product import CLOCKS

PAGE = Path(__file__).parents[2] / "protocols" / "README.md"

OPENING = """# Protocols

Printed by `docs/generate/protocols.py` from the forms in `toxmon/protocol/`; do not edit.

What labels, guidelines and wards say, as data: `products/` has one file for each product, `drugs/`
one for each drug that is given against a toxicity, `guidance/` one for each body that advises,
`policy/` what a ward decides for itself, `alarms/` what alarms, how urgently, and who is told,
`prevention/` what is done against infection. Criteria that a paper publishes are code, in
`toxmon/grading/`. What the shipped alarm policy says stands in tables in
`docs/reference/alarms.md`.

A site keeps its own files in a folder of its own and names it in `TOXMON_PROTOCOLS`. Every `*.toml`
in it, at any depth, is read. A file with the name of a shipped one replaces that one, wholly, and
the service says so when it starts. A treatment keeps the version that it began under, so raise
`version` with every change that matters.

    toxmon protocols check FOLDER     every fault of every file, with its place and what to write
    toxmon protocols show ide-cel     a page to read; what is not verified is marked and counted
    toxmon protocols show default --kind alarms
    toxmon protocols show Actemra     by any of its names

A file with a fault is not used, and neither is any other until it is mended. A place such as
`published[3].onset.median` is the third `[[published]]` of the file, counted from 1.

## How values are written

| value | written | |
| ----- | ------- | - |
| a number | `85`, `0.5` | kept exactly as written |
| a span of time | `"30 min"`, `"6 h"`, `"14 d"` | elapsed time |
| a day of the plan | `"day 0"`, `"day 14"` | day 0 is the date of the infusion or first dose |
| a last day | `"day 14"`, `"no end"` | is inside itself |
| a date | `2025-06-26` | without quotation marks |
| a time of day | `"10:00"` | on the clock of the site |
| yes or no | `true`, `false` | |
| text over several lines | `\"\"\"...\"\"\"` | breaks become blanks |

The kinds of observation and their units are listed in `docs/reference/kinds.md`.

Labels of products that are given again and again count their first day as day 1. A `[[schedule]]`
keeps that in `label_day`, as printed, beside `day`, which counts from 0 like every other day here.

## What must agree

- `name` with the name of the file; a file says in `form` what it describes.
- A percentage with its count of `n`, in the digits that are printed; a count is not above `n`.
- A median with its range and quartiles; a low number with a high one; a last day with a first.
- One `[[window]]` for an event, one `[[dose_window]]` for an event and dose, one `[[label]]` for a
  region and date, and a label of the product's own `region`.
- A product needs `[[label]]`, `[[indication]]`, `[[age]]` and `[[dose]]` (or, in place of a dose,
  `[[schedule]]`), unless it is `investigational`.
- `indications` with the `short` name of an `[[indication]]`; `schedules` with the name of a
  `[[schedule]]`, and the `step` of a `[[restart]]` with one of its steps.
- Steps are numbered without a gap. For one last dose no day has two rules of `[[restart]]`.
- An onset below zero only with the clock `end of the most recent dose`.
- `aliases` and names: each belongs to one product or drug; a code of RxNorm to one drug.
- The unit of a `[[marker]]` is the one that its kind is charted in.
- A kind stands in one `[[fresh_for]]` only. Over all `bands` of `[[hypotension]]` the ages rise,
  and only the last band is without an age: it speaks for everybody older.
- Alarms: a `[[chain]]` for any unit and a `[[spans]]` for each priority; a `[[matter]]` for CRS,
  ICANS, IEC-HS, overdue checks, silent feeds and the scheduler itself. CRS and ICANS of grade 3
  are of high priority.
- A chain calls somebody at each step and repeats its last one; its steps rise in time. One of high
  priority begins at once, calls more than one role, and lets no hour pass. Silence ends, within a
  day.
- A `[[threshold]]` is in the unit of its kind and clears on its own far side. Of the alternatives
  of one `policy` one is in force, and no two that would speak of one product on one day.
- A drug: `in_force` with the `name` of a `[[policy]]`. Its bands neither overlap nor leave a weight
  out between nothing and no end; ages may be left out at either end only. Each limit stands once in
  a policy, with the one value that it needs. A fixed dose is not above `dose_above_cap`. What is in
  `not_these` is none of its names.

## Citations

Nothing stands without a source. A table that holds numbers has these four keys; where each value
has a source of its own, the value is a table with `value` and these four keys.

"""


def page() -> str:
    """The whole page."""
    parts = [OPENING, *_keys(CitedForm()), "\n", *_listed("Kinds of source", SOURCE_KINDS)]
    for each in FORMS.values():
        parts += [f"## {each.title}\n\n", *_keys(each.schema()), "\n"]
        parts += _blocks(each.schema(), "")
    parts += _listed("What can alarm", RULES, level="##")
    parts += _listed("Whom a chain can call", ROLES, level="##")
    parts += _listed("What a chain is about", ABOUT, level="##")
    parts += _listed("What a threshold can need beside its value", NEEDS, level="##")
    parts += _listed("What a drug's limit can be", LIMITS, level="##")
    parts += _listed("What a drug's codes can be", CODE_KINDS, level="##")
    parts += _listed("Clocks", CLOCKS, level="##")
    parts += _listed("What an authority has said", STATUSES, level="##")
    parts += _listed("Events", EVENTS, level="##")
    return "".join(parts).rstrip("\n") + "\n"


def _listed(title: str, names: Mapping[str, str], level: str = "###") -> Iterator[str]:
    yield f"{level} {title}\n\n"
    yield from (f"- `{name}`: {words}\n" for name, words in names.items())
    yield "\n"


def _keys(form: Form) -> Iterator[str]:
    """The table of a form's own keys; those of the citation are told once, above."""
    whole = [each.schema for each in FORMS.values()]
    common = set() if type(form) is CitedForm else set(CitedForm().keys())
    yield "| key | | what it says | for example |\n| --- | --- | --- | --- |\n"
    for key, field in form.keys().items():
        if isinstance(form, CitedForm) and key in common:
            continue
        needed = "" if not field.required else "needed"
        says = field.metadata["says"].replace("|", "\\|")
        if _form_of(field) is not None and type(form) in whole:
            example = f"`[{key}]` below" if isinstance(field, Table) else f"`[[{key}]]` below"
        else:
            example = f"`{field.metadata['write']}`"
        yield f"| `{key}` | {needed} | {says} | {example} |\n"


def _form_of(field: Any) -> type[Form] | None:
    """The form of the tables that a field holds, if it holds any."""
    inner = field.inner if isinstance(field, Many) else field
    return inner.form if isinstance(inner, Table) and issubclass(inner.form, Form) else None


def _is_single(form: type[Form]) -> bool:
    """Is it no more than one value with a citation?"""
    return issubclass(form, CitedForm) and form.__name__ == "CitedValue"


def _blocks(form: Form, above: str) -> Iterator[str]:
    """Every table below a form, each with its own keys; alike ones inside a block are told once."""
    keys = form.keys()
    told: set[type[Form]] = set()
    for key, field in keys.items():
        inner = _form_of(field)
        if inner is None or (above and (inner in told or _is_single(inner))):
            continue
        told.add(inner)
        path = f"{above}{key}"
        brackets = f"[[{path}]]" if isinstance(field, Many) else f"[{path}]"
        yield f"{'####' if above else '###'} `{brackets}`\n\n"
        if _is_single(inner):
            value = inner().keys()["value"].metadata
            yield f"{_sentence(field.metadata['says'])} One value with its citation: "
            yield f"`{value['write']}` and the four keys.\n\n"
            continue
        yield f"{inspect.cleandoc(inner.__doc__ or '')}\n\n"
        alike = [f"`{each}`" for each in keys if above and _form_of(keys[each]) is inner]
        if len(alike) > 1:
            yield f"Likewise {', '.join(alike[1:])}.\n\n"
        yield from _keys(inner())
        if issubclass(inner, CitedForm):
            yield "\nAnd a citation.\n"
        yield "\n"
        yield from _blocks(inner(), f"{path}.")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
