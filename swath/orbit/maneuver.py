"""When did a satellite change its orbit, by how much, and in which plane? Found in its element sets.

Between one set and the next the mean elements change as gravity and drag have it. What is left over is a step: of the
semi-major axis and the eccentricity vector for a burn in the plane, of inclination and node for one out of it (Gauss's
equations: 2 dv / v along the track, dv / v across). Steps are set against their neighbours': the running median takes
off what is smooth (the Moon, the Sun, the odd zonals that SGP4 leaves to its mean elements, a drag that is steadily
wrong), the median of the absolute deviations says what is usual, and wrong drag is allowed to be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.sgp4 import decay_of_mean_motion, secular_rates
from swath.orbit.smear import one_burn
from swath.orbit.uncertainty import SIGMAS_90, Doubt
from swath.table import Table, column
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["Maneuvers", "Steps", "between", "find_maneuvers", "maneuvers_between", "spoiled", "steps_of", "told"]

Floats = npt.NDArray[np.float64]

_MU_M3_S2 = 3.986008e14
_ALARM = 6.0
"""in standard deviations as the median absolute deviation has them; real steps have long tails"""
_WINDOW = {"axis": 6, "eccentricity": 4, "plane": 3}
"""neighbours on either side that a step is set against: fewer where the Moon bends what is usual in days"""
_WINDOW_DAYS = 12.0
_FEWEST = 5
_ROUNDS = 3
"""steps found to be manoeuvres are no longer neighbours to others in the next round"""
_LEAST = {"axis": 3e-7, "eccentricity": 1.5e-6, "plane": 3e-6}
"""of one: what a set's semi-major axis (2 m), eccentricity (10 m) and plane (20 m) are good for, two sets together"""
_DRIFT = {"axis": 0.0, "eccentricity": 6e-6, "plane": 8e-6}
"""of one, a day: what a step may drift by beside a burn where there are too few neighbours to tell"""
_DRAG_MORE, _DRAG_LESS = 0.3, 0.1
"""share of the drag between two sets that neighbours do not explain: a storm adds more than a lull takes off"""
_DRAG_UNKNOWN = 0.6
"""the same where there are too few neighbours"""
_FIRST_ORDER = 2e-3
"""share of a size that the linear equations leave out"""
_SMEARED = 0.05
"""the same of a run of steps: the sets at its ends may know of the burn, or not all of it"""
_PART = 0.15
"""of the largest change of pace in a run of steps: what a set fitted across a burn may be off by"""
_LONGEST_COUNT_DAYS = 10.0
"""beyond this the revolutions between two sets are not counted"""


@dataclass(frozen=True)
class Maneuvers(Table):
    """Changes of one satellite's orbit; one row a burn, or a run of burns that its sets do not tell apart."""

    after: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "epoch of the last set before it")
    before: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "epoch of the first set after it")
    earliest: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "90 %: if one burn, it was not before")
    latest: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "90 %: if one burn, it was not after")
    kind: npt.NDArray[np.str_] = column("U", "-", "in-plane, out-of-plane, or both")
    size_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "least change of velocity that explains it")
    size_90_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "the size is right to so much, 9 times in 10")
    along_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "change along the track; positive raises the orbit")
    across_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "change of the plane")
    raised_m: npt.NDArray[np.float64] = column("f8", "m", "change of the semi-major axis beyond what drag made")


@dataclass(frozen=True)
class Steps(Table):
    """What changed from each element set to the next beyond gravity and drag; one row an interval."""

    after: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "epoch of the first set")
    before: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "epoch of the second")
    axis_m: npt.NDArray[np.float64] = column("f8", "m", "mean semi-major axis of the first set")
    raised_m: npt.NDArray[np.float64] = column("f8", "m", "step of the semi-major axis")
    raised_sigma_m: npt.NDArray[np.float64] = column("f8", "m", "what is usual here")
    towards_node_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "step of the eccentricity vector, as velocity")
    across_node_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "its other component")
    eccentricity_sigma_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "what is usual here")
    tilt_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "step of the inclination, as velocity")
    turn_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "step of the node, as velocity")
    plane_sigma_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "what is usual here")
    speed_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "of the orbit")
    flown_m: npt.NDArray[np.float64] = column("f8", "m", "axis by the revolutions made, above the first set's")

    @property
    def eccentricity_m_s(self) -> Floats:
        """Step of the eccentricity vector as the least change of velocity in the plane that makes it."""
        return np.hypot(self.towards_node_m_s, self.across_node_m_s)

    @property
    def plane_m_s(self) -> Floats:
        """Step of the orbital plane as the change of velocity across it."""
        return np.hypot(self.tilt_m_s, self.turn_m_s)


def find_maneuvers(history: Sequence[Elements]) -> Maneuvers:
    """Which changes of orbit does a satellite's history of element sets show?

    ``history``: the sets of one satellite in the order of their epochs (``history.histories``). A daily history at 400
    to 700 km shows burns from about 0.05 m/s along and 0.3 m/s across the track; drag hides small ones below 450 km. Of
    sets a month apart only the net change is seen. Quiet satellites gave fewer than one false alarm in a satellite-year
    (tests/orbit/test_maneuver.py, tests/authorities/test_maneuvers.py). Raises :class:`InputError` for sets of more
    than one object or out of order.
    """
    steps = steps_of(history)
    groups = _told_apart(steps, _alarms(steps))
    rows = [_maneuver(steps, first, last) for first, last in groups]
    return Maneuvers.from_rows([row for row in rows if row["kind"]])


def steps_of(history: Sequence[Elements]) -> Steps:
    """What is left of the change from each set to the next when gravity and drag are taken off, and what is usual?"""
    epochs = np.array([one.epoch for one in history], "datetime64[ns]")
    if len({one.norad_id for one in history}) > 1 or (np.diff(epochs) <= np.timedelta64(0)).any():
        raise InputError("not the sets of one satellite in the order of their epochs", fix="Sort them with histories()")
    if len(history) < 2:
        return Steps.empty()
    days = elapsed_s(epochs[:-1], epochs[1:]) / 86400.0
    motion = np.array([one.mean_motion_rev_day for one in history])
    axis_m = np.cbrt(_MU_M3_S2 / (motion * 2.0 * np.pi / 86400.0) ** 2)
    decay = _decay(history)
    by_drag = -(2.0 / 3.0) * 2.0 * decay * days / motion[:-1]  # of one, as everything below
    grown = np.diff(axis_m) / axis_m[:-1]
    eccentricity, plane, beyond = _vectors(history, days)
    flown = _flown(history, days, motion, decay, beyond)
    speed_m_s = np.sqrt(_MU_M3_S2 / axis_m[:-1])
    taken = np.zeros(len(days), bool)
    for _ in range(_ROUNDS):
        raised, raised_sigma = _usual((grown - by_drag)[:, None], days, taken, "axis", np.abs(by_drag))
        eccentric, eccentric_sigma = _usual(eccentricity, days, taken, "eccentricity", np.abs(by_drag))
        tilted, tilted_sigma = _usual(plane, days, taken, "plane", np.zeros_like(days))
        raised_sigma = _lifted(raised[:, 0], raised_sigma, grown)
        shape_m_s, tilt_m_s = (_lasting(part) * speed_m_s[:, None] for part in (eccentric / 2.0, tilted))
        steps = Steps(
            epochs[:-1],
            epochs[1:],
            axis_m[:-1],
            raised[:, 0] * axis_m[:-1],
            raised_sigma * axis_m[:-1],
            shape_m_s[:, 0],
            shape_m_s[:, 1],
            eccentric_sigma * speed_m_s / 2.0,
            tilt_m_s[:, 0],
            tilt_m_s[:, 1],
            tilted_sigma * speed_m_s,
            speed_m_s,
            flown * axis_m[:-1],
        )
        taken = _alarms(steps)
    return steps


def maneuvers_between(
    history: Sequence[Elements], epoch: np.datetime64, start: np.datetime64, stop: np.datetime64
) -> Maneuvers:
    """Which known changes of orbit spoil an element set of ``epoch`` for ``start`` to ``stop``?

    Those between the epoch and the far end of the span, on either side of the epoch. What comes after the last set of
    the history it cannot know.
    """
    return between(find_maneuvers(history), min(epoch, start), max(epoch, stop))


def between(maneuvers: Maneuvers, one: np.datetime64, other: np.datetime64) -> Maneuvers:
    """Which of them may lie between two moments, in either order? One that ends or begins at a set is beyond it."""
    return maneuvers.take((maneuvers.before > min(one, other)) & (maneuvers.after < max(one, other)))


def spoiled(doubt: Doubt, elements: Elements, at: npt.ArrayLike, maneuvers: Maneuvers) -> Doubt:
    """How much less sure are the elements at UTC times ``at``, given the manoeuvres between? The reason says so.

    A change of velocity along the track moves the satellite along by three times itself for every second since
    (Clohessy & Wiltshire 1960), one across it to the side once a revolution; both are added to the bounds in full.
    """
    times = np.asarray(at, "datetime64[ns]")
    along_s, cross_m = doubt.along_track_90_s.copy(), doubt.cross_track_90_m.copy()
    turn_rad_s = elements.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    for row in maneuvers.rows():
        since_s = np.where(times >= elements.epoch, elapsed_s(row["earliest"], times), elapsed_s(times, row["latest"]))
        since_s = np.minimum(since_s, np.abs(elapsed_s(elements.epoch, times)))  # what was before, the set knows
        along_s += 3.0 * (abs(row["along_m_s"]) + row["size_90_m_s"]) / doubt.speed_m_s * np.maximum(since_s, 0.0)
        cross_m += np.where(since_s > 0.0, (row["across_m_s"] + row["size_90_m_s"]) / turn_rad_s, 0.0)
    because = f"{told(maneuvers)}; {doubt.because}" if len(maneuvers) else doubt.because
    return replace(doubt, along_track_90_s=along_s, cross_track_90_m=cross_m, because=because)


def told(maneuvers: Maneuvers) -> str:
    """A sentence for ``because``: which manoeuvres lie between the elements and the time; empty for none."""
    if not len(maneuvers):
        return ""
    total_m_s = float(maneuvers.size_m_s.sum())
    span = f"{format_utc(maneuvers.after[0])} and {format_utc(maneuvers.before[-1])}"
    number = "a manoeuvre" if len(maneuvers) == 1 else f"{len(maneuvers)} manoeuvres"
    return f"{number} of {total_m_s:.2g} m/s between {span}: these elements are of another orbit"


def _decay(history: Sequence[Elements]) -> Floats:
    """Half of the growth of mean motion (rev/day2) in each interval: what five sets around it agree on."""
    each = np.array([one.mean_motion_dot or decay_of_mean_motion(one) for one in history])
    return np.array([np.median(each[max(k - 1, 0) : k + 3]) for k in range(len(each) - 1)])


def _vectors(history: Sequence[Elements], days: Floats) -> tuple[Floats, Floats, Floats]:
    """Steps of the eccentricity vector and of the plane ``(n, 2)``, and degrees a day beyond the mean motion."""
    rates = np.array([secular_rates(one) for one in history])
    node, perigee, beyond = ((rates[:-1] + rates[1:]) / 2.0).T
    e = np.array([one.eccentricity * np.exp(1j * np.radians(one.argument_of_perigee_deg)) for one in history])
    eccentric = e[1:] - e[:-1] * np.exp(1j * np.radians(perigee * days))
    tilt = np.radians(np.diff([one.inclination_deg for one in history]))
    turn_deg = np.diff([one.raan_deg for one in history]) - node * days
    turn = np.radians((turn_deg + 180.0) % 360.0 - 180.0) * np.sin(
        np.radians([one.inclination_deg for one in history[:-1]])
    )
    return np.column_stack([eccentric.real, eccentric.imag]), np.column_stack([tilt, turn]), beyond


def _usual(step: Floats, days: Floats, taken: npt.NDArray[np.bool_], kind: str, drag: Floats) -> tuple[Floats, Floats]:
    """Steps ``(n, c)`` without what their neighbours share, and the standard deviation of one component ``(n,)``."""
    number = np.arange(len(step))
    at_days = np.cumsum(days) - days / 2.0
    pace, scale = step / days[:, None], np.sqrt(1.0 + days**2)
    centred, sigma = np.empty_like(step), np.empty(len(step))
    lonely = np.zeros(len(step), bool)
    for k in number:
        near = (np.abs(number - k) <= _WINDOW[kind]) & (np.abs(at_days - at_days[k]) <= _WINDOW_DAYS)
        near &= (number != k) & ~taken
        lonely[k] = near.sum() < _FEWEST
        centred[k] = step[k] - (0.0 if lonely[k] else np.median(pace[near], axis=0) * days[k])
    size = np.sqrt(np.mean(centred**2, axis=1)) / scale
    for k in number:
        unexplained = (_DRAG_UNKNOWN if lonely[k] else _DRAG_LESS if centred[k, 0] > 0 else _DRAG_MORE) * drag[k]
        drift = _DRIFT[kind] * days[k] if lonely[k] else 0.0
        sigma[k] = np.sqrt(_LEAST[kind] ** 2 + drift**2 + unexplained**2)
        near = (np.abs(number - k) <= 2 * max(_WINDOW.values())) & ~taken
        if near.sum() > 2 * _FEWEST:
            sigma[k] = max(sigma[k], 1.4826 * float(np.median(size[near])) * scale[k])
    return centred, sigma


def _lifted(raised: Floats, sigma: Floats, grown: Floats) -> Floats:
    """Drag never lifts: what a set has risen by is a burn even where the drag is not known at all."""
    burnt = (grown > _ALARM * 2.0 * _LEAST["axis"]) & (raised > grown)
    return np.where(burnt, np.minimum(sigma, grown / _ALARM / 1.01), sigma)


def _lasting(step: Floats) -> Floats:
    """Steps ``(n, c)``, but none where the next set takes it back: one bad set is not a manoeuvre."""
    both = step.copy()
    both[:-1] += step[1:]
    taken_back = np.linalg.norm(both, axis=1) < 0.5 * np.linalg.norm(step, axis=1)
    taken_back[1:] |= taken_back[:-1].copy()
    return np.where(taken_back[:, None], 0.0, step)


def _flown(history: Sequence[Elements], days: Floats, motion: Floats, decay: Floats, beyond: Floats) -> Floats:
    """By what share was the mean axis of each interval, as its revolutions have it, above the first set's?

    Positions along the orbit are the best that a set knows, whatever its mean motion is worth. Half of the step where
    the revolutions cannot be counted.
    """
    turned = np.array([one.argument_of_perigee_deg + one.mean_anomaly_deg for one in history]) / 360.0
    foretold = (motion[:-1] + motion[1:]) / 2.0 * days + beyond / 360.0 * days
    made = np.diff(turned) + np.round(foretold - np.diff(turned)) - beyond / 360.0 * days
    faster = made / days - motion[:-1] - decay * days
    halfway = (np.diff(motion) - 2.0 * decay * days) / 2.0
    return -(2.0 / 3.0) / motion[:-1] * np.where(days < _LONGEST_COUNT_DAYS, faster, halfway)


def _alarms(steps: Steps) -> npt.NDArray[np.bool_]:
    return (
        (np.abs(steps.raised_m) > _ALARM * steps.raised_sigma_m)
        | (steps.eccentricity_m_s > _ALARM * steps.eccentricity_sigma_m_s)
        | (steps.plane_m_s > _ALARM * steps.plane_sigma_m_s)
    )


def _told_apart(steps: Steps, alarms: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last interval of each manoeuvre.

    A set fitted to observations from both sides of a burn shows a part of its step, and the next ones the rest, so that
    neighbouring steps may be one burn. The revolutions tell: they change pace in the interval of the burn, and go on at
    the new pace whatever the sets say. A change of pace in one or two neighbouring places is one burn; where there are
    more, each interval beside a change holds one, unless one burn explains all of the run, seen by sets that were each
    fitted to several days (``smear.one_burn``). (A change back in the midst of a run is such a set's overshoot.)
    """
    groups: list[tuple[int, int]] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], alarms.astype(int), [0]])))
    for first, after in edges.reshape(-1, 2).tolist():
        rows = steps.take(slice(first, after))
        risen_m = np.concatenate([[0.0], np.cumsum(rows.raised_m)])
        change_m = np.diff(np.concatenate([[0.0], risen_m[:-1] + rows.flown_m, risen_m[-1:]])) * np.sign(risen_m[-1])
        real = change_m > np.maximum(_PART * change_m.max(), _ALARM * rows.raised_sigma_m.min())
        places = np.flatnonzero(real)
        if len(rows) == 1 or not len(places) or places[-1] - places[0] <= 1 or _is_one(rows, risen_m[1:]):
            groups.append((first, after - 1))
            continue
        holds = real[:-1] | real[1:]
        holds[0] &= bool(real[0]) or not real[1]
        starts = np.flatnonzero(holds)
        groups += [
            (
                first + (0 if n == 0 else int(starts[n - 1]) + 1),
                first + (int(k) if n < len(starts) - 1 else len(rows) - 1),
            )
            for n, k in enumerate(starts)
        ]
    return groups


def _is_one(rows: Steps, risen_m: Floats) -> bool:
    days = np.concatenate([[0.0], elapsed_s(rows.after[0], rows.before) / 86400.0])
    return one_burn(days, risen_m / risen_m[-1], rows.flown_m / risen_m[-1])


def _maneuver(steps: Steps, first: int, last: int) -> dict[str, object]:
    """One row; its kind is empty where the steps of a run cancel."""
    rows = steps.take(slice(first, last + 1))
    speed_m_s = float(rows.speed_m_s[0])
    raised_m, raised_sigma_m = float(rows.raised_m.sum()), float(np.sqrt(np.sum(rows.raised_sigma_m**2)))
    along_m_s = raised_m / float(rows.axis_m[0]) * speed_m_s / 2.0
    along_sigma_m_s = raised_sigma_m / float(rows.axis_m[0]) * speed_m_s / 2.0
    shape_m_s = float(np.hypot(rows.towards_node_m_s.sum(), rows.across_node_m_s.sum()))
    shape_sigma_m_s = float(np.sqrt(np.sum(rows.eccentricity_sigma_m_s**2)))
    across_m_s = float(np.hypot(rows.tilt_m_s.sum(), rows.turn_m_s.sum()))
    across_sigma_m_s = float(np.sqrt(np.sum(rows.plane_sigma_m_s**2)))
    seen_along, seen_shape = abs(along_m_s) > _ALARM * along_sigma_m_s, shape_m_s > _ALARM * shape_sigma_m_s
    seen_across = across_m_s > _ALARM * across_sigma_m_s
    in_plane_m_s, sigma_m_s = abs(along_m_s), along_sigma_m_s
    if seen_shape and (not seen_along or shape_m_s > in_plane_m_s + _ALARM * shape_sigma_m_s):
        in_plane_m_s, sigma_m_s = shape_m_s, shape_sigma_m_s
    in_plane = seen_along or seen_shape
    kind = "both" if in_plane and seen_across else "in-plane" if in_plane else "out-of-plane" if seen_across else ""
    parts = [(in_plane_m_s, sigma_m_s)] * in_plane + [(across_m_s, across_sigma_m_s)] * seen_across
    size_m_s = float(np.sqrt(sum(p[0] ** 2 for p in parts)))
    wrong_m_s = SIGMAS_90 * float(np.sqrt(sum((p[0] * p[1]) ** 2 for p in parts))) / max(size_m_s, 1e-12)
    wrong_m_s += (_FIRST_ORDER if len(rows) == 1 else _SMEARED) * size_m_s
    earliest, latest = _when(rows, in_plane and seen_along)
    return {
        "after": rows.after[0],
        "before": rows.before[-1],
        "earliest": earliest,
        "latest": latest,
        "kind": kind,
        "size_m_s": size_m_s,
        "size_90_m_s": wrong_m_s,
        "along_m_s": along_m_s,
        "across_m_s": across_m_s,
        "raised_m": raised_m,
    }


def _when(rows: Steps, told_by_pace: bool) -> tuple[np.datetime64, np.datetime64]:
    """When was it, if it was one burn? The whole interval where the revolutions do not tell."""
    if len(rows) > 1 or not told_by_pace:
        return rows.after[0], rows.before[-1]
    share = 1.0 - float(rows.flown_m[0] / rows.raised_m[0])
    span_s = float(elapsed_s(rows.after[0], rows.before[0]))
    wrong = SIGMAS_90 * float(rows.raised_sigma_m[0] / abs(rows.raised_m[0])) + 0.01
    if span_s > _LONGEST_COUNT_DAYS * 86400.0 or not -wrong <= share <= 1.0 + wrong:
        return rows.after[0], rows.before[0]
    low, high = (float(np.clip(share + sign * wrong, 0.0, 1.0)) for sign in (-1.0, 1.0))
    return rows.after[0] + seconds(low * span_s), rows.after[0] + seconds(high * span_s)
