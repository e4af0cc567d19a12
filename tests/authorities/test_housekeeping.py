"""Our housekeeping packets, read by `space-packet-parser` (6.2) from our XTCE page, which OMG's own schema accepts."""

from __future__ import annotations

import binascii
import io
import re
from pathlib import Path

import lxml.etree
import numpy as np
import space_packet_parser as spp
from space_packet_parser.generators import ccsds_generator
from space_packet_parser.xtce.definitions import XtcePacketDefinition

from swath.archive.channels import channel_packets, find_recording
from swath.archive.housekeeping import housekeeping_in
from swath.archive.telemetry import telemetry_in
from swath.archive.xtce import telemetry_xtce
from swath.fly.frames import FrameCounts, in_frames
from swath.fly.housekeeping import housekeeping_packets
from swath.fly.reports import report_packets
from swath.spacecraft.housekeeping_format import FIELDS, Housekeeping
from swath.spacecraft.report_format import CODES, STAGES, Report

SCHEMA = Path(spp.__file__).parent / "xtce" / "schemas" / "SpaceSystem.xsd"


def some(rows: int = 500, seed: int = 0) -> Housekeeping:
    rng = np.random.default_rng(seed)
    time = np.datetime64("2026-05-08T09:41:22.5", "ns") + np.arange(rows) * np.timedelta64(60_000_000_000, "ns")
    return Housekeeping(
        spacecraft=np.full(rows, 77),
        time=time,
        battery_wh=rng.uniform(0, 160, rows),
        memory_bit=rng.integers(0, 32e9, rows).astype(float),
        payload_k=np.where(rng.random(rows) < 0.1, np.nan, rng.uniform(230, 330, rows)),
        battery_k=rng.uniform(230, 330, rows),
        radio_k=np.full(rows, np.nan),
        roll_deg=rng.uniform(-180, 180, rows),
        pitch_deg=rng.uniform(-90, 90, rows),
        pointing_error_deg=rng.uniform(0, 0.1, rows),
        mode=rng.choice(["idle", "slew", "image", "contact", "safe"], rows),
        sunlit=rng.choice(["yes", "no"], rows),
    )


def test_the_page_is_valid_by_the_schema_of_the_standard() -> None:
    text = SCHEMA.read_text("utf-8").replace('<attribute ref="xml:base"/>', "")  # its declaration lies on the network
    text = re.sub(r'<import namespace="http://www.w3.org/XML/1998/namespace"[^>]*/>', "", text)
    schema = lxml.etree.XMLSchema(lxml.etree.fromstring(text.encode()))
    schema.assertValid(lxml.etree.fromstring(telemetry_xtce().encode()))


def test_another_reader_finds_every_value_of_every_packet() -> None:
    rows = some()
    packets = housekeeping_packets(rows, 16_300)
    definition = XtcePacketDefinition.from_xtce(io.BytesIO(telemetry_xtce().encode()))
    found = [definition.parse_bytes(raw) for raw in ccsds_generator(packets.data.tobytes())]
    assert len(found) == len(rows)
    since_1958_s = (rows.time - np.datetime64("1958-01-01", "ns")).astype(np.int64) * 1e-9 + 37.0  # TAI - UTC in 2026
    for k, packet in enumerate(found):
        assert packet["SRC_SEQ_CTR"] == (16_300 + k) % 16384 and packet["PKT_APID"] == 1
        assert packet["TIME_COARSE"] + packet["TIME_FINE"] == np.floor(since_1958_s[k]) + 0.5
        for field in FIELDS:
            want, got = getattr(rows, field.name)[k], packet[field.name]
            if field.states:
                assert got == want
            elif np.isnan(want):
                assert int(got.raw_value) == field.unknown
            else:
                assert abs(float(got) - want) <= 0.51 * field.factor


def test_another_reader_finds_reports_among_housekeeping() -> None:
    rows, at = some(5), np.datetime64("2026-05-08T09:41:22.5", "ns")
    reports = [Report(subtype, 100 + subtype, at, 2) for subtype in STAGES]
    data = housekeeping_packets(rows, 0).data.tobytes() + report_packets(reports, 7).data.tobytes()
    definition = XtcePacketDefinition.from_xtce(io.BytesIO(telemetry_xtce().encode()))
    found = [definition.parse_bytes(raw) for raw in ccsds_generator(data)][5:]
    for packet, report in zip(found, reports, strict=True):
        assert (packet["SERVICE"], packet["REPORT_SUBTYPE"]) == (1, STAGES[report.subtype])
        assert packet["REQUEST_COUNT"] == report.number and packet["REQUEST_ID"] == 0x1802
        if report.subtype in (2, 4, 8):
            assert packet["FAILURE_CODE"] == CODES[2]
        else:
            assert "FAILURE_CODE" not in packet
    told = telemetry_in(data, spacecraft=77)
    assert told.bad == 0 and len(told.housekeeping) == 5
    assert told.reports.number.tolist() == [report.number for report in reports]
    assert set(told.reports.because.tolist()) == {"", "not carried out"}
    holed = bytearray(data)
    holed[30:90] = bytes(60)
    less = telemetry_in(bytes(holed), spacecraft=77)
    assert less.bad >= 1 and len(less.housekeeping) == 3 and len(less.reports) == len(reports)


def test_what_the_ground_reads_is_what_the_satellite_told() -> None:
    rows = some()
    packets = housekeeping_packets(rows, 0)
    begun = FrameCounts()
    units, _ = in_frames(packets, spacecraft_id=77, channel=1, counts=begun, control=bytes(4))
    told, bad = housekeeping_in(find_recording(units.reshape(-1)))
    assert bad == 0 and np.array_equal(told.time, rows.time) and set(told.spacecraft.tolist()) == {77}
    for field in FIELDS:
        got, want = getattr(told, field.name), getattr(rows, field.name)
        if field.states:
            assert np.array_equal(got, want)
        else:
            assert np.array_equal(np.isnan(got), np.isnan(want))
            assert np.nanmax(np.abs(got - want), initial=0.0) <= 0.51 * field.factor
    first = packets.data[: packets.starts[1]].tobytes()
    assert binascii.crc_hqx(first, 0xFFFF) == 0
    (heard,) = channel_packets(find_recording(units.reshape(-1)), 1, least_bytes=9, control=True)
    assert len(heard.rows) == len(rows)
