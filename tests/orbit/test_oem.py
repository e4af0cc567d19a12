"""Orbit Ephemeris Messages: what the standard asks, there and back, and refusals with their lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.frames import geodetic_from_itrf
from swath.orbit.elements import Loaded, parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.orbit.forms import form_of, parse_elements
from swath.orbit.oem import OemEphemeris
from swath.orbit.oem_write import made_oem, oem_text
from swath.orbit.orbits import orbits_near
from swath.sources.eop import packaged_eop
from swath.time import seconds
from tests.orbit.messages import as_xml, fields_of
from tests.orbit.test_elements import ONE, TWO, changed

START = np.datetime64("2026-05-08T06:00:00", "ns")
ISS = parse_tle(f"ISS\n{ONE}\n{TWO}").elements[0]

# The shape of NASA's public ISS ephemeris (nasa-public-data, ISS.OEM_J2K_EPH.txt): EME2000, UTC, no interpolation
# named, comments between the rows, the designator with a dash. Round numbers, so that the answers are seen at once.
NASA = """\
CCSDS_OEM_VERS = 2.0
CREATION_DATE  = 2026-05-08T00:00:00.000
ORIGINATOR = NASA/JSC/FOD/TOPO

META_START
OBJECT_NAME          = ISS
OBJECT_ID            = 1998-067-A
CENTER_NAME          = EARTH
REF_FRAME            = EME2000
TIME_SYSTEM          = UTC
START_TIME           = 2026-05-08T06:00:00.000
USEABLE_START_TIME   = 2026-05-08T06:01:00.000
USEABLE_STOP_TIME    = 2026-128T06:03:00.000Z
STOP_TIME            = 2026-05-08T06:04:00.000
META_STOP

COMMENT Source: This file was produced by the TOPO office

2026-05-08T06:00:00.000 6800.0 0.0 0.0 0.0 7.656 0.0
2026-05-08T06:01:00.000 6784.329 458.712 0.0 -0.5167 7.6385 0.0
2026-05-08T06:02:00.000 6737.388 915.31 0.0 -1.0311 7.5863 0.0 0.1 0.1 0.1
2026-05-08T06:03:00.000 6659.393 1369.68 0.0 -1.5407 7.4995 0.0
2026-05-08T06:04:00.000 6550.702 1819.745 0.0 -2.0432 7.3785 0.0

COVARIANCE_START
EPOCH = 2026-05-08T06:02:00.000
COV_REF_FRAME = RTN
1e-6
0 4e-6
0 0 9e-6
0 0 0 1e-12
0 0 0 0 1e-12
0 0 0 0 0 1e-12
COVARIANCE_STOP
"""


def reason(text: str) -> str:
    loaded = parse_elements(text)
    assert not loaded.ephemerides
    return "; ".join(f"{r.line}: {r.what}" for r in loaded.rejected)


def low_orbit(**more) -> tuple[OemEphemeris, str]:
    form = more.pop("form", "kvn")
    motion = sgp4_ephemeris(ISS, packaged_eop())
    made = made_oem(motion, START, START + seconds(7200.0), packaged_eop(), name="ISS", id=ISS.cospar_id, **more)
    text = oem_text([made], form=form, created=START, comment="made for a test <&>")
    loaded = parse_elements(text, source="there.oem")
    assert not loaded.rejected
    return OemEphemeris(loaded.ephemerides[0], packaged_eop()), text


def test_every_part_is_read() -> None:
    loaded = parse_elements(NASA, source="ISS.OEM_J2K_EPH.txt")
    assert not loaded.rejected and not loaded.elements
    (oem,) = loaded.ephemerides
    assert (oem.object_name, oem.object_id, oem.originator) == ("ISS", "1998-067-A", "NASA/JSC/FOD/TOPO")
    assert oem.span == (START + seconds(60.0), START + seconds(180.0))
    (segment,) = oem.segments
    assert (segment.frame, segment.frame_written, segment.time_system) == ("EME2000", "EME2000", "UTC")
    assert (segment.interpolation, segment.degree) == ("HERMITE", 7)
    np.testing.assert_array_equal(segment.r_m[1], [6784329.0, 458712.0, 0.0])
    np.testing.assert_allclose(segment.v_m_s[2], [-1031.1, 7586.3, 0.0], rtol=1e-15)
    (covariance,) = segment.covariances
    assert (covariance.frame, covariance.at) == ("RSW", START + seconds(120.0))
    np.testing.assert_allclose(np.sqrt(np.diag(covariance.matrix)), [1.0, 2.0, 3.0, 1e-3, 1e-3, 1e-3])
    orbits = orbits_near(loaded, START, packaged_eop())
    assert orbits["ISS"].called("1998-067A")
    wide = orbits["ISS"].doubt(START + seconds(120.0))
    assert orbits["ISS"].elements is None and wide is not None
    assert float(wide.along_track_90_s) == pytest.approx(1.6449 * 2.0 / 7656.0, rel=1e-3)
    assert float(wide.cross_track_90_m) == pytest.approx(1.6449 * 3.0, rel=1e-4)
    ephemeris = orbits["ISS"].ephemeris
    with pytest.raises(DataError, match=r"06:00:59Z; it covers 2026-05-08T06:01:00Z to 2026-05-08T06:03:00Z"):
        ephemeris.states(np.array([START + seconds(59.0)]))
    assert ephemeris.states(np.array([], "datetime64[ns]"))[0].shape == (0, 3)
    assert ephemeris.states(START + seconds(60.0))[0].shape == (3,)


@pytest.mark.parametrize("frame", ["ITRF", "TEME", "GCRF", "EME2000"])
@pytest.mark.parametrize("form", ["kvn", "xml"])
def test_there_and_back(frame: str, form: str) -> None:
    ephemeris, text = low_orbit(frame=frame, form=form, time_system="GPS")
    assert form_of(text) == {"kvn": "oem", "xml": "xml"}[form]
    at = START + seconds(np.linspace(0.0, 7200.0, 3001))
    r_m, v_m_s = ephemeris.states(at)
    want_r_m, want_v_m_s = sgp4_ephemeris(ISS, packaged_eop()).states(at)
    np.testing.assert_allclose(r_m, want_r_m, rtol=0, atol=1e-3)
    np.testing.assert_allclose(v_m_s, want_v_m_s, rtol=0, atol=1e-5)


def test_what_is_written_follows_the_standard() -> None:
    _, text = low_orbit(time_system="TT")
    # 502.0-B-3 table 5-3: keywords and their order; TT is 32.184 s and 37 s ahead of UTC in 2026
    keys = re.findall(r"^([A-Z_]+) = ", text, re.MULTILINE)
    assert keys == [
        *("CCSDS_OEM_VERS", "CREATION_DATE", "ORIGINATOR", "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME"),
        *("TIME_SYSTEM", "START_TIME", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "STOP_TIME"),
        *("INTERPOLATION", "INTERPOLATION_DEGREE"),
    ]
    assert "START_TIME = 2026-05-08T06:01:09.184000000" in text
    assert "\nREF_FRAME = ITRF2020\n" in text


@pytest.mark.parametrize("system", ["UTC", "TAI", "TT", "GPS"])
def test_a_leap_second_is_a_second_like_any_other(system: str) -> None:
    old = parse_tle(f"{changed(ONE, 18, '16366.40000000')}\n{TWO}").elements[0]
    motion = sgp4_ephemeris(old, packaged_eop())
    start, stop = (np.datetime64(t, "ns") for t in ("2016-12-31T23:50:00", "2017-01-01T00:10:00"))
    made = made_oem(motion, start, stop, packaged_eop(), name="OLD", time_system=system, frame="TEME")
    text = oem_text([made], created=START)
    ephemeris = OemEphemeris(parse_elements(text).ephemerides[0], packaged_eop())
    at = np.append(start + seconds(np.arange(0.0, 590.0, 7.3)), stop - seconds(np.arange(0.0, 595.0, 7.3)))
    np.testing.assert_allclose(ephemeris.states(at)[0], motion.states(at)[0], rtol=0, atol=2e-3)


def test_the_61st_second_of_a_minute_is_read_where_there_was_one() -> None:
    (oem,) = parse_elements(NASA.replace("2026-05-08T06:00:00.000 6800", "2026-05-08T05:59:59.500 6800")).ephemerides
    text = NASA.replace("2026-05-08T06:00:00.000", "2016-12-31T23:59:60.000")
    for minute in range(1, 5):
        text = text.replace(f"2026-05-08T06:0{minute}:00.000", f"2017-01-01T00:0{minute}:00.000")
    (segment,) = parse_elements(text.replace("2026-128T06:03:00.000Z", "2017-001T00:03:00Z")).ephemerides[0].segments
    np.testing.assert_array_equal(np.diff(segment.tai) / np.timedelta64(1, "s"), [61.0, 60.0, 60.0, 60.0])
    assert "leap second that never was" in reason(NASA.replace("06:00:00.000 6800", "06:00:60.000 6800"))
    assert oem


def test_segments_of_other_frames_and_gaps_between_them() -> None:
    eop, motion = packaged_eop(), sgp4_ephemeris(ISS, packaged_eop())
    parts = []
    for hour, frame in ((0, "ITRF"), (1, "GCRF"), (3, "TEME")):
        first = START + seconds(hour * 3600.0)
        text = oem_text([made_oem(motion, first, first + seconds(3600.0), eop, name="ISS", frame=frame)], created=START)
        parts.append(text if not parts else text[text.index("META_START") :])
    (oem,) = parse_elements("\n".join(parts)).ephemerides
    assert [segment.frame for segment in oem.segments] == ["ITRF", "GCRF", "TEME"]
    ephemeris = OemEphemeris(oem, eop)
    at = START + seconds(np.array([10.0, 3600.0, 5000.0, 7200.0, 10800.0, 14400.0]))
    np.testing.assert_allclose(ephemeris.states(at)[0], motion.states(at)[0], rtol=0, atol=2e-3)
    with pytest.raises(DataError, match=r"says nothing about 2026-05-08T08:30:00Z.*, .*, "):
        ephemeris.states(np.array([START + seconds(9000.0)]))


def test_both_kinds_of_message_in_one_document() -> None:
    _, oem = low_orbit(form="xml")
    body = oem.partition("\n")[2]
    both = as_xml([fields_of("ISS", ONE, TWO)]).replace("</ndm>", f"{body}</ndm>")
    loaded = parse_elements(both)
    assert not loaded.rejected
    assert [len(loaded.elements), len(loaded.ephemerides)] == [1, 1]
    assert list(orbits_near(loaded, START, packaged_eop())) == ["ISS", "ISS 2"]


def test_a_table_can_be_made_of_it_and_searched() -> None:
    ephemeris, _ = low_orbit(frame="GCRF")
    table = tabulate(ephemeris, START, START + seconds(7200.0))
    at = START + seconds(np.linspace(0.0, 7200.0, 500))
    np.testing.assert_allclose(table.states(at)[0], ephemeris.states(at)[0], rtol=0, atol=0.05)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("CENTER_NAME          = EARTH", "CENTER_NAME = MARS", r"5: ISS: CENTER_NAME is 'MARS', not EARTH"),
        ("= EME2000", "= TOD", r"REF_FRAME is 'TOD', none of ITRF"),
        ("= UTC", "= TDB", r"TIME_SYSTEM is 'TDB'"),
        ("OBJECT_NAME          = ISS", "", "OBJECT_NAME is missing"),
        ("START_TIME           = 2026-05-08T06:00:00.000\nU", "U", None),
        ("USEABLE_START_TIME   = 2026-05-08T06:01:00.000", "USEABLE_START_TIME = 2027-05-08T06:01:00", "no state lies"),
        ("META_STOP", "INTERPOLATION = SPLINE\nMETA_STOP", "INTERPOLATION is 'SPLINE'"),
        ("META_STOP", "INTERPOLATION = LAGRANGE\nMETA_STOP", "INTERPOLATION_DEGREE is ''"),
        ("META_STOP", "INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 99\nMETA_STOP", "not 1 to 25"),
        ("META_STOP", "INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 5\nMETA_STOP", "through 6 states, there are 5"),
        ("META_STOP", "TIME_SYSTEM = UTC\nMETA_STOP", "15: ISS: TIME_SYSTEM is given twice"),
        ("6737.388", "6737.388e", "21: ISS: '6737.388e' is not a number"),
        ("6737.388", "nan", "'nan' is not a number"),
        ("6737.388", "6737388.0", "21: ISS: the state is 6.73739e[+]06 km from"),
        ("-1.0311", "-1031.1", "too fast for an orbit"),
        ("06:02:00.000 6737", "06:01:00.000 6737", "21: ISS: the epoch is not later"),
        ("06:02:00.000 6737", "06:61:00.000 6737", "names no time of day"),
        ("2026-05-08T06:02:00.000 6737", "2026-02-30T06:02:00.000 6737", "a day that the year does not have"),
        ("2026-05-08T06:02:00.000 6737", "2026-366T06:02:00.000 6737", "a day that the year does not have"),
        ("0.0 0.1 0.1 0.1", "0.0 0.1", "8 columns"),
        ("0 4e-6", "0 -4e-6", "negative variance"),
        ("0 4e-6\n", "", "a covariance of 19 numbers"),
        ("= RTN", "= ABC", "COV_REF_FRAME is 'ABC'"),
        ("EPOCH = 2026-05-08T06:02:00.000\n", "", "a covariance without an EPOCH"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(old: str, new: str, why: str | None) -> None:
    assert old in NASA
    text = NASA.replace(old, new)
    if why is None:
        assert parse_elements(text).ephemerides  # the useable start stands in its place
    else:
        assert re.search(why, reason(text)), reason(text)


def test_a_bad_segment_does_not_take_the_good_ones_with_it() -> None:
    second = NASA[NASA.index("META_START") :].replace("= ISS", "= OTHER").replace("6737.388", "x")
    loaded = parse_elements(NASA + second + "stray = line\n")
    assert [oem.object_name for oem in loaded.ephemerides] == ["ISS"]
    assert len(loaded.rejected) == 1


def test_a_cut_message_keeps_what_came_whole() -> None:
    _, text = low_orbit(form="xml")
    loaded = parse_elements(text[: len(text) // 2])
    assert not loaded.ephemerides
    assert "breaks off" in " ".join(r.what for r in loaded.rejected)
    assert "DTD" in reason("<!DOCTYPE oem [<!ENTITY a 'b'>]><oem></oem>")


def test_impossible_messages_are_not_written() -> None:
    motion, eop = sgp4_ephemeris(ISS, packaged_eop()), packaged_eop()
    with pytest.raises(InputError, match="are 0 states"):
        made_oem(motion, START, START, eop, name="ISS")
    with pytest.raises(InputError, match="at most 1,000,000"):
        made_oem(motion, START, START + seconds(1e6), eop, name="ISS", step_s=0.5)
    with pytest.raises(InputError, match="frame 'TOD'"):
        made_oem(motion, START, START + seconds(1e3), eop, name="ISS", frame="TOD")


LINES = NASA.splitlines()


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.text(max_size=40)), max_size=4),
    st.lists(st.integers(0, len(LINES) - 1), max_size=3),
)
@settings(max_examples=150)
def test_a_damaged_message_never_raises(changes: list[tuple[int, str]], gone: list[int]) -> None:
    lines = list(LINES)
    for at, text in changes:
        lines[at] = lines[at][: len(lines[at]) // 2] + text
    loaded = parse_elements("\n".join(line for number, line in enumerate(lines) if number not in gone))
    assert isinstance(loaded, Loaded)
    for oem in loaded.ephemerides:
        first, last = oem.span
        r_m, v_m_s = OemEphemeris(oem, packaged_eop()).states(np.array([first]))
        assert np.isfinite(r_m).all() and np.isfinite(v_m_s).all() and first <= last


@given(st.sampled_from(["CCSDS_OEM_VERS = 2.0\n", "META_START\n", "<oem>", "<ndm><oem><body><segment>"]), st.text())
@example("<oem>", "<body><segment><data><stateVector><EPOCH>1</EPOCH></stateVector></data></segment></body></oem>")
@example("<oem>", "<body><covarianceMatrix/></body></oem>")
def test_any_text_never_raises(beginning: str, text: str) -> None:
    loaded = parse_elements(beginning + text)
    assert loaded.rejected or loaded.ephemerides


def test_the_commands_take_an_ephemeris(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text = low_orbit(frame="TEME")
    (tmp_path / "iss.oem").write_text(text)
    (tmp_path / "iss.tle").write_text(f"ISS\n{ONE}\n{TWO}\n")
    under, _ = sgp4_ephemeris(ISS, packaged_eop()).states(START + seconds(3600.0))
    lon_deg, lat_deg, _ = geodetic_from_itrf(under)
    words = ["passes", "--station", f"{lon_deg:.3f},{lat_deg:.3f}", "--start", "2026-05-08T06:00:00Z", "--json"]
    words += ["--hours", "2"]
    rows = []
    for file in ("iss.oem", "iss.tle"):
        assert main([*words, "--elements", str(tmp_path / file)]) == 0
        rows.append(json.loads(capsys.readouterr().out)["passes"])
    assert rows[0] and [row["start"][:23] for row in rows[0]] == [row["start"][:23] for row in rows[1]]
    assert rows[0][0]["along_track_sigma_s"] is None
    assert main([*words[:-1], "48", "--elements", str(tmp_path / "iss.oem")]) == 3
    assert "it covers 2026-05-08T06:00:00Z to 2026-05-08T08:00:00Z" in capsys.readouterr().err
