"""Prints docs/reference/code-maps.md: the form of a code map, and why something waits."""

from __future__ import annotations

from pathlib import Path

from toxmon.intake import code_map
from toxmon.intake.files import load_code_maps
from toxmon.intake.hold import REASONS

PAGE = Path(__file__).parents[1] / "reference" / "code-maps.md"

WORDS = {
    "code": "what was measured or found",
    "answer": "a coded or spelled answer, as a word of the kind",
    "drug": "a drug, by its name here",
    "product": "a cell product or T-cell engager, by its name here",
    "ward": "a ward, as a unit here",
}


def page() -> str:
    """The page as text."""
    example = (code_map.__doc__ or "").split("\n\n", 1)[1].rsplit("\n\nPure", 1)[0]
    plain = "\n".join(line.removeprefix("    ") for line in example.splitlines())
    shipped = load_code_maps(None)["shipped"]
    blocks = "".join(
        f"| `[[{block}]]` | {WORDS[block]} | "
        f"{', '.join(f'`{name}`' for name, needed in fields.items() if needed)} | "
        f"{', '.join(f'`{name}`' for name, needed in fields.items() if not needed) or '-'} |\n"
        for block, fields in code_map.FIELDS.items()
    )
    reasons = "".join(f"| `{reason}` | {words} |\n" for reason, words in REASONS.items())
    systems = "".join(
        f"| {each} | {sum(1 for key in shipped.codes if key[0] == each)} | "
        f"{sum(1 for key in shipped.answers if key[1] == each)} | "
        f"{sum(1 for key in shipped.drugs if key[0] == each)} |\n"
        for each in sorted(
            {key[0] for key in (*shipped.codes, *shipped.drugs)}
            | {key[1] for key in shipped.answers}
        )
    )
    return f"""# Code maps, and why something waits

Printed by `docs/generate/code_maps.py` from the code; do not edit.

A folder (`TOXMON_CODE_MAPS`) has a file for each source, `SOURCE.toml`, and `default.toml` for all.
A site's map comes before the shipped one, `protocols/codes/shipped.toml`. A map that cannot be used
is refused at start, with every fault. LOINC codes are checked by their check digit, which finds a
mistyped code and not a valid code of another test: let a person sign the map.

```toml
{plain}
```

| block | says what is | needed | may stand |
| --- | --- | --- | --- |
{blocks}
LOINC codes of the kinds need no map: [kinds.md](kinds.md) lists them. RxNorm codes of the drugs
with limits stand in `protocols/drugs`. The shipped map adds:

| system | findings | answers | drugs |
| --- | --- | --- | --- |
{systems}
## Why something waits

`toxmon held list`, `GET /api/v1/held`. What waits is kept as it came and is lost by nothing.

| reason | meaning |
| --- | --- |
{reasons}"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
