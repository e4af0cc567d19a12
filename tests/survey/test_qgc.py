"""QGroundControl's files: every required key, and another reader that sends the same items to a vehicle."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.survey.plan import Survey
from swath.survey.qgc import plan_file
from swath.survey.qgc_check import check_plan, flown_items
from tests.survey.asking import hills, survey_of
from tests.survey.test_area import U_SHAPE

FIELD = shapely.box(-150, -100, 150, 100)


@cache
def surveys() -> dict[str, Survey]:
    return {
        "level": survey_of(FIELD),
        "hills": survey_of(FIELD, terrain=hills(8.0), gsd_m=0.025),
        "concave": survey_of(U_SHAPE, keep_out=(shapely.box(40, 40, 60, 60),)),
    }


WORDS = st.sampled_from(["mission", "items", "type", "params", "geoFence", "fileType", "version"])
OPTIONAL = {
    *("globalPlanAltitudeMode", "AMSLAltAboveTerrain", "Altitude", "AltitudeMode", "doJumpId", "flyAlternateTransects"),
}


def texts() -> Iterator[tuple[str, Survey, str]]:
    for name, survey in surveys().items():
        for flight in survey.flights:
            yield name, survey, json.dumps(plan_file(survey, flight))


def test_ours_are_right() -> None:
    assert [check_plan(text) for _, _, text in texts()] == [()] * sum(len(s.flights) for s in surveys().values())


def keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every key of nested objects; of a list the first of each kind of entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from keys(inner, (*path, key))
    elif isinstance(value, list):
        seen = set()
        for i, inner in enumerate(value):
            if isinstance(inner, dict) and (kind := frozenset(inner)) not in seen:
                seen.add(kind)
                yield from keys(inner, (*path, i))


def test_a_missing_key_is_found_whichever_it_is() -> None:
    plan = plan_file(surveys()["hills"], surveys()["hills"].flights[0])
    paths = [path for path in keys(plan) if path[-1] not in OPTIONAL]
    assert len(paths) > 70
    for path in paths:
        broken = copy.deepcopy(plan)
        holder = broken
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        assert any(str(path[-1]) in said for said in check_plan(json.dumps(broken))), path


def test_a_value_of_another_kind_is_found_whichever_it_is() -> None:
    plan = plan_file(surveys()["hills"], surveys()["hills"].flights[0])
    for path in (p for p in keys(plan) if p[-1] not in OPTIONAL):
        broken = copy.deepcopy(plan)
        holder = broken
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = {"no": 1} if not isinstance(holder[path[-1]], dict) else 3
        assert check_plan(json.dumps(broken)), path


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
        max_leaves=20,
    )
)
def test_anything_else_is_refused_in_words(value: Any) -> None:
    assert check_plan(json.dumps(value))


def test_photos_are_on_along_lines_only() -> None:
    for name, survey, text in texts():
        on = False
        turns = 0
        for item in flown_items(text):
            if item["command"] == 206:
                assert (item["params"][0] > 0) != on, name
                on = not on
                turns += on
                if on:
                    assert item["params"][0] == pytest.approx(survey.trigger_m, abs=1e-3)
        assert not on
        assert turns == survey.lines


def test_heights_are_above_take_off_on_level_ground_and_above_the_sea_on_hills() -> None:
    for name, survey, text in texts():
        way = [i for i in flown_items(text) if i["command"] == 16]
        if name == "hills":
            assert {i["frame"] for i in way} == {0}
            assert min(i["params"][6] for i in way) > 300.0
        else:
            assert {i["frame"] for i in way} == {3}
            assert {i["params"][6] for i in way} == {round(survey.height_m, 2)}


class Vehicle(threading.Thread):
    """A vehicle that takes missions: heart-beats, asks for each item, keeps what it got."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        mavutil = pytest.importorskip("pymavlink.mavutil", reason="pymavlink is not installed")
        self.link = mavutil.mavlink_connection(f"udpout:127.0.0.1:{port}", source_system=1, source_component=1)
        self.items: list[Any] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        wanted = 0
        while not self.stopped.is_set():
            self.link.mav.heartbeat_send(2, 12, 0, 0, 3)
            message = self.link.recv_match(blocking=True, timeout=0.2)
            kind = message.get_type() if message is not None else ""
            if kind == "MISSION_COUNT":
                self.items, wanted = [], message.count
                self.link.mav.mission_request_int_send(message.get_srcSystem(), message.get_srcComponent(), 0, 0)
            elif kind == "MISSION_ITEM_INT" and message.seq == len(self.items):
                self.items.append(message)
                sender = message.get_srcSystem(), message.get_srcComponent()
                if len(self.items) < wanted:
                    self.link.mav.mission_request_int_send(*sender, len(self.items), 0)
                else:
                    self.link.mav.mission_ack_send(*sender, 0, 0)


def test_mavsdk_reads_it_and_a_vehicle_gets_the_same_items() -> None:
    mavsdk = pytest.importorskip("mavsdk", reason="MAVSDK is not installed")
    from mavsdk.plugins.mission_raw import MissionRaw

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    vehicle = Vehicle(port)
    vehicle.start()
    station = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(mavsdk.ComponentType.GROUND_STATION))
    try:
        station.add_any_connection(f"udpin://127.0.0.1:{port}")
        system = station.first_autopilot(timeout_s=10.0)
        assert system is not None
        raw = MissionRaw(system)
        for name, _, text in texts():
            read = raw.import_qgroundcontrol_mission_from_string(text)
            ours = flown_items(text)
            assert len(read.mission_items) == len(ours), name
            raw.upload_mission(read.mission_items)
            assert len(vehicle.items) == len(ours)
            for item, got in zip(ours, vehicle.items, strict=True):
                assert (got.command, got.frame) == (item["command"], item["frame"])
                if item["command"] in (16, 22):
                    lat, lon, height = item["params"][4:]
                    assert (got.x, got.y) == (round(lat * 1e7), round(lon * 1e7))
                    assert got.z == pytest.approx(height, abs=1e-3)
                else:
                    assert got.param1 == pytest.approx(item["params"][0] or 0.0)
    finally:
        vehicle.stopped.set()
        vehicle.join(5.0)
        vehicle.link.close()
        station.destroy()
