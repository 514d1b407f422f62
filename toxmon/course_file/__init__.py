"""`toxmon course`: one patient's record from a file, graded over time without a server.

The file is CSV with a header, or JSON lines.

CSV columns `effective_at`, `kind`, `value`, and where needed `unit`, `until`, `dose`, `low` and
`high`, the laboratory's own range, and `recorded_at`, when it was charted; in any order. JSON lines
hold the same keys, or whole observation sets as they are posted. Besides the kinds of observations:

    | kind           | value                               | besides                           |
    | -------------- | ----------------------------------- | --------------------------------- |
    | infusion       | the product, such as ide-cel        |                                   |
    | administration | the medication                      | dose, in words                    |
    | attribution    | the sign that has another cause     | until, when it ends               |
    | death          | crs, icans, iec_hs or other         |                                   |
    | stay           | inpatient, outpatient or ended      | nothing                           |
    | pause          | why checks are paused               | until                             |
    | birth_date     | a date; its effective_at may be any |                                   |

Every fault of the file is found at once, each with its line and column.
"""

from toxmon.course_file.forms import parse, read_record
from toxmon.course_file.table import as_json, graded, steps, table
from toxmon.course_record import Fault, Record, RecordError

__all__ = [
    "Fault",
    "Record",
    "RecordError",
    "as_json",
    "graded",
    "parse",
    "read_record",
    "steps",
    "table",
]
