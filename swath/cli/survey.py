"""``swath survey``: which lines does a drone fly over a place, and how many batteries does it take?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.progress import progress_bar
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.store.lineage import Recipe

__all__ = ["survey"]

_LENGTH = re.compile(r"^\s*([0-9.]+)\s*(mm|cm|m)?\s*$")
_TO_M = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}


def survey(
    area: str,
    /,
    *,
    camera: str = "mavic3e",
    gsd: str = "2cm",
    overlap: tuple[float, float] = (0.8, 0.7),
    terrain: Path | None = None,
    pattern: str = "lines",
    corridor_m: float | None = None,
    structure_m: float | None = None,
    direction_deg: float | None = None,
    keep_out: Path | None = None,
    fence: Path | None = None,
    margin_m: float = 0.0,
    take_off: tuple[float, float] | None = None,
    limit_m: float = 120.0,
    wind_m_s: float = 5.0,
    reserve: float = 0.25,
    drones: int = 1,
    day: str | None = None,
    sun: float = 30.0,
    title: str = "",
    watch: Path = Path("watch.toml"),
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Survey an area with a drone: lines, heights over the terrain, batteries, and the proof that photos overlap.

    Example: swath survey examples/survey/field.geojson --camera mavic3e --gsd 2cm --out out/survey

    With --out a folder is written: a QGroundControl .plan for each flight, GPX, KML, DJI's KMZ where the drone reads
    it, the sheet to take along as PDF and PNG, and survey.json. swath verify makes it again.

    Parameters
    ----------
    area
        Polygons: GeoJSON, GeoPackage, Shapefile, KML or CSV; for a corridor a LineString; or an alert of --watch.
    watch
        Watch file that knows the alert.
    camera
        Name of a drone with its camera (mavic3e, phantom4pro), or a TOML file.
    gsd
        Size of a pixel on the ground: 2cm, 15mm, 0.02m.
    overlap
        Shares of a photo that the next one ahead, and the line beside, show too.
    terrain
        GeoTIFF with heights above sea level; without it the ground is level.
    pattern
        lines, crosshatch, corridor along the line of AREA, or orbit: photos from all sides of the structure in AREA.
    corridor_m
        Width of the corridor.
    structure_m
        How high the structure of an orbit is.
    direction_deg
        Of the lines, clockwise from north; without it the best is taken.
    keep_out
        Polygons that are not flown over.
    fence
        Polygon that is not left, on the way to the lines neither.
    margin_m
        Distance kept from keep-out zones and the fence.
    take_off
        Longitude and latitude; without it a corner of the area.
    limit_m
        Largest height above the ground.
    wind_m_s
        Wind to plan for.
    reserve
        Share of each battery that is not planned for.
    drones
        How many share the area.
    day
        Date of the flight, 2026-06-01: says when the Sun is high enough.
    sun
        Least elevation of the Sun on that day, degrees.
    title
        On the sheet; without it the name of the file.
    out
        Folder to write.
    json
        Print JSON instead of text.
    """
    asked = locals()
    path, told = _area(area, watch)
    recipe = _recipe({**asked, "area": path})
    if told and not json:
        print(f"{'Fly at':<9} {told}")
    return _answer(recipe, title or path.stem, out, json)


def _area(area: str, watch: Path) -> tuple[Path, str]:
    """The file of an area, and for an alert when to fly."""
    path = Path(area)
    if path.suffix or path.exists() or not watch.is_file():
        return path, ""
    from swath.cli.orbits import now
    from swath.cli.watch_places import book_of
    from swath.operate.watch_ground import alert_area, flight_time
    from swath.operate.watching import find_alert, read_watch

    database, book = book_of(watch)
    try:
        alert = find_alert(book, area)
    finally:
        database.close()
    return alert_area(alert, watch.parent), flight_time(read_watch(watch), alert, now().astype("datetime64[ns]"))


def _answer(recipe: Recipe, title: str, out: Path | None, as_json: bool) -> int:
    import json

    from swath.operate.survey import around_from, plan_from
    from swath.report.around_sheet import around_facts, around_json
    from swath.report.survey_sheet import survey_facts, survey_json
    from swath.store.lineage import make

    with progress_bar("survey") as progress:
        if recipe.parameters["pattern"] == "orbit":
            around = around_from(recipe.inputs, recipe.parameters)
            plain, facts, because = around_json(around, title), around_facts(around), around.because
        else:
            planned, windows = plan_from(recipe.inputs, recipe.parameters)
            plain, facts = survey_json(planned, title, windows), survey_facts(planned, windows)
            because = planned.because
        if out is not None:
            make(recipe, out, progress=progress)
    if as_json:
        print(json.dumps(plain, indent=2))
    else:
        print("\n".join(f"{name:<9} {value}" for name, value in facts))
        print("\n".join(f"{'':<9} {line}" for line in because))
        if out is not None:
            print(f"\nWritten to {out}")
    return 0


def _recipe(asked: dict[str, Any]) -> Recipe:
    """What the options ask for, as the maker of surveys takes it."""
    import numpy as np

    from swath.store.lineage import Recipe

    own = Path(asked["camera"])
    files = {
        "area": (asked["area"],),
        "camera": (own,) if own.suffix == ".toml" else (),
        **{name: () if asked[name] is None else (asked[name],) for name in ("terrain", "keep_out", "fence")},
    }
    if asked["pattern"] == "corridor" and not asked["corridor_m"]:
        raise InputError("how wide is the corridor?", where="--corridor-m", fix="Give its width in metres")
    kept = (
        "camera",
        "pattern",
        "corridor_m",
        "structure_m",
        "direction_deg",
        "margin_m",
        "limit_m",
        "wind_m_s",
        "reserve",
        "drones",
    )
    parameters = {
        **{name: asked[name] for name in (*kept, "title")},
        "gsd_m": _length_m(asked["gsd"]),
        "front": asked["overlap"][0],
        "side": asked["overlap"][1],
        "take_off": None if asked["take_off"] is None else list(asked["take_off"]),
        "day": None if asked["day"] is None else _day(asked["day"]),
        "sun_deg": asked["sun"],
    }
    return Recipe("survey", files, parameters, 0, np.datetime64("now", "ns"))


def _length_m(text: str) -> float:
    found = _LENGTH.match(text)
    try:
        return float(found[1]) * _TO_M[found[2] or "m"]  # type: ignore[index]
    except (TypeError, ValueError) as error:
        raise InputError(f"{text!r} is no length", where="--gsd", fix="Write 2cm, 15mm or 0.02m") from error


def _day(text: str) -> str:
    import numpy as np

    try:
        return str(np.datetime64(text, "D"))
    except ValueError as error:
        raise InputError(f"{text!r} is no date", where="--day", fix="Write 2026-06-01") from error
