"""What can happen to a patient, as protocol files name it. One name, one meaning.

Labels count "neurologic toxicity" wider than ICANS (headache, tremor and dizziness are in it), and
"HLH/MAS" by other criteria than IEC-HS, so these pairs never share a name.

Names are added and never taken away: editions that treatments began under are read again later.
"""

from __future__ import annotations

EVENTS: dict[str, str] = {
    "crs": "Cytokine release syndrome (CRS)",
    "icans": "Neurotoxicity syndrome (ICANS)",
    "neurotoxicity": "Neurologic toxicity as labels count it, wider than ICANS",
    "delayed_neurotoxicity": "Delayed neurotoxicity other than ICANS",
    "parkinsonism": "Parkinsonism, movement and neurocognitive events",
    "cranial_nerve_palsy": "Cranial nerve palsy",
    "peripheral_neuropathy": "Peripheral neuropathy",
    "guillain_barre": "Guillain-Barre syndrome",
    "myelitis": "Myelitis",
    "iec_hs": "HLH-like syndrome (IEC-HS, criteria of 2023)",
    "hlh_mas": "HLH/MAS as labels count it",
    "enterocolitis": "Immune effector cell-associated enterocolitis (IEC-EC)",
    "car_t_immune_events": "Cranial nerve palsy, parkinsonism and enterocolitis together",
    "neutropenia": "Neutropenia",
    "anemia": "Anemia",
    "thrombocytopenia": "Thrombocytopenia",
    "cytopenia": "Cytopenia of any lineage",
    "icaht_early": "Early hematotoxicity (ICAHT, day 0 to 30)",
    "icaht_late": "Late hematotoxicity (ICAHT, after day 30)",
    "t_icaht_early": "Early thrombocytopenia (T-ICAHT, day 0 to 30)",
    "t_icaht_late": "Late thrombocytopenia (T-ICAHT, after day 30)",
    "hypogammaglobulinemia": "Hypogammaglobulinemia",
    "infection": "Infection",
    "cardiac_event": "Cardiac events",
    "second_malignancy": "Second malignancy",
    "myeloid_malignancy": "Myelodysplastic syndrome or acute myeloid leukemia",
    "t_cell_malignancy": "T-cell malignancy",
    "cerebellar_toxicity": "Cerebellar toxicity: ataxia, dizziness, dysarthria",
    "seizure": "Seizures",
    "headache": "Headache",
    "licats": "Local immune effector cell-associated toxicity syndrome (LICATS)",
    "infusion_reaction": "Infusion-related reaction",
    "tls": "Tumor lysis syndrome",
    "tumor_flare": "Tumor flare",
    "skin_toxicity": "Skin toxicity",
    "rash": "Rash",
    "nail_toxicity": "Nail toxicity",
    "oral_toxicity": "Oral toxicity: taste, dry mouth, swallowing",
    "dysgeusia": "Altered taste",
    "weight_loss": "Weight loss",
    "hepatotoxicity": "Hepatotoxicity",
    "pml": "Progressive multifocal leukoencephalopathy (PML)",
}
