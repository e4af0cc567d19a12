"""What is claimed, what was asked of it, and what came out. A verdict never says that a claim is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from swath.claim.plane import Plane
from swath.claim.published import Published
from swath.model import Elements, Place, Station
from swath.time import elapsed_s

__all__ = [
    "KINDS",
    "Claim",
    "ClaimFile",
    "CloudFile",
    "Kind",
    "Moment",
    "Outcome",
    "Quoted",
    "Reading",
    "Shadow",
    "Sky",
    "Subject",
    "Test",
    "Verdict",
    "Word",
]

Kind = Literal[
    "picture", "optical", "radar", "thermal", "closest approach", "rise", "set", "pass", "sub-satellite point", "raise"
]  # fmt: skip
"""what is said to have happened; a ``picture`` without a word on how is taken to be one by daylight"""
KINDS: tuple[Kind, ...] = get_args(Kind)
Word = Literal["impossible", "inconsistent", "possible", "consistent", "undetermined"]
Outcome = Literal["met", "not met", "open", "not asked"]
_EXACT_S = 2.0


@dataclass(frozen=True)
class Moment:
    """A stated time: somewhere from ``earliest`` to ``latest``, UTC."""

    earliest: np.datetime64
    latest: np.datetime64
    words: str
    """as it was stated"""
    zone: str = "UTC"
    """in which it was stated"""
    offset_s: float = 0.0
    """of that zone at that time, east of UTC"""
    because: str = ""
    """why it is as wide as it is"""

    @property
    def middle(self) -> np.datetime64:
        """Half way."""
        return self.earliest + (self.latest - self.earliest) // 2

    @property
    def half_width_s(self) -> float:
        """So much either way."""
        return float(elapsed_s(self.earliest, self.latest)) / 2.0

    @property
    def exact(self) -> bool:
        """Is it stated to the second?"""
        return self.half_width_s <= _EXACT_S


@dataclass(frozen=True)
class Quoted:
    """Who said so, where, and when."""

    text: str
    date: str = ""
    url: str = ""


@dataclass(frozen=True)
class Shadow:
    """What a picture is said to show of the Sun: the shadow of an upright object, or the Sun's own angles."""

    height_m: float | None = None
    length_m: float | None = None
    error_share: float = 0.05
    """of height over length, 90 %"""
    bearing_deg: float | None = None
    """where the shadow points, from north through east"""
    bearing_error_deg: float = 3.0
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    angle_error_deg: float = 1.0
    """of the stated angles of the Sun, 90 %"""


@dataclass(frozen=True)
class CloudFile:
    """A mask or scene that a claim names for how the sky was."""

    name: str
    """a file beside the claims"""
    at: np.datetime64 | None = None
    """when the sky was like that; ``None`` where the file itself says so"""


@dataclass(frozen=True)
class Sky:
    """How cloudy it was over the place at another moment, by a mask or scene."""

    source: str
    at: np.datetime64
    here_share: float | None
    """of cloud within a kilometre; ``None`` where the mask does not say"""
    near_share: float | None
    """within ``reach_m``: as far as clouds may have come from, or gone, in between"""
    known_share: float
    """of that area"""
    reach_m: float


@dataclass(frozen=True)
class Subject:
    """Which satellite is meant, and what is known or assumed of it."""

    name: str = ""
    norad_id: int | None = None
    launched: np.datetime64 | None = None
    decayed: np.datetime64 | None = None
    max_off_nadir_deg: float | None = None
    """how far its camera looks to the side, where somebody said so"""
    aperture_m: tuple[float, float] | None = None
    """least and largest, stated or assumed"""
    plane: Plane | None = None
    """what is stated of its orbit: for a joint fit where no element set is at hand"""
    station: Station | None = None
    """where it is commanded from, or sends to"""
    because: str = ""
    """where these come from"""

    @property
    def known(self) -> bool:
        """Is it said which satellite?"""
        return bool(self.name) or self.norad_id is not None


@dataclass(frozen=True)
class Claim:
    """Somebody says that a satellite did something over a place at a time."""

    id: str
    kind: Kind
    moment: Moment
    subject: Subject
    place: Place | None = None
    who: str = ""
    text: str = ""
    sources: tuple[Quoted, ...] = ()
    elements: tuple[Elements, ...] = ()
    """sets given with the claim itself"""
    history: str = ""
    """a file that it names for its element sets"""
    off_nadir_deg: tuple[float, float] | None = None
    """stated, and how sure (90 %)"""
    elevation_deg: tuple[float, float] | None = None
    detail_m: float | None = None
    """the smallest thing that is said to be seen"""
    shadow: Shadow | None = None
    announced: Moment | None = None
    """when the picture was made public"""
    cloud_share: float | None = None
    """over the place, as stated in the file"""
    cloud_because: str = ""
    clouds: tuple[CloudFile, ...] = ()
    """masks and scenes that the file names"""
    sky: tuple[Sky, ...] = ()
    """what masks and scenes near in time show, the nearest in time first"""
    heights_m: tuple[float, float] | None = None
    """of a claim about an orbit raise: perigee before and after"""
    anchors: bool = False
    """an observation by somebody else than the claimant, which may tell where the satellite was"""
    outcome: str = ""
    """what is publicly known of it by now"""


@dataclass(frozen=True)
class ClaimFile:
    """All that a file claims."""

    title: str
    claims: tuple[Claim, ...]
    notes: tuple[str, ...] = ()
    """what had to be read between the lines"""
    elements: tuple[str, ...] = ()
    """files of element sets that it names, beside it"""


@dataclass(frozen=True)
class Test:
    """One question put to a claim, and the answer."""

    name: str
    outcome: Outcome
    says: str
    """in words, with numbers and their doubt"""
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """Another way to understand the stated time, and whether it would fit."""

    name: str
    earliest: np.datetime64
    latest: np.datetime64
    fits_probability: float
    """share of where the satellite may have been in which the claim holds, read so"""
    off_nadir_deg: float | None
    says: str


@dataclass(frozen=True)
class Verdict:
    """What comes of a claim. ``consistent`` is as far as it goes: no orbit shows that a picture exists."""

    id: str
    verdict: Word
    says: str
    """the verdict in full: what would fit, or to within how many seconds"""
    because: tuple[str, ...]
    """reasons, the one that decides first"""
    claim: Claim
    off_nadir_deg: float | None = None
    """of the place at the stated time, the least inside it, from the orbit as published or fitted"""
    off_nadir_90_deg: tuple[float, float] | None = None
    miss_s: float | None = None
    """closest approach minus the middle of the stated time"""
    sigma_s: float | None = None
    """of the orbit along its track, one standard deviation"""
    within_s: float | None = None
    """of ``consistent``: they agree to within so much"""
    closest: np.datetime64 | None = None
    closest_90_s: float | None = None
    closest_off_nadir_deg: float | None = None
    max_elevation_deg: float | None = None
    sun_elevation_deg: float | None = None
    under: tuple[float, float, float] | None = None
    """longitude, latitude (deg) and height (m) of the satellite at the middle of the stated time"""
    elements: Elements | Published | None = None
    """what it was held against"""
    age_days: float | None = None
    late_s: float = 0.0
    """the best estimate of how late the satellite is against its set"""
    limit_deg: float | None = None
    """how far off the nadir its camera looks, as taken"""
    orbit_because: str = ""
    tests: tuple[Test, ...] = ()
    readings: tuple[Reading, ...] = ()
