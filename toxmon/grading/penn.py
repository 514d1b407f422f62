"""CRS by the Penn scale.

    | grade | symptoms       | hypotension           | oxygen            | organ dysfunction       |
    | ----- | -------------- | --------------------- | ----------------- | ----------------------- |
    | 1     | mild reaction, |                       |                   |                         |
    |       | supportive care |                      |                   |                         |
    | 2     | in hospital    |                       |                   | creatinine of grade 2,  |
    |       | for CRS        |                       |                   | transaminases of 3      |
    | 3     |                | fluids, or            | any, CPAP, BiPAP  | creatinine of grade 3,  |
    |       |                | vasopressors at a low |                   | transaminases of 4,     |
    |       |                | dose                  |                   | coagulopathy that needs |
    |       |                |                       |                   | products                |
    | 4     |                | a high dose           | mechanical        |                         |
    |       |                |                       | ventilation       |                         |
    | 5     | death due to CRS, said by a clinician                                                |

The paper defines fluids as several boluses to support the pressure, and lists beside the hospital
stay fever with neutropenia and intravenous therapy other than fluids for hypotension.

Units: temperature in Cel, organ toxicities in CTCAE grades.
Bounds: fever is >= 38.0 Cel (ours: the paper says a mild reaction).
Source: Porter D et al. J Hematol Oncol 2018;11:35, doi:10.1186/s13045-018-0571-y. The table was
read where later papers print it: doi:10.1186/s13045-018-0653-x, PMC7006459, and a table page of
the American Society of Hematology (view-large/6544574).
Read by us: no fever is required, organs that the table does not name (decision 0042), ventilation
(0043), fluids, several vasopressors (0044).
"""

from __future__ import annotations

from toxmon.grading.older_scale import HYPOTENSION_UNTREATED, Step, older_scale

PENN = older_scale(
    name="crs_penn",
    title="Cytokine release syndrome, Penn scale",
    edition="penn-2018",
    source="Porter 2018, doi:10.1186/s13045-018-0571-y",
    steps=(
        Step(1, "fever"),
        Step(1, "constitutional_symptoms"),
        Step(2, "hospitalized"),
        Step(1, "hypotension"),
        Step(3, "fluids"),
        Step(3, "vasopressor"),
        Step(4, "high_dose"),
        Step(3, "oxygen"),
        Step(4, "ventilator"),
        Step(2, "organ_2"),
        Step(3, "organ_3"),
        Step(4, "organ_4", settled=False),
        Step(2, "transaminases_3"),
        Step(3, "transaminases_4"),
        Step(3, "coagulopathy"),
    ),
    notices={"hypotension_untreated": HYPOTENSION_UNTREATED},
)
