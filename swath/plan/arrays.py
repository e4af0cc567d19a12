"""A planning problem as plain arrays for the kernels, and a plan as it lies in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import Infeasible, InputError
from swath.model import Acquisitions, Contacts, Plan
from swath.plan.kernels import battery_margin_wh, copy_state, send
from swath.plan.layout import CONTACT, DARK, LOOK, PASS, REQUEST, SATELLITE, TAKEN, Fleet, State
from swath.plan.problem import Problem
from swath.spacecraft.agility import boresight
from swath.time import format_utc, seconds

__all__ = ["Indexed", "copy_of", "fixed_state", "index", "planned_state"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]


@dataclass(frozen=True)
class Indexed:
    """A problem by numbers.

    Looks are the opportunities in their order, then the fixed pictures; passes are those of the problem by satellite
    and time (``pass_row``), a fixed contact being a pass of its own (``-1 - row``).
    """

    problem: Problem
    fleet: Fleet
    pass_row: Whole

    @property
    def offered(self) -> int:
        """How many looks are opportunities; the others are fixed pictures."""
        return len(self.problem.opportunities)

    def after_s(self, at: Times) -> Floats:
        """Seconds since the plan's start."""
        return np.asarray((at - self.problem.start) / np.timedelta64(1, "ns") * 1e-9, np.float64)

    def time(self, after_s: float) -> np.datetime64:
        """The moment so many seconds after the plan's start, on the next whole millisecond."""
        moment: np.datetime64 = self.problem.start + seconds(np.ceil(after_s * 1e3 - 1e-4) / 1e3)
        return moment


def index(problem: Problem) -> Indexed:
    """The arrays of a problem. Raises :class:`InputError` where a fixed picture is not consistent with itself."""
    satellites = {satellite.id: number for number, satellite in enumerate(problem.satellites)}
    requests = {request.id: number for number, request in enumerate(problem.requests)}
    bare = Indexed(problem, None, np.empty(0, np.int64))  # type: ignore[arg-type]
    if len(set(problem.frozen.request.tolist())) < len(problem.frozen):
        raise InputError("a request has two fixed pictures", where="frozen", fix="Keep one of them")
    passes, pass_row = _passes(bare, satellites)
    dark = _dark(bare, satellites)
    choice, request = _requests(bare, requests)
    return Indexed(
        problem,
        Fleet(
            satellite=_spacecraft(bare, dark[0], passes["satellite"]),
            dark=dark[1],
            passes=passes,
            look=_looks(bare, satellites, requests),
            request=request,
            choice=choice,
        ),
        pass_row,
    )


def _records(dtype: np.dtype[np.void], **columns: npt.ArrayLike) -> Records:
    records = np.zeros(len(np.asarray(next(iter(columns.values())))), dtype)
    for name, values in columns.items():
        records[name] = values
    return records


def _spacecraft(bare: Indexed, dark_owner: Whole, pass_owner: Whole) -> Records:
    craft = bare.problem.satellites
    records = np.zeros(len(craft), SATELLITE)
    for record, satellite in zip(records, craft, strict=True):
        agility, power = satellite.agility, satellite.power
        record["rate_deg_s"], record["acceleration_deg_s2"] = agility.max_rate_deg_s, agility.max_acceleration_deg_s2
        record["settling_s"], record["capacity_bit"] = agility.settling_s, satellite.memory.capacity_bit
        for name in ("battery_wh", "initial_wh", "min_wh", "charge_w", "idle_w", "slew_w", "image_w", "contact_w"):
            record[name] = getattr(power, name)
    records["horizon_s"] = bare.after_s(np.asarray(bare.problem.stop))
    number = np.arange(len(craft))
    records["dark_first"], records["dark_last"] = (np.searchsorted(dark_owner, number, s) for s in ("left", "right"))
    records["pass_first"], records["pass_last"] = (np.searchsorted(pass_owner, number, s) for s in ("left", "right"))
    return records


def _numbers(ids: npt.NDArray[np.str_], known: dict[str, int]) -> Whole:
    return np.array([known[str(id)] for id in ids], np.int64)


def _dark(bare: Indexed, satellites: dict[str, int]) -> tuple[Whole, Records]:
    eclipses = bare.problem.eclipses
    owner = _numbers(eclipses.satellite, satellites)
    order = np.lexsort([eclipses.start, owner])
    start, stop = bare.after_s(eclipses.start[order]), bare.after_s(eclipses.stop[order])
    return owner[order], _records(DARK, start=start, stop=stop)


def _passes(bare: Indexed, satellites: dict[str, int]) -> tuple[Records, Whole]:
    """Passes clipped to what can be commanded and lies in the plan; each fixed contact as a pass that is taken."""
    problem, passes, fixed = bare.problem, bare.problem.passes, bare.problem.frozen_contacts
    stations = {station.id: number for number, station in enumerate(problem.stations)}
    owner = _numbers(np.concatenate([passes.satellite, fixed.satellite]), satellites)
    station = _numbers(np.concatenate([passes.subject, fixed.station]), stations)
    setup_s = np.array([s.setup_s for s in problem.stations], np.float64)[station]
    lowest_s = np.array([bare.after_s(np.asarray(problem.commandable_from(s.id))) for s in problem.satellites])[owner]
    rise_s = bare.after_s(np.concatenate([passes.start, fixed.start]))
    set_s = bare.after_s(np.concatenate([passes.stop, fixed.stop]))
    taken = np.arange(len(owner)) >= len(passes)
    end_s = np.minimum(np.floor(set_s * 1e3) / 1e3, bare.after_s(np.asarray(problem.stop)))
    records = _records(
        PASS,
        satellite=owner,
        station=station,
        start=np.where(taken, rise_s, np.maximum(rise_s, lowest_s + setup_s)),
        stop=np.where(taken, set_s, end_s),
        rate_bit_s=np.minimum(
            np.array([s.rate_bit_s for s in problem.stations], np.float64)[station],
            np.array([s.radio.max_rate_bit_s for s in problem.satellites], np.float64)[owner],
        ),
        setup_s=setup_s,
        fixed=taken,
    )
    row = np.concatenate([np.arange(len(passes)), -1 - np.arange(len(fixed))]).astype(np.int64)
    order = np.lexsort([records["start"], owner])
    order = order[(records["stop"] > records["start"])[order]]
    return records[order], row[order]


def _looks(bare: Indexed, satellites: dict[str, int], requests: dict[str, int]) -> Records:
    looks, fixed = bare.problem.opportunities, bare.problem.frozen

    def both(name: str) -> Any:
        return np.concatenate([getattr(looks, name), getattr(fixed, name)])

    x, y, z = boresight(both("roll_deg"), both("pitch_deg")).T
    return _records(
        LOOK,
        request=_numbers(both("request"), requests),
        satellite=_numbers(both("satellite"), satellites),
        window=np.concatenate([looks.window, np.full(len(fixed), -1)]),
        start=bare.after_s(both("start")),
        stop=bare.after_s(both("stop")),
        x=x,
        y=y,
        z=z,
        value=both("value"),
        bit=both("data_bit"),
    )


def _requests(bare: Indexed, requests: dict[str, int]) -> tuple[Whole, Records]:
    """Each request's looks that can still be commanded, the best first, and its deadline."""
    problem, looks = bare.problem, bare.problem.opportunities
    lowest = {s.id: problem.commandable_from(s.id) for s in problem.satellites}
    told = np.array([lowest[str(s)] for s in looks.satellite], "datetime64[ns]")
    fixed = np.isin(np.array([r.id for r in problem.requests], "U"), problem.frozen.request)
    owner = _numbers(looks.request, requests)
    row = np.flatnonzero((looks.start >= told) & (looks.stop <= problem.stop) & ~fixed[owner])
    choice = row[np.lexsort([looks.start[row], -looks.value[row], owner[row]])].astype(np.int64)
    due = np.array([min(request.deadline, problem.stop) for request in problem.requests], "datetime64[ns]")
    number = np.arange(len(requests))
    return choice, _records(
        REQUEST,
        due_s=bare.after_s(due),
        urgent=[request.urgent for request in problem.requests],
        fixed=fixed,
        first=np.searchsorted(owner[choice], number, "left"),
        last=np.searchsorted(owner[choice], number, "right"),
    )


def _empty_state(fleet: Fleet) -> State:
    requests, passes, satellites = len(fleet.request), len(fleet.passes), len(fleet.satellite)
    return State(
        length=np.zeros(satellites, np.int64),
        item=np.zeros((satellites, requests + passes + 1), np.int64),
        request=_records(TAKEN, look=np.full(requests, -1), sent=-1, ground_s=np.inf),
        contact=np.zeros(passes, CONTACT),
        load=np.zeros((passes, requests), np.int64),
    )


def copy_of(fleet: Fleet, state: State) -> State:
    """Another state that holds the same plan."""
    other = _empty_state(fleet)
    copy_state(other, state)
    return other


def fixed_state(indexed: Indexed) -> State:
    """The plan that holds what is fixed and nothing else.

    Raises :class:`Infeasible` where even that cannot be done: a battery that falls too low without any new picture, or
    a fixed picture that can no longer come down in time.
    """
    frozen, contacts = indexed.problem.frozen, indexed.problem.frozen_contacts
    state = _filled(indexed, frozen, contacts, np.arange(indexed.offered, indexed.offered + len(frozen)))
    waiting = np.flatnonzero(indexed.fleet.request["fixed"] & (state.request["sent"] < 0))
    start = indexed.fleet.look["start"][state.request["look"][waiting]]
    for q in waiting[np.lexsort([start, ~indexed.fleet.request["urgent"][waiting]])].tolist():
        if not send(indexed.fleet, state, q, np.zeros(1, np.uint64), 0.0):
            request = indexed.problem.requests[q]
            raise Infeasible(
                f"the picture of {request.id}, already commanded, cannot come down by {format_utc(request.deadline)}",
                where="fixed part of the plan",
                fix="Add a station, or move the request's deadline",
            )
    for number, satellite in enumerate(indexed.problem.satellites):
        margin_wh = battery_margin_wh(indexed.fleet, state, number)
        if margin_wh < 0.0:
            raise Infeasible(
                f"its battery falls {-margin_wh:.1f} Wh below min_wh without any new picture",
                where=f"satellite {satellite.id}",
                fix="Check initial_wh, charge_w and idle_w, or leave the satellite out",
            )
    return state


def planned_state(indexed: Indexed, plan: Plan) -> State:
    """A plan of this problem as it lies in the kernels.

    Raises :class:`InputError` where it takes a look that nobody offers, or sends outside the passes.
    """
    looks = indexed.problem.opportunities
    offered = {key: n for n, key in enumerate(zip(looks.request, looks.satellite, looks.start.tolist(), strict=True))}
    fixed = {str(request): indexed.offered + n for n, request in enumerate(indexed.problem.frozen.request)}
    taken = plan.acquisitions
    chosen = [
        fixed.get(str(request), offered.get((request, satellite, start), -1))
        for request, satellite, start in zip(taken.request, taken.satellite, taken.start.tolist(), strict=True)
    ]
    if -1 in chosen:
        raise InputError(
            f"{taken.id[chosen.index(-1)]} is no offered look", where="plan", fix="Give the plan's own problem"
        )
    return _filled(indexed, taken, plan.contacts, np.array(chosen, np.int64))


def _filled(indexed: Indexed, taken: Acquisitions, contacts: Contacts, chosen: Whole) -> State:
    fleet, state = indexed.fleet, _empty_state(indexed.fleet)
    number_of = {id: _pass_of(indexed, contacts, row) for row, id in enumerate(contacts.id.tolist())}
    for row, p in enumerate(number_of.values()):
        state.contact[p]["begin_s"], state.contact[p]["end_s"] = (
            indexed.after_s(contacts.start[row]),
            indexed.after_s(contacts.stop[row]),
        )
    for row in np.argsort(taken.on_ground, kind="stable"):
        q = int(fleet.look[chosen[row]]["request"])
        state.request[q]["look"] = chosen[row]
        p = number_of.get(str(taken.contact[row]), -1)
        if p >= 0:
            state.request[q]["sent"], state.request[q]["ground_s"] = p, indexed.after_s(taken.on_ground[row])
            state.load[p, state.contact[p]["loads"]] = q
            state.contact[p]["loads"] += 1
    begins: list[list[tuple[float, int]]] = [[] for _ in fleet.satellite]
    for q in np.flatnonzero(state.request["look"] >= 0).tolist():
        look = fleet.look[state.request[q]["look"]]
        begins[look["satellite"]].append((float(look["start"]), q))
    for p in number_of.values():
        begins[fleet.passes[p]["satellite"]].append((float(state.contact[p]["begin_s"]), -1 - p))
    for s, items in enumerate(begins):
        state.length[s] = len(items)
        state.item[s, : len(items)] = [code for _, code in sorted(items)]
    return state


def _pass_of(indexed: Indexed, contacts: Contacts, row: int) -> int:
    """The pass that a contact lies in; a fixed one is its own."""
    fleet, problem = indexed.fleet, indexed.problem
    begin_s = float(indexed.after_s(contacts.start[row]))
    own = np.flatnonzero(problem.frozen_contacts.id == contacts.id[row])
    for p in range(len(fleet.passes)):
        if len(own) and indexed.pass_row[p] == -1 - own[0]:
            return p
        same = problem.satellites[fleet.passes[p]["satellite"]].id == contacts.satellite[row]
        same = same and problem.stations[fleet.passes[p]["station"]].id == contacts.station[row]
        if not len(own) and same and fleet.passes[p]["start"] - 1e-6 <= begin_s < fleet.passes[p]["stop"]:
            return p
    raise InputError(f"contact {contacts.id[row]} lies in no pass", where="plan", fix="Give the plan's own problem")
