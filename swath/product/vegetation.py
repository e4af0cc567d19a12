"""How green is each field? The vegetation index of a picture and exact statistics of the fields on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Product, Scene
from swath.product.clouds import SEEN, average_cells, band_of, find_unseen
from swath.product.fields import Coverage, ZonalStatistics, cover_polygon, zonal_statistics
from swath.product.indices import ndvi

__all__ = ["NDVI_NOT_SEEN", "NDVI_SCALE", "vegetation_product"]

Mask = npt.NDArray[np.bool_]

NDVI_SCALE = 10000
"""the layer holds NDVI x 10000"""
NDVI_NOT_SEEN = -32768
NORMAL_90 = 1.6449
"""two-sided 90 % of a normal distribution"""
CE90_PER_SIGMA = 2.1460
"""of a circular normal error: sqrt(-2 ln 0.1)"""
PATCH_M = 40.0
"""pixels of a field nearer than this are alike: rows, soil, vigour"""
CALIBRATION_SIGMA = 0.005
"""of NDVI: gain of the camera and haze, which all pixels of a field share"""


def vegetation_product(scene: Scene, fields: Mapping[str, Any], *, ignore: Mask | None = None) -> Product:
    """NDVI of a picture, and of each field its mean, spread and how much of it was seen.

    ``fields``: id -> polygon in the metres of the scene's grid, as vertices ``(n, 2)`` east, north or a shapely
    Polygon or MultiPolygon. ``ignore``: pixels that are no picture of the ground (a watermark).

    Layers: ``ndvi`` int16, x 10000, -32768 where not seen; ``unseen`` uint8 0 seen, 1 cloud, 2 cloud shadow, 3 not
    pictured. Rows, one a field in the order given: ``field``, ``ndvi_mean``, ``ndvi_low``, ``ndvi_high`` (90 %),
    ``ndvi_sd`` (all None where nothing was seen), ``count_px`` (area seen, in pixels), ``seen_share`` (of the whole
    field, also of what lies off the picture), ``area_m2``, ``because``. Statistics are of the layer, weighted by the
    exact share of each pixel in the field; the interval holds noise and variation, what was not seen, position, and
    calibration. Estimates: ``ndvi_mean`` over all fields, ``fields_seen`` and ``seen_share`` of the picture.
    :class:`InputError` for bands or shapes that do not fit and for polygons that are not valid, by field.
    """
    unseen = find_unseen(average_cells(scene, ignore))
    seen = unseen == SEEN
    index = ndvi(red=band_of(scene, "red"), nir=band_of(scene, "nir"))
    layer = np.where(seen, np.rint(index * NDVI_SCALE), NDVI_NOT_SEEN).astype(np.int16)
    rows = tuple(_row(scene, id, polygon, layer, seen) for id, polygon in fields.items())
    return Product(
        id=f"{scene.id}-vegetation",
        kind="vegetation",
        request=scene.request,
        scenes=(scene.id,),
        grid=scene.grid,
        layers={"ndvi": layer, "unseen": unseen},
        estimates=_estimates(rows, seen),
        rows=rows,
        simulated=scene.simulated,
        because="" if seen.any() else "not seen: no pixel shows the ground",
    )


def _row(scene: Scene, id: str, polygon: Any, layer: npt.NDArray[np.int16], seen: Mask) -> dict[str, Any]:
    try:
        coverage = cover_polygon(polygon, scene.grid)
    except InputError as error:
        raise InputError(error.what, where=f"field {id}", fix=error.fix) from error
    found = zonal_statistics(layer, seen, coverage)
    row: dict[str, Any] = {"field": id, "ndvi_mean": None, "ndvi_low": None, "ndvi_high": None, "ndvi_sd": None}
    row |= {"count_px": found.count_px, "seen_share": found.seen_share, "because": ""}
    row["area_m2"] = coverage.polygon_px * scene.grid.pixel_m**2
    if found.count_px <= 0.0:
        return row | {"because": "not seen: " + ("cloud or no data" if coverage.weights.size else "it lies off the picture")}
    mean, half = found.mean / NDVI_SCALE, NORMAL_90 * _sigma(scene, found, coverage, layer, seen)
    return row | {
        "ndvi_mean": mean,
        "ndvi_low": max(mean - half, -1.0),
        "ndvi_high": min(mean + half, 1.0),
        "ndvi_sd": found.sd / NDVI_SCALE,
    }


def _sigma(
    scene: Scene, found: ZonalStatistics, coverage: Coverage, layer: npt.NDArray[np.int16], seen: Mask
) -> float:
    """Standard deviation of a field's mean NDVI: four independent parts.

    Pixel noise and texture; the unseen part, whose mean differs as patches of ``PATCH_M`` differ; a shift of the
    picture by its position error, tried along both axes; calibration.
    """
    spread = found.sd / NDVI_SCALE
    pixel_m = scene.grid.pixel_m
    patches = max(found.count_px * pixel_m**2 / PATCH_M**2, 1.0)
    unseen = spread**2 * (1.0 - found.seen_share) / patches
    position_px = scene.ce90_m.value / CE90_PER_SIGMA / pixel_m
    moved = [zonal_statistics(layer, seen, coverage.shift(*by)) for by in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    slopes = [(m.mean - found.mean) / NDVI_SCALE for m in moved if m.count_px > 0.0]
    shift = 2.0 * float(np.mean(np.square(slopes))) * position_px**2 if slopes else 0.0
    return float(np.sqrt(spread**2 / max(found.count_px, 1.0) + unseen + shift + CALIBRATION_SIGMA**2))


def _estimates(rows: tuple[dict[str, Any], ...], seen: Mask) -> dict[str, Estimate]:
    found = [row for row in rows if row["ndvi_mean"] is not None]
    counted = "counted, not estimated"
    estimates = {
        "fields_seen": Estimate(float(len(found)), "fields", because=counted),
        "seen_share": Estimate(float(seen.mean()), "1", because="counted in the mask of unseen pixels"),
    }
    if found:
        weight = np.array([row["count_px"] for row in found])
        mean, half = (
            np.array([f(row) for row in found])
            for f in (lambda r: r["ndvi_mean"], lambda r: (r["ndvi_high"] - r["ndvi_low"]) / 2.0)
        )
        value, doubt = float(weight @ mean / weight.sum()), float(weight @ half / weight.sum())
        estimates["ndvi_mean"] = Estimate(value, "1", max(value - doubt, -1.0), min(value + doubt, 1.0))
    return estimates
