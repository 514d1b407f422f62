"""Vital signs, oxygen, circulation, weight and height.

Plausible limits are wide enough for the crisis that is looked for: device ranges (saturation from
70 %, systolic pressure to 250) would throw it away. LOINC codes were read with their names in
published maps and examples; a site loads its own licensed terminology before it goes live.
"""

from __future__ import annotations

from toxmon.grading.kind import Kind, code, number, several, yes_no

COUNTED_VASOPRESSORS = (
    "ephedrine",
    "metaraminol",
    "phenylephrine",
    "dopamine",
    "angiotensin_ii",
    "epinephrine",
    "norepinephrine",
    "other_vasopressor",
)
VASOPRESSIN_LIKE = ("vasopressin", "terlipressin")
NOT_VASOPRESSORS = ("midodrine", "levosimendan", "milrinone", "dobutamine")
"""Inotropes, and midodrine by mouth: charted with the rest, never counted (decision 0007)."""

FRACTION = "probably a fraction of 1 was marked as %: send it with the unit 1"
FAHRENHEIT = "probably degrees Fahrenheit were marked as Celsius: send it with the unit [degF]"

DECIMAL_POINT = "probably the decimal point is missing"

VITAL: tuple[Kind, ...] = (
    # People survived 11.8 Cel (accidental hypothermia) and 46.5 Cel (heat stroke). Above 60 Cel a
    # number is Fahrenheit (98.6) or has lost its decimal point (386).
    number(
        "body_temperature",
        "Body temperature",
        "Cel",
        possible=("10", "60"),
        plausible=("25", "45"),
        worse="higher",
        resolution="0.1",
        loinc="8310-5 8331-1 8332-9 8328-7 8333-7 8329-5 60834-9 60836-4 60838-0",
        slips=(("76", "114", FAHRENHEIT), ("249", "451", DECIMAL_POINT)),
    ),
    number(
        "heart_rate",
        "Heart rate",
        "/min",
        possible=("0", "600"),
        plausible=("10", "350"),
        worse="higher",
        resolution="1",
        loinc="8867-4 8889-8 76282-3 68999-2",
    ),
    # High-frequency oscillation ventilates at up to 900 /min and reaches some interfaces so.
    number(
        "respiratory_rate",
        "Respiratory rate",
        "/min",
        possible=("0", "1000"),
        plausible=("1", "120"),
        worse="higher",
        resolution="1",
        loinc="9279-1 76270-8 76171-8",
    ),
    # Pressures of 480/350 were measured in weight lifters.
    number(
        "systolic_bp",
        "Systolic blood pressure",
        "mm[Hg]",
        possible=("0", "600"),
        plausible=("20", "320"),
        worse="lower",
        resolution="1",
        loinc="8480-6 76215-3 76534-7 8459-0 8461-6",
    ),
    number(
        "diastolic_bp",
        "Diastolic blood pressure",
        "mm[Hg]",
        possible=("0", "500"),
        plausible=("5", "220"),
        worse="lower",
        resolution="1",
        loinc="8462-4 76213-8 76535-4 8455-8",
    ),
    number(
        "mean_arterial_pressure",
        "Mean arterial pressure",
        "mm[Hg]",
        possible=("0", "500"),
        plausible=("10", "250"),
        worse="lower",
        resolution="1",
        loinc="8478-0 76214-6 76536-2",
    ),
    number(
        "oxygen_saturation",
        "Oxygen saturation by pulse oximetry",
        "%",
        possible=("0", "100"),
        plausible=("20", "100"),
        worse="lower",
        resolution="1",
        loinc="59408-5 2708-6 59410-1",
        slips=(("0", "1.01", FRACTION),),
    ),
    number(
        "oxygen_flow",
        "Oxygen flow",
        "L/min",
        possible=("0", "200"),
        plausible=("0", "100"),
        worse="higher",
        resolution="0.1",
        loinc="3151-8 19941-4 19942-2",
        slips=(("200", "200000", "probably mL/min: send it with the unit mL/min"),),
    ),
    # Room air is sent as 20.9 and 20.95 as often as 21; all three are room air, not a slip.
    number(
        "fraction_inspired_oxygen",
        "Fraction of inspired oxygen",
        "%",
        possible=("0", "100"),
        plausible=("20", "100"),
        worse="higher",
        resolution="1",
        loinc="3150-0 19994-3 19996-8",
        slips=(("0", "1.01", FRACTION),),
    ),
    # A cannula stands after blow-by because at more than 6 L/min it is the graver of the two.
    code(
        "oxygen_device",
        "Oxygen device",
        "room_air",
        "blow_by",
        "nasal_cannula",
        "high_flow_nasal_cannula",
        "simple_mask",
        "venturi_mask",
        "non_rebreather",
        "cpap",
        "bipap",
        "invasive_ventilation",
        "ecmo",
        loinc="107117-4",
    ),
    # Only ventilation for hypoxia is graded, so hypoxia is the worst of the reasons.
    code(
        "ventilation_reason",
        "Reason for ventilation",
        "chronic",
        "procedure",
        "airway_protection",
        "hypoxia",
    ),
    several(
        "vasopressors",
        "Vasopressors and inotropes running",
        *NOT_VASOPRESSORS,
        *VASOPRESSIN_LIKE,
        *COUNTED_VASOPRESSORS,
        classes=(frozenset(COUNTED_VASOPRESSORS), frozenset(VASOPRESSIN_LIKE)),
    ),
    yes_no("hypotension", "Hypotension, as a clinician finds it"),
    # From the smallest newborn that went home (0.21 kg) to the heaviest person known (635 kg).
    number(
        "weight",
        "Body weight",
        "kg",
        possible=("0.2", "700"),
        plausible=("2", "400"),
        worse=None,
        resolution="0.1",
        loinc="29463-7 3141-9",
        slips=(("700", "700000", "probably grams: send it with the unit g"),),
    ),
    number(
        "height",
        "Body height",
        "cm",
        possible=("10", "300"),
        plausible=("30", "250"),
        worse=None,
        resolution="1",
        loinc="8302-2 8306-3 3137-7",
        slips=(("0", "3", "probably meters: send it with the unit m"),),
    ),
)
