"""An episode of a syndrome: when it began, how bad it was, when it was over.

A syndrome is over when every sign of it has been known absent, without a gap, for the ward's
quiet period. A sign that is no longer known breaks the quiet: absence is never assumed (decision
0009).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Episode:
    """`peak` is the highest grade that was certain. `quiet_since` is set while signs are absent.

    `treated_at` is the first antipyretic, anticytokine drug or steroid at or after the onset.
    """

    number: int
    onset_at: datetime
    peak: int
    peak_at: datetime
    treated_at: datetime | None = None
    quiet_since: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Is it still going on?"""
        return self.ended_at is None

    def seen(self, at: datetime, low: int, present: bool | None, quiet: timedelta) -> Episode:
        """The episode after a look at `at`: the certain grade, and whether any sign is present."""
        episode = replace(self, peak=low, peak_at=at) if low > self.peak else self
        if present is not False:
            return replace(episode, quiet_since=None) if episode.quiet_since else episode
        if episode.quiet_since is None:
            return replace(episode, quiet_since=at)
        if at >= episode.quiet_since + quiet:
            return replace(episode, ended_at=at)
        return episode

    def next_change(self, quiet: timedelta) -> datetime | None:
        """When it will be over if all stays quiet."""
        if self.quiet_since is None or not self.open:
            return None
        return self.quiet_since + quiet
