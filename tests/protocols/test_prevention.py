"""The prevention policy: what the shipped one says, and what its form refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from toxmon.data import shipped
from toxmon.dosing.immunoglobulin import NEEDS as OF_IGG
from toxmon.dosing.prophylaxis import NEEDS as OF_PROPHYLAXIS
from toxmon.dosing.vaccination import KINDS
from toxmon.grading.medications import GROUPS, STEROIDS
from toxmon.protocol import ProtocolError, citations, load_protocols, read, show
from toxmon.protocol.prevention import Prevention

PROTOCOLS = load_protocols()
DEFAULT = PROTOCOLS.prevention["default"]
TEXT = (shipped("protocols") / "prevention" / "default.toml").read_text("utf-8")


def test_what_the_shipped_file_says() -> None:
    assert DEFAULT.igg_policies[0].name == "igg_lt_400_prophylactic"
    (trigger,) = DEFAULT.igg_policies[0].triggers
    assert (trigger.below, trigger.at_most, trigger.needs) == (Decimal(400), None, ())
    hill = next(each for each in DEFAULT.igg_policies if each.name == "igg_le_400")
    assert (hill.triggers[0].at_most, hill.triggers[0].below) == (Decimal(400), None)
    assert [each.value.id for each in DEFAULT.agents] == [
        "pjp", "hsv_vzv", "hbv", "antibacterial", "antifungal", "mold", "cmv",
    ]  # fmt: skip
    joined = {each.policy: each.end.joined for each in DEFAULT.courses_of("hsv_vzv") if each.end}
    assert (joined["eha_ebmt_2023"], joined["bcma_table"]) == ("and", "or")
    assert (DEFAULT.cd4.values, DEFAULT.cd4.apart) == (2, timedelta(days=28))
    assert {each.value.kind for each in DEFAULT.vaccines} == KINDS.keys()
    assert DEFAULT.at_hand_doses.value == 2


def test_what_is_a_choice_of_ours_says_so() -> None:
    for citation in citations(DEFAULT):
        if citation.source.startswith("toxmon policy"):
            assert (citation.kind, citation.verified) == ("policy", False)
    ours = (DEFAULT.trough_after, DEFAULT.infections_within, DEFAULT.recurrent_from)
    assert {each.citation.kind for each in ours} == {"policy"}


def test_the_alarms_and_the_advice_have_the_same_rules_in_force() -> None:
    """A level that alarms is a level of which something is advised."""
    alarms = {each.id: each for each in PROTOCOLS.alarms["default"].thresholds}
    for name in ("igg_lt_400_prophylactic", "igg_le_400", "igg_lt_400_and_infection"):
        policy = next(each for each in DEFAULT.igg_policies if each.name == name)
        bound = policy.triggers[0].below or policy.triggers[0].at_most
        assert (alarms[name].value, alarms[name].in_force) == (bound, policy.in_force)
    for agent, threshold in (("pjp", "pjp_cd4_le_200"), ("hsv_vzv", "antiviral_cd4_le_200")):
        end = DEFAULT.courses_of(agent)[0].end
        assert end is not None
        assert alarms[threshold].value == end.cd4_above
        assert alarms[threshold].hold == DEFAULT.cd4.apart


def test_names_of_drugs_are_those_that_are_charted() -> None:
    named = [drug for each in DEFAULT.agents for drug in each.value.drugs]
    named += [drug for each in DEFAULT.groups for drug in each.drugs]
    assert [each for each in named if each != each.lower()] == []
    against = DEFAULT.group("immunosuppression")
    assert against is not None
    assert set(against.drugs) >= STEROIDS
    # The name by which a dose is charted, where toxmon has rules for the drug.
    for each in [*named, *GROUPS["immunoglobulin"]]:
        drug = PROTOCOLS.drug(each)
        assert drug is None or drug.name in named or drug.name in GROUPS["immunoglobulin"], each


def test_the_page_has_every_rule() -> None:
    lines = show(DEFAULT).splitlines()
    assert max(len(line) for line in lines) <= 88
    page = " ".join(" ".join(lines).split())
    for policy in DEFAULT.igg_policies:
        assert policy.name in page
    assert "from day 14, until 18 months after the infusion or CD4 above 200/uL" in page
    assert "Not trimethoprim-sulfamethoxazole or co-trimoxazole before day 28" in page


def refused(was: str, becomes: str, after: str = "") -> list[tuple[str, str]]:
    start = TEXT.index(after)
    assert was in TEXT[start:], was
    changed = TEXT[:start] + TEXT[start:].replace(was, becomes, 1)
    with pytest.raises(ProtocolError) as error:
        read(changed, "prevention/default.toml")
    place = "prevention/default.toml: "
    return [(fault.place.removeprefix(place), fault.what) for fault in error.value.faults]


ONE = "immunoglobulin[1]"


@pytest.mark.parametrize(
    ("was", "becomes", "after", "place", "what"),
    [
        ("in_force    = true", "in_force = false", "", f"{ONE}.in_force",
         "0 rules of immunoglobulin are in force"),
        ("in_force    = false", "in_force = true", "igg_le_400\"", f"{ONE}.in_force",
         "2 rules of immunoglobulin are in force"),
        ("[{ below = 400 }]", "[{ }]", "", f"{ONE}.triggers[1].below", "it asks for nothing"),
        ("[{ below = 400 }]", "[]", "", f"{ONE}.triggers", "the list is empty"),
        ("[{ below = 400 }]", '[{ needs = ["fever"] }]', "", f"{ONE}.triggers[1].needs[1]",
         "'fever' is not known here"),
        ('"igg_le_400"', '"igg_lt_400_prophylactic"', "", "immunoglobulin[2].name",
         "another block has this name too"),
        ("dose_low    = 500", "", "", "immunoglobulin[5].dose_low",
         "one end of the dose is missing"),
        ("dose_low    = 500", "dose_low = 600", "", "immunoglobulin[5].dose_high",
         "500 is below 600"),
        ("high        = 500", "high = 300", "[igg_dose]", "igg_dose.high", "300 is below 400"),
        ('agent       = "cmv"', 'agent = "ebv"', "", "course[22].agent",
         "there is no agent 'ebv'"),
        (', joined = "or" }', " }", "", "course[2].end.joined",
         "months and cd4_above stand side by side"),
        ("end         = { cd4_above = 200 }", "end = { }", "", "course[1].end.months",
         "it names no end"),
        ('begins      = [{ day = "day 14" }]', "begins = [{ }]", "", "course[2].begins[1].day",
         "it asks for nothing"),
        ('before_day      = "day 28"\ncytopenia_grade = 3\n', "", "", "avoid[1].before_day",
         "nothing stands against the drug"),
        ("in_force     = true", "in_force = false", "[[vaccine]]", "vaccine[1].in_force",
         "0 rules of inactivated are in force"),
        ("values       = 2", "values = 4", "", "cd4.values", "4 is above 3"),
        ('apart        = "28 d"', "apart = 28", "", "cd4.apart", "28 is not a span of time"),
        ('source      = "toxmon policy"\n', "", "[infections_within]", "infections_within.source",
         "it is missing"),
    ],
)  # fmt: skip
def test_what_the_form_refuses(was: str, becomes: str, after: str, place: str, what: str) -> None:
    assert (place, what) in refused(was, becomes, after)


def test_every_need_that_a_rule_may_ask_is_asked_by_one() -> None:
    igg = {need for each in DEFAULT.igg_policies for way in each.triggers for need in way.needs}
    assert igg == OF_IGG.keys()
    courses = [each.value for each in DEFAULT.courses]
    assert {need for each in courses for way in each.begins for need in way.needs} == (
        OF_PROPHYLAXIS.keys()
    )


def test_a_site_may_put_another_rule_in_force() -> None:
    first, second = '"igg_lt_400_prophylactic"', '"igg_le_400"'
    text = TEXT.replace("in_force    = true", "in_force = false", 1)
    start = text.index(second)
    text = text[:start] + text[start:].replace("in_force    = false", "in_force = true", 1)
    assert first in text
    other = read(text, "prevention/default.toml")
    assert isinstance(other, Prevention)
    assert other.igg_policies[0].name == "igg_le_400"
