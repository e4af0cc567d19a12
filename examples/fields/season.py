"""A season of a hundred fields on simulated pictures: measured, checked, ordered, told in a bulletin.

    python examples/fields/season.py OUT

Makes ten pictures (red, near infrared, classes; every file says SIMULATED) with clouds and one field in trouble, writes
``OUT/farm.geojson`` and runs the commands of docs/how-to/fields.md on them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from swath.archive.grids import map_to_geodetic
from swath.cli.main import main

WEST_M, NORTH_M, PIXEL_M, ROWS, COLUMNS, EPSG = 680_000.0, 4_930_000.0, 10.0, 200, 240, 32632
STEP_M, SIDE_M, ACROSS, TROUBLED = 190.0, 160.0, 12, 27


def plants(date: int, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Share of plants: a season over the dates, every field a little otherwise, one that falls."""
    field = (row * PIXEL_M // STEP_M) * ACROSS + np.minimum(column * PIXEL_M // STEP_M, ACROSS - 1)
    season = np.exp(-0.5 * ((date - 7.0 - 0.4 * np.sin(field)) / 3.0) ** 2)
    share = 0.15 + (0.7 + 0.04 * np.cos(3 * field)) * season
    return np.where((field == TROUBLED) & (date >= 8), 0.2, share)


def write_picture(path: Path, date: int, chance: np.random.Generator) -> None:
    """One picture with a round cloud."""
    row, column = np.indices((ROWS, COLUMNS))
    share = plants(date, row, column)
    at = chance.uniform(0, 1, 2) * (ROWS, COLUMNS)
    cloud = np.hypot(row - at[0], column - at[1]) < 45
    bands = {"red": np.where(cloud, 6000, 1800 - 1400 * share), "nir": np.where(cloud, 6500, 2200 + 2800 * share)}
    bands = {name: values + chance.normal(0, 40, values.shape) for name, values in bands.items()}
    bands["scl"] = np.where(cloud, 9, 4)
    form = {"driver": "GTiff", "width": COLUMNS, "height": ROWS, "count": 3, "dtype": "uint16", "nodata": 0}
    place = {"crs": f"EPSG:{EPSG}", "transform": Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M)}
    with rasterio.open(path, "w", **form, **place) as file:
        for number, (name, values) in enumerate(bands.items(), 1):
            file.write(values.astype(np.uint16), number)
            file.set_band_description(number, name)


def write_farm(path: Path) -> None:
    """A hundred and twenty square fields of two crops."""
    features = []
    for number in range(120):
        x, y = WEST_M + 15 + STEP_M * (number % ACROSS), NORTH_M - 15 - STEP_M * (number // ACROSS)
        east, north = np.array([x, x + SIDE_M, x + SIDE_M, x, x]), np.array([y, y, y - SIDE_M, y - SIDE_M, y])
        ring = np.column_stack(map_to_geodetic(EPSG, east, north)).tolist()
        data = {"id": f"f-{number:03d}", "crop": "wheat" if number % 2 else "barley", "sowing_date": "2026-03-10"}
        features.append({"type": "Feature", "properties": data, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")


def play(out: Path) -> int:
    """Pictures, then the commands."""
    scenes, chance = out / "scenes", np.random.default_rng(1)
    scenes.mkdir(parents=True, exist_ok=True)
    for date in range(10):
        day = np.datetime64("2026-04-01") + 10 * date
        write_picture(scenes / f"SIMULATED_{str(day).replace('-', '')}.tif", date, chance)
    write_farm(out / "farm.geojson")
    fields, table = ["--fields", str(out / "farm.geojson")], str(out / "looks-SIMULATED.parquet")
    kept = ["--verdicts", str(out / "verdicts.json")]
    commands = (
        ["fields", *fields, "--scenes", str(scenes), "--index", "ndvi", "--out", table],
        ["fields", "check", *fields, "--table", table, *kept],
        ["fields", "dismiss", f"f-{TROUBLED:03d}", *fields, "--table", table, "--because", "ploughed", *kept],
        [
            "fields",
            "stale",
            *fields,
            "--table",
            table,
            "--at",
            "2026-07-15T00:00:00Z",
            "--out",
            str(out / "orders.geojson"),
        ],
        ["fields", "bulletin", *fields, "--scenes", str(scenes), "--region", "a farm", "--out", str(out / "bulletin")],
    )
    for words in commands:
        print(f"\n$ swath product {' '.join(words)}", flush=True)
        if code := main(["product", *words]):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(play(Path(sys.argv[1])))
