"""CRS by the scale of Memorial Sloan Kettering (MSKCC).

    | grade | symptoms       | hypotension                         | oxygen                 |
    | ----- | -------------- | ----------------------------------- | ---------------------- |
    | 1     | mild: observed, or supportive care only              |                        |
    | 2     |                | any vasopressor, less than 24 h     | < 40 %                 |
    | 3     |                | any vasopressor, 24 h or longer     | >= 40 %                |
    | 4     |                | in spite of high-dose vasopressors  | mechanical ventilation |
    | 5     | death due to CRS, said by a clinician                                         |

No organ toxicity and no laboratory value enters, and neither do fluids: hypotension without a
vasopressor is grade 1.

Units: temperature in Cel, oxygen in % of the inspired air, time in h.
Bounds: fever is >= 38.0 Cel (ours: the paper says mild symptoms); exactly 40 % and exactly 24 h are
grade 3.
Source: Park JH et al. N Engl J Med 2018;378:449-459, doi:10.1056/NEJMoa1709919. The table was read
where a later paper prints it: PMC7006459.
Read by us: no fever is required (decision 0042), oxygen, CPAP and BiPAP (0043), the hours of a
vasopressor (0044).
"""

from __future__ import annotations

from toxmon.grading.older_scale import Step, older_scale

MSKCC = older_scale(
    name="crs_mskcc",
    title="Cytokine release syndrome, MSKCC scale",
    edition="mskcc-2018",
    source="Park 2018, doi:10.1056/NEJMoa1709919",
    steps=(
        Step(1, "fever"),
        Step(1, "constitutional_symptoms"),
        Step(1, "hypotension"),
        Step(1, "fluids"),
        Step(2, "vasopressor"),
        Step(3, "a_day"),
        Step(4, "refractory"),
        Step(2, "oxygen"),
        Step(3, "much_oxygen"),
        Step(4, "mask_pressure", settled=False),
        Step(4, "ventilator"),
    ),
    notices={},
)
