"""LOINC codes: the check digit, and codes that look right and are another quantity.

A code that is neither accepted by a kind nor listed here is simply not known. Those listed here
are sent in place of an accepted one often enough to deserve an answer that says what to send.
The list was made by checking names, not only codes, in public maps; a site loads its own licensed
terminology before it goes live.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

FORM = re.compile(r"[0-9]{1,7}-[0-9]")

_PANEL = (
    "a panel of blood pressures: send its parts, systolic 8480-6, diastolic 8462-4, mean 8478-0"
)
_STANDING = (
    "a standing blood pressure, which is kept in the chart and not graded: "
    "send one taken sitting or lying down as {}"
)
_NEUTROPHIL_PERCENT = (
    "a percentage of leukocytes, not a count: send the absolute neutrophil count as 751-8"
)
_NEUTROPHIL_PART = (
    "a part of the neutrophils, not all of them: send the absolute neutrophil count as 751-8"
)
_LYMPHOCYTE_PERCENT = (
    "a percentage of leukocytes, not a count: send the absolute lymphocyte count as 731-0"
)
_MOLAR_CRP = (
    "a molar concentration of CRP, whose factor differs from assay to assay: "
    "send the mass concentration as 1988-5"
)
_MORPHOLOGY = "a remark on how cells look, not a count: send the count itself"
_COMA_SCALE = (
    "the Glasgow Coma Scale, which no grade here uses: send the kinds ice_score and consciousness"
)
_VENTILATOR = (
    "a ventilator setting, which does not say what the patient breathes through: "
    "send the kind oxygen_device"
)
_OLD_D_DIMER = (
    "a deprecated code that does not say which D-dimer unit it means: "
    "send 48065-7 for FEU or 48066-5 for DDU"
)
_INDIRECT_BILIRUBIN = (
    "not direct bilirubin alone: send total bilirubin as 1975-2 and direct bilirubin as 1968-7"
)

DENIED_LOINC: Mapping[str, str] = MappingProxyType(
    {
        "85354-9": _PANEL,
        "55284-4": _PANEL,
        "35094-2": _PANEL,
        "8460-8": _STANDING.format("8480-6"),
        "8454-1": _STANDING.format("8462-4"),
        "20564-1": "oxygen saturation in a blood gas, perhaps a venous one: "
        "send the pulse oximetry as 59408-5",
        "20077-4": _VENTILATOR,
        "20124-4": _VENTILATOR,
        "9269-2": _COMA_SCALE,
        "9267-6": _COMA_SCALE,
        "9270-0": _COMA_SCALE,
        "9268-4": _COMA_SCALE,
        "80288-4": "a level of consciousness on another scale: send the kind consciousness",
        "14634-0": "a titer of CRP: send the concentration as 1988-5",
        "11039-5": "presence of CRP, not its amount: send the concentration as 1988-5",
        "76485-2": _MOLAR_CRP,
        "76486-0": _MOLAR_CRP,
        "3256-5": "fibrinogen antigen, another quantity: send fibrinogen by clotting as 3255-7",
        "2529-6": "LDH in a body fluid: send LDH in serum or plasma as 2532-0",
        "1971-1": f"indirect bilirubin, {_INDIRECT_BILIRUBIN}",
        "33898-8": f"conjugated and indirect bilirubin, {_INDIRECT_BILIRUBIN}",
        "5901-4": "the control of the prothrombin time: send the patient's as 5902-2",
        "13488-2": "the control of the aPTT: send the patient's as 14979-9",
        "30240-6": _OLD_D_DIMER,
        "7799-0": _OLD_D_DIMER,
        "770-8": _NEUTROPHIL_PERCENT,
        "26511-6": _NEUTROPHIL_PERCENT,
        "23761-0": _NEUTROPHIL_PERCENT,
        "26505-8": _NEUTROPHIL_PERCENT,
        "32200-8": _NEUTROPHIL_PERCENT,
        "26508-2": _NEUTROPHIL_PERCENT,
        "35332-6": _NEUTROPHIL_PERCENT,
        "30451-9": _NEUTROPHIL_PART,
        "26507-4": _NEUTROPHIL_PART,
        "30229-9": _NEUTROPHIL_PART,
        "763-3": _NEUTROPHIL_PART,
        "736-9": _LYMPHOCYTE_PERCENT,
        "26478-8": _LYMPHOCYTE_PERCENT,
        "737-7": _LYMPHOCYTE_PERCENT,
        "8123-2": "a percentage of lymphocytes, not a count: send the CD4 count as 24467-3",
        "59260-0": "a molar concentration of hemoglobin, whose factor depends on what the "
        "laboratory calls a molecule: send the mass concentration as 718-7",
        "11156-7": _MORPHOLOGY,
        "11125-2": _MORPHOLOGY,
    }
)
"""Code -> what it is, and what to send instead."""


def loinc_check_digit(code: str) -> bool:
    """Is the digit after the dash the mod 10 check digit of the digits before it?

    Of the digits counted from the right, the odd ones are read as one number and doubled; the even
    ones are written before that; what the sum of all digits lacks to the next ten is the digit.
    It finds a mistyped code, not a valid code of another test.
    """
    if not FORM.fullmatch(code):
        return False
    stem, _, check = code.partition("-")
    from_right = stem[::-1]
    odd, even = from_right[0::2][::-1], from_right[1::2][::-1]
    digits = f"{even}{2 * int(odd)}"
    return (10 - sum(map(int, digits)) % 10) % 10 == int(check)
