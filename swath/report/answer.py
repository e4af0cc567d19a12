"""answer.json: what a program reads. Every number has an interval or says why it has none."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from swath.fly.outcomes import furthest_apart
from swath.model import Estimate, Product, Scene
from swath.report.facts import Counts, counts, displaced, refused_groups, verdict
from swath.report.flown import FlownDay, outcome_counts, waits
from swath.report.outcome import Outcome, Urgent
from swath.time import elapsed_s, format_utc

__all__ = ["ANSWER_VERSION", "answer", "answer_json"]

ANSWER_VERSION = "1"
_COUNTED = "counted, not estimated"
_MODELLED = "exact for this run; planning and processing times are modelled, see assumptions"
_GEOMETRY = "computed from the geometry of the look; not measured in the picture"

Json = dict[str, Any]


def answer_json(outcome: Outcome) -> str:
    """The text of ``answer.json``; schema: docs/reference/schemas/answer.schema.json."""
    return json.dumps(answer(outcome), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def answer(outcome: Outcome) -> Json:
    """The answer, how it came about and how far to trust it, as plain JSON values.

    Every number is ``{value, unit, interval, ...}`` with an interval or with ``because``; a value that is not finite is
    ``null``. Times are ISO 8601 with ``Z``, ``null`` for what did not happen.
    """
    found = verdict(outcome)
    return {
        "schema_version": ANSWER_VERSION,
        "simulated": outcome.simulated,
        "notice": outcome.banner,
        "title": outcome.title,
        "period": {"start": _time(outcome.start), "stop": _time(outcome.stop)},
        "answer": {"status": found.status, "text": found.headline, "because": found.because},
        "urgent": [_urgent(outcome, story) for story in outcome.urgent],
        "products": [_product(product) for product in outcome.products],
        "plan": _plan(outcome),
        "delivery": _delivery(outcome),
        "flight": None if outcome.flight is None else _flight(outcome.flight),
        "truth": [
            {
                "name": c.name,
                "estimate": _quantity(c.estimate),
                "truth": _truth(c.truth, c.estimate.unit),
                "inside": c.inside,
            }
            for c in outcome.truth
        ],
        "checks": [
            {"name": c.name, "ok": c.ok, "summary": c.summary, "details": list(c.details)} for c in outcome.checks
        ],
        "assumptions": list(outcome.assumptions),
        "warnings": list(outcome.warnings),
        "provenance": _provenance(outcome),
    }


def _exact(value: float, unit: str, because: str) -> Json:
    return _quantity(Estimate(value, unit, because=because))


def _quantity(estimate: Estimate) -> Json:
    """``Estimate.to_json`` with unknown numbers as ``null``, which JSON can hold."""
    entry = estimate.to_json()
    if not math.isfinite(estimate.value):
        entry["value"] = None
        entry.setdefault("because", "unknown")
    if entry["interval"] is not None and not all(map(math.isfinite, entry["interval"])):
        entry["interval"] = None
        entry.pop("confidence", None)
        entry.setdefault("because", "the interval is unbounded")
    return entry


def _truth(value: float, unit: str) -> Json:
    return _exact(value, unit, "the simulated truth, known exactly")


def _time(at: np.datetime64 | None) -> str | None:
    return None if at is None or np.isnat(at) else format_utc(at, decimals=3)


def _elapsed(start: np.datetime64, stop: np.datetime64 | None) -> Json | None:
    return None if stop is None else _exact(float(elapsed_s(start, stop)), "s", _MODELLED)


def _urgent(outcome: Outcome, story: Urgent) -> Json:
    scene = outcome.scene(story.acquisition) if story.acquisition else None
    product = outcome.product("flood", story.request)
    return {
        "request": story.request,
        "ordered": _time(story.ordered),
        "accepted": _time(story.accepted),
        "imaged": _time(story.imaged),
        "on_ground": _time(story.on_ground),
        "mapped": _time(story.mapped),
        "because": story.because,
        "order_to_map": _elapsed(story.ordered, story.mapped),
        "earliest_possible": {
            "mapped": _time(story.earliest_mapped),
            "order_to_map": _elapsed(story.ordered, story.earliest_mapped),
            "look": story.earliest_look,
        },
        "looks_offered": _exact(story.looks_offered, "looks", _COUNTED),
        "acquisition": story.acquisition or None,
        "station": story.station or None,
        "received": _exact(story.received_bit, "bit", _COUNTED),
        "frames_sent": _exact(story.frames_sent, "frames", _COUNTED),
        "frames_sent_again": _exact(story.frames_resent, "frames", _COUNTED),
        "scene": None if scene is None else _scene(scene),
        "product": None if product is None else product.id,
    }


def _scene(scene: Scene) -> Json:
    return {
        "id": scene.id,
        "satellite": scene.satellite,
        "start": _time(scene.start),
        "stop": _time(scene.stop),
        "ground_sample_distance": _exact(scene.gsd_m, "m", _GEOMETRY),
        "off_nadir": _exact(scene.off_nadir_deg, "deg", _GEOMETRY),
        "sun_elevation": _exact(scene.sun_elevation_deg, "deg", _GEOMETRY),
        "position_error_ce90": _quantity(scene.ce90_m),
        "missing": _exact(100.0 * scene.missing_fraction, "%", _COUNTED),
    }


def _product(product: Product) -> Json:
    return {
        "id": product.id,
        "kind": product.kind,
        "request": product.request,
        "scenes": list(product.scenes),
        "simulated": product.simulated,
        "because": product.because,
        "estimates": {name: _quantity(product.estimates[name]) for name in sorted(product.estimates)},
        "layers": sorted(product.layers),
        "rows": _exact(len(product.rows), "rows", _COUNTED),
    }


def _plan(outcome: Outcome) -> Json:
    plan, found = outcome.plan, counts(outcome)
    defined = "a sum over the planned looks, defined rather than measured"
    return {
        "solver": plan.solver,
        "made": _time(plan.made),
        **_counted(found),
        "value": _exact(plan.value, "value", defined),
        "bound": _exact(plan.bound, "value", plan.bound_because or "no plan can be worth more"),
        "gap": _exact(100.0 * plan.gap, "%", "(bound - value) / bound; the best plan lies between the two"),
        "value_before_urgent": _exact(outcome.first_plan.value, "value", defined),
        "lost_to_urgent": list(displaced(outcome)),
        "refused_by_reason": [
            {"reason": g.reason, "text": g.words, "orders": _exact(len(g.refusals), "orders", _COUNTED)}
            for g in refused_groups(outcome)
        ],
    }


def _counted(found: Counts) -> Json:
    return {
        "orders": _exact(found.ordered, "orders", _COUNTED),
        "planned": _exact(found.planned, "orders", _COUNTED),
        "imaged": _exact(found.imaged, "orders", _COUNTED),
        "delivered": _exact(found.delivered, "orders", _COUNTED),
        "refused": _exact(found.refused, "orders", _COUNTED),
    }


def _delivery(outcome: Outcome) -> Json:
    links = outcome.links
    ratio = outcome.flight.compression_ratio if outcome.flight else None
    return {
        "contacts": _exact(len(outcome.plan.contacts), "contacts", _COUNTED),
        "frames_sent": _exact(int(links.frames_sent.sum()), "frames", _COUNTED),
        "frames_lost": _exact(int(links.frames_lost.sum()), "frames", _COUNTED),
        "frames_sent_again": _exact(int(links.frames_resent.sum()), "frames", _COUNTED),
        "requests": _exact(int(links.requests.sum()), "requests", _COUNTED),
        "received": _exact(float(links.received_bit.sum()), "bit", _COUNTED),
    } | ({} if ratio is None else {"compression": _exact(ratio, "1", _COUNTED)})


def _flight(day: FlownDay) -> Json:
    apart = furthest_apart(day.foreseen, day.telemetry)
    worst = {name: max((one[name] for one in apart.values()), default=0.0) for name in ("battery_wh", "memory_bit")}
    return {
        "pictures": {name: _exact(n, "pictures", _COUNTED) for name, n in outcome_counts(day.outcomes).items()},
        "waits": [
            {
                "until": wait.stage,
                "orders": _exact(wait.orders, "orders", _COUNTED),
                "median": _exact(wait.median_s, "s", _MODELLED),
                "nine_in_ten": _exact(wait.p90_s, "s", _MODELLED),
            }
            for wait in waits(day.times)
        ],
        "commands_acknowledged": _exact(int(day.commands.acknowledged.sum()), "commands", _COUNTED),
        "battery_furthest_from_plan": _exact(worst["battery_wh"], "Wh", _MODELLED),
        "memory_furthest_from_plan": _exact(worst["memory_bit"], "bit", _MODELLED),
    }


def _provenance(outcome: Outcome) -> Json:
    return {
        "command": outcome.command,
        "seed": _exact(outcome.seed, "", "chosen by the user"),
        "versions": {name: outcome.versions[name] for name in sorted(outcome.versions)},
        "inputs": [{"name": i.name, "sha256": i.sha256, "source": i.source} for i in outcome.inputs],
        "satellites": [
            {"id": s.id, "elements_of": s.elements.name, "epoch": _time(s.elements.epoch), "source": s.elements.source}
            for s in outcome.satellites
        ],
        "files": list(outcome.files),
    }
