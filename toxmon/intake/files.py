"""The code maps of a folder: one file a source, `default.toml` for all, and the shipped one.

A file is for the source that its name says, or for those that its `[source]` names.
"""

from __future__ import annotations

from pathlib import Path

from toxmon.data import shipped
from toxmon.intake.code_map import CodeMap, CodeMapError, read_code_map

SHIPPED = "shipped"


def load_code_maps(site: Path | None) -> dict[str, CodeMap]:
    """By source, what its codes mean. Raises CodeMapError with every fault of every file."""
    found: dict[str, CodeMap] = {}
    faults: list[str] = []
    paths = [shipped("protocols") / "codes" / f"{SHIPPED}.toml"]
    if site is not None:
        paths += sorted(path for path in site.glob("*.toml") if path.stem != SHIPPED)
    for path in paths:
        try:
            read = read_code_map(path.read_text("utf-8"), str(path))
        except CodeMapError as error:
            faults += str(error).splitlines()
            continue
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"cannot read {path}: {error}")
            continue
        for name in read.sources or (path.stem,):
            if name in found:
                faults.append(f"{path}: another file is for the source {name} too")
            found[name] = read
    if faults:
        raise CodeMapError("\n".join(faults))
    return found
