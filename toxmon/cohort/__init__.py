"""Many patients in one file, graded as it streams by: long CSV, one count a line.

A file is read once, standard input too, and never kept: the rows of one patient stand together, so
memory does not grow with the patients. What does grow are the ids that were seen, at about 16 bytes
each, to refuse a patient who comes twice. Nothing is half graded: after the first fault the rest is
checked and not graded, and the answers are told only when the last line was in order.
"""

from toxmon.cohort.answers import LEDGER, Columns, Sensitivity, by_day, plain
from toxmon.cohort.faults import Faults, FileError
from toxmon.cohort.patient import Patient
from toxmon.cohort.rules import RULES, Rule
from toxmon.cohort.table import Table

__all__ = [
    "LEDGER",
    "RULES",
    "Columns",
    "Faults",
    "FileError",
    "Patient",
    "Rule",
    "Sensitivity",
    "Table",
    "by_day",
    "plain",
]
