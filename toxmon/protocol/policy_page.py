"""A policy as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator

from toxmon.protocol.lines import Sources, in_words, section, wrapped
from toxmon.protocol.policy import PolicyDocument


def policy_lines(document: PolicyDocument, sources: Sources) -> Iterator[str]:
    """Freshness, episodes and provisional bounds."""
    yield from section("How long findings stay true")
    for group in document.fresh_for:
        yield from wrapped(f"{in_words(group.value):>7}  {', '.join(group.kinds)}", 9, "")
        yield from sources.lines(group.citation, group.note, 9)
    yield from section("Episodes of CRS")
    for words, cited in (
        ("the episode ends after this quiet period", document.quiet_period),
        ("so long may a drug given before any fever hide one", document.masking),
    ):
        yield from sources.lines(cited.citation, f"{in_words(cited.value)}: {words}", 2)
    yield from section("Provisional bounds, where no clinician charted a finding")
    for bounds in document.hypotension:
        yield from wrapped(f"Hypotension, {bounds.who}")
        for band in bounds.bands:
            age = "older" if band.below_age_years is None else f"below {band.below_age_years} years"
            parts = (("systolic", band.systolic_below), ("mean", band.mean_below))
            low = [f"{name} < {bound} mm[Hg]" for name, bound in parts if bound is not None]
            yield f"  {age:<18} {' or '.join(low)}"
        yield from sources.lines(bounds.citation, bounds.note, 2)
    hypoxia = document.hypoxia_saturation_below
    yield "Hypoxia"
    words = f"Oxygen saturation < {hypoxia.value} % on room air."
    yield from sources.lines(hypoxia.citation, words, 2)
