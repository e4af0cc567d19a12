"""What the disaster products are made from: files that a user gave, read onto one grid and held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from swath.archive.given import Given, open_given
from swath.archive.looks import footprint_mask, read_radar, read_scene, read_values, touches, work_grid
from swath.archive.vector_out import burn_in
from swath.errors import InputError, SwathError
from swath.model import Grid, Scene
from swath.product.flood import optical_sights
from swath.product.radar_view import steep_ground, terrain_codes
from swath.product.room import filled, piecewise, strips
from swath.product.sight import EXCLUDED, Sight, join_sights, off_slopes
from swath.product.water_kernels import UNSEEN
from swath.product.water_radar import radar_sight
from swath.sources.field_files import read_shapes
from swath.store.lineage import Recipe

__all__ = [
    "Asked",
    "is_raster",
    "is_radar",
    "open_asked",
    "read_area",
    "read_exclusion",
    "read_heights",
    "read_normal_water",
    "read_projected",
    "see_water",
]

Array = npt.NDArray[Any]
RASTERS = (".tif", ".tiff", ".jp2", ".json")


@dataclass(frozen=True)
class Asked:
    """The pictures of a recipe with their headers read, and the grid to work on."""

    grid: Grid
    now: tuple[Given, ...]
    before: tuple[Given, ...]


def is_raster(path: Path) -> bool:
    """Is this a picture, or shapes? By its first bytes for what could be either."""
    if path.suffix.lower() == ".json":
        try:
            open_given(path)
        except SwathError:
            return False
        return True
    return path.suffix.lower() in RASTERS


def is_radar(given: Given) -> bool:
    """Does the picture have a polarisation?"""
    return bool({"vv", "vh", "hh", "hv"} & set(given.bands))


def open_asked(recipe: Recipe, roles: Sequence[str] = ("optical", "radar")) -> Asked:
    """Open the pictures of a recipe. The first of ``roles`` that is there gives the grid.

    :class:`InputError` where there is none, where one from before is later than now, or none touches the area.
    """
    bands = {role: tuple(recipe.parameters.get(f"{role}_bands") or ()) for role in ("optical", "radar", "before")}
    now = [open_given(path, bands=bands.get(role, ())) for role in roles for path in recipe.inputs.get(role, ())]
    if not now:
        raise InputError("no picture is given", fix=f"Give one with --{' or --'.join(roles)}")
    before = [open_given(path, bands=bands["before"]) for path in recipe.inputs.get("before", ())]
    for old in before:
        for new in now:
            if old.time is not None and new.time is not None and old.time > new.time:
                raise InputError(
                    f"the picture from before is of {old.time} and later than {new.time}",
                    where=str(old.raster.path),
                    fix="Swap them",
                )
    area = recipe.inputs.get("area", ())
    bounds = None
    if area:
        bounds = tuple(float(v) for v in shapely.total_bounds(_shapes(area[0])))
    grid = work_grid(now[0], bounds_deg=bounds)  # type: ignore[arg-type]
    for one in (*now, *before):
        if not touches(one, grid):
            raise InputError(
                f"it shows nothing of the area of {now[0].id}", where=str(one.raster.path), fix="Give one of the place"
            )
    return Asked(grid, tuple(now), tuple(before))


def _shapes(path: Path) -> Array:
    found = read_shapes(path)
    shapes = np.array([s if s is not None else shapely.Point() for s in found.shapes], object)
    if shapely.is_empty(shapes).all():
        raise InputError("there is no shape in it", where=str(path), fix="Give shapes with coordinates")
    return shapes


def read_projected(path: Path, grid: Grid) -> tuple[Array, Mapping[str, list[Any]]]:
    """Shapes of a file in the grid's metres, and their columns; those that are nowhere are empty."""
    found = read_shapes(path)
    shapes = np.array([s if s is not None else shapely.Point() for s in found.shapes], object)
    turn = pyproj.Transformer.from_crs("OGC:CRS84", grid.epsg, always_xy=True)

    def turned(at: Array) -> Array:
        x, y = turn.transform(at[:, 0], at[:, 1])
        return np.column_stack([x, y])

    made = shapely.transform(shapely.force_2d(shapes), turned)
    wild = ~np.isfinite(shapely.bounds(made)).all(1) & ~shapely.is_empty(made)
    made[wild] = shapely.Point()
    return made, found.data


def read_area(recipe: Recipe, asked: Asked) -> npt.NDArray[np.bool_]:
    """The area of interest on the grid: the shapes given, else what the first picture's own rectangle covers."""
    paths = recipe.inputs.get("area", ())
    if paths:
        return burn_in(list(read_projected(paths[0], asked.grid)[0]), asked.grid)
    return footprint_mask(asked.now[0], asked.grid)


def read_normal_water(paths: Sequence[Path], grid: Grid) -> npt.NDArray[np.uint8] | None:
    """Percent of normal water from rasters (0 to 1, or percent) or shapes; the largest where several say it."""
    water: npt.NDArray[np.uint8] | None = None
    for path in paths:
        percent = _percent(path, grid)
        water = percent if water is None else piecewise(_larger, water, percent, dtype=np.uint8)
    return water


def _percent(path: Path, grid: Grid) -> npt.NDArray[np.uint8]:
    """Percent of water a pixel, 255 unknown, from a raster or shapes."""
    if not is_raster(path):
        drawn = burn_in(list(read_projected(path, grid)[0]), grid)
        return piecewise(lambda mask: np.where(mask, 100, 0), drawn, dtype=np.uint8)
    values = read_values(open_given(path), grid)
    most = max(float(np.nan_to_num(values[rows], nan=0.0).max(initial=0.0)) for _, _, rows in strips(values.shape, 0))
    ratio = np.float32(100.0 if most <= 1.0 else 1.0)

    def of(part: Array) -> Array:
        return np.where(np.isfinite(part), np.clip(np.rint(np.nan_to_num(part * ratio)), 0, 100), UNSEEN)

    return piecewise(of, values, dtype=np.uint8)


def _larger(one: Array, other: Array) -> Array:
    return np.where(one == UNSEEN, other, np.where(other == UNSEEN, one, np.maximum(one, other)))


def read_exclusion(paths: Sequence[Path], grid: Grid) -> npt.NDArray[np.uint8]:
    """Codes of what the user excludes, from shapes or from rasters (not 0)."""
    codes: npt.NDArray[np.uint8] = filled(grid.shape, 0, np.uint8)
    for path in paths:
        if is_raster(path):
            values = read_values(open_given(path), grid, nearest=True)
            mask = piecewise(lambda part: np.isfinite(part) & (part != 0.0), values, dtype=np.bool_)
        else:
            mask = burn_in(list(read_projected(path, grid)[0]), grid, touched=True)
        codes = piecewise(lambda old, m: np.where(m, EXCLUDED, old), codes, mask, dtype=np.uint8)
    return codes


def read_heights(recipe: Recipe, grid: Grid) -> Array | None:
    """Heights on the grid, if a model is given."""
    paths = recipe.inputs.get("dem", ())
    return read_values(open_given(paths[0]), grid) if paths else None


def see_water(asked: Asked, recipe: Recipe, heights_m: Array | None) -> tuple[Sight, Sight | None, Scene | None]:
    """Water as the pictures of now show it, joined; likewise those from before; and the camera's scene, if any."""
    grid = asked.grid
    cameras = [next((one for one in given if not is_radar(one)), None) for given in (asked.now, asked.before)]
    scene, old = (None if one is None else read_scene(one, grid) for one in cameras)
    now: Sight | None = None
    then: Sight | None = None
    if scene is not None:
        now, then = optical_sights(scene, old)
    elif old is not None:
        then = optical_sights(old)[0]
    now = _with_radar(now, asked.now, grid, recipe, heights_m)
    then = _with_radar(then, asked.before, grid, recipe, heights_m)
    if now is None:
        raise InputError("no picture shows water", fix="Give --optical or --radar")
    return now, then, scene


def _with_radar(
    sight: Sight | None, given: Sequence[Given], grid: Grid, recipe: Recipe, heights_m: Array | None
) -> Sight | None:
    """What a camera saw and what radars of the same moment heard, without water on slopes."""
    for one in given:
        if is_radar(one):
            heard = radar_sight(read_radar(one, grid), blind=_terrain(recipe, heights_m, grid))
            sight = heard if sight is None else join_sights(sight, heard)
    if sight is not None and heights_m is not None:
        sight = off_slopes(sight, steep_ground(heights_m, grid.pixel_m))
    return sight


def _terrain(recipe: Recipe, heights_m: Array | None, grid: Grid) -> npt.NDArray[np.uint8] | None:
    incidence, azimuth = recipe.parameters.get("incidence_deg"), recipe.parameters.get("look_azimuth_deg")
    if heights_m is None or incidence is None or azimuth is None:
        return None
    return terrain_codes(heights_m, grid.pixel_m, incidence_deg=float(incidence), look_azimuth_deg=float(azimuth))
