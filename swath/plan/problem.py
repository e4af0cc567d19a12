"""The planning problem: everything a plan depends on, as plain data, and the rules a plan must keep.

The rules, which the solver obeys, the bound relaxes and ``verify`` judges:

- **Looks.** A request is pictured at most once, by one of its offered looks. Attitude is constant in the orbital frame
  while imaging.
- **Turning.** Between two activities of a satellite stands a turn of ``agility.slew_s`` through the angle between the
  two lines of sight, right before the later one. A satellite starts looking straight down and stays where it last
  looked; it need not return.
- **Contacts.** The antenna is fixed to the body and opposite the array: in contact the satellite looks straight down
  and takes no pictures. A contact lies inside one pass; it is preceded by ``Station.setup_s`` of the antenna's time; an
  antenna serves one satellite. The rate is the lesser of the station's and the radio's.
- **Delivery.** Every picture comes down whole in one contact that starts after the picture ends, by the request's
  deadline and before the plan's end. Within a contact pictures follow one another without gaps; ``on_ground`` is when
  the last bit of this one arrives.
- **Memory.** A picture takes ``data_bit`` from the start of imaging to ``on_ground``; never more than the capacity.
- **Battery.** Starts at ``initial_wh``; the array charges outside eclipse; idle load always, turning, imaging and
  contact loads on top; never above ``battery_wh`` nor below ``min_wh``.
- **Commanding.** What starts before a satellite's ``commandable`` time (a contact: its set-up) is fixed: it is in
  ``frozen`` and ``frozen_contacts`` and stays; nothing new is put there.
- **Value** of a look = request value x :func:`quality` x P(clear); of a plan, the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Acquisitions, Contacts, Opportunities, Plan, Refusal, Request, Station, Windows
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["Problem", "quality", "with_frozen"]

Floats = npt.NDArray[np.float64]


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

    def __post_init__(self) -> None:
        if not self.start < self.stop:
            raise InputError(f"the plan would start at {self.start} and stop at {self.stop}", fix="Let it stop later")
        satellites = _unique("satellite", (s.id for s in self.satellites))
        requests = _unique("request", (r.id for r in self.requests))
        stations = _unique("station", (s.id for s in self.stations))
        looks, passes = self.opportunities, self.passes
        for table, name, known in (
            (looks, "satellite", satellites),
            (looks, "request", requests),
            (passes, "satellite", satellites),
            (passes, "subject", stations),
            (self.eclipses, "satellite", satellites),
            (self.frozen, "satellite", satellites),
            (self.frozen, "request", requests),
            (self.frozen_contacts, "satellite", satellites),
            (self.frozen_contacts, "station", stations),
        ):
            strange = sorted(set(getattr(table, name).tolist()) - known)
            if strange:
                raise InputError(f"{type(table).__name__} name an unknown {name}: {strange[0]!r}", fix="Correct the id")
        for name in ("value", "data_bit", "p_clear", "off_nadir_deg", "roll_deg", "pitch_deg"):
            values = getattr(looks, name)
            if not (np.isfinite(values).all() and (name.endswith("deg") or (values >= 0).all())):
                raise InputError(f"{name} of an opportunity is negative or no number", fix="Correct the opportunities")
        for request in self.requests:
            if not (np.isfinite(request.value) and request.value > 0):
                raise InputError(
                    f"value {request.value:g} is not a positive number", where=f"request {request.id}", fix="Correct it"
                )

    def commandable_from(self, satellite: str) -> np.datetime64:
        """From when on can this satellite be told to do something new?"""
        return max(self.commandable.get(satellite, self.start), self.start)


def quality(off_nadir_deg: npt.ArrayLike) -> Floats:
    """How good is a look at this angle, 1 straight down? cos(off-nadir)^1.5.

    It is the nadir pixel size over the look's pixel size (geometric mean of along and across) on a flat Earth: range
    grows with 1/cos and one axis is stretched by another 1/cos. 0.81 at 30 deg, 0.67 at 40 deg.
    """
    return np.asarray(np.cos(np.radians(np.asarray(off_nadir_deg, np.float64))) ** 1.5, np.float64)


def with_frozen(problem: Problem, plan: Plan) -> Problem:
    """The same problem, with what can no longer be changed of a running plan held fixed.

    Fixed are the contacts whose set-up starts before their satellite's commandable time, and the pictures that start
    before it or come down in such a contact. A fixed picture whose contact is not fixed may be sent in another one.
    """
    setup_s = {station.id: station.setup_s for station in problem.stations}
    looks, contacts = plan.acquisitions, plan.contacts
    told = [
        start - seconds(setup_s.get(str(station), 0.0)) < problem.commandable_from(str(satellite))
        for start, station, satellite in zip(contacts.start, contacts.station, contacts.satellite, strict=True)
    ]
    fixed_contacts = contacts.take(np.array(told, bool))
    started = [t < problem.commandable_from(str(s)) for t, s in zip(looks.start, looks.satellite, strict=True)]
    fixed = looks.take(np.array(started, bool) | np.isin(looks.contact, fixed_contacts.id))
    return replace(problem, frozen=fixed, frozen_contacts=fixed_contacts)


def _unique(kind: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise InputError(f"{kind} id {id!r} is used twice", fix="Rename one")
        seen.add(id)
    return seen
