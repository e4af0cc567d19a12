"""One satellite in flight: battery, memory, temperature and wheels carried from event to event, and read out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.fly.legs import Legs
from swath.fly.surroundings import STEP_S, Surroundings
from swath.fly.warmth import Node
from swath.fly.wheels import WheelSet
from swath.model import Telemetry
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["Vehicle"]

Floats = npt.NDArray[np.float64]

_SUNLIGHT_W_M2 = 1361.0
"""at one astronomical unit; the true one swings by 3.4 % in a year"""


class Vehicle:
    """State of one satellite, as functions of seconds since the start of the flight.

    Between events every load is constant. ``dark`` holds (start, stop) of eclipses in order: with them alone the light
    is on or off, the array always faces the Sun, and energy is an exact polyline. With ``around`` the light is followed
    second by second through the penumbra, the array of the satellite's bus gives what its angle to the Sun allows, and
    its wheels are followed. The battery takes charge up to its size (what is more is lost) and gives down to nothing.
    """

    def __init__(self, satellite: Satellite, dark: list[tuple[float, float]], around: Surroundings | None) -> None:
        self.satellite, self.around = satellite, around
        self.bus = satellite.bus if around is not None else None
        self.legs = Legs()
        self.wheels = WheelSet(self.bus, around) if self.bus is not None and around is not None else None
        self._edges = _whole_ns(np.array([edge for span in dark for edge in span]))
        self._warm_edges = np.empty(0)
        self.now_s, self.battery_wh, self.memory_bit = 0.0, satellite.power.initial_wh, 0.0
        self.camera, self.battery, self.radio = (
            Node(thermal) for thermal in (satellite.thermal, satellite.battery_thermal, satellite.radio_thermal)
        )
        self._points = [(0.0, self.battery_wh, 0.0)]
        self._events = [0.0]
        self._modes: list[tuple[float, str]] = [(0.0, "idle")]

    @property
    def temperature_k(self) -> float:
        """Of the camera."""
        return self.camera.now_k

    def warm_up(self, starts_s: list[float], stops_s: list[float]) -> None:
        """The camera is switched on ahead of each picture, but never before the one before it is over."""
        duty, edges = self.satellite.duty, []
        for number, start_s in enumerate(starts_s if duty.warm_up_s * duty.warm_up_w > 0.0 else ()):
            begin_s = max(start_s - duty.warm_up_s, stops_s[number - 1] if number else 0.0)
            edges += [begin_s, start_s] if begin_s < start_s else []
        self._warm_edges = _whole_ns(np.array(edges))

    def advance(self, until_s: float, *, mode: str = "idle", fill_bit: float = 0.0) -> None:
        """Carry on to a time in one mode, while ``fill_bit`` comes into memory (negative: leaves it). Never back."""
        until_s = float(_whole_ns(until_s))
        if until_s <= self.now_s:
            self.memory_bit = max(self.memory_bit + fill_bit, 0.0)
            return
        if self._modes[-1][1] != mode:
            self._modes.append((self.now_s, mode))
        begin_s, full_bit, held = self.now_s, self.memory_bit + fill_bit, self.memory_bit
        rate = fill_bit / (until_s - begin_s)
        stops_s, power_w = self._pieces(begin_s, until_s)
        load_w = self._load_w(mode, np.concatenate([[begin_s], stops_s[:-1]]))
        for stop_s, net_w in zip(stops_s.tolist(), (power_w - load_w).tolist(), strict=True):
            now_s, ends_s = self.now_s, self._charge(stop_s, net_w)
            self.battery.tend(now_s, ends_s, abs(net_w) / max(self.satellite.power.charge_w, 1.0))
            self.battery.tend(ends_s, stop_s, 0.0)
            self.memory_bit = max(held + rate * (stop_s - begin_s), 0.0)
            self._points.append((stop_s, self.battery_wh, self.memory_bit))
        self._events += stops_s.tolist() if self.around is None else [until_s]
        self.camera.tend(begin_s, until_s, float(mode == "image"))
        self.radio.tend(begin_s, until_s, float(mode == "contact"))
        # Rounding in the sum of many pictures must not leave a negative or a ghostly bit.
        self.memory_bit = full_bit if full_bit > 0.5 else 0.0

    def _load_w(self, mode: str, at_s: Floats) -> Floats:
        """What is drawn in a mode, in stretches that begin at some times."""
        power = self.satellite.power
        extra_w = {"slew": power.slew_w, "image": power.image_w, "contact": power.contact_w}
        warming = (np.searchsorted(self._warm_edges, at_s, "right") % 2 == 1) & (mode != "safe")
        return np.asarray(power.idle_w + extra_w.get(mode, 0.0) + self.satellite.duty.warm_up_w * warming, np.float64)

    def _pieces(self, begin_s: float, until_s: float) -> tuple[Floats, Floats]:
        """Ends of stretches of constant power up to a time, and what the array gives in each."""
        charge_w = self.satellite.power.charge_w
        if self.around is None:
            stops_s = self._cut(begin_s, until_s, self._edges, self._warm_edges)
            lit = np.searchsorted(self._edges, np.array([begin_s, *stops_s[:-1]]), "right") % 2 == 0
            return stops_s, charge_w * lit
        ticks = np.arange(np.floor(begin_s / STEP_S) + 1, np.ceil(until_s / STEP_S)) * STEP_S
        stops_s = self._cut(begin_s, until_s, _whole_ns(ticks), self._warm_edges)
        at_s = np.concatenate([[begin_s], stops_s])
        rows = self.around.rows((at_s[1:] + at_s[:-1]) / 2.0)
        lit, power = self.around.lit[rows], self.satellite.power
        array = self.bus.array if self.bus is not None else None
        if self.wheels is None and array is None and power.array_follows_sun:
            return stops_s, charge_w * lit
        body = self.legs.body_at(at_s)
        if self.wheels is not None:
            self.wheels.advance(at_s, body)
        if array is None and power.array_follows_sun:
            return stops_s, charge_w * lit
        normal = np.array(array.normal if array is not None else (0.0, 0.0, -1.0))
        full_w = charge_w if array is None else _SUNLIGHT_W_M2 * array.area_m2 * array.efficiency
        sun = np.einsum("nij,njk,nk->ni", body[1:], self.around.orbital_axes[rows], self.around.sun[rows])
        return stops_s, full_w * lit * np.maximum(sun @ normal / np.linalg.norm(normal), 0.0)

    def _cut(self, begin_s: float, until_s: float, *edges: Floats) -> Floats:
        """Ends of the stretches into which edges cut a time."""
        inner = np.unique(np.concatenate(edges)) if len(self._warm_edges) else edges[0]
        return np.append(inner[(inner > begin_s) & (inner < until_s)], until_s)

    def _charge(self, until_s: float, net_w: float) -> float:
        """Constant power until a time; a point on the way where the battery becomes full or empty: returns when."""
        ends_s = until_s
        if net_w > 0.0 and self.bus is not None:
            net_w *= self.bus.charge_efficiency
        wanted = self.battery_wh + net_w * (until_s - self.now_s) / 3600.0
        size_wh = self.satellite.power.battery_wh
        limit = size_wh if net_w > 0 else 0.0
        if (wanted - limit) * net_w > 0.0 and self.battery_wh != limit:
            share = (limit - self.battery_wh) / (wanted - self.battery_wh)
            at_s = float(_whole_ns(self.now_s + share * (until_s - self.now_s)))
            self._points.append((at_s, limit, np.nan))
            self._events.append(at_s)
            ends_s = at_s
        elif (wanted - limit) * net_w > 0.0:
            ends_s = self.now_s
        self.battery_wh = float(min(max(wanted, 0.0), size_wh))
        self.now_s = until_s
        return ends_s

    def telemetry(self, origin: np.datetime64, sample_s: float) -> Telemetry:
        """The state every ``sample_s`` and at every event."""
        points = np.array(self._points)
        known = ~np.isnan(points[:, 2])
        at_s = np.unique(np.concatenate([_whole_ns(np.arange(0.0, self.now_s, sample_s)), np.array(self._events)]))
        sight = self.legs.body_at(at_s)[:, 2]
        loads = np.array(self.wheels.loads if self.wheels and self.wheels.loads else [(0.0, 0.0)])
        lit = np.searchsorted(self._edges, at_s, "right") % 2 == 0
        return Telemetry(
            satellite=np.full(len(at_s), self.satellite.id),
            time=origin.astype("datetime64[ns]") + seconds(at_s),
            battery_wh=np.interp(at_s, points[:, 0], points[:, 1]),
            memory_bit=np.interp(at_s, points[known, 0], points[known, 2]),
            roll_deg=np.degrees(np.arctan2(sight[:, 1], sight[:, 2])),
            pitch_deg=np.degrees(np.arcsin(np.clip(sight[:, 0], -1.0, 1.0))),
            mode=_last([start for start, _ in self._modes], np.array([mode for _, mode in self._modes]), at_s),
            sunlit=lit if self.around is None else self.around.lit[self.around.rows(at_s)] > 0.0,
            temperature_k=self.camera.at(at_s),
            battery_k=self.battery.at(at_s),
            radio_k=self.radio.at(at_s),
            wheel_share=np.interp(at_s, loads[:, 0], loads[:, 1]),
        )


def _last(since_s: list[float], values: npt.NDArray[np.str_], at_s: Floats) -> npt.NDArray[np.str_]:
    return values[np.searchsorted(np.array(since_s), at_s, "right") - 1]


def _whole_ns(at_s: npt.ArrayLike) -> Floats:
    """Times as they will be stamped, so that events keep their order."""
    return np.asarray(np.round(np.asarray(at_s, np.float64), 9), np.float64)
