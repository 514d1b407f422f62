"""The example record of the documentation, and the grades that are worked out from it."""

from pathlib import Path

import pytest

from toxmon.course_file import graded, read_record
from toxmon.course_record import Record
from toxmon.data import shipped
from toxmon.grading.course import Step
from toxmon.grading.policy import Policy
from toxmon.protocol import read_policy

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "course.csv"


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The shipped policy."""
    path = shipped("protocols") / "policy" / "default.toml"
    return read_policy(path.read_text(encoding="utf-8"), "policy/default.toml").policy


@pytest.fixture(scope="session")
def record() -> Record:
    """Fourteen days after cilta-cel: CRS up to 3 with tocilizumab, then ICANS up to 2."""
    return read_record(EXAMPLE)


@pytest.fixture(scope="session")
def steps(record: Record, policy: Policy) -> dict[str, list[Step]]:
    """Its grades, by scale."""
    return graded(record, policy)
