"""The sheet of a set as it was typed at the bedside, read into what is to be charted.

Nothing is guessed: what was left empty is not charted, "Not taken" is charted as such, and a flow
that nobody measured is charted as the interval that was said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.actions.record import Charted
from toxmon.grading.doubts import contradictions
from toxmon.grading.facts import Value
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.kinds import KINDS
from toxmon.grading.units import Measured, Refused, measure
from toxmon.ward import asked, door, value, words
from toxmon.ward.asked import BOXES, CAPD, TEMPERATURE, Box
from toxmon.ward.form import Form
from toxmon.ward.language import _

TYPED = "typed"
FAHRENHEIT = "[degF]"


@dataclass
class Sheet:
    """What was read of one set: its instant, and by kind the value, what was sent, more."""

    at: datetime
    found: dict[str, Measured] = field(default_factory=dict)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    detail: dict[str, dict[str, Any]] = field(default_factory=dict)
    fahrenheit: Decimal | None = None
    """A temperature that is plausible only as Fahrenheit, and was not said to be that."""

    @property
    def values(self) -> dict[str, Value]:
        """The canonical values by kind."""
        return {kind: each.value for kind, each in self.found.items()}

    @property
    def doubts(self) -> dict[str, str]:
        """By kind, why the record would wait for somebody to look."""
        own = {kind: each.quarantine for kind, each in self.found.items() if each.quarantine}
        return contradictions(self.values) | own

    def charted(self, *, confirmed: bool) -> list[Charted]:
        """The facts to chart. What is doubted counts only if somebody has said that it is so."""
        doubts = self.doubts
        return [
            Charted(
                kind=kind,
                value=each.value,
                effective_at=self.at,
                sent={**self.sent.get(kind, {}), "rule": each.rule, "source": TYPED},
                detail=self.detail.get(kind),
                status=("confirmed" if confirmed else "quarantined") if kind in doubts else "final",
                doubt=doubts.get(kind),
            )
            for kind, each in self.found.items()
        ]


def read(form: Form, now: datetime, *, child: bool, same: dict[str, Any] | None) -> Sheet:
    """The sheet of a posted form; what is wrong with it is noted in the form.

    `same`: oxygen and vasopressors as they were charted last, with their `ids`; taken over where
    that was tapped.
    """
    sheet = Sheet(_when(form, now))
    skipped = [box.name for box in (*BOXES, CAPD) if box.name in form.many["not_taken"]]
    if child and form["capd_state"] == "not_done":
        skipped.append(CAPD.name)
    for box in (*BOXES, *((CAPD,) if child else ())):
        _number(form, sheet, box, skipped)
    if form["same"]:
        _same(form, sheet, same)
    else:
        _oxygen(form, sheet)
        _pressors(form, sheet)
    if child:
        _capd(form, sheet)
    else:
        _ice(form, sheet)
    _neuro(form, sheet)
    if skipped:
        kinds = tuple(box.kind for box in (*BOXES, CAPD) if box.name in skipped)
        said: dict[str, Any] = {"reason": form["why_not"]} if form["why_not"] else {}
        _say(sheet, "not_taken", list(kinds), said)
    if not sheet.found and sheet.fahrenheit is None and not form.faults:
        form.fault("temperature", _("Nothing was written. Write what was measured, then save."))
    return sheet


def _when(form: Form, now: datetime) -> datetime:
    """The bedside instant: now, one of the buttons, or as written. Never ahead."""
    chosen = form["when"]
    if chosen == "other":
        zone = door.service().zone
        return form.instant("obs", _("Time"), zone, now, required=True) or now
    if chosen in ("", "now"):
        return now
    try:
        at = datetime.fromisoformat(chosen)
        at = at.astimezone(UTC) if at.tzinfo else now + timedelta(days=1)
    except (ValueError, OverflowError):
        at = now + timedelta(days=1)
    if at > now + timedelta(minutes=1):
        form.fault("when", _("Time: lies ahead; choose when it was"))
        return now
    return at


def _number(form: Form, sheet: Sheet, box: Box, skipped: list[str]) -> None:
    label = value.title(box.kind)
    if box.name in skipped:
        if form[box.name].strip():
            words_ = _("%(label)s: has a value and says Not taken; keep one of them", label=label)
            form.fault(box.name, words_)
        return
    number = form.number(box.name, label)
    if number is None:
        return
    kind, unit = KINDS[box.kind], box.unit
    if box is TEMPERATURE and _as_fahrenheit(number) is not None:
        if form["fahrenheit"] != str(number):
            sheet.fahrenheit = number
            return
        unit = FAHRENHEIT
    try:
        sheet.found[box.kind] = measure(kind, number, unit)
    except Refused as error:
        assert kind.possible is not None
        low, high = (words.number(each) for each in kind.possible)
        told = _(
            "%(label)s: %(found)s cannot be a living reading; possible is %(low)s to %(high)s "
            "%(unit)s",
            label=label, found=words.number(number), low=low, high=high,
            unit=value.unit(box.kind),
        )  # fmt: skip
        if "decimal point" in error.detail:
            told += _("; is the point missing?")
        form.fault(box.name, told.rstrip())
        return
    sheet.sent[box.kind] = {"value": float(number), "unit": unit, "text": form[box.name].strip()}


def _as_fahrenheit(number: Decimal) -> Decimal | None:
    """In Cel, a number that no body has in Cel and a body may have in Fahrenheit."""
    kind = KINDS[TEMPERATURE.kind]
    assert kind.plausible is not None
    if number <= kind.plausible[1]:
        return None
    try:
        found = measure(kind, number, FAHRENHEIT)
    except Refused:
        return None
    return found.value if found.quarantine is None and isinstance(found.value, Decimal) else None


def in_celsius(number: Decimal) -> Decimal:
    """What a temperature in Fahrenheit is in Cel, as it would be charted."""
    found = measure(KINDS[TEMPERATURE.kind], number, FAHRENHEIT).value
    assert isinstance(found, Decimal)
    return found


def _say(sheet: Sheet, kind: str, said: Any, detail: dict[str, Any] | None = None) -> None:
    """A word, a list, a yes or a number of points that the form itself offers."""
    unit = KINDS[kind].unit
    sheet.found[kind] = measure(KINDS[kind], said, unit)
    sheet.sent[kind] = {"value": said, "unit": unit}
    if detail:
        sheet.detail[kind] = detail


def _same(form: Form, sheet: Sheet, same: dict[str, Any] | None) -> None:
    if form["oxygen"] or form["pressors"]:
        form.fault("same", _("Oxygen and pressors: either the same as before, or chosen below"))
    elif same is None or form["same"] != same["ids"]:
        words_ = _("Oxygen and pressors were charted anew meanwhile; choose them below")
        form.values["same"] = ""
        form.fault("same", words_)
    else:
        for kind, measured in same["found"].items():
            sheet.found[kind] = measured
            sheet.sent[kind] = {"value": None, "unit": KINDS[kind].unit, "same_as": same["at"]}


def _oxygen(form: Form, sheet: Sheet) -> None:
    chosen = form.choice("oxygen", _("Oxygen"), asked.OXYGEN)
    if chosen == "air":
        _say(sheet, "oxygen_device", "room_air")
    elif chosen == "cannula":
        _say(sheet, "oxygen_device", "nasal_cannula")
        flow = form.number("flow", _("Oxygen flow"))
        if flow is not None and not 0 <= flow <= 6:
            words_ = _("Oxygen flow: over 6 L/min is chosen under “High-flow, mask”")
            form.fault("flow", words_)
        elif flow is not None:
            sheet.found["oxygen_flow"] = measure(KINDS["oxygen_flow"], flow, "L/min")
            sheet.sent["oxygen_flow"] = {"value": float(flow), "unit": "L/min"}
        elif form.of("flow") is None:
            _say(sheet, "oxygen_flow", "<=6")
    elif chosen == "other":
        device = form.choice("device", _("Which oxygen"), asked.OTHER_OXYGEN, required=True)
        if device:
            _say(sheet, "oxygen_device", device)
        if device == "nasal_cannula":
            _say(sheet, "oxygen_flow", ">6")
    elif chosen == "pressure":
        device = form.choice("pressure", _("Which support"), asked.PRESSURE, required=True)
        why = form.choice(
            "why_pressure", _("Why ventilated"), asked.WHY_PRESSURE, required=device != "ecmo"
        )
        if device:
            _say(sheet, "oxygen_device", device)
        if why and why != "unknown":
            _say(sheet, "ventilation_reason", why)


def _pressors(form: Form, sheet: Sheet) -> None:
    chosen = form.choice("pressors", _("Pressors"), asked.PRESSORS)
    running = form.many["pressor"]
    known = KINDS["vasopressors"].codes
    if any(each not in known for each in running):
        form.fault("pressor", _("Pressors: choose from the list"))
    elif chosen == "none":
        if running:
            form.fault("pressors", _("Pressors: None is chosen, and a drug as well; keep one"))
        else:
            _say(sheet, "vasopressors", [])
    elif chosen == "one" and len(set(running)) != 1:
        form.fault("pressor", _("Pressors: choose the one that runs"))
    elif chosen == "more" and len(set(running)) < 2:
        form.fault("pressor", _("Pressors: choose all that run, two at least"))
    elif chosen:
        _say(sheet, "vasopressors", list(dict.fromkeys(running)))


def _capd(form: Form, sheet: Sheet) -> None:
    state = form.choice("capd_state", _("CAPD"), asked.CAPD_STATES)
    if state and form["capd"].strip():
        form.fault("capd", _("CAPD: has a score and says otherwise; keep one of them"))
    elif state == "unable":
        _say(sheet, "capd_performed", False)


def _ice(form: Form, sheet: Sheet) -> None:
    chosen = form.choice("ice", _("ICE"), asked.ICE)
    circumstances = {
        name: said
        for name, said in (
            ("language", form.text("ice_language", _("Language"), most=60)),
            ("limits", form.text("ice_limits", _("Limits before treatment"), most=200)),
        )
        if said
    }
    more: dict[str, Any] = {**circumstances, "interpreter": bool(form["ice_interpreter"])}
    if chosen == "all":
        for item, most in ICE_ITEMS.items():
            _say(sheet, f"ice_{item}", most, more)
        _say(sheet, "ice_score", sum(ICE_ITEMS.values()), more)
    elif chosen == "score":
        _scored(form, sheet, more)
    elif chosen == "cannot":
        why = form.choice("cannot", _("Why ICE cannot be assessed"), asked.CANNOT, required=True)
        if why:
            _say(sheet, "ice_not_assessed", why, more)
        if why == "cannot_be_roused":
            label = _("How the patient wakes")
            level = form.choice("roused", label, asked.DEPRESSED, required=True)
            if level:
                _say(sheet, "consciousness", level)


def _scored(form: Form, sheet: Sheet, more: dict[str, Any]) -> None:
    """The ten items; one that was not asked leaves its part and the total open."""
    points: dict[str, int | None] = dict.fromkeys(ICE_ITEMS, 0)
    for name, (item, label) in asked.ITEMS.items():
        words_ = f"ICE, {_(label)}"
        answer = form.choice(f"ice_{name}", words_, ("1", "0", "x"), required=True)
        known = points[item]
        points[item] = None if known is None or answer in (None, "x") else known + int(answer)
    if form.faults:
        return
    for item, scored in points.items():
        if scored is not None:
            _say(sheet, f"ice_{item}", scored, more)
    known_points = [each for each in points.values() if each is not None]
    if len(known_points) == len(points):
        _say(sheet, "ice_score", sum(known_points), more)


NOTHING_FOUND: Mapping[str, object] = {
    "consciousness": "alert", "seizure": "none", "motor_weakness": "none",
    "cerebral_edema": "none", "icp_signs": [],
}  # fmt: skip


def _neuro(form: Form, sheet: Sheet) -> None:
    chosen = form.choice("neuro", _("Neuro"), asked.NEURO)
    if chosen == "none":
        if "consciousness" in sheet.found:
            words_ = _("Neuro: alert, and cannot be roused under ICE; keep one of them")
            form.fault("neuro", words_)
            return
        for kind, said in NOTHING_FOUND.items():
            _say(sheet, kind, said)
    if chosen != "other":
        return
    for name, kind, options in (
        ("awake", "consciousness", asked.AWAKE),
        ("seizure", "seizure", asked.SEIZURE),
        ("weakness", "motor_weakness", asked.WEAKNESS),
        ("edema", "cerebral_edema", asked.EDEMA),
    ):
        chosen_one = form.choice(name, value.title(kind), options)
        if chosen_one and sheet.values.get(kind, chosen_one) != chosen_one:
            words_ = _("Consciousness: said twice, and not the same; keep one of them")
            form.fault(name, words_)
        elif chosen_one:
            _say(sheet, kind, chosen_one)
    _seizure(form, sheet)
    signs = [each for each in form.many["sign"] if each in asked.SIGNS]
    if "none" in signs and len(signs) > 1:
        form.fault("sign", _("Signs of raised pressure: none of these, and one of them; keep one"))
    elif signs:
        _say(sheet, "icp_signs", [each for each in signs if each != "none"])


def _seizure(form: Form, sheet: Sheet) -> None:
    if sheet.values.get("seizure") in (None, "none"):
        return
    long = form.choice("seizure_long", _("How long the seizure was"), asked.LONG)
    back = form.choice("seizure_back", _("After the seizure"), asked.BACK)
    if long:
        _say(sheet, "seizure_duration", ">300" if long == "yes" else "<=300")
    if back:
        _say(sheet, "seizure_resolved", back == "yes")
