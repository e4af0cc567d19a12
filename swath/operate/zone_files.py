"""Zones of a field from pictures, written as Shapefile, GeoPackage or GeoJSON."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.field_looks import Look, find_looks, unseen_mask
from swath.archive.grids import map_from_geodetic, map_to_geodetic
from swath.archive.raster_file import open_raster, read_window
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.operate.field_files import require_marked, write_features
from swath.product.field_set import FieldSet
from swath.product.field_zones import FieldZones, field_zones, zone_outlines
from swath.product.indices import INDICES

__all__ = ["MadeZones", "make_zones", "parse_rates", "write_zones"]


@dataclass(frozen=True)
class MadeZones:
    """Zones of one field, outlines in degrees."""

    field: str
    outlines: dict[int, Any]
    area_m2: dict[int, float]
    mean_rank: dict[int, float]
    looks: int
    agreement_share: float
    simulated: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        rows = [
            {"zone": n, "area_m2": round(self.area_m2[n], 1), "mean_rank": round(self.mean_rank[n], 4)}
            for n in self.outlines
        ]
        return {
            "field": self.field, "looks": self.looks, "agreement_share": round(self.agreement_share, 4),
            "simulated": self.simulated, "zones": rows,
        }  # fmt: skip


def parse_rates(text: str | None, levels: int) -> list[float] | None:
    """Amounts a zone; :class:`InputError` where they are no numbers or not one a zone."""
    if text is None:
        return None
    try:
        amounts = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"rates {text!r}", fix="Write numbers, as 180,160,140,120") from error
    if len(amounts) != levels or not np.isfinite(amounts).all():
        raise InputError(f"{len(amounts)} rates for {levels} zones", fix="Give one a zone, the weakest first")
    return amounts


def make_zones(
    fields: FieldSet, field: str, scenes: Sequence[Path], *, index: str, levels: int, least_m2: float, smooth_m: float
) -> MadeZones:
    """:func:`swath.product.field_zones.field_zones` of one field, from all looks on the grid that most looks share."""
    if field not in fields.id:
        raise InputError(f"no field is called {field!r}", fix=f"As {', '.join(fields.id[:5].tolist())}")
    if index not in INDICES:
        raise InputError(f"no index is called {index!r}", fix=f"Known: {', '.join(sorted(INDICES))}")
    shape = fields.shapes[int(np.flatnonzero(fields.id == field)[0])]
    looks, _ = find_looks(scenes)
    grids = [look.grid for look in looks]
    grid = max(grids, key=grids.count)
    there = shapely.transform(
        shape, lambda at: np.column_stack(map_from_geodetic(grid.epsg, lon_deg=at[:, 0], lat_deg=at[:, 1]))
    )
    window = _window(there, grid)
    if window[2] <= window[0] or window[3] <= window[1]:
        raise InputError("the field lies off the pictures", where=field, fix="Give pictures of it")
    left_m, top_m = grid.west_m + window[1] * grid.pixel_m, grid.north_m - window[0] * grid.pixel_m
    x = left_m + (np.arange(window[3] - window[1]) + 0.5) * grid.pixel_m
    y = top_m - (np.arange(window[2] - window[0]) + 0.5) * grid.pixel_m
    inside = np.asarray(shapely.contains_xy(there, *np.meshgrid(x, y)))
    stack = [_index_of(look, index, window) for look in looks if look.grid == grid]
    made = field_zones(
        np.stack([values for values, _ in stack]), np.stack([seen for _, seen in stack]), inside, zones=levels,
        least_px=max(least_m2 / grid.pixel_m**2, 1.0), smooth_px=smooth_m / grid.pixel_m,
    )  # fmt: skip
    return _made(field, made, there, (left_m, top_m, grid.pixel_m), grid.epsg, any(look.simulated for look in looks))


def _window(shape: Any, grid: Grid) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the pixels that an outline touches."""
    west, south, east, north = shape.bounds
    top, left = int((grid.north_m - north) // grid.pixel_m), int((west - grid.west_m) // grid.pixel_m)
    bottom, right = int((grid.north_m - south) // grid.pixel_m) + 1, int((east - grid.west_m) // grid.pixel_m) + 1
    return max(top, 0), max(left, 0), min(bottom, grid.height), min(right, grid.width)


def _made(
    field: str, made: FieldZones, there: Any, at: tuple[float, float, float], epsg: int, simulated: bool
) -> MadeZones:
    outlines = zone_outlines(made.zone, there, *at)
    back = {
        n: shapely.transform(s, lambda xy: np.column_stack(map_to_geodetic(epsg, xy[:, 0], xy[:, 1])))
        for n, s in outlines.items()
    }
    ranks = {n: float(made.level[made.zone == n].mean()) for n in outlines}
    areas = {n: float(s.area) for n, s in outlines.items()}
    return MadeZones(field, back, areas, ranks, made.looks, made.agreement_share, simulated)


def _index_of(
    look: Look, index: str, window: tuple[int, int, int, int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    top, left, bottom, right = window
    hidden, _ = unseen_mask(look)
    seen, bands = ~hidden[top:bottom, left:right], {}
    for name in INDICES[index].bands:
        if name not in look.bands:
            raise InputError(f"has no band {name}", where=look.id, fix=f"It has {', '.join(look.bands)}")
        place = look.bands[name]
        raster = open_raster(place.path)
        stored = read_window(raster, top, left, bottom - top, right - left, bands=[place.band])[0]
        seen &= stored != raster.nodata if raster.nodata is not None else True
        bands[name] = (stored * place.scale_ratio + place.offset_reflectance) * 1e4
    return np.asarray(INDICES[index].function(**bands), np.float64), seen


def write_zones(path: Path, made: MadeZones, rates: list[float] | None) -> Path:
    """One feature a zone, the weakest first; a Shapefile's parts appear together or not at all."""
    require_marked(path, made.simulated)
    rows = [
        {**row, **({"rate": rates[row["zone"] - 1]} if rates else {}), "field": made.field}
        for row in made.to_json()["zones"]
    ]
    shapes = list(made.outlines.values())
    if path.suffix.lower() == ".geojson":
        return write_features(path, shapes, rows, simulated=made.simulated)
    import pyogrio

    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    driver = "GPKG" if path.suffix.lower() == ".gpkg" else "ESRI Shapefile"
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.stem}.", dir=path.parent))
    try:
        several = [shapely.multipolygons(shapely.get_parts(shape)) for shape in shapes]
        values = [np.asarray(v, object) if v.dtype.kind == "U" else v for v in columns.values()]
        wkb = shapely.to_wkb(np.array(several, object))
        form = {"driver": driver, "crs": "EPSG:4326", "geometry_type": "MultiPolygon"}
        pyogrio.raw.write(scratch / path.name, wkb, values, list(columns), **form)
        for part in scratch.iterdir():
            os.replace(part, path.parent / part.name)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path
