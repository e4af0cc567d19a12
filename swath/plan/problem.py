"""The planning problem: everything a plan depends on, as plain data, and the rules a plan must keep.

The rules, which the solver obeys, the bound relaxes and ``verify`` judges:

- **Looks.** A request is pictured at most once, by one of its offered looks. Attitude is constant in the orbital frame
  while imaging. A stereo request (``looks`` 2 or 3) takes all looks of one of its :class:`Groups`, which one satellite
  takes in one pass, or none. Requests named in ``Request.apart`` keep their distance in time.
- **Turning.** Between two activities of a satellite stands a turn of ``agility.slew_s`` through the angle between the
  two lines of sight, right before the later one. A satellite starts looking straight down and stays where it last
  looked; it need not return. Where a turn would bring the line of sight nearer to the Sun than
  ``agility.sun_keep_out_deg`` (where it stands at the end of the turn, outside eclipse) it goes by nadir and takes as
  long as both parts; no look is that near to the Sun.
- **Camera.** It images at most ``duty.image_s`` within any ``duty.window_s``; it is on for ``duty.warm_up_s`` before
  each picture, at the earliest from the satellite's ``commandable`` time; it never gets warmer than ``thermal.max_k``.
- **Contacts.** The antenna is fixed to the body and opposite the array: in contact the satellite looks straight down
  and takes no pictures. A contact lies inside one pass; it is preceded by ``Station.setup_s`` and followed by
  ``teardown_s`` of the antenna's time, all of it outside ``Station.maintenance``; an antenna serves one satellite. The
  rate is the lesser of the station's and the radio's, or what ``Problem.rates`` says for the pass.
- **Delivery.** Every picture comes down whole in one contact that starts after the picture ends, by the request's
  deadline and before the plan's end. Within a contact pictures follow one another without gaps; ``on_ground`` is when
  the last bit of this one arrives.
- **Memory.** A picture takes ``data_bit`` from the start of imaging to ``on_ground``; never more than the capacity.
- **Battery.** Starts at ``initial_wh``; the array charges outside eclipse; idle load always, warming up, turning,
  imaging and contact loads on top; never above ``battery_wh`` nor below ``min_wh``. A fixed array gives its share by
  the cosine of the angle between the Sun and the way opposite the line of sight, that of the later one in a turn.
- **Commanding.** What starts before a satellite's ``commandable`` time (a contact: its set-up) is fixed: it is in
  ``frozen`` and ``frozen_contacts`` and stays; nothing new is put there.
- **Owners** take at most ``max_pictures`` pictures and ``max_image_s`` of imaging. Of the imaging in the plan no more
  than an owner's ``fair_share`` counts in full; what it has beyond that gives ``BEYOND_SHARE`` of its share s (below):
  the seconds that are worth least first, by what each picture would be worth alone; a picture may be beyond in part.
  Fixed pictures count in full whatever they are, and use up the share first.
- **Value.** A look gives the share s = :func:`quality` x P(clear) x 0.5 ^ (time from order to ground / ``halves_s``) of
  its request's :func:`worth`; a stereo group the mean quality, the least P(clear) and the latest time. Requests of a
  :class:`Bundle` count together. The plan's value is the sum, less the cost of its contacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Acquisitions, Contacts, Multipliers, Opportunities, Plan, Refusal, Request, Station, Windows
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column
from swath.time import format_utc, seconds

__all__ = [
    "BEYOND_SHARE",
    "MAX_CELLS",
    "PRIORITY_WEIGHT",
    "Bundle",
    "Groups",
    "Owner",
    "Problem",
    "Rates",
    "SunDirections",
    "check_request",
    "quality",
    "with_frozen",
    "worth",
]

Floats = npt.NDArray[np.float64]

MAX_CELLS = 64
"""parts into which what a bundle is about is divided, at most"""
BEYOND_SHARE = 0.1
"""what imaging beyond its owner's fair share counts: as if it were one priority class lower"""
PRIORITY_WEIGHT: Mapping[int, float] = {1: 100.0, 2: 10.0, 3: 1.0, 4: 0.1}
"""by class: how many times its value an order counts"""


@dataclass(frozen=True)
class Groups(Table):
    """Looks of a stereo request that count together; each named by its start among the satellite's opportunities."""

    request: npt.NDArray[np.str_] = column("U", "-", "request id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    first: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "start of the first look")
    second: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "start of the second look")
    third: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "start of the third look, NaT in a pair")
    convergence_deg: npt.NDArray[np.float64] = column("f8", "deg", "least between neighbours, seen from the place")


@dataclass(frozen=True)
class Rates(Table):
    """How fast data flows through a pass, where it depends on the elevation: from each row to the next."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "")


@dataclass(frozen=True)
class SunDirections(Table):
    """Where the Sun is for satellites that must know, at the same even times for each."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    cos_forward: npt.NDArray[np.float64] = column("f8", "-", "direction cosines in the orbital frame")
    cos_right: npt.NDArray[np.float64] = column("f8", "-", "")
    cos_down: npt.NDArray[np.float64] = column("f8", "-", "")


@dataclass(frozen=True)
class Owner:
    """Who orders, and how much of the fleet is theirs."""

    id: str
    max_pictures: int = 1_000_000_000
    max_image_s: float = np.inf
    fair_share: float = 1.0
    """of the imaging in the plan; what is beyond it counts ``BEYOND_SHARE``"""


@dataclass(frozen=True)
class Bundle:
    """Requests that are one order: what their pictures are worth together.

    The order is divided into cells of equal weight (parts of an area, occasions of a series, or just one). Each picture
    gives its share s to the cells it covers; several of one cell count 1 - prod(1 - s). The mean over the cells earns
    ``gain`` of the bundle's value: points (share, gain) from (0, 0) on, straight between, rising and concave.
    """

    id: str
    value: float
    requests: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]
    """by request, which cells it covers"""
    count: int = 1
    """of cells"""
    gain: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))
    most: int = 0
    """pictures at most; 0: as many as help"""
    points: tuple[tuple[float, float], ...] = ()
    """longitude and latitude of each cell of an area"""

    def __post_init__(self) -> None:
        shares, gains = zip(*self.gain, strict=True)
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) if b[0] > a[0] else -1.0 for a, b in pairwise(self.gain)]
        falls = any(later > before + 1e-12 for before, later in pairwise(slopes))
        if self.gain[0] != (0.0, 0.0) or shares[-1] != 1.0 or not slopes or min(slopes) < 0.0 or falls:
            raise InputError(
                f"gain {self.gain} is not rising and concave from (0, 0) to share 1",
                where=f"bundle {self.id}",
                fix="Let each step rise no steeper than the one before",
            )
        good = 1 <= self.count <= MAX_CELLS and len(self.cells) == len(self.requests)
        if not good or any(not 0 <= c < self.count for covered in self.cells for c in covered):
            raise InputError("its cells do not fit", where=f"bundle {self.id}", fix=f"Give 1 to {MAX_CELLS} cells")
        if not (np.isfinite(self.value) and self.value > 0.0 and np.isfinite(gains).all()):
            raise InputError(f"value {self.value:g} is not positive", where=f"bundle {self.id}", fix="Correct it")


@dataclass(frozen=True)
class Problem:
    """Who can see what, who can send where, and what is already fixed.

    Raises :class:`InputError` where ids or numbers do not fit together.
    """

    satellites: tuple[Satellite, ...]
    requests: tuple[Request, ...]
    stations: tuple[Station, ...]
    opportunities: Opportunities
    passes: Windows
    """stretches in which a satellite stands above a station's ``min_elevation_deg``; ``subject`` is the station"""
    eclipses: Windows
    start: np.datetime64
    stop: np.datetime64
    commandable: Mapping[str, np.datetime64] = field(default_factory=dict)
    """by satellite; ``start`` where it is not named"""
    frozen: Acquisitions = field(default_factory=Acquisitions.empty)
    frozen_contacts: Contacts = field(default_factory=Contacts.empty)
    unoffered: Mapping[str, Refusal] = field(default_factory=dict)
    """why a request has no look at all, by request"""
    bundles: tuple[Bundle, ...] = ()
    owners: tuple[Owner, ...] = ()
    groups: Groups = field(default_factory=Groups.empty)
    rates: Rates = field(default_factory=Rates.empty)
    """of the passes that have rows here"""
    sun: SunDirections = field(default_factory=SunDirections.empty)
    """for satellites that keep out of the Sun or whose array is fixed"""
    former: Acquisitions = field(default_factory=Acquisitions.empty)
    """of the plan before this one"""
    churn_loss: float = 0.0
    """how much more a picture has to be worth that takes the place of one of ``former``"""
    multipliers: Multipliers = field(default_factory=Multipliers.empty)
    """of the plan before: where the search for a bound begins; what the bound holds for does not depend on them"""
    gone: tuple[str, ...] = ()
    """satellites that requests may name though they are no longer there"""

    def __post_init__(self) -> None:
        if not self.start < self.stop:
            ends = f"{format_utc(self.start)} and stop at {format_utc(self.stop)}"
            raise InputError(f"the plan would start at {ends}", fix="Let it stop later")
        _known_ids(self)
        looks = self.opportunities
        for name in ("value", "data_bit", "p_clear", "off_nadir_deg", "roll_deg", "pitch_deg"):
            values = getattr(looks, name)
            if not (np.isfinite(values).all() and (name.endswith("deg") or (values >= 0).all())):
                raise InputError(f"{name} of an opportunity is negative or no number", fix="Correct the opportunities")
        for request in self.requests:
            check_request(request)
        shadowed = {s.id for s in self.satellites if s.agility.sun_keep_out_deg > 0 or not s.power.array_follows_sun}
        blind = sorted(shadowed - set(self.sun.satellite.tolist()))
        if blind:
            raise InputError(f"nobody says where the Sun is for {blind[0]}", where="sun", fix="See sun_directions")

    def commandable_from(self, satellite: str) -> np.datetime64:
        """From when on can this satellite be told to do something new?"""
        return max(self.commandable.get(satellite, self.start), self.start)


def _known_ids(problem: Problem) -> None:
    """Every id is used once for its kind, and every id that a table names is known."""
    satellites = _unique("satellite", (s.id for s in problem.satellites))
    requests = _unique("request", (r.id for r in problem.requests))
    orders = _unique("order", (*requests, *(b.id for b in problem.bundles)))
    stations = _unique("station", (s.id for s in problem.stations))
    owners = _unique("owner", (o.id for o in problem.owners))
    _unique("bundled request", (id for bundle in problem.bundles for id in bundle.requests))
    for table, name, known in (
        (problem.opportunities, "satellite", satellites),
        (problem.opportunities, "request", requests),
        (problem.passes, "satellite", satellites),
        (problem.passes, "subject", stations),
        (problem.eclipses, "satellite", satellites),
        (problem.frozen, "satellite", satellites),
        (problem.frozen, "request", requests),
        (problem.frozen_contacts, "satellite", satellites),
        (problem.frozen_contacts, "station", stations),
        (problem.groups, "request", requests),
        (problem.groups, "satellite", satellites),
        (problem.rates, "satellite", satellites),
        (problem.rates, "station", stations),
        (problem.sun, "satellite", satellites),
    ):
        _refuse_strange(type(table).__name__, name, getattr(table, name).tolist(), known)
    for bundle in problem.bundles:
        _refuse_strange(f"bundle {bundle.id}", "request", bundle.requests, requests)
    for request in problem.requests:
        _refuse_strange(f"request {request.id}", "satellite", request.satellites, satellites | set(problem.gone))
        _refuse_strange(f"request {request.id}", "order", (other for other, _ in request.apart), orders)
        if request.owner and problem.owners:
            _refuse_strange(f"request {request.id}", "owner", (request.owner,), owners)


def _refuse_strange(where: str, name: str, ids: Iterable[str], known: set[str]) -> None:
    strange = sorted(set(ids) - known)
    if strange:
        raise InputError(f"{where} names an unknown {name}: {strange[0]!r}", fix="Correct the id")


def check_request(request: Request) -> None:
    """Raises :class:`InputError` for a request that contradicts itself, whatever the rest of the problem is."""
    where = f"request {request.id}"
    if not (np.isfinite(request.value) and request.value > 0):
        raise InputError(f"value {request.value:g} is not a positive number", where=where, fix="Correct it")
    if request.priority not in PRIORITY_WEIGHT:
        raise InputError(f"priority {request.priority} is no class", where=where, fix="Give 1, 2, 3 or 4")
    if request.side not in ("any", "left", "right"):
        raise InputError(f"side {request.side!r}", where=where, fix="Give left, right or any")
    low_deg, high_deg = request.convergence_deg
    if request.looks not in (1, 2, 3) or not 0.0 <= low_deg <= high_deg <= 180.0:
        raise InputError(
            f"{request.looks} looks that converge by {low_deg:g} to {high_deg:g} deg",
            where=where,
            fix="Give 1, 2 or 3 looks, and the lesser angle first",
        )
    for name in ("max_gsd_m", "good_gsd_m", "halves_s"):
        if not getattr(request, name) > 0.0:
            raise InputError(f"{name} is {getattr(request, name):g}", where=where, fix="Give a positive number")


def worth(request: Request) -> float:
    """What is a perfect picture of this request worth? Its value, times the weight of its priority class."""
    return request.value * PRIORITY_WEIGHT[request.priority]


def quality(off_nadir_deg: npt.ArrayLike, gsd_m: npt.ArrayLike = 1.0, good_gsd_m: npt.ArrayLike = np.inf) -> Floats:
    """How good is a look, 1 straight down? cos(off-nadir)^1.5, and less where pixels are coarser than asked.

    The cosine is the nadir pixel size over the look's pixel size (geometric mean of along and across) on a flat Earth:
    range grows with 1/cos and one axis is stretched by another 1/cos. 0.81 at 30 deg, 0.67 at 40 deg. Pixels coarser
    than ``good_gsd_m`` take ``good_gsd_m`` / ``gsd_m`` off.
    """
    angle = np.asarray(np.cos(np.radians(np.asarray(off_nadir_deg, np.float64))) ** 1.5, np.float64)
    return angle * np.minimum(1.0, np.asarray(good_gsd_m, np.float64) / np.asarray(gsd_m, np.float64))


def with_frozen(problem: Problem, plan: Plan) -> Problem:
    """The same problem, with what can no longer be changed of a running plan held fixed.

    Fixed are the contacts whose set-up starts before their satellite's commandable time, and the pictures that start
    before it or come down in such a contact, with all looks of their request. A fixed picture whose contact is not
    fixed may be sent in another one.
    """
    setup_s = {station.id: station.setup_s for station in problem.stations}
    looks, contacts = plan.acquisitions, plan.contacts
    told = [
        start - seconds(setup_s.get(str(station), 0.0)) < problem.commandable_from(str(satellite))
        for start, station, satellite in zip(contacts.start, contacts.station, contacts.satellite, strict=True)
    ]
    fixed_contacts = contacts.take(np.array(told, bool))
    started = [t < problem.commandable_from(str(s)) for t, s in zip(looks.start, looks.satellite, strict=True)]
    some = looks.take(np.array(started, bool) | np.isin(looks.contact, fixed_contacts.id))
    fixed = looks.take(np.isin(looks.request, some.request))
    return replace(problem, frozen=fixed, frozen_contacts=fixed_contacts)


def _unique(kind: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise InputError(f"{kind} id {id!r} is used twice", fix="Rename one")
        seen.add(id)
    return seen
