"""The ground a drone flies over: metres east and north of a middle, and heights of the land.

A :class:`Plane` is the tangent plane of the ellipsoid at a point. Over 5 km its distances are short by less than
1 mm (a chord against an arc), over 25 km by 7 cm; a survey that is larger is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.frames import geodetic_from_itrf, itrf_from_geodetic

__all__ = ["REACH_M", "Plane", "Terrain", "flat", "plane_at", "terrain_of"]

Floats = npt.NDArray[np.float64]

REACH_M = 25_000.0


@dataclass(frozen=True)
class Plane:
    """East and north metres about a point."""

    lon_deg: float
    lat_deg: float

    def _axes(self) -> tuple[Floats, Floats]:
        lon, lat = np.deg2rad(self.lon_deg), np.deg2rad(self.lat_deg)
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
        return itrf_from_geodetic(lon_deg=self.lon_deg, lat_deg=self.lat_deg), np.stack(
            [east, north, np.cross(east, north)]
        )

    def to_m(self, lonlat_deg: npt.ArrayLike) -> Floats:
        """``(..., 2)`` longitude and latitude -> ``(..., 2)`` east and north."""
        lonlat = np.asarray(lonlat_deg, np.float64)
        origin, axes = self._axes()
        return np.asarray((itrf_from_geodetic(lon_deg=lonlat[..., 0], lat_deg=lonlat[..., 1]) - origin) @ axes[:2].T)

    def to_deg(self, xy_m: npt.ArrayLike) -> Floats:
        """And back: the point of the ellipsoid under it, to better than 0.1 mm."""
        xy = np.asarray(xy_m, np.float64)
        origin, axes = self._axes()
        up = -(xy**2).sum(-1) / (2.0 * 6.37e6)
        for _ in range(4):
            lon, lat, altitude = geodetic_from_itrf(origin + xy @ axes[:2] + up[..., None] * axes[2])
            up = up - altitude
        return np.stack([lon, lat], -1)


def plane_at(lonlat_deg: npt.ArrayLike) -> Plane:
    """The plane about the middle of the box around some points; :class:`InputError` where they lie too far apart."""
    points = np.asarray(lonlat_deg, np.float64).reshape(-1, 2)
    good = np.isfinite(points).all() and (np.abs(points) <= (180.0, 90.0)).all() if len(points) else False
    if not good:
        raise InputError("the area has no corners in degrees", fix="Give longitude first, -180 to 180, then latitude")
    low, high = points.min(0), points.max(0)
    if high[0] - low[0] > 180.0:
        raise InputError("the area crosses the date line", fix="Cut it there and plan two surveys")
    plane = Plane(float(low[0] + high[0]) / 2.0, float(low[1] + high[1]) / 2.0)
    reach = float(np.hypot(*plane.to_m(points).T).max())
    if reach > REACH_M:
        raise InputError(f"the area reaches {reach / 1e3:.0f} km from its middle", fix="Cut it: 25 km is the most")
    return plane


@dataclass(frozen=True)
class Terrain:
    """Heights of the ground above sea level on a square grid of a :class:`Plane`, bilinear in between."""

    west_m: float
    south_m: float
    step_m: float
    height_m: Floats
    """``(row from south, column from west)``, all finite"""

    def at(self, xy_m: npt.ArrayLike) -> Floats:
        """Height under each point ``(..., 2)``; the edge's beyond the edge."""
        xy = np.asarray(xy_m, np.float64)
        rows, columns = self.height_m.shape
        x = np.clip((xy[..., 0] - self.west_m) / self.step_m, 0.0, columns - 1.0)
        y = np.clip((xy[..., 1] - self.south_m) / self.step_m, 0.0, rows - 1.0)
        i, j = np.minimum(y.astype(np.int64), max(rows - 2, 0)), np.minimum(x.astype(np.int64), max(columns - 2, 0))
        u, v = x - j, y - i
        z, right, up = self.height_m, np.minimum(j + 1, columns - 1), np.minimum(i + 1, rows - 1)
        return np.asarray((z[i, j] * (1 - u) + z[i, right] * u) * (1 - v) + (z[up, j] * (1 - u) + z[up, right] * u) * v)

    def is_level(self) -> bool:
        """Nothing rises more than 10 cm."""
        return bool(np.ptp(self.height_m) < 0.1)


def flat(height_m: float = 0.0) -> Terrain:
    """Level ground everywhere."""
    return Terrain(0.0, 0.0, 1.0, np.full((1, 1), height_m))


def terrain_of(west_m: float, south_m: float, step_m: float, height_m: Floats) -> Terrain:
    """A terrain from a grid that may have holes (NaN): :class:`DataError` says where they are."""
    hole = ~np.isfinite(height_m)
    if height_m.ndim != 2 or not height_m.size or hole.any():
        row, column = np.argwhere(hole)[0] if hole.any() else (0, 0)
        raise DataError(
            f"the height grid has {int(hole.sum())} holes, the first {west_m + column * step_m:.0f} m east and "
            f"{south_m + row * step_m:.0f} m north of the area's middle",
            fix="Fill them, or give heights that cover the area and 300 m around it",
        )
    return Terrain(west_m, south_m, step_m, np.asarray(height_m, np.float64))
