"""How green is each field? The vegetation index of a picture and exact statistics of the fields on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.model import Estimate, Grid, Product, Scene
from swath.product.clouds import SEEN, average_cells, band_of, find_unseen
from swath.product.field_values import field_values
from swath.product.fields import cover_polygons, zonal_statistics
from swath.product.indices import ndvi
from swath.product.kind import ProductKind
from swath.product.room import piecewise
from swath.product.veils import find_veiled

__all__ = ["NDVI_NOT_SEEN", "NDVI_SCALE", "VEGETATION", "vegetation_product"]

Mask = npt.NDArray[np.bool_]

NDVI_SCALE = 10000
"""the layer holds NDVI x 10000"""
NDVI_NOT_SEEN = -32768

CE90_PER_SIGMA = 2.1460
"""of a circular normal error: sqrt(-2 ln 0.1)"""
MATCHED_PX = 0.1
"""how well a shift of the picture is measured at best"""


def vegetation_product(scene: Scene, fields: Mapping[str, Any], *, ignore: Mask | None = None) -> Product:
    """NDVI of a picture, and of each field its mean, spread and how much of it was seen.

    ``fields``: id -> polygon in the metres of the scene's grid, as vertices ``(n, 2)`` east, north or a shapely
    Polygon or MultiPolygon. ``ignore``: pixels that are no picture of the ground (a watermark).

    Layers: ``ndvi`` int16, x 10000, -32768 where not seen; ``unseen`` uint8 0 seen, 1 cloud, 2 cloud shadow, 3 not
    pictured. Rows, one a field in the order given: ``field``, ``area_m2``, ``ndvi_mean``, ``ndvi_low``, ``ndvi_high``
    (90 %), ``ndvi_sd`` (all None where nothing was seen), ``count_px`` (area seen, in pixels), ``seen_share`` (of the
    whole field, also of what lies off the picture), ``because``. Estimates: ``ndvi_mean`` over all fields,
    ``fields_seen`` and ``seen_share`` of the picture.

    ``ndvi_mean`` is the value of the field as a whole, without the light of what lies beside it
    (:func:`swath.product.field_values.field_values`); ``ndvi_sd`` and ``count_px`` are of all its pixels that were
    seen, weighted by the exact share of each. Fields are looked for where the picture shows them, if a shift against
    control was measured; what may lie under a thin veil or in half shadow counts as not seen of them
    (:func:`swath.product.veils.find_veiled`; the layer shows it). The interval holds noise and variation, borders,
    what was not seen, what clouds leave of their margins, and position: nine of ten true values of flown fields
    (tests/stories/test_field_coverage.py).

    :class:`InputError` for bands or shapes that do not fit and for polygons that are not valid, by field.
    """
    cells = average_cells(scene, ignore)
    unseen = find_unseen(cells, keep_dark_water=False)
    seen = unseen == SEEN
    layer = _layer(band_of(scene, "red"), band_of(scene, "nir"), seen)
    sure = seen & ~find_veiled(cells, unseen)
    rows = tuple(_rows(scene, fields, layer, sure, 1.0 - float(seen.mean())))
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
    scene: Scene, fields: Mapping[str, Any], layer: npt.NDArray[np.int16], seen: Mask, cloudy_share: float
) -> Iterator[dict[str, Any]]:
    """All fields at once: their pixels, and their values with doubt."""
    grid, position_m = _placed(scene)
    covered = cover_polygons(list(fields.values()), grid, names=[f"field {id}" for id in fields])
    found = zonal_statistics(layer, seen, covered)
    pixel_m = grid.pixel_m
    blur_px2, position_px = (scene.gsd_m / pixel_m) ** 2, position_m / pixel_m
    of = field_values(
        layer, seen, covered, scale=NDVI_SCALE, blur_px2=blur_px2, position_px=position_px, cloudy_share=cloudy_share
    )
    touched = covered.counts_px() > 0
    for n, id in enumerate(fields):
        count = float(found.count_px[0, n])
        row: dict[str, Any] = {"field": id, "area_m2": float(covered.area_px[n]) * pixel_m**2}
        row |= {"ndvi_mean": None, "ndvi_low": None, "ndvi_high": None, "ndvi_sd": None}
        row |= {"count_px": count, "seen_share": float(found.seen_share[0, n]), "because": ""}
        if count <= 0.0:
            yield row | {"because": "not seen: " + ("cloud or no data" if touched[n] else "it lies off the picture")}
            continue
        value = float(of.value[n])
        yield row | {
            "ndvi_mean": value,
            "ndvi_low": max(value - float(of.down[n]), -1.0),
            "ndvi_high": min(value + float(of.up[n]), 1.0),
            "ndvi_sd": float(found.sd[0, n]) / NDVI_SCALE,
        }


def _placed(scene: Scene) -> tuple[Grid, float]:
    """The scene's grid where its picture really lies, and the standard deviation along an axis of what is left."""
    east_m, north_m = (scene.properties.get(f"shift_{side}_m") for side in ("east", "north"))
    grid, off_m = scene.grid, 0.0
    if east_m is not None and north_m is not None:
        off_m = float(np.hypot(east_m, north_m))
        grid = replace(grid, west_m=grid.west_m - east_m, north_m=grid.north_m - north_m)
        off_m = min(off_m, scene.ce90_m.value - MATCHED_PX * CE90_PER_SIGMA * grid.pixel_m)
    return grid, (scene.ce90_m.value - max(off_m, 0.0)) / CE90_PER_SIGMA


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
