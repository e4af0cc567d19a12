"""Where in a radar picture in ground range is a place on the map? From the geolocation grid of its annotation.

The grid gives longitude, latitude and height of some hundred pixels. A point h above the ellipsoid appears
h / tan(incidence) nearer to the satellite than the ellipsoid below it; with that taken out, places are so smooth a
function of line and pixel that polynomials turn it round. What they are off at the grid's points is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.grids import map_epsg, map_from_geodetic
from swath.archive.xml_in import Node
from swath.errors import DataError

__all__ = ["RadarGrid", "radar_grid"]

Floats = npt.NDArray[np.float64]

_DEGREE = 5
_ROUNDS = 3
"""the look at a point's height changes along its own shift: 1 % in a kilometre"""


@dataclass(frozen=True)
class RadarGrid:
    """The way from map coordinates to lines and pixels of one picture."""

    epsg: int
    line: Floats
    """of the grid's lines ``(i,)``"""
    pixel: Floats
    """of the grid's columns ``(j,)``"""
    lon_deg: Floats
    """``(i, j)``"""
    lat_deg: Floats
    height_m: Floats
    incidence_deg: Floats
    to_line: Floats
    to_pixel: Floats
    outward_east: Floats
    outward_north: Floats
    per_height: Floats
    """coefficients of polynomials over the map: outward direction of the look, and 1 / tan(incidence)"""
    middle_m: tuple[float, float]
    half_m: tuple[float, float]
    residual_px: float
    """largest distance at the grid's points"""

    def find(
        self, east_m: Floats, north_m: Floats, height_m: Callable[[Floats, Floats], Floats] | None = None
    ) -> tuple[Floats, Floats]:
        """Line and pixel of map points; ``height_m(line, pixel)`` gives other heights than the grid's own.

        ``height_m`` gets where the ellipsoid's point would be seen; it may ignore that and know its heights by itself.
        """
        flat_east, flat_north = east_m, north_m
        for _ in range(_ROUNDS):
            terms = self._terms(flat_east, flat_north)
            height = (height_m or self.height_at)(terms @ self.to_line, terms @ self.to_pixel)
            shift = height * (terms @ self.per_height)
            flat_east = east_m - shift * (terms @ self.outward_east)
            flat_north = north_m - shift * (terms @ self.outward_north)
        terms = self._terms(flat_east, flat_north)
        return terms @ self.to_line, terms @ self.to_pixel

    def height_at(self, line: Floats, pixel: Floats) -> Floats:
        """Height of the grid's ground at lines and pixels, bilinear, the outermost kept beyond."""
        i = np.clip(np.searchsorted(self.line, line, side="right") - 1, 0, len(self.line) - 2)
        j = np.clip(np.searchsorted(self.pixel, pixel, side="right") - 1, 0, len(self.pixel) - 2)
        f = np.clip((line - self.line[i]) / (self.line[i + 1] - self.line[i]), 0.0, 1.0)
        g = np.clip((pixel - self.pixel[j]) / (self.pixel[j + 1] - self.pixel[j]), 0.0, 1.0)
        h = self.height_m
        low, high = h[i, j] * (1 - g) + h[i, j + 1] * g, h[i + 1, j] * (1 - g) + h[i + 1, j + 1] * g
        return np.asarray(low * (1 - f) + high * f)

    def _terms(self, east_m: Floats, north_m: Floats) -> Floats:
        return _terms((east_m - self.middle_m[0]) / self.half_m[0], (north_m - self.middle_m[1]) / self.half_m[1])


def _terms(x: Floats, y: Floats) -> Floats:
    """Products of powers up to the degree, ``(..., n)``."""
    return np.stack([x**a * y**b for a in range(_DEGREE + 1) for b in range(_DEGREE + 1 - a)], -1)


def radar_grid(annotation: Node) -> RadarGrid:
    """The grid of an annotation's ``geolocationGridPoint`` elements.

    Raises :class:`DataError` where they form no grid, or polynomials miss its points by more than half a pixel.
    """
    names = ("line", "pixel", "longitude", "latitude", "height", "incidenceAngle")
    rows = [[node.number(name) for name in names] for node in annotation.deep("geolocationGridPoint")]
    table = np.array(rows).reshape(-1, len(names))
    lines, pixels = np.unique(table[:, 0]), np.unique(table[:, 1])
    if len(lines) < 3 or len(pixels) < 3 or len(table) != len(lines) * len(pixels):
        raise DataError("its geolocation points form no grid", where=annotation.where, fix="Get the product again")
    points = table[np.lexsort((table[:, 1], table[:, 0]))].reshape(len(lines), len(pixels), len(names))
    lon, lat, height, incidence = (points[..., k] for k in (2, 3, 4, 5))
    if np.abs(lat).max() > 90.0 or incidence.min() <= 5.0 or incidence.max() >= 85.0 or np.abs(height).max() > 12e3:
        raise DataError("its geolocation points are nowhere on Earth", where=annotation.where, fix="Get it again")
    centre = int(len(lines) // 2), int(len(pixels) // 2)
    epsg = map_epsg(lon_deg=float(lon[centre]), lat_deg=float(lat[centre]))
    east, north = map_from_geodetic(epsg, lon_deg=lon, lat_deg=lat)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise DataError("one map projection cannot show it", where=annotation.where, fix="Split it")
    return _fitted(epsg, lines, pixels, (lon, lat, height, incidence), east, north, annotation.where)


def _fitted(
    epsg: int, lines: Floats, pixels: Floats, ground: tuple[Floats, ...], east: Floats, north: Floats, where: str
) -> RadarGrid:
    lon, lat, height, incidence = ground
    per_height = 1.0 / np.tan(np.radians(incidence))
    along = np.gradient(east, pixels, axis=1), np.gradient(north, pixels, axis=1)
    length = np.hypot(*along)
    if length.min() <= 0.0:
        raise DataError("its geolocation points coincide", where=where, fix="Get the product again")
    outward = along[0] / length, along[1] / length
    flat_east, flat_north = east - height * per_height * outward[0], north - height * per_height * outward[1]
    middle = float((flat_east.max() + flat_east.min()) / 2), float((flat_north.max() + flat_north.min()) / 2)
    half = float(np.ptp(flat_east) / 2), float(np.ptp(flat_north) / 2)
    degree_terms = _terms((flat_east - middle[0]) / half[0], (flat_north - middle[1]) / half[1])
    design = degree_terms.reshape(-1, degree_terms.shape[-1])
    line, pixel = np.meshgrid(lines, pixels, indexing="ij")

    def fit(values: Floats) -> Floats:
        return np.asarray(np.linalg.lstsq(design, values.ravel(), rcond=1e-12)[0])

    to_line, to_pixel = fit(line), fit(pixel)
    off = np.hypot(design @ to_line - line.ravel(), design @ to_pixel - pixel.ravel())
    if not off.max() <= 0.5:
        raise DataError(f"its geolocation points scatter by {off.max():.1f} pixel", where=where, fix="Get it again")
    return RadarGrid(
        epsg, lines, pixels, lon, lat, height, incidence, to_line, to_pixel,
        fit(outward[0]), fit(outward[1]), fit(per_height), middle, half, float(off.max()),
    )  # fmt: skip
