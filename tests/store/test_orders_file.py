"""Orders of every kind out of GeoJSON; whatever is no such file is refused with the row and what to do."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.orders import Order
from swath.store.orders import read_orders
from swath.time import seconds

START = np.datetime64("2026-05-08T00:00:00", "ns")
STOP = START + seconds(86400.0)
POINT = {"type": "Point", "coordinates": [11.0, 45.0]}
RING = {"type": "Polygon", "coordinates": [[[10, 45], [11, 45], [11, 46], [10, 46], [10, 45]]]}


def read(folder: Path, *features: object) -> tuple[Order, ...]:
    path = folder / "orders.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return read_orders(path, start=START, stop=STOP)


def feature(kind: str, geometry: object, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"id": "o", "kind": kind, "value": 5.0, **properties},
    }


def test_every_kind_is_read(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[10.0, 45.0], [10.5, 45.3]]}
    many = {"type": "MultiPoint", "coordinates": [[10.0, 45.0], [12.0, 45.0]]}
    found = read(
        tmp_path,
        feature("point", POINT, id="a", pictures=3, min_p_clear=0.3, halves_hours=6, apart_hours={"b": 2}),
        feature("strip", line, id="b", width_m=10e3),
        feature("area", RING, id="c", gain=[[0, 0], [0.5, 0.8], [1, 1]], owner="x", priority=2, side="left"),
        feature("stereo", POINT, id="d", convergence_deg=[15, 40]),
        feature("tristereo", POINT, id="e", convergence_deg=[8, 30], max_gsd_m=2.0),
        feature("series", POINT, id="f", every_days=0.5, tolerance_days=0.1),
        feature("alternatives", many, id="g", deadline="2026-05-09T06:00:00Z"),
    )
    assert [o.kind for o in found] == ["point", "strip", "area", "stereo", "tristereo", "series", "alternatives"]
    a, b, c, d, e, f, g = found
    assert (a.most, a.request.min_p_clear, a.request.halves_s, a.request.apart) == (3, 0.3, 21600.0, (("b", 7200.0),))
    assert len(b.request.place.ring) == 4
    assert (c.gain[1], c.request.owner, c.request.priority, c.request.side) == ((0.5, 0.8), "x", 2, "left")
    assert (d.request.looks, d.request.convergence_deg) == (2, (15.0, 40.0))
    assert (e.request.looks, e.request.max_gsd_m) == (3, 2.0)
    assert (f.every_s, f.tolerance_s) == (43200.0, 8640.0)
    assert [p.id for p in g.places] == ["g.1", "g.2"]
    assert g.request.deadline == STOP + seconds(6 * 3600.0)


def test_a_strip_is_as_wide_as_it_says(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[10.0, 60.0], [10.5, 60.3]]}
    (order,) = read(tmp_path, feature("strip", line, width_m=10e3))
    ring = np.array(order.request.place.ring)
    scale = np.array([np.cos(np.radians(60.15)), 1.0]) * 111194.9
    assert np.linalg.norm((ring[0] - ring[3]) * scale) == pytest.approx(10e3, rel=1e-3)


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (feature("photo", POINT), "kind 'photo'"),
        (feature("area", POINT), "outline"),
        (feature("point", None), "no geometry"),
        (feature("stereo", {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "does not go with stereo"),
        (feature("point", {"type": "Point", "coordinates": [200.0, 0.0]}), "outside the world"),
        (feature("point", {"type": "Point", "coordinates": ["x", 0.0]}), "position"),
        (feature("area", {"type": "Polygon", "coordinates": [[[179, 0], [-179, 0], [-179, 1]]]}), "date line"),
        (feature("point", POINT, value=0), "value"),
        (feature("point", POINT, value=-3), "value"),
        (feature("point", POINT, value=None), "value"),
        (feature("point", POINT, colour="red"), "'colour' is unknown"),
        (feature("point", POINT, every_days=3), "'every_days' is unknown"),
        (feature("point", POINT, start="2026-05-09T00:00:00Z", stop="2026-05-08T00:00:00Z"), "window opens"),
        (feature("point", POINT, priority=9), "priority"),
        (feature("point", POINT, side="up"), "side 'up'"),
        (feature("series", POINT), "every_days"),
        (feature("series", POINT, every_days=1, tolerance_days=0.9), "tolerance"),
        (feature("stereo", POINT, convergence_deg=[40, 15]), "converge"),
        (feature("area", RING, gain=[[0, 0], [0.5, 0.1], [1, 1]]), ""),
        (feature("strip", {"type": "LineString", "coordinates": [[0, 0], [0, 0]]}, width_m=1e3), "one place"),
        (7, "feature"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, one: object, what: str) -> None:
    if not what:  # the gain is judged with the bundle
        read(tmp_path, one)
        return
    with pytest.raises(InputError, match=what) as told:
        read(tmp_path, one)
    assert "row 1" in str(told.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": 3}', '{"features": [NaN]}', "\x00"])
def test_what_is_no_such_file_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orders.geojson"
    path.write_text(text)
    with pytest.raises(InputError):
        read_orders(path, start=START, stop=STOP)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["point", "strip", "area", "stereo", "series", "alternatives"]),
    JSON,
    st.dictionaries(
        st.sampled_from(["value", "gain", "every_days", "start", "owner", "apart_hours", "satellites", "pictures"]),
        JSON,
    ),
)
def test_anything_else_is_an_input_error(tmp_path: Path, kind: str, geometry: object, properties: dict) -> None:
    with contextlib.suppress(InputError):
        read(tmp_path, feature(kind, geometry, **properties))
