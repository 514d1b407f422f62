"""A file of a cohort: the courses of many patients for research, without who they are.

What it holds and what it never holds: decision 0106. The same filter over the same record gives
the same bytes, from a page and from the command line.
"""

from toxmon.cohort.export.columns import COLUMNS, TABLES, Column
from toxmon.cohort.export.filed import write
from toxmon.cohort.export.found import Cohort, Course, find
from toxmon.cohort.export.wanted import FilterError, Wanted, as_toml, plain, read

__all__ = [
    "COLUMNS",
    "TABLES",
    "Cohort",
    "Column",
    "Course",
    "FilterError",
    "Wanted",
    "as_toml",
    "find",
    "plain",
    "read",
    "write",
]
