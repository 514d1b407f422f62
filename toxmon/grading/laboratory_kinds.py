"""Laboratory tests: canonical unit, limits and codes.

A slip is a range in which one unit's ordinary numbers would be read as another unit's crisis, or
the other way round; it is named where that was seen or where a grade would hang on it.
"""

from __future__ import annotations

from toxmon.grading.kind import Kind, Worse, number

THOUSANDS = "probably thousands per microliter are missing: send it with the unit 10*3/uL"
GRAMS_PER_LITER = "probably g/L: send it with the unit g/L"
MICROMOLES = "probably umol/L: send it with the unit umol/L"
MILLIMOLES = "probably mmol/L: send it with the unit mmol/L"
MICROKATALS = "probably ukat/L: send it with the unit ukat/L"
MICROGRAMS_PER_ML = "probably ug/mL: send it with the unit ug/mL"

# A microliter holds no more than about five million white cells of 200 fL each.
PACKED_WHITE_CELLS_PER_UL = "5000000"


def _concentration(
    name: str,
    title: str,
    unit: str,
    plausible: tuple[str, str],
    worse: Worse,
    resolution: str,
    loinc: str = "",
    *slips: tuple[str, str, str],
    highest: str | None = None,
) -> Kind:
    """A number from 0 to `highest`, or to ten times what is plausible."""
    return number(
        name,
        title,
        unit,
        possible=("0", highest or f"{plausible[1]}0"),
        plausible=plausible,
        worse=worse,
        resolution=resolution,
        loinc=loinc,
        slips=slips,
    )


def _white_cells(name: str, title: str, plausible_high: str, loinc: str) -> Kind:
    return _concentration(
        name,
        title,
        "/uL",
        ("0", plausible_high),
        "lower",
        "10",
        loinc,
        ("0", "10", THOUSANDS),
        highest=PACKED_WHITE_CELLS_PER_UL,
    )


INFLAMMATION: tuple[Kind, ...] = (
    _concentration(
        "ferritin",
        "Ferritin",
        "ng/mL",
        ("0", "1000000"),
        "higher",
        "1",
        "2276-4 20567-4 24373-3",
        ("0", "1", "probably mg/L: send it with the unit mg/L"),
    ),
    _concentration(
        "crp",
        "C-reactive protein",
        "mg/L",
        ("0", "1000"),
        "higher",
        "0.1",
        "1988-5 30522-7 71426-1",
    ),
    _concentration("il6", "Interleukin 6", "pg/mL", ("0", "1000000"), "higher", "0.1", "26881-3"),
    _concentration(
        "procalcitonin",
        "Procalcitonin",
        "ng/mL",
        ("0", "1000"),
        "higher",
        "0.01",
        "33959-8 75241-0",
    ),
    # No factor leads from one to the other: the unit of activity differs from assay to assay.
    _concentration(
        "soluble_cd25",
        "Soluble interleukin-2 receptor (CD25), mass",
        "pg/mL",
        ("0", "1000000"),
        "higher",
        "1",
        "76039-7",
    ),
    _concentration(
        "soluble_cd25_units",
        "Soluble interleukin-2 receptor (CD25), units",
        "U/mL",
        ("0", "1000000"),
        "higher",
        "1",
    ),
)

COAGULATION: tuple[Kind, ...] = (
    _concentration(
        "fibrinogen",
        "Fibrinogen",
        "mg/dL",
        ("5", "2000"),
        "lower",
        "1",
        "3255-7",
        ("0", "15", GRAMS_PER_LITER),
    ),
    # A D-dimer unit (DDU) is about half a fibrinogen equivalent unit (FEU), not exactly half.
    _concentration(
        "d_dimer",
        "D-dimer in fibrinogen equivalent units (FEU)",
        "ng/mL{FEU}",
        ("0", "1000000"),
        "higher",
        "1",
        "48065-7",
        ("0", "10", MICROGRAMS_PER_ML),
    ),
    _concentration(
        "d_dimer_ddu",
        "D-dimer in D-dimer units (DDU)",
        "ng/mL{DDU}",
        ("0", "1000000"),
        "higher",
        "1",
        "48066-5",
        ("0", "10", MICROGRAMS_PER_ML),
    ),
    _concentration(
        "inr",
        "International normalized ratio",
        "1",
        ("0.5", "30"),
        "higher",
        "0.1",
        "6301-6 34714-6",
    ),
    _concentration("pt", "Prothrombin time", "s", ("5", "300"), "higher", "0.1", "5902-2 5964-2"),
    _concentration(
        "aptt",
        "Activated partial thromboplastin time",
        "s",
        ("10", "300"),
        "higher",
        "0.1",
        "14979-9 3173-2",
    ),
)

CHEMISTRY: tuple[Kind, ...] = (
    _concentration(
        "ldh",
        "Lactate dehydrogenase",
        "U/L",
        ("10", "100000"),
        "higher",
        "1",
        "2532-0 14804-9 14805-6 60017-1",
        ("0", "10", MICROKATALS),
    ),
    _concentration(
        "ast",
        "Aspartate aminotransferase",
        "U/L",
        ("1", "100000"),
        "higher",
        "1",
        "1920-8 30239-8",
        ("0", "1", MICROKATALS),
    ),
    _concentration(
        "alt",
        "Alanine aminotransferase",
        "U/L",
        ("1", "100000"),
        "higher",
        "1",
        "1742-6 1743-4 76625-3",
        ("0", "1", MICROKATALS),
    ),
    _concentration(
        "bilirubin_total",
        "Bilirubin, total",
        "mg/dL",
        ("0", "100"),
        "higher",
        "0.1",
        "1975-2 14631-6",
        ("100", "2000", MICROMOLES),
    ),
    _concentration(
        "bilirubin_direct",
        "Bilirubin, direct",
        "mg/dL",
        ("0", "100"),
        "higher",
        "0.1",
        "1968-7 14629-0 15152-2",
        ("100", "2000", MICROMOLES),
    ),
    _concentration(
        "triglycerides",
        "Triglycerides",
        "mg/dL",
        ("5", "20000"),
        "higher",
        "1",
        "2571-8 14927-8 35217-9 3043-7 70218-3",
        ("0", "5", MILLIMOLES),
    ),
    _concentration(
        "creatinine",
        "Creatinine",
        "mg/dL",
        ("0.05", "40"),
        "higher",
        "0.01",
        "2160-0 14682-9 77140-2 38483-4 21232-4",
        ("40", "2000", MICROMOLES),
    ),
    _concentration("lactate", "Lactate", "mmol/L", ("0", "50"), "higher", "0.1", "2524-7 32693-4"),
    # The reference names no verified code for glucose; it is charted by name.
    _concentration(
        "glucose",
        "Glucose",
        "mg/dL",
        ("10", "3000"),
        "higher",
        "1",
        "",
        ("0", "10", MILLIMOLES),
    ),
    _concentration(
        "igg",
        "Immunoglobulin G",
        "mg/dL",
        ("0", "15000"),
        "lower",
        "1",
        "2465-3",
        ("0", "20", GRAMS_PER_LITER),
    ),
    _concentration("m_protein", "M-protein in serum", "g/dL", ("0", "15"), "higher", "0.1"),
)

BLOOD_COUNT: tuple[Kind, ...] = (
    _white_cells("wbc", "Leukocytes", "1000000", "6690-2 26464-8 49498-9 804-5 12227-5"),
    _white_cells("anc", "Neutrophils, absolute", "500000", "751-8 26499-4 753-4"),
    _white_cells("alc", "Lymphocytes, absolute", "1000000", "731-0 26474-7 732-8"),
    # A handful of CD4 cells per microliter is an ordinary result after CAR-T; less than one is not.
    _concentration(
        "cd4",
        "CD4 T cells, absolute",
        "/uL",
        ("0", "10000"),
        "lower",
        "1",
        "24467-3 32515-9",
        ("0", "1", THOUSANDS),
    ),
    _concentration("b_cells", "B cells (CD19), absolute", "/uL", ("0", "10000"), "lower", "1"),
    # Red cells alone, without plasma, hold about 35 g/dL.
    _concentration(
        "hemoglobin",
        "Hemoglobin",
        "g/dL",
        ("1", "25"),
        "lower",
        "0.1",
        "718-7 20509-6 30313-1 30350-3 55782-7 14775-1",
        ("25", "300", GRAMS_PER_LITER),
        highest="40",
    ),
    _concentration(
        "platelets",
        "Platelets",
        "10*9/L",
        ("0", "5000"),
        "lower",
        "1",
        "777-3 26515-7 778-1 49497-1",
        ("0", "1", "probably 10*9/L was marked as /uL: send it with the unit 10*9/L"),
        ("5000", "5000000", "probably a count per microliter: send it with the unit /uL"),
    ),
)

LABORATORY: tuple[Kind, ...] = (*INFLAMMATION, *COAGULATION, *CHEMISTRY, *BLOOD_COUNT)
