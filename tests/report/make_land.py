"""Makes swath/report/land.npz: run ``python tests/report/make_land.py`` from the repository's root (2 minutes).

Source: GLOBE, the Global Land One-kilometer Base Elevation model (NOAA National Geophysical Data Center, 1999, public
domain), as the land/sea mask of the package ``global-land-mask`` 1.0.0. The mask is averaged to 0.05 degrees, its 50 %
outline is traced, lightly smoothed and simplified to 0.03 degrees (3 km); rings under 60 km2 are dropped.
"""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio.features
import rasterio.transform
from shapely import Polygon
from shapely.geometry import shape

BLOCK = 6
STEP_DEG = BLOCK / 120.0
TOLERANCE_DEG = 0.03
SMALLEST_DEG2 = 0.005
UNIT_DEG = 0.01


def land_share() -> npt.NDArray[np.float32]:
    """Share of land in cells of 0.05 degrees, ``(3600, 7200)``, north first; the mask (1 GB) is never held whole."""
    spec = importlib.util.find_spec("global_land_mask")
    assert spec is not None and spec.origin is not None
    archive = zipfile.ZipFile(Path(spec.origin).with_name("globe_combined_mask_compressed.npz"))
    with archive.open("mask.npy") as stream:
        np.lib.format.read_magic(stream)
        (rows, columns), fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        assert (rows, columns, fortran, dtype) == (21600, 43200, False, np.dtype(bool))
        shares = []
        for _ in range(rows // BLOCK):
            strip = np.frombuffer(stream.read(BLOCK * columns), np.bool_).reshape(BLOCK, columns // BLOCK, BLOCK)
            shares.append(1.0 - strip.mean(axis=(0, 2), dtype=np.float32))
    return np.array(shares, np.float32)


def rings(land: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.float64]]:
    """Outlines, lakes too, largest first; ``(n, 2)`` longitude and latitude, closed."""
    transform = rasterio.transform.from_origin(-180.0, 90.0, STEP_DEG, STEP_DEG)
    found: list[tuple[float, npt.NDArray[np.float64]]] = []
    for geometry, _ in rasterio.features.shapes(land.astype(np.uint8), mask=land, transform=transform):
        outline = shape(geometry).segmentize(STEP_DEG)
        for ring in (outline.exterior, *outline.interiors):
            corners = np.array(ring.coords)[:-1]
            middles = (corners + np.roll(corners, -1, axis=0)) / 2.0
            smooth = Polygon(middles).simplify(TOLERANCE_DEG)
            if smooth.area >= SMALLEST_DEG2:
                found.append((smooth.area, np.array(smooth.exterior.coords)))
    return [ring for _, ring in sorted(found, key=lambda pair: -pair[0])]


def main() -> None:
    """Writes the file."""
    outlines = rings(land_share() >= 0.5)
    points = np.round(np.concatenate(outlines) / UNIT_DEG).astype(np.int16)
    lengths = np.array([len(ring) for ring in outlines], np.int32)
    target = Path("swath/report/land.npz")
    np.savez_compressed(target, points=points, lengths=lengths)
    print(f"{len(outlines)} rings, {len(points)} points, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
