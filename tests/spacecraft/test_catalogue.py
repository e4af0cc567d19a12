"""The catalogue of real satellites and stations: against the table it came from, and names as people write them."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.spacecraft.catalog import CatalogSatellite, satellite, satellites, station, stations
from swath.spacecraft.catalog.read import parse_family


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def digits(values: Iterable[float | None], unit: float = 1.0) -> set[float]:
    return {round(value / unit, 6) for value in values if value is not None}


def printed(text: str) -> set[float]:
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}


def named(name: str) -> CatalogSatellite:
    """By the name of the table, where one satellite may stand as an example of a fleet: ``ICEYE (X11 as example)``."""
    inner = re.search(r"\((.+) as example\)", name)
    return satellite(inner[1].replace("X11", "ICEYE-X11") if inner else re.sub(r" \(.*", "", name))


@pytest.mark.needs_shared_data
def test_every_satellite_of_the_table_is_there_with_its_numbers(shared_data: Path) -> None:
    table = rows(shared_data / "orbits" / "satellites.csv")
    assert len(table) == len(satellites()) == 106
    assert len({named(row["name"]).id for row in table}) == 106
    for row in table:
        one = named(row["name"])
        assert one.norad_id == (int(row["norad"]) if row["norad"] else None), row["name"]
        assert one.norad_source
        modes = [mode for camera in one.instruments for mode in camera.modes]
        widths = digits([m.swath_m for m in modes] + [m.swath_max_m for m in modes] + [m.length_m for m in modes], 1e3)
        # "LISS-4" is a name with a digit; spot2 too
        assert widths == printed(re.sub(r"LISS-\d|spot2", "", row["swath_km"])), row["name"]
        sharp = [m.gsd_m for m in modes] + [m.gsd_max_m for m in modes] + [m.product_gsd_m for m in modes]
        sharp += [v for c in one.instruments for v in (c.gsd_m, c.gsd_max_m)]
        seen = printed(re.sub(r" at 20 deg|/ 0\.55", "", row["gsd_m"]))
        assert digits(sharp) == seen, row["name"]
        assert (one.altitude_m is None) == (not re.match(r"\d+(-\d+)?( \(|$)", row["altitude_km"])), row["name"]
        if one.altitude_m is not None:
            assert digits([one.altitude_m, one.altitude_max_m], 1e3) == printed(row["altitude_km"].split("(")[0])
        assert (one.agility == "fixed") == row["agility"].startswith("fixed")


@pytest.mark.needs_shared_data
def test_angles_and_repeats_are_those_of_the_table(shared_data: Path) -> None:
    for row in rows(shared_data / "orbits" / "satellites.csv"):
        one, words = named(row["name"]), row["max_off_nadir_or_incidence_deg"]
        of = {f.name: [getattr(c, f.name) for c in one.instruments] for f in fields(one.instruments[0])}
        angles = digits(
            v
            for key in ("min_off_nadir_deg", "max_off_nadir_deg", "usual_off_nadir_deg", "max_roll_deg",
                        "min_incidence_deg", "max_incidence_deg", "tilt_deg")
            for v in of[key]
        )  # fmt: skip
        if "not looked up" in words or "from track" in words or "regard" in words:
            assert not angles, row["name"]  # the table itself says that nobody knows what it means
        else:
            stated = printed(re.sub(r"LISS-4|\(5-40 spot\)", "", words))
            assert angles - {0.0} == stated - {0.0}, row["name"]
            assert (0.0 in of["max_off_nadir_deg"]) == words.startswith("0"), row["name"]
        assert {"right"} == set(of["side"]) if "right-looking" in words else "right" not in of["side"]
        if repeat := re.search(r"(\d+) d repeat|(\d+) d, (\d+) orbits|^(\d+) d$|deg, (\d+) d$", row["orbit"]):
            assert one.repeat_days == int(next(filter(None, repeat.groups()))), row["name"]
        else:
            assert one.repeat_days is None or re.search(r"\b\d+ d\b", row["orbit"]), row["name"]
        orbits = re.search(r"(\d+) orbits", row["orbit"])
        assert one.repeat_orbits == (int(orbits[1]) if orbits else None), row["name"]


@pytest.mark.needs_shared_data
def test_every_station_of_the_table_is_there(shared_data: Path) -> None:
    table = rows(shared_data / "orbits" / "stations.csv")
    assert len(table) == len(stations()) == 120
    spelt = {"ssc": "SSC", "Aws": "AWS", "NATA (DPRK)": "NATA"}
    for row in table:
        one = station(f"{row['name']} {spelt.get(row['provider'], row['provider'])}")
        assert one.lon_deg == (float(row["lon"]) if row["lon"] else None), row["name"]
        assert one.lat_deg == (float(row["lat"]) if row["lat"] else None)
        assert " ".join(one.bands) == re.sub(r" \d.*", "", row["bands"])
        assert one.source


@pytest.mark.parametrize("name", ["sentinel-2a", "SENTINEL 2A", "Sentinel2A", " sentinel_2a ", "40697", 40697])
def test_names_are_taken_as_people_write_them(name: str | int) -> None:
    assert satellite(name).id == "sentinel-2a"


def test_a_bare_name_is_the_first_providers_and_the_others_can_be_told() -> None:
    assert station("Punta Arenas").provider == "KSAT"
    assert station("punta-arenas-aws").provider == "AWS"
    assert station("Punta Arenas Leaf Space").lat_deg == -53.04


def test_what_is_not_there_is_refused_with_what_is_near() -> None:
    with pytest.raises(InputError, match="landsat-8"):
        satellite("landsat-7")
    with pytest.raises(InputError, match="punta-arenas"):
        station("punta")
    with pytest.raises(InputError, match="swath orbit catalogue"):
        satellite("?")


@given(st.text())
def test_any_name_is_found_or_refused(name: str) -> None:
    for find in (satellite, station):
        with contextlib.suppress(InputError):
            assert find(name).id


def test_every_number_has_a_source_and_every_name_is_one_satellites() -> None:
    for one in satellites():
        for camera in one.instruments:
            numbers = [f.name for f in fields(camera) if isinstance(getattr(camera, f.name), float)]
            assert camera.source or not numbers, (one.id, numbers)
        if any(v is not None for v in (one.altitude_m, one.inclination_deg, one.period_s, one.repeat_days)):
            assert one.orbit_source, one.id
        if any(v is not None for v in (one.slew_deg, one.slew_s, one.area_per_day_km2)):
            assert one.agility_source, one.id
        for name in (one.id, one.name, *one.aliases):
            assert satellite(name) is one
        if one.norad_id is not None:
            assert satellite(one.norad_id) is one
    for antenna in stations():
        assert station(antenna.id) is antenna


def test_a_station_nobody_placed_cannot_be_used() -> None:
    with pytest.raises(InputError, match="no source says where"):
        station("neustrelitz").station()
    assert station("svalbard").station(min_elevation_deg=7.0).altitude_m == 450.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[satellites]]\nname = "A"\n[[instruments]]\nname = "c"\nkind = "optical"\ngsd_m = 1.0', "without a source"),
        ('[[satellites]]\nname = "A"\n[[instruments]]\nname = "c"\nkind = "optical"\nwidth = "x"', "no such key"),
        ('[[satellites]]\nname = "A"', "instruments"),
        ("[[satellites]", "not a catalogue file"),
    ],
)
def test_a_bad_file_is_refused(text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_family(text, where="a.toml")


def test_the_command_lists_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--stations"], ["Sentinel 2A"], ["--stations", "kiruna"]):
        assert main(["orbit", "catalogue", *words]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    assert main(["orbit", "catalogue", "worldview-3", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["satellites"]
    assert one["norad_id"] == 40115
    assert one["instruments"][0]["gsd_m"] == 0.31
    assert main(["orbit", "catalogue", "nosuch"]) == 2
