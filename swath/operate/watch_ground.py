"""A drone over an alert: the area to fly, when to fly it, and what its orthophoto says of the alert."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from swath.archive.given import open_given
from swath.archive.grids import map_epsg, map_from_geodetic, map_to_geodetic
from swath.archive.looks import read_bands, read_values
from swath.archive.outside import Hints
from swath.errors import DataError
from swath.model import Grid
from swath.operate.alert_evidence import looks_next
from swath.operate.archive import Adding, add_scenes
from swath.report.alert_feed import page_name
from swath.store.folder import write_whole
from swath.store.shelf import Shelf
from swath.time import format_utc
from swath.watch.book import Book
from swath.watch.looks_ahead import able_to_see
from swath.watch.noticing import with_step
from swath.watch.records import Alert, Step, WatchFile
from swath.watch.validation import Held, hold_against

__all__ = ["alert_area", "flight_time", "validate_alert"]

_BESIDE_M = 30.0
_MOST_PX = 1200


def alert_area(alert: Alert, folder: Path) -> Path:
    """A GeoJSON file of what to fly over: the outline of an alert and 30 m about it."""
    epsg, ring = _metres(alert)
    around = shapely.Polygon(ring).buffer(_BESIDE_M, join_style="mitre").simplify(1.0)
    lon, lat = map_to_geodetic(epsg, *shapely.get_coordinates(around.exterior).T)
    corners = [[round(float(x), 7), round(float(y), 7)] for x, y in zip(lon, lat, strict=True)]
    about = {"name": alert.id, "alert": alert.id, "simulated": alert.simulated}
    feature = {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=1)
    return write_whole(folder / f"survey-{page_name(alert)}.geojson", text + "\n")


def flight_time(watch: WatchFile, alert: Alert, now: np.datetime64) -> str:
    """When to fly so that a satellite's picture of the same hour makes a pair; empty where nobody is known to look."""
    looks = looks_next(watch, alert.place, now)
    if looks is None:
        return ""
    good = looks.take(able_to_see(looks) & (looks.kind != "radar") & (looks.state != "not planned"))
    if not len(good):
        return ""
    planned = good.take(good.state == "planned")
    row = next((planned if len(planned) else good).rows())
    return f"{format_utc(row['time'])[:16].replace('T', ' ')}Z, with {row['satellite']} ({row['state']})"


def _metres(alert: Alert) -> tuple[int, np.ndarray]:
    lon, lat = np.array(alert.ring).T
    middle = alert.lonlat
    epsg = map_epsg(lon_deg=middle[0], lat_deg=middle[1])
    return epsg, np.column_stack(map_from_geodetic(epsg, lon_deg=lon, lat_deg=lat))


def validate_alert(
    watch: WatchFile,
    book: Book,
    alert: Alert,
    orthophoto: Path,
    at: np.datetime64,
    *,
    platform: str = "drone",
    bands: tuple[str, ...] = (),
) -> Held:
    """The orthophoto becomes a scene of the archive, the alert's outline is held against it, and the alert keeps both.

    :class:`DataError` where it does not go into the archive or does not show the change.
    """
    hints = Hints(time=format_utc(at), platform=platform, bands=bands, quantity="digital numbers")
    (added, *_) = add_scenes([str(orthophoto)], Adding(Path(watch.archive), hints, at))
    if added.status == "failed":
        raise DataError(f"does not go into the archive: {added.because}", where=str(orthophoto), fix="See archive add")
    epsg, ring = _metres(alert)
    outline = shapely.Polygon(ring)
    about = outline.buffer(max(float(np.sqrt(outline.area)), 30.0))
    grid, values = _seen(Shelf(Path(watch.archive)).get(added.id).path, about, epsg)
    x, y = np.meshgrid(*grid.centres_m())
    inside, near = (np.asarray(shapely.contains_xy(shape, x, y)) for shape in (outline, about))
    rim = float(np.sqrt(max((alert.area_m2.high or 0.0) - alert.area_m2.value, 1.0)))
    held = hold_against(
        values, inside, near, alert=alert.id, scene=added.id, stated_m2=alert.area_m2,
        pixel_m=grid.pixel_m, rim_m=min(rim, 10.0),
    )  # fmt: skip
    kept = {**alert.provenance, f"held against {added.id}": held.to_json()}
    told = f"{added.id}: {held.area_m2.value:,.0f} m2, overlap {held.overlap_share:.0%}"
    after = with_step(alert, Step("ground", at, told), at)
    book.keep(alerts=[replace(after, provenance=kept, answer=told)], who="swath", why="orthophoto")
    return held


def _seen(item: Path, about: Any, epsg: int) -> tuple[Grid, np.ndarray]:
    """What a picture shows of a shape in metres, ``(band, row, column)`` with NaN, 1200 pixels wide at most."""
    given = open_given(item)
    west, south, east, north = about.bounds
    pixel = max(east - west, north - south) / _MOST_PX
    grid = Grid(epsg, west, north, pixel, int(np.ceil((east - west) / pixel)), int(np.ceil((north - south) / pixel)))
    named = read_bands(given, grid, ("red", "green", "blue", "nir"))
    values = np.stack(list(named.values()) or [read_values(given, grid)]).astype(np.float64)
    values[:, (values == 0.0).all(0)] = np.nan
    return grid, values
