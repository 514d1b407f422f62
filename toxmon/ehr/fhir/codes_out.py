"""The codes that toxmon speaks: LOINC and ICD-10-CM where there are any, its own beside them.

No terminology has codes for the grades (decision 0094). Ours are names in a few closed systems,
which are told whole as CodeSystem, and the grades as a ConceptMap to ICD-10-CM.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from toxmon import __version__
from toxmon.grading.kind import Kind
from toxmon.grading.kinds import KINDS, LABORATORY, NEURO, VITAL
from toxmon.grading.published import PUBLISHED

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
CATEGORY = f"{TERMINOLOGY}/observation-category"

OURS = "urn:toxmon"
KIND, WORD, SCALE, PART = f"{OURS}:kind", f"{OURS}:word", f"{OURS}:scale", f"{OURS}:part"
GRADE, SYNDROME, CATEGORIES = f"{OURS}:grade", f"{OURS}:syndrome", f"{OURS}:category"
DOSE_REASON, ALARM_RULE, ACTION = f"{OURS}:dose-reason", f"{OURS}:alarm-rule", f"{OURS}:action"
PRODUCT, MEDICATION = f"{OURS}:product", f"{OURS}:medication"

NAMED = {
    "crs": "astct-crs-grade",
    "icans": "astct-icans-grade",
    "icaht_early": "early-icaht-grade",
    "icaht_late": "late-icaht-grade",
    "car_hematotox": "car-hematotox-score",
    "easix": "easix",
    "hscore": "hscore",
    "hlh_2004": "hlh-2004-criteria",
    "carhlh": "carhlh-criteria",
    "second_malignancy": "second-malignancy",
}
"""Codes of scales that are not their name with `-grade` behind it."""
CODE_OF: Mapping[str, str] = MappingProxyType(
    {scale: NAMED.get(scale, f"{scale.replace('_', '-')}-grade") for scale in PUBLISHED}
)
"""The code of each scale."""
SCALE_OF: Mapping[str, str] = MappingProxyType({code: scale for scale, code in CODE_OF.items()})

PARTS = {
    "because": "Why the grade is no lower",
    "missing": "A finding that is not known and could narrow the grade",
    "stale": "A finding that was known and has grown too old to be used",
    "warning": "What is to be considered when this grade is read",
    "at-most": "The highest grade that the known findings allow",
}
TOLD, NOW = "toxicity-grade", "current-grade"
CATEGORY_NAMES = {
    TOLD: "A grade of toxicity, or another scale, worked out from findings",
    NOW: "The same at the time of asking, whether or not anybody was told",
}
SYNDROMES = {
    "crs": ("crs", "Cytokine release syndrome"),
    "icans": ("icans", "Immune effector cell-associated neurotoxicity syndrome"),
    "iec_hs": ("iec-hs", "Immune effector cell-associated HLH-like syndrome"),
}
ICD = {"crs": ("D89.83", "D89.839"), "icans": ("G92.0", "G92.00")}
"""By scale, what a grade is put behind, and the code of no grade that is known."""
ICD_TITLE = {
    "crs": "Cytokine release syndrome",
    "icans": "Immune effector cell-associated neurotoxicity syndrome",
}
HIGHEST = 5


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    """A Coding."""
    found = {"system": system, "code": code}
    return {**found, "display": display} if display else found


def concept(text: str | None, *codings: dict[str, Any]) -> dict[str, Any]:
    """A CodeableConcept."""
    found: dict[str, Any] = {"coding": list(codings)} if codings else {}
    return {**found, "text": text} if text else found


def code_of_kind(kind: Kind) -> dict[str, Any]:
    """What was measured: LOINC first where there is a code, then ours."""
    loinc = [coding(LOINC, kind.loinc[0])] if kind.loinc else []
    return concept(kind.title, *loinc, coding(KIND, kind.name, kind.title))


def category_of(kind: Kind) -> str:
    """The category of what a kind measures, of the code system observation-category."""
    return CATEGORY_OF[kind.name]


def _category(kind: Kind) -> str:
    if kind in LABORATORY:
        return "laboratory"
    if kind in VITAL and kind.form == "number" and kind.loinc:
        return "vital-signs"
    return "survey" if kind in NEURO and kind.unit == "{score}" else "exam"


CATEGORY_OF: Mapping[str, str] = MappingProxyType(
    {kind.name: _category(kind) for kind in KINDS.values()}
)
"""By kind, its category."""


def word_of(kind: Kind, word: str) -> dict[str, Any]:
    """A word of a closed list."""
    said = word.replace("_", " ")
    return concept(said, coding(WORD, f"{kind.name}.{word}", said))


def code_of_scale(scale: str) -> dict[str, Any]:
    """A scale."""
    title = PUBLISHED[scale].title
    return concept(title, coding(SCALE, CODE_OF[scale], title))


def part(name: str, text: str | None = None) -> dict[str, Any]:
    """What a component says, one of PARTS."""
    return concept(text or PARTS[name], coding(PART, name, PARTS[name]))


def icd_of(scale: str, grade: int) -> dict[str, Any] | None:
    """The ICD-10-CM code of a grade of CRS or ICANS from 1 up; of none that is known below that."""
    if scale not in ICD:
        return None
    stem, unspecified = ICD[scale]
    known = 1 <= grade <= HIGHEST
    code = f"{stem}{grade}" if known else unspecified
    return coding(ICD_10_CM, code, _icd_words(scale, grade if known else None))


def _icd_words(scale: str, grade: int | None) -> str:
    end = "grade unspecified" if grade is None else f"grade {grade}"
    return f"{ICD_TITLE[scale]}, {end}"


def code_systems() -> Iterator[dict[str, Any]]:
    """The systems of ours, whole."""
    kinds = {kind.name: kind.title for kind in KINDS.values()}
    yield _system("kind", KIND, "What can be charted", kinds)
    words = {
        f"{kind.name}.{word}": f"{kind.title}: {word.replace('_', ' ')}"
        for kind in KINDS.values()
        for word in kind.codes
    }
    yield _system("word", WORD, "What a charted finding can be", words)
    scales = {CODE_OF[name]: f"{each.title} ({each.edition})" for name, each in PUBLISHED.items()}
    yield _system("scale", SCALE, "Scales by which toxicity is graded", scales)
    grades = {
        f"{SYNDROMES[scale][0]}-{grade}": f"{SYNDROMES[scale][1]}, grade {grade}"
        for scale in ICD
        for grade in range(1, HIGHEST + 1)
    }
    yield _system("grade", GRADE, "Grades of a syndrome", grades)
    yield _system("syndrome", SYNDROME, "Syndromes after cell therapy", dict(SYNDROMES.values()))
    yield _system("part", PART, "Parts of a grade", PARTS)
    yield _system("category", CATEGORIES, "What a grade is", CATEGORY_NAMES)


def value_sets() -> Iterator[dict[str, Any]]:
    """Which codes an Observation of toxmon can have."""
    for name, title, systems in (
        ("observed", "Kinds of observation", (KIND,)),
        ("graded", "Scales of grades and scores", (SCALE,)),
    ):
        yield {
            **_published("ValueSet", name, f"{OURS}:value-set:{name}", title),
            "compose": {"include": [{"system": system} for system in systems]},
        }


def concept_maps() -> Iterator[dict[str, Any]]:
    """Grades of CRS and ICANS as ICD-10-CM has them."""
    elements = []
    for scale in ICD:
        for grade in range(1, HIGHEST + 1):
            found = icd_of(scale, grade)
            assert found is not None
            target = {"code": found["code"], "display": found["display"]}
            code = f"{SYNDROMES[scale][0]}-{grade}"
            elements.append({"code": code, "target": [{**target, "equivalence": "equivalent"}]})
    title = "Grades of CRS and ICANS in ICD-10-CM"
    yield {
        **_published("ConceptMap", "grade-icd-10-cm", f"{OURS}:concept-map:icd-10-cm", title),
        "description": "For billing a site uses the codes of its year, T80.82 first.",
        "group": [{"source": GRADE, "target": ICD_10_CM, "element": elements}],
    }


def terminology(resource: str) -> dict[str, dict[str, Any]]:
    """By id, the resources of CodeSystem, ValueSet or ConceptMap."""
    made = {"CodeSystem": code_systems, "ValueSet": value_sets, "ConceptMap": concept_maps}
    return {each["id"]: each for each in made[resource]()}


def _system(name: str, url: str, title: str, codes: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_published("CodeSystem", name, url, title),
        "caseSensitive": True,
        "content": "complete",
        "count": len(codes),
        "concept": [{"code": code, "display": words} for code, words in codes.items()],
    }


def _published(resource: str, name: str, url: str, title: str) -> dict[str, Any]:
    return {
        "resourceType": resource,
        "id": name,
        "url": url,
        "version": __version__,
        "name": f"Toxmon{name.title().replace('-', '')}",
        "title": title,
        "status": "active",
        "experimental": False,
    }
