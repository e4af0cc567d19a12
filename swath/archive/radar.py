"""Where on the map does a radar picture belong? Each map pixel is sought by its time abeam and its distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.camera import orbit_at
from swath.archive.footprint import geojson_outline, grid_outline
from swath.archive.grids import covering_grid, map_to_geodetic
from swath.archive.picture import RadarHeader, ReceivedPicture, band_counts, require_radar_header
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, geodetic_from_itrf, geodetic_up, itrf_from_geodetic
from swath.model import Estimate, Grid, Scene
from swath.orbit.sun import sun_angles_deg
from swath.spacecraft.sar import placed_ce90_m, radar_ground, radar_image

__all__ = ["build_radar_scene", "by_radar", "map_radar", "radar_grid"]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint16]

_ROWS = 256


def map_radar(picture: ReceivedPicture, grid: Grid, *, heights_m: npt.NDArray[np.floating[Any]] | float) -> Counts:
    """A received radar picture on a map grid: counts of amplitude ``(row, column)``, 0 where it saw nothing.

    ``heights_m`` above the ellipsoid, of each pixel of the grid or one for all: with the relief, foreshortening is
    taken out of the positions (what lay over each other stays mixed, what was hidden dark). Powers are interpolated,
    not amplitudes: bilinear between four samples; where one of them has not arrived there is nothing. Position:
    tests/fly/test_sar.py. Raises :class:`InputError` for heights that do not fit the grid, :class:`DataError` where
    header or records are missing, a camera took it, or nothing of the grid is seen.
    """
    header = require_radar_header(picture)
    heights = np.asarray(heights_m, np.float64)
    if heights.shape not in ((), grid.shape):
        raise InputError(f"heights {heights.shape} on a grid {grid.shape}", fix="Give one height for each pixel")
    heights = np.broadcast_to(heights, grid.shape)
    r_itrf_m, v_itrf_m_s, period_s = _states(picture, header)
    pixels = band_counts(picture, 0)
    out = np.zeros(grid.shape, np.uint16)
    east, north = grid.centres_m()
    for top in range(0, grid.height, _ROWS):
        rows = slice(top, min(top + _ROWS, grid.height))
        lon, lat = map_to_geodetic(grid.epsg, *np.meshgrid(east, north[rows]))
        points = itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=heights[rows])
        line, distance = radar_image(r_itrf_m, v_itrf_m_s, period_s, points)
        out[rows] = _sampled(pixels, line, (distance - header.near_range_m) / header.range_spacing_m)
    if not out.any():
        raise DataError("the radar saw nothing of the grid", fix="Ask for a grid where it looked")
    return out


def radar_grid(picture: ReceivedPicture, *, pixel_m: float, altitude_m: float = 0.0) -> Grid:
    """The grid over all that a radar picture saw, for ground at a height, snapped to whole pixels."""
    header = require_radar_header(picture)
    r, v, _ = _states(picture, header)
    line = np.linspace(0, header.lines - 1, 9).astype(int)
    far_m = header.near_range_m + (header.columns - 1) * header.range_spacing_m
    edges = [
        radar_ground(r[line], v[line], range_m, altitude_m, right=header.right)[order]
        for range_m, order in ((header.near_range_m, slice(None)), (far_m, slice(None, None, -1)))
    ]
    ring = np.concatenate(edges)
    if not np.isfinite(ring).all():
        raise DataError("the radar's range does not reach the ground", fix="Check the header and the records")
    lon_deg, lat_deg, _ = geodetic_from_itrf(ring)
    return covering_grid(lon_deg, lat_deg, pixel_m=pixel_m)


def by_radar(scene: Scene) -> bool:
    """Has a radar made this scene? Then its band holds counts of amplitude."""
    return bool(scene.properties.get("instrument") == "radar")


def build_radar_scene(
    picture: ReceivedPicture,
    *,
    station: str,
    received: np.datetime64,
    eop: EarthOrientation,
    position_sigma_m: float,
    velocity_sigma_m_s: float,
    grid: Grid | None = None,
    heights_m: npt.NDArray[np.floating[Any]] | float = 0.0,
    pixel_m: float = 5.0,
) -> Scene:
    """Make a scene of what has arrived of a radar picture, holes and all: band ``vv``, counts of amplitude.

    ``position_sigma_m`` and ``velocity_sigma_m_s`` are what the satellite's receiver is specified for, one sigma an
    axis: CE90 is what they let expect (``sar.placed_ce90_m``), for it is not measured here. ``properties`` say that a
    radar took it, amplitude per count (``scale``), looks, incidence and azimuth. Raises as :func:`map_radar`.
    """
    header = require_radar_header(picture)
    grid = grid or radar_grid(picture, pixel_m=pixel_m, altitude_m=float(np.mean(heights_m)))
    amplitude = map_radar(picture, grid, heights_m=heights_m)
    lon_deg, lat_deg, off_nadir_deg, azimuth_deg = _middle(picture, header, float(np.mean(heights_m)))
    start, stop = (picture.records.utc_ns[k].astype("datetime64[ns]") for k in (0, -1))
    sun_deg = sun_angles_deg(lon_deg, lat_deg, start + (stop - start) // 2, eop)
    return Scene(
        id=header.acquisition,
        request=header.request,
        acquisition=header.acquisition,
        satellite=header.satellite,
        station=station,
        start=start,
        stop=stop,
        received=received,
        grid=grid,
        bands=header.bands,
        pixels=amplitude[None],
        gsd_m=header.gsd_m,
        off_nadir_deg=off_nadir_deg,
        sun_elevation_deg=float(sun_deg[0]),
        sun_azimuth_deg=float(sun_deg[1]),
        ce90_m=_expected(picture, header, position_sigma_m, velocity_sigma_m_s),
        missing_fraction=picture.missing_fraction,
        simulated=header.simulated,
        properties=_properties(picture, header, grid, amplitude) | {"view_azimuth_deg": azimuth_deg},
    )


def _expected(
    picture: ReceivedPicture, header: RadarHeader, position_sigma_m: float, velocity_sigma_m_s: float
) -> Estimate:
    ce90_m = placed_ce90_m(
        header.near_range_m + header.columns // 2 * header.range_spacing_m,
        header.incidence_deg,
        float(np.linalg.norm(picture.records.v_itrf_m_s[0])),
        position_sigma_m=position_sigma_m,
        velocity_sigma_m_s=velocity_sigma_m_s,
    )
    because = "not measured: no control picture; the value is what the satellite's receiver lets expect on true heights"
    return Estimate(ce90_m, "m", because=because)


def _properties(picture: ReceivedPicture, header: RadarHeader, grid: Grid, amplitude: Counts) -> dict[str, Any]:
    geometry, bbox = geojson_outline(*grid_outline(grid))
    return {
        "instrument": "radar",
        "scale": 1.0 / header.counts_per_amplitude,
        "looks": header.looks,
        "incidence_deg": header.incidence_deg,
        "geometry": geometry,
        "bbox": bbox,
        "seen_fraction": float(np.count_nonzero(amplitude) / amplitude.size),
        "spacecraft_id": picture.spacecraft,
        "picture_number": picture.number,
    }


def _middle(picture: ReceivedPicture, header: RadarHeader, altitude_m: float) -> tuple[float, float, float, float]:
    """Longitude and latitude of the middle of the picture, how far off nadir and in which direction it lies."""
    r, v, _ = _states(picture, header)
    middle, far_m = len(r) // 2, header.near_range_m + header.columns // 2 * header.range_spacing_m
    place = radar_ground(r[middle], v[middle], far_m, altitude_m, right=header.right)
    (lon, below_lon), (lat, below_lat), _ = geodetic_from_itrf(np.stack([place, r[middle]]))
    away = (place - r[middle]) / np.linalg.norm(place - r[middle])
    cosine = -away @ geodetic_up(lon_deg=below_lon, lat_deg=below_lat)
    off_nadir_deg = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    east = np.array([-np.sin(np.radians(lon)), np.cos(np.radians(lon)), 0.0])
    north = np.cross(geodetic_up(lon_deg=lon, lat_deg=lat), east)
    return float(lon), float(lat), off_nadir_deg, float(np.degrees(np.arctan2(away @ east, away @ north)) % 360.0)


def _states(picture: ReceivedPicture, header: RadarHeader) -> tuple[Floats, Floats, float]:
    """Position and velocity of every line, and the seconds between lines."""
    records, where = picture.records, f"picture {header.acquisition}"
    if len(records) < 2:
        raise DataError("fewer than two line records have arrived", where=where, fix="Ask for the line records again")
    if (np.diff(records.utc_ns) <= 0).any():
        raise DataError("the line records' times do not rise", where=where, fix="Check the clock on board")
    r_itrf_m, v_itrf_m_s = orbit_at(records, np.arange(header.lines, dtype=np.float64))
    period_s = (records.utc_ns[-1] - records.utc_ns[0]) * 1e-9 / (records.line[-1] - records.line[0])
    return r_itrf_m, v_itrf_m_s, float(period_s)


def _sampled(pixels: Counts, line: Floats, sample: Floats) -> Counts:
    seen = (line >= 0) & (line <= pixels.shape[0] - 1) & (sample >= 0) & (sample <= pixels.shape[1] - 1)
    i = np.clip(np.floor(line), 0, pixels.shape[0] - 2).astype(int)
    j = np.clip(np.floor(sample), 0, pixels.shape[1] - 2).astype(int)
    f, g = line - i, sample - j
    a, b, c, d = (pixels[i + k, j + m].astype(np.float64) ** 2 for k in (0, 1) for m in (0, 1))
    seen &= (a > 0) & (b > 0) & (c > 0) & (d > 0)
    power = (a * (1 - g) + b * g) * (1 - f) + (c * (1 - g) + d * g) * f
    value = np.sqrt(np.where(seen, power, 0.0))
    return np.where(seen, np.clip(np.round(value), 1, 65535), 0).astype(np.uint16)
