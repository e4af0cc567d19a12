"""Published plans in the forms of ESA and USGS, small and made up."""

from __future__ import annotations

import json


def sentinel_kml(satellite: str, start: str, stop: str, ring: str, *, mode: str = "IW", inside: bool = True) -> bytes:
    """A plan of one data take; ``inside``: the outline is a polygon, as of Sentinel-2, else a bare ring."""
    shape = f"<LinearRing><coordinates>{ring}</coordinates></LinearRing>"
    shape = f"<Polygon><outerBoundaryIs>{shape}</outerBoundaryIs></Polygon>" if inside else shape
    values = {
        "SatelliteId": satellite,
        "DatatakeId": "1",
        "Mode": mode,
        "Polarisation": "DV",
        "ObservationTimeStart": start,
        "ObservationTimeStop": stop,
        "OrbitRelative": "7",
    }
    data = "".join(f'<Data name="{name}"><value>{value}</value></Data>' for name, value in values.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
        "<Placemark><name>legend</name></Placemark>"
        f"<Placemark><name>take</name><ExtendedData>{data}</ExtendedData>{shape}</Placemark>"
        "</Folder></Document></kml>"
    ).encode()


def landsat_json(day: str, paths: str) -> bytes:
    """A calendar of one day of Landsat 8."""
    return json.dumps({"landsat_8": {day: {"path": paths, "cycle": "9"}}}).encode()
