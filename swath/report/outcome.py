"""What happened in one whole run: the record that ``operate`` fills and every function of this folder reads.

Everything but ``folder``, ``wall_s`` and ``cores`` is the same for the same mission and seed, and only those three
are kept out of the files (the terminal alone shows them), so that a re-run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from swath.model import (
    Estimate,
    Flown,
    Grid,
    Opportunities,
    Plan,
    Product,
    Request,
    Scene,
    Station,
    Telemetry,
    Windows,
)
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column

if TYPE_CHECKING:
    from swath.report.flown import FlownDay

__all__ = ["Check", "Comparison", "Input", "Links", "Ordered", "Outcome", "QuickLook", "Tracks", "Urgent"]


@dataclass(frozen=True)
class Tracks(Table):
    """Where the satellites were: sampled positions, every 30 to 60 s, all satellites in one table."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "geodetic")
    lat_deg: npt.NDArray[np.float64] = column("f8", "deg", "geodetic")
    altitude_m: npt.NDArray[np.float64] = column("f8", "m", "above the WGS84 ellipsoid")


@dataclass(frozen=True)
class Links(Table):
    """What each contact that was held brought down, as files in transfer frames."""

    contact: npt.NDArray[np.str_] = column("U", "-", "contact id of the plan")
    frames_sent: npt.NDArray[np.int64] = column("i8", "-", "all frames sent in this contact, repeats included")
    frames_lost: npt.NDArray[np.int64] = column("i8", "-", "sent but not received or damaged")
    frames_resent: npt.NDArray[np.int64] = column("i8", "-", "of those sent, repeats of what was lost before")
    received_bit: npt.NDArray[np.float64] = column("f8", "bit", "of files, which the ground did not have yet")
    files_whole: npt.NDArray[np.int64] = column("i8", "-", "files that became whole in it")
    requests: npt.NDArray[np.int64] = column("i8", "-", "lists of what was missing, sent up (CFDP NAK)")
    up_bit: npt.NDArray[np.float64] = column("f8", "bit", "sent up: requests and confirmations")


@dataclass(frozen=True)
class QuickLook:
    """A small picture of a scene for people: PNG, watermarked where it is simulated."""

    png: bytes
    grid: Grid
    """of the PNG itself, so that things can be drawn on it: width x height are its pixels"""
    taken: np.datetime64
    caption: str
    """what is seen, when and by whom"""


@dataclass(frozen=True)
class Urgent:
    """The story of one urgent order. ``None`` means: did not happen; ``because`` then says why."""

    request: str
    ordered: np.datetime64
    accepted: np.datetime64 | None
    """``ordered`` plus the modelled planning time"""
    looks_offered: int
    """opportunities after the order"""
    acquisition: str
    """id in ``plan.acquisitions``, empty where none was planned"""
    imaged: np.datetime64 | None
    """last line taken"""
    on_ground: np.datetime64 | None
    """last missing frame received"""
    mapped: np.datetime64 | None
    """``on_ground`` plus the modelled processing time"""
    station: str
    """that received the last frame, empty where none did"""
    earliest_mapped: np.datetime64 | None
    """the soonest that this fleet and these stations could have done, other orders put aside"""
    earliest_look: str
    """the look that gives it, in words: ``SW-3 09:12:40Z by Svalbard``"""
    received_bit: float = 0.0
    frames_sent: int = 0
    frames_resent: int = 0
    because: str = ""


@dataclass(frozen=True)
class Comparison:
    """An estimate beside the simulated truth."""

    name: str
    estimate: Estimate
    truth: float
    inside: bool
    """the truth lies inside the interval"""


@dataclass(frozen=True)
class Check:
    """One thing that was checked after the run."""

    name: str
    """a word or two: ``replay``, ``CCSDS``, ``STAC``, ``truth``"""
    ok: bool
    summary: str
    """a few words for the terminal: ``0 violations``, ``12/12``"""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """One file or data set that the run was made from."""

    name: str
    sha256: str
    source: str = ""


@dataclass(frozen=True)
class Ordered:
    """One order as it was asked for, and the requests that serve it: itself, or its strips, dates, alternatives."""

    request: Request
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One run, from the orders to the answers."""

    title: str
    simulated: bool
    """the flight or the imagery is simulated"""
    seed: int
    command: str
    """that makes the same run again (without ``--out``)"""
    versions: Mapping[str, str]
    """program or package -> version; ``swath`` among them"""
    inputs: tuple[Input, ...]
    start: np.datetime64
    stop: np.datetime64
    satellites: tuple[Satellite, ...]
    stations: tuple[Station, ...]
    requests: tuple[Request, ...]
    tracks: Tracks
    opportunities: Opportunities
    passes: Windows
    """subject: station id"""
    eclipses: Windows
    first_plan: Plan
    """before the urgent orders; the same as ``plan`` where there was none"""
    plan: Plan
    flown: Flown
    telemetry: Telemetry
    links: Links
    scenes: tuple[Scene, ...]
    """the pixels are not read: they may be empty; pictures from before the mission may be among them"""
    quicklooks: Mapping[str, QuickLook]
    """by scene id; only those worth showing (the urgent picture, a few others)"""
    before: Mapping[str, QuickLook]
    """by id of an urgent order: its place before the event, where a picture of it is at hand"""
    products: tuple[Product, ...]
    urgent: tuple[Urgent, ...]
    """in order of time; the first is the headline"""
    truth: tuple[Comparison, ...]
    """empty where nothing is simulated"""
    checks: tuple[Check, ...]
    assumptions: tuple[str, ...]
    """sentences: what was taken as given (planning time, processing time, power model ...)"""
    warnings: tuple[str, ...]
    files: tuple[str, ...]
    """paths inside the folder, as a person should see them: ``report.html``, ``stac/`` ..."""
    flight: FlownDay | None = None
    """planned beside flown; none where nothing has flown"""
    footprints: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    """acquisition id -> ring (lon, lat) of what the camera swept; the place's outline where missing"""
    bundles: tuple[Ordered, ...] = ()
    """the orders that other requests serve than one of their own name"""
    land: tuple[npt.NDArray[np.float64], ...] = ()
    """outlines of land and lakes for the maps, ``(n, 2)`` longitude and latitude; none: maps show no coasts"""
    folder: str = "."
    """where the caller writes; terminal only"""
    wall_s: float = 0.0
    """terminal only"""
    cores: int = 1
    """terminal only"""

    @property
    def orders(self) -> tuple[Ordered, ...]:
        """What people asked for; ``requests`` are what the planner made of it."""
        served = {part for bundle in self.bundles for part in bundle.parts}
        alone = (Ordered(request, (request.id,)) for request in self.requests if request.id not in served)
        return (*self.bundles, *alone)

    def request(self, id: str) -> Request | None:
        """The request of that id."""
        return next((r for r in self.requests if r.id == id), None)

    def scene(self, acquisition: str) -> Scene | None:
        """The scene made from an acquisition, if it came down."""
        return next((s for s in self.scenes if s.acquisition == acquisition), None)

    def product(self, kind: str, request: str = "") -> Product | None:
        """The first product of a kind (of a request)."""
        found = (p for p in self.products if p.kind == kind and request in ("", p.request))
        return next(found, None)

    @property
    def delivered(self) -> tuple[Scene, ...]:
        """The scenes of planned pictures: what is left when those from before the mission are set aside."""
        planned = set(self.plan.acquisitions.id.tolist())
        return tuple(scene for scene in self.scenes if scene.acquisition in planned)

    @property
    def banner(self) -> str:
        """What stands over everything: whether this was real."""
        return "SIMULATED FLIGHT AND IMAGERY" if self.simulated else "REAL DATA"

    @property
    def ok(self) -> bool:
        """No check is red."""
        return all(check.ok for check in self.checks)
