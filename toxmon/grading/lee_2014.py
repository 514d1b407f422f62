"""CRS by the scale of Lee and colleagues, 2014.

    | grade | symptoms       | hypotension                     | oxygen     | organ toxicity     |
    | ----- | -------------- | ------------------------------- | ---------- | ------------------ |
    | 1     | fever, malaise |                                 |            |                    |
    | 2     |                | answers to fluids, or to one    | < 40 %     | grade 2            |
    |       |                | vasopressor at a low dose       |            |                    |
    | 3     |                | several vasopressors, or one at | >= 40 %    | grade 3, or        |
    |       |                | a high dose                     |            | transaminases of 4 |
    | 4     |                |                                 | ventilator | grade 4, but not   |
    |       |                |                                 |            | of transaminases   |
    | 5     | death due to CRS, said by a clinician                                            |

Units: temperature in Cel, oxygen in % of the inspired air, organ toxicities in CTCAE grades.
Bounds: fever is >= 38.0 Cel (ours: the paper says fever); exactly 40 % is grade 3.
Source: Lee DW et al. Blood 2014;124:188-195, doi:10.1182/blood-2014-05-552729 (the DOI is from
memory). The table was read where later papers print it: PMC7006459 and
doi:10.1186/s13045-018-0653-x.
Read by us: no fever is required, organ toxicity (decision 0042), oxygen, CPAP and BiPAP (0043),
fluids, high dose, several vasopressors (0044).
"""

from __future__ import annotations

from toxmon.grading.older_scale import VASOPRESSIN_COUNTED, Step, older_scale

LEE_2014 = older_scale(
    name="crs_lee_2014",
    title="Cytokine release syndrome, Lee 2014",
    edition="lee-2014",
    source="Lee 2014, doi:10.1182/blood-2014-05-552729",
    steps=(
        Step(1, "fever"),
        Step(1, "constitutional_symptoms"),
        Step(2, "hypotension"),
        Step(2, "fluids"),
        Step(2, "vasopressor"),
        Step(3, "several"),
        Step(3, "high_dose"),
        Step(3, "unanswered", settled=False),
        Step(2, "oxygen"),
        Step(3, "much_oxygen"),
        Step(4, "mask_pressure", settled=False),
        Step(4, "ventilator"),
        Step(2, "organ_2"),
        Step(3, "organ_3"),
        Step(4, "organ_4"),
        Step(2, "transaminases_2"),
        # Only grade 4 is set apart in the table, so grade 3 is a grade 3 organ toxicity.
        Step(3, "transaminases_3"),
    ),
    notices={"vasopressin_counted": VASOPRESSIN_COUNTED},
)
