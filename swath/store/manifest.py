"""The evidence of a run: what went in, what came out, each with its hash."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from swath import __version__
from swath.errors import DataError, InputError
from swath.store.folder import MANIFEST, write_json

__all__ = ["INPUTS", "Manifest", "NOT_COMPARED", "read_manifest", "sha256", "versions", "write_manifest"]

INPUTS = Path("evidence") / "inputs"
NOT_COMPARED = ("evidence/manifest.json", "evidence/timings.json")
"""files that differ between two equal runs: the manifest itself and the clock's readings"""

_PACKAGES = (
    "numpy",
    "numba",
    "sgp4",
    "pyerfa",
    "astropy-iers-data",
    "rasterio",
    "pyproj",
    "shapely",
    "highspy",
    "pillow",
)
_FORM = "swath-manifest-1"


@dataclass(frozen=True)
class Manifest:
    """What a run folder was made from, and what it held when it was written."""

    mission: str
    """file name in ``evidence/inputs``"""
    seed: int
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    """file name -> sha256"""
    files: Mapping[str, str]
    """path in the folder -> sha256"""


def sha256(path: Path) -> str:
    """Hash of a file's bytes, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """The versions of swath, Python and the packages that results depend on."""
    return {"swath": __version__, "python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


@cache
def _version(name: str) -> str:
    """Read once: looking it up takes milliseconds."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def write_manifest(folder: Path, inputs: Sequence[Path], seed: int) -> Manifest:
    """Copy the inputs into the folder and write the manifest of everything in it. Call it last."""
    kept = folder / INPUTS
    kept.mkdir(parents=True, exist_ok=True)
    for path in inputs:
        shutil.copyfile(path, kept / path.name)
    names = sorted(str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file())
    manifest = Manifest(
        mission=inputs[0].name,
        seed=seed,
        versions=versions(),
        inputs={path.name: sha256(kept / path.name) for path in inputs},
        files={name: sha256(folder / name) for name in names if name not in NOT_COMPARED},
    )
    write_json(folder / MANIFEST, {"form": _FORM, **manifest.__dict__})
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder. :class:`DataError` where there is none, :class:`InputError` where it is damaged."""
    path = folder / MANIFEST
    if not path.is_file():
        raise DataError("no manifest here", where=str(path), fix="Name a folder that swath run or swath demo wrote")
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("form") != _FORM:
            raise ValueError("another form of manifest")
        manifest = Manifest(**raw)
        tables = (manifest.inputs, manifest.files, manifest.versions)
        if not all(isinstance(t, dict) and all(isinstance(v, str) for v in t.values()) for t in tables):
            raise ValueError("hashes are not texts")
        if not isinstance(manifest.seed, int) or manifest.mission not in manifest.inputs:
            raise ValueError("mission or seed is wrong")
        if any(Path(name).name != name for name in manifest.inputs):
            raise ValueError("an input lies outside the folder")
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise InputError(f"the manifest is damaged: {error}", where=str(path), fix="Run the mission again") from error
    return manifest
