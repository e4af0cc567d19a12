"""Which part of a region does Sentinel-2A see by day, when, and how sure is that? With its own swath.

    python examples/access/field_by_day.py

Prints one line a window: the time and its doubt, the share of the region in it, and the share seen so far.
"""

from __future__ import annotations

from swath.access.accesses import find_accesses, looking
from swath.access.details import describe
from swath.access.instruments import altitude_m, own_look
from swath.access.spoken import condition
from swath.model import Place
from swath.orbit.forms import parse_elements
from swath.orbit.orbits import orbits_near
from swath.sources.eop import packaged_eop
from swath.spacecraft.catalog import satellite
from swath.time import format_utc, parse_utc

# Set of 7 May 2026: CelesTrak's active list as archived in github ivanfurlan1/data-satarg
SET = """SENTINEL-2A
1 40697U 15028A   26127.79507169 -.00000041  00000+0  11172-5 0  9996
2 40697  98.5684 203.2175 0001246  82.6727 277.4597 14.30811791567951
"""


def main() -> None:
    """Print the windows of ten days."""
    start, stop, eop = parse_utc("2026-05-08T00:00:00Z"), parse_utc("2026-05-18T00:00:00Z"), packaged_eop()
    ((name, orbit),) = orbits_near(parse_elements(SET), start, eop).items()
    assert orbit.elements is not None
    own, said = own_look(satellite("sentinel-2a"), altitude_m(orbit.elements))
    wanted = own & condition("sun >= 10")
    po_valley = Place.box("Po valley", lon_deg=10.3, lat_deg=45.1, width_m=350e3, height_m=120e3)
    fleet = {name: orbit.ephemeris}
    windows = find_accesses(fleet, [po_valley], start, stop, eop, where=wanted)
    details = describe(
        windows, fleet, [po_valley], start, stop, eop, asked=looking(where=wanted), doubts={name: orbit.doubt}
    )
    print(said)
    for row in windows.beside(details).rows():
        print(
            f"{format_utc(row['start'])} +-{row['start_doubt_s']:.1f} s, {row['covered_fraction']:4.0%} of it, "
            f"{row['covered_so_far_fraction']:4.0%} so far, {row['direction']}, Sun {row['sun_elevation_deg']:.0f} deg"
        )


if __name__ == "__main__":
    main()
