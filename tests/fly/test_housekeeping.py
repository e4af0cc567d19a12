"""Housekeeping by itself: ends of ranges, the unknown, leap seconds, hostile packets."""

from __future__ import annotations

import binascii
import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.channels import find_recording
from swath.archive.housekeeping import housekeeping_in
from swath.errors import InputError
from swath.fly.frames import FrameCounts, PacketStream, in_frames
from swath.fly.housekeeping import housekeeping_of, housekeeping_packets
from swath.model import Telemetry
from swath.spacecraft.housekeeping_format import FIELDS, Housekeeping, packet_dtype

ROW: dict[str, Any] = {
    "spacecraft": 5, "time": np.datetime64("2026-05-08T00:00", "ns"), "battery_wh": 100.0, "memory_bit": 1e9,
    "payload_k": 290.0, "battery_k": 290.0, "radio_k": 290.0, "roll_deg": 1.0, "pitch_deg": -1.0,
    "pointing_error_deg": 0.001, "mode": "idle", "sunlit": "yes",
}  # fmt: skip


def through(*rows: dict[str, Any]) -> tuple[Housekeeping, int]:
    return heard(housekeeping_packets(Housekeeping.from_rows([{**ROW, **row} for row in rows]), 0))


def heard(packets: PacketStream) -> tuple[Housekeeping, int]:
    units, _ = in_frames(packets, spacecraft_id=5, channel=1, counts=FrameCounts(), control=bytes(4))
    return housekeeping_in(find_recording(units.reshape(-1)))


def test_the_definition_and_the_table_name_the_same_things_in_one_order() -> None:
    columns = [field.name for field in dataclasses.fields(Housekeeping)]
    assert columns == ["spacecraft", "time", *(field.name for field in FIELDS)]
    assert packet_dtype().itemsize == 12 + sum(field.size for field in FIELDS)


@given(
    battery_wh=st.floats(-10, 1e7), memory_bit=st.floats(0, 1e20), angle=st.floats(-1e5, 1e5), warm=st.floats(0, 1e4)
)
def test_numbers_are_rounded_to_their_scale_and_held_at_the_ends(
    battery_wh: float, memory_bit: float, angle: float, warm: float
) -> None:
    row = {"battery_wh": battery_wh, "memory_bit": memory_bit, "roll_deg": angle, "payload_k": warm}
    (told, bad) = through(row)
    assert bad == 0
    ends = {"battery_wh": (0, 4294967.294), "memory_bit": (0, 2**53), "roll_deg": (-2147.483648, 2147.483647)}
    ends["payload_k"] = (0, 655.34)
    for name, value in row.items():
        scale = next(field.factor for field in FIELDS if field.name == name)
        got = float(getattr(told, name)[0])
        assert abs(got - min(max(value, ends[name][0]), ends[name][1])) <= max(0.51 * scale, 1e-9 * abs(got)) + (
            scale if name == "roll_deg" else 0.0  # -1 means unknown, so one millionth of a degree below 0 is 0
        )


def test_the_unknown_stays_unknown() -> None:
    told, _ = through({"radio_k": np.nan, "roll_deg": np.nan, "memory_bit": np.nan})
    assert np.isnan([told.radio_k[0], told.roll_deg[0], told.memory_bit[0]]).all() and told.payload_k[0] == 290.0


def test_a_second_after_a_leap_second_is_a_second_later() -> None:
    at = np.array(["2016-12-31T23:59:59", "2017-01-01T00:00:00"], "datetime64[ns]")
    told, _ = through({"time": at[0]}, {"time": at[1]})
    assert np.array_equal(told.time, at)


@pytest.mark.parametrize("row", [{"mode": "dancing"}, {"sunlit": ""}, {"time": np.datetime64("1950-01-01", "ns")}])
def test_what_the_format_cannot_say_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        through(row)


@given(at=st.integers(0, 47), value=st.integers(0, 255))
def test_a_lying_packet_is_taken_as_what_it_says_or_not_at_all(at: int, value: int) -> None:
    packet = bytearray(housekeeping_packets(Housekeeping.from_rows([ROW]), 0).data.tobytes())
    packet[at % (len(packet) - 2)] = value
    packet[-2:] = binascii.crc_hqx(bytes(packet[:-2]), 0xFFFF).to_bytes(2, "big")
    told, bad = heard(PacketStream.of([bytes(packet)]))
    assert len(told) + bad <= 1
    if len(told):
        assert told.mode[0] and told.sunlit[0] in ("yes", "no")


def test_a_flight_tells_what_it_knows() -> None:
    row = ([90.0], [5.0], [1.0], [2.0], ["image"], [False], [301.5], [0.25], [288.5], [294.25])
    flown = Telemetry(["a"], [ROW["time"]], *row)
    made = housekeeping_of(flown, 5, pointing_error_deg=0.25)
    assert (made.mode[0], made.sunlit[0], made.battery_wh[0], made.pointing_error_deg[0]) == ("image", "no", 90.0, 0.25)
    assert made.payload_k[0] == 301.5 and (made.battery_k[0], made.radio_k[0]) == (288.5, 294.25)
    told, bad = heard(housekeeping_packets(made, 0))
    assert bad == 0 and told.pitch_deg[0] == pytest.approx(2.0)
