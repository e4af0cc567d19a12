"""A small mission's folder as `swath serve` takes it: real orbits, six orders, six scenes, a plan by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from swath.operate.bring_in import Brought, bring_in
from swath.serve.app import Application, create_app
from swath.serve.service import Limits, Service, Settings
from swath.store.database import Database, open_database

REPO = Path(__file__).resolve().parents[2]
NO_LIMIT = Limits(requests_per_s=1e6, burst_count=10**6)
OPEN = Settings(limits=NO_LIMIT)


def scene(folder: Path, number: int) -> dict[str, Any]:
    """One scene with a picture of 64 by 64 pixels of 30 m, near 10 E, 45 N (UTM 32)."""
    id = f"SW-{number % 2 + 1}-2026050{number + 1}"
    here = folder / "stac" / "scenes" / id
    here.mkdir(parents=True)
    west_m, north_m = 500_000.0 + 5000 * number, 5_000_000.0
    rows = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) + 1
    with rasterio.open(
        here / f"{id}.tif",
        "w",
        driver="GTiff",
        width=64,
        height=64,
        count=4,
        dtype="uint16",
        crs="EPSG:32632",
        transform=from_origin(west_m, north_m, 30, 30),
        nodata=0,
    ) as file:
        file.write(np.stack([rows, rows + 1000, rows + 2000, rows + 3000]))
    lon = 9.0 + 0.0634 * number
    west, south, east, north = lon, 45.135, lon + 0.0245, 45.153
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": id,
        "collection": "scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {
            "datetime": f"2026-05-0{number + 1}T10:00:00Z",
            "platform": f"SW-{number % 2 + 1}",
            "gsd": 30.0,
            "eo:cloud_cover": 10.0 * number,
            "instruments": ["camera"],
            "swath:simulated": True,
        },
        "links": [{"rel": "collection", "href": "../collection.json"}],
        "assets": {
            "data": {"href": f"{id}.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]},
            "outside": {"href": "../../../../secret.txt", "type": "text/plain"},
        },
    }
    (here / f"{id}.json").write_text(json.dumps(item))
    return item


def make_folder(folder: Path) -> Path:
    """The folder."""
    folder.mkdir(parents=True)
    flood = REPO / "examples" / "flood"
    (folder / "mission.toml").write_text((flood / "mission.toml").read_text("utf-8"), "utf-8")
    lines = (flood / "orders.csv").read_text("utf-8").splitlines()
    (folder / "orders.csv").write_text("\n".join(lines[:7]) + "\n", "utf-8")
    (folder.parent / "secret.txt").write_text("nobody's business")
    items = [scene(folder, number) for number in range(6)]
    boxes = [item["bbox"] for item in items]
    collection = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": "scenes",
        "description": "Pictures. Simulated.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[boxes[0][0], boxes[0][1], boxes[-1][2], boxes[0][3]]]},
            "temporal": {"interval": [["2026-05-01T10:00:00Z", "2026-05-06T10:00:00Z"]]},
        },
        "links": [],
    }
    (folder / "stac" / "scenes" / "collection.json").write_text(json.dumps(collection))
    (folder / "stac" / "catalog.json").write_text(json.dumps({"type": "Catalog", "id": "flood"}))
    (folder / "plan.json").write_text(json.dumps(plan()))
    return folder


def plan() -> dict[str, Any]:
    """A plan of one picture and one contact."""
    picture = {
        "id": "SW-1-a",
        "request": "farm-po-1",
        "satellite": "SW-1",
        "contact": "SW-1-svalbard-a",
        "start": "2026-05-08T10:00:00.000Z",
        "middle": "2026-05-08T10:00:00.500Z",
        "stop": "2026-05-08T10:00:01.000Z",
        "on_ground": "2026-05-08T10:40:00.000Z",
        "roll_deg": 10.0,
        "pitch_deg": 0.0,
        "off_nadir_deg": 10.0,
        "sun_elevation_deg": 50.0,
        "gsd_m": 6.0,
        "p_clear": 0.7,
        "value": 2.0,
        "data_bit": 1e6,
    }
    contact = {
        "id": "SW-1-svalbard-a",
        "satellite": "SW-1",
        "station": "svalbard",
        "rate_bit_s": 1e7,
        "volume_bit": 1e6,
        "start": "2026-05-08T10:30:00.000Z",
        "stop": "2026-05-08T10:40:00.000Z",
    }
    refused = {"request": "farm-po-2", "reason": "no_daylight", "because": "the Sun is down"}
    return {
        "format": "swath plan 1",
        "made": "2026-05-08T00:00:00.000Z",
        "solver": "by hand",
        "seed": 7,
        "value": 2.0,
        "bound": 2.5,
        "gap": 0.2,
        "bound_because": "by hand",
        "acquisitions": [picture],
        "contacts": [contact],
        "refused": [refused],
        "shares": [],
        "multipliers": [{"rule": "picture of farm-po-1", "at": "2026-05-08T00:00:00.000Z", "value": 1.5}],
    }


def serve(folder: Path, settings: Settings = OPEN, db: Database | None = None) -> tuple[Application, Service, Brought]:
    """The application of a folder."""
    database = db or open_database(folder)
    brought = bring_in(database, folder)
    service = Service(database, folder, brought.mission, brought.simulated, settings)
    return create_app(service), service, brought
