"""Every published scale that is graded here, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from toxmon.grading import (
    car_hematotox,
    carhlh,
    cres,
    crs,
    ctcae,
    delayed,
    easix,
    hlh_2004,
    hscore,
    icaht,
    icans,
    iec_hs,
    older_crs,
    t_icaht,
)
from toxmon.grading.scale import Scale

PUBLISHED: Mapping[str, Scale] = MappingProxyType(
    {
        scale.name: scale
        for scale in (
            crs.CRS,
            icans.ICANS,
            *iec_hs.SCALES,
            *icaht.SCALES,
            *t_icaht.SCALES,
            *ctcae.SCALES,
            *delayed.SCALES,
            *car_hematotox.SCALES,
            *easix.SCALES,
            *carhlh.SCALES,
            *hlh_2004.SCALES,
            *hscore.SCALES,
            *older_crs.SCALES,
            *cres.SCALES,
        )
    }
)
"""The watched scales come first; those that are worked out when they are asked for follow."""
