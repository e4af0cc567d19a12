"""Where is land? Coastlines for maps on paper, traced once from a land mask that a package carries."""

from __future__ import annotations

import importlib.util
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.errors import DataError

__all__ = ["CELL_DEG", "land_rings", "land_share"]

Floats = npt.NDArray[np.float64]

_BLOCK = 12
CELL_DEG = _BLOCK / 120.0
"""the mask's cells of 1/120 degree are averaged to this"""
_TOLERANCE_DEG = 0.04
_SMALLEST_DEG2 = 0.02
"""islands and lakes below 250 km2 are left out"""
_SHAPE = (21600, 43200)


def land_rings() -> tuple[Floats, ...]:
    """Outlines of land and of its lakes ``(n, 2)`` longitude and latitude, closed, largest first.

    A fill by the even-odd rule is land. Source: GLOBE, the Global Land One-kilometer Base Elevation model (NOAA 1999,
    public domain), as the mask of the package ``global-land-mask``; good to about 10 km. Tracing takes some seconds,
    so the outlines are kept in the user's cache folder. Raises :class:`DataError` where the mask is missing.
    """
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swath" / "land-2.npz"
    try:
        with np.load(kept) as stored:
            return tuple(np.split(stored["points"], np.cumsum(stored["lengths"])[:-1]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        rings = _trace(land_share() >= 0.5)
    content = io.BytesIO()
    np.savez_compressed(content, points=np.concatenate(rings), lengths=np.array([len(ring) for ring in rings]))
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_name(f"{kept.name}.{os.getpid()}")
        scratch.write_bytes(content.getvalue())
        scratch.replace(kept)
    except OSError:
        pass  # a cache that cannot be written only costs time
    return rings


def land_share() -> npt.NDArray[np.float32]:
    """Share of land in cells of ``CELL_DEG``, north first; the mask (1 GB) is never held whole."""
    spec = importlib.util.find_spec("global_land_mask")
    if spec is None or spec.origin is None:
        raise DataError("the package global-land-mask is not installed", fix="Reinstall swath")
    path = Path(spec.origin).with_name("globe_combined_mask_compressed.npz")
    with zipfile.ZipFile(path) as archive, archive.open("mask.npy") as stream:
        np.lib.format.read_magic(stream)
        if np.lib.format.read_array_header_1_0(stream) != (_SHAPE, False, np.dtype(bool)):
            raise DataError("the land mask has another form", where=str(path), fix="Install global-land-mask 1.0")
        rows, columns = _SHAPE[0] // _BLOCK, _SHAPE[1] // _BLOCK
        share = np.empty((rows, columns), np.float32)
        for row in range(rows):
            strip = np.frombuffer(stream.read(_BLOCK * _SHAPE[1]), np.uint8).reshape(_BLOCK, _SHAPE[1])
            share[row] = 1.0 - strip.sum(0, dtype=np.uint16).reshape(columns, _BLOCK).sum(1) / _BLOCK**2
    return share


def _trace(land: npt.NDArray[np.bool_]) -> tuple[Floats, ...]:
    import rasterio.features
    import shapely

    transform = rasterio.transform.from_origin(-180.0, 90.0, CELL_DEG, CELL_DEG)
    found: list[tuple[float, Floats]] = []
    for geometry, _ in rasterio.features.shapes(land.astype(np.uint8), mask=land, transform=transform):
        for ring in geometry["coordinates"]:
            # Midpoints of the cells' sides cut the corners of the staircase.
            corners = shapely.get_coordinates(shapely.segmentize(shapely.linestrings(ring), CELL_DEG))[:-1]
            middles = (corners + np.roll(corners, -1, axis=0)) / 2.0
            if (outline := shapely.simplify(shapely.polygons(middles), _TOLERANCE_DEG)).area >= _SMALLEST_DEG2:
                found.append((outline.area, shapely.get_coordinates(outline)))
    return tuple(ring for _, ring in sorted(found, key=lambda pair: -pair[0]))
