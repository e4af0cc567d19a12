"""What does a run amount to? The facts that the summary, answer.json and the report all state, worked out once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from swath.model import Estimate, Product, Refusal, Request, Scene
from swath.report.outcome import Outcome, Urgent
from swath.report.words import count, interval, listed, number, percent, quantity, size, span_between, spoken

__all__ = [
    "FLOODED",
    "UNSEEN",
    "Counts",
    "RefusedGroup",
    "Step",
    "Verdict",
    "acquisition_row",
    "counts",
    "displaced",
    "extent",
    "first_map_text",
    "reason_words",
    "refused_groups",
    "refused_text",
    "rows_of_orders",
    "steps",
    "verdict",
]

FLOODED, UNSEEN = "flooded_km2", "unseen_km2"
"""names of the estimates of a flood product"""

_LOST = "lost_to"
"""a refusal for ``lost_to:a,b`` lost its place to the orders a and b"""

_REASONS = {
    "no_access": "no pass within reach",
    "too_wide": "too wide for the camera",
    "no_daylight": "no daylight look",
    "memory": "memory full",
    "battery": "battery too low",
    "station": "antenna taken",
    "too_late": "too late to come down",
    "commanding": "too late to command",
    "too_cloudy": "too cloudy",
    "too_coarse": "pixels too coarse",
    "wrong_side": "on the other side of the track",
    "too_steep": "too steep or too flat for a radar",
    "no_stereo": "no stereo pair in one pass",
    "duty": "camera used to its limit",
    "heat": "camera too warm",
    "quota": "owner's quota used up",
    "apart": "too near to another order",
    "cost": "not worth its contact",
    "stopped": "planning was stopped",
    _LOST: "lost to orders worth more",
}


@dataclass(frozen=True)
class Verdict:
    """The answer to the first urgent order, or how far it came."""

    status: str
    """``mapped``, ``nothing_seen``, ``not_planned``, ``not_imaged``, ``not_delivered``, ``not_mapped``, ``routine``"""
    headline: str
    """one line"""
    because: str
    flooded: Estimate | None = None
    unseen: Estimate | None = None


@dataclass(frozen=True)
class Step:
    """One moment of an urgent order's story; ``at`` is ``None`` where it did not happen."""

    name: str
    at: np.datetime64 | None
    text: str
    wait: str
    """what the time since the step before was spent on"""


@dataclass(frozen=True)
class RefusedGroup:
    """Orders refused for one reason."""

    reason: str
    words: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Counts:
    """How many orders came how far."""

    ordered: int
    planned: int
    imaged: int
    delivered: int
    refused: int


def counts(outcome: Outcome) -> Counts:
    """How many orders were placed, planned, pictured (with all their pictures), brought down and refused?"""
    taken = set(outcome.flown.acquisition[outcome.flown.status != "skipped"].tolist())
    down = {scene.acquisition for scene in outcome.delivered}
    planned = [outcome.plan.acquisitions.id[rows].tolist() for rows in rows_of_orders(outcome).values()]
    return Counts(
        ordered=len(outcome.orders),
        planned=len(planned),
        imaged=sum(taken.issuperset(ids) for ids in planned),
        delivered=sum(down.issuperset(ids) for ids in planned),
        refused=len(outcome.plan.refused),
    )


def rows_of_orders(outcome: Outcome) -> dict[str, list[int]]:
    """Rows of ``plan.acquisitions`` by the order that they serve; orders without any are left out."""
    served = {part: order.request.id for order in outcome.orders for part in order.parts}
    rows: dict[str, list[int]] = {}
    for row, request in enumerate(outcome.plan.acquisitions.request.tolist()):
        rows.setdefault(served[request], []).append(row)
    return rows


def displaced(outcome: Outcome) -> tuple[str, ...]:
    """Which orders were in the first plan but not in the final one?"""
    return tuple(
        str(r) for r in np.setdiff1d(outcome.first_plan.acquisitions.request, outcome.plan.acquisitions.request)
    )


def reason_words(reason: str) -> str:
    """A reason code in words; unknown codes are shown as they are, without their underscores."""
    code, _, rest = reason.partition(":")
    if code == _LOST and rest:
        return f"lost to {listed(rest.split(','), most=3)}"
    if "+" in code:
        return " and ".join(reason_words(part) for part in code.split("+"))
    return _REASONS.get(code, reason.replace("_", " ").strip() or "no reason given")


def refused_groups(outcome: Outcome) -> tuple[RefusedGroup, ...]:
    """Refused orders by reason, the most frequent first; those that lost to an urgent order under its name."""
    urgent = {story.request for story in outcome.urgent}
    found: dict[str, list[Refusal]] = {}
    for refusal in sorted(outcome.plan.refused, key=lambda r: r.request):
        code, _, rest = refusal.reason.partition(":")
        winners = [id for id in rest.split(",") if id in urgent]
        group = refusal.reason if code != _LOST else f"{_LOST}:{','.join(winners)}" if winners else _LOST
        found.setdefault(group, []).append(refusal)
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(RefusedGroup(reason, reason_words(reason), tuple(group)) for reason, group in ordered)


def extent(request: Request) -> str:
    """How large the ordered place is: ``20 x 15 km``."""
    if not request.place.ring:
        return f"{number(request.extent_m / 1000, 1)} km square"
    lon, lat = np.array(request.place.ring).T
    width = np.radians(np.ptp(lon)) * 6371.0 * math.cos(math.radians(request.place.lat_deg))
    return f"{width:.0f} x {np.radians(np.ptp(lat)) * 6371.0:.0f} km"


def acquisition_row(outcome: Outcome, acquisition: str) -> int | None:
    """The row of ``plan.acquisitions`` with that id."""
    rows = np.flatnonzero(outcome.plan.acquisitions.id == acquisition)
    return int(rows[0]) if len(rows) else None


def verdict(outcome: Outcome) -> Verdict:
    """The answer in one line, and how far the first urgent order came."""
    if not outcome.urgent:
        found = counts(outcome)
        return Verdict(
            "routine",
            f"{found.delivered} of {count(found.ordered, 'order')} pictured and delivered",
            "there was no urgent order",
        )
    story = outcome.urgent[0]
    stage = _missing_stage(story)
    if stage is not None:
        status, headline = stage
        return Verdict(status, f"the order {story.request} {headline}", story.because)
    product = outcome.product("flood", story.request)
    if product is None:
        return Verdict("mapped", f"{story.request} was pictured and delivered", "no flood map was asked of it")
    return _flood_verdict(product)


def _missing_stage(story: Urgent) -> tuple[str, str] | None:
    if not story.acquisition:
        return "not_planned", "could not be planned"
    if story.imaged is None:
        return "not_imaged", "was planned but not pictured"
    if story.on_ground is None:
        return "not_delivered", "was pictured but did not come down"
    if story.mapped is None:
        return "not_mapped", "came down but was not mapped"
    return None


def _flood_verdict(product: Product) -> Verdict:
    flooded, unseen = product.estimates.get(FLOODED), product.estimates.get(UNSEEN)
    if flooded is None or not math.isfinite(flooded.value) or _nothing_seen(product):
        return Verdict("nothing_seen", "the place was pictured but nothing of it could be seen", product.because)
    doubt = interval(flooded)
    headline = f"{quantity(flooded, doubt=False)} flooded" + (f" ({doubt})" if doubt else "")
    return Verdict("mapped", headline, product.because, flooded, unseen)


def _nothing_seen(product: Product) -> bool:
    seen = product.estimates.get("seen_share")
    return seen is not None and seen.value <= 0.0


def steps(outcome: Outcome, story: Urgent) -> tuple[Step, ...]:
    """The story of an urgent order: ordered, accepted, imaged, on ground, mapped."""
    request = outcome.request(story.request)
    row = acquisition_row(outcome, story.acquisition)
    scene = outcome.scene(story.acquisition) if story.acquisition else None
    where = f", urgent, {extent(request)}" if request else ", urgent"
    return (
        Step("order", story.ordered, f"{story.request}{where}", ""),
        Step("accepted", story.accepted if story.acquisition else None, _offer_text(outcome, story, row), "planning"),
        Step("imaged", story.imaged, _image_text(outcome, row, scene), "flying to the place"),
        Step("on ground", story.on_ground, _ground_text(story), "carried on board, then sent down"),
        Step("mapped", story.mapped, _map_text(outcome, story, scene), "processing on the ground"),
    )


def _offer_text(outcome: Outcome, story: Urgent, row: int | None) -> str:
    if row is None:
        return f"{count(story.looks_offered, 'look')} offered, none taken"
    acquisitions = outcome.plan.acquisitions
    return (
        f"{count(story.looks_offered, 'look')} offered, took {acquisitions.satellite[row]}, "
        f"off-nadir {acquisitions.off_nadir_deg[row]:.0f} deg, P(clear) {acquisitions.p_clear[row]:.2f}"
    )


def _image_text(outcome: Outcome, row: int | None, scene: Scene | None) -> str:
    if row is None:
        return ""
    acquisitions = outcome.plan.acquisitions
    gsd, sun = acquisitions.gsd_m[row], acquisitions.sun_elevation_deg[row]
    if scene is not None:
        gsd, sun = scene.gsd_m, scene.sun_elevation_deg
    return f"{acquisitions.satellite[row]}, {gsd:.1f} m GSD, sun {sun:.0f} deg"


def _ground_text(story: Urgent) -> str:
    again = percent(story.frames_resent / story.frames_sent) if story.frames_sent else "0 %"
    return f"{spoken(story.station)}, {size(story.received_bit)}, {again} of frames sent again"


def _map_text(outcome: Outcome, story: Urgent, scene: Scene | None) -> str:
    product = outcome.product("flood", story.request)
    layer = ", likelihood layer attached" if product is not None and "likelihood" in product.layers else ""
    if scene is None:
        return layer.removeprefix(", ")
    doubt = interval(scene.ce90_m).split(",")[0]
    return f"CE90 {quantity(scene.ce90_m, doubt=False)}{f' ({doubt})' if doubt else ''}{layer}"


def first_map_text(story: Urgent) -> str:
    """How soon the map was there, and how soon it could have been at best."""
    best = span_between(story.ordered, story.earliest_mapped)
    if story.mapped is None:
        return f"no map; earliest possible {best} after the order" if best != "-" else "no map"
    took = f"first map {span_between(story.ordered, story.mapped)} after the order"
    return took if best == "-" else f"{took}; earliest possible {best}"


def refused_text(outcome: Outcome) -> str:
    """Refused orders by reason in one phrase: ``14: 9 no daylight look, 3 memory full``."""
    groups = refused_groups(outcome)
    if not groups:
        return "none"
    return f"{len(outcome.plan.refused)}: " + listed((f"{len(g.refusals)} {g.words}" for g in groups), most=6)
