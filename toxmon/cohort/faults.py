"""What is wrong with a file: each place and each word of it, up to a point."""

from __future__ import annotations

MOST_TOLD = 100
"""More faults than this are counted and not told: nobody reads on."""


class FileError(Exception):
    """The file cannot be graded; says each line and field that is wrong."""


class Faults:
    """The faults of one file. It is true once there is one."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._more = 0

    def add(self, fault: str) -> None:
        """One more, which begins with its place: "line 3: ..."."""
        if len(self._told) < MOST_TOLD:
            self._told.append(fault)
        else:
            self._more += 1

    def settle(self) -> None:
        """Raises FileError with every fault, if there is any."""
        if self._told:
            more = [f"and {self._more:,} more"] if self._more else []
            raise FileError("\n".join([*self._told, *more]))

    def __bool__(self) -> bool:
        return bool(self._told)
