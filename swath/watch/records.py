"""What is watched, what was noticed, what people said of it, and who is told."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from swath.errors import InputError
from swath.model import Estimate, Place
from swath.time import format_utc, parse_utc

__all__ = [
    "DELIVERY_KINDS",
    "LOOK_FOR",
    "STEPS",
    "USUAL",
    "Alert",
    "Status",
    "Step",
    "Target",
    "Trial",
    "Verdict",
    "WatchFile",
    "WatchedPlace",
    "alert_id",
    "area_km2",
    "revise",
]

LOOK_FOR: Mapping[str, str] = {
    "cover": "the course of a pixel over the years breaks: cleared, burnt, built, dug",
    "surface": "two pictures from the same angle differ, after laying one over the other and evening their light",
    "radar": "the backscatter of a radar changes, or a surface is no longer what it was",
    "ships": "more or fewer ships on the water than usual",
    "objects": "more or fewer small bright or dark things (vehicles, roofs, stacks) than usual",
}
"""kinds of change that an alert can be of, and what each is"""
USUAL = ("cover", "radar")
"""those that are looked for where a place does not say"""
DELIVERY_KINDS = ("webhook", "atom", "cap", "email", "calendar")
Status = Literal["open", "confirmed", "dismissed"]
STEPS: Mapping[str, str] = {
    "seen": "the picture that shows it was taken",
    "received": "it was in the archive",
    "noticed": "the change was found in it",
    "ordered": "a picture was ordered",
    "planned": "the plan has it",
    "commanded": "the satellite knows",
    "taken": "the picture was taken",
    "landed": "it was on the ground",
    "mapped": "it was in the archive",
    "answered": "the answer was read from it",
    "ground": "a drone's orthophoto was held against it",
}
"""from a change to the answer of a follow-up, in order"""
_EARTH_M = 6_371_008.8
_LEAST_M2, _LARGEST_KM2 = 400.0, 100_000.0


@dataclass(frozen=True)
class WatchedPlace:
    """A place that somebody wants to know about."""

    place: Place
    look_for: tuple[str, ...] = USUAL
    false_alarms_per_unit: float = 1.0
    """that may be raised where nothing happened, per 1,000 km2 and year, all kinds together"""
    deliver: tuple[str, ...] = ()
    """ids of :class:`Target`"""
    follow_up: bool = False
    """does an alert order a picture?"""
    note: str = ""

    def __post_init__(self) -> None:
        where = f"place {self.place.id}"
        strange = [word for word in self.look_for if word not in LOOK_FOR]
        if strange or not self.look_for:
            raise InputError(
                f"nothing looks for {', '.join(strange) or 'nothing'}",
                where=where,
                fix=f"Give some of {', '.join(LOOK_FOR)}",
            )
        if not (math.isfinite(self.false_alarms_per_unit) and 0.0 < self.false_alarms_per_unit <= 1e4):
            raise InputError(
                f"{self.false_alarms_per_unit:g} false alarms per 1,000 km2 and year",
                where=where,
                fix="Give 0.001 to 10000",
            )
        size = area_km2(self.place)
        if size * 1e6 < _LEAST_M2 or size > _LARGEST_KM2:
            raise InputError(
                f"an area of {size * 1e6:,.0f} m2" if size < 1.0 else f"an area of {size:,.0f} km2",
                where=where,
                fix=f"Give at least {_LEAST_M2:g} m2 (a point needs radius_m) and at most {_LARGEST_KM2:,.0f} km2",
            )


def area_km2(place: Place) -> float:
    """How large is a place? On a sphere of the mean radius, to 0.5 %; 0 for a point."""

    def ring_km2(ring: tuple[tuple[float, float], ...]) -> float:
        lon = np.unwrap(np.radians([point[0] for point in ring]), period=2.0 * np.pi)
        sine = np.sin(np.radians([point[1] for point in ring]))
        # The area between a ring and the equator, edge by edge (straight in longitude and the sine of latitude).
        turn = np.diff(np.append(lon, lon[0])) * (sine + np.roll(sine, -1)) / 2.0
        return abs(float(turn.sum())) * (_EARTH_M / 1e3) ** 2

    outer = sum(ring_km2(polygon[0]) for polygon in place.polygons)
    return outer - sum(ring_km2(hole) for polygon in place.polygons for hole in polygon[1:])


@dataclass(frozen=True)
class Target:
    """Where alerts go."""

    id: str
    kind: str
    """one of :data:`DELIVERY_KINDS`"""
    address: str
    """``https://...`` of a webhook, an e-mail address, or a file for feeds and calendars"""
    secret: str = ""
    """name of the environment variable that holds the secret of a webhook or the password of a mail server"""
    server: str = ""
    """``host:port`` of the mail server"""
    user: str = ""
    sender: str = ""
    private: bool = False
    """may it lie in this machine's own or a private network?"""

    def __post_init__(self) -> None:
        if self.kind not in DELIVERY_KINDS:
            fix = f"Give one of {', '.join(DELIVERY_KINDS)}"
            raise InputError(f"no delivery is called {self.kind!r}", where=f"delivery {self.id}", fix=fix)
        if self.kind == "email" and not ("@" in self.address and self.server and "@" in self.sender):
            fix = "Give address, sender and server = host:port"
            raise InputError("an e-mail needs more", where=f"delivery {self.id}", fix=fix)


@dataclass(frozen=True)
class WatchFile:
    """One configuration: places, where scenes come from, who is told."""

    title: str
    places: tuple[WatchedPlace, ...]
    targets: tuple[Target, ...] = ()
    archive: str = ""
    """folder of scenes"""
    mission: str = ""
    """mission file whose fleet takes follow-up pictures"""
    elements: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    forecast: str = ""
    sender: str = "swath@localhost"
    """who alerts are from, in CAP and the feed"""

    def place(self, id: str) -> WatchedPlace:
        """The place of an id. :class:`InputError` with those that there are."""
        for one in self.places:
            if one.place.id == id:
                return one
        names = ", ".join(one.place.id for one in self.places[:8]) or "none yet"
        raise InputError(f"no place is called {id!r}", where="watch file", fix=f"There are: {names}")


@dataclass(frozen=True)
class Trial:
    """One thing that was tested before an alert was raised."""

    name: str
    value: float
    bound: float
    unit: str
    passed: bool
    """does it speak for a change?"""
    because: str = ""


@dataclass(frozen=True)
class Step:
    """One step from a change to the answer, and when it was."""

    name: str
    """of :data:`STEPS`"""
    at: np.datetime64
    told: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a person said of an alert."""

    alert: str
    place: str
    word: Literal["confirmed", "dismissed"]
    at: np.datetime64
    who: str = ""
    why: str = ""


@dataclass(frozen=True)
class Alert:
    """A change that was noticed, with all that speaks for it."""

    id: str
    place: str
    kind: str
    """of :data:`LOOK_FOR`"""
    headline: str
    before: np.datetime64
    """the last look at which it was not there"""
    after: np.datetime64
    """the look that shows it"""
    noticed: np.datetime64
    ring: tuple[tuple[float, float], ...]
    """outline of the change, longitude first"""
    area_m2: Estimate
    scenes: tuple[str, str]
    """items of the archive before and after"""
    tests: tuple[Trial, ...]
    false_alarms_per_unit: float
    """per 1,000 km2 and year that the thresholds were set for"""
    limits: tuple[str, ...] = ()
    simulated: bool = False
    status: Status = "open"
    revised: tuple[np.datetime64, ...] = ()
    """when it was changed after it was noticed"""
    steps: tuple[Step, ...] = ()
    answer: str = ""
    """what the follow-up picture said"""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """Goes up from 1 with each change of the alert; readers show the highest."""
        return 1 + len(self.revised)

    @property
    def changed(self) -> np.datetime64:
        """When it became what it is."""
        return self.revised[-1] if self.revised else self.noticed

    @property
    def lonlat(self) -> tuple[float, float]:
        """The middle of the outline."""
        lon = np.degrees(np.unwrap(np.radians([point[0] for point in self.ring])))
        return float((np.mean(lon) + 180.0) % 360.0 - 180.0), float(np.mean([point[1] for point in self.ring]))

    def step(self, name: str) -> Step | None:
        """The step of a name, where it has come to that."""
        return next((one for one in self.steps if one.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values; :meth:`from_json` reads them back."""
        return {
            "id": self.id, "place": self.place, "kind": self.kind, "headline": self.headline,
            "before": _utc(self.before), "after": _utc(self.after), "noticed": _utc(self.noticed),
            "geometry": {"type": "Polygon", "coordinates": [[list(p) for p in (*self.ring, self.ring[0])]]},
            "area_m2": self.area_m2.to_json(), "scenes": {"before": self.scenes[0], "after": self.scenes[1]},
            "tests": [vars(one) for one in self.tests], "false_alarms_per_1000_km2_year": self.false_alarms_per_unit,
            "limits": list(self.limits), "simulated": self.simulated, "status": self.status,
            "revision": self.revision, "revised": [_utc(at) for at in self.revised],
            "steps": [{"name": one.name, "at": _utc(one.at), "told": one.told} for one in self.steps],
            "answer": self.answer, "provenance": dict(self.provenance),
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Alert:
        """The alert that :meth:`to_json` wrote down."""
        size = row["area_m2"]
        low, high = size["interval"] or (None, None)
        area = Estimate(size["value"], size["unit"], low, high, size.get("confidence", 0.9), size.get("because", ""))
        return cls(
            id=row["id"], place=row["place"], kind=row["kind"], headline=row["headline"],
            before=parse_utc(row["before"]), after=parse_utc(row["after"]), noticed=parse_utc(row["noticed"]),
            ring=tuple((float(x), float(y)) for x, y in row["geometry"]["coordinates"][0][:-1]), area_m2=area,
            scenes=(row["scenes"]["before"], row["scenes"]["after"]), tests=tuple(Trial(**t) for t in row["tests"]),
            false_alarms_per_unit=row["false_alarms_per_1000_km2_year"], limits=tuple(row["limits"]),
            simulated=row["simulated"], status=row["status"],
            revised=tuple(parse_utc(at) for at in row["revised"]),
            steps=tuple(Step(s["name"], parse_utc(s["at"]), s["told"]) for s in row["steps"]),
            answer=row["answer"], provenance=row["provenance"],
        )  # fmt: skip


def revise(alert: Alert, at: np.datetime64, **changes: Any) -> Alert:
    """The alert with changes, one revision further."""
    return replace(alert, revised=(*alert.revised, at), **changes)


def _utc(at: np.datetime64) -> str:
    return format_utc(at, decimals=3)


def alert_id(place: str, kind: str, after_scene: str, lon_deg: float, lat_deg: float) -> str:
    """The same change in the same scene is the same alert, however often it is looked for."""
    key = f"{place}\0{kind}\0{after_scene}\0{lon_deg:.4f}\0{lat_deg:.4f}"
    return f"{place}-{hashlib.sha256(key.encode()).hexdigest()[:10]}"
