"""``swath archive ortho``: a picture as its camera saw it, on the map."""

from __future__ import annotations

import json as text
import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.errors import InputError

__all__ = ["ortho"]


def ortho(
    item: str,
    /,
    *,
    archive: Path = Path("archive"),
    dem: Path | None = None,
    geoid: Path | None = None,
    on: str | None = None,
    pixel_m: float | None = None,
    height_m: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    replace: bool = False,
    json: JsonOption = False,
) -> int:
    """Put a picture with RPC on the map, over a terrain model; laid over another picture if one is named.

    Example: swath archive ortho strip_20240310T101500 --dem srtm.tif --geoid egm96_15.gtx

    The map becomes an item of its own, ITEM_ortho. Doing it twice changes nothing.

    Parameters
    ----------
    item
        The picture's id, or a part of it that no other has.
    archive
        Folder of the archive.
    dem
        Terrain model (GeoTIFF): heights of the ground in metres.
    geoid
        What the terrain model's heights count from: a .gtx or .tif of PROJ, or egm96, egm2008 where PROJ has them;
        without it, from the ellipsoid.
    on
        Another item of the same place: two biases, line and sample, lay the picture over it.
    pixel_m
        Pixels of the map; without it the picture's own, rounded.
    height_m
        Height of flat ground above the ellipsoid, where there is no terrain model; else the RPC's middle.
    replace
        In the place of a map of it that was made in another way.
    """
    from swath.archive.heights import geoid_file
    from swath.cli.orbits import now
    from swath.operate.archive import ortho_item

    if pixel_m is not None and not (math.isfinite(pixel_m) and pixel_m > 0.0):
        raise InputError(f"pixels of {pixel_m:g} m", where="--pixel-m", fix="Give more than 0")
    geoid = geoid and geoid_file(geoid)
    with progress_bar("archive ortho") as progress:
        made = ortho_item(
            item, archive, now(), dem=dem, geoid=geoid, other=on, pixel_m=pixel_m, height_m=height_m, again=replace,
            progress=progress,
        )  # fmt: skip
    if json:
        print(text.dumps({"archive": archive.as_posix(), "outcomes": [made.to_json()]}, indent=2))
        return 0
    said = text.loads(Path(made.path).read_text("utf-8"))["properties"]
    print(f"{made.status:<13} {made.collection}/{made.id}")
    print(f"{'pixel, m':<13} {said['gsd']:.3g}")
    print(f"{'ground':<13} {said['swath:terrain']}")
    if "swath:refined_on" in said:
        bias, doubt = said["swath:bias_px"], said["swath:ce90_to_other"]
        print(f"{'refined on':<13} {said['swath:refined_on'][:66]}")
        print(f"{'bias, px':<13} line {bias['line']:+.2f}, sample {bias['sample']:+.2f}")
        print(f"{'CE90 to it':<13} {doubt['before_m']:.2f} m before, {doubt['after_m']:.2f} m after")
    return 0
