"""A table in one test: for rows that are tried in less time than a test of their own takes.

    @every("row", ROWS, ids=named)
    def test_second_opinion_on_row(row: Row) -> None: ...

Each row is tried, whatever became of those before it, and each that fails is named.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def every(
    names: str | tuple[str, ...], cases: Iterable[Any], ids: Callable[[Any], str] = str
) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, in one test."""
    wanted = (names,) if isinstance(names, str) else names
    every_case = list(cases)
    assert every_case, "a table without rows tries nothing"

    def tried(test: Test) -> Test:
        asked = inspect.signature(test)
        others = [each for name, each in asked.parameters.items() if name not in wanted]
        assert len(others) == len(asked.parameters) - len(wanted)

        @functools.wraps(test)
        def all_of_them(**given: Any) -> None:
            faults = []
            for case in every_case:
                values = (case,) if isinstance(names, str) else case
                try:
                    test(**given, **dict(zip(wanted, values, strict=True)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all are told
                    faults.append(f"{ids(case)}: {type(error).__name__}: {error}")
            if faults:
                told = "\n\n".join(faults)
                pytest.fail(f"{len(faults)} of {len(every_case)}:\n{told}", pytrace=False)

        all_of_them.__signature__ = asked.replace(parameters=others)  # type: ignore[attr-defined]
        del all_of_them.__wrapped__  # type: ignore[attr-defined]
        return all_of_them

    return tried
