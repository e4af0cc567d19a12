"""Re-runs a folder from its own inputs and compares every file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from swath.errors import DataError
from swath.operate.run import run_mission
from swath.store.manifest import INPUTS, NOT_COMPARED, read_manifest, sha256, versions

__all__ = ["PICTURE_TOLERANCE", "Difference", "Verification", "verify_folder"]

PICTURE_TOLERANCE = 1
"""largest difference of a pixel's stored whole number (1e-4 of reflectance or NDVI, 1 of likelihood); every other
file is compared bit for bit"""


@dataclass(frozen=True)
class Difference:
    """One file that is not what the inputs give."""

    file: str
    because: str


@dataclass(frozen=True)
class Verification:
    """What was compared and what differs."""

    compared: int
    identical: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing differs."""
        return not self.differences

    def lines(self) -> list[str]:
        """For a terminal, answer first."""
        head = "SAME     " if self.ok else "DIFFERENT"
        lines = [f"{head} {self.compared} files compared, {self.identical} bit for bit, {len(self.differences)} differ"]
        lines += [f"         {d.file}: {d.because}" for d in self.differences[:20]]
        if len(self.differences) > 20:
            lines.append(f"         and {len(self.differences) - 20} more")
        return lines + [f"note     {note}" for note in self.notes]

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "ok": self.ok,
            "compared": self.compared,
            "identical": self.identical,
            "differences": [d.__dict__ for d in self.differences],
            "notes": list(self.notes),
        }


def verify_folder(folder: Path, *, progress: Callable[[str, float], None] = lambda what, share: None) -> Verification:
    """Is this folder what its inputs give, and has nobody changed it since?

    Files are first held against the hashes in the manifest, then the mission is run again from ``evidence/inputs``
    with the recorded seed and every file is compared: pictures pixel by pixel within :data:`PICTURE_TOLERANCE`,
    everything else bit for bit. Other versions of swath or of a package are noted.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.inputs.items():
        kept = folder / INPUTS / name
        if not kept.is_file() or sha256(kept) != digest:
            raise DataError(f"input {name} was changed or lost", where=str(kept), fix="Nothing can be verified without")
    changed = [
        Difference(name, "lost" if not (folder / name).is_file() else "changed since it was written")
        for name, digest in manifest.files.items()
        if not (folder / name).is_file() or sha256(folder / name) != digest
    ]
    notes = [
        f"made with {package} {was}, compared with {now}"
        for package, now in versions().items()
        if (was := manifest.versions.get(package, "absent")) != now
    ]
    with tempfile.TemporaryDirectory(prefix="swath-verify-") as scratch:
        again = Path(scratch) / "again"
        run_mission(folder / INPUTS / manifest.mission, again, seed=manifest.seed, progress=progress)
        compared, identical, different = _compare(folder, again)
    known = {d.file for d in changed}
    return Verification(
        compared, identical, tuple(changed) + tuple(d for d in different if d.file not in known), tuple(notes)
    )


def _compare(one: Path, two: Path) -> tuple[int, int, list[Difference]]:
    names = {p.relative_to(f).as_posix() for f in (one, two) for p in f.rglob("*") if p.is_file()} - set(NOT_COMPARED)
    identical, differences = 0, []
    for name in sorted(names):
        if not (one / name).is_file() or not (two / name).is_file():
            differences.append(Difference(name, "made by only one of the two runs"))
        elif sha256(one / name) == sha256(two / name):
            identical += 1
        elif not name.endswith(".tif"):
            differences.append(Difference(name, "comes out differently"))
        elif because := _pixels_differ(one / name, two / name):
            differences.append(Difference(name, because))
    return len(names), identical, differences


def _pixels_differ(one: Path, two: Path) -> str:
    try:
        with rasterio.open(one) as a, rasterio.open(two) as b:
            if (a.shape, a.count, a.crs, a.transform) != (b.shape, b.count, b.crs, b.transform):
                return "has another size or place"
            worst = max(int(np.max(np.abs(a.read(n).astype(np.int64) - b.read(n).astype(np.int64)))) for n in a.indexes)
    except rasterio.errors.RasterioError as error:
        return f"cannot be read: {error}"
    return f"pixels differ by up to {worst}" if worst > PICTURE_TOLERANCE else ""
