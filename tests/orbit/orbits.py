"""Orbits for tests: made-up elements of every kind, so that nothing depends on one satellite."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from swath.model import Elements

EPOCH = np.datetime64("2026-05-07T21:13:40", "ns")
_MU_KM3_S2 = 398600.8  # WGS-72, as SGP4


def made_up(
    *,
    perigee_km: float,
    apogee_km: float,
    inclination_deg: float,
    raan_deg: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    bstar: float = 1e-5,
) -> Elements:
    a_km = 6378.135 + (perigee_km + apogee_km) / 2.0
    return Elements(
        name="made up",
        norad_id=99999,
        epoch=EPOCH,
        mean_motion_rev_day=float(np.sqrt(_MU_KM3_S2 / a_km**3) * 86400.0 / (2.0 * np.pi)),
        eccentricity=(apogee_km - perigee_km) / 2.0 / a_km,
        inclination_deg=inclination_deg,
        raan_deg=raan_deg,
        argument_of_perigee_deg=argument_of_perigee_deg,
        mean_anomaly_deg=mean_anomaly_deg,
        bstar=bstar,
        source="typed",
    )


_ANGLE = st.floats(0.0, 359.99)


@st.composite
def orbits(draw: st.DrawFn) -> Elements:
    """Near-circular low, eccentric, retrograde, polar, geostationary and highly eccentric ones."""
    kind = draw(st.sampled_from(["low", "low", "sso", "eccentric", "molniya", "geostationary", "retrograde"]))
    angles = {name: draw(_ANGLE) for name in ("raan_deg", "argument_of_perigee_deg", "mean_anomaly_deg")}
    height_km = draw(st.floats(220.0, 1500.0))
    if kind == "low":
        return made_up(
            perigee_km=height_km,
            apogee_km=height_km + draw(st.floats(0, 60)),
            inclination_deg=draw(st.floats(0, 100)),
            **angles,
        )
    if kind == "sso":
        return made_up(perigee_km=height_km, apogee_km=height_km + 10, inclination_deg=98.0, **angles)
    if kind == "eccentric":
        apogee_km = draw(st.floats(2_000.0, 36_000.0))
        return made_up(perigee_km=height_km, apogee_km=apogee_km, inclination_deg=draw(st.floats(0, 180)), **angles)
    if kind == "molniya":
        angles["argument_of_perigee_deg"] = 270.0
        return made_up(perigee_km=600.0, apogee_km=39_750.0, inclination_deg=63.4, **angles)
    if kind == "geostationary":
        tilt_deg = draw(st.sampled_from([0.01, 0.05, 6.0]))
        return made_up(perigee_km=35_780.0, apogee_km=35_792.0, inclination_deg=tilt_deg, bstar=0.0, **angles)
    return made_up(perigee_km=height_km, apogee_km=height_km + 50, inclination_deg=draw(st.floats(100, 180)), **angles)
