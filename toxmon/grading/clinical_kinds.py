"""What a clinician finds or decides, and charts by name: no device and no laboratory sends these.

A severity is the CTCAE v5 grade that a clinician has charted, 0 to 5. A grade charted for a scale
stands beside the grade that is worked out, and never replaces it.
"""

from __future__ import annotations

from toxmon.grading.kind import Kind, code, number, score, several, yes_no

HYPERINFLAMMATION: tuple[Kind, ...] = (
    yes_no("ferritin_rising", "Ferritin rises rapidly, as a clinician judges"),
    yes_no("cytopenia_new", "A cytopenia that is new, worse or refractory, as a clinician judges"),
    yes_no("transfusion_indicated", "Red cells are to be transfused, as a clinician judges"),
    yes_no("anemia_life_threatening", "Anemia that threatens life, as a clinician judges"),
    yes_no("hemophagocytosis", "Hemophagocytosis in marrow or other tissue"),
    yes_no("splenomegaly", "Spleen enlarged"),
    yes_no("hepatomegaly", "Liver enlarged"),
    yes_no("pulmonary_manifestation", "Hypoxia, infiltrates or edema of the lungs, new"),
    score("pulmonary_edema_grade", "Pulmonary edema, CTCAE grade", 5, "higher"),
    yes_no("renal_insufficiency", "Renal insufficiency, new"),
    score("oliguria_grade", "Oliguria, CTCAE grade", 5, "higher"),
    yes_no("triglycerides_fasting", "Triglycerides were drawn fasting"),
    yes_no("known_immunosuppression", "HIV, or long-term immunosuppressant before"),
    code("nk_activity", "Activity of NK cells", "normal", "low", "absent"),
    yes_no("hlh_molecular_diagnosis", "Molecular diagnosis of primary HLH"),
    yes_no("iec_hs_confirmed", "IEC-HS, as a clinician has confirmed or ruled out"),
    code(
        "iec_hs_severity",
        "Severity of IEC-HS, as a clinician sees it",
        "none",
        "mild",
        "moderate",
        "severe",
        "life_threatening",
    ),
    yes_no("iec_hs_treated", "Treated for IEC-HS"),
    yes_no("iec_hs_resolved", "IEC-HS is over, as a clinician judges", worse="lower"),
)

OF_OLDER_SCALES: tuple[Kind, ...] = (
    yes_no("constitutional_symptoms", "Malaise, myalgia, headache or the like, not threatening"),
    yes_no("fluids_for_hypotension", "Intravenous fluids given for hypotension"),
    yes_no("hypotension_answers_to_fluids", "Hypotension answers to fluids", worse="lower"),
    yes_no("vasopressor_high_dose", "A vasopressor at a high dose for 3 hours or more"),
    yes_no("vasopressor_refractory", "Hypotension in spite of high-dose vasopressors"),
    yes_no("hospitalized_for_crs", "In hospital to manage CRS, fever with neutropenia included"),
    yes_no("coagulopathy_needing_products", "Coagulopathy that needs blood products"),
    score("organ_toxicity_grade", "Worst organ toxicity but transaminases, CTCAE", 5, "higher"),
    score("transaminase_grade", "Transaminases, CTCAE grade", 5, "higher"),
    score("cartox_10_score", "CARTOX-10, total", 10, "lower"),
    score("cartox_head_of_state", "CARTOX-10, name of the head of state", 1, "lower"),
    code("seizure_type", "Kind of seizure", "focal", "generalized"),
    yes_no("status_epilepticus", "Status epilepticus"),
    score("papilledema_stage", "Papilledema, stage", 5, "higher"),
    number(
        "csf_opening_pressure",
        "Opening pressure of the cerebrospinal fluid",
        "mm[Hg]",
        possible=("0", "200"),
        plausible=("1", "80"),
        worse="higher",
        resolution="1",
    ),
)

DELAYED: tuple[Kind, ...] = (
    yes_no("movement_disorder", "Movement disorder, new"),
    yes_no("cognitive_change", "Cognitive change, new"),
    yes_no("personality_change", "Change of personality, new"),
    score(
        "movement_neurocognitive_grade", "Movement and neurocognitive events, CTCAE", 5, "higher"
    ),
    yes_no("cranial_nerve_palsy", "Cranial nerve palsy, of any nerve"),
    several(
        "cranial_nerves",
        "Cranial nerves with a palsy",
        *("cn_3", "cn_4", "cn_5", "cn_6", "cn_7", "cn_8", "cn_9", "cn_10", "cn_11", "cn_12"),
    ),
    code("palsy_side", "Side of the palsy", "left", "right", "both"),
    score("cranial_nerve_palsy_grade", "Cranial nerve palsy, CTCAE", 5, "higher"),
    yes_no("guillain_barre", "Guillain-Barre syndrome"),
    score("guillain_barre_grade", "Guillain-Barre syndrome, CTCAE", 5, "higher"),
    yes_no("peripheral_neuropathy", "Peripheral neuropathy, new or worse"),
    score("peripheral_neuropathy_grade", "Peripheral neuropathy, CTCAE", 5, "higher"),
    score("diarrhea_grade", "Diarrhea, CTCAE grade", 5, "higher"),
    yes_no("enterocolitis", "Immune effector cell-associated enterocolitis"),
    yes_no("enteric_infection", "An infection of the bowel was found"),
    score("enterocolitis_grade", "Enterocolitis, CTCAE", 5, "higher"),
    yes_no("licats", "Local immune effector cell-associated toxicity syndrome (LICATS)"),
    several(
        "licats_organs",
        "Organs with LICATS",
        *("skin", "kidney", "lung", "heart", "muscle", "joint", "gut", "nerve", "other"),
    ),
    score("licats_grade", "LICATS, grade 1 to 4", 4, "higher"),
    code(
        "second_malignancy",
        "Second malignancy",
        *("none", "skin", "other_solid", "other_hematologic", "myeloid", "t_cell"),
    ),
)

FOLLOW_UP: tuple[Kind, ...] = (
    yes_no("disease_progression", "Progression or relapse of the treated disease"),
    yes_no("next_therapy", "Next therapy of the disease begun"),
    yes_no("follow_up_ended", "Follow-up is over"),
    yes_no("igg_paraprotein", "The M-protein is IgG, and counts into the IgG level"),
    yes_no("igg_m_protein_subtracted", "The M-protein was subtracted from the IgG level"),
)

PREVENTION: tuple[Kind, ...] = (
    yes_no("hbv_exposure", "Hepatitis B now or before: HBsAg or anti-HBc positive"),
    yes_no("prior_transplant", "A hematopoietic transplant before"),
    yes_no("prior_fungal_infection", "A fungal infection before"),
    yes_no("severe_mucositis", "Severe mucositis"),
    yes_no("severe_infection", "A severe infection"),
    yes_no("life_threatening_infection", "A life-threatening infection"),
    yes_no(
        "recurrent_severe_encapsulated_infection",
        "Two or more severe infections with encapsulated bacteria",
    ),
    yes_no(
        "bacterial_infection_failing_antibiotics", "A bacterial infection in spite of antibiotics"
    ),
    yes_no("low_iga_and_igm", "IgA and IgM are low"),
    yes_no("poor_vaccine_response", "A poor answer to vaccines"),
)
"""What rules of immunoglobulin and of prophylaxis ask for; a clinician's word."""

CHARTED_SCALES = (
    "crs",
    "icans",
    "icaht_early",
    "icaht_late",
    "crs_lee_2014",
    "crs_penn",
    "crs_mskcc",
    "crs_cartox",
    "cres",
)
CHARTED_GRADES: tuple[Kind, ...] = tuple(
    score(f"{scale}_grade_charted", f"Grade of {scale} as a clinician has charted it", 5, "higher")
    for scale in CHARTED_SCALES
)

CLINICAL: tuple[Kind, ...] = (
    *HYPERINFLAMMATION,
    *OF_OLDER_SCALES,
    *DELAYED,
    *FOLLOW_UP,
    *PREVENTION,
    *CHARTED_GRADES,
)
