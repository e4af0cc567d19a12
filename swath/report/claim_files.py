"""The geometry of claims for globes: KML 2.2 and CZML 1.0."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swath.claim.check import Dossier
from swath.claim.records import Verdict
from swath.claim.scene import Drawn
from swath.report.orbit_files import xml_text
from swath.report.packets import between, czml, document, moving, standing
from swath.time import format_utc

__all__ = ["claims_czml", "claims_kml"]


def claims_kml(dossier: Dossier, drawings: Mapping[str, Drawn]) -> str:
    """A folder a claim: the place, the track in time at its height, the reach of the camera, the line of sight."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>',
        f"<name>{xml_text(dossier.file.title)}</name>",
        '<Style id="track"><LineStyle><color>ffdc823c</color><width>2</width></LineStyle></Style>',
        '<Style id="sight"><LineStyle><color>ff0c41c2</color><width>3</width></LineStyle></Style>',
        '<Style id="reach"><LineStyle><color>ffdc823c</color></LineStyle>',
        "<PolyStyle><color>33dc823c</color></PolyStyle></Style>",
    ]
    for verdict in dossier.verdicts:
        if verdict.id in drawings:
            parts += _folder(verdict, drawings[verdict.id])
    return "\n".join([*parts, "</Document></kml>"]) + "\n"


def _folder(verdict: Verdict, drawn: Drawn) -> list[str]:
    place = verdict.claim.place
    assert place is not None
    at = int(np.argmin(np.abs(drawn.since_s)))
    here = f"{place.lon_deg:.6f},{place.lat_deg:.6f},{place.altitude_m:.0f}"
    there = f"{drawn.lon_deg[at]:.6f},{drawn.lat_deg[at]:.6f},{drawn.altitude_m[at]:.0f}"
    said = xml_text(". ".join([verdict.says, *verdict.because[:3]]))
    ring = " ".join(f"{lon:.6f},{lat:.6f},0" for lon, lat in drawn.reach_deg)
    reach = (
        f"<Placemark><name>within reach</name><styleUrl>#reach</styleUrl><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )
    return [
        f"<Folder><name>{xml_text(f'{verdict.id}: {verdict.verdict}')}</name><description>{said}</description>",
        f"<Placemark><name>{xml_text(place.id)}</name><Point><coordinates>{here}</coordinates></Point></Placemark>",
        "<Placemark><name>line of sight at the stated time</name><styleUrl>#sight</styleUrl><LineString>"
        f"<altitudeMode>absolute</altitudeMode><coordinates>{here} {there}</coordinates></LineString></Placemark>",
        *([reach] if len(drawn.reach_deg) > 3 else []),
        "<Placemark><name>track</name><styleUrl>#track</styleUrl><gx:Track><altitudeMode>absolute</altitudeMode>",
        *(f"<when>{format_utc(time, decimals=3)}</when>" for time in drawn.time),
        *(
            f"<gx:coord>{lon:.6f} {lat:.6f} {height:.0f}</gx:coord>"
            for lon, lat, height in zip(drawn.lon_deg, drawn.lat_deg, drawn.altitude_m, strict=True)
        ),
        "</gx:Track></Placemark></Folder>",
    ]


def claims_czml(dossier: Dossier, drawings: Mapping[str, Drawn]) -> str:
    """Each claim's satellite in motion, the place, and a line between them during the stated time."""
    if not drawings:
        return czml([{"id": "document", "name": dossier.file.title, "version": "1.0"}])
    start = min(drawn.time[0] for drawn in drawings.values())
    stop = max(drawn.time[-1] for drawn in drawings.values())
    packets = [document(dossier.file.title, start, stop)]
    for number, verdict in enumerate(dossier.verdicts):
        drawn, place = drawings.get(verdict.id), verdict.claim.place
        if drawn is None or place is None:
            continue
        name = f"{verdict.id} {verdict.claim.subject.name}".strip()
        flying = moving(number, name, drawn.time, drawn.r_itrf_m, f"{verdict.verdict}: {verdict.says}")
        ground = standing("place", verdict.id, place.lon_deg, place.lat_deg, place.altitude_m)
        moment = verdict.claim.moment
        span = (drawn.time[0], drawn.time[-1])
        shown = (
            max(moment.earliest - np.timedelta64(5, "s"), span[0]),
            min(moment.latest + np.timedelta64(5, "s"), span[1]),
        )
        sight = {
            "id": f"sight/{number}",
            "name": f"{verdict.id}: line of sight",
            "polyline": between([flying["id"], ground["id"]], span, [shown], [194, 65, 12, 230]),
        }
        packets += [flying, ground, sight]
    return czml(packets)
