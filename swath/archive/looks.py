"""Pictures, masks and heights that a user has (:mod:`given`), read onto one map grid for the disaster products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError, ProjError
from rasterio.transform import Affine

from swath.archive.averaging import PLAIN, Averaging, averaging_of
from swath.archive.given import BandPlace, Given
from swath.archive.grids import map_epsg
from swath.archive.part_values import place_of, sampled, tiles, total_of
from swath.archive.raster_file import RasterFile, read_small
from swath.errors import InputError
from swath.model import Estimate, Grid, Scene
from swath.product.room import new_layer, piecewise
from swath.product.water_radar import RadarLook

__all__ = [
    "POLARISATIONS",
    "footprint_mask",
    "read_bands",
    "read_radar",
    "read_scene",
    "read_values",
    "touches",
    "work_grid",
]

Array = npt.NDArray[Any]

POLARISATIONS = ("vv", "vh", "hh", "hv")
MOST_PIXELS = 2_000_000_000
"""of a working grid: some 60 GB in files while a product is made (:mod:`scratch`)"""
OUTSIDE_CE90_M = 12.5
"""of a picture that does not say: what Sentinel-2 and Landsat promise without control"""


def work_grid(given: Given, *, bounds_deg: tuple[float, float, float, float] | None = None) -> Grid:
    """The grid products are made on: the picture's own if that is north-up, square and in metres, else UTM over it.

    ``bounds_deg``: west, south, east, north, to cut it to. :class:`InputError` where nothing is left, or it is over
    2,000 million pixels.
    """
    raster = given.raster
    try:
        crs = pyproj.CRS.from_user_input(raster.crs)
        turn = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
        a, b, c, d, e, f = raster.affine
        corners = np.array([(0, 0), (raster.width, 0), (raster.width, raster.height), (0, raster.height)], float)
        x, y = a * corners[:, 0] + b * corners[:, 1] + c, d * corners[:, 0] + e * corners[:, 1] + f
        lon, lat = turn.transform(x, y)
        if not np.isfinite([lon, lat]).all() or np.abs(lat).max() > 90.0:
            raise ProjError("its corners lie nowhere on Earth")
    except (CRSError, ProjError) as error:
        raise InputError(f"wrong coordinate system: {error}", where=str(raster.path), fix="Check its CRS") from error
    epsg = crs.to_epsg()
    metric = crs.is_projected and abs(crs.axis_info[0].unit_conversion_factor - 1.0) < 1e-9
    if epsg is not None and metric and b == d == 0.0 and a > 0 and abs(a + e) < 1e-6 * a:
        grid = Grid(int(epsg), c, f, a, raster.width, raster.height)
    else:
        grid = _utm_over(x, y, crs, raster)
    return _cut(grid, bounds_deg, raster)


def _utm_over(x: Array, y: Array, crs: pyproj.CRS, raster: RasterFile) -> Grid:
    lon, lat = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True).transform(x, y)
    epsg = map_epsg(lon_deg=float(np.mean(lon)), lat_deg=float(np.mean(lat)))
    east, north = pyproj.Transformer.from_crs(crs, epsg, always_xy=True).transform(x, y)
    if not np.isfinite([east, north]).all():
        raise InputError("it reaches too far for one map zone", where=str(raster.path), fix="Cut it first")
    across = float(np.hypot(east[1] - east[0], north[1] - north[0])) / raster.width
    down = float(np.hypot(east[3] - east[0], north[3] - north[0])) / raster.height
    pixel_m = float(f"{min(across, down):.3g}")
    west, top = np.floor(east.min() / pixel_m) * pixel_m, np.ceil(north.max() / pixel_m) * pixel_m
    width, height = np.ceil((east.max() - west) / pixel_m), np.ceil((top - north.min()) / pixel_m)
    return Grid(epsg, float(west), float(top), pixel_m, max(int(width), 1), max(int(height), 1))


def _cut(grid: Grid, bounds_deg: tuple[float, float, float, float] | None, raster: RasterFile) -> Grid:
    if bounds_deg is not None:
        west, south, east, north = bounds_deg
        turn = pyproj.Transformer.from_crs("OGC:CRS84", grid.epsg, always_xy=True)
        x, y = turn.transform([west, east, east, west], [south, south, north, north])
        if not np.isfinite([x, y]).all():
            raise InputError("the area lies far from the picture", where=str(raster.path), fix="Look at both")
        left = max(int(np.floor((min(x) - grid.west_m) / grid.pixel_m)), 0)
        right = min(int(np.ceil((max(x) - grid.west_m) / grid.pixel_m)), grid.width)
        top = max(int(np.floor((grid.north_m - max(y)) / grid.pixel_m)), 0)
        bottom = min(int(np.ceil((grid.north_m - min(y)) / grid.pixel_m)), grid.height)
        if right <= left or bottom <= top:
            raise InputError("the area does not touch the picture", where=str(raster.path), fix="Look at both")
        west_m, north_m = grid.west_m + left * grid.pixel_m, grid.north_m - top * grid.pixel_m
        grid = Grid(grid.epsg, west_m, north_m, grid.pixel_m, right - left, bottom - top)
    if grid.width * grid.height > MOST_PIXELS:
        raise InputError(
            f"{grid.width} x {grid.height} pixels at once", where=str(raster.path), fix="Cut it with --area"
        )
    return grid


def touches(given: Given, grid: Grid) -> bool:
    """May a picture show anything of a grid? By its outline on the grid's map; never no where it does."""
    a, b, c, d, e, f = given.raster.affine
    along = np.linspace(0.0, 1.0, 17)
    u, v = np.meshgrid(along * given.raster.width, along * given.raster.height)
    turn = pyproj.Transformer.from_crs(given.raster.crs, grid.epsg, always_xy=True)
    east, north = turn.transform(a * u + b * v + c, d * u + e * v + f)
    known = np.isfinite(east) & np.isfinite(north)
    if not known.any():
        return False
    west_m, south_m, east_m, north_m = grid.bounds_m
    slack = 0.05 * max(float(np.ptp(east[known])), float(np.ptp(north[known])))  # outlines bend between the points
    return bool(
        east[known].min() - slack < east_m and east[known].max() + slack > west_m
        and north[known].min() - slack < north_m and north[known].max() + slack > south_m
    )  # fmt: skip


def footprint_mask(given: Given, grid: Grid) -> npt.NDArray[np.bool_]:
    """Which pixels of the grid lie on the file's own rectangle? A turned picture leaves corners of its grid empty."""
    a, b, c, d, e, f = given.raster.affine
    inverse = ~Affine(a, b, c, d, e, f)
    turn = pyproj.Transformer.from_crs(grid.epsg, given.raster.crs, always_xy=True)
    inside = new_layer(grid.shape, np.bool_)
    east, north = grid.centres_m()
    for top in range(0, grid.height, 256):
        rows = slice(top, min(top + 256, grid.height))
        x, y = turn.transform(*np.meshgrid(east, north[rows]))
        i = inverse.a * x + inverse.b * y + inverse.c
        j = inverse.d * x + inverse.e * y + inverse.f
        inside[rows] = (i >= 0) & (i < given.raster.width) & (j >= 0) & (j < given.raster.height)
    return inside


def read_values(
    given: Given, grid: Grid, *, band: int = 0, nearest: bool = False, total: bool = False,
    averaging: Averaging | None = None,
) -> Array:  # fmt: skip
    """One band on a grid, float32, NaN where there is nothing or no finite number.

    Bilinear, or the ``nearest`` pixel (classes), or the ``total`` over each pixel's ground (people). ``averaging``,
    where it is better known than the file says it.
    """
    values, place = new_layer(grid.shape, np.float32), given.places[band]
    for tile in tiles(place.raster, grid):
        if total:
            values[place_of(tile)] = total_of(place.raster, grid, tile, place.number)
        else:
            values[place_of(tile)] = sampled(place.raster, grid, tile, place.number, nearest, averaging)
    return values


def read_bands(given: Given, grid: Grid, names: Sequence[str], *, nearest: bool = False) -> dict[str, Array]:
    """The named bands that there are, scaled as the item says, float32 with NaN; echoes averaged as power."""
    found = {}
    for name in names:
        if name in given.bands:
            band = given.bands.index(name)
            of = _echoes(given.places[band]) if name in POLARISATIONS else None
            found[name] = read_values(given, grid, band=band, nearest=nearest, averaging=of)
            found[name] *= np.float32(given.places[band].scale)
            found[name] += np.float32(given.places[band].offset)
    return found


def read_scene(given: Given, grid: Grid) -> Scene:
    """A camera's picture as a scene on the grid: reflectance x 10000, 0 where there is nothing.

    Whole numbers are taken as reflectance x 10000 already where no item says otherwise.
    :class:`InputError` without green and near infrared.
    """
    names = [n for n in ("blue", "green", "red", "nir", "swir16", "swir22") if n in given.bands]
    if not {"blue", "green", "red", "nir"} <= set(names):
        raise InputError(
            f"it has {', '.join(names) or 'no band that is known'}: blue, green, red and nir are needed",
            where=str(given.raster.path),
            fix="Name its bands in order: --bands blue,green,red,nir",
        )
    pixels = new_layer((len(names), *grid.shape), np.uint16)
    for number, place in enumerate(given.places[given.bands.index(name)] for name in names):
        shares = place.scale != 1.0 or (place.raster.dtype.kind == "f" and _largest(place) <= 2.5)
        ratio, offset = (np.float32(x * (1e4 if shares else 1.0)) for x in (place.scale, place.offset))
        for tile in tiles(place.raster, grid):
            # The nearest pixel keeps spectra unmixed: interpolated ones cost a twentieth of intersection over union.
            stored = sampled(place.raster, grid, tile, place.number, nearest=True)
            known = np.isfinite(stored) & ((stored != 0.0) | (place.raster.nodata is not None))
            # Dark water reflects nothing or, with the air taken off, less: it is seen all the same.
            counts = np.rint(np.clip(np.where(known, stored, 0.0) * ratio + offset, 1.0, 65535.0))
            pixels[number][place_of(tile)] = np.where(known, counts, 0.0).astype(np.uint16)
    at = np.datetime64("NaT") if given.time is None else given.time
    return Scene(
        id=given.id,
        request="",
        acquisition="",
        satellite="",
        station="",
        start=at,
        stop=at,
        received=at,
        grid=grid,
        bands=tuple(names),
        pixels=pixels,
        gsd_m=grid.pixel_m,
        off_nadir_deg=0.0,
        sun_elevation_deg=given.sun_deg[0],
        sun_azimuth_deg=given.sun_deg[1],
        ce90_m=Estimate(OUTSIDE_CE90_M, "m", because="not measured: what such pictures promise"),
        missing_fraction=0.0,
        simulated=given.simulated,
    )


def _some(place: BandPlace) -> Array:
    """Some 100,000 known pixels of a band, as stored."""
    raster = place.raster
    share = min(1.0, float(np.sqrt(100_000 / (raster.width * raster.height))))
    shape = max(int(raster.height * share), 1), max(int(raster.width * share), 1)
    values, known = read_small(raster, shape, bands=(place.number,))
    return np.asarray(values[known])


def _largest(place: BandPlace) -> float:
    """Nearly the largest value of a band."""
    known = _some(place)
    return float(np.quantile(known, 0.999)) if len(known) else 0.0


def read_radar(given: Given, grid: Grid, *, nearest: bool = False) -> RadarLook:
    """A radar picture on the grid in decibels; linear sigma nought and amplitude (our own archive's) are turned."""
    bands = read_bands(given, grid, POLARISATIONS, nearest=nearest)
    if not bands:
        raise InputError(
            f"it has {given.raster.bands} bands and none is a polarisation",
            where=str(given.raster.path),
            fix="Name its bands in order: --radar-bands vv,vh",
        )
    db = {name: _decibel(values, _echoes(given.places[given.bands.index(name)])) for name, values in bands.items()}
    return RadarLook(given.id, grid, db, OUTSIDE_CE90_M, given.simulated)


def _echoes(place: BandPlace) -> Averaging:
    """What are the numbers of a radar's band? As item or file say, else by what they are.

    Decibels are negative somewhere, powers and amplitudes nowhere.
    """
    scale, offset = place.scale, place.offset
    said = averaging_of(place.unit, scale=scale, offset=offset)
    if not said.plain:
        return said
    known = _some(place)
    if len(known) and float(np.quantile(known, 0.01)) * scale + offset < 0.0:
        return Averaging("decibel", scale, offset)
    squared = scale != 1.0 or (len(known) > 0 and float(np.median(known)) > 5.0)
    return Averaging("amplitude", scale, offset) if squared else PLAIN


def _decibel(values: Array, of: Averaging) -> Array:
    """Values (scaled) in decibels, whatever they were."""
    if of.form == "decibel":
        return values

    def decibel(part: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            db = 10.0 * np.log10(part**2 if of.form == "amplitude" else part)
        return np.where(np.isfinite(db), db, np.nan)

    return piecewise(decibel, values, dtype=np.float32)
