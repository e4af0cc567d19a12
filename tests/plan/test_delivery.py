"""The first contact that is long enough brings a picture down, and none before it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from swath.access.passes import Passes
from swath.model import Opportunities, Station
from swath.plan.delivery import first_delivery

_START = np.datetime64("2026-05-08T00:00:00", "ns")


def at(minutes: float) -> np.datetime64:
    return _START + np.timedelta64(int(minutes * 60e9), "ns")


def looks(stop_min: list[float], data_bit: list[float]) -> Opportunities:
    count = len(stop_min)
    values: dict[str, object] = {field.name: np.zeros(count) for field in fields(Opportunities)}
    values |= {name: np.full(count, at(0)) for name in ("start", "middle")}
    values |= {"stop": np.array([at(m) for m in stop_min]), "data_bit": np.array(data_bit)}
    values |= {"request": np.full(count, "r"), "satellite": np.full(count, "S"), "window": np.zeros(count, np.int32)}
    return Opportunities(**values)  # type: ignore[arg-type]


def test_short_passes_and_passes_before_it_bring_nothing_down() -> None:
    spans = [(0, 10), (20, 21), (30, 40), (50, 60)]
    passes = Passes(
        satellite=np.array(["S", "S", "S", "S"]),
        station=np.array(["a", "a", "slow", "a"]),
        start=np.array([at(s) for s, _ in spans]),
        culmination=np.array([at(s) for s, _ in spans]),
        stop=np.array([at(e) for _, e in spans]),
        max_elevation_deg=np.full(4, 45.0),
    )
    stations = [
        Station("a", 0.0, 0.0, 0.0, 5.0, rate_bit_s=1e6, setup_s=30.0, teardown_s=10.0),
        Station("slow", 0.0, 0.0, 0.0, 5.0, rate_bit_s=1e3, setup_s=30.0),
    ]
    found = first_delivery(looks([5.0, 5.0, 55.0], [60e6, 1e6, 1e6]), passes, stations, {"S": 2e6})
    # 60 Mbit need 90 s with set-up: not the minute at 20, and 60,000 s at the slow station; 1 Mbit fits the minute
    assert found[0] == at(50) + np.timedelta64(90, "s")
    assert found[1] == at(20) + np.timedelta64(31, "s")
    assert np.isnat(found[2])
