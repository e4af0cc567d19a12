"""A further picture: the mission of that day, and what happens in the simulated land."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.errors import InputError
from swath.operate.watch_follow import follow_mission
from swath.operate.watch_ground import alert_area
from swath.sources.places import read_places
from swath.store.land_changes import land_change
from swath.store.mission import read_mission
from swath.store.section import Section
from swath.watch.file import round_place
from swath.watch.records import WatchedPlace, area_km2
from tests.watch.made_alerts import made_alert

EXAMPLE = Path(__file__).parents[2] / "examples" / "watch"
PLACE = WatchedPlace(round_place("meadow", 11.9, 44.95, 600.0))
AT = np.datetime64("2026-05-08T06:10:00", "ns")


def test_the_mission_of_a_follow_up_is_the_fleets_own_with_one_urgent_order(tmp_path: Path) -> None:
    text = (EXAMPLE / "mission.toml").read_text("utf-8")
    again = follow_mission(follow_mission(text, made_alert(), PLACE, AT), made_alert(), PLACE, AT)
    (tmp_path / "orders.csv").write_text((EXAMPLE / "orders.csv").read_text("utf-8"))
    (tmp_path / "mission.toml").write_text(again)
    (tmp_path / "base.toml").write_text(text)
    mission, base = read_mission(tmp_path / "mission.toml"), read_mission(tmp_path / "base.toml")
    (order,) = mission.urgent
    assert (order.id, order.kind, order.ordered, order.urgent) == ("meadow", "watch", AT, True)
    assert 1150.0 < order.extent_m < 1250.0 and order.place.lon_deg == 11.9
    assert mission.start == np.datetime64("2026-05-08T06:00", "ns")
    assert mission.stop - mission.start == np.timedelta64(24, "h")
    assert mission.satellites == base.satellites and mission.routine and mission.changes == base.changes
    with pytest.raises(InputError, match="start and hours"):
        follow_mission("[fleet]", made_alert(), PLACE, AT)


def test_changes_of_the_land_are_read_and_refused_with_why() -> None:
    good = {"id": "f", "kind": "burn", "lon_deg": 1.0, "lat_deg": 2.0, "radius_m": 50.0}
    good |= {"since": "2026-03-01T00:00:00Z"}
    found = land_change(Section(good, "m"))
    assert found.radius_m == 50.0 and found.until > np.datetime64("2100-01-01")
    hall = good | {"kind": "building", "length_m": 60.0, "width_m": 30.0}
    del hall["radius_m"]
    assert land_change(Section(hall, "m")).height_m == 12.0
    for wrong in ({"kind": "quake"}, {"radius_m": 1.0}, {"lat_deg": 95.0}, {"since": "yesterday"}, {"more": 1}):
        with pytest.raises(InputError):
            land_change(Section(good | wrong, "m"))


def test_a_change_is_named_once_in_a_mission(tmp_path: Path) -> None:
    text = (EXAMPLE / "mission.toml").read_text("utf-8")
    (tmp_path / "orders.csv").write_text((EXAMPLE / "orders.csv").read_text("utf-8"))
    (tmp_path / "mission.toml").write_text(text + text[text.index("[[changes]]") :])
    with pytest.raises(InputError, match="used 2 times"):
        read_mission(tmp_path / "mission.toml")


def test_the_area_for_a_drone_is_the_outline_and_a_little_about_it(tmp_path: Path) -> None:
    alert = replace(made_alert(), ring=((11.9, 44.95), (11.902, 44.95), (11.902, 44.952), (11.9, 44.952)))
    (place,) = read_places(alert_area(alert, tmp_path))
    side = np.sqrt(area_km2(place) * 1e6)
    assert side == pytest.approx(np.sqrt(157.7 * 222.4) + 60.0, rel=0.03)
