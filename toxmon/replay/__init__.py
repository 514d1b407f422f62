"""A recorded course, played through the real service with the clock as an argument.

Nothing here decides: facts are charted by the same actions as over HTTP, in a record of its own
that goes when it goes, and time is swept at every instant at which something is due. So a ward can
see, before it goes live, what would have alarmed and whom that would have called.
"""

from toxmon.replay.burden import BUDGET, Burden, burden
from toxmon.replay.moments import Moment, moments
from toxmon.replay.stage import NotPlayable, Played, Rang, play

__all__ = [
    "BUDGET",
    "Burden",
    "Moment",
    "NotPlayable",
    "Played",
    "Rang",
    "burden",
    "moments",
    "play",
]
