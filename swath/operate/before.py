"""The picture from before: the fleet's last look at a place ahead of the mission, out of the (simulated) archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.access.accesses import find_accesses
from swath.frames import EarthOrientation
from swath.model import Opportunities, Request
from swath.operate.downlink import Arrival, Landed, contact_file, picture_file
from swath.operate.file_day import DownFile, FileDay
from swath.operate.file_link import LinkTerms
from swath.operate.ground import Mapped, map_picture
from swath.operate.planning import ephemerides_of
from swath.operate.shot import Shot, disturbance_after, shoot
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.plan.looks import find_looks
from swath.spacecraft import Satellite
from swath.store.mission import Mission
from swath.time import format_utc, seconds

__all__ = ["DAYS_BACK", "map_before", "shot_before"]

DAYS_BACK = 4
"""how far the archive is searched; the elements of the day are good to a few hundred metres that far back"""


def shot_before(mission: Mission, order: Request, eop: EarthOrientation, number: int) -> Shot | None:
    """The last look at an urgent order's place before the mission, the sky taken as clear; none if there was none.

    By a camera, where the fleet has one: radar misses water under wind and plants.
    """
    start = mission.start - seconds(86400.0 * DAYS_BACK)
    ephemerides = ephemerides_of(mission.satellites, start, mission.start, eop)
    earlier = replace(
        order, start=start, stop=mission.start, deadline=mission.start, ordered=start, urgent=False, sensor="any"
    )
    cameras = tuple(satellite for satellite in mission.satellites if satellite.radar is None)
    looks = _looks_before(cameras or mission.satellites, earlier, ephemerides, eop)
    if not len(looks):
        return None
    last = looks.take(looks.window == looks.window[np.argmax(looks.middle)])
    (best,) = last.take([int(np.argmin(last.off_nadir_deg))]).rows()
    sun = sun_angles_deg(order.place.lon_deg, order.place.lat_deg, best["middle"], eop)
    satellite = next(s for s in mission.satellites if s.id == best["satellite"])
    commanded = float(best["roll_deg"]), float(best["pitch_deg"])
    stamp = format_utc(best["middle"]).replace("-", "").replace(":", "")
    return Shot(
        acquisition=f"before-{satellite.id}-{stamp}",
        request=earlier,
        land=order.place,
        satellite=satellite,
        ephemeris=ephemerides[satellite.id],
        number=number,
        start=best["start"],
        middle=best["middle"],
        commanded_deg=commanded,
        true_deg=(*commanded, 0.0),
        disturbance=disturbance_after(satellite, np.inf),
        gsd_m=float(best["gsd_m"]),
        sun_deg=(float(sun[0]), float(sun[1])),
        p_clear=1.0,
        weather=None,
        flooded=False,
        seed=mission.seed,
        changes=mission.changes,
    )


def _looks_before(
    satellites: Sequence[Satellite], order: Request, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation
) -> Opportunities:
    accesses = find_accesses(
        ephemerides,
        [order.place],
        order.start,
        order.stop,
        eop,
        max_off_nadir_deg=order.max_off_nadir_deg,
        cover="centre",
    )
    looks, _ = find_looks(
        satellites,
        ephemerides,
        (order,),
        accesses,
        lambda *, lon_deg, lat_deg, at: np.ones(np.broadcast(lon_deg, lat_deg, at).shape),
        eop,
        start=order.start,
        stop=order.stop,
    )
    return looks


def map_before(shot: Shot, folder: Path, scratch: Path) -> Mapped:
    """Take that picture, let it come down without loss and map it. Runs in a worker process."""
    taken, craft = shoot(shot, scratch), shot.satellite
    ground = scratch / shot.acquisition

    def record(contact: str, data: npt.NDArray[np.uint8]) -> None:
        with (folder / contact_file(shot.acquisition)).open("ab") as file:
            file.write(data.data)

    (folder / contact_file(shot.acquisition)).parent.mkdir(exist_ok=True)
    day = FileDay({craft.id: craft.radio.spacecraft_id}, ground, shot.middle, seed=shot.seed, recorded=record)
    size_bit, rate_bit_s = 8.0 * taken.file.stat().st_size, craft.radio.max_rate_bit_s
    day.load(DownFile(craft.id, picture_file(shot.acquisition), taken.content(), shot.middle))
    lasts_s = 60.0 + 1.1 * size_bit / rate_bit_s
    row = {"id": shot.acquisition, "satellite": craft.id, "station": "archive"}
    made = day.hold(row, LinkTerms(rate_bit_s, rate_bit_s), 0.0, lasts_s)
    taken.file.unlink()
    landed = Landed("archive", shot.middle, made.frames_sent, 0, size_bit, taken.measured)
    arrival = Arrival(shot, ground / picture_file(shot.acquisition), taken, landed)
    return map_picture(arrival, folder, None)
