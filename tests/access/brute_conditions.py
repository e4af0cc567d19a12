"""Every quantity of ``access.signals`` by formulas of its own, and conditions as least and greatest margins.

Shares with swath the orbit, the frames and the directions of the Sun and the Moon, and nothing of ``swath.access`` but
the records that say what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import erfa
import numpy as np

from swath.access.conditions import All, AnyOf, Condition, Limit, Not
from swath.frames import WGS84_A_M, WGS84_B_M, EarthOrientation
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.sun import sun_direction_itrf
from swath.spacecraft.optics import Optics
from tests.access.brute import Margin, angle_deg, geodetic_down, place_xyz_m

AU_M = 149597870700.0


def moon_itrf_m(at: np.ndarray, eop: EarthOrientation) -> np.ndarray:
    """One rotation matrix a moment (IAU 2000B, within 0.001 arcsec), from Julian dates made here."""
    days = at.astype("datetime64[D]")
    jd = days.astype(np.int64) + 2440587.5
    fraction = (at - days) / np.timedelta64(1, "D")
    ut1_utc_s, x_rad, y_rad = eop.at(at)
    tt = fraction + 69.184 / 86400.0  # 37 leap seconds, as since 2017
    matrices = erfa.c2t00b(jd, tt, jd, fraction + ut1_utc_s / 86400.0, x_rad, y_rad)
    return np.einsum("nij,nj->ni", matrices, erfa.moon98(jd, tt)["p"] * AU_M)


@dataclass(frozen=True)
class Truth:
    """One satellite, one place, another satellite."""

    elements: Elements
    other: Elements
    place: Place
    start: np.datetime64
    eop: EarthOrientation
    camera: Optics

    def values(self, quantity: str, t_s: np.ndarray) -> np.ndarray:
        at = self.start + np.round(t_s * 1e9).astype("timedelta64[ns]")
        orbit = sgp4_ephemeris(self.elements, self.eop)
        r = orbit.states(at)[0]
        v = np.zeros(1)
        if quantity in ("roll_deg", "pitch_deg", "across_m", "along_m", "northward_m_s"):
            half = np.timedelta64(500, "ms")
            v = orbit.states(at + half)[0] - orbit.states(at - half)[0]  # of a second
        spot = place_xyz_m(self.place)
        lon, lat = np.radians([self.place.lon_deg, self.place.lat_deg])
        up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        north = np.cross(up, east)
        sight = r - spot
        sun = sun_direction_itrf(at, self.eop)
        zenith_deg = angle_deg(sight, up[None])
        match quantity:
            case "elevation_deg":
                return 90.0 - zenith_deg
            case "incidence_deg":
                return zenith_deg
            case "azimuth_deg":
                return np.degrees(np.arctan2(sight @ east, sight @ north))
            case "off_nadir_deg":
                return angle_deg(-sight, geodetic_down(r))
            case "off_nadir_geocentric_deg":
                return angle_deg(-sight, -r)
            case "roll_deg" | "pitch_deg":
                down = geodetic_down(r)
                side = np.cross(down, v)
                side /= np.linalg.norm(side, axis=-1, keepdims=True)
                ahead = np.cross(side, down)
                f, s, d = (np.sum(-sight * axis, -1) for axis in (ahead, side, down))
                if quantity == "roll_deg":
                    return np.degrees(np.arctan2(s, d))
                return np.degrees(np.arcsin(f / np.linalg.norm(sight, axis=-1)))
            case "across_m" | "along_m":
                plane = np.cross(r, v)  # its normal points to the left
                across_rad = np.radians(angle_deg(spot[None], plane)) - np.pi / 2.0
                if quantity == "across_m":
                    return np.linalg.norm(spot) * across_rad
                normal = plane / np.linalg.norm(plane, axis=-1, keepdims=True)
                foot = spot - np.sum(spot * normal, -1)[:, None] * normal
                ahead = np.sign(np.sum(foot * v, -1) - np.sum(r * v, -1) * np.sum(foot * r, -1) / np.sum(r * r, -1))
                return np.linalg.norm(spot) * ahead * np.radians(angle_deg(foot, r))
            case "range_m":
                return np.sqrt(np.sum(sight**2, -1))
            case "gsd_m":
                pixel = self.camera.pixel_pitch_m / self.camera.focal_length_m
                slant_m = np.sqrt(np.sum(sight**2, -1))
                return pixel * slant_m / np.sqrt(np.cos(np.radians(np.minimum(zenith_deg, 89.999))))
            case "sun_elevation_deg":
                return 90.0 - angle_deg(sun, up[None])
            case "local_solar_time_h":
                # where the Sun is due south or north it is noon: the angle between the two meridians
                return 12.0 + (lon - np.arctan2(sun[:, 1], sun[:, 0])) * 12.0 / np.pi
            case "local_mean_time_h":
                return (at - at.astype("datetime64[D]")) / np.timedelta64(3600, "s") + np.degrees(lon) / 15.0
            case "glint_deg":
                # Cox & Munk (1954): from the zenith angles and the difference of azimuths
                z_sun, z_sat = np.radians(angle_deg(sun, up[None])), np.radians(zenith_deg)
                turn = np.arctan2(sun @ east, sun @ north) - np.arctan2(sight @ east, sight @ north)
                cosine = np.cos(z_sun) * np.cos(z_sat) - np.sin(z_sun) * np.sin(z_sat) * np.cos(turn)
                return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            case "umbra_deg" | "penumbra_deg":
                flat = np.array([1.0, 1.0, WGS84_A_M / WGS84_B_M])
                earth_deg = np.degrees(np.arcsin(WGS84_A_M / np.linalg.norm(r * flat, axis=-1)))
                apart_deg = angle_deg(-r * flat, sun * flat)
                return apart_deg - earth_deg + (0.26656 if quantity == "umbra_deg" else -0.26656)
            case "moon_elevation_deg":
                return 90.0 - angle_deg(moon_itrf_m(at, self.eop) - spot, up[None])
            case "moon_lit_fraction":
                return np.sin(np.radians(angle_deg(moon_itrf_m(at, self.eop), sun)) / 2.0) ** 2
            case "moon_separation_deg":
                return angle_deg(moon_itrf_m(at, self.eop) - spot, sight)
            case "sun_separation_deg":
                return angle_deg(sun, sight)
            case "separation_deg":
                return angle_deg(sgp4_ephemeris(self.other, self.eop).states(at)[0] - spot, sight)
            case "distance_m":
                return np.sqrt(np.sum((sgp4_ephemeris(self.other, self.eop).states(at)[0] - r) ** 2, -1))
            case "age_days":
                return np.abs((at - self.elements.epoch) / np.timedelta64(86400, "s"))
            case "northward_m_s":
                return v[:, 2]
            case "altitude_m":
                down = geodetic_down(r)
                sine = -down[:, 2]
                n = WGS84_A_M / np.sqrt(1.0 - (1.0 - (WGS84_B_M / WGS84_A_M) ** 2) * sine**2)
                level = np.hypot(down[:, 0], down[:, 1])
                return (
                    np.hypot(r[:, 0], r[:, 1]) * level
                    + (r[:, 2]) * sine
                    - n * (level**2 + (WGS84_B_M / WGS84_A_M) ** 2 * sine**2)
                )
        raise AssertionError(quantity)

    def margin(self, condition: Condition) -> Margin:
        """By how much it holds: degrees, or what a degree is worth of the unit."""
        match condition:
            case All(parts):
                return lambda t_s: np.min([self.margin(part)(t_s) for part in parts], axis=0)
            case AnyOf(parts):
                return lambda t_s: np.max([self.margin(part)(t_s) for part in parts], axis=0)
            case Not(part):
                return lambda t_s: -self.margin(part)(t_s)
            case Limit(quantity, low, high, _):
                return lambda t_s: self._limit(quantity, low, high, t_s)
        raise AssertionError(condition)

    def _limit(self, quantity: str, low: float | None, high: float | None, t_s: np.ndarray) -> np.ndarray:
        value = self.values(quantity, t_s)
        turn = {"azimuth_deg": 360.0, "local_solar_time_h": 24.0, "local_mean_time_h": 24.0}.get(quantity)
        worth = next(x for unit, x in WORTH.items() if quantity.endswith(unit))
        if turn:
            first = low or 0.0
            width = ((turn if high is None else high) - first) % turn or turn
            return (width / 2.0 - np.abs((value - first - width / 2.0 + turn / 2.0) % turn - turn / 2.0)) / worth
        sides = [np.inf if low is None else value - low, np.inf if high is None else high - value]
        return np.minimum(*np.broadcast_arrays(*sides)) / worth


WORTH = {"_deg": 1.0, "_m_s": 100.0, "_m": 1e4, "_h": 1.0 / 15.0, "_fraction": 0.01, "_days": 1.0 / 24.0}
