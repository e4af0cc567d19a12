"""A satellite raises its orbit: where is it two hours later, and how far from where the element set has it?

    python examples/orbits/raise_orbit.py [raised.oem]

The state comes from an element set; a burn of 60 s along the motion follows; both motions are compared, and the new one
is written as a CCSDS ephemeris, which `swath passes --elements raised.oem` and every other command take. Needs
`pip install "swath[numerical]"`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from swath.frames import states_from_itrf
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.forces import Burn, Forces
from swath.orbit.forms import parse_elements
from swath.orbit.numerical import propagate_forces
from swath.orbit.oem import OemEphemeris
from swath.orbit.oem_write import oem_text
from swath.sources.eop import packaged_eop
from swath.time import seconds

__all__ = ["main"]

# CelesTrak "active" list of 7 May 2026
ELEMENTS = """SENTINEL-2A
1 40697U 15028A   26127.79507169 -.00000041  00000+0  11172-5 0  9996
2 40697  98.5684 203.2175 0001246  82.6727 277.4597 14.30811791567951
"""
START = np.datetime64("2026-05-08T06:00:00", "ns")
STOP = START + seconds(2 * 3600.0)


def main() -> None:
    """Burn, compare, write."""
    eop = packaged_eop()
    before = sgp4_ephemeris(parse_elements(ELEMENTS).elements[0], eop)
    r_m, v_m_s = states_from_itrf("GCRF", *before.states(START), at=START, eop=eop)
    burn = Burn(START + seconds(600.0), duration_s=60.0, radial_m_s2=0.0, along_m_s2=0.01, cross_m_s2=0.0)
    message = propagate_forces(r_m, v_m_s, START, STOP, Forces(), eop=eop, burns=[burn], name="SENTINEL-2A RAISED")
    after = OemEphemeris(message, eop)
    for minutes in (10, 30, 60, 90, 120):
        at = START + seconds(60.0 * minutes)
        apart_m = np.linalg.norm(after.states(at)[0] - before.states(at)[0])
        print(f"{minutes:4} min: {apart_m / 1e3:7.3f} km from where the element set has it")
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(oem_text([message], created=START), encoding="utf-8")


if __name__ == "__main__":
    main()
