"""From what detectors find to alerts: one alert a change, the same one however often the same picture is looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import shapely

from swath.model import Estimate
from swath.watch.days import LookState
from swath.watch.records import Alert, Step, Trial, WatchedPlace, alert_id, revise

__all__ = ["Detected", "Detector", "Noticed", "alerts_of", "answered", "share_left", "with_step"]

Floats = npt.NDArray[np.float64]

_DEG_M = 111_195.0
_TOGETHER_M = 100.0
_STILL_SHARE = 0.5

Scene_contra = TypeVar("Scene_contra", contravariant=True)


@dataclass(frozen=True)
class Noticed:
    """A change that a detector found."""

    kind: str
    """of :data:`swath.watch.records.LOOK_FOR`"""
    headline: str
    before: np.datetime64
    after: np.datetime64
    scenes: tuple[str, str]
    """ids of the items before and after"""
    ring: tuple[tuple[float, float], ...]
    """outline, longitude first"""
    area_m2: Estimate
    tests: tuple[Trial, ...]
    limits: tuple[str, ...] = ()
    simulated: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)
    """what its detector needs to know again where somebody says that it was none; kept as provenance"""
    received: np.datetime64 | None = None
    """when the later picture was in the archive, where that is known"""


@dataclass(frozen=True)
class Detected:
    """What detectors made of some pictures of a place."""

    state: bytes
    changes: tuple[Noticed, ...]
    looks: tuple[LookState, ...]
    """one a picture"""


def share_left(before: Floats, after: Floats, now: Floats) -> float:
    """How much of a change is left? From how the ground differs from that around it, band by band.

    Of the way from ``before`` to ``after`` that ``now`` has gone, straight along it: 1 is all of it.
    """
    way = after - before
    length = float(way @ way)
    return float((now - before) @ way) / length if length > 0.0 else 0.0


class Detector(Protocol[Scene_contra]):
    """What looks for changes in a place's new pictures, given what it kept of the earlier ones."""

    def __call__(
        self,
        place: WatchedPlace,
        scenes: Sequence[Scene_contra],
        new: Collection[str],
        state: bytes | None,
        *,
        rate_per_unit: float,
    ) -> Detected:
        """``scenes`` are all of the place in the order of time, those with ids in ``new`` were not looked at yet;
        ``rate_per_unit`` false alarms per 1,000 km2 and year at most. Looks are told of for the new ones alone.
        """
        ...


def alerts_of(
    place: WatchedPlace,
    changes: Sequence[Noticed],
    known: Sequence[Alert],
    now: np.datetime64,
    *,
    rate_per_unit: float,
    provenance: Mapping[str, Any],
) -> list[Alert]:
    """New alerts of a place; a change that lies on an alert which is still open, of the same kind, is none."""
    found: list[Alert] = []
    for change in _joined(changes):
        others = [a for a in (*known, *found) if a.place == place.place.id and a.kind == change.kind]
        if any(a.status != "dismissed" and _overlap(a.ring, change.ring) for a in others):
            continue
        lon_deg, lat_deg = (float(np.mean([p[k] for p in change.ring])) for k in (0, 1))
        id = alert_id(place.place.id, change.kind, change.scenes[1], lon_deg, lat_deg)
        if any(a.id == id for a in others):
            continue  # the same change of the same picture, dismissed already
        steps = [Step("seen", change.after), Step("noticed", now)]
        steps += [Step("received", change.received)] if change.received is not None else []
        found.append(
            Alert(
                id=id, place=place.place.id, kind=change.kind, headline=change.headline, before=change.before,
                after=change.after, noticed=now, ring=change.ring, area_m2=change.area_m2, scenes=change.scenes,
                tests=change.tests, false_alarms_per_unit=rate_per_unit, limits=change.limits,
                simulated=change.simulated, steps=tuple(sorted(steps, key=lambda s: s.at)),
                provenance={**provenance, **change.about},
            )
        )  # fmt: skip
    return found


def _joined(changes: Sequence[Noticed]) -> list[Noticed]:
    """Pieces of one picture and kind no further apart than they are wide, or 100 m, are one change, told once."""
    groups: list[list[Noticed]] = []
    for change in sorted(changes, key=lambda one: (one.after, -one.area_m2.value)):
        same = (group for group in groups if (group[0].scenes[1], group[0].kind) == (change.scenes[1], change.kind))
        near = next((group for group in same if _apart_m(group[0].ring, change.ring) <= _reach_m(group)), None)
        if near is None:
            groups.append([change])
        else:
            near.append(change)
    return [_one(group) for group in groups]


def _one(group: Sequence[Noticed]) -> Noticed:
    """The largest piece with the hull and the area of all."""
    first = group[0]
    if len(group) == 1:
        return first
    hull = shapely.convex_hull(shapely.MultiPoint([point for one in group for point in one.ring]))
    ring = tuple((float(x), float(y)) for x, y in shapely.get_coordinates(hull.exterior)[:-1])
    sums = [sum(getattr(one.area_m2, name) or 0.0 for one in group) for name in ("value", "low", "high")]
    told = f"{len(group)} pieces, told as one; its numbers are those of the largest"
    return replace(first, ring=ring, area_m2=Estimate(sums[0], "m2", sums[1], sums[2]), limits=(*first.limits, told))


def _reach_m(group: Sequence[Noticed]) -> float:
    return max(float(np.sqrt(sum(one.area_m2.value for one in group))), _TOGETHER_M)


def _apart_m(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> float:
    lat = float(np.mean([point[1] for point in one]))
    east_m = _DEG_M * float(np.cos(np.radians(lat)))
    a, b = (shapely.Polygon([(x * east_m, y * _DEG_M) for x, y in ring]) for ring in (one, other))
    return float(a.distance(b))


def _overlap(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool:
    """Does half of the smaller lie on the larger?"""
    a, b = (shapely.make_valid(shapely.Polygon(ring)) for ring in (one, other))
    least = min(a.area, b.area)
    return bool(least > 0.0 and a.intersection(b).area > 0.5 * least)


def with_step(alert: Alert, step: Step, at: np.datetime64) -> Alert:
    """The alert with one more step; the same name again replaces it."""
    steps = tuple(one for one in alert.steps if one.name != step.name)
    return revise(alert, at, steps=(*steps, step))


def answered(
    alert: Alert, looks: Sequence[LookState], now: np.datetime64, *, left_share: Callable[[str], float | None]
) -> Alert | None:
    """The alert with the answer of a picture that was taken for it, or ``None`` where there is none yet.

    ``looks``: of pictures since the order. ``left_share`` says how much of the change a picture of an id still shows
    (1: all of it, 0: as before; ``None``: it shows too little of the place). The first that tells decides.
    """
    ordered = alert.step("ordered")
    if ordered is None or alert.step("answered") is not None:
        return None
    later = sorted((one for one in looks if one.at > ordered.at), key=lambda one: one.at)
    told = ((one, left_share(one.scene)) for one in later)
    seen, share = next(((one, share) for one, share in told if share is not None), (None, None))
    if seen is None or share is None:
        return None
    word = "still there" if share >= _STILL_SHARE else "no longer there"
    at = np.datetime_as_string(seen.at, "m")
    words = f"{word} at {at}Z: {min(max(share, 0.0), 9.99):.0%} of the change in {seen.scene}"
    return with_step(replace(alert, answer=words), Step("answered", now, words), now)
