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

from swath.archive.looks import Given, footprint_mask, open_given, read_radar, read_scene, read_values, work_grid
from swath.archive.vector_out import burn_in
from swath.errors import InputError, SwathError
from swath.model import Grid, Scene
from swath.product.clouds import average_cells, find_unseen
from swath.product.flood import optical_sight
from swath.product.radar_view import steep_ground, terrain_codes
from swath.product.sight import EXCLUDED, Sight, join_sights, off_slopes
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
    return Asked(work_grid(now[0], bounds_deg=bounds), tuple(now), tuple(before))  # type: ignore[arg-type]


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
        if is_raster(path):
            values = read_values(open_given(path), grid)
            most = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
            values = values * (100.0 if most <= 1.0 else 1.0)
            percent = np.where(np.isfinite(values), np.clip(np.rint(values), 0, 100), 255).astype(np.uint8)
        else:
            percent = np.where(burn_in(list(read_projected(path, grid)[0]), grid), 100, 0).astype(np.uint8)
        if water is None:
            water = percent
        else:
            water = np.where(water == 255, percent, np.where(percent == 255, water, np.maximum(water, percent)))
    return water


def read_exclusion(paths: Sequence[Path], grid: Grid) -> npt.NDArray[np.uint8]:
    """Codes of what the user excludes, from shapes or from rasters (not 0)."""
    codes = np.zeros(grid.shape, np.uint8)
    for path in paths:
        if is_raster(path):
            values = read_values(open_given(path), grid, nearest=True)
            mask = np.isfinite(values) & (values != 0.0)
        else:
            mask = burn_in(list(read_projected(path, grid)[0]), grid, touched=True)
        codes[mask] = EXCLUDED
    return codes


def read_heights(recipe: Recipe, grid: Grid) -> Array | None:
    """Heights on the grid, if a model is given."""
    paths = recipe.inputs.get("dem", ())
    return read_values(open_given(paths[0]), grid) if paths else None


def see_water(
    given: Sequence[Given], grid: Grid, recipe: Recipe, heights_m: Array | None, other: Scene | None = None
) -> tuple[Sight, Scene | None]:
    """Water as these pictures of one moment show it, joined; and the camera's scene, if there is one."""
    cameras = [one for one in given if not is_radar(one)]
    radars = [one for one in given if is_radar(one)]
    sight, scene = None, None
    if cameras:
        scene = read_scene(cameras[0], grid)
        cells, reference = average_cells(scene), None if other is None else average_cells(other)
        beside = None if other is None or reference is None else (other, find_unseen(reference, other=cells))
        sight = optical_sight(scene, find_unseen(cells, other=reference), other=beside)
    for one in radars:
        blind = _terrain(recipe, heights_m, grid)
        heard = radar_sight(read_radar(one, grid), blind=blind)
        sight = heard if sight is None else join_sights(sight, heard)
    if sight is None:
        raise InputError("no picture shows water", fix="Give --optical or --radar")
    if heights_m is not None:
        sight = off_slopes(sight, steep_ground(heights_m, grid.pixel_m))
    return sight, scene


def _terrain(recipe: Recipe, heights_m: Array | None, grid: Grid) -> npt.NDArray[np.uint8] | None:
    incidence, azimuth = recipe.parameters.get("incidence_deg"), recipe.parameters.get("look_azimuth_deg")
    if heights_m is None or incidence is None or azimuth is None:
        return None
    return terrain_codes(heights_m, grid.pixel_m, incidence_deg=float(incidence), look_azimuth_deg=float(azimuth))
