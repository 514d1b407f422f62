"""In which words a dose is charted and asked about: its unit, its way, what it is for."""

from __future__ import annotations

DOSE_UNITS = ("mg", "g", "ug", "mg/kg", "[IU]", "U", "mL", "10*6", "10*6/kg", "mmol")
ROUTES = (
    "iv",
    "oral",
    "sc",
    "im",
    "rectal",
    "intrathecal",
    "enteral",
    "inhaled",
    "topical",
    "ophthalmic",
    "otic",
    "intranasal",
)
INDICATIONS = ("crs", "icans", "iec_hs", "prophylaxis", "other")
