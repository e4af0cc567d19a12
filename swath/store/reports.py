"""Which reports lie in a mission's folder? Claims that were checked, constellations that were designed.

``swath claim check FILE --out MISSION/claims/NAME`` and ``swath design ... --out MISSION/design/NAME.html`` put them
there. A report is a page, alone or in a folder of its own with whatever belongs to it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ROOMS", "Report", "report_file", "reports"]

ROOMS = ("claims", "design")
"""the folders of a mission that hold reports"""
_PAGE, _VERDICTS = "index.html", "verdicts.json"
_SHOWN = (
    *(".html", ".json", ".csv", ".png", ".svg", ".pdf", ".kml", ".czml", ".zip", ".toml", ".parquet", ".geojson"),
    *(".txt", ".oem", ".ics"),
)
_SUMS = "SHA256SUMS"
_TITLE = re.compile(rb"<title>(.{1,500}?)</title>", re.DOTALL | re.IGNORECASE)
_MARK = re.compile(rb"\bSIMULATED\b")
_HEAD_BYTES = 65536
_MOST_BYTES = 20_000_000
_MOST_FILES = 200


@dataclass(frozen=True)
class Report:
    """A report as it lies there."""

    id: str
    """name of its folder, or of its page without the ending"""
    title: str
    page: str
    """its page; empty where it has none"""
    files: tuple[tuple[str, int], ...]
    """name and bytes of each, the page first; names of a folder's files begin with the folder's"""
    changed_s: float
    """when its page was written, seconds since 1970"""
    simulated: bool
    """its page says so"""
    verdicts: tuple[dict[str, Any], ...] = ()
    """of claims, as ``verdicts.json`` holds them"""


def reports(folder: Path, room: str) -> list[Report]:
    """The reports of a room, the newest first; an empty list where there are none."""
    root = folder / room
    if room not in ROOMS or not root.is_dir():
        return []
    groups: dict[str, list[Path]] = {}
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") or not path.resolve().is_relative_to(folder.resolve()):
            continue
        if path.is_dir():
            if (path / _PAGE).is_file() or (path / _VERDICTS).is_file():
                groups[path.name] = list(_files(path))
        elif _shown(path):
            groups.setdefault(path.stem, []).append(path)
    made = [_report(root, id, paths) for id, paths in groups.items()]
    return sorted((one for one in made if one is not None), key=lambda one: (-one.changed_s, one.id))


def _files(folder: Path) -> Iterator[Path]:
    root = folder.resolve()
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        if number < _MOST_FILES and path.resolve().is_relative_to(root) and _shown(path):
            yield path


def _report(root: Path, id: str, paths: list[Path]) -> Report | None:
    pages = [path for path in paths if path.name == _PAGE] or [path for path in paths if path.suffix == ".html"]
    answers = [path for path in paths if path.name == _VERDICTS] or [p for p in paths if p.suffix == ".json"]
    if not pages and not answers:
        return None
    first = (pages or answers)[0]
    try:
        with first.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        told = tuple((path.relative_to(root).as_posix(), path.stat().st_size) for path in paths)
        changed_s = first.stat().st_mtime
    except OSError:
        return None  # it went away while we looked
    found = _TITLE.search(head)
    title = html.unescape(found.group(1).decode("utf-8", "replace")).strip() if found else id
    name = first.relative_to(root).as_posix()
    files = tuple(sorted(told, key=lambda one: (one[0] != name, one[0])))
    page, simulated = name if pages else "", bool(_MARK.search(head)) or "SIMULATED" in name
    return Report(id, title, page, files, changed_s, simulated, _verdicts(answers))


def _verdicts(paths: list[Path]) -> tuple[dict[str, Any], ...]:
    """Of the first file that holds some; a file of another kind holds none."""
    for path in paths:
        try:
            if path.stat().st_size > _MOST_BYTES:
                continue
            told = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        rows = told.get("verdicts") if isinstance(told, dict) else None
        if isinstance(rows, list):
            return tuple(row for row in rows if isinstance(row, dict))
    return ()


def report_file(folder: Path, room: str, name: str) -> Path | None:
    """A file of a room by its name there; ``None`` for what is not shown, not there, or lies elsewhere."""
    if room not in ROOMS or "\0" in name or not name:
        return None
    root = (folder / room).resolve()
    path = (root / name).resolve()
    inside = path.is_relative_to(root) and root.is_relative_to(folder.resolve())
    hidden = any(part.startswith(".") for part in Path(name).parts)
    return path if inside and not hidden and path.is_file() and _shown(path) else None


def _shown(path: Path) -> bool:
    return not path.name.startswith(".") and (path.suffix.lower() in _SHOWN or path.name == _SUMS)
