"""Photos round a structure: every one at the distance asked for, facing it, and all of its walls seen often enough."""

from __future__ import annotations

import io
import json
import math
import zipfile
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import Infeasible, InputError
from swath.survey.around import Around, AroundAsk, plan_around
from swath.survey.camera import find_drone
from swath.survey.flight import Limits
from swath.survey.qgc_around import around_plan
from swath.survey.qgc_check import check_plan, flown_items
from swath.survey.spacing import Overlap
from swath.survey.tracks import around_kmz, gpx, kml
from tests.survey.asking import PLANE, hills

DRONE = find_drone("mavic3e")
MAST, HALL = shapely.Point(0, 0).buffer(3.0), shapely.box(-25, -10, 25, 10)
L_SHAPE = shapely.Polygon([(0, 0), (40, 0), (40, 12), (14, 12), (14, 40), (0, 40)])


def around_of(footprint: shapely.Polygon, height_m: float, **changes: object) -> Around:
    given_ = {"drone": DRONE, "gsd_m": 0.01, "overlap": Overlap(0.8, 0.7), "take_off": (70.0, -75.0), **changes}
    return plan_around(AroundAsk(PLANE, footprint, height_m, **given_))  # type: ignore[arg-type]


@pytest.mark.parametrize(("footprint", "height_m"), [(MAST, 70.0), (HALL, 12.0), (L_SHAPE, 30.0)])
def test_every_photo_faces_the_structure_from_the_distance_that_gives_the_pixel(
    footprint: shapely.Polygon, height_m: float
) -> None:
    plan = around_of(footprint, height_m)
    hull = shapely.convex_hull(footprint)
    assert DRONE.camera.gsd_m(plan.distance_m) == pytest.approx(0.01)
    for photo in plan.photos:
        at = shapely.Point(photo.east_m, photo.north_m)
        toward = shapely.shortest_line(at, hull).coords
        level = math.hypot(toward[1][0] - toward[0][0], toward[1][1] - toward[0][1])
        heading = math.degrees(math.atan2(toward[1][0] - toward[0][0], toward[1][1] - toward[0][1])) % 360.0
        assert photo.heading_deg == pytest.approx(heading, abs=1e-6)
        if photo.pitch_deg == -45.0:  # as far from the roof's edge as the others from the wall
            drop = photo.altitude_m - height_m
            assert math.hypot(level, drop) == pytest.approx(plan.distance_m, rel=0.002)
            assert math.degrees(math.atan2(-drop, level)) == pytest.approx(-45.0, abs=0.2)
        else:
            assert level == pytest.approx(plan.distance_m, rel=0.002) and photo.altitude_m >= 5.0
    assert plan.seen.once_share == 1.0 and plan.seen.thrice_share > 0.99
    for flight in plan.flights:
        assert flight.battery_share <= 0.75 + 1e-9
        path = [shapely.Point(w.east_m, w.north_m) for w in flight.waypoints]
        for a, b in pairwise(path):
            assert shapely.LineString([a, b]).distance(hull) > 5.0


@settings(max_examples=15)
@given(st.floats(2.0, 60.0), st.floats(2.0, 40.0), st.floats(3.0, 80.0), st.floats(0.004, 0.02), st.floats(0.6, 0.85))
def test_whatever_the_structure_its_walls_are_seen(
    length_m: float, width_m: float, height_m: float, gsd_m: float, front: float
) -> None:
    footprint = shapely.box(-length_m / 2, -width_m / 2, length_m / 2, width_m / 2)
    try:
        plan = around_of(footprint, height_m, gsd_m=gsd_m, overlap=Overlap(front, 0.6), take_off=(0.0, -180.0))
    except Infeasible:
        return  # what it says is held below
    assert plan.seen.once_share > 0.999
    for ring in range(len(plan.rings_m)):
        mine = [p for p in plan.photos if p.ring == ring]
        turns = [(b.heading_deg - a.heading_deg + 180.0) % 360.0 - 180.0 for a, b in pairwise([*mine, mine[0]])]
        gaps = [math.hypot(b.east_m - a.east_m, b.north_m - a.north_m) for a, b in pairwise([*mine, mine[0]])]
        assert max(map(abs, turns)) < 25.0 and max(gaps) <= plan.spacing_m * 1.01
    steps = np.diff([h for h, p in zip(plan.rings_m, plan.pitches_deg, strict=True) if p > -45.0])
    assert (steps <= 2.0 * plan.distance_m * DRONE.camera.tan_along * 0.4 + 1e-6).all()


def test_the_plan_is_one_that_qgroundcontrol_opens_and_the_camera_is_told_at_each_photo() -> None:
    for terrain in (None, hills(6.0)):
        plan = around_of(HALL, 15.0, **({} if terrain is None else {"terrain": terrain}))
        for flight in plan.flights:
            text = json.dumps(around_plan(plan, flight))
            assert check_plan(text) == ()
            items = flown_items(text)
            photos = [w for w in flight.waypoints if w.photo]
            shots = [n for n, item in enumerate(items) if item["command"] == 2000]
            assert len(shots) == len(photos)
            for n, photo in zip(shots, photos, strict=True):
                stand = items[n - 1]
                assert stand["command"] == 16 and stand["params"][3] == pytest.approx(photo.heading_deg, abs=0.01)
                lon, lat = PLANE.to_deg(np.array([photo.east_m, photo.north_m]))
                assert stand["params"][4:6] == pytest.approx([lat, lon], abs=2e-7)
            tilts = [item["params"][0] for item in items if item["command"] == 205]
            assert tilts == pytest.approx([round(p, 2) for p in dict.fromkeys(w.pitch_deg for w in photos)])
            (fence,) = json.loads(text)["geoFence"]["polygons"]
            assert fence["inclusion"] is False and len(fence["polygon"]) > 3


def test_djis_file_turns_and_tilts_and_takes_a_photo_at_each_point() -> None:
    plan = around_of(MAST, 40.0)
    flight = plan.flights[0]
    with zipfile.ZipFile(io.BytesIO(around_kmz(plan, flight))) as archive:
        root = ET.fromstring(archive.read("wpmz/waylines.wpml"))
    marks = [node for node in root.iter() if node.tag.endswith("}Placemark")]
    assert len(marks) == len(flight.waypoints)
    for mark, one in zip(marks, flight.waypoints, strict=True):
        named = {node.tag.rpartition("}")[2]: node.text for node in mark.iter()}
        if one.photo:
            assert float(named["waypointHeadingAngle"] or 0) % 360.0 == pytest.approx(one.heading_deg, abs=0.06)
            assert float(named["gimbalPitchRotateAngle"] or 0) == pytest.approx(one.pitch_deg, abs=0.06)
            words = [node.text for node in mark.iter() if node.tag.endswith("actionActuatorFunc")]
            assert words == ["gimbalRotate", "takePhoto"]
    for text in (gpx(plan, "mast"), kml(plan, "mast")):
        assert ET.fromstring(text.encode()) is not None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"gsd_m": 0.5}, InputError),
        ({"overlap": Overlap(0.99, 0.5)}, InputError),
        ({"take_off": (0.0, 0.0)}, Infeasible),
        ({"limits": Limits(wind_m_s=40.0)}, Infeasible),
        ({"limits": Limits(highest_m=20.0)}, Infeasible),
        ({"take_off": (9000.0, 0.0)}, Infeasible),
    ],
)
def test_what_cannot_be_flown_is_refused_with_what_would_help(changes: dict[str, object], kind: type) -> None:
    with pytest.raises(kind) as caught:
        around_of(HALL, 60.0, **changes)
    assert caught.value.fix
    with pytest.raises(InputError):
        around_of(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 20.0)
    with pytest.raises(InputError):
        around_of(HALL, 0.2)
