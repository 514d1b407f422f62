"""Is there a reason to give the drug? CRS for tocilizumab, and not ICANS alone.

Source: Santomasso 2021, doi:10.1200/JCO.21.01992: tocilizumab for CRS; with ICANS but without CRS
it is not indicated. What we read into it: decision 0089.
"""

from __future__ import annotations

from toxmon.dosing.drug import DrugRules
from toxmon.dosing.situation import Asked, Reason, Situation, Syndrome

PROPHYLAXIS = "prophylaxis"
CODE = "indication"


def indicated(
    asked: Asked, situation: Situation, rules: DrugRules
) -> tuple[tuple[Reason, ...], dict[str, str]]:
    """(reasons against the dose, warnings by code). Nothing where the drug asks no indication."""
    if not rules.indications:
        return (), {}
    stated = asked.indication
    if situation.syndromes is None:
        return _stated_alone(stated, rules)
    levels = {name: situation.syndromes.get(name) for name in rules.indications}
    if any(level is not None and level.low >= 1 for level in levels.values()):
        return (), {}
    titles = " or ".join(name.upper().replace("_", "-") for name in rules.indications)
    still_open = [level for level in levels.values() if level is not None and is_there(level)]
    if still_open:
        if all(level.high == 0 for level in still_open):
            return (), {}
        words = f"an episode of {titles} is open, and its grade now is not known"
        return (), {"indication_unknown": words}
    for name, words in rules.isolated.items():
        level = situation.syndromes.get(name)
        if level is not None and level.low >= 1:
            known = all(each is not None and each.high == 0 for each in levels.values())
            asked_for = "" if known else f" Chart what {titles} is graded by, if there is any."
            return (_refused(f"{words}{asked_for}", rules),), {}
    if stated == PROPHYLAXIS:
        return (), {"prophylactic": "given for prophylaxis, and counted as every dose is"}
    if all(level is not None and level.high == 0 for level in levels.values()):
        return (_refused(f"there is no {titles} on the chart", rules),), {}
    return (), {"indication_unknown": f"whether there is {titles} is not known from the chart"}


def is_there(level: Syndrome) -> bool:
    """Is a syndrome there: certainly graded, or an episode that is still open?"""
    return level.low >= 1 or level.onset_at is not None


def _stated_alone(
    stated: str | None, rules: DrugRules
) -> tuple[tuple[Reason, ...], dict[str, str]]:
    """Without a record there is only what the asker says."""
    if stated is None:
        return (), {"indication_not_stated": "it was not said what the dose is for"}
    if stated in rules.isolated:
        return (_refused(rules.isolated[stated], rules),), {}
    if stated == PROPHYLAXIS:
        return (), {"prophylactic": "given for prophylaxis, and counted as every dose is"}
    if stated not in rules.indications:
        return (_refused(f"{stated} is none of: {', '.join(rules.indications)}", rules),), {}
    return (), {}


def _refused(words: str, rules: DrugRules) -> Reason:
    cited = rules.indication_cited
    return Reason(code=CODE, detail=words, source=cited.source if cited else "toxmon policy")
