"""One satellite on its way through the plan: turning, taking pictures, sending them, and what stops it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.fly.attitude import Turn, looking, pointing_deg, rotation_deg, slowed, turn_between
from swath.fly.faults import Faults
from swath.fly.legs import sunward
from swath.fly.shake import pointing_errors_deg
from swath.fly.vehicle import Vehicle
from swath.model import Plan
from swath.spacecraft.agility import Agility, slew_angle_deg
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["Activity", "Flight", "activities", "span_s"]

Floats = npt.NDArray[np.float64]

_TIMING_SIGMA_S = 0.002
"""of the half normal by which a picture starts too late"""
_LATE_SIGMA_S = 1.5
"""of the half normal by which the ground locks on too late"""
_LATE_S = 5.0
"""a contact that begins later than this is reported as late"""
_IN_TIME_S = 1e-3
_SUN_AT_LEAST_S = 120.0
"""turning to the Sun is not worth while for less"""
_A_NS_S = 1e-9
"""times are kept in whole nanoseconds: less is nothing"""
_STUCK_DEG_S = 1e-3
"""wheels that leave the body less rate than this do not turn it"""


@dataclass(frozen=True)
class Activity:
    """A picture or a contact of one satellite, times in seconds since the start of the flight."""

    row: int
    """in the plan's table"""
    id: str
    contact: bool
    start_s: float
    stop_s: float
    body: Floats
    """the attitude it needs"""
    bit: float
    """size of the picture; for a contact its rate, bit/s"""


def span_s(origin: np.datetime64, start: np.datetime64, stop: np.datetime64) -> tuple[float, float]:
    """Seconds from ``origin`` to two moments."""
    first, last = ((t - origin).astype("timedelta64[ns]").astype(np.int64) for t in (start, stop))
    return float(first) * 1e-9, float(last) * 1e-9


def activities(satellite: str, plan: Plan, origin: np.datetime64) -> list[Activity]:
    """What one satellite has to do, in the order of time."""
    looks, contacts = plan.acquisitions, plan.contacts
    found = []
    for row in np.flatnonzero(looks.satellite == satellite):
        span = span_s(origin, looks.start[row], looks.stop[row])
        body = looking(float(looks.roll_deg[row]), float(looks.pitch_deg[row]))
        found.append(Activity(int(row), str(looks.id[row]), False, *span, body, float(looks.data_bit[row])))
    for row in np.flatnonzero(contacts.satellite == satellite):
        span = span_s(origin, contacts.start[row], contacts.stop[row])
        rate_bit_s = float(contacts.rate_bit_s[row])
        found.append(Activity(int(row), str(contacts.id[row]), True, *span, looking(0.0, 0.0), rate_bit_s))
    return sorted(found, key=lambda activity: (activity.start_s, activity.id))


@dataclass
class Flight:
    """Takes a vehicle through its activities in order; what is still on board, what was sent, what was lost."""

    vehicle: Vehicle
    plan: Plan
    origin: np.datetime64
    seed: int
    faults: Faults
    held: dict[int, float] = field(default_factory=dict)
    """bits still on board, by row of the plan's acquisitions"""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    """why, by row of the plan's acquisitions"""
    _broken_bit: float = 0.0
    _reset_until_s: float = -np.inf

    @property
    def satellite(self) -> Satellite:
        """The one that flies."""
        return self.vehicle.satellite

    def picture(self, activity: Activity) -> dict[str, Any]:
        """Take one picture, or not; returns its row of ``Flown``."""
        turn, why_not = self._go_to(activity)
        vehicle, lasts_s = self.vehicle, activity.stop_s - activity.start_s
        timing = float(self._chance(activity.id, 4)[3])
        start_s = max(activity.start_s + _TIMING_SIGMA_S * abs(timing), vehicle.now_s)
        status, because = ("skipped", why_not) if why_not else self._judge(activity, turn)
        if status == "skipped":
            start_s = activity.start_s
            errors_deg = np.zeros(3)
            if turn is not None:
                vehicle.advance(max(turn.settled_s, vehicle.now_s), mode="slew")
        else:
            vehicle.advance(start_s)
            vehicle.advance(start_s + lasts_s, mode="image", fill_bit=activity.bit)
            self.held[activity.row] = activity.bit
            errors_deg = self._errors_deg(activity, start_s, lasts_s, turn)
        roll_deg, pitch_deg = pointing_deg(activity.body)
        true_deg = np.array([float(roll_deg), float(pitch_deg), 0.0]) + errors_deg
        return {
            "acquisition": activity.id,
            "satellite": self.satellite.id,
            "start": self._at(start_s),
            "stop": self._at(start_s + lasts_s),
            "roll_deg": true_deg[0],
            "pitch_deg": true_deg[1],
            "yaw_deg": true_deg[2],
            "pointing_error_deg": float(slew_angle_deg(roll_deg, pitch_deg, true_deg[0], true_deg[1])),
            "status": status,
            "because": because,
        }

    def contact(self, activity: Activity) -> dict[str, Any]:
        """Send what is held; returns the row of ``FlownContacts``."""
        turn, why_not = self._go_to(activity)
        vehicle = self.vehicle
        if turn is not None:
            vehicle.advance(turn.settled_s, mode="slew")
        late_s = _LATE_SIGMA_S * abs(float(self._chance(activity.id, 1)[0]))
        late_s += self.faults.late_contact_s.get(activity.id, 0.0)
        stop_s = max(activity.stop_s, vehicle.now_s)
        start_s = min(max(activity.start_s + late_s, vehicle.now_s), stop_s)
        sent_bit, status, because = 0.0, "lost", why_not
        if not why_not:
            vehicle.advance(min(activity.start_s, start_s))
            vehicle.advance(start_s, mode="contact")
            sent_bit = self._send(activity, stop_s)
            vehicle.advance(stop_s, mode="contact")
            status, because = self._heard(activity, start_s, stop_s)
        return {
            "contact": activity.id,
            "satellite": self.satellite.id,
            "station": self.plan.contacts.station[activity.row],
            "start": self._at(start_s),
            "stop": self._at(stop_s),
            "sent_bit": sent_bit,
            "status": status,
            "because": because,
        }

    def rest_until(self, until_s: float) -> None:
        """Nothing more to do up to a time."""
        self._wait(until_s)
        self._break_pages(until_s)

    def _heard(self, activity: Activity, start_s: float, stop_s: float) -> tuple[str, str]:
        late_s = start_s - activity.start_s
        if activity.id in self.faults.lost_contacts:
            return "lost", "nothing came through"
        if start_s >= stop_s:
            return "lost", "the turn ended after the contact"
        if activity.id in self.faults.resets:
            return "late", f"the computer restarted: {self.faults.resets[activity.id][1]:.0f} s of silence"
        return ("late", f"began {late_s:.1f} s late") if late_s > _LATE_S else ("done", "")

    def _at(self, at_s: float) -> np.datetime64:
        return np.datetime64(self.origin.astype("datetime64[ns]") + seconds(at_s), "ns")

    def _chance(self, id: str, number: int) -> Floats:
        rng = np.random.default_rng([self.seed & 0x7FFFFFFF, zlib.crc32(id.encode()), 0xF1])
        return np.asarray(self.faults.scatter_share * rng.normal(0.0, 1.0, number), np.float64)

    def _go_to(self, activity: Activity) -> tuple[Turn | None, str]:
        """Wait, then turn so as to arrive just in time by the book; or why that cannot be."""
        vehicle = self.vehicle
        planned_s = turn_between(self.satellite.agility, 0.0, vehicle.legs.now, activity.body).settled_s
        self._meet_faults(activity.start_s)
        if activity.start_s < self._reset_until_s:
            return None, "the computer was restarting"
        if self._safe_s(activity.start_s, activity.stop_s):
            self._wait(max(activity.start_s, vehicle.now_s), mode="safe")
            return None, "in safe mode"
        if vehicle.wheels is not None and not vehicle.wheels.controls:
            self._wait(max(activity.start_s, vehicle.now_s), mode="safe")
            return None, f"only {len(vehicle.wheels.alive)} wheels left: the body cannot be turned"
        begin_s = self._face_sun_until(activity)
        if begin_s is None:
            begin_s = max(activity.start_s - planned_s, vehicle.now_s)
            vehicle.advance(begin_s)
        agility = self._able(activity.body)
        if agility is None:
            return None, "the wheels are full: nothing is left to turn with"
        turn = turn_between(agility, begin_s, vehicle.legs.now, activity.body)
        vehicle.legs.turn(turn)
        vehicle.advance(min(turn.settled_s, max(activity.start_s, begin_s)), mode="slew")
        return turn, ""

    def _able(self, body: Floats) -> Agility | None:
        """What the body can do now: the agility of the book, the slowdown asked for, and what its wheels leave."""
        agility = slowed(self.satellite.agility, self.faults.slew_slowdown.get(self.satellite.id, 1.0))
        wheels = self.vehicle.wheels
        if wheels is None:
            return agility
        now = self.vehicle.legs.now
        turned = body @ now.T
        axis = np.array([turned[2, 1] - turned[1, 2], turned[0, 2] - turned[2, 0], turned[1, 0] - turned[0, 1]])
        if not np.linalg.norm(axis) > 1e-9:
            return agility
        rate, acceleration = wheels.limits(axis / np.linalg.norm(axis))
        if rate < _STUCK_DEG_S:
            return None
        return replace(
            agility,
            max_rate_deg_s=min(agility.max_rate_deg_s, rate),
            max_acceleration_deg_s2=min(agility.max_acceleration_deg_s2, acceleration),
        )

    def _face_sun_until(self, activity: Activity) -> float | None:
        """Turn the array to the Sun if there is time before an activity; returns when the turn to that one begins."""
        vehicle, bus = self.vehicle, self.vehicle.bus
        if bus is None or bus.array is None or not bus.faces_sun or vehicle.around is None:
            return None
        agility, now_s = self.satellite.agility, vehicle.now_s
        there = sunward(np.array([now_s, activity.start_s]), vehicle.around, bus.array.normal)
        out_s = turn_between(agility, 0.0, vehicle.legs.now, there[0]).settled_s
        back_s = turn_between(agility, 0.0, there[1], activity.body).settled_s
        begin_s = activity.start_s - 1.1 * back_s - 10.0  # the Sun moves on in the orbital frame while turning
        if begin_s - now_s - out_s < _SUN_AT_LEAST_S:
            return None
        self._wait(begin_s)
        planned = turn_between(agility, 0.0, vehicle.legs.now, activity.body)
        begin_s = max(activity.start_s - planned.settled_s, begin_s)
        vehicle.advance(begin_s, mode="sun")
        return begin_s

    def _wait(self, until_s: float, *, mode: str = "sun") -> None:
        """Let time pass: facing the Sun where the bus does so, else holding still."""
        vehicle, bus = self.vehicle, self.vehicle.bus
        able = vehicle.wheels is None or vehicle.wheels.controls
        if bus is None or bus.array is None or not bus.faces_sun or vehicle.around is None or not able:
            vehicle.advance(until_s, mode="idle" if mode == "sun" else mode)
            return
        there = sunward(np.array([vehicle.now_s]), vehicle.around, bus.array.normal)[0]
        if rotation_deg(vehicle.legs.now, there) > 1.0:
            turn = turn_between(self.satellite.agility, vehicle.now_s, vehicle.legs.now, there)
            vehicle.legs.turn(turn)
            vehicle.advance(min(turn.settled_s, until_s), mode="slew")
        vehicle.legs.face_sun(vehicle.now_s, until_s, vehicle.around, bus.array.normal)
        vehicle.advance(until_s, mode=mode)

    def _meet_faults(self, until_s: float) -> None:
        """What breaks up to a time: wheels and pages of memory."""
        if self.vehicle.wheels is not None:
            for wheel, when in self.faults.wheel_losses.get(self.satellite.id, ()):
                if span_s(self.origin, when, when)[0] <= until_s:
                    self.vehicle.wheels.lose(wheel)
        self._break_pages(until_s)

    def _break_pages(self, until_s: float) -> None:
        """Pictures lie in memory one behind another; those that reach into a stuck page are gone, as is its room."""
        pages = self.faults.stuck_pages.get(self.satellite.id, ())
        broken = [page for page in pages if span_s(self.origin, page[0], page[0])[0] <= until_s]
        size_bit = sum(page[2] for page in broken)
        if size_bit == self._broken_bit:
            return
        self._broken_bit = size_bit
        filled = 0.0
        for row, bit in list(self.held.items()):
            if any(filled < first + length and first < filled + bit for _, first, length in broken):
                self.lost[row] = "a page of memory stuck before it was sent"
                del self.held[row]
            filled += bit
        self.vehicle.memory_bit = sum(self.held.values())

    def _safe_s(self, start_s: float, stop_s: float) -> bool:
        spans = [
            (span_s(self.origin, t, t)[0], lasts) for t, lasts in self.faults.safe_modes.get(self.satellite.id, ())
        ]
        return any(begin < stop_s and start_s < begin + lasts for begin, lasts in spans)

    def _judge(self, activity: Activity, turn: Turn | None) -> tuple[str, str]:
        craft, stored_wh, warm_k = self.satellite, self.vehicle.battery_wh, self.vehicle.temperature_k
        room_bit = craft.memory.capacity_bit - self._broken_bit - self.vehicle.memory_bit
        late_s = 0.0 if turn is None else turn.settled_s - activity.start_s
        if turn is not None and turn.arrived_s > activity.start_s + _IN_TIME_S:
            return "skipped", f"still turning: on target {turn.arrived_s - activity.start_s:.1f} s too late"
        if stored_wh < craft.power.min_wh:
            return "skipped", f"battery at {stored_wh:.1f} Wh, below its minimum of {craft.power.min_wh:.1f} Wh"
        if activity.bit > room_bit:
            return "skipped", f"memory full: {room_bit / 1e9:.2f} Gbit free, {activity.bit / 1e9:.2f} Gbit needed"
        if warm_k > craft.thermal.max_k:
            return "skipped", f"camera at {warm_k:.1f} K, above its limit of {craft.thermal.max_k:.1f} K"
        if late_s > _IN_TIME_S:
            return "blurred", f"the turn settled {late_s:.1f} s after the picture began"
        return "done", ""

    def _errors_deg(self, activity: Activity, start_s: float, lasts_s: float, turn: Turn | None) -> Floats:
        """Mean error of pointing in a picture: roll, pitch, yaw."""
        bus = self.vehicle.bus
        if bus is None:
            return self.satellite.agility.pointing_sigma_deg * self._chance(activity.id, 3)
        at_s = start_s + np.linspace(0.0, lasts_s, 64)
        since_s = at_s - (turn.arrived_s if turn is not None else -np.inf)
        errors = pointing_errors_deg(bus.shake, self.satellite.id, self.seed, at_s, since_s)
        return np.asarray(self.faults.scatter_share * errors.mean(axis=0), np.float64)

    def _send(self, activity: Activity, stop_s: float) -> float:
        """First the pictures planned for this contact, then others, in the order they were due; returns bits sent."""
        if activity.id in self.faults.lost_contacts:
            return 0.0
        looks, vehicle = self.plan.acquisitions, self.vehicle
        quiet_s, dead_s = self.faults.resets.get(activity.id, (np.inf, 0.0))
        quiet_s += activity.start_s
        sent_bit = 0.0
        for row in sorted(self.held, key=lambda row: (looks.contact[row] != activity.id, looks.on_ground[row], row)):
            while self.held[row] > 0.0 and vehicle.now_s < stop_s - _A_NS_S:
                if vehicle.now_s >= quiet_s - _A_NS_S:
                    self._reset_until_s = quiet_s + dead_s
                    vehicle.advance(min(self._reset_until_s, stop_s), mode="safe")
                    quiet_s = np.inf
                    continue
                sent_bit += self._send_part(row, activity, min(stop_s, quiet_s))
        self.held = {row: bit for row, bit in self.held.items() if bit > 0.0}
        return sent_bit

    def _send_part(self, row: int, activity: Activity, stop_s: float) -> float:
        """As much of one picture as goes down until a time; returns bits sent."""
        vehicle = self.vehicle
        begin_s = vehicle.now_s
        bit = min(self.held[row], activity.bit * (stop_s - begin_s))
        vehicle.advance(min(begin_s + bit / activity.bit, stop_s), mode="contact", fill_bit=-bit)
        id = self.plan.acquisitions.id[row]
        part = {"acquisition": id, "contact": activity.id, "sent_bit": bit}
        self.deliveries.append({**part, "start": self._at(begin_s), "stop": self._at(vehicle.now_s)})
        self.held[row] -= bit
        return bit
