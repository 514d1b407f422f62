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


def masks_fever(medication: str) -> bool:
    """Does this drug open the fever waiver, or hide a fever that has not been seen yet?"""
    return medication in ANTIPYRETICS or medication in ANTICYTOKINES or medication in STEROIDS
