"""What is asked for, what is it worth? Offers, views, stereo, quotas, bundles and values, worked out anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.plan.judge.case import Case, Row, Violation, told
from swath.plan.judge.shares import beyond, judge_shares
from swath.plan.judge.view import ANGLE_DEG, convergences_deg, faults_of_view
from swath.plan.problem import BEYOND_SHARE, Bundle, quality, worth
from swath.time import seconds

__all__ = [
    "judge_allowed",
    "judge_answers",
    "judge_bundles",
    "judge_offers",
    "judge_stereo",
    "judge_values",
    "judge_views",
]

Floats = npt.NDArray[np.float64]


def judge_offers(case: Case) -> Iterator[Violation]:
    """The look is one of the opportunities' passes, with their forecast, by a satellite that may take it."""
    offers, fixed = case.problem.opportunities, set(case.problem.frozen.id.tolist())
    for row in case.looks:
        request, satellite = case.requests[str(row["request"])], case.satellites[str(row["satellite"])]
        if request.satellites and satellite.id not in request.satellites:
            yield Violation("satellite", str(row["id"]), f"only {', '.join(request.satellites)} may take it")
        if request.sensor not in ("any", satellite.sensor):
            yield Violation("satellite", str(row["id"]), f"{satellite.sensor}, asked is {request.sensor}")
        if row["p_clear"] < request.min_p_clear - 1e-9:
            yield Violation("cloud", str(row["id"]), f"P(clear) {row['p_clear']:.3f}, at least {request.min_p_clear:g}")
        if row["id"] in fixed:
            continue
        same = np.flatnonzero((offers.request == row["request"]) & (offers.satellite == row["satellite"]))
        away = np.abs(offers.middle[same] - row["middle"])
        if not len(same) or away.min() > seconds(60.0):
            because = f"no opportunity of {row['request']} near {told(row['middle'])}"
            yield Violation("offered", str(row["id"]), because)
        elif abs(offers.p_clear[same[np.argmin(away)]] - row["p_clear"]) > 0.01:
            because = f"P(clear) {row['p_clear']:.3f}, the forecast says {offers.p_clear[same[np.argmin(away)]]:.3f}"
            yield Violation("forecast", str(row["id"]), because)


def judge_views(case: Case) -> Iterator[Violation]:
    """What the camera sees."""
    for row in case.looks:
        if row["start"] < row["middle"] < row["stop"]:
            satellite, request = case.satellites[str(row["satellite"])], case.requests[str(row["request"])]
            for rule, because in faults_of_view(row, satellite, request, case.ephemerides[satellite.id], case.eop):
                yield Violation(rule, str(row["id"]), because)


def _pictures(case: Case) -> dict[str, list[dict[str, Any]]]:
    """The looks of each request that has any, in order of time."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(case.looks, key=lambda row: row["start"]):
        found.setdefault(str(row["request"]), []).append(row)
    return found


def judge_stereo(case: Case) -> Iterator[Violation]:
    """All looks of a stereo picture in one pass of one satellite, as far apart in angle as asked."""
    for id, rows in _pictures(case).items():
        request = case.requests[id]
        if len(rows) < request.looks:
            yield Violation("stereo", id, f"{len(rows)} of {request.looks} looks are planned")
        if len(rows) != request.looks or request.looks == 1:
            continue
        satellites = {str(row["satellite"]) for row in rows}
        span_s = (rows[-1]["stop"] - rows[0]["start"]) / np.timedelta64(1, "s")
        if len(satellites) > 1 or span_s > 1200.0:
            yield Violation("stereo", id, f"its looks are by {', '.join(sorted(satellites))} within {span_s:.0f} s")
            continue
        angle_deg = convergences_deg(rows, request.place, case.ephemerides[satellites.pop()])
        low_deg, high_deg = request.convergence_deg
        if angle_deg.min() < low_deg - ANGLE_DEG or angle_deg.max() > high_deg + ANGLE_DEG:
            words = " and ".join(f"{angle:.2f}" for angle in angle_deg)
            yield Violation("stereo", id, f"converges by {words} deg, asked is {low_deg:g} to {high_deg:g}")


def judge_allowed(case: Case) -> Iterator[Violation]:
    """Owners' quotas, and requests that keep away from each other."""
    taken = _pictures(case)
    for owner in case.problem.owners:
        theirs = [row for id, rows in taken.items() if case.requests[id].owner == owner.id for row in rows]
        image_s = sum((row["stop"] - row["start"]) / np.timedelta64(1, "ns") * 1e-9 for row in theirs)
        if len(theirs) > owner.max_pictures or image_s > owner.max_image_s + 0.002:
            allowed = f"{owner.max_pictures:g} and {owner.max_image_s:g} s are allowed"
            yield Violation("quota", owner.id, f"{len(theirs)} pictures, {image_s:.1f} s; {allowed}")
    members = {bundle.id: bundle.requests for bundle in case.problem.bundles}
    for id, rows in taken.items():
        for other, apart_s in case.requests[id].apart:
            for near in (row for name in members.get(other, (other,)) if name != id for row in taken.get(name, ())):
                away_s = min(abs((row["start"] - near["start"]) / np.timedelta64(1, "ns") * 1e-9) for row in rows)
                if away_s < apart_s - 0.002:
                    yield Violation("apart", id, f"{away_s:.1f} s from {near['id']}, at least {apart_s:g} s are asked")


def _inside(bundle: Bundle, case: Case, id: str) -> set[int]:
    """Which points of an area lie in a request's place, on the map."""
    ring = np.array(case.requests[id].place.ring, np.float64)
    points = np.array(bundle.points, np.float64)
    middle = ring[0, 0]
    ring[:, 0], points[:, 0] = ((x - middle + 180.0) % 360.0 - 180.0 for x in (ring[:, 0], points[:, 0]))
    shape = shapely.Polygon(ring).buffer(1e-4)  # 10 m: the edges of strips are not straight on the map
    return {int(n) for n in np.flatnonzero(shapely.contains_xy(shape, points))}


def judge_bundles(case: Case) -> Iterator[Violation]:
    """No more pictures of a bundle than asked, and each covers the points that it is credited with."""
    taken = _pictures(case)
    for bundle in case.problem.bundles:
        have = [id for id in bundle.requests if id in taken]
        if 0 < bundle.most < len(have):
            yield Violation("most", bundle.id, f"{len(have)} pictures, {bundle.most} are asked")
        for id, cells in zip(bundle.requests, bundle.cells, strict=True):
            if bundle.points and id in have and (strange := set(cells) - _inside(bundle, case, id)):
                words = f"credited with {len(cells)} points, {len(strange)} of them lie outside"
                yield Violation("cells", id, words)


def _left(case: Case, id: str, on_ground: np.datetime64) -> float:
    """What is left of a value when the picture is on the ground."""
    request = case.requests[id]
    waited_s = max((on_ground - request.ordered) / np.timedelta64(1, "ns") * 1e-9, 0.0)
    return float(2.0 ** (-waited_s / request.halves_s))


def _quality(case: Case, row: Row) -> float:
    good_gsd_m = case.requests[str(row["request"])].good_gsd_m
    by_radar = case.satellites[str(row["satellite"])].radar is not None
    return float(quality(0.0 if by_radar else row["off_nadir_deg"], row["gsd_m"], good_gsd_m))


def _share(case: Case, id: str, rows: list[dict[str, Any]]) -> float:
    """What of its worth a request's picture gives."""
    mean = sum(_quality(case, row) for row in rows) / len(rows)
    return mean * float(min(row["p_clear"] for row in rows)) * _left(case, id, max(row["on_ground"] for row in rows))


def _earned(case: Case, bundle: Bundle, shares: dict[str, float]) -> float:
    """What a bundle is worth: cell by cell, then along the lines of its gain."""
    missed = [1.0] * bundle.count
    for id, cells in zip(bundle.requests, bundle.cells, strict=True):
        for cell in set(cells):
            missed[cell] *= 1.0 - shares.get(id, 0.0)
    covered = 1.0 - sum(missed) / bundle.count
    slopes = ((b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(bundle.gain, bundle.gain[1:], strict=False))
    lines = [a[1] + slope * (covered - a[0]) for a, slope in zip(bundle.gain, slopes, strict=False)]
    return float(bundle.value * min(lines))


def judge_values(case: Case) -> Iterator[Violation]:
    """Each look's value, what of it counts, their sum by the rules, and the bound."""
    for row in case.looks:
        id = str(row["request"])
        value = worth(case.requests[id]) * _quality(case, row) * row["p_clear"] * _left(case, id, row["on_ground"])
        if abs(value - row["value"]) > 1e-6 * max(1.0, value):
            yield Violation("look_value", str(row["id"]), f"worth {value:.6f}, stated {row['value']:.6f}")
    taken, of = _pictures(case), {id: bundle for bundle in case.problem.bundles for id in bundle.requests}
    shares = {id: _share(case, id, rows) for id, rows in taken.items()}
    alone = {
        id: _earned(case, of[id], {id: share}) if id in of else worth(case.requests[id]) * share
        for id, share in shares.items()
    }
    part = beyond(case, alone)
    yield from judge_shares(case, part)
    shares = {id: share * (1.0 - (1.0 - BEYOND_SHARE) * part.get(id, 0.0)) for id, share in shares.items()}
    total = sum(worth(case.requests[id]) * share for id, share in shares.items() if id not in of)
    total += sum(_earned(case, bundle, shares) for bundle in case.problem.bundles)
    for row in case.contacts:
        minutes = (row["stop"] - row["start"]) / np.timedelta64(1, "ns") * 1e-9 / 60.0
        total -= case.stations[str(row["station"])].cost_per_min * minutes
    if abs(total - case.plan.value) > 1e-6 * max(1.0, abs(total)):
        yield Violation("plan_value", "plan", f"the pictures are worth {total:.6f}, stated {case.plan.value:.6f}")
    if case.plan.bound < total - 1e-6 * max(1.0, abs(total)):
        yield Violation("bound", "plan", f"worth {total:.6f}, said to be at most {case.plan.bound:.6f}")


def judge_answers(case: Case) -> Iterator[Violation]:
    """Every request or bundle of requests is planned or refused."""
    of_bundle = {id: bundle.id for bundle in case.problem.bundles for id in bundle.requests}
    planned = {of_bundle.get(str(row["request"]), str(row["request"])) for row in case.looks}
    asked = {of_bundle.get(id, id) for id in case.requests} | {bundle.id for bundle in case.problem.bundles}
    refused = [refusal.request for refusal in case.plan.refused]
    for id in sorted(asked - planned - set(refused)):
        yield Violation("unanswered", id, "neither planned nor refused")
    for refusal in case.plan.refused:
        if refusal.request not in asked or refusal.request in planned:
            yield Violation("refusal", refusal.request, "is planned, or nobody asked for it")
        if not refusal.reason.strip() or not refusal.because.strip():
            yield Violation("refusal", refusal.request, "has no reason")
    for id, count in Counter(refused).items():
        if count > 1:
            yield Violation("refusal", id, "refused more than once")
