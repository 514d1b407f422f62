"""The CRS scales that were in use before the ASTCT consensus of 2019, and are still reported.

Each is worked out from the same findings and none is ever converted into another, because the same
patient has different grades:

    | patient                            | ASTCT | Lee 2014 | Penn | MSKCC | CARTOX |
    | ---------------------------------- | ----- | -------- | ---- | ----- | ------ |
    | fever, fluids for hypotension only | 2     | 2        | 3    | 1     | 2      |
    | fever, one low-dose vasopressor    | 3     | 2        | 3    | 2     | 2      |
    | the same after 24 hours            | 3     | 2        | 3    | 3     | 2      |
    | fever, two low-dose vasopressors   | 4     | 3        | 3    | 2     | 3      |
    | fever, 3 L/min by cannula, 32 %    | 2     | 2        | 3    | 2     | 2      |
    | fever, CPAP for hypoxia, 35 %      | 4     | 2-4      | 3    | 2-4   | 2-4    |
    | fever, creatinine of grade 3       | 1     | 3        | 3    | 1     | 3      |
    | one low-dose vasopressor, no fever | 0     | 2        | 3    | 2     | 2      |

Sources and readings stand with each scale.
"""

from __future__ import annotations

from toxmon.grading.cartox import CARTOX
from toxmon.grading.lee_2014 import LEE_2014
from toxmon.grading.mskcc import MSKCC
from toxmon.grading.older_findings import Findings
from toxmon.grading.penn import PENN
from toxmon.grading.scale import Scale

__all__ = ["CARTOX", "LEE_2014", "MSKCC", "PENN", "SCALES", "Findings"]

SCALES: tuple[Scale, ...] = (LEE_2014, PENN, MSKCC, CARTOX)
