"""A plan as it lies in the kernels, and as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import Infeasible, InputError
from swath.model import Acquisitions, Contacts, Plan
from swath.plan.arrays import Indexed
from swath.plan.contact_kernels import flowed_bit, send
from swath.plan.layout import CONTACT, LOOKS, SHOT, Fleet, State
from swath.plan.margin_kernels import battery_margin_wh
from swath.plan.sequence_kernels import copy_state
from swath.time import format_utc

__all__ = ["codes_of", "copy_of", "fixed_state", "plan_tables", "planned_state"]

Whole = npt.NDArray[np.int64]


def _empty_state(fleet: Fleet) -> State:
    requests, passes, satellites = len(fleet.request), len(fleet.passes), len(fleet.satellite)
    pictures = np.ones(requests, np.int64)
    np.maximum.at(pictures, fleet.look["request"], fleet.look["count"])
    shot = np.zeros(LOOKS * requests, SHOT)
    shot["sent"], shot["ground_s"] = -1, np.inf
    return State(
        length=np.zeros(satellites, np.int64),
        item=np.zeros((satellites, int(pictures.sum()) + passes + 1), np.int64),
        look=np.full(requests, -1),
        shot=shot,
        contact=np.zeros(passes, CONTACT),
        load=np.zeros((passes, int(pictures.sum())), np.int64),
        used=np.zeros((len(fleet.allowed) + 1, 2)),
    )


def copy_of(fleet: Fleet, state: State) -> State:
    """Another state that holds the same plan."""
    other = _empty_state(fleet)
    copy_state(other, state)
    return other


def codes_of(fleet: Fleet, state: State, q: int) -> list[int]:
    """The picture codes of a request that is in the plan."""
    return [LOOKS * q + k for k in range(int(fleet.look[state.look[q]]["count"]))] if state.look[q] >= 0 else []


def fixed_state(indexed: Indexed) -> State:
    """The plan that holds what is fixed and nothing else.

    Raises :class:`Infeasible` where even that cannot be done: a battery that falls too low without any new picture, or
    a fixed picture that can no longer come down in time.
    """
    frozen, contacts, fleet = indexed.problem.frozen, indexed.problem.frozen_contacts, indexed.fleet
    chosen = np.array([np.flatnonzero(indexed.source == -1 - n)[0] for n in range(len(frozen))], np.int64)
    state = _filled(indexed, frozen, contacts, chosen)
    fixed = np.flatnonzero(fleet.request["fixed"]).tolist()
    waiting = [code for q in fixed for code in codes_of(fleet, state, q) if state.shot[code]["sent"] < 0]
    start = {code: fleet.look[state.look[code // LOOKS] + code % LOOKS]["start"] for code in waiting}
    for code in sorted(waiting, key=lambda c: (not fleet.request[c // LOOKS]["urgent"], start[c])):
        if not send(fleet, state, code, np.zeros(1, np.uint64), 0.0):
            request = indexed.problem.requests[code // LOOKS]
            raise Infeasible(
                f"the picture of {request.id}, already commanded, cannot come down by {format_utc(request.deadline)}",
                where="fixed part of the plan",
                fix="Add a station, or move the request's deadline",
            )
    for number, satellite in enumerate(indexed.problem.satellites):
        margin_wh = battery_margin_wh(fleet, state, number)
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
    return _filled(indexed, plan.acquisitions, plan.contacts, _rows_of(indexed, plan.acquisitions))


def _rows_of(indexed: Indexed, taken: Acquisitions) -> Whole:
    """The look that each picture of a plan is."""
    problem, fleet = indexed.problem, indexed.fleet
    tables = (problem.opportunities, problem.frozen)
    keys = [list(zip(t.request.tolist(), t.satellite.tolist(), t.start.tolist(), strict=True)) for t in tables]
    of_request: dict[str, list[tuple[int, tuple[str, str, int]]]] = {}
    for look, source in enumerate(indexed.source.tolist()):
        key = keys[0][source] if source >= 0 else keys[1][-1 - source]
        of_request.setdefault(key[0], []).append((look, key))
    pictures: dict[str, list[int]] = {}
    for row in np.argsort(taken.start, kind="stable").tolist():
        pictures.setdefault(str(taken.request[row]), []).append(row)
    chosen = np.full(len(taken), -1, np.int64)
    for id, rows in pictures.items():
        wanted = [(id, str(taken.satellite[row]), taken.start[row].item()) for row in rows]
        fixed = bool(np.isin(id, problem.frozen.request))
        known = of_request.get(id, [])
        for number, (look, _) in enumerate(known):
            same = [key for _, key in known[number : number + len(rows)]] == wanted
            if same and fleet.look[look]["count"] == len(rows) and (indexed.source[look] < 0) == fixed:
                chosen[rows] = look + np.arange(len(rows))
                break
        else:
            raise InputError(f"{taken.id[rows[0]]} is no offered look", where="plan", fix="Give the plan's own problem")
    return chosen


def _filled(indexed: Indexed, taken: Acquisitions, contacts: Contacts, chosen: Whole) -> State:
    fleet, state = indexed.fleet, _empty_state(indexed.fleet)
    number_of = {id: _pass_of(indexed, contacts, row) for row, id in enumerate(contacts.id.tolist())}
    for row, p in enumerate(number_of.values()):
        state.contact[p]["begin_s"], state.contact[p]["end_s"] = (
            indexed.after_s(contacts.start[row]),
            indexed.after_s(contacts.stop[row]),
        )
    begins: list[list[tuple[float, int]]] = [[] for _ in fleet.satellite]
    for look in chosen.tolist():
        q = int(fleet.look[look]["request"])
        state.look[q] = look if state.look[q] < 0 else min(state.look[q], look)
    for row in np.argsort(taken.on_ground, kind="stable"):
        look = fleet.look[chosen[row]]
        q, owner = int(look["request"]), fleet.request[look["request"]]["owner"]
        code = LOOKS * q + int(chosen[row] - state.look[q])
        begins[look["satellite"]].append((float(look["start"]), code))
        state.used[owner] += 1.0, look["stop"] - look["start"]  # -1, nobody, is the last row
        p = number_of.get(str(taken.contact[row]), -1)
        if p >= 0:
            state.shot[code]["sent"], state.shot[code]["ground_s"] = p, indexed.after_s(taken.on_ground[row])
            state.load[p, state.contact[p]["loads"]] = code
            state.contact[p]["loads"] += 1
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


def plan_tables(indexed: Indexed, state: State) -> tuple[Acquisitions, Contacts]:
    """The plan as tables, in order of time; what was fixed keeps its ids."""
    problem, fleet = indexed.problem, indexed.fleet
    names: dict[int, str] = {}
    rows: list[dict[str, object]] = []
    used = set(problem.frozen_contacts.id.tolist())
    for p in np.flatnonzero(state.contact["loads"] > 0).tolist():
        if fleet.passes[p]["fixed"]:
            names[p] = str(problem.frozen_contacts.id[-1 - indexed.pass_row[p]])
            continue
        satellite = problem.satellites[fleet.passes[p]["satellite"]].id
        station = problem.stations[fleet.passes[p]["station"]].id
        begin_s, end_s = float(state.contact[p]["begin_s"]), float(state.contact[p]["end_s"])
        names[p] = _name(f"{satellite}-{station}", indexed.time(begin_s), used)
        codes = state.load[p, : state.contact[p]["loads"]]
        rows.append(
            {
                "id": names[p],
                "satellite": satellite,
                "station": station,
                "start": indexed.time(begin_s),
                "stop": indexed.time(end_s),
                "rate_bit_s": round(
                    (flowed_bit(fleet, p, end_s) - flowed_bit(fleet, p, begin_s)) / (end_s - begin_s), 3
                ),
                "volume_bit": fleet.look[state.look[codes // LOOKS] + codes % LOOKS]["bit"].sum(),
            }
        )
    contacts = Contacts.join([problem.frozen_contacts, Contacts.from_rows(rows)]).sort_by("start", "satellite")
    return _acquisitions(indexed, state, names), contacts


def _acquisitions(indexed: Indexed, state: State, contact_names: dict[int, str]) -> Acquisitions:
    problem, fleet = indexed.problem, indexed.fleet
    used = set(problem.frozen.id.tolist())
    rows: list[dict[str, Any]] = []
    codes = [code for q in np.flatnonzero(state.look >= 0).tolist() for code in codes_of(fleet, state, q)]
    for code in sorted(codes, key=lambda c: fleet.look[state.look[c // LOOKS] + c % LOOKS]["start"]):
        source = int(indexed.source[state.look[code // LOOKS] + code % LOOKS])
        request = problem.requests[code // LOOKS]
        row = next((problem.opportunities if source >= 0 else problem.frozen).take([max(source, -1 - source)]).rows())
        row["contact"] = contact_names[int(state.shot[code]["sent"])]
        on_ground = indexed.time(state.shot[code]["ground_s"])
        if source >= 0:
            row["id"] = _name(str(row["satellite"]), row["start"], used)
            row["value"] *= _on_time(request.halves_s, on_ground - request.ordered)
            del row["window"]
        else:
            row["value"] *= _on_time(request.halves_s, on_ground - row["on_ground"])
        row["on_ground"] = on_ground
        rows.append(row)
    return Acquisitions.from_rows(rows)


def _on_time(halves_s: float, waited: np.timedelta64) -> float:
    return 1.0 if halves_s == np.inf else float(0.5 ** (waited / np.timedelta64(1, "ns") * 1e-9 / halves_s))


def _name(prefix: str, at: np.datetime64, used: set[str]) -> str:
    """Satellite (and station) and the second: what somebody can look up, and the same in the next plan."""
    stem = f"{prefix}-{format_utc(at).translate(str.maketrans('', '', '-:'))}"
    name, number = stem, 2
    while name in used:
        name, number = f"{stem}-{number}", number + 1
    used.add(name)
    return name
