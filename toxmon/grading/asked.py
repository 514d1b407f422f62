"""Kinds that no watched scale asks, but those that are worked out when somebody asks for them."""

from toxmon.grading.clinical_kinds import HYPERINFLAMMATION, OF_OLDER_SCALES

READ = frozenset(
    {
        *(kind.name for kind in (*HYPERINFLAMMATION, *OF_OLDER_SCALES)),
        "fraction_inspired_oxygen",
        "wbc",
        "soluble_cd25_units",
        "igg",
        "cd4",
        "b_cells",
        "m_protein",
        "igg_paraprotein",
    }
)
"""The chart must hold them, so the fold reads them."""
