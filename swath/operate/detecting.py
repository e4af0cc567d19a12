"""From pictures in an archive to what changed at a place: each kind of change has its detector, all share one rate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from swath.model import Estimate, Place
from swath.operate.detecting_counts import count_objects
from swath.operate.detecting_pairs import compare_pairs
from swath.operate.kept_state import Kept, closed, opened
from swath.operate.place_looks import inside_mask, place_grid_of, place_look, read_looks
from swath.product.clouds import NOT_PICTURED, SEEN
from swath.store.shelf import Found as Item
from swath.time import parse_utc
from swath.watch.change import begin_watch, dismiss_series, look_on
from swath.watch.days import DAY_STATES, LookState
from swath.watch.noticing import Detected, Noticed, share_left
from swath.watch.pair_watch import dismiss_pair
from swath.watch.records import Alert, Trial, WatchedPlace
from swath.watch.series import ordinal_day
from swath.watch.state import Found, Look, PlaceState, Wish, series_key

__all__ = ["detect", "dismissed", "left_of"]

Mask = npt.NDArray[np.bool_]

_SERIES = ("cover", "radar")
_MOST_HIDDEN_SHARE = 0.3
_LIMITS = {
    "optical": "Clouds, shadows, haze and snow that a mask misses look like changes of the ground.",
    "radar": "Wet ground, wind on water and frost change a radar's picture without a change of the ground.",
}


def detect(
    place: WatchedPlace, scenes: Sequence[Item], new: Collection[str], state: bytes | None, *, rate_per_unit: float
) -> Detected:
    """The detector of ``swath watch run``: see :class:`swath.watch.noticing.Detector`.

    Each kind of change that the place asks for has an equal share of the rate. A camera's picture is laid over the
    first clear one of its kind before anything else.
    """
    kept = opened(state) if state is not None else Kept(place_grid_of(place.place, scenes))
    references = dict(kept.references)
    fresh, failed = read_looks([one for one in scenes if one.id in new], kept.grid, references)
    kept = replace(kept, references=references)
    share = rate_per_unit / len(place.look_for)
    changes: list[Noticed] = []
    states: list[LookState] = []
    asked = [kind for kind in _SERIES if kind in place.look_for]
    steps = [partial(_series, rate_per_unit=share * len(asked))] if asked else []
    steps += [partial(compare_pairs, rate_per_unit=share)] if "surface" in place.look_for else []
    steps += [
        partial(count_objects, kind=kind, rate_per_unit=share)
        for kind in ("ships", "objects")
        if kind in place.look_for
    ]
    for step in steps:
        kept, found, told = step(place, scenes, fresh, kept)
        changes += [one for one in found if one.kind in place.look_for]
        states += told
    return Detected(closed(kept), tuple(changes), (*_best(states, fresh), *failed))


def _series(
    place: WatchedPlace, scenes: Sequence[Item], fresh: Sequence[Look], kept: Kept, *, rate_per_unit: float
) -> tuple[Kept, list[Noticed], list[LookState]]:
    """Courses over years. Pictures of one sensor's kind are a series; one without a year of past says "not seen".

    Where a series has come of age, or a picture comes after a later one, the watch begins again from all pictures;
    else the state goes on.
    """
    before = kept.series
    if before is not None and _goes_on(before, fresh):
        now, parts = replace(before, wish=replace(before.wish, false_alarms_1000_km2_per_year=rate_per_unit)), []
        for look in fresh:
            now, part = look_on(now, look)
            parts.append(part)
    else:
        ids = {look.id for look in fresh}
        past, _ = read_looks([one for one in scenes if one.id not in ids], kept.grid, dict(kept.references))
        wish = Wish(false_alarms_1000_km2_per_year=rate_per_unit)
        now, part = begin_watch(kept.grid, inside_mask(place.place, kept.grid), [*past, *fresh], wish)
        parts = [part]
    looks = {look.id: look for look in fresh}
    changes = [one for part in parts for one in _noticed(part, looks, scenes)]
    return replace(kept, series=now), changes, _states(parts, looks)


def _goes_on(kept: PlaceState, looks: Sequence[Look]) -> bool:
    """Can each of them be added to what is kept, in order?"""
    return all(
        series_key(one) in kept.series and ordinal_day(one.at) >= kept.series[series_key(one)].last_day for one in looks
    )


def dismissed(state: bytes, alert: Alert) -> bytes:
    """What is kept of a place once a person says that an alert was none: its detector asks for more from then on."""
    told = alert.provenance
    if not {"score", "count"} & set(told):
        return state  # raised by another detector
    kept = opened(state)
    if "series" in told and kept.series is not None and str(told["series"]) in kept.series.series:
        series = dismiss_series(kept.series, str(told["series"]), float(told["score"]))
        return closed(replace(kept, series=series))
    if str(told.get("test")) in kept.pairs:
        test = str(told["test"])
        pairs = {**kept.pairs, test: dismiss_pair(kept.pairs[test], float(told["score"]))}
        return closed(replace(kept, pairs=pairs))
    if "count" in told:
        counts = {**kept.counts, alert.kind: (*kept.counts.get(alert.kind, ()), int(told["count"]))}
        return closed(replace(kept, counts=counts))
    return state


def _best(states: Sequence[LookState], fresh: Sequence[Look]) -> list[LookState]:
    """One state a new picture: of several the one that tells most."""
    best: dict[str, LookState] = {}
    for one in states:
        if one.scene not in best or DAY_STATES.index(one.state) < DAY_STATES.index(best[one.scene].state):
            best[one.scene] = one
    for look in fresh:
        why = "nothing that the place asks for is looked for in such a picture"
        best.setdefault(look.id, LookState(look.at, look.id, "not seen", why, look.simulated))
    return list(best.values())


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
    inside = inside_mask(Place(alert.id, *alert.lonlat, ring=alert.ring), grid)
    about = inside_mask(place, grid) & ~inside
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
    rows = [row for part in parts for row in part.states.rows() if str(row["look"]) in looks]
    return [
        LookState(
            row["at"], str(row["look"]), str(row["state"]), str(row["because"]), looks[str(row["look"])].simulated
        )
        for row in rows
    ]


def _noticed(part: Found, looks: Mapping[str, Look], scenes: Sequence[Item]) -> list[Noticed]:
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
                about={"series": str(row["series"]), "score": float(row["score_ratio"])},
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
