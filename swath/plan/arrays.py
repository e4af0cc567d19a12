"""A planning problem as plain arrays for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.plan.layout import BUNDLE, DARK, LOOK, NEAR, REQUEST, SATELLITE, Fleet
from swath.plan.passes import pass_records
from swath.plan.problem import Problem, worth
from swath.spacecraft.agility import boresight
from swath.time import seconds

__all__ = ["Indexed", "index"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

_SUN_MARGIN_DEG = 0.05
"""kept from the Sun on top of what is asked"""


@dataclass(frozen=True)
class Indexed:
    """A problem by numbers.

    Looks are the opportunities in their order, then those of stereo groups once more, group by group, then the fixed
    pictures (``source``); passes are those of the problem by satellite and time (``pass_row``), a fixed contact being
    a pass of its own (``-1 - row``).
    """

    problem: Problem
    fleet: Fleet
    pass_row: Whole
    source: Whole
    """by look: its row of the opportunities, or -1 - its row of the fixed pictures"""

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
    bare = Indexed(problem, None, np.empty(0, np.int64), np.empty(0, np.int64))  # type: ignore[arg-type]
    passes, flow, pass_row = pass_records(problem, satellites)
    dark_owner, dark = _dark(bare, satellites)
    source, count = _sources(problem)
    craft = _spacecraft(bare, dark_owner, passes["satellite"])
    look = _looks(bare, satellites, requests, source, count)
    sun, sun_step_s = _sun(bare, satellites)
    choice, request = _requests(bare, requests, look, source, _glared(craft, dark, sun, sun_step_s, look))
    near, request["near_first"], request["near_last"] = _near(problem, requests)
    bundle, member, gain = _bundles(problem, requests)
    return Indexed(
        problem,
        Fleet(
            satellite=craft,
            dark=dark,
            passes=passes,
            flow=flow,
            look=look,
            request=request,
            choice=choice,
            near=near,
            bundle=bundle,
            member=member,
            gain=gain,
            allowed=np.array([(o.max_pictures, o.max_image_s) for o in problem.owners], np.float64).reshape(-1, 2),
            fair=np.array([o.fair_share for o in problem.owners], np.float64),
            sun=sun,
            sun_step_s=sun_step_s,
            churn_loss=float(problem.churn_loss),
        ),
        pass_row,
        source,
    )


def _records(dtype: np.dtype[np.void], **columns: npt.ArrayLike) -> Records:
    records = np.zeros(len(np.asarray(next(iter(columns.values())))), dtype)
    for name, values in columns.items():
        records[name] = values
    return records


def _numbers(ids: npt.NDArray[np.str_], known: dict[str, int]) -> Whole:
    return np.array([known[str(id)] for id in ids], np.int64)


def _spacecraft(bare: Indexed, dark_owner: Whole, pass_owner: Whole) -> Records:
    craft = bare.problem.satellites
    records = np.zeros(len(craft), SATELLITE)
    for record, satellite in zip(records, craft, strict=True):
        agility, power, duty, thermal = satellite.agility, satellite.power, satellite.duty, satellite.thermal
        record["rate_deg_s"], record["acceleration_deg_s2"] = agility.max_rate_deg_s, agility.max_acceleration_deg_s2
        record["settling_s"], record["capacity_bit"] = agility.settling_s, satellite.memory.capacity_bit
        for name in ("battery_wh", "initial_wh", "min_wh", "charge_w", "idle_w", "slew_w", "image_w", "contact_w"):
            record[name] = getattr(power, name)
        record["array_follows_sun"] = power.array_follows_sun
        record["duty_s"], record["window_s"] = duty.image_s, duty.window_s
        record["warm_up_s"], record["warm_up_w"] = duty.warm_up_s, duty.warm_up_w
        record["rise_k"], record["settles_s"] = thermal.rise_k, thermal.settles_s
        record["room_k"] = thermal.max_k - thermal.rest_k
        away_deg = agility.sun_keep_out_deg
        record["keep_out_cos"] = np.cos(np.radians(away_deg + _SUN_MARGIN_DEG)) if away_deg > 0.0 else 2.0
    records["horizon_s"] = bare.after_s(np.asarray(bare.problem.stop))
    number = np.arange(len(craft))
    records["dark_first"], records["dark_last"] = (np.searchsorted(dark_owner, number, s) for s in ("left", "right"))
    records["pass_first"], records["pass_last"] = (np.searchsorted(pass_owner, number, s) for s in ("left", "right"))
    return records


def _dark(bare: Indexed, satellites: dict[str, int]) -> tuple[Whole, Records]:
    eclipses = bare.problem.eclipses
    owner = _numbers(eclipses.satellite, satellites)
    order = np.lexsort([eclipses.start, owner])
    start, stop = bare.after_s(eclipses.start[order]), bare.after_s(eclipses.stop[order])
    return owner[order], _records(DARK, start=start, stop=stop)


def _sun(bare: Indexed, satellites: dict[str, int]) -> tuple[Floats, float]:
    """Directions by satellite and time; two zeros where nobody asks."""
    table = bare.problem.sun
    if not len(table):
        return np.zeros((len(satellites), 2, 3)), float(bare.after_s(np.asarray(bare.problem.stop)))
    times = np.unique(table.time)
    steps = np.unique(np.diff(times))
    if len(times) < 2 or len(steps) != 1 or times[0] != bare.problem.start:
        raise InputError("Sun directions are not even from the plan's start", where="sun", fix="See sun_directions")
    sun = np.zeros((len(satellites), len(times), 3))
    row = _numbers(table.satellite, satellites), np.searchsorted(times, table.time)
    sun[row] = np.stack([table.cos_forward, table.cos_right, table.cos_down], -1)
    return sun, float(steps[0] / np.timedelta64(1, "ns") * 1e-9)


def _glared(craft: Records, dark: Records, sun: Floats, step_s: float, look: Records) -> npt.NDArray[np.bool_]:
    """Which looks are too near to the Sun at their beginning or end?"""
    bad = np.zeros(len(look), np.bool_)
    for s in np.flatnonzero(craft["keep_out_cos"] < 1.5).tolist():
        mine = np.flatnonzero(look["satellite"] == s)
        sight = np.stack([look[name][mine] for name in "xyz"], -1)
        shadows = dark[craft[s]["dark_first"] : craft[s]["dark_last"]]
        for name in ("start", "stop"):
            at = look[name][mine]
            grid = np.arange(sun.shape[1]) * step_s
            toward = np.stack([np.interp(at, grid, sun[s, :, k]) for k in range(3)], -1)
            hidden = ((shadows["start"] <= at[:, None]) & (at[:, None] < shadows["stop"])).any(1)
            bad[mine] |= (np.sum(sight * toward, -1) > craft[s]["keep_out_cos"]) & ~hidden
    return bad


def _sources(problem: Problem) -> tuple[Whole, Whole]:
    """Rows of opportunities and fixed pictures that the looks are, and how many of them make a picture."""
    looks, groups, frozen = problem.opportunities, problem.groups, problem.frozen
    rows, counts = [np.arange(len(looks))], [np.ones(len(looks), np.int64)]
    if len(groups):
        at = {key: n for n, key in enumerate(zip(looks.request, looks.satellite, looks.start.tolist(), strict=True))}
        for row in groups.rows():
            starts = [row[name] for name in ("first", "second", "third") if not np.isnat(row[name])]
            found = [at.get((row["request"], row["satellite"], start.astype("i8").item()), -1) for start in starts]
            if -1 not in found:
                rows.append(np.array(found))
                counts.append(np.full(len(found), len(found)))
    wanted = {request.id: request.looks for request in problem.requests}
    for id in dict.fromkeys(frozen.request.tolist()):
        mine = np.flatnonzero(frozen.request == id)
        if len(mine) > wanted[id]:
            raise InputError(f"request {id} has two fixed pictures", where="frozen", fix="Keep one of them")
        if len(mine) < wanted[id]:
            raise InputError(f"of request {id} only some looks are fixed", where="frozen", fix="Fix all or none")
        rows.append(-1 - mine[np.argsort(frozen.start[mine])])
        counts.append(np.full(len(mine), len(mine)))
    return np.concatenate(rows).astype(np.int64), np.concatenate(counts).astype(np.int64)


def _looks(bare: Indexed, satellites: dict[str, int], requests: dict[str, int], source: Whole, count: Whole) -> Records:
    looks, fixed, problem = bare.problem.opportunities, bare.problem.frozen, bare.problem
    row = np.where(source >= 0, source, len(looks) - 1 - source)

    def both(name: str) -> Any:
        return np.concatenate([getattr(looks, name), getattr(fixed, name)])[row]

    x, y, z = boresight(both("roll_deg"), both("pitch_deg")).T
    records = _records(
        LOOK,
        request=_numbers(both("request"), requests),
        satellite=_numbers(both("satellite"), satellites),
        window=np.concatenate([looks.window, np.full(len(fixed), -1)])[row],
        count=count,
        start=bare.after_s(both("start")),
        stop=bare.after_s(both("stop")),
        x=x,
        y=y,
        z=z,
        value=both("value"),
        bit=both("data_bit"),
    )
    most = np.array([worth(request) for request in problem.requests], np.float64)[records["request"]]
    if len(fixed):
        # A delivered value is known only once: what a fixed picture is worth on the ground is worked out anew.
        records["value"] = np.where(source < 0, _undecayed(bare, records, source), records["value"])
    records["share"] = np.minimum(records["value"] / most, 1.0)
    _join_groups(records, both("p_clear"), most)
    _weigh_bundles(problem, requests, records)
    return records


def _undecayed(bare: Indexed, records: Records, source: Whole) -> Floats:
    """Values of fixed pictures as if they came down at once."""
    fixed, halves = bare.problem.frozen, {r.id: (r.halves_s, r.ordered) for r in bare.problem.requests}
    ordered = np.array([halves[str(r)][1] for r in fixed.request], "datetime64[ns]")
    wait = (fixed.on_ground - ordered) / np.timedelta64(1, "s")
    back = 0.5 ** (np.maximum(wait, 0.0) / np.array([halves[str(r)][0] for r in fixed.request]))
    return np.asarray(records["value"] / np.append(back, 1.0)[np.where(source < 0, -1 - source, len(back))])


def _join_groups(records: Records, p_clear: Floats, most: Floats) -> None:
    """Share of a stereo picture: mean quality x least P(clear); it stands in the first of its looks."""
    for size in (2, 3):
        of_size = np.flatnonzero(records["count"] == size)
        first = of_size[::size]
        if len(first):
            rows = first[:, None] + np.arange(size)
            good = np.divide(records["share"], p_clear, out=np.zeros(len(records)), where=p_clear > 0.0)
            share = good[rows].mean(1) * p_clear[rows].min(1)
            records["value"][of_size] = records["share"][of_size] = 0.0
            records["share"][first], records["value"][first] = share, share * most[first]


def _weigh_bundles(problem: Problem, requests: dict[str, int], records: Records) -> None:
    """A member's value by itself is what its cells alone would earn of its bundle's gain."""
    by_request = np.argsort(records["request"], kind="stable")
    begin = np.searchsorted(records["request"], np.arange(len(requests) + 1), sorter=by_request)
    for bundle in problem.bundles:
        for id, cells in zip(bundle.requests, bundle.cells, strict=True):
            mine = by_request[begin[requests[id]] : begin[requests[id] + 1]]
            covered = records["share"][mine] * (len(set(cells)) / bundle.count)
            records["value"][mine] = bundle.value * np.interp(covered, *np.array(bundle.gain).T)


def _requests(
    bare: Indexed, requests: dict[str, int], look: Records, source: Whole, glared: npt.NDArray[np.bool_]
) -> tuple[Whole, Records]:
    """Each request's looks that can still be commanded, the best first, and what is asked of it."""
    problem = bare.problem
    fixed = np.isin(np.array([r.id for r in problem.requests], "U"), problem.frozen.request)
    choice = _choices(bare, look, source, ~glared & ~fixed[look["request"]])
    owner = look["request"]
    due = np.array([min(request.deadline, problem.stop) for request in problem.requests], "datetime64[ns]")
    bundle_of = {id: (b, cells) for b, group in enumerate(problem.bundles) for id, cells in _members(group)}
    owners = {o.id: n for n, o in enumerate(problem.owners)}
    number = np.arange(len(requests))
    records = _records(
        REQUEST,
        due_s=bare.after_s(due),
        ordered_s=bare.after_s(np.array([r.ordered for r in problem.requests], "datetime64[ns]")),
        halves_s=[r.halves_s for r in problem.requests],
        urgent=[request.urgent for request in problem.requests],
        fixed=fixed,
        first=np.searchsorted(owner[choice], number, "left"),
        last=np.searchsorted(owner[choice], number, "right"),
        bundle=[bundle_of.get(r.id, (-1, ()))[0] for r in problem.requests],
        owner=[owners.get(r.owner, -1) for r in problem.requests],
        former=-1,
        cells=np.array([sum(1 << c for c in bundle_of.get(r.id, (-1, ()))[1]) for r in problem.requests], np.uint64),
    )
    _mark_former(problem, choice, source, look, records)
    return choice, records


def _choices(bare: Indexed, look: Records, source: Whole, free: npt.NDArray[np.bool_]) -> Whole:
    """Looks, of stereo groups the first ones, that can still be commanded: by request, the most valuable first."""
    problem = bare.problem
    warm_s = np.array([s.duty.warm_up_s for s in problem.satellites])
    told_s = np.array([bare.after_s(np.asarray(problem.commandable_from(s.id))) for s in problem.satellites]) + warm_s
    stop_s = bare.after_s(np.asarray(problem.stop))
    wanted = np.array([r.looks for r in problem.requests], np.int64)[look["request"]]
    good = (look["start"] >= told_s[look["satellite"]]) & (look["stop"] <= stop_s) & (source >= 0) & free
    for size in (2, 3):
        rows = np.flatnonzero(look["count"] == size)
        together = good[rows].reshape(-1, size).all(1)
        good[rows] = np.repeat(together, size) & (np.arange(len(rows)) % size == 0)
    row = np.flatnonzero(good & (look["count"] == wanted))
    return row[np.lexsort([look["start"][row], -look["value"][row], look["request"][row]])].astype(np.int64)


def _mark_former(problem: Problem, choice: Whole, source: Whole, look: Records, records: Records) -> None:
    """Which look each request had in the plan before; of a stereo picture all its looks are the same."""
    before, looks = problem.former, problem.opportunities
    owner, count = look["request"], look["count"]
    columns = (before.request.tolist(), before.satellite.tolist(), before.start.tolist())
    former = set(zip(*columns, strict=True))
    for n in choice.tolist() if former else ():
        rows = source[n : n + count[n]].tolist()
        if all((str(looks.request[r]), str(looks.satellite[r]), looks.start[r].item()) in former for r in rows):
            records["former"][owner[n]] = n


def _members(group: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(id, tuple(set(cells))) for id, cells in zip(group.requests, group.cells, strict=True)]


def _near(problem: Problem, requests: dict[str, int]) -> tuple[Records, Whole, Whole]:
    """Which requests stay how far away from each: what one asks for binds both."""
    members = {bundle.id: bundle.requests for bundle in problem.bundles}
    pairs: set[tuple[int, int, float]] = set()
    for request in problem.requests:
        for other, apart_s in request.apart:
            for id in members.get(other, (other,)):
                a, b = requests[request.id], requests[id]
                if a != b:
                    pairs |= {(a, b, apart_s), (b, a, apart_s)}
    rows = sorted(pairs)
    owner = np.array([row[0] for row in rows], np.int64)
    near = np.zeros(len(rows), NEAR)
    near["request"], near["apart_s"] = [row[1] for row in rows], [row[2] for row in rows]
    number = np.arange(len(requests))
    return near, np.searchsorted(owner, number, "left"), np.searchsorted(owner, number, "right")


def _bundles(problem: Problem, requests: dict[str, int]) -> tuple[Records, Whole, Floats]:
    records = np.zeros(len(problem.bundles), BUNDLE)
    members: list[int] = []
    gain: list[tuple[float, float]] = []
    for record, bundle in zip(records, problem.bundles, strict=True):
        record["value"], record["count"], record["most"] = bundle.value, bundle.count, bundle.most
        record["first"], record["gain_first"] = len(members), len(gain)
        members += [requests[id] for id in bundle.requests]
        gain += bundle.gain
        record["last"], record["gain_last"] = len(members), len(gain)
    return records, np.array(members, np.int64), np.array(gain, np.float64).reshape(-1, 2)
