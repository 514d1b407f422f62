"""How the blood and the immune system recover, read from a record: findings beside the grades."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from toxmon.grading import immune, recovery
from toxmon.grading.chart import ADMINISTRATION
from toxmon.grading.facts import Fact
from toxmon.grading.icaht_course import followed
from toxmon.grading.ledger import neutrophils
from toxmon.grading.medications import GROUPS
from toxmon.grading.moment import Moment, value


def recovered(moment: Moment, doses: Iterable[Fact]) -> dict[str, Any]:
    """Neutrophils and immune recovery at `moment`; `doses` are all drugs given before it.

    What G-CSF did to a count is not worked out: how often it was given stands beside the counts.
    """
    given = [fact for fact in doses if fact.kind == ADMINISTRATION]
    last, over = followed(moment)
    neutrophil = recovery.described(neutrophils(moment.ledger), moment.day, last, over)
    g_csf = [fact for fact in given if fact.value in GROUPS["g_csf"]]
    known = moment.known("igg", "cd4", "b_cells", "m_protein", "igg_paraprotein")
    findings = immune.Findings(
        igg=known.get("igg"),
        cd4=known.get("cd4"),
        b_cells=known.get("b_cells"),
        m_protein=known.get("m_protein"),
        igg_paraprotein=value(known, "igg_paraprotein"),
        immunoglobulin_given_at=tuple(
            fact.effective_at for fact in given if fact.value in GROUPS["immunoglobulin"]
        ),
    )
    return {
        "neutrophils": {**neutrophil, "g_csf_doses": len(g_csf)},
        "immune": immune.recovery(findings, moment.at),
    }
