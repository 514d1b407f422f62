"""A table in one test hides no row of it."""

from __future__ import annotations

import pytest

from tests.every import every


def test_each_row_that_fails_is_named_and_none_stops_another() -> None:
    tried = []

    @every("number", range(6), ids="row {}".format)
    def halves(number: int, by: int) -> None:
        tried.append(number)
        if number == 5:
            pytest.fail("outright")
        assert number % by == 0, "a half is left"

    with pytest.raises(pytest.fail.Exception) as caught:
        halves(by=2)
    assert tried == [0, 1, 2, 3, 4, 5]
    told = str(caught.value)
    assert told.startswith("3 of 6:\n")
    for row in ("row 1: AssertionError: a half is left", "row 3: ", "row 5: Failed: outright"):
        assert row in told
    assert "row 2" not in told


@every(("one", "other"), [(1, 1), (2, 2)])
def test_what_the_table_does_not_give_is_a_fixture(
    one: int, other: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert one == other
    assert tmp_path_factory


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="tries nothing"):
        every("row", [])
