"""swath's own instances: as many satellites, orders and days as asked for, from a seed that everybody can know.

Circular orbits 600 km up, sun-synchronous, in evenly turned planes; agile satellites that look up to 35 deg off nadir
and turn at 1.5 deg/s. Half of the orders lie in clusters (cities, a coast on fire), half anywhere between 75 deg south
and north. An order is worth 1 to 10, times the quality of its look, which falls with the off-nadir angle; it takes 5,
10 or 15 s and may be taken at any slot of any pass. An order counts once.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Elements

__all__ = ["OwnCase", "Spec", "Taken", "generate", "looks_from_json", "looks_to_json", "spec_from_toml"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

START = np.datetime64("2026-05-08T00:00:00", "ns")
ALTITUDE_M = 600_000.0
DURATIONS_S = (5.0, 10.0, 15.0)
_MANY_LOOKS = 1_000_000
"""about so many looks are offered at most, where the number of slots a pass is not given"""
_LOOKS_A_PAIR = 17
"""about so many slots of 5 s a day has for one satellite and one order"""


@dataclass(frozen=True)
class Spec:
    """What to generate."""

    satellites: int = 1
    orders: int = 500
    days: int = 1
    seed: int = 1
    step_s: int = 5
    """starts lie on this grid"""
    slots: int = 0
    """at most so many starts a pass, the best and others spread over it; 0: all, or fewer where that is too many"""
    rate_deg_s: float = 1.5
    acceleration_deg_s2: float = 0.5
    settling_s: float = 5.0
    max_off_nadir_deg: float = 35.0

    def __post_init__(self) -> None:
        limits = {
            "satellites": (1, 500),
            "orders": (1, 1_000_000),
            "days": (1, 14),
            "seed": (0, 2**63 - 1),
            "step_s": (1, 600),
            "slots": (0, 10_000),
            "rate_deg_s": (0.01, 100.0),
            "acceleration_deg_s2": (0.001, 100.0),
            "settling_s": (0.0, 600.0),
            "max_off_nadir_deg": (1.0, 60.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} is {value}", where="own instance", fix=f"Give {low:g} to {high:g}")

    @property
    def most_slots(self) -> int:
        """At most so many starts a pass, at least 2."""
        if self.slots:
            return self.slots
        pairs = self.satellites * self.orders * self.days
        every = _LOOKS_A_PAIR * 5.0 / self.step_s
        return 10_000 if pairs * every <= 2 * _MANY_LOOKS else max(int(_MANY_LOOKS / pairs), 2)


@dataclass(frozen=True)
class OwnCase:
    """A generated case: satellites by their elements, orders by arrays of one length."""

    spec: Spec
    satellites: tuple[Elements, ...]
    lon_deg: Floats
    lat_deg: Floats
    weight: Floats
    duration_s: Floats

    @property
    def horizon_s(self) -> float:
        """Length of the plan."""
        return self.spec.days * 86400.0


@dataclass(frozen=True)
class Taken:
    """One look of a plan."""

    satellite: int
    order: int
    start_s: float


def spec_from_toml(text: str) -> Spec:
    """The spec that a TOML text describes; keys that it leaves out have their defaults."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"this is not TOML: {error}", where="own instance", fix="Write satellites = 4 and so on"
        ) from error
    kinds = {field.name: (int if field.type == "int" else float) for field in fields(Spec)}
    for name, value in values.items():
        if name not in kinds:
            raise InputError(f"unknown key {name!r}", where="own instance", fix=f"Known are {', '.join(kinds)}")
        if type(value) not in (int, kinds[name]):
            raise InputError(f"{name} is {value!r}", where="own instance", fix=f"Give a {kinds[name].__name__}")
    return Spec(**values)


def generate(spec: Spec) -> OwnCase:
    """The case of a spec: the same everywhere for the same spec."""
    rng = np.random.default_rng([spec.seed, spec.orders])
    count = spec.orders
    clustered = count // 2
    centres = max(count // 100, 1)
    centre_lon, centre_lat = rng.uniform(-180.0, 180.0, centres), _latitudes(rng, centres, 60.0)
    of = rng.integers(0, centres, clustered)
    spread_deg = rng.uniform(0.5, 2.5, centres)[of]
    lat = np.clip(centre_lat[of] + spread_deg * rng.standard_normal(clustered), -80.0, 80.0)
    lon = centre_lon[of] + spread_deg * rng.standard_normal(clustered) / np.cos(np.radians(lat))
    lon = np.concatenate([lon, rng.uniform(-180.0, 180.0, count - clustered)])
    lat = np.concatenate([lat, _latitudes(rng, count - clustered, 75.0)])
    return OwnCase(
        spec,
        tuple(_orbit(number, spec.satellites) for number in range(spec.satellites)),
        (lon + 180.0) % 360.0 - 180.0,
        lat,
        rng.integers(1, 11, count).astype(np.float64),
        rng.choice(np.array(DURATIONS_S), count),
    )


def _latitudes(rng: np.random.Generator, count: int, most_deg: float) -> Floats:
    """Evenly over the area of the sphere."""
    return np.asarray(np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, count) * np.sin(np.radians(most_deg)))), np.float64)


def _orbit(number: int, many: int) -> Elements:
    """Satellites follow one another by the golden ratio in node and anomaly, so that adding one leaves the others."""
    golden = 0.6180339887498949
    mean_motion = 86400.0 / (2.0 * np.pi) * np.sqrt(3.986004418e14 / (6_378_137.0 + ALTITUDE_M) ** 3)
    return Elements(
        name=f"sat-{number + 1:02d}",
        norad_id=90_001 + number,
        epoch=START,
        mean_motion_rev_day=float(mean_motion),
        eccentricity=0.0001,
        inclination_deg=97.79,
        raan_deg=float(360.0 * (golden * number % 1.0)),
        argument_of_perigee_deg=90.0,
        mean_anomaly_deg=float(360.0 * (golden * golden * 7.0 * number % 1.0)),
        bstar=0.0,
        source="swath.plan.bench.own",
    )


def looks_to_json(case: OwnCase, looks: list[Taken]) -> str:
    """A plan as JSON: the spec it is for, and its looks in the order of time."""
    rows = [
        {"satellite": case.satellites[look.satellite].name, "order": look.order, "start_s": look.start_s}
        for look in sorted(looks, key=lambda look: (look.start_s, look.satellite))
    ]
    spec = {field.name: getattr(case.spec, field.name) for field in fields(Spec)}
    return json.dumps({"format": "swath own plan 1", "spec": spec, "looks": rows}, indent=0) + "\n"


def looks_from_json(case: OwnCase, text: str) -> list[Taken]:
    """The looks of anybody's plan. Raises :class:`InputError`, saying where, for what is no such plan."""
    try:
        rows = json.loads(text)["looks"]
        if not isinstance(rows, list):
            raise TypeError("looks is no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"this is no plan: {error}", where="plan", fix="Write what swath bench plan own wrote"
        ) from error
    number = {satellite.name: n for n, satellite in enumerate(case.satellites)}
    return [_taken(row, number, len(case.weight), f"looks[{n}]") for n, row in enumerate(rows)]


def _taken(row: Any, number: dict[str, int], orders: int, where: str) -> Taken:
    if not isinstance(row, dict):
        raise InputError("a look is no object", where=where, fix="Write satellite, order and start_s")
    satellite, order, start_s = row.get("satellite"), row.get("order"), row.get("start_s")
    if satellite not in number:
        raise InputError(f"unknown satellite {satellite!r}", where=where, fix="Correct it")
    if type(order) is not int or not 0 <= order < orders:
        raise InputError(f"unknown order {order!r}", where=where, fix=f"Give 0 to {orders - 1}")
    if not isinstance(start_s, int | float) or not abs(start_s) < 1e9:
        raise InputError(f"start_s is {start_s!r}", where=where, fix="Give seconds after the start of the case")
    return Taken(number[satellite], order, float(start_s))
