"""From pictures in an archive to what they show of a place: read onto one grid, masked, and handed to the detectors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.field_looks import find_looks, unseen_mask
from swath.archive.grids import map_epsg, map_from_geodetic
from swath.archive.looks import open_given, read_bands, read_radar
from swath.errors import DataError, InputError, SwathError
from swath.model import Estimate, Grid, Place
from swath.operate.alert_evidence import look_of
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN
from swath.store.shelf import Found as Item
from swath.time import parse_utc
from swath.watch.change import begin_watch, look_on
from swath.watch.days import DAY_STATES, LookState
from swath.watch.noticing import Detected, Noticed, share_left
from swath.watch.records import Alert, Trial, WatchedPlace
from swath.watch.series import ordinal_day
from swath.watch.state import Found, Look, PlaceState, Wish, from_arrays, series_key, to_arrays

__all__ = ["detect", "left_of", "place_grid_of", "place_look"]

Mask = npt.NDArray[np.bool_]

_BANDS = ("blue", "green", "red", "nir")
_RADAR = ("vv", "vh", "hh", "hv")
_MOST_PIXELS = 1_000_000
_MOST_HIDDEN_SHARE = 0.3
_LIMITS = {
    "optical": "Clouds, shadows, haze and snow that a mask misses look like changes of the ground.",
    "radar": "Wet ground, wind on water and frost change a radar's picture without a change of the ground.",
}


def detect(
    place: WatchedPlace, scenes: Sequence[Item], new: Collection[str], state: bytes | None, *, rate_per_unit: float
) -> Detected:
    """The detector of ``swath watch run``: see :class:`swath.watch.noticing.Detector`.

    Pictures of one sensor's kind are a series; one without a year of past says "not seen". Where a series has come of
    age, or a picture comes after a later one, the watch begins again from all pictures; else the state goes on.
    """
    kept = _opened(state)
    grid = kept.grid if kept is not None else place_grid_of(place.place, scenes)
    fresh, failed = _read([one for one in scenes if one.id in new], grid, place)
    if kept is not None and _goes_on(kept, fresh):
        now, parts = replace(kept, wish=replace(kept.wish, false_alarms_1000_km2_per_year=rate_per_unit)), []
        for look in fresh:
            now, part = look_on(now, look)
            parts.append(part)
    else:
        past, _ = _read([one for one in scenes if one.id not in new], grid, place)
        wish = Wish(false_alarms_1000_km2_per_year=rate_per_unit)
        now, part = begin_watch(grid, _inside_mask(place.place, grid), [*past, *fresh], wish)
        parts = [part]
    looks = {look.id: look for look in fresh}
    changes = [one for part in parts for one in _noticed(part, looks, scenes, rate_per_unit)]
    wanted = tuple(one for one in changes if one.kind in place.look_for)
    return Detected(_closed(now), wanted, (*_states(parts, looks), *failed))


def _goes_on(kept: PlaceState, looks: Sequence[Look]) -> bool:
    """Can each of them be added to what is kept, in order?"""
    return all(
        series_key(one) in kept.series and ordinal_day(one.at) >= kept.series[series_key(one)].last_day for one in looks
    )


def place_grid_of(place: Place, scenes: Sequence[Item]) -> Grid:
    """The grid a place is watched on: the finest pixels that half of its pictures have, at most a million of them."""
    points = np.array([point for polygon in place.polygons for point in polygon[0]])
    lon = np.degrees(np.unwrap(np.radians(points[:, 0])))
    epsg = map_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    east, north = map_from_geodetic(epsg, lon_deg=lon, lat_deg=points[:, 1])
    pixel = float(np.median([one.gsd_m for one in scenes]))
    pixel = max(pixel, float(np.sqrt(np.ptp(east) * np.ptp(north) / _MOST_PIXELS)))
    pixel = float(f"{pixel:.2g}")
    west, top = np.floor(east.min() / pixel) * pixel, np.ceil(north.max() / pixel) * pixel
    width, height = np.ceil((east.max() - west) / pixel), np.ceil((top - north.min()) / pixel)
    return Grid(epsg, float(west), float(top), pixel, max(int(width), 1), max(int(height), 1))


def _inside_mask(place: Place, grid: Grid) -> Mask:
    """Which pixels of a grid have their middle in a place; the nearest one where it is smaller than a pixel."""
    shapes = []
    for outer, *holes in place.polygons:
        rings = [np.column_stack(map_from_geodetic(grid.epsg, lon_deg=r[:, 0], lat_deg=r[:, 1]))
                 for r in (np.array(ring) for ring in (outer, *holes))]  # fmt: skip
        shapes.append(shapely.Polygon(rings[0], rings[1:]))
    whole = shapely.union_all(shapes)
    east, north = grid.centres_m()
    x, y = np.meshgrid(east, north)
    inside = np.asarray(shapely.contains_xy(whole, x, y), np.bool_)
    if not inside.any():
        at = whole.representative_point()
        inside[np.unravel_index(int(np.argmin(np.hypot(x - at.x, y - at.y))), grid.shape)] = True
    return inside


def _read(scenes: Sequence[Item], grid: Grid, place: WatchedPlace) -> tuple[list[Look], list[LookState]]:
    """Looks in order of time; a picture that cannot be read is not seen, with why."""
    looks: list[Look] = []
    failed: list[LookState] = []
    for scene in scenes:
        try:
            looks.append(place_look(scene, grid))
        except SwathError as error:
            at = parse_utc(scene.start)
            failed.append(LookState(at, scene.id, "not seen", str(error)[:300], scene.simulated))
    return sorted(looks, key=lambda one: (one.at, one.id)), failed


def place_look(scene: Item, grid: Grid) -> Look:
    """A picture of the archive on a place's grid: reflectance x 10000 or decibels, and what cannot be seen.

    Clouds and shadows as the picture's own mask says, else by the rules of ``product.clouds``. Raises
    :class:`DataError` where it has neither two bands that are known nor a polarisation.
    """
    given, seen = open_given(scene.path), look_of(scene)
    bands = tuple(name for name in _BANDS if name in given.bands)
    if len(bands) >= 2:
        read = read_bands(given, grid, bands)
        factor = 1e4 if given.scale_ratio != 1.0 or given.raster.dtype.kind == "f" else 1.0
        values = np.stack([read[name] * np.float32(factor) for name in bands])
        values[:, (values <= 0.0).all(0)] = np.nan
        sensor, hidden = "optical", _clouds(scene, grid)
    elif set(given.bands) & set(_RADAR):
        radar = read_radar(given, grid)
        bands = tuple(name for name in _RADAR if name in radar.db)
        values, sensor = np.stack([radar.db[name] for name in bands]), "radar"
        hidden = np.zeros(grid.shape, np.bool_)
    else:
        raise DataError("no two bands of a camera and no polarisation are named", where=scene.id, fix="Name its bands")
    unseen = np.full(grid.shape, SEEN, np.uint8)
    unseen[hidden] = CLOUD
    unseen[~np.isfinite(values).all(0)] = NOT_PICTURED
    view = seen.incidence_deg if np.isfinite(seen.incidence_deg) else 0.0
    azimuth = seen.azimuth_deg if np.isfinite(seen.azimuth_deg) else 0.0
    return Look(
        scene.id,
        seen.at,
        sensor,
        bands,
        values.astype(np.float32),
        unseen,
        float(view),
        float(azimuth),
        given.simulated,
    )


def _clouds(scene: Item, grid: Grid) -> Mask:
    """The picture's mask on the place's grid, the nearest pixel of it."""
    try:
        (look,), _ = find_looks([scene.path])
        mask, _ = unseen_mask(look)
    except (DataError, InputError, ValueError):
        return np.zeros(grid.shape, np.bool_)
    east, north = grid.centres_m()
    if look.grid.epsg != grid.epsg:
        from swath.archive.grids import map_to_geodetic

        x, y = np.meshgrid(east, north)
        lon, lat = map_to_geodetic(grid.epsg, x, y)
        x, y = map_from_geodetic(look.grid.epsg, lon_deg=lon, lat_deg=lat)
    else:
        x, y = np.meshgrid(east, north)
    column = np.floor((x - look.grid.west_m) / look.grid.pixel_m).astype(np.int64)
    row = np.floor((look.grid.north_m - y) / look.grid.pixel_m).astype(np.int64)
    good = (row >= 0) & (column >= 0) & (row < look.grid.height) & (column < look.grid.width)
    hidden = np.zeros(grid.shape, np.bool_)
    hidden[good] = mask[row[good], column[good]]
    return hidden


def left_of(alert: Alert, place: Place, scenes: Sequence[Item], id: str) -> float | None:
    """How much of an alert's change does a picture still show? ``None`` where that cannot be told.

    The change's ground against what lies about it, in the pictures before and after the change and in this one: haze
    and the light of the day fall out. See :func:`swath.watch.noticing.share_left`. Masks take burnt or bare ground for
    shadow or cloud: where one hides the change in this picture and hardly anything about it, and the ground under it
    looks as the change did, it is the change.
    """
    of = {one.id: one for one in scenes}
    if not {*alert.scenes, id} <= set(of):
        return None
    grid = place_grid_of(place, [of[alert.scenes[1]]])
    inside = _inside_mask(Place(alert.id, *alert.lonlat, ring=alert.ring), grid)
    about = _inside_mask(place, grid) & ~inside
    looks = [place_look(of[one], grid) for one in (*alert.scenes, id)]
    if len({look.bands for look in looks}) != 1:
        return None
    hidden = [float((look.unseen[inside] != SEEN).mean()) for look in looks]
    around = float((looks[-1].unseen[about] != SEEN).mean()) if about.any() else 1.0
    if around > _MOST_HIDDEN_SHARE:
        return None
    before, after, now = (_stands_out(look, inside, about) for look in looks)
    if not np.isfinite([before, after, now]).all():
        return None
    share = share_left(before, after, now)
    way = after - before
    aside = float(np.linalg.norm(now - before - share * way)) / max(float(np.linalg.norm(way)), 1e-9)
    masked = hidden[-1] > 0.5
    return None if masked and (share < 0.5 or aside > 0.5) else share


def _stands_out(look: Look, inside: Mask, about: Mask) -> npt.NDArray[np.float64]:
    """By how much the ground inside differs from that around it, band by band; not a number without ground."""
    ground = about & (look.unseen == SEEN)
    pictured = inside & (look.unseen != NOT_PICTURED)
    if not ground.any() or pictured.sum() < 0.5 * inside.sum():
        return np.full(len(look.bands), np.nan)
    return np.asarray(look.values[:, pictured].mean(1) - np.median(look.values[:, ground], axis=1), np.float64)


def _states(parts: Sequence[Found], looks: Mapping[str, Look]) -> list[LookState]:
    """One state a new picture: of several series it is in, the one that tells most."""
    best: dict[str, LookState] = {}
    for part in parts:
        for row in part.states.rows():
            id, state = str(row["look"]), str(row["state"])
            if id not in looks:
                continue
            one = LookState(row["at"], id, state, str(row["because"]), looks[id].simulated)
            if id not in best or DAY_STATES.index(state) < DAY_STATES.index(best[id].state):
                best[id] = one
    return list(best.values())


def _noticed(part: Found, looks: Mapping[str, Look], scenes: Sequence[Item], rate_per_unit: float) -> list[Noticed]:
    found = []
    for row, outlines in zip(part.changes.rows(), part.outlines, strict=True):
        look = looks.get(str(row["look"]))
        if look is None or not outlines:
            continue
        ring = max(outlines, key=lambda one: abs(shapely.Polygon(one).area))
        before = _scene_of(scenes, row["last_same"], look)
        size = Estimate(float(row["size_m2"]), "m2", float(row["size_low_m2"]), float(row["size_high_m2"]))
        found.append(
            Noticed(
                kind="radar" if look.sensor == "radar" else "cover",
                headline=_headline(row, look),
                before=row["last_same"],
                after=row["detected"],
                scenes=(before, look.id),
                ring=ring[:-1] if ring[0] == ring[-1] else ring,
                area_m2=size,
                tests=_tests(row, look),
                limits=(_LIMITS[look.sensor], str(row["because"])),
                simulated=look.simulated,
            )
        )
    return found


def _headline(row: Mapping[str, object], look: Look) -> str:
    size, change = float(row["size_m2"]), float(row["change_ratio"])  # type: ignore[arg-type]
    area = f"{size / 1e4:.2g} ha" if size >= 5000.0 else f"{size:,.0f} m2"
    if look.sensor == "radar":
        return f"{area} changed, {str(row['band']).upper()} by {change:+.1f} dB"
    return f"{area} changed, {row['band']} reflectance by {change / 1e4:+.3f}"


def _tests(row: Mapping[str, object], look: Look) -> tuple[Trial, ...]:
    score, bound, looks = (float(row[name]) for name in ("score_ratio", "threshold_ratio", "looks"))  # type: ignore[arg-type]
    chance, unit = float(row["chance"]), "dB" if look.sensor == "radar" else "reflectance x 10000"  # type: ignore[arg-type]
    low, high = float(row["change_low_ratio"]), float(row["change_high_ratio"])  # type: ignore[arg-type]
    change = float(row["change_ratio"])  # type: ignore[arg-type]
    beyond = low > 0.0 or high < 0.0
    return (
        Trial("off its own past", score, bound, "deviations", score >= bound, "the weakest of the looks in a row"),
        Trial("looks in a row", looks, looks, "looks", True, "each of them shows it"),
        Trial(
            f"change in {row['band']}", change, 0.0, unit, beyond, f"{low:+.4g} to {high:+.4g} with 90 %"
        ),
        Trial(
            "chance of one like it", chance, 1.0, "a year", chance < 0.5, "in this place, if nothing happened there"
        ),
    )  # fmt: skip


def _scene_of(scenes: Sequence[Item], day: np.datetime64, look: Look) -> str:
    """The picture of a day, or the last one up to it."""
    ends = day.astype("datetime64[D]") + 1
    earlier = [one for one in scenes if parse_utc(one.start) < ends and one.id != look.id]
    return earlier[-1].id if earlier else look.id


def _closed(state: PlaceState) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **to_arrays(state))
    return content.getvalue()


def _opened(content: bytes | None) -> PlaceState | None:
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return from_arrays(dict(arrays))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"what was kept is damaged: {error}", where="watch state", fix="Begin it again") from error
