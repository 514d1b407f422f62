"""CRS by the CARTOX recommendations.

    | grade | fever      | hypotension                     | oxygen     | organ toxicity      |
    | ----- | ---------- | ------------------------------- | ---------- | ------------------- |
    | 1     | >= 38 Cel  |                                 |            | grade 1             |
    | 2     |            | answers to fluids, or to        | < 40 %     | grade 2             |
    |       |            | vasopressors at a low dose      |            |                     |
    | 3     |            | several vasopressors, or a high | >= 40 %    | grade 3, or         |
    |       |            | dose                            |            | transaminases of 4  |
    | 4     |            | life-threatening                | ventilator | grade 4, but not    |
    |       |            |                                 |            | of transaminases    |
    | 5     | death due to CRS, said by a clinician                                          |

The paper reads hypotension from a systolic pressure below 90 mm[Hg]; here it is the finding that is
charted, which the ward's policy may read from the pressures.

Units: temperature in Cel, oxygen in % of the inspired air, organ toxicities in CTCAE grades.
Bounds: exactly 38.0 Cel is fever; exactly 40 % is grade 3.
Source: Neelapu SS et al. Nat Rev Clin Oncol 2018;15:47-62, doi:10.1038/nrclinonc.2017.148. The
table was read where later papers print it: doi:10.1186/s13045-018-0653-x and PMC7006459.
Read by us: organ toxicity (decision 0042), oxygen, CPAP and BiPAP (0043), fluids, high dose,
several vasopressors, what is life-threatening (0044).
"""

from __future__ import annotations

from toxmon.grading.older_scale import VASOPRESSIN_COUNTED, Step, older_scale

CARTOX = older_scale(
    name="crs_cartox",
    title="Cytokine release syndrome, CARTOX",
    edition="cartox-2018",
    source="Neelapu 2018, doi:10.1038/nrclinonc.2017.148",
    steps=(
        Step(1, "fever"),
        Step(2, "hypotension"),
        Step(2, "fluids"),
        Step(2, "vasopressor"),
        Step(3, "several"),
        Step(3, "high_dose"),
        Step(3, "unanswered", settled=False),
        Step(4, "refractory"),
        Step(2, "oxygen"),
        Step(3, "much_oxygen"),
        Step(4, "mask_pressure", settled=False),
        Step(4, "ventilator"),
        Step(1, "organ_1"),
        Step(2, "organ_2"),
        Step(3, "organ_3"),
        Step(4, "organ_4"),
        Step(1, "transaminases_1"),
        Step(2, "transaminases_2"),
        # Only grade 4 is set apart in the table, so grade 3 is a grade 3 organ toxicity.
        Step(3, "transaminases_3"),
    ),
    notices={"vasopressin_counted": VASOPRESSIN_COUNTED},
)
