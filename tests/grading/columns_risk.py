"""The columns of the pages on CAR-HEMATOTOX and EASIX, and how a cell is read."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.grading.cells import name, number, yes_or_no

READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "car_hematotox": {
        "platelets_10e9_l": number,
        "anc_per_ul": number,
        "hemoglobin_g_dl": number,
        "crp_mg_dl": number,
        "ferritin_ng_ml": number,
        "age_years": number,
        "disease": name,
        "before_lymphodepletion": yes_or_no,
        "transfused_recently": yes_or_no,
    },
    "easix": {
        "ldh_u_l": number,
        "creatinine_mg_dl": number,
        "platelets_10e9_l": number,
        "crp_mg_dl": number,
        "time_point": name,
        "transfused_recently": yes_or_no,
    },
}
