"""A picture of a course: SVG drawn by hand, one time axis, no script and no font of its own.

The same drawing serves the pages, the print sheet, the PDF, the command line and the tests
(decision 0102). It is pure: it opens nothing, asks no clock and knows no medicine; what a band or
a segment means comes along in words.

A grade is drawn by height, by a digit and by shade, so that it can be read in gray: what is
certain is filled up to the low grade, what is only possible is hatched up to the high one.
"""

from __future__ import annotations

from toxmon.drawing.curve import Shared, hidden, shared
from toxmon.drawing.described import description
from toxmon.drawing.drawn import draw
from toxmon.drawing.layout import MIDDLE, PHONE, SHEET, WIDE, Layout, layout_of
from toxmon.drawing.picture import Band, Dose, Lane, Mark, Picture, Segment, Series, Span

__all__ = [
    "MIDDLE",
    "PHONE",
    "SHEET",
    "WIDE",
    "WIDTH",
    "Band",
    "Dose",
    "Lane",
    "Layout",
    "Mark",
    "Picture",
    "Segment",
    "Series",
    "Shared",
    "Span",
    "description",
    "draw",
    "hidden",
    "layout_of",
    "shared",
]

WIDTH = 1000
