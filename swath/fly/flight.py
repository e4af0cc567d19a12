"""One satellite on its way through the plan: turning, taking pictures, sending them, and what stops it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.fly.activities import Activity, activities, span_s
from swath.fly.attitude import Turn, pointing_deg, rotation_deg, slowed, turn_between
from swath.fly.faults import Faults
from swath.fly.legs import sunward
from swath.fly.sending import Link, book_link
from swath.fly.shake import pointing_errors_deg
from swath.fly.vehicle import Vehicle
from swath.model import Plan
from swath.spacecraft.agility import Agility, slew_angle_deg
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["Flight"]

Floats = npt.NDArray[np.float64]

_TIMING_SIGMA_S = 0.002
"""of the half normal by which a picture starts too late"""
_LATE_SIGMA_S = 1.5
"""of the half normal by which the ground locks on too late"""
_LATE_S = 5.0
"""a contact that begins later than this is reported as late"""
_IN_TIME_S = 1e-3
_DUTY_S = 0.1
"""what pictures that begin a little late may add to the camera's duty"""
_SUN_AT_LEAST_S = 120.0
"""turning to the Sun is not worth while for less"""
_STUCK_DEG_S = 1e-3
"""wheels that leave the body less rate than this do not turn it"""


@dataclass
class Flight:
    """Takes a vehicle through its activities in order; what is still on board, what was sent, what was lost."""

    vehicle: Vehicle
    plan: Plan
    origin: np.datetime64
    seed: int
    faults: Faults
    link: Link = book_link
    flown: dict[int, dict[str, Any]] = field(default_factory=dict)
    """rows of ``Flown``, by row of the plan's acquisitions"""
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    """rows of ``FlownContacts``, by row of the plan's contacts"""
    held: dict[int, float] = field(default_factory=dict)
    """bits still on board, by row of the plan's acquisitions"""
    since_turn_s: dict[int, float] = field(default_factory=dict)
    """how long before each picture its turn had arrived: what still rings then blurs it"""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    """why, by row of the plan's acquisitions"""
    _broken_bit: float = 0.0
    _reset_until_s: float = -np.inf
    _imaged: list[tuple[float, float]] = field(default_factory=list)
    """when the camera worked"""

    @property
    def satellite(self) -> Satellite:
        """The one that flies."""
        return self.vehicle.satellite

    def fly(self, until_s: float) -> Iterator[Activity]:
        """Fly all of it, in steps: stops before each contact, so that what is to be sent can be got ready."""
        todo = activities(self.satellite.id, self.plan, self.origin)
        self.vehicle.warm_up(
            [activity.start_s for activity in todo if not activity.contact],
            [activity.stop_s for activity in todo if not activity.contact],
        )
        for activity in todo:
            if activity.contact:
                yield activity
                self.contacts[activity.row] = self.contact(activity)
            else:
                self.flown[activity.row] = self.picture(activity)
        self.rest_until(until_s)
        for row, why in self.lost.items():
            self.flown[row] = {**self.flown[row], "status": "lost", "because": why}

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
            self._imaged.append((start_s, start_s + lasts_s))
            self.since_turn_s[activity.row] = np.inf if turn is None else start_s - turn.arrived_s
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
        return any(begin < stop_s and start_s < end for begin, end in self._safe_spans())

    def _safe_spans(self) -> list[tuple[float, float]]:
        """From when to when it is in safe mode."""
        asked = self.faults.safe_modes.get(self.satellite.id, ())
        return [(span_s(self.origin, t, t)[0], span_s(self.origin, t, t)[0] + lasts) for t, lasts in asked]

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
        if why := self._overworked(activity):
            return "skipped", why
        if late_s > _IN_TIME_S:
            return "blurred", f"the turn settled {late_s:.1f} s after the picture began"
        return "done", ""

    def _overworked(self, activity: Activity) -> str:
        """Why the camera cannot work now: its duty, or a restart that has let it go cold; empty where it can."""
        duty = self.satellite.duty
        since_s = activity.stop_s - duty.window_s
        worked_s = sum(stop - max(start, since_s) for start, stop in self._imaged if stop > since_s)
        worked_s += activity.stop_s - activity.start_s
        if worked_s > duty.image_s + _DUTY_S:
            return f"the camera would have worked {worked_s:.1f} s in {duty.window_s:.0f} s, at most {duty.image_s:g} s"
        cold_s = max([self._reset_until_s, *(stop for _, stop in self._safe_spans() if stop <= activity.start_s)])
        if duty.warm_up_s > 0.0 and activity.start_s < cold_s + duty.warm_up_s - _IN_TIME_S:
            return f"the camera was cold: on for {activity.start_s - cold_s:.0f} s, it needs {duty.warm_up_s:.0f} s"
        return ""

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
        """What the link brings down while the contact lasts, but for a restart in it; returns bits sent."""
        if activity.id in self.faults.lost_contacts:
            return 0.0
        vehicle, stretches = self.vehicle, [stop_s]
        quiet_s, dead_s = self.faults.resets.get(activity.id, (np.inf, 0.0))
        quiet_s = max(activity.start_s + quiet_s, vehicle.now_s)
        if quiet_s < stop_s:
            stretches = [quiet_s, stop_s]
        sent_bit = 0.0
        for until_s in stretches:
            for part in self.link(activity, vehicle.now_s, until_s, self._in_order(activity)):
                vehicle.advance(min(part.stop_s, until_s), mode="contact", fill_bit=-part.bit)
                sent_bit += part.bit
                self._forget(activity, part.row, part.begin_s, part.bit)
            vehicle.advance(until_s, mode="contact")
            if until_s < stop_s:
                self._reset_until_s = until_s + dead_s
                vehicle.advance(min(self._reset_until_s, stop_s), mode="safe")
        return sent_bit

    def _in_order(self, activity: Activity) -> dict[int, float]:
        """First the pictures planned for this contact, then others, in the order they were due."""
        looks = self.plan.acquisitions
        rows = sorted(self.held, key=lambda row: (looks.contact[row] != activity.id, looks.on_ground[row], row))
        return {row: self.held[row] for row in rows}

    def _forget(self, activity: Activity, row: int, begin_s: float, bit: float) -> None:
        """A part of a picture need not be kept any more."""
        id = self.plan.acquisitions.id[row]
        part = {"acquisition": id, "contact": activity.id, "sent_bit": bit}
        self.deliveries.append({**part, "start": self._at(begin_s), "stop": self._at(self.vehicle.now_s)})
        self.held[row] -= bit
        if self.held[row] <= 0.0:
            del self.held[row]
