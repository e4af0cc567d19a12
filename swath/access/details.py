"""What is there to know about a window: angles at the closest approach, what is covered, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.accesses import Accesses, Cover, Looking, epoch_of, tabulated_others
from swath.access.conditions import Condition
from swath.access.polygons import Samples, samples_of
from swath.access.search import Spans
from swath.access.shifted import Shifted
from swath.access.signals import QUANTITIES, Camera, Situation
from swath.access.span_sets import overlapping
from swath.frames import EarthOrientation
from swath.model import Place
from swath.orbit.ephemeris import Ephemeris, tabulate
from swath.orbit.maneuver import Maneuvers, told
from swath.orbit.sun import sun_direction_itrf
from swath.orbit.uncertainty import Doubt
from swath.table import Table, column
from swath.time import elapsed_s, later

__all__ = ["Details", "DoubtOf", "Rows", "because_of", "describe", "edge_doubts", "unknown_doubt"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Times = npt.NDArray[np.datetime64]
DoubtOf = Callable[[Times], Doubt | None]
"""how far a satellite may be from where it is said to be, at UTC times; ``None``: nobody knows (``Orbit.doubt``)"""

_SAID = {
    "doubtful": "within the doubt of the orbit there may be no window",
    "unknown": "nobody says how sure the orbit is",
}
_BESIDE_S = 300.0
"""how far beyond a window its edges are looked for when the satellite is elsewhere than thought"""
_PAIRS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Details(Table):
    """More of each window of an :class:`Accesses` table, row by row; angles are those at ``closest``."""

    off_nadir_deg: npt.NDArray[np.float64] = column("f8", "deg", "from the geodetic nadir")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "to see the place; right is positive")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "to see the place; forward is positive")
    side: npt.NDArray[np.str_] = column("U", "-", "of the track on which the place lies: left or right")
    direction: npt.NDArray[np.str_] = column("U", "-", "of flight: ascending or descending")
    range_m: npt.NDArray[np.float64] = column("f8", "m", "from the satellite to the place")
    incidence_deg: npt.NDArray[np.float64] = column("f8", "deg", "between the line of sight and the place's vertical")
    azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "from the place to the satellite")
    sun_azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "from the place to the Sun")
    gsd_m: npt.NDArray[np.float64] = column("f8", "m", "pixel size; not a number where the camera is unknown")
    covered_fraction: npt.NDArray[np.float64] = column("f8", "-", "of the place's area seen in the window")
    covered_so_far_fraction: npt.NDArray[np.float64] = column("f8", "-", "by all windows up to this one")
    age_days: npt.NDArray[np.float64] = column("f8", "days", "of the elements; negative: the window is before them")
    along_track_90_s: npt.NDArray[np.float64] = column("f8", "s", "the satellite is early or late by less, 9 in 10")
    cross_track_90_m: npt.NDArray[np.float64] = column("f8", "m", "it is beside its track by less, 9 in 10")
    start_doubt_s: npt.NDArray[np.float64] = column("f8", "s", "90 % half-width; not a number where the span cuts it")
    stop_doubt_s: npt.NDArray[np.float64] = column("f8", "s", "90 % half-width; not a number where the span cuts it")
    certainty: npt.NDArray[np.str_] = column("U", "-", "certain, doubtful (there may be no window) or unknown")
    because: npt.NDArray[np.str_] = column("U", "-", "what to know before trusting the window; often empty")


def describe(
    accesses: Accesses,
    ephemerides: Mapping[str, Ephemeris],
    places: Sequence[Place],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    asked: Looking | Mapping[str, Looking],
    cover: Cover = "any",
    others: Mapping[str, Ephemeris] | None = None,
    cameras: Mapping[str, Camera] | None = None,
    doubts: Mapping[str, DoubtOf] | None = None,
    maneuvers: Mapping[str, Maneuvers] | None = None,
) -> Details:
    """What else is true of each window that ``find_accesses`` found with ``asked`` between ``start`` and ``stop``?

    ``asked`` is one for all satellites, or one for each.

    The doubt of an edge: all conditions are searched again with the satellite early, late, left and right of its way
    by its 90 % bounds; the two kinds are independent, so their edges' shifts are added in squares. A window that one of
    the four does not have may not exist, and says so. ``maneuvers`` are known or found ones by satellite; one between
    the elements and the window is told. Of an area, angles are those to the nearest part that is seen. Tests:
    tests/access/test_details.py.
    """
    samples = samples_of(places, centre=cover == "centre")
    number = {place.id: row for row, place in enumerate(places)}
    owner = np.array([number[name] for name in accesses.place.tolist()], np.intp)
    known = {**(others or {}), **ephemerides}
    parts, rows, seen = [], [], []
    for satellite in np.unique(accesses.satellite).tolist():
        ephemeris, mine = ephemerides[satellite], np.flatnonzero(accesses.satellite == satellite)
        wanted = asked[satellite] if isinstance(asked, Mapping) else asked
        beside = tabulated_others(wanted.further, known, start, stop)
        table = tabulate(ephemeris, start, stop, name=satellite)
        camera = (cameras or {}).get(satellite)
        known_of = (doubts or {}).get(satellite, unknown_doubt), (maneuvers or {}).get(satellite, Maneuvers.empty())
        situation = Situation(table, samples.ground, eop, epoch_of(ephemeris), camera, beside)
        for few in _lots(mine, owner, samples):
            start_s, stop_s = (elapsed_s(table.start, at[few]) for at in (accesses.start, accesses.stop))
            of = Rows(start_s, stop_s, owner[few], situation, samples, wanted.condition, *known_of, cover == "whole")
            row, sample = _seen(of)
            seen.append((few[row], sample))
            parts.append(_details(of, accesses.closest[few], _nearest(of, accesses.closest[few], row, sample)))
            rows.append(few)
    if not parts:
        return Details.empty()
    every = Details.join(parts).take(np.argsort(np.concatenate(rows)))
    return _with_coverage(every, accesses, owner, samples, seen)


def _nearest(of: Rows, at: Times, seen_row: Ints, seen_sample: Ints) -> Ints:
    """The sample of each place that is nearest at the closest approach, of an area among those that are seen."""
    row, sample = of.pairs()
    hidden = np.ones(len(row), bool)
    pair, seen = row * len(of.samples.owner) + sample, seen_row * len(of.samples.owner) + seen_sample
    hidden[np.isin(pair, seen)] = False
    away_m = QUANTITIES["range_m"].of(of.situation, sample, elapsed_s(of.situation.motion.start, at)[row], "")
    order = np.lexsort((away_m, hidden, row))
    return np.asarray(sample[order[np.append(True, np.diff(row[order]) > 0)]], np.intp)


def unknown_doubt(at: Times) -> Doubt | None:
    """Of orbits of which nobody says how sure they are."""
    return None


@dataclass(frozen=True, eq=False)
class Rows:
    """Some windows of one satellite, and what made them windows."""

    start_s: Floats
    stop_s: Floats
    owner: Ints
    """number of the place of each"""
    situation: Situation
    samples: Samples
    condition: Condition
    doubt: DoubtOf
    maneuvers: Maneuvers
    whole: bool = False

    def pairs(self) -> tuple[Ints, Ints]:
        """Every window with every sample of its place: numbers of window and sample."""
        many = np.bincount(self.samples.owner)[self.owner]
        row = np.repeat(np.arange(len(self.owner)), many)
        first = np.searchsorted(self.samples.owner, self.owner)
        return row, first[row] + np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)


def _lots(rows: Ints, owner: Ints, samples: Samples) -> list[Ints]:
    """Windows in lots that fit the memory with all samples of their places."""
    pairs = np.cumsum(np.bincount(samples.owner)[owner[rows]])
    cuts = np.searchsorted(pairs, np.arange(_PAIRS_AT_ONCE, pairs[-1], _PAIRS_AT_ONCE))
    return [lot for lot in np.split(rows, np.unique(cuts)) if len(lot)]


def _details(of: Rows, at: Times, nearest: Ints) -> Details:
    situation = of.situation
    t_s = elapsed_s(situation.motion.start, at)

    def value(quantity: str) -> Floats:
        return QUANTITIES[quantity].of(situation, nearest, t_s, "")

    east, north = situation.ground.level(nearest)
    sun = sun_direction_itrf(at, situation.eop)
    unknown = np.full(len(at), np.nan)
    expected = of.doubt(at)
    edges, certainty = edge_doubts(of)
    age = unknown if situation.epoch is None else elapsed_s(situation.epoch, at) / 86400.0
    return Details(
        **{name: value(name) for name in ("off_nadir_deg", "roll_deg", "pitch_deg", "range_m", "incidence_deg")},
        azimuth_deg=value("azimuth_deg"),
        sun_azimuth_deg=np.degrees(np.arctan2(np.sum(sun * east, -1), np.sum(sun * north, -1))) % 360.0,
        side=np.where(value("roll_deg") >= 0.0, "right", "left"),
        direction=np.where(value("northward_m_s") >= 0.0, "ascending", "descending"),
        gsd_m=unknown if situation.camera is None else value("gsd_m"),
        covered_fraction=np.ones(len(at)),
        covered_so_far_fraction=np.ones(len(at)),
        age_days=age,
        along_track_90_s=unknown if expected is None else expected.along_track_90_s,
        cross_track_90_m=unknown if expected is None else expected.cross_track_90_m,
        start_doubt_s=edges[0],
        stop_doubt_s=edges[1],
        certainty=certainty,
        because=because_of(of, certainty, at),
    )


def because_of(of: Rows, certainty: npt.NDArray[np.str_], at: Times) -> npt.NDArray[np.str_]:
    """What to know before trusting each window."""
    epoch, said = of.situation.epoch, []
    for certain, when in zip(certainty.tolist(), at, strict=True):
        lines = _SAID.get(certain, "")
        if epoch is not None and len(of.maneuvers):
            first, last = min(epoch, when), max(epoch, when)
            between = of.maneuvers.take((of.maneuvers.before > first) & (of.maneuvers.after < last))
            lines = "; ".join(filter(None, [lines, told(between)]))
        said.append(lines)
    return np.array(said, "U")


def edge_doubts(of: Rows) -> tuple[tuple[Floats, Floats], npt.NDArray[np.str_]]:
    """How far each edge may move, and whether the window is there wherever the satellite may be."""
    motion, many = of.situation.motion, len(of.owner)
    knots_s = np.linspace(0.0, motion.duration_s, int(motion.duration_s // 3600) + 2)
    bounds = of.doubt(later(motion.start, knots_s))
    start_s, stop_s = of.start_s, of.stop_s
    if bounds is None:
        return (np.full(many, np.nan), np.full(many, np.nan)), np.full(many, "unknown")
    beside_s = _BESIDE_S + 2.0 * np.interp(start_s, knots_s, bounds.along_track_90_s)
    low_s, high_s = np.maximum(start_s - beside_s, 0.0), np.minimum(stop_s + beside_s, motion.duration_s)
    slack_s = np.interp(start_s, knots_s, bounds.along_track_90_s)
    away, there = np.zeros((2, 2, many)), np.ones(many, bool)
    for kind, sign in ((0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)):
        late_s = bounds.along_track_90_s * (sign if kind == 0 else 0.0)
        moved = Shifted(motion, knots_s, late_s, bounds.cross_track_90_m * (sign if kind == 1 else 0.0))
        first, last = _edges_of(of, moved, (low_s, high_s), slack_s)
        here = np.isfinite(first)
        there &= here
        for edge, off_s in enumerate((first - start_s, last - stop_s)):
            away[kind, edge] = np.maximum(away[kind, edge], np.where(here, np.abs(off_s), 0.0))
    both = np.hypot(away[0], away[1])
    both[0, start_s < 1e-6] = np.nan
    both[1, stop_s > motion.duration_s - 1e-6] = np.nan
    return (both[0], both[1]), np.where(there, "certain", "doubtful")


def _edges_of(of: Rows, moved: Shifted, between_s: tuple[Floats, Floats], slack_s: Floats) -> tuple[Floats, Floats]:
    """Edges of each window when the satellite moves so; infinite where there is none that overlaps it by its slack."""
    row, sample = of.pairs()
    situation = replace(of.situation, motion=moved, ground=of.samples.ground.take(sample))
    found = of.condition.within(situation, Spans(np.arange(len(row)), between_s[0][row], between_s[1][row]))
    found = Spans(row[found.signal], found.start_s, found.stop_s)
    found = overlapping([found], np.bincount(row).tolist() if of.whole else 1)
    mine = found.signal
    touches = found.start_s < of.stop_s[mine] + slack_s[mine]
    touches &= found.stop_s > of.start_s[mine] - slack_s[mine]
    first, last = np.full(len(of.owner), np.inf), np.full(len(of.owner), -np.inf)
    np.minimum.at(first, mine[touches], found.start_s[touches])
    np.maximum.at(last, mine[touches], found.stop_s[touches])
    return first, last


def _seen(of: Rows) -> tuple[Ints, Ints]:
    """Which samples of areas are seen in which windows?"""
    row, sample = of.pairs()
    areas = np.bincount(row)[row] > 1
    row, sample = row[areas], sample[areas]
    spans = Spans(np.arange(len(row)), of.start_s[row], of.stop_s[row])
    ground = of.samples.ground.take(sample)
    found = np.unique(of.condition.within(replace(of.situation, ground=ground), spans).signal)
    return row[found], sample[found]


def _with_coverage(
    details: Details, accesses: Accesses, owner: Ints, samples: Samples, seen: Sequence[tuple[Ints, Ints]]
) -> Details:
    """Of each area: its share in each window, and the share seen up to its end by all windows that began before."""
    row, sample = (np.concatenate([pair[side] for pair in seen]) for side in (0, 1))
    area = np.bincount(samples.owner, minlength=len(np.unique(samples.owner)))[owner] > 1
    covered = np.where(area, np.bincount(row, samples.share_fraction[sample], len(owner)), 1.0)
    # A sample counts once: in the first window, by its start, that sees it.
    rank = np.empty(len(owner), np.intp)
    rank[np.lexsort((accesses.start,))] = np.arange(len(owner))
    order = np.lexsort((rank[row], sample))
    first = order[np.append(True, np.diff(sample[order]) > 0)[: len(order)]]
    fresh = np.bincount(row[first], samples.share_fraction[sample[first]], len(owner))
    by_place = np.lexsort((rank, owner))
    total = np.cumsum(fresh[by_place])
    begins = np.append(True, np.diff(owner[by_place]) > 0)
    before = np.repeat((total - fresh[by_place])[begins], np.diff(np.append(np.flatnonzero(begins), len(owner))))
    so_far = np.ones(len(owner))
    so_far[by_place] = np.where(area[by_place], total - before, 1.0)
    return replace(details, covered_fraction=np.minimum(covered, 1.0), covered_so_far_fraction=np.minimum(so_far, 1.0))
