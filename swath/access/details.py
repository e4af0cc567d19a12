"""What is there to know about a window: angles at the closest approach, what is covered, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.accesses import (
    Accesses,
    Cover,
    Looking,
    epoch_of,
    motion_table,
    parts_of,
    tabulated_others,
    windows_of,
)
from swath.access.edge_doubts import DoubtOf, Elsewhere, because_of, edge_doubts, elsewhere, unknown_doubt
from swath.access.many import numbers_of
from swath.access.polygons import Samples, samples_of
from swath.access.search import Spans
from swath.access.signals import QUANTITIES, Camera, Situation
from swath.access.span_sets import joined
from swath.frames import EarthOrientation
from swath.model import Place
from swath.orbit.ephemeris import Ephemeris, TabulatedEphemeris
from swath.orbit.maneuver import Maneuvers
from swath.orbit.sun import sun_direction_itrf
from swath.table import Table, column
from swath.time import elapsed_s

__all__ = ["Details", "describe"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Times = npt.NDArray[np.datetime64]

_JOINED_S = 1e-3
"""stretches closer than this are one"""


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
    owner, known = numbers_of(places, accesses.place), {**(others or {}), **ephemerides}
    parts, rows, first = [], [], 0
    for part in parts_of(places, cover):
        samples = samples_of(part, centre=cover == "centre")
        inside = (owner >= first) & (owner < first + len(part))
        found, seen, lots = [], [], []  # of each satellite
        for satellite in np.unique(accesses.satellite[inside]).tolist():
            mine = np.flatnonzero(inside & (accesses.satellite == satellite))
            motion, look = ephemerides[satellite], asked[satellite] if isinstance(asked, Mapping) else asked
            table = motion_table(satellite, motion, start, stop)
            beside = tabulated_others(look.further, known, start, stop)
            situation = Situation(table, samples.ground, eop, epoch_of(motion), (cameras or {}).get(satellite), beside)
            edges = (elapsed_s(table.start, at[mine]) for at in (accesses.start, accesses.stop))
            of = _Windows(Spans(owner[mine] - first, *edges), look, situation, table, samples, cover == "whole")
            doubt, burns = (doubts or {}).get(satellite, unknown_doubt), (maneuvers or {}).get(satellite)
            row, sample = of.seen()
            found.append(_details(of, accesses.closest[mine], (row, sample), elsewhere(motion, table, doubt), burns))
            seen.append((mine[row], sample))
            lots.append(mine)
        if lots:
            rows.append(np.concatenate(lots))
            parts.append(_with_coverage(Details.join(found), accesses, rows[-1], owner - first, samples, seen))
        first += len(part)
    return Details.join(parts).take(np.argsort(np.concatenate(rows))) if parts else Details.empty()


@dataclass(frozen=True, eq=False)
class _Windows:
    """Windows of one satellite over some places, and what made them windows."""

    spans: Spans
    """``signal`` numbers the places"""
    look: Looking
    situation: Situation
    table: TabulatedEphemeris
    samples: Samples
    whole: bool

    def search(self, table: TabulatedEphemeris) -> Spans:
        """All windows of the same places when the satellite moves so."""
        pieces = windows_of(self.look, replace(self.situation, motion=table), table)
        return joined(pieces, self.samples.owner, whole=self.whole)[0]

    def seen(self) -> tuple[Ints, Ints]:
        """Which samples are seen in which windows? Numbers of window and sample."""
        many, owner = np.bincount(self.samples.owner), self.samples.owner
        if self.whole or len(owner) == len(many):
            each = many[self.spans.signal]
            row = np.repeat(np.arange(len(each)), each)
            first = np.searchsorted(owner, self.spans.signal)
            return row, first[row] + np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
        pieces = windows_of(self.look, self.situation, self.table)
        apart_s = self.table.duration_s + 1.0  # one long axis, a stretch for every place
        order = np.lexsort((self.spans.start_s, self.spans.signal))
        begins = self.spans.signal[order] * apart_s + self.spans.start_s[order]
        place = owner[pieces.signal]
        row = order[np.maximum(np.searchsorted(begins, place * apart_s + pieces.start_s + _JOINED_S, "right") - 1, 0)]
        held = (self.spans.signal[row] == place) & (pieces.start_s < self.spans.stop_s[row])
        held &= pieces.stop_s > self.spans.start_s[row]
        row, sample = np.unique(np.stack([row[held], pieces.signal[held]]), axis=1)
        return row, sample


def _nearest(of: _Windows, at: Times, row: Ints, sample: Ints) -> Ints:
    """Of each window the sample that is nearest at a moment, among those that are seen."""
    away_m = QUANTITIES["range_m"].of(of.situation, sample, elapsed_s(of.situation.motion.start, at)[row], "")
    order = np.lexsort((away_m, row))
    nearest = np.searchsorted(of.samples.owner, of.spans.signal)
    best = order[np.append(True, np.diff(row[order]) > 0)[: len(order)]]
    nearest[row[best]] = sample[best]
    return np.asarray(nearest, np.intp)


def _details(
    of: _Windows, at: Times, seen: tuple[Ints, Ints], wide: Elsewhere | None, burns: Maneuvers | None
) -> Details:
    situation, nearest = of.situation, _nearest(of, at, *seen)
    t_s = elapsed_s(situation.motion.start, at)

    def value(quantity: str) -> Floats:
        return QUANTITIES[quantity].of(situation, nearest, t_s, "")

    east, north = situation.ground.level(nearest)
    sun = sun_direction_itrf(at, situation.eop)
    unknown = np.full(len(at), np.nan)
    edges, certainty = edge_doubts(of.spans, of.search, wide, of.table.duration_s)
    along_s, across_m = (unknown, unknown) if wide is None else wide.bounds(at)
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
        along_track_90_s=along_s,
        cross_track_90_m=across_m,
        start_doubt_s=edges[0],
        stop_doubt_s=edges[1],
        certainty=certainty,
        because=because_of(certainty, at, situation.epoch, burns),
    )


def _with_coverage(
    details: Details,
    accesses: Accesses,
    rows: Ints,
    owner: Ints,
    samples: Samples,
    seen: Sequence[tuple[Ints, Ints]],
) -> Details:
    """Of each area: its share in each window, and the share seen up to its end by all windows that began before.

    ``details`` are those of the windows ``rows`` of all, ``seen`` pairs windows and samples.
    """
    number = np.empty(len(owner), np.intp)
    number[rows] = np.arange(len(rows))
    owner, start = owner[rows], accesses.start[rows]
    row, sample = (np.concatenate([pair[side] for pair in seen]) for side in (0, 1))
    row = number[row]
    area = np.bincount(samples.owner)[owner] > 1
    covered = np.where(area, np.bincount(row, samples.share_fraction[sample], len(owner)), 1.0)
    # A sample counts once: in the first window, by its start, that sees it.
    rank = np.empty(len(owner), np.intp)
    rank[np.lexsort((start,))] = np.arange(len(owner))
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
