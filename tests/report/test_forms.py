"""The forms that other programs read: STAPI orders and opportunities, the calendar, the globe, the spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.frames import geodetic_from_itrf
from swath.model import Flown
from swath.report.czml import plan_czml
from swath.report.facts import counts
from swath.report.file_notes import FILE_NOTES, note_for
from swath.report.forms import forms
from swath.report.geojson import opportunities_geojson, orders_json, outline, refused_json
from swath.report.ics import plan_ics
from swath.report.outcome import Ordered, Outcome
from swath.report.sheet import PLAN_COLUMNS, plan_csv
from swath.time import parse_utc
from tests.report.synthetic import outcome, stopped

STATUS_CODES = {
    *("received", "accepted", "rejected", "completed", "cancelled", "scheduled", "held", "processing", "reserved"),
    *("tasked", "user_cancelled", "expired", "failed"),
}
"""stapi-pydantic 0.1.0, OrderStatusCode; its own models read the files of the run below without a fault (2026-11)"""


def times(interval: str) -> tuple[np.datetime64, np.datetime64]:
    start, stop = interval.split("/")
    return parse_utc(start), parse_utc(stop)


# --- STAPI -----------------------------------------------------------------------------------------------------------


def test_orders_have_stapis_form() -> None:
    found = json.loads(orders_json(outcome()))
    assert found["type"] == "FeatureCollection" and found["numberMatched"] == 201 and found["links"] == []
    assert [f["id"] for f in found["features"]] == [r.id for r in outcome().requests]
    for feature in found["features"]:
        assert feature["type"] == "Feature" and feature["stapi_type"] == "Order" and feature["stapi_version"]
        given = feature["properties"]
        assert {
            "product_id",
            "created",
            "status",
            "search_parameters",
            "opportunity_properties",
            "order_parameters",
        } <= set(given)
        assert given["status"]["status_code"] in STATUS_CODES
        parse_utc(given["status"]["timestamp"])
        start, stop = times(given["search_parameters"]["datetime"])
        assert start < stop
        assert given["search_parameters"]["geometry"] == feature["geometry"]
        assert given["swath:simulated"] is True


def test_every_order_says_what_became_of_it() -> None:
    found = {f["id"]: f["properties"] for f in json.loads(orders_json(outcome()))["features"]}
    refused = {r.request: r for r in outcome().plan.refused}
    for id, properties in found.items():
        status = properties["status"]
        if id in refused:
            assert (status["status_code"], status["reason_code"]) == ("rejected", refused[id].reason)
            assert status["reason_text"] == refused[id].because and properties["opportunity_properties"] == {}
        else:
            assert status["status_code"] == "completed" and properties["opportunity_properties"]["platform"].startswith(
                "SW-"
            )


def test_an_order_stuck_on_its_way_is_not_completed() -> None:
    def status(run: Outcome) -> Any:
        features = json.loads(orders_json(run))["features"]
        return next(f for f in features if f["id"] == "flood-01")["properties"]["status"]

    run = stopped("not_delivered")
    assert status(run)["status_code"] == "processing"
    assert status(dataclasses.replace(run, flown=Flown.empty()))["status_code"] == "scheduled"
    of_flood = run.flown.acquisition == run.urgent[0].acquisition
    skipped = dataclasses.replace(
        run.flown,
        status=np.where(of_flood, "skipped", run.flown.status.astype("U8")),
        because=np.where(of_flood, "wheel stopped", run.flown.because.astype("U20")),
    )
    assert status(dataclasses.replace(run, flown=skipped))["status_code"] == "failed"
    assert status(dataclasses.replace(run, flown=skipped))["reason_text"] == "wheel stopped"
    unplanned = dataclasses.replace(run.plan, acquisitions=run.plan.acquisitions.take(~of_flood))
    assert status(dataclasses.replace(run, plan=unplanned))["status_code"] == "received"


def test_opportunities_are_passes_with_ranges() -> None:
    table = outcome().opportunities
    found = json.loads(opportunities_geojson(outcome()))["features"]
    keys = {(str(r["request"]), str(r["satellite"]), int(r["window"])) for r in table.rows()}
    assert {tuple(f["id"].split("/")) for f in found} == {(a, b, str(c)) for a, b, c in keys}
    assert sum(f["properties"]["swath:slots"] for f in found) == len(table)
    one = next(f for f in found if f["properties"]["swath:request"] == "flood-01")["properties"]
    mine = table.take((table.request == "flood-01") & (table.window == 0))
    start, stop = times(one["datetime"])
    assert abs(start - mine.start.min()) <= np.timedelta64(500, "us") >= abs(stop - mine.stop.max())
    assert one["view:off_nadir"]["minimum"] == pytest.approx(mine.off_nadir_deg.min(), abs=1e-3)
    assert one["view:off_nadir"]["maximum"] == pytest.approx(mine.off_nadir_deg.max(), abs=1e-3)


def test_outlines_are_closed_and_run_counter_clockwise() -> None:
    for feature in json.loads(orders_json(outcome()))["features"]:
        ring = feature["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1] and len(ring) >= 4
        x, y = np.array(ring).T
        assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0


def test_an_outline_given_clockwise_is_turned_and_a_point_gets_its_square() -> None:
    flood, point = outcome().requests[-1], outcome().requests[50]
    turned = dataclasses.replace(flood, place=dataclasses.replace(flood.place, ring=flood.place.ring[::-1]))
    assert set(outline(turned)) == set(flood.place.ring) and outline(turned) != turned.place.ring
    lat = np.array(outline(point))[:, 1]
    assert np.radians(np.ptp(lat)) * 6371008.8 == pytest.approx(2000.0, abs=0.01)


def test_refused_orders_have_reason_and_sentence() -> None:
    found = json.loads(refused_json(outcome()))
    assert found["simulated"] is True
    assert [r["request"] for r in found["refused"]] == sorted(r.request for r in outcome().plan.refused)
    assert all(r["reason"] and r["because"] and r["kind"] for r in found["refused"])


# --- calendar --------------------------------------------------------------------------------------------------------


def unfolded(text: str) -> list[str]:
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def events(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in unfolded(text):
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and ":" in line and line != "END:VEVENT":
            key, value = line.split(":", 1)
            found[-1].setdefault(key, value)
    return found


def test_the_calendar_holds_every_picture_and_contact() -> None:
    text = plan_ics(outcome())
    found = events(text)
    plan = outcome().plan
    assert len(found) == len(plan.acquisitions) + len(plan.contacts)
    assert len({event["UID"] for event in found}) == len(found)
    assert [event["DTSTART"] for event in found] == sorted(event["DTSTART"] for event in found)
    for event in found:
        assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTART"]) and event["DTSTART"] < event["DTEND"]
        assert event["DTSTAMP"] == "20260508T060000Z", "the time the plan was made, not the clock's"
        assert event["SUMMARY"].startswith("[SIMULATED] ")
    assert unfolded(text)[0] == "BEGIN:VCALENDAR" and text.endswith("END:VCALENDAR\r\n")
    lat, lon = next(e for e in found if "flood-01" in e["SUMMARY"])["GEO"].split(";")
    assert (float(lat), float(lon)) == (44.95, 11.9)


def test_an_event_covers_its_picture() -> None:
    row = next(r for r in outcome().plan.acquisitions.rows() if r["request"] == "flood-01")
    event = next(e for e in events(plan_ics(outcome())) if "flood-01" in e["SUMMARY"])
    start, stop = (
        np.datetime64(f"{t[:4]}-{t[4:6]}-{t[6:8]}T{t[9:11]}:{t[11:13]}:{t[13:15]}")
        for t in (event["DTSTART"], event["DTEND"])
    )
    assert start <= row["start"] < row["stop"] <= stop
    assert stop - start <= np.timedelta64(5, "s")


@given(st.text(max_size=200))
def test_any_title_is_folded_and_escaped(title: str) -> None:
    base = outcome()
    plan = dataclasses.replace(
        base.plan, acquisitions=base.plan.acquisitions.take([0]), contacts=base.plan.contacts.empty()
    )
    text = plan_ics(dataclasses.replace(base, title=title, plan=plan))
    name = next(line for line in unfolded(text) if line.startswith("X-WR-CALNAME:"))
    read = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], name.split(":", 1)[1])
    assert read == "[SIMULATED] " + "".join(
        c if c == "\n" or c.isprintable() else " " for c in title.replace("\r\n", "\n")
    )
    assert len(events(text)) == 1


# --- globe -----------------------------------------------------------------------------------------------------------


def test_the_globe_has_a_packet_for_everything_and_every_reference_resolves() -> None:
    packets = json.loads(plan_czml(outcome()))
    ids = [packet["id"] for packet in packets]
    assert packets[0]["id"] == "document" and packets[0]["version"] == "1.0"
    assert "SIMULATED" in packets[0]["name"]
    assert len(ids) == len(set(ids))
    kinds = [id.split("/")[0] for id in ids]
    plan = outcome().plan
    pairs = set(zip(plan.contacts.satellite.tolist(), plan.contacts.station.tolist(), strict=True))
    assert [kinds.count(k) for k in ("satellite", "station", "picture", "contact")] == [4, 3, 188, len(pairs)]
    placed = {packet["id"] for packet in packets if "position" in packet}
    for packet in packets:
        for reference in packet.get("polyline", {}).get("positions", {}).get("references", []):
            id, name = reference.split("#")
            assert id in placed and name == "position"


def test_satellites_are_where_the_tracks_say() -> None:
    packets = {p["id"]: p for p in json.loads(plan_czml(outcome()))}
    track = outcome().tracks.take(outcome().tracks.satellite == "SW-3")
    position = packets["satellite/SW-3"]["position"]
    samples = np.array(position["cartesian"]).reshape(-1, 4)
    assert position["referenceFrame"] == "FIXED" and len(samples) == len(track)
    assert np.array_equal(samples[:, 0], (track.time - track.time[0]) / np.timedelta64(1, "s"))
    lon, lat, height = geodetic_from_itrf(samples[:, 1:])
    assert np.abs(lat - track.lat_deg).max() < 1e-5
    assert np.abs((lon - track.lon_deg + 180) % 360 - 180).max() < 1e-4
    assert np.abs(height - track.altitude_m).max() < 0.2


def test_lines_of_contact_are_seen_during_contacts_only() -> None:
    packets = json.loads(plan_czml(outcome()))
    shown = [
        times(entry["interval"])
        for packet in packets
        if packet["id"].startswith("contact/")
        for entry in packet["polyline"]["show"]
        if entry["boolean"]
    ]
    contacts = outcome().plan.contacts
    assert sorted(shown) == sorted(zip(contacts.start, contacts.stop, strict=True))


def test_ids_with_the_marks_of_references_are_quoted() -> None:
    base = outcome()
    odd = dataclasses.replace(base.satellites[0], id="A#1.x/\\")
    column = np.where(base.tracks.satellite == "SW-1", odd.id, base.tracks.satellite.astype("U20"))
    run = dataclasses.replace(
        base,
        satellites=(odd, *base.satellites[1:]),
        tracks=dataclasses.replace(base.tracks, satellite=column),
        plan=dataclasses.replace(
            base.plan, acquisitions=base.plan.acquisitions.empty(), contacts=base.plan.contacts.empty()
        ),
    )
    ids = [p["id"] for p in json.loads(plan_czml(run))]
    assert "satellite/A%231.x%2F%5C" in ids


# --- spreadsheet, and all together -----------------------------------------------------------------------------------


def test_the_table_holds_the_plan_in_order_of_time() -> None:
    rows = list(csv.DictReader(io.StringIO(plan_csv(outcome()), newline="")))
    plan = outcome().plan
    assert tuple(rows[0]) == PLAN_COLUMNS
    assert sum(r["type"] == "image" for r in rows) == len(plan.acquisitions)
    assert sum(r["type"] == "contact" for r in rows) == len(plan.contacts)
    assert [r["start"] for r in rows] == sorted(r["start"] for r in rows)
    assert all(r["simulated"] == "true" for r in rows)
    flood = next(r for r in rows if r["order"] == "flood-01")
    row = next(r for r in plan.acquisitions.rows() if r["request"] == "flood-01")
    assert float(flood["roll_deg"]) == pytest.approx(row["roll_deg"], rel=1e-5)
    assert float(flood["data_bit"]) == 4.5e10 and parse_utc(flood["on_ground"]) == row["on_ground"]


def test_same_run_same_bytes_and_no_trace_of_clock_or_folder() -> None:
    moved = dataclasses.replace(outcome(), folder="/elsewhere", wall_s=1e6, cores=128)
    assert forms(moved) == forms(outcome())


def test_every_form_is_marked_simulated() -> None:
    for name, content in forms(outcome()).items():
        assert b"simulated" in content.lower(), name


def test_every_file_has_its_line_on_the_page_and_in_the_docs() -> None:
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "files.md").read_text("utf-8")
    assert set(forms(outcome())) <= set(FILE_NOTES)
    assert all(f"`{name}`" in page for name in FILE_NOTES)
    assert all(f"`{name}`" in page for name in PLAN_COLUMNS)
    assert note_for("stac/catalog.json") == FILE_NOTES["stac/"] and note_for("else.bin") == ""


def test_an_order_of_several_pictures_is_one_order() -> None:
    """Strips and dates are the planner's, not the customer's: an order is down with the last of them."""
    plain = outcome()
    first, second, third = plain.plan.acquisitions.request[1:4].tolist()
    whole = dataclasses.replace(plain.request(first) or plain.requests[0], id="basin")
    divided = dataclasses.replace(
        plain, bundles=(Ordered(whole, (first, second)), Ordered(dataclasses.replace(whole, id="far"), ()))
    )
    assert counts(divided) == dataclasses.replace(
        counts(plain), **{name: getattr(counts(plain), name) - 1 for name in ("planned", "imaged", "delivered")}
    )
    orders = {one["id"]: one["properties"] for one in json.loads(forms(divided)["orders.json"])["features"]}
    assert first not in orders and second not in orders and third in orders
    assert orders["basin"]["status"]["status_code"] == "completed"
    assert orders["basin"]["status"]["reason_text"].startswith("2 of 2 pictures received; scene SIMULATED_")
    assert orders["far"]["status"]["status_code"] == "received" and orders["far"]["opportunity_properties"] == {}
    half = dataclasses.replace(divided, scenes=tuple(s for s in plain.scenes if s.request != second))
    assert counts(half).delivered == counts(divided).delivered - 1
    status = next(o for o in json.loads(forms(half)["orders.json"])["features"] if o["id"] == "basin")["properties"]
    assert status["status"]["status_code"] == "processing"
    assert status["status"]["reason_text"] == "1 of 2 pictures received; pictured, not yet on the ground"
