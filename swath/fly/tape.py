"""The flight recorder: battery and memory carried from event to event, and read out as telemetry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.fly.attitude import Turn
from swath.model import Telemetry
from swath.spacecraft.power import Power
from swath.time import seconds

__all__ = ["Tape"]

Floats = npt.NDArray[np.float64]


class Tape:
    """Stored energy and memory of one satellite as exact polylines of time, and its mode.

    Times are seconds since the start of the flight. ``dark`` holds (start, stop) of eclipses in order. The battery
    takes charge up to ``Power.battery_wh`` (what is more is lost) and gives down to nothing.
    """

    def __init__(self, power: Power, dark: list[tuple[float, float]]) -> None:
        self.power = power
        self._edges = _whole_ns(np.array([edge for span in dark for edge in span]))
        self.now_s, self.battery_wh, self.memory_bit = 0.0, power.initial_wh, 0.0
        self._points = [(0.0, power.initial_wh, 0.0)]
        self._modes: list[tuple[float, str]] = [(0.0, "idle")]

    def advance(self, until_s: float, *, mode: str = "idle", fill_bit: float = 0.0) -> None:
        """Carry on to a time in one mode, while ``fill_bit`` comes into memory (negative: leaves it). Never back."""
        until_s = float(_whole_ns(until_s))
        if until_s <= self.now_s:
            self.memory_bit = max(self.memory_bit + fill_bit, 0.0)
            return
        if self._modes[-1][1] != mode:
            self._modes.append((self.now_s, mode))
        extra_w = {"slew": self.power.slew_w, "image": self.power.image_w, "contact": self.power.contact_w}
        load_w = self.power.idle_w + extra_w.get(mode, 0.0)
        begin_s, full_bit = self.now_s, self.memory_bit + fill_bit
        rate = fill_bit / (until_s - begin_s)
        held = self.memory_bit
        inner = self._edges[np.searchsorted(self._edges, begin_s, "right") : np.searchsorted(self._edges, until_s)]
        for stop_s in (*inner.tolist(), until_s):
            self._charge(stop_s, (self.power.charge_w if self._lit(self.now_s) else 0.0) - load_w)
            self.memory_bit = max(held + rate * (stop_s - begin_s), 0.0)
            self._points.append((stop_s, self.battery_wh, self.memory_bit))
        # Rounding in the sum of many pictures must not leave a negative or a ghostly bit.
        self.memory_bit = full_bit if full_bit > 0.5 else 0.0

    def _lit(self, at_s: float) -> bool:
        return bool(np.searchsorted(self._edges, at_s, "right") % 2 == 0)

    def _charge(self, until_s: float, net_w: float) -> None:
        """Constant power until a time; a point on the way where the battery becomes full or empty."""
        wanted = self.battery_wh + net_w * (until_s - self.now_s) / 3600.0
        limit = self.power.battery_wh if net_w > 0 else 0.0
        if (wanted - limit) * net_w > 0.0 and self.battery_wh != limit:
            share = (limit - self.battery_wh) / (wanted - self.battery_wh)
            self._points.append((float(_whole_ns(self.now_s + share * (until_s - self.now_s))), limit, np.nan))
        self.battery_wh = float(min(max(wanted, 0.0), self.power.battery_wh))
        self.now_s = until_s

    def telemetry(self, satellite: str, origin: np.datetime64, sample_s: float, turns: list[Turn]) -> Telemetry:
        """The state every ``sample_s`` and at every event."""
        points = np.array(self._points)
        known = ~np.isnan(points[:, 2])
        steps = _whole_ns(np.arange(0.0, self.now_s, sample_s))
        at_s = np.unique(np.concatenate([steps, points[:, 0]]))
        roll_deg, pitch_deg = _pointing(at_s, turns)
        starts = np.array([start for start, _ in self._modes])
        modes = np.array([mode for _, mode in self._modes])
        return Telemetry(
            satellite=np.full(len(at_s), satellite),
            time=origin.astype("datetime64[ns]") + seconds(at_s),
            battery_wh=np.interp(at_s, points[:, 0], points[:, 1]),
            memory_bit=np.interp(at_s, points[known, 0], points[known, 2]),
            roll_deg=roll_deg,
            pitch_deg=pitch_deg,
            mode=modes[np.searchsorted(starts, at_s, "right") - 1],
            sunlit=np.searchsorted(self._edges, at_s, "right") % 2 == 0,
        )


def _whole_ns(at_s: npt.ArrayLike) -> Floats:
    """Times as they will be stamped, so that events keep their order."""
    return np.asarray(np.round(np.asarray(at_s, np.float64), 9), np.float64)


def _pointing(at_s: Floats, turns: list[Turn]) -> tuple[Floats, Floats]:
    """Roll and pitch at times: straight down at first, then along each turn and where it ends."""
    roll_deg, pitch_deg = np.zeros(len(at_s)), np.zeros(len(at_s))
    for number, turn in enumerate(turns):
        until_s = turns[number + 1].begin_s if number + 1 < len(turns) else np.inf
        rows = slice(np.searchsorted(at_s, turn.begin_s), np.searchsorted(at_s, until_s))
        roll_deg[rows], pitch_deg[rows] = turn.pointing_deg(at_s[rows])
    return roll_deg, pitch_deg
