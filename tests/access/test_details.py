from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path

import numpy as np
import pytest

from swath.access.accesses import Accesses, find_accesses, looking
from swath.access.conditions import Condition, nadir_swath
from swath.access.details import Details, describe
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.maneuver import Maneuvers
from swath.orbit.sun import sun_angles_deg
from swath.orbit.uncertainty import Doubt
from swath.sources.eop import packaged_eop
from swath.spacecraft.optics import Optics
from tests.access.brute_conditions import Truth
from tests.access.test_conditions import CAMERA
from tests.orbit.orbits import EPOCH, made_up

HOUR = np.timedelta64(1, "h")
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)
PLACES = [
    Place.point(f"p{n}", lon_deg=(47.0 * n) % 360.0 - 180.0, lat_deg=73.0 - 11.0 * n, altitude_m=100.0 * n)
    for n in range(13)
]


def known(along_s: float, cross_m: float):
    return lambda at: Doubt(np.full(np.shape(at), along_s), np.full(np.shape(at), cross_m), 7500.0, "given")


def search(
    elements: Elements = LOW,
    places: list[Place] = PLACES,
    hours: int = 24,
    along_s: float = 2.0,
    cross_m: float = 300.0,
    where: Condition | None = None,
    camera: Optics | None = None,
    widest_deg: float | None = 40.0,
    **more: object,
) -> tuple[Accesses, Details]:
    orbit, stop, eop = {"s": sgp4_ephemeris(elements, packaged_eop())}, EPOCH + hours * HOUR, packaged_eop()
    found = find_accesses(orbit, places, EPOCH, stop, eop, max_off_nadir_deg=widest_deg, where=where)
    asked = looking(max_off_nadir_deg=widest_deg, where=where)
    cameras = {"s": camera} if camera else None
    doubts = {"s": known(along_s, cross_m)} if along_s >= 0 else None
    return found, describe(found, orbit, places, EPOCH, stop, eop, asked=asked, cameras=cameras, doubts=doubts, **more)


def test_the_angles_are_those_of_formulas_of_their_own() -> None:
    found, details = search(camera=CAMERA)
    assert len(found) == len(details) >= 15
    for window, row in zip(found.rows(), details.rows(), strict=True):
        place = next(p for p in PLACES if p.id == window["place"])
        truth = Truth(LOW, LOW, place, EPOCH, packaged_eop(), CAMERA)
        t_s = np.array([(window["closest"] - EPOCH) / np.timedelta64(1, "ns") * 1e-9])
        for name in ("off_nadir_deg", "roll_deg", "pitch_deg", "incidence_deg"):
            assert row[name] == pytest.approx(truth.values(name, t_s)[0], abs=1e-4), name
        assert row["azimuth_deg"] == pytest.approx(truth.values("azimuth_deg", t_s)[0] % 360, abs=1e-2)
        assert row["range_m"] == pytest.approx(truth.values("range_m", t_s)[0], abs=0.5)
        assert row["gsd_m"] == pytest.approx(truth.values("gsd_m", t_s)[0], rel=1e-5)
        _, sun_deg = sun_angles_deg(place.lon_deg, place.lat_deg, window["closest"], packaged_eop())
        assert row["sun_azimuth_deg"] == pytest.approx(float(sun_deg), abs=1e-6)
        assert row["side"] == ("right" if truth.values("roll_deg", t_s)[0] > 0 else "left")
        assert row["direction"] == ("ascending" if truth.values("northward_m_s", t_s)[0] > 0 else "descending")
        assert row["covered_fraction"] == row["covered_so_far_fraction"] == 1.0
        assert row["age_days"] == pytest.approx(t_s[0] / 86400)
    assert set(details.side) == {"left", "right"} and set(details.direction) == {"ascending", "descending"}


def moved(late_s: float, right_m: float) -> Elements:
    """The same satellite, late along its path and with its plane turned: 97.4 degrees of inclination, nearly polar."""
    rate_deg_s = LOW.mean_motion_rev_day * 360.0 / 86400.0
    # Turning the node eastward moves a northbound satellite to the right and a southbound one to the left.
    return dataclasses.replace(
        LOW,
        mean_anomaly_deg=(LOW.mean_anomaly_deg - late_s * rate_deg_s) % 360.0,
        raan_deg=(LOW.raan_deg + np.degrees(right_m / 6.88e6)) % 360.0,
    )


def test_nine_edges_in_ten_lie_within_their_doubt() -> None:
    """Satellites that are really early, late and beside: errors drawn so that 90 % are within the bounds given."""
    along_s, cross_m = 6.0, 4000.0
    found, details = search(along_s=along_s, cross_m=cross_m)
    rng = np.random.default_rng(3)
    inside, count = 0, 0
    for _ in range(25):
        late_s, right_m = rng.normal(0.0, np.array([along_s, cross_m]) / 1.6449)
        true = find_accesses(
            {"s": sgp4_ephemeris(moved(late_s, right_m), packaged_eop())},
            PLACES, EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=40.0,
        )  # fmt: skip
        for window, row in zip(found.rows(), details.rows(), strict=True):
            same = (true.place == window["place"]) & (
                np.abs(true.closest - window["closest"]) < np.timedelta64(60, "s")
            )
            if same.sum() != 1:
                continue
            for edge in ("start", "stop"):
                off_s = abs((getattr(true, edge)[same][0] - window[edge]) / np.timedelta64(1, "ms")) * 1e-3
                if np.isfinite(row[f"{edge}_doubt_s"]):
                    inside, count = inside + (off_s <= row[f"{edge}_doubt_s"]), count + 1
    assert count > 700
    assert 0.84 < inside / count < 0.96


def test_a_window_that_is_hardly_there_says_so() -> None:
    found, _ = search()
    row = int(np.argmax(found.min_off_nadir_deg < 39.0))
    place = next(p for p in PLACES if p.id == found.place[row])
    tight = float(found.min_off_nadir_deg[row]) + 0.01
    for cross_m, certainty in ((5.0, "certain"), (3000.0, "doubtful")):
        windows, details = search(places=[place], widest_deg=tight, along_s=0.0, cross_m=cross_m)
        same = np.abs(windows.closest - found.closest[row]) < np.timedelta64(10, "s")
        assert details.certainty[same].tolist() == [certainty]
        assert ("may be no window" in details.because[same][0]) == (certainty == "doubtful")
    # a grazing edge moves by more than the satellite does along its track
    windows, details = search(places=[place], widest_deg=tight + 0.2, along_s=0.1, cross_m=500.0)
    assert details.start_doubt_s.max() > 4 * 0.1


def test_what_the_span_cuts_has_no_doubt_of_its_own_and_published_positions_have_none_at_all() -> None:
    here = PLACES[:1]
    found, _ = search(places=here, hours=12, widest_deg=None)
    middle = found.start[0] + (found.stop[0] - found.start[0]) // 2
    orbit = {"s": sgp4_ephemeris(LOW, packaged_eop())}
    cut = find_accesses(orbit, here, middle, middle + HOUR, packaged_eop())
    more = describe(
        cut, orbit, here, middle, middle + HOUR, packaged_eop(), asked=looking(), doubts={"s": known(1.0, 9.0)}
    )
    assert np.isnan(more.start_doubt_s[0]) and more.stop_doubt_s[0] > 0.9
    _, unknown = search(along_s=-1.0)
    assert set(unknown.certainty) == {"unknown"} and np.isnan(unknown.start_doubt_s).all()
    assert "nobody says" in unknown.because[0]


def test_a_maneuver_between_elements_and_window_is_told() -> None:
    burn = dict.fromkeys(("size_m_s", "size_90_m_s", "along_m_s", "across_m_s", "raised_m"), 0.5) | {"kind": "in-plane"}
    times = {"after": 6, "before": 7, "earliest": 6, "latest": 7}
    burns = Maneuvers.from_rows([burn | {name: EPOCH + hours * HOUR for name, hours in times.items()}])
    found, details = search(maneuvers={"s": burns})
    for window, because in zip(found.rows(), details.because, strict=True):
        assert ("a manoeuvre of 0.5 m/s between 2026-05-08T03:13:40Z" in because) == (
            window["closest"] > EPOCH + 6 * HOUR
        )


def test_coverage_of_an_area_grows_to_the_whole() -> None:
    box = Place.box("box", lon_deg=20.0, lat_deg=60.0, width_m=900e3, height_m=100e3)
    strip = nadir_swath(400e3, length_m=200e3)
    found, details = search(places=[box, PLACES[3]], hours=24 * 5, where=strip, widest_deg=None)
    mine = found.place == "box"
    each, so_far = details.covered_fraction[mine], details.covered_so_far_fraction[mine]
    assert len(each) >= 4
    assert (each > 0).all() and (each < 0.6).all()  # 400 km of 900, aslant
    assert (np.diff(so_far) >= -1e-12).all() and so_far[-1] > 0.95
    assert so_far[0] == pytest.approx(each[0])
    assert (so_far <= np.cumsum(each) + 1e-12).all()
    assert (details.covered_fraction[~mine] == 1.0).all()


def test_the_example_runs(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(repo / "examples" / "access" / "field_by_day.py"), run_name="__main__")
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "Sentinel-2A, MSI: a fixed swath of 290 km"
    assert len(lines) >= 3 and lines[-1].split("% so far")[0].endswith("100")
