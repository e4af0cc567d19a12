"""Which kind of job is done by what?"""

from __future__ import annotations

from collections.abc import Mapping

from swath.operate.loop.arriving import take_elements, take_forecast, take_results, take_scene
from swath.operate.loop.checking import CHECK, check_claims
from swath.operate.loop.following import follow_orders
from swath.operate.loop.replanning import plan_again
from swath.operate.loop.supposing import WHAT_IF, suppose
from swath.operate.loop.watchful import deliver_alerts, watch_places
from swath.operate.loop.work import Duty

__all__ = ["DUTIES"]

DUTIES: Mapping[str, Duty] = {
    "scene": take_scene,
    "elements": take_elements,
    "forecast": take_forecast,
    "results": take_results,
    "plan": plan_again,
    "follow": follow_orders,
    "watch": watch_places,
    "deliver": deliver_alerts,
    WHAT_IF: suppose,
    CHECK: check_claims,
}
