"""A flood drawn by this script itself (nothing to download): seen by a camera and a radar, mapped, and scored.

    python examples/disaster/flood_map.py out/disaster

Two GeoTIFFs, a road and the truth go to the folder; then the same commands as a user's: ``swath product flood`` and
``swath product score``. What is simulated says so in the file names of everything made from it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from swath.cli.main import main as swath

SIZE = 300
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
MEADOW, FLOOD = (600, 900, 600, 3400, 2000, 1100), (1000, 1300, 1400, 900, 150, 100)
SIMULATED = {"SWATH_SIMULATED": "true"}


def write(path: Path, pixels: np.ndarray, names: tuple[str, ...]) -> Path:
    """A GeoTIFF on a grid of 10 m in northern Italy, marked as simulated."""
    profile = {"driver": "GTiff", "dtype": pixels.dtype.name, "count": len(pixels), "height": SIZE, "width": SIZE}
    with rasterio.open(path, "w", crs="EPSG:32632", transform=from_origin(6.8e5, 4.97e6, 10, 10), **profile) as file:
        file.write(pixels)
        file.update_tags(**SIMULATED)
        for number, name in enumerate(names, 1):
            file.set_band_description(number, name)
    return path


def main(folder: Path) -> int:
    """Draw, map and score."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    water = np.abs(y - 0.5 - 0.12 * np.sin(7 * x)) < 0.06 + 0.05 * np.sin(11 * x + 1)
    land = rng.normal(1.0, 0.05, (6, SIZE, SIZE)) * np.array(MEADOW)[:, None, None]
    wet = rng.normal(1.0, 0.05, (6, SIZE, SIZE)) * np.array(FLOOD)[:, None, None]
    optical = write(folder / "camera_SIMULATED.tif", np.where(water, wet, land).astype(np.uint16), BANDS)
    db = np.where(water, np.array([[[-21.0]], [[-28.0]]]), np.array([[[-10.5]], [[-17.0]]]))
    speckle = 10 * np.log10(rng.gamma(4.4, 1 / 4.4, db.shape))
    radar = write(folder / "radar_SIMULATED.tif", (db + speckle).astype(np.float32), ("vv", "vh"))
    truth = write(folder / "truth_SIMULATED.tif", water.astype(np.uint8)[None], ("water",))
    road = {"type": "LineString", "coordinates": [[11.296, 44.860], [11.300, 44.838]]}
    roads = folder / "roads.geojson"
    roads.write_text(json.dumps({"type": "Feature", "properties": {"id": "SP 1"}, "geometry": road}))
    out = folder / "flood"
    given = [f"--optical={optical}", f"--radar={radar}", f"--exposure={roads}", "--title=A flood that was drawn"]
    code = swath(["product", "flood", *given, f"--out={out}"])
    return code or swath(["product", "score", f"--product={out}", f"--truth={truth}"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/disaster")))
