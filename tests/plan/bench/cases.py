"""Small AEOSSP cases made up on real orbits, as the texts of their three files."""

from __future__ import annotations

import numpy as np
import yaml

from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_teme
from swath.orbit.elements import parse_tle
from swath.orbit.sgp4 import propagate
from tests.plan.fleet import ELEMENTS

START = np.datetime64("2026-05-08T00:00:00", "ns")


def stamp(after_s: float) -> str:
    return str(START + np.timedelta64(round(after_s * 1e9), "ns"))[:19] + "Z"


def aeossp_texts(
    seed: int, *, satellites: int = 2, tasks: int = 60, hours: int = 3, initial_wh: float = 900.0
) -> dict[str, str]:
    """Tasks lie beside the ground tracks, so that many are in reach and hinder one another."""
    rng = np.random.default_rng(seed)
    names = list(ELEMENTS)[:satellites]
    crafts = [
        {
            "satellite_id": name,
            "norad_catalog_id": number,
            "tle_line1": ELEMENTS[name].splitlines()[0],
            "tle_line2": ELEMENTS[name].splitlines()[1],
            "sensor": {"sensor_type": "visible"},
            "attitude_model": {
                "max_slew_velocity_deg_per_s": 1.0,
                "max_slew_acceleration_deg_per_s2": 0.25,
                "settling_time_s": 3.0,
                "max_off_nadir_deg": 25.0,
            },
            "resource_model": {
                "battery_capacity_wh": 1000.0,
                "initial_battery_wh": initial_wh,
                "idle_power_w": 25.0,
                "imaging_power_w": 480.0,
                "slew_power_w": 280.0,
                "sunlit_charge_power_w": 100.0,
            },
        }
        for number, name in enumerate(names)
    ]
    rows = []
    for number in range(tasks):
        at_s = float(rng.uniform(300, hours * 3600 - 900))
        orbit = parse_tle(ELEMENTS[names[number % satellites]], source="").elements[0]
        at = START + np.timedelta64(int(at_s), "s")
        r, _ = itrf_from_teme(*propagate(orbit, at), at=at, eop=EarthOrientation.zero())
        lon, lat, _ = geodetic_from_itrf(r)
        rows.append(
            {
                "task_id": f"task_{number:04d}",
                "name": "somewhere",
                "latitude_deg": float(np.clip(lat + rng.uniform(-1, 1), -89, 89)),
                "longitude_deg": float((lon + rng.uniform(-1.5, 1.5) + 180) % 360 - 180),
                "altitude_m": 0.0,
                "release_time": stamp(max(at_s - 600, 0)),
                "due_time": stamp(min(at_s + 800, hours * 3600)),
                "required_duration_s": int(rng.choice([20, 30, 45])),
                "required_sensor_type": "visible",
                "weight": float(rng.choice([1.0, 1.5, 2.0, 5.0])),
            }
        )
    mission = {
        "case_id": f"small_{seed}",
        "horizon_start": stamp(0),
        "horizon_end": stamp(hours * 3600),
        "action_time_step_s": 5,
        "geometry_sample_step_s": 5,
        "resource_sample_step_s": 10,
        "propagation": {"model": "sgp4"},
    }
    given = {"mission": {"mission": mission}, "satellites": {"satellites": crafts}, "tasks": {"tasks": rows}}
    return {f"{name}.yaml": yaml.safe_dump(value, sort_keys=False) for name, value in given.items()}
