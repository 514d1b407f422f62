"""Reading what is not a number: a code, a list of codes, yes or no."""

from __future__ import annotations

from collections.abc import Iterable

from toxmon.grading.facts import Value
from toxmon.grading.kind import Kind
from toxmon.grading.measured import Measured, Refused, in_words


def stated(kind: Kind, value: object, unit: object) -> Measured:
    """The canonical value of a code, list or yes/no kind. Raises Refused, with every fault."""
    faults = []
    if unit is not None:
        faults.append(("unit", f"{kind.name} has no unit; leave the unit out."))
    canonical: Value = ()
    if kind.form == "yes_no":
        if isinstance(value, bool):
            canonical = value
        elif isinstance(value, str) and value in ("yes", "no"):
            canonical = value == "yes"
        else:
            faults.append(("value", f"{kind.name} must be true or false, not {in_words(value)}."))
    elif kind.form == "code":
        if isinstance(value, str) and value in kind.codes:
            canonical = value
        else:
            faults.append(("value", f"{kind.name} must be {_one_of(kind)}, not {in_words(value)}."))
    elif isinstance(value, list | tuple):
        faults += (("value", detail) for detail in _list_faults(kind, value))
        canonical = tuple(code for code in kind.codes if code in value)
    else:
        faults.append(
            (
                "value",
                f"{kind.name} must be a list of {_one_of(kind)}, or [] for none; "
                f"not {in_words(value)}.",
            )
        )
    if faults:
        (field, detail), *more = faults
        raise Refused(field, detail, *more)
    return Measured(canonical, None, f"{kind.name}:{kind.form}", None)


def _list_faults(kind: Kind, value: Iterable[object]) -> Iterable[str]:
    """The first fault of a list, if any: one sentence is enough to mend the list by."""
    seen: set[str] = set()
    for member in value:
        if not isinstance(member, str) or member not in kind.codes:
            yield f"{kind.name} may hold {_one_of(kind)}, not {in_words(member)}."
            return
        if member in seen:
            yield f"{kind.name} names {member} twice; name each once."
            return
        seen.add(member)


def _one_of(kind: Kind) -> str:
    return f"one of {', '.join(kind.codes)}" if kind.form == "code" else ", ".join(kind.codes)
