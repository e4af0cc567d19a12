"""``swath archive mask | coregister``: pictures made of pictures, each a folder with item, lineage and COG."""

from __future__ import annotations

import json as text
import math
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.operate.derive import Derived

__all__ = ["coregister", "mask", "said", "tell", "words"]

PictureOption = Annotated[str, Parameter(help="File, item or product's folder; or an id in the archive.")]
OutOption = Annotated[Path, Parameter(help="Folder to write; replaced if swath made it.")]
ArchiveOption = Annotated[Path, Parameter(help="Folder of the archive that ids are looked up in.")]
TimeOption = Annotated[
    str | None, Parameter(help="When it was taken, for files that do not say: 2026-05-08T10:30:00Z.")
]
BandsOption = Annotated[str | None, Parameter(help="Names of a file's bands, with commas, for files that do not say.")]
_WIDE = 80


def words(given: str | None) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in (given or "").split(",") if word.strip())


def said(time: str | None, bands: str | None) -> dict[str, Any]:
    """What every command here may be told of files."""
    return {"time": time, "bands": list(words(bands)) or None}


def tell(made: Derived, rows: list[tuple[str, str]], json: bool) -> int:
    """Print what was made: its item, or some lines and the notes."""
    if json:
        print(text.dumps(made.to_json(), indent=2))
        return 0
    print(f"{'made':<13} {made.folder.as_posix()[-66:]}")
    for name, value in rows:
        print(f"{name:<13} {value[:66]}")
    for note in made.item["properties"].get("swath:notes", ()):
        print("\n".join(wrap(note, _WIDE, initial_indent=f"{'note':<14}", subsequent_indent=" " * 14)))
    return 0


def mask(
    picture: PictureOption,
    /,
    *,
    out: OutOption,
    by: str = "rules",
    buffer_m: float = 60.0,
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """Where do clouds, their shadows and snow lie in a picture? Classes and likelihood, on its own grid.

    Example: swath archive mask S2B_T22MBA_20200518 --out out/mask

    Codes: 0 clear, 1 cloud, 2 cloud shadow, 3 not pictured, 4 snow. What could not be told with its bands is said.

    Parameters
    ----------
    by
        rules; or s2cloudless, omnicloudmask where they are installed; or another plug-in.
    buffer_m
        Clouds and shadows are drawn so much wider than they look.
    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    if not math.isfinite(buffer_m):
        raise InputError(f"a buffer of {buffer_m:g} m", where="--buffer-m", fix="Give 0 to 10000")
    with progress_bar("archive mask") as progress:
        made = derive(
            "mask", [picture], out, now(), {"by": by, "buffer_m": buffer_m, **said(time, bands)}, archive=archive,
            progress=progress,
        )  # fmt: skip
    found = made.item["properties"]
    rows = [
        ("by", found["swath:masked_by"]),
        ("cloud", f"{found['eo:cloud_cover']:.1f} %"),
        ("shadow", f"{100 * found['swath:shadow_share']:.1f} %"),
        ("snow", f"{100 * found['swath:snow_share']:.1f} %"),
    ]
    return tell(made, rows, json)


def coregister(
    picture: PictureOption,
    /,
    *,
    on: PictureOption,
    out: OutOption,
    band: str | None = None,
    reference_band: str | None = None,
    model: Literal["auto", "shift", "affine", "field"] = "auto",
    most_doubt_px: float = 0.1,
    method: Literal["cubic", "bilinear", "nearest"] = "cubic",
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """Lay a picture over another date of the same place, to a tenth of a pixel; or say that it cannot be told.

    Example: swath archive coregister may.tif --on april.tif --out out/may_on_april

    Tiles of the two are matched; most of them have to agree. The result lies on the reference's grid, resampled once;
    matches.json holds every tile. Exit code 3 where cloud, water or change leave too little to match.

    Parameters
    ----------
    on
        The reference, which stays as it is.
    band
        Band that is matched, by name; without it red, near infrared or green, whichever both have.
    reference_band
        Band of the reference, where it is another.
    model
        How the picture may lie: shift, affine map, smooth field; auto takes the simplest that holds.
    most_doubt_px
        Refuse if the circle that holds the truth at 90 % is larger.
    method
        How pixels are resampled; classes by the nearest always.
    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    if not (math.isfinite(most_doubt_px) and most_doubt_px > 0.0):
        raise InputError(f"{most_doubt_px:g} pixel of doubt", where="--most-doubt-px", fix="Give more than 0")
    parameters = {
        "band": band, "reference_band": reference_band, "model": model, "most_doubt_px": most_doubt_px,
        "method": method, **said(time, bands),
    }  # fmt: skip
    with progress_bar("archive coregister") as progress:
        made = derive("coregister", [picture], out, now(), parameters, archive=archive, reference=on, progress=progress)
    found = made.item["properties"]["swath:registration"]
    rows = [
        ("on", found["reference"]),
        ("bands", " on ".join(found["bands"])),
        ("model", f"{found['model']}, matched on {found['matched_on']}"),
        ("lay", f"{found['shift_east_m']:+.2f} m east, {found['shift_north_m']:+.2f} m north of the reference"),
        ("tiles", f"{found['tiles_used']} of {found['tiles_tried']} agree, {found['residual_px']:.3f} pixel apart"),
        ("doubt, 90 %", f"{found['doubt_px']:.3f} pixel, {found['worst_doubt_px']:.3f} where it is largest"),
    ]
    return tell(made, rows, json)
