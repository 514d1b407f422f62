"""One field of a scale's findings, and how what was sent for it is read.

A field that is there is checked as strictly as in the record: its range, its words, its form. No
unit is sent, because the field's name carries it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from toxmon.grading.facts import Bounds, Number
from toxmon.grading.kinds import KINDS
from toxmon.grading.measured import in_words, plainly
from toxmon.grading.scale import Scale
from toxmon.grading.units import Refused, measure

Form = Literal["yes_no", "kind", "code", "list", "years", "limit", "count", "items", "series"]
OLDEST_YEARS = Decimal(130)
MOST_LIMIT = Decimal(10) ** 12
MOST_IN_A_SERIES = 1_000


class FindingsError(Exception):
    """Findings that cannot be read: words by field, as a JSON pointer without its first slash."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Input:
    """One field. What it may hold, by its form:

    | form   | value                                                                        |
    | ------ | ---------------------------------------------------------------------------- |
    | yes_no | true or false                                                                |
    | kind   | what the kind of observation `kind` holds; a number in `unit`                |
    | code   | one of `codes`                                                               |
    | list   | a list of different `codes`; [] says that there is none                      |
    | years  | an age in years                                                              |
    | limit  | a number above 0: a limit of the laboratory's own range, or a baseline       |
    | count  | a whole number from `least` to `most`                                        |
    | items  | an object of `parts`, each of them a field of its own                        |
    | series | a list of objects of `parts`, in any order                                   |

    A kind's number is read in `unit` (its canonical unit when None) and handed on in that unit:
    `over` is what one of `unit` is in the canonical unit.
    """

    name: str
    words: str
    kind: str | None = None
    form: Form = "yes_no"
    codes: tuple[str, ...] = ()
    unit: str | None = None
    over: Decimal | None = None
    least: int = 0
    most: int = 0
    parts: tuple[Input, ...] = ()
    needed: tuple[str, ...] = ()
    """Of items and series: the parts that must be there."""


@dataclass(frozen=True, slots=True)
class Stateless:
    """A scale with the inputs that a program without a record of ours may send.

    `check` finds what two fields say against each other, as words by field. `gather` makes the
    findings of the scale where they are not the inputs as they stand.
    """

    scale: Scale
    inputs: tuple[Input, ...]
    check: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
    gather: Callable[[Mapping[str, Any]], Any] | None = None

    def findings(self, sent: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
        """(findings, doubts by field) of what was sent. Raises FindingsError with every fault."""
        read, faults, doubts = read_fields(self.scale.name, self.inputs, sent)
        if self.check is not None:
            faults.update(self.check(read))
        if faults:
            raise FindingsError(faults)
        return (self.gather or (lambda them: self.scale.findings(**them)))(read), doubts


def yes_no(name: str, words: str) -> Input:
    """A yes or no."""
    return Input(name, words)


def of_kind(
    name: str, words: str, kind: str, unit: str | None = None, over: str | None = None
) -> Input:
    """What a kind of observation holds, in `unit`, one of which is `over` canonical ones."""
    return Input(name, words, kind, "kind", unit=unit, over=None if over is None else Decimal(over))


def limit(name: str, words: str, unit: str) -> Input:
    """A limit of the laboratory's own range, or a baseline: a number above 0."""
    return Input(name, words, form="limit", unit=unit)


def one_of(name: str, words: str, *codes: str) -> Input:
    """One word of a list."""
    return Input(name, words, form="code", codes=codes)


def several(name: str, words: str, *codes: str) -> Input:
    """Different words of a list; an empty list says that there is none."""
    return Input(name, words, form="list", codes=codes)


def count(name: str, words: str, least: int, most: int, unit: str | None = None) -> Input:
    """A whole number from `least` to `most`."""
    return Input(name, words, form="count", least=least, most=most, unit=unit)


def read_fields(
    whose: str, inputs: tuple[Input, ...], sent: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """(what was read, faults, doubts), each by field. A null is not known, as if it were absent."""
    read: dict[str, Any] = {}
    faults: dict[str, str] = {}
    doubts: dict[str, str] = {}
    known = {each.name: each for each in inputs}
    for name, value in sent.items():
        each = known.get(name)
        if each is None:
            faults[_step(name)] = f"is not a finding of {whose}; known are {', '.join(known)}"
        elif value is not None:
            try:
                read[name], doubt = READERS[each.form](each, value)
            except Refused as error:
                faults[name] = error.detail
            except FindingsError as error:
                faults.update({f"{name}/{place}": words for place, words in error.faults.items()})
            else:
                doubts.update({f"{name}{place}": words for place, words in doubt.items()})
    return read, faults, doubts


Doubts = dict[str, str]


def _yes_no(each: Input, value: Any) -> tuple[bool, Doubts]:
    if not isinstance(value, bool):
        raise Refused("value", "is not a yes or no; send true or false, or leave it out")
    return value, {}


def _kind(each: Input, value: Any) -> tuple[Any, Doubts]:
    kind = KINDS[each.kind or ""]
    measured = measure(kind, value, each.unit or kind.unit)
    doubts = {"": measured.quarantine} if measured.quarantine else {}
    if each.over is None:
        return measured.value, doubts
    return _over(measured.value, each.over), doubts  # type: ignore[arg-type]


def _over(value: Number, over: Decimal) -> Number:
    if isinstance(value, Decimal):
        return value / over
    low, high = (None if end is None else end / over for end in (value.low, value.high))
    return Bounds(low, high, value.low_open, value.high_open)


def _code(each: Input, value: Any) -> tuple[str, Doubts]:
    if not isinstance(value, str) or value not in each.codes:
        raise Refused("value", f"is {in_words(value)}; send one of {', '.join(each.codes)}")
    return value, {}


def _list(each: Input, value: Any) -> tuple[tuple[str, ...], Doubts]:
    words = ", ".join(each.codes)
    if not isinstance(value, list):
        raise Refused("value", f"is not a list; send any of {words}, or [] for none")
    wrong = [member for member in value if not isinstance(member, str) or member not in each.codes]
    if wrong:
        raise Refused("value", f"{in_words(wrong[0])} is not known; send any of {words}")
    if len(set(value)) != len(value):
        raise Refused("value", "names one of them twice")
    return tuple(code for code in each.codes if code in value), {}


def _years(each: Input, value: Any) -> tuple[Decimal, Doubts]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused("value", "is not a number of years")
    if not 0 <= value <= OLDEST_YEARS:
        raise Refused("value", f"is not an age from 0 to {OLDEST_YEARS} years")
    return Decimal(value), {}


def _limit(each: Input, value: Any) -> tuple[Decimal, Doubts]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused("value", f"is not a number; send one in {each.unit}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Refused("value", f"is not a finite number; send one in {each.unit}")
    if not 0 < value < MOST_LIMIT:
        raise Refused("value", f"is {_plain(value)}; send a number above 0, in {each.unit}")
    return Decimal(value), {}


def _count(each: Input, value: Any) -> tuple[int, Doubts]:
    whole = isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value()
    if isinstance(value, bool) or not (isinstance(value, int) or whole):
        raise Refused("value", "is not a whole number")
    if not each.least <= value <= each.most:
        raise Refused(
            "value", f"is {_plain(value)}; send a whole number from {each.least} to {each.most}"
        )
    return int(value), {}


def _items(each: Input, value: Any) -> tuple[dict[str, Any], Doubts]:
    if not isinstance(value, dict):
        names = ", ".join(part.name for part in each.parts)
        raise Refused("value", f"is not an object with any of {names}")
    read, faults, doubts = read_fields(each.name, each.parts, value)
    for name in each.needed:
        if name not in read and name not in faults:
            faults[name] = "is missing"
    if faults:
        raise FindingsError(faults)
    return read, {f"/{place}": words for place, words in doubts.items()}


def _series(each: Input, value: Any) -> tuple[list[dict[str, Any]], Doubts]:
    if not isinstance(value, list):
        names = ", ".join(part.name for part in each.parts)
        raise Refused("value", f"is not a list of objects with {names}")
    if len(value) > MOST_IN_A_SERIES:
        raise Refused("value", f"has {len(value)} entries; send at most {MOST_IN_A_SERIES}")
    entries: list[dict[str, Any]] = []
    faults: dict[str, str] = {}
    doubts: Doubts = {}
    for place, entry in enumerate(value):
        try:
            read, doubt = _items(each, entry)
            entries.append(read)
            doubts.update({f"/{place}{inner}": words for inner, words in doubt.items()})
        except Refused as error:
            faults[str(place)] = error.detail
        except FindingsError as error:
            faults.update({f"{place}/{name}": words for name, words in error.faults.items()})
    if faults:
        raise FindingsError(faults)
    return entries, doubts


def _plain(value: int | Decimal) -> str:
    """A number in words that are short, however large it is."""
    number = (
        Decimal(value) if isinstance(value, Decimal) or -MOST_LIMIT < value < MOST_LIMIT else None
    )
    if number is None or not number.is_finite() or abs(number.adjusted()) > 12:
        return "too large or too small"
    return plainly(number)


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


READERS: Mapping[Form, Callable[[Input, Any], tuple[Any, Doubts]]] = {
    "yes_no": _yes_no,
    "kind": _kind,
    "code": _code,
    "list": _list,
    "years": _years,
    "limit": _limit,
    "count": _count,
    "items": _items,
    "series": _series,
}
