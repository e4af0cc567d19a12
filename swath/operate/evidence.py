"""Makes a folder again from what it was made of, a run or a single product, and compares every file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.raster_file import dataset
from swath.errors import DataError
from swath.operate.run import run_mission
from swath.store.folder import LINEAGE, STATE
from swath.store.lineage import TIMINGS, code_version, make, read_lineage, recipe_again
from swath.store.manifest import INPUTS, NOT_COMPARED, read_manifest, sha256, versions

__all__ = ["PICTURE_TOLERANCE", "REAL_TOLERANCE", "Difference", "Verification", "verify_folder"]

PICTURE_TOLERANCE = 1
"""largest difference of a pixel's stored whole number (1e-4 of reflectance or NDVI, 1 of likelihood); every other
file is compared bit for bit"""
REAL_TOLERANCE = 1e-6
"""largest difference of a product's real pixel, absolute and as a share of it: sums may run in another order"""


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


Progress = Callable[[str, float], None]


def verify_folder(
    folder: Path, *, inputs: Sequence[Path] = (), progress: Progress = lambda what, share: None
) -> Verification:
    """Is this folder what its inputs give, and has nobody changed it since?

    Files are first held against the recorded hashes. Then a run's mission is run again from ``evidence/inputs`` with
    the recorded seed, or a product is made again by its :mod:`lineage` (inputs that have moved are sought in the
    folders ``inputs``), and every file is compared. Bit for bit, but pictures by their pixels: of a run within
    :data:`PICTURE_TOLERANCE`; of a product whole numbers must be equal, real ones within :data:`REAL_TOLERANCE`. Other
    versions of swath or of a package are noted.
    """
    if (folder / LINEAGE).is_file():
        return _verify_product(folder, inputs, progress)
    manifest = read_manifest(folder)
    for name, digest in manifest.inputs.items():
        kept = folder / INPUTS / name
        if not kept.is_file() or sha256(kept) != digest:
            raise DataError(f"input {name} was changed or lost", where=str(kept), fix="Nothing can be verified without")
    with tempfile.TemporaryDirectory(prefix="swath-verify-") as scratch:
        again = Path(scratch) / "again"
        run_mission(folder / INPUTS / manifest.mission, again, seed=manifest.seed, progress=progress)
        return _verification(folder, again, manifest.files, NOT_COMPARED, PICTURE_TOLERANCE, _notes(manifest.versions))


def _verify_product(folder: Path, inputs: Sequence[Path], progress: Progress) -> Verification:
    lineage = read_lineage(folder)
    recipe = recipe_again(folder, lineage, inputs=inputs)
    notes = _notes(lineage.versions)
    if lineage.code != code_version():
        notes.append(f"made by the code {lineage.code}, compared with {code_version()}")
    with tempfile.TemporaryDirectory(prefix="swath-verify-") as scratch:
        again = Path(scratch) / folder.absolute().name
        make(recipe, again, progress=progress)
        return _verification(folder, again, lineage.files, (LINEAGE, TIMINGS), 0, notes)


def _notes(made_with: Mapping[str, str]) -> list[str]:
    return [
        f"made with {package} {was}, compared with {now}"
        for package, now in versions().items()
        if (was := made_with.get(package, "absent")) != now
    ]


def _verification(
    folder: Path, again: Path, files: Mapping[str, str], left_out: Sequence[str], tolerance: int, notes: Sequence[str]
) -> Verification:
    changed = [
        Difference(name, "lost" if not (folder / name).is_file() else "changed since it was written")
        for name, digest in files.items()
        if not (folder / name).is_file() or sha256(folder / name) != digest
    ]
    compared, identical, different = _compare(folder, again, left_out, tolerance)
    known = {d.file for d in changed}
    return Verification(
        compared, identical, tuple(changed) + tuple(d for d in different if d.file not in known), tuple(notes)
    )


def _compare(one: Path, two: Path, left_out: Sequence[str], tolerance: int) -> tuple[int, int, list[Difference]]:
    names = {p.relative_to(f).as_posix() for f in (one, two) for p in f.rglob("*") if p.is_file()} - set(left_out)
    names = {name for name in names if not name.startswith(f"{STATE}/")}
    identical, differences = 0, []
    for name in sorted(names):
        if not (one / name).is_file() or not (two / name).is_file():
            differences.append(Difference(name, "made by only one of the two runs"))
        elif sha256(one / name) == sha256(two / name):
            identical += 1
        elif not name.endswith(".tif"):
            differences.append(Difference(name, "comes out differently"))
        elif because := _pixels_differ(one / name, two / name, tolerance):
            differences.append(Difference(name, because))
    return len(names), identical, differences


def _pixels_differ(one: Path, two: Path, tolerance: int) -> str:
    """Why two rasters are not the same; empty where they are. Band by band: they may be large."""
    try:
        with dataset(one) as a, dataset(two) as b:
            if (a.shape, a.dtypes, a.crs, a.transform) != (b.shape, b.dtypes, b.crs, b.transform):
                return "has another size, type or place"
            worst = max(_worst(a.read(n), b.read(n), tolerance) for n in a.indexes)
    except DataError as error:
        return str(error)
    return f"pixels differ by up to {worst:g}" if worst else ""


def _worst(one: npt.NDArray[Any], two: npt.NDArray[Any], tolerance: int) -> float:
    """The largest difference beyond what is allowed; 0 where there is none. Two that are not numbers are the same."""
    if one.dtype.kind in "iu":
        worst = int(np.max(np.abs(one.astype(np.int64) - two.astype(np.int64))))
        return worst if worst > tolerance else 0
    same = np.isclose(one, two, rtol=REAL_TOLERANCE, atol=REAL_TOLERANCE, equal_nan=True)
    if same.all():
        return 0
    off = np.abs(one - two)[~same]
    return float(np.nanmax(off)) if np.isfinite(off).any() else float("inf")
