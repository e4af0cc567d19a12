"""A survey's folder: from files of an area, heights and zones to flights, tracks and a sheet to take along."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.raster_file import RasterFile, open_raster, read_window
from swath.errors import DataError, InputError
from swath.report.around_sheet import around_json, around_sheet
from swath.report.survey_sheet import survey_json, survey_sheet
from swath.sources.eop import packaged_eop
from swath.sources.field_files import read_fields
from swath.store.folder import write_json, write_whole
from swath.store.lineage import Recipe
from swath.survey.area import survey_area
from swath.survey.around import Around, AroundAsk, plan_around
from swath.survey.camera import Drone, catalogue, drone_of, find_drone
from swath.survey.daylight import sun_windows
from swath.survey.flight import Limits
from swath.survey.ground import Plane, Terrain, flat, plane_at, terrain_of
from swath.survey.plan import Ask, Survey, plan_survey
from swath.survey.qgc import plan_file
from swath.survey.qgc_around import around_plan
from swath.survey.spacing import Overlap
from swath.survey.tracks import around_kmz, gpx, kml, wpml_kmz
from swath.time import format_utc

__all__ = ["around_from", "make_survey", "plan_from", "survey_terrain"]

_AROUND_M = 300.0
_FINEST_M, _MOST_POSTS = 1.0, 4000


def make_survey(recipe: Recipe, out: Path, progress: Any) -> None:
    """Writes ``flight-1.plan`` and so on, ``survey.gpx``, ``.kml``, ``.json``, the sheet as PDF and PNG, and KMZ."""
    if recipe.parameters["pattern"] == "orbit":
        _write_around(recipe, out, progress)
        return
    progress("lines", 0.0)
    survey, sun = plan_from(recipe.inputs, recipe.parameters)
    name = str(recipe.parameters.get("title") or recipe.inputs["area"][0].stem)
    for number, flight in enumerate(survey.flights, 1):
        progress(f"flight {number}", 0.5)
        write_json(out / f"flight-{number}.plan", plan_file(survey, flight))
        if survey.ask.drone.wpml is not None:
            write_whole(out / f"flight-{number}.kmz", wpml_kmz(survey, flight))
    write_whole(out / "survey.gpx", gpx(survey, name))
    write_whole(out / "survey.kml", kml(survey, name))
    write_json(out / "survey.json", survey_json(survey, name, sun))
    for form in ("pdf", "png"):
        progress(f"sheet.{form}", 0.9)
        write_whole(out / f"sheet.{form}", survey_sheet(survey, name, sun, format_utc(recipe.made), form=form))


def _write_around(recipe: Recipe, out: Path, progress: Any) -> None:
    progress("rings", 0.0)
    around = around_from(recipe.inputs, recipe.parameters)
    name = str(recipe.parameters.get("title") or recipe.inputs["area"][0].stem)
    for number, flight in enumerate(around.flights, 1):
        write_json(out / f"flight-{number}.plan", around_plan(around, flight))
        if around.ask.drone.wpml is not None:
            write_whole(out / f"flight-{number}.kmz", around_kmz(around, flight))
    write_whole(out / "survey.gpx", gpx(around, name))
    write_whole(out / "survey.kml", kml(around, name))
    write_json(out / "survey.json", around_json(around, name))
    for form in ("pdf", "png"):
        progress(f"sheet.{form}", 0.8)
        write_whole(out / f"sheet.{form}", around_sheet(around, name, format_utc(recipe.made), form=form))


def around_from(inputs: Mapping[str, Sequence[Path]], parameters: Mapping[str, Any]) -> Around:
    """Photos round a structure, of the same files and numbers; ``structure_m`` is its height.

    Without a take-off point it is south of the structure, outside the rings.
    """
    shape = shapely.union_all(read_fields(inputs["area"][0]).shapes)
    plane = plane_at(shapely.get_coordinates(shape))
    footprint = shapely.transform(shapely.force_2d(shape), plane.to_m)
    if not parameters.get("structure_m"):
        raise InputError("how high is the structure?", where="--structure-m", fix="Give its height in metres")
    drone = _drone(inputs.get("camera", ()), str(parameters["camera"]))
    at = parameters.get("take_off")
    away = drone.camera.height_m(float(parameters["gsd_m"])) + 15.0
    south = (float(footprint.centroid.x), float(footprint.bounds[1]) - max(away, 25.0))
    start = south if at is None else tuple(map(float, plane.to_m([float(at[0]), float(at[1])])))
    terrain = survey_terrain(inputs["terrain"][0], plane, footprint.buffer(away)) if inputs.get("terrain") else flat()
    overlap = Overlap(float(parameters["front"]), float(parameters["side"]))
    return plan_around(
        AroundAsk(
            plane, footprint, float(parameters["structure_m"]), drone, float(parameters["gsd_m"]), overlap,
            (start[0], start[1]), terrain, _limits(parameters),
        )
    )  # fmt: skip


def plan_from(
    inputs: Mapping[str, Sequence[Path]], parameters: Mapping[str, Any]
) -> tuple[Survey, tuple[tuple[np.datetime64, np.datetime64], ...]]:
    """The survey that files and numbers ask for, and when the Sun is high enough on the day asked for.

    ``inputs``: "area" (one file), and where wanted "terrain", "camera", "keep_out", "fence". ``parameters``: those of
    ``swath survey``, by its options' names. :class:`InputError` for what is missing or makes no sense.
    """
    plane, middle, shape = _shapes(inputs["area"][0], parameters)
    zones = [s for path in inputs.get("keep_out", ()) for s in read_fields(path).shapes]
    fences = [shapely.union_all(read_fields(path).shapes) for path in inputs.get("fence", ())]
    at = parameters.get("take_off")
    where = survey_area(
        plane,
        shape,
        keep_out=zones,
        fence=fences[0] if fences else None,
        take_off_deg=None if at is None else (float(at[0]), float(at[1])),
        margin_m=float(parameters["margin_m"]),
    )
    ask = Ask(
        plane=plane,
        where=where,
        drone=_drone(inputs.get("camera", ()), str(parameters["camera"])),
        gsd_m=float(parameters["gsd_m"]),
        overlap=Overlap(float(parameters["front"]), float(parameters["side"])),
        terrain=survey_terrain(inputs["terrain"][0], plane, where.area) if inputs.get("terrain") else flat(),
        limits=_limits(parameters),
        pattern=str(parameters["pattern"]),
        direction_deg=parameters.get("direction_deg"),
        middle=middle,
        corridor_m=float(parameters.get("corridor_m") or 0.0),
    )
    return plan_survey(ask), _sun(plane, parameters)


def _shapes(path: Path, parameters: Mapping[str, Any]) -> tuple[Plane, Any | None, Any]:
    """The plane of the survey, the middle of a corridor in its metres, and the area in degrees."""
    if parameters["pattern"] != "corridor":
        shape = shapely.union_all(read_fields(path).shapes)
        return plane_at(shapely.get_coordinates(shape)), None, shape
    line = _line(path)
    plane = plane_at(shapely.get_coordinates(line))
    middle = shapely.transform(line, plane.to_m)
    strip = middle.buffer(float(parameters["corridor_m"]) / 2.0 + 0.5, cap_style="flat", join_style="mitre")
    return plane, middle, shapely.transform(strip, plane.to_deg)


def _sun(plane: Plane, parameters: Mapping[str, Any]) -> tuple[tuple[np.datetime64, np.datetime64], ...]:
    day = parameters.get("day")
    if day is None:
        return ()
    least_deg = float(parameters["sun_deg"])
    return sun_windows(plane.lon_deg, plane.lat_deg, np.datetime64(day, "D"), least_deg, packaged_eop())


def _limits(parameters: Mapping[str, Any]) -> Limits:
    return Limits(
        highest_m=float(parameters["limit_m"]),
        wind_m_s=float(parameters["wind_m_s"]),
        reserve_share=float(parameters["reserve"]),
        drones=int(parameters["drones"]),
    )


def _drone(files: Sequence[Path], name: str) -> Drone:
    if not files:
        return find_drone(name)
    try:
        return drone_of(tomllib.loads(files[0].read_text("utf-8")), str(files[0]))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"cannot read the camera: {error}",
            where=str(files[0]),
            fix=f"Give one of {', '.join(catalogue())}, or a TOML file like theirs",
        ) from error


def _line(path: Path) -> Any:
    """The LineString of a GeoJSON file, in degrees."""
    try:
        found: Any = json.loads(path.read_text("utf-8"))
        while isinstance(found, dict) and found.get("type") in ("FeatureCollection", "Feature"):
            found = found["features"][0] if found["type"] == "FeatureCollection" else found["geometry"]
        line = shapely.force_2d(shapely.geometry.shape(found))
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        raise InputError(f"is no GeoJSON with a line: {error}", where=str(path), fix="Give a LineString") from error
    if not isinstance(line, shapely.LineString) or line.is_empty:
        raise InputError("the middle of a corridor is a line", where=str(path), fix="Give a GeoJSON LineString")
    return line


def survey_terrain(path: Path, plane: Plane, area: Any) -> Terrain:
    """Heights around an area, out of a GeoTIFF in any CRS that PROJ knows, on a grid of the survey's plane.

    Its posts are as far apart as the file's pixels, 1 m at least. :class:`DataError` where the file does not cover
    the area and 300 m around it, or has holes there.
    """
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    raster = open_raster(path)
    left, bottom, right, top = area.buffer(_AROUND_M).bounds
    try:
        to_file = Transformer.from_crs("EPSG:4979", CRS.from_user_input(raster.crs).to_2d(), always_xy=True)
    except (ProjError, ValueError) as error:
        raise DataError(
            "the height grid does not say where it is", where=str(path), fix="Give one with a CRS"
        ) from error

    def pixels(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lonlat = plane.to_deg(xy)
        x, y, _ = to_file.transform(lonlat[..., 0], lonlat[..., 1], np.zeros(lonlat.shape[:-1]))
        a, b, c, d, e, f = raster.affine
        det = a * e - b * d
        column, row = (e * (x - c) - b * (y - f)) / det, (a * (y - f) - d * (x - c)) / det
        return np.stack([column - 0.5, row - 0.5], -1)

    middle = np.array([(left + right) / 2.0, (bottom + top) / 2.0])
    one = pixels(np.stack([middle, middle + np.array([1.0, 0.0]), middle + np.array([0.0, 1.0])]))
    step = max(1.0 / max(float(np.hypot(*(one[1] - one[0]))), float(np.hypot(*(one[2] - one[0]))), 1e-9), _FINEST_M)
    step = max(step, max(right - left, top - bottom) / _MOST_POSTS)
    x, y = np.arange(left, right + step, step), np.arange(bottom, top + step, step)
    at = pixels(np.stack(np.meshgrid(x, y), -1))
    return terrain_of(float(left), float(bottom), float(step), _heights(raster, at))


def _heights(raster: RasterFile, at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bilinear in the file's pixels; NaN outside and where it holds nothing."""
    low, high = np.floor(at.reshape(-1, 2).min(0)).astype(int), np.ceil(at.reshape(-1, 2).max(0)).astype(int) + 1
    first, last = np.maximum(low, 0), np.minimum(high + 1, [raster.width, raster.height])
    if (last - first < 2).any():
        raise DataError("the height grid does not cover the area", where=str(raster.path), fix="Give one that does")
    read = read_window(
        raster, int(first[1]), int(first[0]), int(last[1] - first[1]), int(last[0] - first[0]), bands=[0]
    )
    z = read[0].astype(np.float64)
    if raster.nodata is not None:
        z[read[0] == raster.nodata] = np.nan
    column, row = at[..., 0] - first[0], at[..., 1] - first[1]
    inside = (column >= 0) & (row >= 0) & (column <= z.shape[1] - 1) & (row <= z.shape[0] - 1)
    i, j = (np.clip(v.astype(int), 0, n - 2) for v, n in ((row, z.shape[0]), (column, z.shape[1])))
    u, v = column - j, row - i
    mixed = (z[i, j] * (1 - u) + z[i, j + 1] * u) * (1 - v) + (z[i + 1, j] * (1 - u) + z[i + 1, j + 1] * u) * v
    return np.where(inside, mixed, np.nan)
