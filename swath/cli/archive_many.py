"""``swath archive warp | mosaic | composite``: pictures on other grids, side by side, date over date."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from swath.cli.archive_derive import ArchiveOption, BandsOption, OutOption, PictureOption, TimeOption, said, tell, words
from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.errors import InputError

__all__ = ["composite", "mosaic", "warp"]

EpsgOption = Annotated[int | None, Parameter(help="Projection of the result (EPSG code, in metres).")]
PixelOption = Annotated[float | None, Parameter(help="Pixels of the result.")]
LikeOption = Annotated[str | None, Parameter(help="A picture whose grid the result lies on.")]
MethodOption = Annotated[
    Literal["nearest", "bilinear", "cubic", "average"],
    Parameter(help="How pixels are resampled where they do not coincide; classes by the nearest always."),
]
CloudsOption = Annotated[
    str, Parameter(help="auto: the pictures' own classes, else our rules; none; or a plug-in of swath.masks.")
]
KeepOption = Annotated[str | None, Parameter(help="Only the assets with these bands, with commas.")]


def _grid(epsg: int | None, pixel_m: float | None, like: str | None) -> dict[str, Any]:
    if pixel_m is not None and not (math.isfinite(pixel_m) and pixel_m > 0.0):
        raise InputError(f"pixels of {pixel_m:g} m", where="--pixel-m", fix="Give more than 0")
    if like is not None and epsg is not None:
        raise InputError("both a projection and a grid to be like", where="--like", fix="Give one of them")
    return {"epsg": epsg, "pixel_m": pixel_m}


def warp(
    picture: PictureOption,
    /,
    *,
    out: OutOption,
    epsg: EpsgOption = None,
    pixel_m: PixelOption = None,
    like: LikeOption = None,
    method: MethodOption = "bilinear",
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """A picture in another projection, of other pixels, or on another picture's grid; within 0.001 pixel of exact.

    Example: swath archive warp a.tif --epsg 32632 --pixel-m 10 --out out/a

    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    if epsg is None and pixel_m is None and like is None:
        raise InputError(
            "what it is to be warped to is not said", where="--epsg", fix="Give --epsg, --pixel-m or --like"
        )
    parameters = {**_grid(epsg, pixel_m, like), "method": method, **said(time, bands)}
    with progress_bar("archive warp") as progress:
        made = derive("warp", [picture], out, now(), parameters, archive=archive, reference=like, progress=progress)
    return tell(made, _assets(made.item), json)


def mosaic(
    *pictures: str,
    out: OutOption,
    level: Literal["gain", "none"] = "gain",
    clouds: CloudsOption = "auto",
    keep: KeepOption = None,
    epsg: EpsgOption = None,
    pixel_m: PixelOption = None,
    like: LikeOption = None,
    method: MethodOption = "bilinear",
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """Overlapping pictures as one: levelled, seams down the middle of overlaps, clouds cut out where others see.

    Example: swath archive mosaic LC08_224077.tif LC08_224078.tif --out out/mosaic

    The layer ``source`` says which picture each pixel is of; the item says what each was multiplied by.

    Parameters
    ----------
    pictures
        Files, items or products' folders; or ids in the archive.
    level
        gain: each picture is multiplied (dB: raised) so that overlaps agree; none: as they are.
    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    _require(pictures, "mosaic")
    parameters = {
        **_grid(epsg, pixel_m, like), "method": method, "clouds": clouds, "level": level,
        "keep": list(words(keep)) or None, **said(time, bands),
    }  # fmt: skip
    with progress_bar("archive mosaic") as progress:
        made = derive("mosaic", pictures, out, now(), parameters, archive=archive, reference=like, progress=progress)
    rows = _assets(made.item)
    for key, told in made.item["properties"].get("swath:levelling", {}).items():
        apart = ", ".join(f"{a:.4f} to {b:.4f}" for a, b in zip(told["apart_before"], told["apart_after"], strict=True))
        rows.append((f"{key[:8]} apart", f"{apart} ({told['pairs']} pairs, natural logarithm or dB)"))
    return tell(made, rows, json)


def composite(
    *pictures: str,
    out: OutOption,
    how: Literal["median", "medoid", "best"] = "median",
    near: str | None = None,
    clouds: CloudsOption = "auto",
    keep: KeepOption = None,
    epsg: EpsgOption = None,
    pixel_m: PixelOption = None,
    like: LikeOption = None,
    method: MethodOption = "bilinear",
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """Many dates as one picture, clouds left out; larger than memory is no trouble.

    Example: swath archive composite may/*.tif --how median --out out/may

    The layer ``count`` says how many dates saw each pixel, ``source`` (but for the median) which one it is of.

    Parameters
    ----------
    pictures
        Files, items or products' folders; or ids in the archive.
    how
        median of each band; medoid: the one date nearest to all others; best: furthest from clouds.
    near
        Of dates equally far from clouds the one nearest to this time.
    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    _require(pictures, "composite")
    parameters = {
        **_grid(epsg, pixel_m, like), "method": method, "clouds": clouds, "how": how, "near": near,
        "keep": list(words(keep)) or None, **said(time, bands),
    }  # fmt: skip
    with progress_bar("archive composite") as progress:
        made = derive("composite", pictures, out, now(), parameters, archive=archive, reference=like, progress=progress)
    return tell(made, _assets(made.item), json)


def _require(pictures: tuple[str, ...], command: str) -> None:
    if not pictures:
        raise InputError("no picture is named", where=f"swath archive {command}", fix="Name files, items or ids")


def _assets(item: Any) -> list[tuple[str, str]]:
    rows = []
    for key, asset in item["assets"].items():
        height, width = asset["proj:shape"]
        shares = [band["swath:quality"]["valid_share"] for band in asset["bands"]]
        names = ", ".join(band["name"] for band in asset["bands"])
        rows.append((key[:13], f"{width} x {height} of {asset['gsd']:g} m, {100 * min(shares):.1f} % seen: {names}"))
    return rows
