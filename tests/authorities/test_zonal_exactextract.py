"""Zonal statistics against exactextract 0.3 (github.com/isciences/exactextract), the reference of the field."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource

from swath.model import Grid
from swath.product.fields import cover_polygons, zonal_statistics

GRID = Grid(32632, 612345.0, 5001230.0, 5.0, 160, 140)


def polygons(seed: int, number: int) -> list[shapely.Polygon]:
    """Fields of 3 to 20 corners, some smaller than a pixel, some with a hole, some across the picture's edge."""
    rng = np.random.default_rng(seed)
    made = []
    while len(made) < number:
        angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, rng.integers(3, 21)))
        radius = rng.uniform(0.3, 1.0, len(angle)) * np.exp(rng.uniform(np.log(1.0), np.log(400.0)))
        centre = np.add(rng.uniform((0.0, 0.0), (800.0, 700.0)), (GRID.west_m, GRID.north_m - 700.0))
        shape = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + centre)
        if len(made) % 4 == 0 and shape.is_valid:
            shape = shape.difference(shape.centroid.buffer(0.2 * radius.min(), quad_segs=3))
        if shape.geom_type == "Polygon" and shape.is_valid and shape.area > 0.01:
            made.append(shape)
    return made


def test_count_mean_and_deviation_equal_exactextract() -> None:
    """300 fields on a picture with holes.

    exactextract keeps the share of a pixel in single precision (6e-8): so close for fields of a few pixels, and to 1e-9
    for the mean of fields of 1,000 pixels and more, where its roundings cancel. GEOS, exact in double precision, agrees
    with ours to 2e-9 of a pixel (tests/product/test_fields.py).
    """
    rng = np.random.default_rng(3)
    values = rng.normal(0.5, 0.2, GRID.shape)
    seen = rng.uniform(size=GRID.shape) < 0.9
    west, south, east, north = GRID.bounds_m
    raster = NumPyRasterSource(np.where(seen, values, np.nan), west, south, east, north, nodata=np.nan)
    shapes = polygons(7, 300)
    geometries = [shapely.geometry.mapping(shape) for shape in shapes]
    features = JSONFeatureSource(
        [{"type": "Feature", "id": i, "properties": {}, "geometry": g} for i, g in enumerate(geometries)]
    )
    asked = ["count", "mean", "stdev", "min", "max", "sum", "median", "quantile(q=0.1)"]
    judged = exact_extract(raster, features, asked, output="geojson")
    mine = zonal_statistics(values, seen, cover_polygons(shapes, GRID), quantiles=[0.5, 0.1])
    compared = large = 0
    for n, row in enumerate(judged):
        theirs = row["properties"]
        count = theirs["count"]
        assert mine.count_px[0, n] == pytest.approx(count, rel=1e-7, abs=1e-7)
        if count > 0.01:
            assert mine.mean[0, n] == pytest.approx(theirs["mean"], rel=1e-6)
            assert mine.sum[0, n] == pytest.approx(theirs["sum"], rel=1e-6)
            assert mine.sd[0, n] == pytest.approx(theirs["stdev"], rel=1e-6, abs=1e-7)
            assert (mine.low[0, n], mine.high[0, n]) == (theirs["min"], theirs["max"])
            assert mine.quantiles[0, n] == pytest.approx((theirs["median"], theirs["quantile_10"]), rel=1e-6)
            compared += 1
        if count >= 1000.0:
            assert mine.mean[0, n] == pytest.approx(theirs["mean"], rel=1e-9)
            large += 1
    assert compared > 250
    assert large > 20
