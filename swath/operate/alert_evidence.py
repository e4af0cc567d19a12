"""An alert's evidence page out of an archive: finds the pictures, cuts them, and asks who looks next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.chip import ChipImage, chips_of
from swath.errors import SwathError
from swath.operate.looking import look_ahead
from swath.report.alert_page import Chip, alert_page
from swath.store.shelf import INDEX, Found, Query, Shelf
from swath.time import parse_utc, seconds
from swath.watch.book import Book
from swath.watch.looks_ahead import LooksAhead
from swath.watch.pairs import PictureLook, best_before
from swath.watch.records import Alert, WatchFile

__all__ = ["evidence_page", "look_of", "looks_next", "looks_of"]

_EARLIER_DAYS = 400.0
_AHEAD_DAYS = 14.0


def evidence_page(
    watch: WatchFile,
    book: Book,
    alert: Alert,
    *,
    looks: LooksAhead | None = None,
    post_to: str | None = "",
    name: str = "",
) -> str:
    """The page of an alert; without pictures where they are no longer there. ``name`` is that of the watch file."""
    before, after = _pictures(watch, alert)
    return alert_page(
        alert, watch.place(alert.place).place, before, after,
        verdicts=book.verdicts(alert.place), looks=looks, post_to=post_to, watch_file=name or "watch.toml",
    )  # fmt: skip


def looks_next(watch: WatchFile, place: str, now: np.datetime64) -> LooksAhead | None:
    """Who looks at a place in the next fortnight, by the elements that the watch file names; None without any."""
    if not watch.elements:
        return None
    return looks_of(watch, place, now, now + seconds(_AHEAD_DAYS * 86400.0))[0]


def looks_of(watch: WatchFile, place: str, start: np.datetime64, stop: np.datetime64) -> tuple[LooksAhead, list[str]]:
    """Who looks at a place from ``start`` to ``stop``, by the elements, plans and forecast that the watch file names,
    and by what its archive holds; and what there is to know of it.
    """
    return look_ahead(
        watch.place(place).place, start, stop,
        elements=watch.elements, plans=[Path(one) for one in watch.plans],
        archive=Path(watch.archive) if (Path(watch.archive) / INDEX).exists() else None,
        forecast=Path(watch.forecast) if watch.forecast else None,
    )  # fmt: skip


def _pictures(watch: WatchFile, alert: Alert) -> tuple[Chip | None, Chip | None]:
    shelf = Shelf(Path(watch.archive))
    try:
        after = shelf.get(alert.scenes[1])
    except SwathError:  # it was taken out, or the whole archive is elsewhere
        return None, None
    earlier = _earlier(shelf, alert)
    looks = {one.path: look_of(one) for one in (after, *earlier)}
    chosen = best_before(looks[after.path], [looks[one.path] for one in earlier])
    before = next((one for one in earlier if chosen is not None and looks[one.path] == chosen), None)
    shown = [one for one in (before, after) if one is not None]
    try:
        images = chips_of([one.path for one in shown], alert.ring)
    except SwathError:
        shown, images = [after], _alone(after, alert)
    found = [_chip(image, looks[one.path], one) for one, image in zip(shown, images, strict=True)]
    return (found[0] if len(found) == 2 else None), (found[-1] if found else None)


def _alone(after: Found, alert: Alert) -> list[ChipImage]:
    try:
        return chips_of([after.path], alert.ring)
    except SwathError:
        return []


def _earlier(shelf: Shelf, alert: Alert) -> list[Found]:
    """The scene the alert was compared with, and all others of the spot up to it that hold all of the outline."""
    lon, lat = np.array(alert.ring).T
    box = float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
    start = alert.before - seconds(_EARLIER_DAYS * 86400.0)
    found = shelf.search(Query(box_deg=box, start=start, stop=alert.before + seconds(1.0)))
    return [one for one in found if one.valid_share > 0.5]


def look_of(found: Found) -> PictureLook:
    """How an item was taken, as far as it says."""
    try:
        properties = json.loads(found.path.read_text("utf-8"))["properties"]
    except (OSError, ValueError, KeyError):
        properties = {}
    radar = any(key.startswith("sar:") for key in properties) or "sentinel-1" in found.platform.lower()
    return PictureLook(
        found.id,
        parse_utc(found.start) + (parse_utc(found.stop) - parse_utc(found.start)) // 2,
        "radar" if radar else "optical",
        _number(properties, "view:incidence_angle", "view:off_nadir"),
        _number(properties, "view:azimuth"),
        _number(properties, "view:sun_elevation"),
        _number(properties, "view:sun_azimuth"),
    )


def _number(properties: Mapping[str, Any], *names: str) -> float:
    values: Sequence[Any] = [properties[name] for name in names if isinstance(properties.get(name), int | float)]
    return float(values[0]) if values else np.nan


def _chip(image: ChipImage, look: PictureLook, found: Found) -> Chip:
    side_m = image.grid.pixel_m * image.grid.width
    name = f"{found.platform or 'unknown satellite'}, {image.colours}"
    return Chip(image.png, look, name, side_m, side_m, image.outline, image.gsd_m, image.simulated)
