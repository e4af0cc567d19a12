"""How high is the ground, above the ellipsoid? A terrain model that the user has, and the geoid under it.

Terrain models (SRTM, Copernicus) count heights from the geoid; cameras and radars need them from the ellipsoid: the two
differ by up to 107 m. Geoid grids are read in both forms of PROJ, GTX and GeoTIFF (EGM96, 15 minutes, and finer): from
a file that the user gives, or where PROJ keeps its own. None is shipped, and none is ever guessed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj import datadir

from swath.archive.raster_file import RasterFile, open_raster, read_window
from swath.errors import DataError

__all__ = ["Geoid", "Terrain", "geoid_file", "open_terrain", "read_geoid"]

Floats = npt.NDArray[np.float64]

_OF_PROJ = {
    "egm96": ("us_nga_egm96_15.tif", "egm96_15.gtx"),
    "egm2008": ("us_nga_egm08_25.tif", "egm08_25.gtx"),
}
_MOST_PX = 60_000_000
_DEEP_M, _HIGH_M = -12_000.0, 9_500.0


@dataclass(frozen=True)
class Geoid:
    """Heights of the geoid above the ellipsoid on a grid of the whole Earth or a part."""

    south_deg: float
    west_deg: float
    step_lat_deg: float
    step_lon_deg: float
    undulation_m: npt.NDArray[np.float32]
    """rows from south to north"""

    def at(self, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> Floats:
        """Undulation (m) at places, bilinear; round the Earth where the grid goes round. :class:`DataError` outside."""
        lon, lat = np.broadcast_arrays(np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64))
        rows, columns = self.undulation_m.shape
        y = (lat - self.south_deg) / self.step_lat_deg
        x = ((lon - self.west_deg) % 360.0) / self.step_lon_deg
        whole = columns * self.step_lon_deg > 359.999
        if y.size and (y.min() < -1e-6 or y.max() > rows - 1 + 1e-6 or (not whole and x.max() > columns - 1 + 1e-6)):
            raise DataError("the geoid grid does not reach there", fix="Give a grid that covers the picture")
        i = np.clip(y.astype(int), 0, rows - 2)
        j = np.clip(x.astype(int), 0, columns - 1 if whole else columns - 2)
        f, g, k = y - i, x - j, (j + 1) % columns
        table = self.undulation_m
        low = table[i, j] * (1.0 - g) + table[i, k] * g
        high = table[i + 1, j] * (1.0 - g) + table[i + 1, k] * g
        return np.asarray(low * (1.0 - f) + high * f, np.float64)


def geoid_file(given: Path) -> Path:
    """Where does a geoid lie: the file itself, or by name (``egm96``, ``egm2008``) among PROJ's grids?

    Raises :class:`DataError` where neither is there, and says how PROJ gets its own.
    """
    if given.exists() or given.name.lower() not in _OF_PROJ:
        return given
    folders = [
        folder for ask in ("get_user_data_dir", "get_data_dir") for folder in getattr(datadir, ask)().split(os.pathsep)
    ]
    names = _OF_PROJ[given.name.lower()]
    for path in (Path(folder) / name for folder in folders for name in names):
        if path.is_file():
            return path
    raise DataError(
        f"PROJ has no grid of {given.name} here", where=", ".join(folders), fix=f"Run pyproj sync --file {names[0]}"
    )


@lru_cache(maxsize=2)
def read_geoid(path: Path) -> Geoid:
    """Read a geoid in GTX form (40 bytes of header, then rows from the south) or as a GeoTIFF in degrees.

    :class:`DataError` where it is neither.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error
    found = _of_tiff(path) if data[:2] in (b"II", b"MM") else _of_gtx(path, data)
    if not (np.abs(found.undulation_m) < 200.0).all():
        raise DataError("holds undulations beyond 200 m", where=str(path), fix="Give a grid without gaps")
    return found


def _of_tiff(path: Path) -> Geoid:
    raster = open_raster(path)
    a, b, c, d, e, f = raster.affine
    plain = raster.crs and pyproj.CRS.from_user_input(raster.crs).is_geographic and b == d == 0.0
    if not plain or a <= 0.0 or e >= 0.0 or min(raster.width, raster.height) < 2 or raster.width > 50_000:
        raise DataError("is no geoid grid in degrees", where=str(path), fix="Give a file such as us_nga_egm96_15.tif")
    table = read_window(raster, 0, 0, raster.height, raster.width, bands=[0])[0].astype(np.float32)
    return Geoid(f + (raster.height - 0.5) * e, c + 0.5 * a, -e, a, np.ascontiguousarray(table[::-1]))


def _of_gtx(path: Path, data: bytes) -> Geoid:
    head = np.frombuffer(data[:32], ">f8") if len(data) >= 40 else np.zeros(4)
    rows, columns = (int(n) for n in np.frombuffer(data[32:40], ">i4")) if len(data) >= 40 else (0, 0)
    good = np.isfinite(head).all() and rows >= 2 and columns >= 2 and len(data) == 40 + 4 * rows * columns
    if not good or head[2] <= 0.0 or head[3] <= 0.0 or abs(head[0]) > 90.0:
        raise DataError("is no geoid grid in GTX form", where=str(path), fix="Give a file such as egm96_15.gtx")
    table = np.frombuffer(data[40:], ">f4").reshape(rows, columns).astype(np.float32)
    return Geoid(float(head[0]), float(head[1]), float(head[2]), float(head[3]), table)


@dataclass(frozen=True)
class Terrain:
    """A terrain model and what its heights count from."""

    file: RasterFile
    geoid: Geoid | None
    """None where the model's heights are above the ellipsoid already"""

    def at(self, lon_deg: Floats, lat_deg: Floats, *, require: bool = False) -> Floats:
        """Heights above the ellipsoid (m) at places, bilinear. Gaps and places outside take the geoid's (sea level).

        With ``require``, raises :class:`DataError` where none of the places is on the model.
        """
        transform = self.file.transform
        assert transform is not None
        to_map = pyproj.Transformer.from_crs("EPSG:4326", self.file.crs, always_xy=True)
        east, north = to_map.transform(lon_deg, lat_deg)
        column, row = ~transform * (np.asarray(east), np.asarray(north))
        height = self._bilinear(np.asarray(column) - 0.5, np.asarray(row) - 0.5, require)
        return height if self.geoid is None else height + self.geoid.at(lon_deg, lat_deg)

    def _bilinear(self, x: Floats, y: Floats, require: bool) -> Floats:
        inside = (x >= -0.5) & (x <= self.file.width - 0.5) & (y >= -0.5) & (y <= self.file.height - 0.5)
        if not inside.any() and not require:
            return np.zeros(x.shape)
        if not inside.any():
            raise DataError("the terrain model lies elsewhere", where=str(self.file.path), fix="Give one of the place")
        x, y = np.clip(x, 0.0, self.file.width - 1.0), np.clip(y, 0.0, self.file.height - 1.0)
        left, top = int(x[inside].min()), int(y[inside].min())
        right, bottom = int(np.ceil(x[inside].max())) + 1, int(np.ceil(y[inside].max())) + 1
        columns, rows = min(right, self.file.width) - left, min(bottom, self.file.height) - top
        if columns * rows > _MOST_PX:
            raise DataError("too large a part of the terrain model", where=str(self.file.path), fix="Use a coarser one")
        part = read_window(self.file, top, left, rows, columns, bands=[0])[0].astype(np.float64)
        known = np.isfinite(part) & (part > _DEEP_M) & (part < _HIGH_M)
        if self.file.nodata is not None:
            known &= part != self.file.nodata
        part = np.where(known, part, 0.0)
        x, y = np.clip(x - left, 0.0, columns - 1.0), np.clip(y - top, 0.0, rows - 1.0)
        i, j = np.minimum(y.astype(int), max(rows - 2, 0)), np.minimum(x.astype(int), max(columns - 2, 0))
        k, m = np.minimum(i + 1, rows - 1), np.minimum(j + 1, columns - 1)
        f, g = y - i, x - j
        low, high = part[i, j] * (1.0 - g) + part[i, m] * g, part[k, j] * (1.0 - g) + part[k, m] * g
        return np.where(inside, low * (1.0 - f) + high * f, 0.0)


def open_terrain(dem: Path, geoid: Path | None = None) -> Terrain:
    """A terrain model of one band; with ``geoid`` its heights count from there, without from the ellipsoid."""
    file = open_raster(dem)
    if file.transform is None:
        raise DataError("has no place on the map", where=str(dem), fix="Give a georeferenced terrain model")
    return Terrain(file, read_geoid(geoid) if geoid else None)
