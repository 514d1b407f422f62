"""How the columns of ICAHT and T-ICAHT are read, early and late.

A series is written by days: `0-4: 300, 14: 900` is 300 on each of day 0 to 4 and 900 on day 14,
`31-94/7: 800` is 800 on every seventh day from day 31 to 94, and a day that stands twice was
counted twice. A count may have a sign: `5: <100`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.grading.cells import listed, number, yes_or_no
from toxmon.grading import icaht, t_icaht


def series(unit: str) -> Callable[[str], list[dict[str, Any]]]:
    def read(cell: str) -> list[dict[str, Any]]:
        entries = []
        for part in listed(cell):
            found = re.fullmatch(r"(\d+)(?:-(\d+)(?:/(\d+))?)?: *(\S+)", part)
            if found is None:
                raise ValueError(f"not days with a count: {part!r}")
            first, last, step = (int(each) if each else None for each in found.groups()[:3])
            assert first is not None
            for day in range(first, (first if last is None else last) + 1, step or 1):
                entries.append({"day": day, unit: number(found[4])})
        return entries

    return read


def one_of(*words: str) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word not in words:
            raise ValueError(f"not one of {words}: {word!r}")
        return word

    return read


WINDOW = {"today_day": int, "last_follow_up_day": int, "final": yes_or_no}
NEUTROPHILS = {"anc": series("per_ul"), **WINDOW, "method": one_of(*icaht.METHODS)}
THROMBOCYTES = {"platelets": series("10e9_l"), **WINDOW, "method": one_of(*t_icaht.METHODS)}

READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "icaht_early": NEUTROPHILS,
    "icaht_late": NEUTROPHILS,
    "t_icaht_early": THROMBOCYTES,
    "t_icaht_late": THROMBOCYTES,
}
