"""How long do fields take, read from files and measured on all dates, beside ``geopandas`` and ``exactextract``?

    PYTHONPATH=. python benchmarks/speed/fields.py [--dates N] [--runs N]

Reading: 1,000 and 5,000 fields of 60 corners as GeoJSON, GeoPackage and zipped Shapefile, with every check and repair,
beside ``geopandas.read_file``, which makes none. Measuring: 1,000 and 5,000 fields of 60 corners (3 ha) on ``--dates``
dates (40) of 2,400 x 2,400 pixels of 10 m, red, near infrared and classes as zstd GeoTIFF: NDVI, clouds masked, from
files to table; beside it ``exactextract`` on one date's NDVI that is already in memory, unmasked, times the dates. CPU
and wall seconds of this process, the least of ``--runs``. Results go to benchmarks/results/fields.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from swath.archive.grids import map_to_geodetic
from swath.model import Grid
from swath.operate.field_work import fields_on_grid, measure_fields
from swath.product.field_set import FieldSet
from swath.sources.field_files import read_fields
from tests.product.field_pictures import dates
from tests.product.field_shapes import lattice

RESULTS = Path(__file__).parents[1] / "results" / "fields.json"
GRID = Grid(32632, 680_000.0, 4_930_000.0, 10.0, 2_400, 2_400)


def least(job: Callable[[], Any], runs: int) -> tuple[float, float]:
    """Wall and CPU seconds of the fastest run."""
    best = (np.inf, np.inf)
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    return best


def outlines(count: int) -> list[Any]:
    """Fields of 60 corners on a lattice inside the grid."""
    lon, lat = map_to_geodetic(32632, np.array([GRID.west_m + 300.0]), np.array([GRID.bounds_m[1] + 300.0]))
    return lattice(count, lon_deg=float(lon[0]), lat_deg=float(lat[0]), side_m=300.0, seed=1, corners=60)


def reading(folder: Path, count: int, runs: int) -> list[dict[str, Any]]:
    """A row a form."""
    import geopandas

    frame = geopandas.GeoDataFrame({"id": range(count)}, geometry=outlines(count), crs="EPSG:4326")
    rows = []
    for name, driver in (("f.geojson", "GeoJSON"), ("f.gpkg", "GPKG"), ("f.shp.zip", "ESRI Shapefile")):
        path = folder / f"{count}-{name}"
        frame.to_file(path, driver=driver)
        ours, theirs = least(lambda p=path: read_fields(p), runs), least(lambda p=path: geopandas.read_file(p), runs)
        rows.append(
            {
                "job": "read",
                "form": name[2:],
                "fields": count,
                "wall_s": ours[0],
                "cpu_s": ours[1],
                "peer_cpu_s": theirs[1],
            }
        )
    return rows


def measuring(folder: Path, count: int, days: int, runs: int) -> dict[str, Any]:
    """Files to table."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    shapes = np.array(outlines(count), object)
    fields = FieldSet(
        np.array([str(n) for n in range(count)]),
        np.full(count, "wheat"),
        np.full(count, np.datetime64("NaT"), "datetime64[D]"),
        shapes,
    )
    ours = least(lambda: measure_fields(fields, [folder], ["ndvi"]), runs)
    image = np.random.default_rng(0).random(GRID.shape)
    west, south, east, north = GRID.bounds_m
    source = NumPyRasterSource(image, west, south, east, north)
    cover = fields_on_grid(fields, GRID)
    assert len(cover) == count
    from swath.archive.grids import map_from_geodetic

    def project(at: Any) -> Any:
        return np.column_stack(map_from_geodetic(32632, lon_deg=at[:, 0], lat_deg=at[:, 1]))

    features = [
        {
            "type": "Feature",
            "properties": {"id": n},
            "geometry": json.loads(shapely.to_geojson(shapely.transform(s, project))),
        }
        for n, s in enumerate(shapes)
    ]
    theirs = least(lambda: exact_extract(source, features, ["mean", "stdev", "count"]), runs)
    return {
        "job": "measure",
        "fields": count,
        "dates": days,
        "wall_s": ours[0],
        "cpu_s": ours[1],
        "peer_cpu_s": theirs[1] * days,
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dates", type=int, default=40)
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        scenes = Path(scratch) / "scenes"
        scenes.mkdir()
        dates(scenes, given.dates, grid=GRID)
        for count in (1_000, 5_000):
            rows += reading(Path(scratch), count, given.runs)
            rows.append(measuring(scenes, count, given.dates, given.runs))
    for row in rows:
        row["ratio"] = row["peer_cpu_s"] / row["cpu_s"]
        print(
            " ".join(
                f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
            )
        )
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
