"""What a drug means to the grading rules: does it hide a fever, or treat CRS?

A closed list of names as they are charted, in lower case. A drug that is not on it is recorded
all the same and changes no grade.

Source: Lee 2019, doi:10.1016/j.bbmt.2018.12.758, footnote on antipyretic or anticytokine therapy
"such as tocilizumab or steroids". Which drugs belong to the three groups is read by us from their
pharmacology (decision 0024).
"""

from __future__ import annotations

ANTIPYRETICS = frozenset(
    {
        "acetaminophen",
        "paracetamol",
        "metamizole",
        "ibuprofen",
        "naproxen",
        "ketorolac",
        "diclofenac",
        "aspirin",
        "indomethacin",
    }
)
ANTICYTOKINES = frozenset(
    {
        "tocilizumab",
        "siltuximab",
        "sarilumab",
        "anakinra",
        "canakinumab",
        "emapalumab",
        "ruxolitinib",
        "itacitinib",
        "infliximab",
        "etanercept",
    }
)
STEROIDS = frozenset(
    {
        "dexamethasone",
        "methylprednisolone",
        "hydrocortisone",
        "prednisone",
        "prednisolone",
        "betamethasone",
    }
)

LOCAL_ROUTES = frozenset({"topical", "ophthalmic", "otic", "inhaled", "intranasal"})
"""A steroid given by one of these does not treat CRS."""


GROUPS = {
    "platelets": frozenset({"platelets", "platelet_concentrate", "platelet_transfusion"}),
    "red_cells": frozenset({"red_cells", "red_cell_concentrate", "red_cell_transfusion"}),
    "immunoglobulin": frozenset({"immunoglobulin", "ivig", "scig"}),
    "g_csf": frozenset({"filgrastim", "pegfilgrastim", "lenograstim", "lipegfilgrastim"}),
    "lymphodepletion": frozenset({"fludarabine", "cyclophosphamide", "bendamustine", "cladribine"}),
    "fibrinogen": frozenset({"fibrinogen", "fibrinogen_concentrate", "cryoprecipitate"}),
}
"""What was given that a laboratory value must be read beside; the last of each is remembered."""

GROUP_OF = {drug: group for group, drugs in GROUPS.items() for drug in drugs}


def masks_fever(medication: str) -> bool:
    """Does this drug open the fever waiver, or hide a fever that has not been seen yet?"""
    return medication in ANTIPYRETICS or medication in ANTICYTOKINES or medication in STEROIDS
