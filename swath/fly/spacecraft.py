"""How does the plan go in flight? Attitude, battery and memory stepped from event to event, with what planning ignored.

Between events every load is constant, so stored energy and memory are exact straight lines; an event is the start or
end of an eclipse, a turn, a picture or a contact, or the moment when the battery is full. The rules are those of the
plan (``plan.problem``: turn right before the next activity, look straight down in contact); what is added is chance
(pointing, timing, late contacts: seeded by the activity's id) and the faults one asks for.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.attitude import Turn, plan_turn, slowed
from swath.fly.tape import Tape
from swath.model import Flown, Plan, Telemetry, Windows
from swath.spacecraft.agility import slew_angle_deg, slew_s
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column
from swath.time import seconds

__all__ = ["Deliveries", "Faults", "FlightLog", "FlownContacts", "fly_plan"]

_TIMING_SIGMA_S = 0.002
"""of the half normal by which a picture starts too late"""
_LATE_SIGMA_S = 1.5
"""of the half normal by which the ground locks on too late"""
_LATE_S = 5.0
"""a contact that begins later than this is reported as late"""
_IN_TIME_S = 1e-3


@dataclass(frozen=True)
class Faults:
    """What shall go wrong on purpose. ``scatter_share`` 0 takes away the chance errors: the plan is flown exactly."""

    late_contact_s: Mapping[str, float] = field(default_factory=dict)
    """by contact id: so much later than it would start"""
    lost_contacts: frozenset[str] = frozenset()
    """contacts in which nothing comes through"""
    slew_slowdown: Mapping[str, float] = field(default_factory=dict)
    """by satellite id: rate and acceleration divided by this (1 or more)"""
    scatter_share: float = 1.0
    """times all chance errors"""


@dataclass(frozen=True)
class FlownContacts(Table):
    """What became of each planned contact."""

    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first bit could flow")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit could flow")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "taken from memory")
    status: npt.NDArray[np.str_] = column("U", "-", "done, late or lost")
    because: npt.NDArray[np.str_] = column("U", "-", "why, where not done")


@dataclass(frozen=True)
class Deliveries(Table):
    """Which picture came down in which contact: a row for each part, as a contact may end in mid-picture."""

    acquisition: npt.NDArray[np.str_] = column("U", "-", "acquisition id")
    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first bit of this part")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit of this part")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "size of this part")


@dataclass(frozen=True)
class FlightLog:
    """Everything that happened on board. Simulated."""

    flown: Flown
    """one row for each planned acquisition, in the plan's order"""
    contacts: FlownContacts
    """one row for each planned contact, in the plan's order"""
    deliveries: Deliveries
    telemetry: Telemetry


@dataclass(frozen=True)
class _Activity:
    """A picture or a contact of one satellite, times in seconds since the start of the flight."""

    row: int
    """in the plan's table"""
    id: str
    contact: bool
    start_s: float
    stop_s: float
    attitude_deg: tuple[float, float]
    bit: float
    """size of the picture; for a contact its rate, bit/s"""


def fly_plan(
    satellites: tuple[Satellite, ...],
    plan: Plan,
    eclipses: Windows,
    start: np.datetime64,
    stop: np.datetime64,
    *,
    seed: int,
    faults: Faults | None = None,
    sample_s: float = 60.0,
) -> FlightLog:
    """Fly a plan from ``start`` to ``stop``; the same arguments give the same log.

    Eclipses are windows of no sunlight by satellite. Telemetry has a row every ``sample_s`` and at every event.
    A picture is ``blurred`` when the turn has arrived but not settled, ``skipped`` while still turning, with the
    battery below its minimum or the memory full. Battery stepping agrees with Basilisk to 0.3 Wh over an eclipse
    (tests/authorities/test_flight_battery.py). Raises :class:`InputError` where plan or faults name unknown ids.
    """
    faults = Faults() if faults is None else faults
    _check(satellites, plan, faults)
    flown: dict[int, dict[str, Any]] = {}
    contacts: dict[int, dict[str, Any]] = {}
    deliveries: list[dict[str, Any]] = []
    telemetry = []
    for satellite in satellites:
        dark = eclipses.take(eclipses.satellite == satellite.id).sort_by("start")
        tape = Tape(satellite.power, [_span_s(start, a, b) for a, b in zip(dark.start, dark.stop, strict=True)])
        flight = _Flight(satellite, plan, start, seed, faults, tape)
        for activity in _activities(satellite.id, plan, start):
            if activity.contact:
                contacts[activity.row] = flight.contact(activity)
            else:
                flown[activity.row] = flight.picture(activity)
        tape.advance(_span_s(start, start, stop)[1])
        deliveries += flight.deliveries
        telemetry.append(tape.telemetry(satellite.id, start, sample_s, flight.turns))
    return FlightLog(
        flown=Flown.from_rows([flown[row] for row in sorted(flown)]),
        contacts=FlownContacts.from_rows([contacts[row] for row in sorted(contacts)]),
        deliveries=Deliveries.from_rows(deliveries).sort_by("start", "acquisition"),
        telemetry=Telemetry.join(telemetry),
    )


def _check(satellites: tuple[Satellite, ...], plan: Plan, faults: Faults) -> None:
    known = {satellite.id for satellite in satellites}
    contacts = set(plan.contacts.id.tolist())
    for what, asked, there in (
        ("satellite", set(plan.acquisitions.satellite.tolist()) | set(plan.contacts.satellite.tolist()), known),
        ("satellite", set(faults.slew_slowdown), known),
        ("contact", set(faults.late_contact_s) | set(faults.lost_contacts), contacts),
    ):
        if asked - there:
            fix = "Give satellites, a plan and faults that fit together"
            raise InputError(f"the flight has no {what} {min(asked - there)!r}", fix=fix)
    if any(factor < 1.0 for factor in faults.slew_slowdown.values()):
        raise InputError("a slowdown below 1 would turn faster than the wheels can", fix="Give factors of 1 or more")


def _span_s(origin: np.datetime64, start: np.datetime64, stop: np.datetime64) -> tuple[float, float]:
    first, last = ((t - origin).astype("timedelta64[ns]").astype(np.int64) for t in (start, stop))
    return float(first) * 1e-9, float(last) * 1e-9


def _activities(satellite: str, plan: Plan, origin: np.datetime64) -> list[_Activity]:
    looks, contacts = plan.acquisitions, plan.contacts
    found = []
    for row in np.flatnonzero(looks.satellite == satellite):
        span = _span_s(origin, looks.start[row], looks.stop[row])
        attitude = (float(looks.roll_deg[row]), float(looks.pitch_deg[row]))
        found.append(_Activity(int(row), str(looks.id[row]), False, *span, attitude, float(looks.data_bit[row])))
    for row in np.flatnonzero(contacts.satellite == satellite):
        span = _span_s(origin, contacts.start[row], contacts.stop[row])
        rate_bit_s = float(contacts.rate_bit_s[row])
        found.append(_Activity(int(row), str(contacts.id[row]), True, *span, (0.0, 0.0), rate_bit_s))
    return sorted(found, key=lambda activity: (activity.start_s, activity.id))


@dataclass
class _Flight:
    """One satellite on its way through the plan: where it looks, what it holds, what it has sent."""

    satellite: Satellite
    plan: Plan
    origin: np.datetime64
    seed: int
    faults: Faults
    tape: Tape
    attitude_deg: tuple[float, float] = (0.0, 0.0)
    turns: list[Turn] = field(default_factory=list)
    held: dict[int, float] = field(default_factory=dict)
    """bits still on board, by row of the plan's acquisitions"""
    deliveries: list[dict[str, Any]] = field(default_factory=list)

    def _at(self, at_s: float) -> np.datetime64:
        return np.datetime64(self.origin.astype("datetime64[ns]") + seconds(at_s), "ns")

    def _chance(self, id: str, number: int) -> npt.NDArray[np.float64]:
        rng = np.random.default_rng([self.seed & 0x7FFFFFFF, zlib.crc32(id.encode()), 0xF1])
        return np.asarray(self.faults.scatter_share * rng.normal(0.0, 1.0, number), np.float64)

    def _turn_to(self, activity: _Activity) -> Turn:
        """Turn so as to arrive just in time by the book; begin later where the last activity has run late."""
        planned_s = float(slew_s(self.satellite.agility, slew_angle_deg(*self.attitude_deg, *activity.attitude_deg)))
        begin_s = max(activity.start_s - planned_s, self.tape.now_s)
        agility = slowed(self.satellite.agility, self.faults.slew_slowdown.get(self.satellite.id, 1.0))
        turn = plan_turn(agility, begin_s, self.attitude_deg, activity.attitude_deg)
        self.tape.advance(begin_s)
        self.tape.advance(min(turn.settled_s, max(activity.start_s, begin_s)), mode="slew")
        self.turns.append(turn)
        self.attitude_deg = activity.attitude_deg
        return turn

    def picture(self, activity: _Activity) -> dict[str, Any]:
        """Take one picture, or not; returns its row of ``Flown``."""
        turn = self._turn_to(activity)
        roll, pitch, yaw, timing = self._chance(activity.id, 4)
        start_s = max(activity.start_s + _TIMING_SIGMA_S * abs(timing), self.tape.now_s)
        status, because = self._judge(activity, turn)
        if status == "skipped":
            start_s = activity.start_s
            errors_deg = np.zeros(3)
            self.tape.advance(max(turn.settled_s, self.tape.now_s), mode="slew")
        else:
            errors_deg = self.satellite.agility.pointing_sigma_deg * np.array([roll, pitch, yaw])
            self.tape.advance(start_s)
            self.tape.advance(start_s + activity.stop_s - activity.start_s, mode="image", fill_bit=activity.bit)
            self.held[activity.row] = activity.bit
        true_deg = np.array([*activity.attitude_deg, 0.0]) + errors_deg
        return {
            "acquisition": activity.id,
            "satellite": self.satellite.id,
            "start": self._at(start_s),
            "stop": self._at(start_s + activity.stop_s - activity.start_s),
            "roll_deg": true_deg[0],
            "pitch_deg": true_deg[1],
            "yaw_deg": true_deg[2],
            "pointing_error_deg": float(slew_angle_deg(*activity.attitude_deg, true_deg[0], true_deg[1])),
            "status": status,
            "because": because,
        }

    def _judge(self, activity: _Activity, turn: Turn) -> tuple[str, str]:
        late_s = turn.settled_s - activity.start_s
        power, stored_wh = self.satellite.power, self.tape.battery_wh
        room_bit = self.satellite.memory.capacity_bit - self.tape.memory_bit
        if turn.arrived_s > activity.start_s + _IN_TIME_S:
            return "skipped", f"still turning: on target {turn.arrived_s - activity.start_s:.1f} s too late"
        if stored_wh < power.min_wh:
            return "skipped", f"battery at {stored_wh:.1f} Wh, below its minimum of {power.min_wh:.1f} Wh"
        if activity.bit > room_bit:
            return "skipped", f"memory full: {room_bit / 1e9:.2f} Gbit free, {activity.bit / 1e9:.2f} Gbit needed"
        if late_s > _IN_TIME_S:
            return "blurred", f"the turn settled {late_s:.1f} s after the picture began"
        return "done", ""

    def contact(self, activity: _Activity) -> dict[str, Any]:
        """Send what is held; returns the row of ``FlownContacts``."""
        turn = self._turn_to(activity)
        self.tape.advance(turn.settled_s, mode="slew")
        late_s = _LATE_SIGMA_S * abs(float(self._chance(activity.id, 1)[0]))
        late_s += self.faults.late_contact_s.get(activity.id, 0.0)
        stop_s = max(activity.stop_s, self.tape.now_s)
        start_s = min(max(activity.start_s + late_s, self.tape.now_s), stop_s)
        self.tape.advance(min(activity.start_s, start_s))
        self.tape.advance(start_s, mode="contact")
        lost = activity.id in self.faults.lost_contacts
        sent_bit = 0.0 if lost else self._send(activity, stop_s)
        self.tape.advance(stop_s, mode="contact")
        late_s = start_s - activity.start_s
        status, because = "done", ""
        if lost or start_s >= stop_s:
            status, because = "lost", "nothing came through" if lost else "the turn ended after the contact"
        elif late_s > _LATE_S:
            status, because = "late", f"began {late_s:.1f} s late"
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

    def _send(self, activity: _Activity, stop_s: float) -> float:
        """First the pictures planned for this contact, then others, in the order they were due; returns bits sent."""
        looks = self.plan.acquisitions
        sent_bit = 0.0
        for row in sorted(self.held, key=lambda row: (looks.contact[row] != activity.id, looks.on_ground[row], row)):
            begin_s = self.tape.now_s
            bit = min(self.held[row], activity.bit * (stop_s - begin_s))
            if bit <= 0.0:
                break
            end_s = min(begin_s + bit / activity.bit, stop_s)
            self.tape.advance(end_s, mode="contact", fill_bit=-bit)
            part = {"acquisition": looks.id[row], "contact": activity.id, "sent_bit": bit}
            self.deliveries.append({**part, "start": self._at(begin_s), "stop": self._at(end_s)})
            self.held[row] -= bit
            sent_bit += bit
        self.held = {row: bit for row, bit in self.held.items() if bit > 0.0}
        return sent_bit
