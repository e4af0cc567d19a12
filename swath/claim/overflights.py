"""When is a place within reach of whose camera? Every pass of every satellite given, with angle, pixel and Sun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.instruments import altitude_m, camera_of
from swath.claim.judge import USUAL_OFF_NADIR_DEG
from swath.claim.looks import approaches
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation
from swath.model import Elements, Place
from swath.orbit.sun import sun_angles_deg
from swath.orbit.uncertainty import MAX_AGE_DAYS, age_days, doubt
from swath.table import Table, column

__all__ = ["Overflights", "overflights_of"]

_DARK_DEG = 0.0


@dataclass(frozen=True)
class Overflights(Table):
    """Closest approaches within a camera's reach; one row each, in the order of time."""

    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "closest approach")
    satellite: npt.NDArray[np.str_] = column("U", "-", "its name in the catalogue, or that of its elements")
    norad_id: npt.NDArray[np.int64] = column("i8", "-", "catalogue number")
    kind: npt.NDArray[np.str_] = column("U", "-", "optical, radar, or picture: several or unknown")
    off_nadir_deg: npt.NDArray[np.float64] = column("f8", "deg", "of the place, from the geodetic nadir")
    limit_deg: npt.NDArray[np.float64] = column("f8", "deg", "how far its camera looks")
    limit_known: npt.NDArray[np.bool_] = column("?", "-", "whether a source says so; else 45 deg are assumed")
    elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "of the satellite above the place's horizon")
    range_m: npt.NDArray[np.float64] = column("f8", "m", "")
    gsd_m: npt.NDArray[np.float64] = column("f8", "m", "finest pixel at that look; not a number where unknown")
    sun_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at the place")
    along_track_90_s: npt.NDArray[np.float64] = column("f8", "s", "early or late by less, nine times in ten")


def overflights_of(
    fleet: Mapping[str, Elements],
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    by_day: bool = False,
) -> tuple[Overflights, list[dict[str, str]]]:
    """All passes within reach from ``start`` to ``stop``, and the satellites that no set answers for, with why.

    ``by_day`` leaves out cameras that need light while the Sun is below the horizon of the place.
    """
    rows: list[dict[str, object]] = []
    failed = []
    for name, one in fleet.items():
        if max(abs(float(age_days(one, edge))) for edge in (start, stop)) > MAX_AGE_DAYS:
            failed.append({"satellite": name, "because": f"its set is more than {MAX_AGE_DAYS:.0f} days away"})
            continue
        try:
            rows += _rows(name, one, place, start, stop, eop, by_day)
        except DataError as error:
            failed.append({"satellite": name, "because": str(error)})
    return Overflights.from_rows(rows).sort_by("time", "satellite") if rows else Overflights.empty(), failed


def _rows(
    name: str,
    one: Elements,
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    by_day: bool,
) -> list[dict[str, object]]:
    try:
        subject, entry = known_subject("", one.norad_id)
    except InputError:
        subject, entry = None, None
    known = subject.max_off_nadir_deg if subject is not None else None
    limit_deg, kind = known or USUAL_OFF_NADIR_DEG, picture_kind(entry)
    camera = camera_of(entry, altitude_m(one)) if entry is not None else None
    rows: list[dict[str, object]] = []
    for near in approaches(one, place, start, stop, eop):
        sun = float(sun_angles_deg(place.lon_deg, place.lat_deg, np.array([near.time]), eop)[0][0])
        if near.off_nadir_deg > limit_deg or (by_day and kind != "radar" and sun < _DARK_DEG):
            continue
        pixel = np.nan if camera is None else float(camera.gsd_m(near.range_m, 90.0 - near.elevation_deg))
        rows.append(
            {
                "time": near.time,
                "satellite": entry.name if entry is not None else name,
                "norad_id": one.norad_id,
                "kind": kind,
                "off_nadir_deg": near.off_nadir_deg,
                "limit_deg": limit_deg,
                "limit_known": known is not None,
                "elevation_deg": near.elevation_deg,
                "range_m": near.range_m,
                "gsd_m": pixel,
                "sun_elevation_deg": sun,
                "along_track_90_s": float(doubt(one, np.array([near.time])).along_track_90_s[0]),
            }
        )
    return rows
