"""The matters of the graded syndromes: at which level each stands, in its window or outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.events import EVENTS
from toxmon.protocol.product import Product
from toxmon.timeline import windows
from toxmon.timeline.known import Known, Level
from toxmon.timeline.matter import NO_TIME, Matter, higher
from toxmon.timeline.words import moment, span

EPISODIC = ("crs", "icans")
SYNDROMES = (
    "crs",
    "icans",
    "iec_hs",
    "icaht_early",
    "icaht_late",
    "t_icaht_early",
    "t_icaht_late",
    "movement_neurocognitive",
    "cranial_nerve_palsy",
    "guillain_barre",
    "peripheral_neuropathy",
    "enterocolitis",
    "licats",
    "second_malignancy",
)
"""Every scale that is watched but those of CTCAE on single values: those are thresholds."""
LATE = (
    "icaht_late",
    "t_icaht_late",
    "movement_neurocognitive",
    "cranial_nerve_palsy",
    "guillain_barre",
    "peripheral_neuropathy",
    "enterocolitis",
    "second_malignancy",
)
"""What goes on being told of a treatment that has a newer one."""
ACCOUNTS_FOR: Mapping[str, tuple[str, ...]] = {
    "crs": ("sign:fever", "sign:hypotension", "sign:hypoxia"),
    "icans": ("sign:neuro_change",),
    "iec_hs": ("sign:ferritin_rise", "sign:cytopenia"),
    "icaht_early": ("sign:cytopenia",),
    "icaht_late": ("sign:cytopenia",),
    "t_icaht_early": ("sign:cytopenia",),
    "t_icaht_late": ("sign:cytopenia",),
    "enterocolitis": ("sign:diarrhea",),
    "cranial_nerve_palsy": ("sign:facial_palsy",),
}
"""Which signs a syndrome tells of already. No syndrome accounts for another syndrome."""
EVENT_OF: Mapping[str, str] = {
    "movement_neurocognitive": "parkinsonism",
    "t_icaht_early": "icaht_early",
    "t_icaht_late": "icaht_late",
    "sign:fever": "crs",
    "sign:hypotension": "crs",
    "sign:hypoxia": "crs",
    "sign:neuro_change": "icans",
    "sign:cytopenia": "icaht_early",
    "sign:ferritin_rise": "iec_hs",
    "sign:diarrhea": "enterocolitis",
    "sign:facial_palsy": "cranial_nerve_palsy",
}
"""The event of a product's windows that a rule is held against, where the names differ."""
NAMES: Mapping[str, str] = {
    "crs": "CRS",
    "icans": "ICANS",
    "iec_hs": "IEC-HS",
    "icaht_early": "ICAHT (early)",
    "icaht_late": "ICAHT (late)",
    "t_icaht_early": "T-ICAHT (early)",
    "t_icaht_late": "T-ICAHT (late)",
    "movement_neurocognitive": EVENTS["parkinsonism"],
    "licats": "LICATS",
}


class Placed:
    """Where the treatment lies, for telling inside from outside."""

    __slots__ = ("alarms", "doses", "now", "product", "treatment")

    def __init__(
        self, product: Product, treatment: Treatment, known: Known, alarms: Alarms, now: datetime
    ) -> None:
        self.product = product
        self.treatment = treatment
        self.doses = known.doses
        self.alarms = alarms
        self.now = now

    def inside(self, rule: str, at: datetime) -> bool | None:
        """Is it inside the product's window of this rule's event? None: there is none."""
        event = EVENT_OF.get(rule, rule)
        return windows.inside(self.product, self.treatment, self.doses, event, at)

    def words(self, rule: str, at: datetime, inside: bool | None) -> str | None:
        """The window in words and, outside of it, what else to look for."""
        event = EVENT_OF.get(rule, rule)
        usual = windows.usual(self.product, self.treatment, self.doses, event, at)
        if inside is None or usual is None:
            return None
        if inside:
            return f"inside the usual window ({usual})"
        told = f"outside the usual window ({usual}): look for another cause"
        causes = self.alarms.causes(rule)
        if causes is None:
            return told
        return f"{told}: {', '.join(causes.causes)} [{causes.citation.source}]"


Tell = Callable[[str, str, Level, int | None, Placed], Matter]


def syndromes(
    known: Known,
    placed: Placed,
    raised: Collection[str],
    *,
    older: bool,
    live: bool = False,
    tell: Tell | None = None,
) -> Iterator[Matter]:
    """One matter for each syndrome that was graded, and one for each episode that is over.

    `live`: only those that are so, or whose alarm is up. `tell` makes a matter, as `told` does.
    """
    tell = tell or told
    for scale in LATE if older else SYNDROMES:
        level = known.levels.get(scale)
        if level is None:
            continue
        stands = level_of(level)
        if scale not in EPISODIC:
            if stands or not live or scale in raised:
                yield tell(scale, scale, level, stands, placed)
            continue
        number = level.episode or (1 if level.low > 0 else None)
        now = f"{scale}#{number}"
        if number is not None and (stands or not live or now in raised):
            yield tell(scale, now, level, stands, placed)
        if not raised:
            continue
        for key in sorted(raised):
            if key.startswith(f"{scale}#") and key != now:
                # Another episode, or none, is open: this one is over once that is certain.
                over = 0 if number is not None or level.high == 0 else None
                yield tell(scale, key, level, over, placed)


def level_of(level: Level) -> int | None:
    """0 certainly not, None not known, else the grade that is certain. A suspicion is level 1."""
    if level.suspected:
        return max(1, level.low)
    if level.low > 0:
        return level.low
    return 0 if level.high == 0 else None


def told(scale: str, key: str, level: Level, stands: int | None, placed: Placed) -> Matter:
    """The matter of a syndrome that stands at a level."""
    rules = placed.alarms.matter(scale)
    name = NAMES.get(scale) or EVENTS.get(scale, scale.replace("_", " "))
    if not stands:
        says = f"{name}: {'grade 0' if stands == 0 else level.says}"
        return Matter(
            key=key,
            rule=scale,
            level=stands,
            at=level.at,
            priority="low" if rules is None else rules.of(1),
            title=name,
            says=says,
            source=level.edition,
            facts=level.facts,
            hold=NO_TIME if rules is None else rules.hold,
            accounts_for=ACCOUNTS_FOR.get(scale, ()),
        )
    at = level.onset_at or level.at
    inside = placed.inside(scale, at)
    priority = "low" if rules is None else rules.of(stands, bool(inside))
    rise = placed.alarms.rise
    rose = level.rose_by >= rise.grades
    if rose:
        priority = higher(priority, rise.priority)
    window = placed.words(scale, at, inside)
    title = f"{name} suspected" if level.suspected and not level.low else f"{name} {level.says}"
    parts = [f"{title} since {moment(level.at, placed.treatment, placed.now)}."]
    if rose:
        parts.append(f"Up by {level.rose_by} grades within {span(rise.within)}.")
    if level.text:
        parts.append(f"{level.text.rstrip('.')}.")
    if window:
        parts.append(f"{window[0].upper()}{window[1:]}.")
    return Matter(
        key=key,
        rule=scale,
        level=stands,
        at=level.at,
        priority=priority,
        title=title,
        says=" ".join(parts),
        source=level.edition,
        facts=level.facts,
        window=window,
        hold=NO_TIME if rules is None else rules.hold,
        accounts_for=ACCOUNTS_FOR.get(scale, ()),
        more={"low": level.low, "high": level.high, "episode": level.episode, "rose": rose},
    )
