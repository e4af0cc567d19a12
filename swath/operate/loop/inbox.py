"""What has the outside world dropped into the mission's folder? Files and folders under ``inbox/``, by kind.

| folder | what | becomes |
|---|---|---|
| ``inbox/scenes`` | whatever ``swath archive add`` reads: a file, or a product's folder | items of the archive |
| ``inbox/elements`` | element sets of the fleet (TLE, OMM in any form) | the orbits that are planned with |
| ``inbox/forecasts`` | P(clear) as CSV, see ``swath.store.forecast`` | the sky that is planned with |
| ``inbox/results`` | JSON: which contacts were lost, which pictures failed | another plan |

Write under a name that begins with a dot or ends in ``.part``, then rename: such names are left alone. What was taken
in may be removed; as long as it lies there, every tick looks at its size and time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["INBOX", "KINDS", "Arrived", "arrived"]

INBOX = "inbox"
KINDS = {"scenes": "scene", "elements": "elements", "forecasts": "forecast", "results": "results"}
"""the folder, and the kind of job that takes in what lies in it"""


@dataclass(frozen=True)
class Arrived:
    """Something in the inbox."""

    kind: str
    path: str
    """within the mission's folder"""
    tag: str
    """changes when its content does"""

    @property
    def name(self) -> str:
        """Of the job that takes it in: the same thing is taken in once."""
        return f"{self.path}@{self.tag}"


def arrived(folder: Path) -> list[Arrived]:
    """Everything that lies in the inbox, whether it was taken in or not."""
    found = []
    for name, kind in KINDS.items():
        here = folder / INBOX / name
        paths = sorted(here.iterdir()) if here.is_dir() else []
        for path in paths:
            if path.name.startswith(".") or path.name.endswith(".part") or path.is_symlink():
                continue
            found.append(Arrived(kind, path.relative_to(folder).as_posix(), _tag(path)))
    return found


def _tag(path: Path) -> str:
    """Size and last change, of all files of a folder together."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    stats = [file.stat() for file in files]
    newest = max((stat.st_mtime_ns for stat in stats), default=0)
    return f"{newest:x}-{sum(stat.st_size for stat in stats):x}-{len(files)}"
