"""One published scale: its name, its edition, its source, and the rule that grades by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toxmon.grading.grade import Grade, Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What is the same for every answer of a scale.

    `findings` is the class of what it asks, every field None unless known. `grade` is its rule,
    from findings to a Grade. `warnings` words each code that the rule may warn with.
    """

    name: str
    title: str
    edition: str
    source: str
    warnings: Mapping[str, str]
    findings: type[Any]
    grade: Callable[[Any], Grade | Index]
