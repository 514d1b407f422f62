"""A picture in words: for a screen reader, and for whoever tests what is drawn."""

from __future__ import annotations

from toxmon.drawing import wording
from toxmon.drawing.picture import Picture


def description(picture: Picture) -> str:
    """Every grade and every dose in words, in order of time: what the picture shows."""
    said = []
    for lane in picture.lanes:
        steps = "; ".join(
            f"from {picture.when(one.start)} {wording.grade(one.low, one.high, one.unknown)}"
            for one in lane.segments
        )
        said.append(f"{lane.title}: {steps or 'not graded'}.")
    if picture.doses:
        doses = "; ".join(
            f"{dose.words} on {picture.when(dose.at)}"
            for dose in sorted(picture.doses, key=lambda dose: dose.at)
        )
        said.append(f"Doses: {doses}.")
    for series in picture.series:
        values = [value for _, value in series.points]
        said.append(
            f"{series.title}: {len(values)} readings, "
            f"from {wording.number(min(values))} to {wording.number(max(values))} {series.unit}."
            if values
            else f"{series.title}: not measured."
        )
    return " ".join(said)


def in_short(picture: Picture) -> str:
    """What is drawn, without each part of it: those have names of their own."""
    lanes = ", ".join(lane.title for lane in picture.lanes) or "no grades"
    said = f"Grades over time of {lanes}; {len(picture.doses)} doses; "
    said += f"{len(picture.series)} measured series"
    if picture.series:
        said += ": " + ", ".join(series.title for series in picture.series)
    return f"{said}. The same data is in the table after the drawing."
