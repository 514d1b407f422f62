"""The columns of the page on the laboratory grades of CTCAE v5.0, and how a cell is read."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.grading.cells import number, yes_or_no


def _numbers(*names: str) -> Mapping[str, Callable[[str], Any]]:
    return dict.fromkeys(names, number)


READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "neutropenia": _numbers("anc_per_ul", "anc_lln_per_ul"),
    "anemia": {
        **_numbers("hemoglobin_g_dl", "hemoglobin_lln_g_dl"),
        "transfusion_indicated": yes_or_no,
        "life_threatening": yes_or_no,
    },
    "thrombocytopenia": {
        **_numbers("platelets_10e9_l", "platelets_lln_10e9_l"),
        "transfused_recently": yes_or_no,
    },
    "lymphopenia": _numbers("alc_per_ul", "alc_lln_per_ul"),
    "cd4_lymphopenia": _numbers("cd4_per_ul", "cd4_lln_per_ul"),
    "hypofibrinogenemia": _numbers(
        "fibrinogen_mg_dl", "fibrinogen_lln_mg_dl", "fibrinogen_baseline_mg_dl"
    ),
    "creatinine_increased": _numbers(
        "creatinine_mg_dl", "creatinine_uln_mg_dl", "creatinine_baseline_mg_dl"
    ),
    "ast_increased": _numbers("ast_u_l", "ast_uln_u_l", "ast_baseline_u_l"),
    "alt_increased": _numbers("alt_u_l", "alt_uln_u_l", "alt_baseline_u_l"),
    "bilirubin_increased": _numbers(
        "bilirubin_mg_dl", "bilirubin_uln_mg_dl", "bilirubin_baseline_mg_dl"
    ),
}
