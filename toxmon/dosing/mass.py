"""Units of mass in mg, as amounts of drugs are charted in them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

TO_MG: Mapping[str, Decimal] = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
"""A rate (mg/kg) and a volume (mL) are no mass."""
