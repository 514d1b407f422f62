"""What a source's own codes, answers, drugs and wards are called here: a TOML file.

    [[code]]
    system = "99LAB"                # as the source names it: a URI, or OBX-3.3
    code = "FERR"
    kind = "ferritin"
    unit = "ug/L"                   # only where the source sends none; without it none is guessed

    [[answer]]
    kind = "oxygen_device"
    system = "http://snomed.info/sct"
    code = "336623009"              # or text = "Nasal cannula"
    means = "nasal_cannula"

    [[drug]]
    system = "99PHARM"
    code = "TOCI20"
    medication = "tocilizumab"

    [[product]]
    system = "99CELL"
    code = "IDE"
    product = "ide-cel"

    [[ward]]
    sent = "BMT WEST"
    unit = "bmt-1"

    [source]
    names = ["LAB/HOSP"]            # the sources that it is for, else the one that the file names
    unit = "bmt-1"                  # the unit of patients of whom nothing else says it

Pure: `read_code_map` takes the text. The shipped map has the same form, and a site's comes first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toxmon.grading.kinds import KINDS
from toxmon.grading.loinc import loinc_check_digit
from toxmon.grading.units import Refused, measure
from toxmon.intake.report import Coding

LOINC = "http://loinc.org"
KIND, PRODUCT, MEDICATION = "urn:toxmon:kind", "urn:toxmon:product", "urn:toxmon:medication"
"""Our own names as codes, as the FHIR door tells them: what it told can be sent back."""

SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SYSTEMS = {
    "LN": LOINC,
    "LOINC": LOINC,
    "LNC": LOINC,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "SCT": SNOMED,
    "SNM3": SNOMED,
    "SNOMED-CT": SNOMED,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "RXNORM": RXNORM,
    "RxNorm": RXNORM,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
}
"""Other names of systems, as HL7 v2 (table 0396) and CDA have them."""

FIELDS: dict[str, dict[str, bool]] = {
    "code": {"system": True, "code": True, "kind": True, "unit": False, "value": False,
             "title": False, "source": False, "verified": False},
    "answer": {"kind": True, "means": True, "system": False, "code": False, "text": False,
               "title": False, "source": False, "verified": False},
    "drug": {"system": True, "code": True, "medication": True, "title": False, "source": False,
             "verified": False},
    "product": {"system": True, "code": True, "product": True, "title": False, "source": False,
                "verified": False},
    "ward": {"sent": True, "unit": True},
}  # fmt: skip
"""By block, each field and whether it is needed."""


class CodeMapError(ValueError):
    """A code map that cannot be used: every fault, each with its place."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a code means: a kind; the unit where the source sends none; a value it states itself.

    A problem list says "seizure" by its code alone: such a code brings its `value` along.
    """

    kind: str
    unit: str | None = None
    value: str | bool | None = None


@dataclass(frozen=True, slots=True)
class CodeMap:
    """The maps of one source. Keys of codes are (system, code); of texts they are casefolded."""

    codes: Mapping[tuple[str, str], Mapped] = field(default_factory=dict)
    answers: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """(kind, system, code) -> the word of the kind."""
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(kind, casefolded text) -> the word of the kind."""
    drugs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    products: Mapping[tuple[str, str], str] = field(default_factory=dict)
    wards: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    sources: tuple[str, ...] = ()

    def over(self, other: CodeMap) -> CodeMap:
        """This map, with what only the other one knows."""
        return CodeMap(
            {**other.codes, **self.codes},
            {**other.answers, **self.answers},
            {**other.texts, **self.texts},
            {**other.drugs, **self.drugs},
            {**other.products, **self.products},
            {**other.wards, **self.wards},
            self.unit or other.unit,
            self.sources,
        )

    def ward(self, sent: str | None) -> str | None:
        """Our unit for a ward as the source calls it; its own name where it is not mapped."""
        if sent is None:
            return self.unit
        return self.wards.get(sent.casefold(), sent)


NOTHING_MAPPED = CodeMap()


def of_system(name: str) -> str:
    """The one name of a system of codes."""
    return SYSTEMS.get(name, name)


def keys(codings: Iterable[Coding]) -> list[tuple[str, str]]:
    """(system, code) of each, by the systems' one names."""
    return [(of_system(each.system), each.code) for each in codings]


def read_code_map(text: str, name: str) -> CodeMap:
    """The map of a TOML text; `name` is for faults. Raises CodeMapError with every fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodeMapError(f"{name}: {error}") from error
    faults: list[str] = []
    blocks = {block: _block(data, block, faults) for block in FIELDS}
    known = ", ".join(f"[[{block}]]" for block in FIELDS)
    faults += [
        f"{each} is not known; known are {known} and [source]"
        for each in data
        if each not in FIELDS and each != "source"
    ]
    unit, names = None, []
    source = data.get("source", {})
    if isinstance(source, dict):
        unit, names = source.get("unit"), source.get("names", [])
    texts_only = isinstance(names, list) and all(isinstance(each, str) for each in names)
    if (
        not isinstance(source, dict)
        or source.keys() - {"unit", "names"}
        or not isinstance(unit, str | None)
        or not texts_only
    ):
        faults.append('source: write unit = "..." and names = ["..."], and nothing else')
    codes = {}
    for place, table in blocks["code"]:
        faults += [f"{place}: {each}" for each in _code_faults(table)]
        codes[_key(table)] = Mapped(table["kind"], table.get("unit"), table.get("value"))
    answers, texts = {}, {}
    for place, table in blocks["answer"]:
        faults += [f"{place}: {each}" for each in _answer_faults(table)]
        if "code" in table:
            answers[table["kind"], *_key(table)] = table["means"]
        if "text" in table:
            texts[table["kind"], table["text"].casefold()] = table["means"]
    if faults:
        raise CodeMapError("\n".join(f"{name}: {fault}" for fault in faults))
    return CodeMap(
        codes,
        answers,
        texts,
        {_key(table): table["medication"] for _, table in blocks["drug"]},
        {_key(table): table["product"] for _, table in blocks["product"]},
        {table["sent"].casefold(): table["unit"] for _, table in blocks["ward"]},
        unit,
        tuple(names),
    )


def _key(table: Mapping[str, Any]) -> tuple[str, str]:
    return of_system(str(table.get("system", ""))), str(table["code"])


def _block(
    data: Mapping[str, Any], block: str, faults: list[str]
) -> list[tuple[str, dict[str, Any]]]:
    """(place, table) of each well-formed entry of a block; adds what is wrong with the others."""
    listed = data.get(block, [])
    if not isinstance(listed, list):
        faults.append(f"{block}: write each one below a line [[{block}]]")
        return []
    found = []
    for number, table in enumerate(listed, 1):
        place = f"{block} {number}"
        if not isinstance(table, dict):
            faults.append(f"{place}: write each one below a line [[{block}]]")
            continue
        allowed = FIELDS[block]
        wrong = [f"{each} is not known" for each in table if each not in allowed]
        wrong += [
            f"{each} is missing" for each, need in allowed.items() if need and each not in table
        ]
        wrong += [
            f"{each}: write a text"
            for each, value in table.items()
            if each not in ("verified", "value") and not (isinstance(value, str) and value.strip())
        ]
        faults += [f"{place}: {each}" for each in wrong]
        if not wrong:
            found.append((place, table))
    return found


def _code_faults(table: Mapping[str, Any]) -> list[str]:
    kind = KINDS.get(table["kind"])
    if kind is None:
        return [f'kind: "{table["kind"]}" is not a known kind']
    wrong = []
    code = table["code"]
    if of_system(table["system"]) == LOINC and not loinc_check_digit(code):
        wrong.append(f'code: "{code}" is no LOINC code: its check digit is wrong')
    if "unit" in table:
        try:
            measure(kind, 1, table["unit"])
        except Refused as error:
            wrong += [words for name, words in error.faults if name == "unit"]
    if "value" in table:
        try:
            measure(kind, table["value"], None)
        except Refused as error:
            wrong += [f"value: {words}" for _, words in error.faults]
    return wrong


def _answer_faults(table: Mapping[str, Any]) -> list[str]:
    kind = KINDS.get(table["kind"])
    if kind is None:
        return [f'kind: "{table["kind"]}" is not a known kind']
    wrong = []
    if kind.form not in ("code", "list", "yes_no"):
        wrong.append(f"kind: {kind.name} is a number and has no answers in words")
    words = ("yes", "no") if kind.form == "yes_no" else kind.codes
    if words and table["means"] not in words:
        wrong.append(f"means: write one of {', '.join(words)}")
    if "code" not in table and "text" not in table:
        wrong.append("write code (with its system), or text")
    return wrong
