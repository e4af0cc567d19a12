"""``swath archive``: scenes that you have, kept, found and looked at."""

from __future__ import annotations

import json as text
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.operate.archive import Outcome, Shown
    from swath.sources.checked import Limits
    from swath.store.shelf import Found

__all__ = ["add", "app", "search", "show"]

app = App(name="archive", help="Scenes that you have: keep them, find them, look at them.")

app.command("swath.cli.archive_ortho:ortho", name="ortho", help="Put a picture with RPC on the map, over terrain.")
app.command("swath.cli.archive_derive:mask", name="mask", help="Find cloud, shadow and snow, pixel by pixel.")
app.command("swath.cli.archive_derive:coregister", name="coregister", help="Lay a picture over another date.")
app.command("swath.cli.archive_many:warp", name="warp", help="Put a picture into another projection or on a grid.")
app.command("swath.cli.archive_many:mosaic", name="mosaic", help="Make overlapping pictures one, levelled.")
app.command(
    "swath.cli.archive_many:composite", name="composite", help="Make many dates one: median, medoid, best pixel."
)

ArchiveOption = Annotated[Path, Parameter(help="Folder of the archive.")]
_WIDE = 80
_SAID = {
    "eo:cloud_cover": "cloud, %",
    "view:sun_elevation": "sun at, deg",
    "view:sun_azimuth": "sun from, deg",
    "view:incidence_angle": "incidence, deg",
    "view:off_nadir": "off nadir, deg",
    "sat:orbit_state": "orbit",
}


@app.command
def add(
    *places: str,
    archive: ArchiveOption = Path("archive"),
    time: str | None = None,
    bands: str | None = None,
    quantity: str | None = None,
    platform: str | None = None,
    id: str | None = None,
    collection: str | None = None,
    scale: float | None = None,
    offset: float | None = None,
    nodata: float | None = None,
    speckle: Literal["none", "refined-lee"] = "none",
    dem: Path | None = None,
    surface: Literal["none", "dark-object"] = "none",
    assets: str | None = None,
    keep: Path | None = None,
    replace: bool = False,
    private: bool = False,
    most_mb: float = 3000.0,
    json: JsonOption = False,
) -> int:
    """Put scenes into the archive: Sentinel-1 and -2, Landsat, GeoTIFF, STAC items, our own.

    Example: swath archive add downloads/ --archive archive

    Adding twice changes nothing. Exit code 3 if a product failed; the others are kept.

    Parameters
    ----------
    places
        Files, folders (every product in them) and web addresses of STAC items.
    time
        When it was taken, or START/END, for files that do not say: 2026-05-08T10:30:00Z.
    bands
        Names of a file's bands, with commas: blue,green,red,nir; or sentinel-2 for its 13.
    quantity
        What the values are: "toa reflectance", "surface reflectance", "sigma nought", ...
    platform
        The satellite or aircraft, for files that do not say.
    id
        Name of the item, for a single file.
    collection
        What it is found as, for a single file.
    scale
        Value = stored x scale + offset, for files that do not say.
    offset
        See --scale.
    nodata
        Stored value that means no data, for files that do not say.
    speckle
        Filter for Sentinel-1 counts.
    dem
        Heights for Sentinel-1 (GeoTIFF, metres above the ellipsoid).
    surface
        Take what the air adds off reflectance at the top of the atmosphere, by the darkest pixels.
    assets
        Of an item on the web only these, with commas.
    keep
        Folder in which fetched files stay, so that swath verify finds them.
    replace
        Put it in the place of an item of the same id that was made from other files.
    private
        Allow web addresses of this machine and of private networks.
    most_mb
        The largest file that is fetched.
    """
    from swath.archive.outside import Hints
    from swath.cli.orbits import now
    from swath.operate.archive import Adding, add_scenes

    if not places:
        raise InputError("nothing to add", where="swath archive add", fix="Name files, folders or addresses of items")
    said = Hints(
        id or "", collection or "", time or "", platform or "", _words(bands), quantity or "", scale, offset, nodata,
        speckle, surface, dem=dem,
    )  # fmt: skip
    limits = _limits(most_mb, private)
    how = Adding(archive, said, now(), again=replace, assets=_words(assets), keep=keep, limits=limits)
    with progress_bar("archive add") as progress:
        outcomes = add_scenes(places, how, progress=progress)
    _tell(archive, outcomes, json)
    return 3 if any(o.status == "failed" for o in outcomes) else 0


def _limits(most_mb: float, private: bool) -> Limits:
    from swath.sources.checked import Limits

    if not (math.isfinite(most_mb) and most_mb > 0):
        raise InputError(f"{most_mb:g} MB", where="--most-mb", fix="Give more than 0")
    return Limits(most_bytes=int(most_mb * 1e6), private=private)


def _tell(archive: Path, outcomes: Sequence[Outcome], json: bool) -> None:
    if json:
        print(text.dumps({"archive": archive.as_posix(), "outcomes": [o.to_json() for o in outcomes]}, indent=2))
    else:
        print("\n".join(_outcome_lines(outcomes)))


def _words(given: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (given or "").split(",") if word.strip())


def _outcome_lines(outcomes: Sequence[Outcome]) -> list[str]:
    lines = []
    for outcome in outcomes:
        if outcome.status == "failed":
            name = Path(outcome.source).name
            where = "" if name in outcome.because else f"{outcome.source}: "
            print(f"swath: {where}{outcome.because}", file=sys.stderr)
            continue
        lines.append(f"{outcome.status:<13} {outcome.collection}/{outcome.id}")
        for note in outcome.notes:
            lines += wrap(f"note: {note}", _WIDE, initial_indent=" " * 14, subsequent_indent=" " * 20)
    counts = {name: sum(o.status == name for o in outcomes) for name in ("added", "already there", "failed")}
    said = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    return [*lines, said]


@app.command
def search(
    *,
    archive: ArchiveOption = Path("archive"),
    place: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    box: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    start: str | None = None,
    stop: str | None = None,
    cloud: float | None = None,
    product: str | None = None,
    sensor: str | None = None,
    limit: int = 20,
    json: JsonOption = False,
) -> int:
    """Find scenes by place, time, cloud and product; the latest come first.

    Example: swath archive search --place 12.5,44.9 --start 2026-05-01T00:00:00Z --cloud 20

    Exit code 1 if there is none.

    Parameters
    ----------
    place
        LON,LAT that the scene shows.
    box
        WEST,SOUTH,EAST,NORTH that it touches; west beyond east goes across the antimeridian.
    start
        Taken at or after this time.
    stop
        Taken at or before this time.
    cloud
        At most so much of it cloud, in percent, by what the product says of itself.
    product
        The collection or its beginning: sentinel-2, landsat-c2-l2.
    sensor
        The satellite or its beginning: sentinel-2b, landsat.
    limit
        How many are listed at most (0: all).
    """
    from swath.store.shelf import Shelf

    found = Shelf(archive).search(_query(place, box, start, stop, cloud, product, sensor))
    if limit < 0:
        raise InputError(f"a limit of {limit}", where="--limit", fix="Give 0 for all, or more")
    shown = found[:limit] if limit else found
    if json:
        print(text.dumps({"found": len(found), "items": [one.to_json() for one in shown]}, indent=2))
    else:
        print("\n".join(_found_lines(shown, len(found))))
    return 0 if found else 1


def _query(
    place: str | None,
    box: str | None,
    start: str | None,
    stop: str | None,
    cloud: float | None,
    product: str | None,
    sensor: str | None,
) -> Any:
    from swath.store.shelf import Query
    from swath.time import parse_utc

    if place and box:
        raise InputError("both a place and a box", where="--box", fix="Give one of them")
    edges = _numbers(place, 2, "--place") * 2 if place else _numbers(box, 4, "--box") if box else None
    if edges and not (edges[1] <= edges[3] and all(abs(lat) <= 90 for lat in edges[1::2])):
        raise InputError("the south lies north of the north", where="--box", fix="Give WEST,SOUTH,EAST,NORTH")
    if cloud is not None and not 0.0 <= cloud <= 100.0:
        raise InputError(f"{cloud:g} percent of cloud", where="--cloud", fix="Give 0 to 100")
    return Query(
        box_deg=(edges[0], edges[1], edges[2], edges[3]) if edges else None,
        start=parse_utc(start, where="--start") if start else None,
        stop=parse_utc(stop, where="--stop") if stop else None,
        most_cloud_share=None if cloud is None else cloud / 100.0,
        collection=product,
        platform=sensor,
    )


def _numbers(given: str, count: int, where: str) -> list[float]:
    try:
        values = [float(word) for word in given.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(-180.0 <= value <= 180.0 for value in values):
        wanted = "LON,LAT" if count == 2 else "WEST,SOUTH,EAST,NORTH"
        raise InputError(f"{given!r} is no place", where=where, fix=f"Give {wanted} in degrees")
    return values


def _found_lines(shown: Sequence[Found], count: int) -> list[str]:
    if not shown:
        return ["no such scene in the archive"]
    lines = [f"{'TIME':<17} {'PRODUCT':<17} {'SATELLITE':<12} {'PIXEL m':>7} {'CLOUD %':>7} {'SEEN %':>6}"]
    for one in shown:
        cloud = "?" if one.cloud_share is None else f"{100 * one.cloud_share:.0f}"
        lines.append(
            f"{one.start[:16]}Z {one.collection[:17]:<17} {one.platform[:12]:<12} {one.gsd_m:7.3g} {cloud:>7} "
            f"{100 * one.valid_share:6.1f}"
        )
        lines.append(f"  {one.id[: _WIDE - 2]}")
    more = count - len(shown)
    return lines + ([f"and {more} more: --limit 0 lists them all"] if more else [])


@app.command
def show(
    item: str,
    /,
    *,
    archive: ArchiveOption = Path("archive"),
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Say all that is known of one scene: angles, bands, quality, what it was made of.

    Example: swath archive show T22MBA_20200518 --out look.png

    Parameters
    ----------
    item
        Its id, COLLECTION/ID, or a part of the id that no other has.
    out
        Write a picture (.png), a page (.html) or all of it (.json).
    """
    from swath.operate.archive import show_item, write_look

    if out is not None and out.suffix.lower() not in (".png", ".html", ".json"):
        raise InputError(f"cannot write {out.suffix or 'that'}", where=str(out), fix="End it with .png, .html or .json")
    shown = show_item(archive, item)
    if out is not None:
        from swath.store.folder import write_json, write_whole

        if out.suffix.lower() == ".png":
            write_look(shown, out)
        elif out.suffix.lower() == ".json":
            write_json(out, shown.to_json())
        else:
            write_whole(out, _page(shown, out))
        print(f"written: {out}", file=sys.stderr)
    if json:
        print(text.dumps(shown.to_json(), indent=2))
    elif out is None:
        print("\n".join(_item_lines(shown)))
    return 0


def _rows(shown: Shown) -> list[dict[str, Any]]:
    return [
        {
            "name": key if len(asset["bands"]) == 1 else band["name"],
            "asset": key,
            "band": band["name"],
            "quantity": band["description"],
            "pixel_m": asset["gsd"],
            **band.get("swath:quality", {}),
        }
        for key, asset in shown.item["assets"].items()
        for band in asset.get("bands", ())
    ]


def _item_lines(shown: Shown) -> list[str]:
    found, said = shown.found, shown.item["properties"]
    west, south, east, north = found.bbox
    lines = [
        found.id[:_WIDE],
        f"{'product':<14} {found.collection}, {found.platform}" + (", SIMULATED" if found.simulated else ""),
        f"{'taken':<14} {said['datetime']}",
        f"{'where':<14} {west:.4f} to {east:.4f} E, {south:.4f} to {north:.4f} N",
    ]
    lines += [f"{word:<14} {_plain(said[name])}" for name, word in _SAID.items() if name in said]
    lines += [
        f"{'made of':<14} {Path(s['path']).name[:64]}" for group in shown.lineage["inputs"].values() for s in group[:3]
    ]
    for note in said.get("swath:notes", ()):
        lines += wrap(note, _WIDE, initial_indent=f"{'note':<15}", subsequent_indent=" " * 15)
    head = f"{'BAND':<12} {'QUANTITY':<20} {'PIXEL m':>7} {'SEEN %':>6} {'MEAN':>8} {'SD':>8} {'NOISE':>7} {'BLUR':>5}"
    lines += ["", head]
    for row in _rows(shown):
        lines.append(
            f"{row['name'][:12]:<12} {row['quantity'][:20]:<20} {row['pixel_m']:7.3g} {100 * row['valid_share']:6.1f} "
            f"{_short(row.get('mean')):>8} {_short(row.get('sd')):>8} {_short(row.get('noise')):>7} "
            f"{_short(row.get('blur_px'), 2):>5}"
        )
    return lines


def _plain(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _short(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _page(shown: Shown, out: Path) -> str:
    from tempfile import TemporaryDirectory

    from swath.model import SIMULATED
    from swath.operate.archive import write_look
    from swath.report.page import answer_page

    columns = ["asset", "band", "quantity", "pixel_m", "valid_share", "saturated_share", "minimum", "maximum", "mean"]
    with TemporaryDirectory() as scratch:
        png = Path(scratch) / f"look_{SIMULATED}.png"
        said = write_look(shown, png)
        pictures = [(f"{shown.found.id}: {said}", png.read_bytes())]
    notes = {"warnings": list(shown.item["properties"].get("swath:notes", ()))}
    return answer_page(
        shown.found.id, _rows(shown), [*columns, "sd", "noise", "blur_px"], notes=notes, pictures=pictures
    )
