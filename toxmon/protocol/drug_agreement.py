"""What must agree between the blocks of a drug, and between drugs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from toxmon.protocol import drug as made
from toxmon.protocol.citation import Cited
from toxmon.protocol.drug import Drug
from toxmon.protocol.faults import Fault, Words, nearest
from toxmon.protocol.form import Found


def disagreements(data: Mapping[str, Any]) -> Found:
    """Every disagreement of a drug that was read; what could not be read is told elsewhere."""
    return [*_in_force(data), *_names(data), *_twice(data), *_isolated(data)]


def _in_force(data: Mapping[str, Any]) -> Found:
    policies, wanted = data.get("policies"), data.get("in_force")
    if wanted is None or not isinstance(policies, tuple):
        return []
    if not all(isinstance(each, made.DosePolicy) for each in policies):
        return []
    known = [each.name for each in policies]
    if wanted in known:
        return []
    what = f"{wanted!r} is none of the policies of this file"
    return [(("in_force",), Words(what, nearest(wanted, known)))]


def _names(data: Mapping[str, Any]) -> Found:
    """A name once, and not among the names of other drugs."""
    found: Found = []
    known = {str(data.get("name") or "").casefold()}
    for number, alias in enumerate(data.get("aliases") or ()):
        if alias is None:
            continue
        if alias.casefold() in known:
            words = Words(f"{alias!r} is a name of this drug already", "each name once")
            found.append((("aliases", number), words))
        known.add(alias.casefold())
    for number, other in enumerate(data.get("not_these") or ()):
        if other is not None and other.casefold() in known:
            words = Words(f"{other!r} is a name of this drug", "names of other drugs only")
            found.append((("not_these", number), words))
    return found


def _twice(data: Mapping[str, Any]) -> Found:
    """A policy, a regimen and a code once."""
    found: Found = []
    for key, block, makes in (
        ("policies", "policy", made.DosePolicy),
        ("regimens", "regimen", made.Regimen),
    ):
        known: set[str] = set()
        for place, each in enumerate(data.get(key) or ()):
            if isinstance(each, makes):
                if each.name in known:
                    words = Words(f"there is a {block} {each.name!r} already", "another name")
                    found.append(((block, place, "name"), words))
                known.add(each.name)
    codes: set[str] = set()
    for place, block in enumerate(data.get("codes") or ()):
        for number, code in enumerate(block.codes if isinstance(block, made.Codes) else ()):
            if code in codes:
                words = Words(f"{code} is there already", "each code once")
                found.append((("rxnorm", place, "codes", number), words))
            codes.add(code)
    return found


def _isolated(data: Mapping[str, Any]) -> Found:
    """A syndrome that alone is no indication is not among the indications, and stands once."""
    found: Found = []
    indications = data.get("indications")
    given = indications.value if isinstance(indications, Cited) else ()
    known: set[str] = set()
    for place, each in enumerate(data.get("isolated") or ()):
        if not isinstance(each, made.Isolated):
            continue
        if each.syndrome in given:
            words = Words(f"{each.syndrome} is an indication above", "one or the other")
            found.append((("isolated", place, "syndrome"), words))
        if each.syndrome in known:
            words = Words(f"{each.syndrome} is there already", "each syndrome once")
            found.append((("isolated", place, "syndrome"), words))
        known.add(each.syndrome)
    return found


def codes_twice(drugs: Iterable[tuple[str, Drug]]) -> list[Fault]:
    """RxNorm codes that two drugs have: one product would be a dose of both."""
    faults: list[Fault] = []
    known: dict[str, str] = {}
    for path, drug in drugs:
        for place, block in enumerate(drug.codes, start=1):
            for number, code in enumerate(block.codes, start=1):
                other = known.setdefault(code, drug.name)
                if other != drug.name:
                    where = f"{path}: rxnorm[{place}].codes[{number}]"
                    what = f"{code} is a code of {other} too"
                    faults.append(Fault(where, what, "codes that no other drug has"))
    return faults
