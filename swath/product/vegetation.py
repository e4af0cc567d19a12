"""How green is each field? The vegetation index of a picture and exact statistics of the fields on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import Estimate, Product, Scene
from swath.product.clouds import SEEN, average_cells, band_of, find_unseen
from swath.product.fields import Coverages, ZonalStatistics, cover_polygons, zonal_statistics
from swath.product.indices import ndvi
from swath.product.kind import ProductKind
from swath.product.room import piecewise

__all__ = ["NDVI_NOT_SEEN", "NDVI_SCALE", "VEGETATION", "vegetation_product"]

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
CALIBRATION_SIGMA = 0.003
"""of NDVI: gain of the camera and haze, which all pixels of a field share"""
CLOUDY_SIGMA = 0.008
"""of NDVI wherever a picture has clouds: thin haze and half shadow that are not told from ground"""
FRINGE_SIGMA = 0.08
"""of NDVI times the share not seen: what hides part of a field reaches thinly over the rest; both found by
benchmarks/calibrate_products.py"""


def vegetation_product(scene: Scene, fields: Mapping[str, Any], *, ignore: Mask | None = None) -> Product:
    """NDVI of a picture, and of each field its mean, spread and how much of it was seen.

    ``fields``: id -> polygon in the metres of the scene's grid, as vertices ``(n, 2)`` east, north or a shapely
    Polygon or MultiPolygon. ``ignore``: pixels that are no picture of the ground (a watermark).

    Layers: ``ndvi`` int16, x 10000, -32768 where not seen; ``unseen`` uint8 0 seen, 1 cloud, 2 cloud shadow, 3 not
    pictured. Rows, one a field in the order given: ``field``, ``area_m2``, ``ndvi_mean``, ``ndvi_low``, ``ndvi_high``
    (90 %), ``ndvi_sd`` (all None where nothing was seen), ``count_px`` (area seen, in pixels), ``seen_share`` (of the
    whole field, also of what lies off the picture), ``because``. Estimates: ``ndvi_mean`` over all fields,
    ``fields_seen`` and ``seen_share`` of the picture.

    Statistics are of the layer, weighted by the exact share of each pixel in the field. The interval holds noise and
    variation, what was not seen, position and calibration, and reaches from the mean of all pixels to that of the
    core, whose pixels are not mixed with what lies beside (tests/product/test_vegetation.py).

    :class:`InputError` for bands or shapes that do not fit and for polygons that are not valid, by field.
    """
    unseen = find_unseen(average_cells(scene, ignore), keep_dark_water=False)
    seen = unseen == SEEN
    layer = _layer(band_of(scene, "red"), band_of(scene, "nir"), seen)
    rows = tuple(_rows(scene, fields, layer, seen))
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


def _layer(red: npt.NDArray[Any], nir: npt.NDArray[Any], seen: Mask) -> npt.NDArray[np.int16]:
    """The NDVI layer."""

    def of(red: npt.NDArray[Any], nir: npt.NDArray[Any], seen: Mask) -> npt.NDArray[Any]:
        index = np.rint(ndvi(red=red, nir=nir) * NDVI_SCALE).astype(np.int16)
        return np.where(seen, index, NDVI_NOT_SEEN)

    return piecewise(of, red, nir, seen, dtype=np.int16)


def _rows(
    scene: Scene, fields: Mapping[str, Any], layer: npt.NDArray[np.int16], seen: Mask
) -> Iterator[dict[str, Any]]:
    """All fields at once: their pixels, those of their core, and what they would hold a pixel further on."""
    covered = cover_polygons(list(fields.values()), scene.grid, names=[f"field {id}" for id in fields])
    found, core = zonal_statistics(layer, seen, covered), zonal_statistics(layer, seen, covered.core())
    half = NORMAL_90 * _sigma(scene, found, covered, layer, seen)
    touched = covered.counts_px() > 0
    for n, id in enumerate(fields):
        count, mean, sd = (float(part[0, n]) for part in (found.count_px, found.mean, found.sd))
        row: dict[str, Any] = {"field": id, "area_m2": float(covered.area_px[n]) * scene.grid.pixel_m**2}
        row |= {"ndvi_mean": None, "ndvi_low": None, "ndvi_high": None, "ndvi_sd": None}
        row |= {"count_px": count, "seen_share": float(found.seen_share[0, n]), "because": ""}
        if count <= 0.0:
            yield row | {"because": "not seen: " + ("cloud or no data" if touched[n] else "it lies off the picture")}
            continue
        mean /= NDVI_SCALE
        inner = float(core.mean[0, n]) / NDVI_SCALE if core.seen[0, n] else mean
        yield row | {
            "ndvi_mean": mean,
            "ndvi_low": max(min(mean, inner) - float(half[n]), -1.0),
            "ndvi_high": min(max(mean, inner) + float(half[n]), 1.0),
            "ndvi_sd": sd / NDVI_SCALE,
        }


def _sigma(
    scene: Scene, found: ZonalStatistics, covered: Coverages, layer: npt.NDArray[np.int16], seen: Mask
) -> npt.NDArray[np.float64]:
    """Standard deviation of each field's mean NDVI: independent parts.

    Pixel noise and texture; the unseen part, whose mean differs as patches of ``PATCH_M`` differ; thin cloud; a shift
    of the picture by its position error, tried along both axes; calibration.
    """
    spread, count, pixel_m = found.sd[0] / NDVI_SCALE, found.count_px[0], scene.grid.pixel_m
    patches = np.maximum(count * pixel_m**2 / PATCH_M**2, 1.0)
    hidden = 1.0 - found.seen_share[0]
    unseen = spread**2 * hidden / patches + (FRINGE_SIGMA * hidden) ** 2
    position_px = scene.ce90_m.value / CE90_PER_SIGMA / pixel_m
    moved = [zonal_statistics(layer, seen, covered.shift(*by)) for by in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    squares = sum(np.where(m.seen[0], (m.mean[0] - found.mean[0]) / NDVI_SCALE, 0.0) ** 2 for m in moved)
    shift = 2.0 * squares / np.maximum(sum(m.seen[0].astype(np.int64) for m in moved), 1) * position_px**2
    cloudy = 0.0 if seen.all() else CLOUDY_SIGMA**2
    total = spread**2 / np.maximum(count, 1.0) + unseen + cloudy + shift + CALIBRATION_SIGMA**2
    return np.asarray(np.sqrt(total), np.float64)


def _estimates(rows: tuple[dict[str, Any], ...], seen: Mask) -> dict[str, Estimate]:
    found = [row for row in rows if row["ndvi_mean"] is not None]
    counted = "counted, not estimated"
    estimates = {
        "fields_seen": Estimate(float(len(found)), "fields", because=counted),
        "seen_share": Estimate(float(seen.mean()), "1", because="counted in the mask of unseen pixels"),
    }
    if found:
        table = np.array([[row["ndvi_mean"], row["ndvi_low"], row["ndvi_high"]] for row in found])
        value, low, high = (float(v) for v in np.average(table, axis=0, weights=[row["count_px"] for row in found]))
        estimates["ndvi_mean"] = Estimate(value, "1", low, high)  # as if all fields erred alike: never too narrow
    return estimates


VEGETATION = ProductKind(
    name="vegetation",
    question="How green is each field?",
    bands=("blue, green, red, nir",),
    layers={"ndvi": "x 10000, -32768 not seen", "unseen": "0 seen, 1 cloud, 2 shadow, 3 not pictured"},
    source="Rouse et al. 1974",
    make=vegetation_product,
)
