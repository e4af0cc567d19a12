"""The picture from before: the fleet's last look at a place ahead of the mission, out of the (simulated) archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from swath.access.accesses import find_accesses
from swath.archive.assemble import assemble
from swath.archive.receive import receive
from swath.fly.downlink import transmit
from swath.frames import EarthOrientation
from swath.model import Opportunities, Request
from swath.operate.downlink import Landed, contact_file, hand_over
from swath.operate.ground import Mapped, map_picture
from swath.operate.planning import ephemerides_of
from swath.operate.shot import Shot, shoot
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.plan.looks import find_looks
from swath.store.folder import write_whole
from swath.store.mission import Mission
from swath.time import format_utc, seconds

__all__ = ["DAYS_BACK", "map_before", "shot_before"]

DAYS_BACK = 4
"""how far the archive is searched; the elements of the day are good to a few hundred metres that far back"""


def shot_before(mission: Mission, order: Request, eop: EarthOrientation, number: int) -> Shot | None:
    """The last look at an urgent order's place before the mission, the sky taken as clear; none if there was none."""
    start = mission.start - seconds(86400.0 * DAYS_BACK)
    ephemerides = ephemerides_of(mission.satellites, start, mission.start, eop)
    earlier = replace(order, start=start, stop=mission.start, deadline=mission.start, ordered=start, urgent=False)
    looks = _looks_before(mission, earlier, ephemerides, eop)
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
        satellite=satellite,
        ephemeris=ephemerides[satellite.id],
        number=number,
        start=best["start"],
        middle=best["middle"],
        commanded_deg=commanded,
        true_deg=(*commanded, 0.0),
        sun_deg=(float(sun[0]), float(sun[1])),
        p_clear=1.0,
        weather=None,
        flooded=False,
        seed=mission.seed,
    )


def _looks_before(
    mission: Mission, order: Request, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation
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
        mission.satellites,
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
    taken = shoot(shot, scratch)
    sent = transmit(taken.packets(), shot.satellite, first_frame=0, loss=0.0, seed=0)
    write_whole(folder / contact_file(shot.acquisition), sent.data)
    heard = receive(sent.data)
    (picture,) = assemble([heard])
    landed = Landed("archive", shot.middle, sent.frames_sent, 0, 8.0 * float(taken.sizes.sum()))
    arrival = hand_over(picture, [heard], shot, taken.crc32, landed, scratch)
    del sent, heard, picture
    return map_picture(arrival, folder, None)
