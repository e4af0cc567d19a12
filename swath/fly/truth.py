"""What is really there? The truth of a simulated site on a map grid, per field, and as a map to measure against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj

from swath.fly import camera_kernels as kernels
from swath.fly import materials as looks
from swath.fly.site import Site, Sky, nodes, polygon_pixels, sky_map, to_site
from swath.model import Grid, Place
from swath.table import Table, column

__all__ = ["FieldTruth", "Truth", "field_places", "field_truth", "reference_picture", "truth_on"]

Percents = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Truth:
    """Shares of each pixel of a map grid in per cent, ``(row, column)`` uint8."""

    permanent_water_percent: Percents
    flood_percent: Percents
    """dry land under water; all 0 where the site has no flood or ``flooded`` was false"""
    cloud_percent: Percents
    """opacity of the cloud over the pixel"""
    shadow_percent: Percents
    """opacity of the cloud that shades the pixel"""


@dataclass(frozen=True)
class FieldTruth(Table):
    """The fields of a site as they really are. Reflectances are means over all truth pixels inside the boundary."""

    field: npt.NDArray[np.str_] = column("U", "-", "id of the field, that of its Place")
    crop: npt.NDArray[np.str_] = column("U", "-", "")
    area_m2: npt.NDArray[np.float64] = column("f8", "m2", "on the map")
    ndvi: npt.NDArray[np.float64] = column("f8", "-", "of the mean surface reflectances, dry")
    ndvi_toa: npt.NDArray[np.float64] = column("f8", "-", "seen from space through the clear-sky haze, dry")
    flooded_fraction: npt.NDArray[np.float64] = column("f8", "-", "share under the flood, if it has come")


def truth_on(site: Site, grid: Grid, *, sky: Sky | None = None, flooded: bool = True) -> Truth:
    """What do the pixels of a map grid hold? Any projection; 4 x 4 truth samples a pixel (rounded to 1 %)."""
    wet, flood, cloud, shadow = (np.zeros(grid.shape, np.uint8) for _ in range(4))
    kernels.fractions(site.cover, _lattice(site, grid), sky_map(site, sky), looks.WATER, wet, flood, cloud, shadow)
    if not flooded:
        flood[:] = 0
    return Truth(wet, flood, cloud, shadow)


def reference_picture(site: Site, grid: Grid, *, bands: tuple[str, ...] = looks.BANDS) -> npt.NDArray[np.uint16]:
    """A cloud-free map of the dry ground, to measure the position of pictures against.

    ``(band, row, column)`` top-of-atmosphere reflectance x 10000 without noise; each pixel the mean of 2 x 2 samples.
    Simulated like the pictures, but through no camera: its position is exact.
    """
    out = np.empty((len(bands), *grid.shape), np.uint16)
    chosen = np.array([looks.BANDS.index(band) for band in bands])
    kernels.reflect(site.ground(flooded=False), _lattice(site, grid), chosen, looks.HAZE, out)
    return out


def field_places(site: Site) -> tuple[Place, ...]:
    """The boundaries of the site's fields as polygons: those wholly inside the place, with nothing else on them.

    This is the cadastre that a user of the ground system would hand in; ids are ``<place>-f0001`` and on.
    """
    grid, layout = site.grid, site.layout
    places = []
    for number in site.given_fields:
        corners = layout.vertices[number, : layout.counts[number]]
        lon_deg, lat_deg = site.projection(
            grid.west_m + corners[:, 0] * grid.pixel_m, grid.north_m - corners[:, 1] * grid.pixel_m, inverse=True
        )
        ring = tuple(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True))
        places.append(Place(_field_id(site, int(number)), float(lon_deg.mean()), float(lat_deg.mean()), ring=ring))
    return tuple(places)


def field_truth(site: Site) -> FieldTruth:
    """Crop, area and true NDVI of the fields of :func:`field_places`, in the same order."""
    layout, chosen = site.layout, site.given_fields
    vertices, counts = layout.vertices[chosen], layout.counts[chosen]
    mean, flooded = kernels.over_polygons(site.ground(flooded=False), vertices, counts)
    return FieldTruth(
        field=np.array([_field_id(site, int(number)) for number in chosen], "U"),
        crop=site.looks.crop[layout.parcel_looks[chosen]],
        area_m2=polygon_pixels(vertices, counts) * site.grid.pixel_m**2,
        ndvi=_ndvi(mean),
        ndvi_toa=_ndvi(mean + looks.HAZE),
        flooded_fraction=flooded,
    )


def _field_id(site: Site, number: int) -> str:
    return f"{site.place.id}-f{number:05d}"


def _ndvi(reflectance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    red, nir = reflectance[:, 2], reflectance[:, 3]
    return np.asarray((nir - red) / (nir + red), np.float64)


def _lattice(site: Site, grid: Grid) -> kernels.Lattice:
    """Where do the pixels of a map grid lie on the truth?"""
    rows, row_step = nodes(grid.height)
    columns, column_step = nodes(grid.width)
    east, north = np.meshgrid(grid.west_m + (columns + 0.5) * grid.pixel_m, grid.north_m - (rows + 0.5) * grid.pixel_m)
    if grid.epsg == site.grid.epsg:
        x, y = (east - site.grid.west_m) / site.grid.pixel_m, (site.grid.north_m - north) / site.grid.pixel_m
    else:
        lon_deg, lat_deg = pyproj.Proj(f"EPSG:{grid.epsg}")(east, north, inverse=True)
        x, y = to_site(site, lon_deg=lon_deg, lat_deg=lat_deg)
    return kernels.Lattice(x, y, row_step, column_step)
