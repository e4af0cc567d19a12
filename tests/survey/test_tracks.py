"""GPX, KML and DJI's KMZ say the same path."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from swath.errors import InputError
from swath.sources.eop import packaged_eop
from swath.survey.camera import find_drone
from swath.survey.daylight import sun_windows
from swath.survey.tracks import gpx, kml, wpml_kmz
from tests.survey.asking import survey_of

SURVEY = survey_of(shapely.box(-100, -80, 100, 80))
SPACES = {"k": "http://www.opengis.net/kml/2.2", "w": "http://www.dji.com/wpmz/1.0.2"}


def test_gpx_and_kml_hold_every_waypoint() -> None:
    (flight,) = SURVEY.flights
    lonlat = SURVEY.ask.plane.to_deg([(w.east_m, w.north_m) for w in flight.waypoints])
    routes = ElementTree.fromstring(gpx(SURVEY, "a & <b>"))
    points = routes.findall(".//{http://www.topografix.com/GPX/1/1}rtept")
    assert np.array([(float(p.get("lon")), float(p.get("lat"))) for p in points]) == pytest.approx(lonlat, abs=1e-7)  # type: ignore[arg-type]
    path = ElementTree.fromstring(kml(SURVEY, "a & <b>")).find(".//k:coordinates", SPACES)
    assert path is not None
    assert np.array([[float(v) for v in p.split(",")[:2]] for p in path.text.split()]) == pytest.approx(
        lonlat, abs=1e-7
    )  # type: ignore[union-attr]


def test_the_kmz_takes_photos_along_lines() -> None:
    (flight,) = SURVEY.flights
    with zipfile.ZipFile(io.BytesIO(wpml_kmz(SURVEY, flight))) as archive:
        assert archive.namelist() == ["wpmz/template.kml", "wpmz/waylines.wpml"]
        template, way = (ElementTree.fromstring(archive.read(name)) for name in archive.namelist())
    assert len(template.findall(".//k:Placemark", SPACES)) == len(flight.waypoints)
    marks = way.findall(".//k:Placemark", SPACES)
    assert [int(m.findtext("w:index", namespaces=SPACES) or -1) for m in marks] == list(range(len(flight.waypoints)))
    groups = way.findall(".//w:actionGroup", SPACES)
    photos = [g for g in groups if g.findtext(".//w:actionTriggerType", namespaces=SPACES) == "multipleDistance"]
    assert len(photos) == SURVEY.lines
    for group in photos:
        first, last = (int(group.findtext(f"w:actionGroup{k}Index", namespaces=SPACES) or -1) for k in ("Start", "End"))
        assert {flight.waypoints[i].line for i in range(first, last + 1)} == {flight.waypoints[first].line} != {-1}
        assert float(group.findtext(".//w:actionTriggerParam", namespaces=SPACES) or 0) == pytest.approx(
            SURVEY.trigger_m, abs=0.01
        )


def test_a_drone_that_reads_no_kmz() -> None:
    survey = survey_of(shapely.box(-100, -80, 100, 80), drone=find_drone("phantom4pro"))
    with pytest.raises(InputError, match="reads no waypoint files"):
        wpml_kmz(survey, survey.flights[0])


def test_the_sun_is_high_enough_between_morning_and_afternoon() -> None:
    """NOAA's solar calculator for 46.52 N 16.4 E on 2026-06-21: solar noon at 10:56 UTC, 66.9 deg high."""
    eop = packaged_eop()
    ((start, stop),) = sun_windows(16.4, 46.52, np.datetime64("2026-06-21"), 40.0, eop)
    middle = start + (stop - start) / 2
    assert abs(middle - np.datetime64("2026-06-21T10:56:20")) < np.timedelta64(60, "s")
    assert sun_windows(16.4, 46.52, np.datetime64("2026-06-21"), 67.5, eop) == ()
    assert len(sun_windows(16.4, 46.52, np.datetime64("2026-06-21"), 66.5, eop)) == 1
    ((start, stop),) = sun_windows(25.0, 78.0, np.datetime64("2026-06-21"), 5.0, eop)
    assert stop - start == np.timedelta64(1, "D")
    with pytest.raises(InputError):
        sun_windows(16.4, 46.52, np.datetime64("2026-06-21"), 91.0, eop)
