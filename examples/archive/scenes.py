"""An archive of outside scenes from Python: add a picture, find it, read its values, make it again.

    python examples/archive/scenes.py OUT_DIR [PICTURE.tif ISO_TIME]

Without a picture it draws one of fields (simulated, and it says so), so that the example runs anywhere. The same from
the command line: swath archive add, search, show, and swath verify.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from swath.archive.outside import Hints
from swath.operate.archive import Adding, add_scenes, show_item, write_look
from swath.operate.evidence import verify_folder
from swath.store.shelf import Query, Shelf

NOW = np.datetime64("2026-11-26T12:00:00", "ns")


def fields(path: Path) -> Path:
    """Fields of four greens as red and near infrared, 10 m, near Ferrara."""
    rng = np.random.default_rng(4)
    cover = rng.uniform(0.1, 0.9, (16, 20)).repeat(32, 0).repeat(24, 1)
    red, nir = 0.12 - 0.09 * cover, 0.18 + 0.3 * cover
    pixels = np.stack([red, nir]) + rng.normal(0.0, 0.002, (2, *cover.shape))
    with rasterio.open(
        path, "w", driver="GTiff", count=2, height=cover.shape[0], width=cover.shape[1], dtype="uint16", nodata=0,
        crs="EPSG:32632", transform=Affine(10.0, 0.0, 700_000.0, 0.0, -10.0, 4_970_000.0),
    ) as file:  # fmt: skip
        file.write(np.clip(np.round(pixels * 10_000), 1, 65535).astype(np.uint16))
    return path


def main(out: Path, picture: Path | None, time: str) -> None:
    """Add, find, look, read, verify."""
    out.mkdir(parents=True, exist_ok=True)
    said = Hints(time=time)
    if picture is None:
        picture = fields(out / "fields_SIMULATED.tif")
        said = Hints(time=time, bands=("red", "nir"), quantity="surface reflectance", scale=1e-4, platform="drawn")
    archive = out / "archive"
    (outcome,) = add_scenes([str(picture)], Adding(archive, said, NOW))
    print(outcome.status, outcome.collection, outcome.id, outcome.because)
    for found in Shelf(archive).search(Query(start=np.datetime64("2020-01-01", "ns"))):
        print(f"{found.start} {found.id}: pixels of {found.gsd_m:.1f} m, {100 * found.valid_share:.0f} % seen")
    shown = show_item(archive, outcome.id)
    print("picture:", write_look(shown, out / f"look{'_SIMULATED' if shown.found.simulated else ''}.png"))
    item, folder = json.loads(shown.found.path.read_text("utf-8")), shown.found.path.parent
    for key, asset in item["assets"].items():
        with rasterio.open(folder / asset["href"]) as file:
            for number, band in enumerate(asset["bands"], 1):
                stored = file.read(number, masked=True)
                values = stored * band["raster:scale"] + band["raster:offset"]
                print(f"{key} {band['name']}: mean {values.mean():.4f}, noise {band['swath:quality']['noise']}")
    print("\n".join(verify_folder(folder).lines()))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4):
        raise SystemExit(__doc__)
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]) if len(sys.argv) == 4 else None,
        sys.argv[3] if len(sys.argv) == 4 else "2026-05-08T10:00:00Z",
    )
