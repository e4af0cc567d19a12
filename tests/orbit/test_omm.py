from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swath.model import Elements
from swath.orbit.elements import Loaded, newest_for, parse_tle
from swath.orbit.forms import form_of, parse_elements
from swath.orbit.omm import parse_omm, to_omm_json
from swath.orbit.sgp4 import propagate
from tests.orbit.messages import FORMS, as_csv, as_kvn, as_xml, celestrak_json, fields_of, spacetrack_json
from tests.orbit.test_elements import ONE, TWO, changed

ISS = fields_of("ISS (ZARYA)", ONE, TWO)
NEXT = fields_of("NEXT", changed(ONE, 2, "25545"), changed(TWO, 2, "25545"))
(TLE,) = parse_tle(f"ISS (ZARYA)\n{ONE}\n{TWO}").elements

each_form = pytest.mark.parametrize("form", FORMS)
one_form = st.sampled_from(sorted(FORMS))


def refused(text: str) -> tuple[int, str]:
    loaded = parse_elements(text)
    assert not loaded.elements
    assert len(loaded.rejected) == 1, loaded.rejected
    return loaded.rejected[0].line, loaded.rejected[0].what


@each_form
def test_a_message_is_the_same_set_as_its_two_lines(form: str) -> None:
    text = FORMS[form]([ISS])
    assert form_of(text) == form.rsplit(maxsplit=1)[-1]
    assert parse_elements(text, source="typed") == Loaded((replace(TLE, source="typed"),), ())
    assert form_of(f"ISS (ZARYA)\n{ONE}\n{TWO}") == "tle"
    assert parse_elements(f"ISS (ZARYA)\n{ONE}\n{TWO}").elements == (TLE,)


@each_form
@pytest.mark.needs_shared_data
def test_states_are_those_of_the_two_lines(form: str, shared_data: Path) -> None:
    lines = (shared_data / "orbits" / "eo_satellites.tle").read_text("utf-8").splitlines()
    triples = list(zip(lines[::3], lines[1::3], lines[2::3], strict=True))
    assert len(triples) > 50
    loaded = parse_elements(FORMS[form]([fields_of(name.strip(), one, two) for name, one, two in triples]))
    expected = parse_tle("\n".join(lines)).elements
    assert not loaded.rejected
    assert [(e.name, e.norad_id, e.cospar_id) for e in loaded.elements] == [
        (e.name, e.norad_id, e.cospar_id) for e in expected
    ]
    for ours, theirs in zip(loaded.elements, expected, strict=True):
        at = theirs.epoch + np.arange(0, 24 * 60, 97) * np.timedelta64(60, "s")
        r_m, v_m_s = propagate(ours, at)
        expected_m, expected_m_s = propagate(theirs, at)
        np.testing.assert_allclose(r_m, expected_m, rtol=0, atol=1e-3)
        np.testing.assert_allclose(v_m_s, expected_m_s, rtol=0, atol=1e-6)


@each_form
@pytest.mark.parametrize("number", [100_000, 339_999, 340_000, 999_999_999])
def test_catalogue_numbers_of_up_to_nine_digits_are_kept_and_propagated(form: str, number: int) -> None:
    (one,) = parse_elements(FORMS[form]([ISS | {"NORAD_CAT_ID": str(number)}])).elements
    assert one.norad_id == number
    assert newest_for([one, TLE], TLE.epoch)[f"ISS (ZARYA) {number}"] is one
    np.testing.assert_array_equal(propagate(one, one.epoch)[0], propagate(TLE, TLE.epoch)[0])


@each_form
@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("NORAD_CAT_ID", "1234567890", "not a catalogue number"),
        ("NORAD_CAT_ID", "", "not a catalogue number"),
        ("EPOCH", "2026-05-07T12:00:00.000000", "exactly noon"),
        ("EPOCH", "2026-05-07T00:00:00", "exactly midnight"),
        ("EPOCH", "2026-02-29T12:34:56", "a day that 2026 does not have"),
        ("EPOCH", "2026-366T12:34:56", "a day that 2026 does not have"),
        ("EPOCH", "2026-000T12:34:56", "a day that 2026 does not have"),
        ("EPOCH", "2016-12-31T23:59:60.5", "no time of day"),
        ("EPOCH", "1956-05-07T12:34:56", "outside 1957 to 2200"),
        ("EPOCH", "7 May 2026", "not a time such as"),
        ("INCLINATION", "180.0001", "INCLINATION 180.0001 is outside 0 to 180"),
        ("RA_OF_ASC_NODE", "-1", "RA_OF_ASC_NODE -1"),
        ("ECCENTRICITY", "1", "ECCENTRICITY 1"),
        ("MEAN_MOTION", "0", "MEAN_MOTION 0"),
        ("MEAN_MOTION", "18.1", "MEAN_MOTION 18.1"),
        ("BSTAR", "1e10", "BSTAR 1"),
        ("MEAN_MOTION_DOT", "2.5", "MEAN_MOTION_DOT 2.5"),
    ],
)
def test_bad_values_are_refused_and_the_good_set_beside_them_is_kept(form: str, key: str, value: str, why: str) -> None:
    if form == "celestrak json" and key == "NORAD_CAT_ID" and not value:
        value = "-1"
    loaded = parse_elements(FORMS[form]([ISS, NEXT | {key: value}, ISS]))
    assert loaded.elements == (TLE, TLE)
    ((rejected),) = loaded.rejected
    assert rejected.what.startswith("set 2 (NEXT): ")
    assert why in rejected.what
    assert rejected.line == {"celestrak json": 1, "csv": 3, "kvn": 26, "xml": 4}.get(form, rejected.line)


@pytest.mark.parametrize("key", ["EPOCH", "MEAN_MOTION", "ECCENTRICITY", "MEAN_ANOMALY", "BSTAR", "NORAD_CAT_ID"])
@pytest.mark.parametrize("form", ["kvn", "xml", "spacetrack json", "csv"])
def test_what_sgp4_needs_must_be_there(form: str, key: str) -> None:
    _, what = refused(FORMS[form]([{k: v for k, v in ISS.items() if k != key}]))
    assert key in what


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("REF_FRAME", "GCRF"),
        ("TIME_SYSTEM", "TAI"),
        ("CENTER_NAME", "MOON"),
        ("MEAN_ELEMENT_THEORY", "SGP4-XP"),
        ("EPHEMERIS_TYPE", "4"),
    ],
)
def test_elements_that_sgp4_would_carry_wrongly_are_refused(key: str, value: str) -> None:
    for form in (as_kvn, as_xml, spacetrack_json):
        assert f"{key} is {value!r}; SGP4 carries" in refused(form([ISS | {key: value}]))[1]


def test_units_are_read_and_held_to() -> None:
    text = as_kvn([ISS | {"INCLINATION": "51.6334 [deg]", "MEAN_MOTION": "15.49060134 [REV/DAY]"}])
    assert parse_elements(text).elements == (TLE,)
    assert "INCLINATION is in 'rad'" in refused(text.replace("[deg]", "[rad]"))[1]
    xml = as_xml([ISS])
    assert parse_elements(xml.replace("<INCLINATION>", '<INCLINATION units="deg">')).elements == (TLE,)
    assert "INCLINATION is in 'rad'" in refused(xml.replace("<INCLINATION>", '<INCLINATION units="rad">'))[1]
    assert "ECCENTRICITY is in 'deg'" in refused(xml.replace("<ECCENTRICITY>", '<ECCENTRICITY units="deg">'))[1]


def test_comments_and_the_marks_of_other_messages_are_passed_over() -> None:
    text = as_kvn([ISS]).replace("OBJECT_NAME ", "COMMENT a = b\n# c\nMETA_START\nOBJECT_NAME ")
    assert parse_elements(f"COMMENT first\n{text}META_STOP\n") == Loaded((TLE,), ())


def test_day_of_year_epochs_and_fractions_to_the_nanosecond() -> None:
    for text, ns in (
        ("2026-127T18:20:14.568864", 568_864_000),
        ("2026-05-07 18:20:14.5", 500_000_000),
        ("2026-05-07T18:20:14.5688641234Z", 568_864_123),
    ):
        (one,) = parse_elements(as_kvn([ISS | {"EPOCH": text}])).elements
        assert one.epoch == np.datetime64("2026-05-07T18:20:14", "ns") + np.timedelta64(ns, "ns")


@pytest.mark.parametrize("form", ["kvn", "xml", "spacetrack json"])
def test_a_field_given_twice_is_refused(form: str) -> None:
    text = FORMS[form]([ISS])
    line = {"kvn": "BSTAR = 1\n", "xml": "<BSTAR>1</BSTAR>", "spacetrack json": '"BSTAR": "1",'}[form]
    mark = {"kvn": "EPOCH  ", "xml": "<EPOCH>", "spacetrack json": '"EPOCH":'}[form]
    assert "BSTAR is given twice" in refused(text.replace(mark, line + mark, 1))[1]


def test_damage_in_one_place_leaves_the_rest() -> None:
    kvn = as_kvn([ISS]) + "garbage\n" + as_kvn([NEXT])
    rows = as_csv([ISS, NEXT]).splitlines()
    sheet = "\n".join([rows[0], '"open,1', rows[1] + ",more", rows[1], rows[0], rows[2]])
    assert [(r.line, r.what.split(":")[0]) for r in parse_elements(kvn).rejected] == [
        (25, "not of the form KEYWORD = value")
    ]
    assert [(r.line, r.what[:16]) for r in parse_elements(sheet).rejected] == [
        (2, "not a row of CSV"),
        (3, "18 columns where"),
    ]
    for text in (kvn, sheet):
        assert [e.norad_id for e in parse_elements(text).elements] == [25544, 25545]


def test_texts_cut_short_give_what_is_whole() -> None:
    for form, why in (("spacetrack json", "cut short"), ("xml", "cut short")):
        text = FORMS[form]([ISS, NEXT])
        loaded = parse_elements(text[: text.rindex("MEAN_ANOMALY")])
        assert loaded.elements == (TLE,)
        assert any(why in r.what for r in loaded.rejected)
    assert "not closed" in parse_elements(celestrak_json([ISS])[:-1]).rejected[0].what
    pages = celestrak_json([ISS]) + "\n" + celestrak_json([NEXT])
    assert [e.norad_id for e in parse_elements(pages).elements] == [25544, 25545]
    assert parse_elements(json.dumps(json.loads(spacetrack_json([ISS]))[0])).elements == (TLE,)


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE ndm [<!ENTITY a "EARTH">]>',
        '<!DOCTYPE ndm SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE ndm [<!ENTITY a "x"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>',
        '<!DOCTYPE ndm [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
    ],
)
def test_xml_with_a_document_type_is_never_read(declared: str) -> None:
    text = as_xml([ISS]).replace("<ndm>", declared + "<ndm>").replace(">EARTH<", ">&a;<")
    line, what = refused(text)
    assert line == 2
    assert "document type" in what


def test_xml_has_limits_and_knows_its_own_messages() -> None:
    assert "tags are more than 32 deep" in refused("<ndm>" + "<A>" * 100)[1]
    assert "more than 10,000 characters" in refused(f"<ndm><COMMENT>{'x' * 20_000}</COMMENT></ndm>")[1]
    assert "<html>, not <ndm> or <omm>" in refused("<html><body>No data</body></html>")[1]
    assert "<opm> is not an orbit mean-elements" in refused("<ndm><opm><EPOCH>x</EPOCH></opm></ndm>")[1]
    undefined = parse_elements(as_xml([ISS]).replace(">EARTH<", ">&a;<"))
    assert not undefined.elements and any("undefined entity" in r.what for r in undefined.rejected)
    prefixed = as_xml([ISS]).replace("<omm", '<ndm:omm xmlns:ndm="urn:ccsds:schema:ndmxml"')
    assert parse_elements("\n\n" + prefixed.replace("</omm", "</ndm:omm")).elements == (TLE,)


@pytest.mark.parametrize(
    "text", ["[]", "{}", "[{}]", "<ndm/>", "<ndm></ndm>", "CCSDS_OMM_VERS = 3.0", "EPOCH,BSTAR,NORAD_CAT_ID"]
)
def test_empty_messages_say_so(text: str) -> None:
    assert refused(text)[0] == 1


@pytest.mark.parametrize("form", ["kvn", "spacetrack json", "csv", "xml"])
def test_values_have_a_limit(form: str) -> None:
    loaded = parse_elements(FORMS[form]([ISS | {"BSTAR": "0." + "3" * 10_000}]))
    assert not loaded.elements
    assert any("more than 10,000 characters" in r.what for r in loaded.rejected)


def test_texts_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swath.orbit.omm._LONGEST_TEXT", 100)
    assert "at most 100 are read" in refused(as_kvn([ISS]))[1]


def test_names_can_be_printed_anywhere() -> None:
    text = celestrak_json([ISS]).replace("ISS (ZARYA)", "A\\u001b[2J\\n\\ud800 B")
    assert parse_elements(text).elements[0].name == "A [2J   B"
    assert parse_elements(as_kvn([ISS | {"OBJECT_NAME": ""}])).elements[0].name == "25544"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '[{"EPOCH":' + "[" * 100_000, "[" + "9" * 10_000 + "]"]
)
def test_json_made_to_hurt_is_refused(text: str) -> None:
    loaded = parse_elements(text)
    assert not loaded.elements and loaded.rejected


BEGINNINGS = [
    "",
    "\ufeff",
    "[{",
    '{"',
    "<ndm>",
    "<omm>",
    "<?xml",
    "<!DOCTYPE",
    "CCSDS_OMM_VERS=",
    "EPOCH,BSTAR,NORAD_CAT_ID\n",
]


@given(st.sampled_from(BEGINNINGS), st.text())
@example("<", "?xml version='1.0' encoding='utf-16'?><ndm/>")
@example("EPOCH,BSTAR,NORAD_CAT_ID\n", '"\x00')
def test_any_text_never_raises(beginning: str, text: str) -> None:
    loaded = parse_elements(beginning + text)
    assert isinstance(loaded, Loaded)
    assert all(r.line >= 1 and r.what for r in loaded.rejected)
    for form in ("json", "xml", "kvn", "csv"):
        forced = parse_omm(beginning + text, form)
        assert forced.elements or forced.rejected


@given(one_form, st.lists(st.tuples(st.integers(0, 10_000), st.characters(), st.booleans()), max_size=4))
def test_a_damaged_message_is_read_as_it_stands_or_refused(form: str, damage: list[tuple[int, str, bool]]) -> None:
    text = FORMS[form]([ISS, NEXT])
    for at, char, insert in damage:
        here = at % len(text)
        text = text[:here] + char + text[here + (not insert) :]
    loaded = parse_elements(text)
    assert loaded.elements or loaded.rejected
    for one in loaded.elements:
        assert 0.0 <= one.eccentricity < 1.0 and 0.0 < one.mean_motion_rev_day <= 18.0
        assert 0.0 <= one.inclination_deg <= 180.0 and np.isfinite(one.bstar)
        assert 0 <= one.norad_id <= 999_999_999 and not np.isnat(one.epoch)


def flyable() -> st.SearchStrategy[tuple[float, float]]:
    """Mean motion (rev/day) and eccentricity of orbits whose perigee is above the ground."""

    def of(motion: float, share: float) -> tuple[float, float]:
        axis_m = (3.986e14 / (motion * 2.0 * np.pi / 86400.0) ** 2) ** (1.0 / 3.0)
        return motion, min(share * max(1.0 - 6.4e6 / axis_m, 0.0), 0.99999999)

    return st.builds(of, st.floats(1e-9, 16.5), st.floats(0.0, 1.0))


@given(
    one_form,
    flyable(),
    st.floats(-0.1, 0.1),
    st.lists(st.floats(0.001, 179.999), min_size=4, max_size=4),
    st.integers(1, 999_999_999),
)
def test_every_digit_of_a_number_survives(
    form: str, orbit: tuple[float, float], bstar: float, angles_deg: list[float], number: int
) -> None:
    keys = ("INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY")
    motion, eccentricity = orbit
    angles_deg = [angle_deg + (angle_deg % 1 == 0) * 0.5 for angle_deg in angles_deg]
    values = {
        "MEAN_MOTION": motion,
        "ECCENTRICITY": eccentricity,
        "BSTAR": bstar,
        **dict(zip(keys, angles_deg, strict=True)),
    }
    written = {key: repr(value) for key, value in values.items()}
    (one,) = parse_elements(FORMS[form]([ISS | written | {"NORAD_CAT_ID": str(number)}])).elements
    assert one.norad_id == number
    assert [one.mean_motion_rev_day, one.eccentricity, one.bstar] == [motion, eccentricity, bstar]
    assert [one.inclination_deg, one.raan_deg, one.argument_of_perigee_deg, one.mean_anomaly_deg] == angles_deg


@given(
    st.builds(
        Elements,
        name=st.text("ABC(-) é9", min_size=1).map(lambda text: f"X{text}X"),
        norad_id=st.integers(0, 999_999_999),
        epoch=st.integers(0, 4 * 10**18).map(lambda ns: np.datetime64(ns | 1, "ns")),
        mean_motion_rev_day=st.just(1.0),
        eccentricity=st.just(0.0),
        inclination_deg=st.floats(0, 180),
        raan_deg=st.floats(0.001, 0.999),
        argument_of_perigee_deg=st.floats(359.001, 359.999),
        mean_anomaly_deg=st.floats(0, 360),
        bstar=st.floats(-10, 10),
        mean_motion_dot=st.floats(-1, 1),
        mean_motion_ddot=st.floats(-1, 1),
        cospar_id=st.sampled_from(["", "1998-067A"]),
        source=st.just("s"),
    ),
    flyable(),
)
def test_what_is_written_is_read_back_exactly(elements: Elements, orbit: tuple[float, float]) -> None:
    elements = replace(elements, mean_motion_rev_day=orbit[0], eccentricity=orbit[1])
    assert parse_elements(to_omm_json([elements, elements]), source="s") == Loaded((elements, elements), ())


def test_written_messages_are_json_with_published_keywords() -> None:
    (written,) = json.loads(to_omm_json([TLE]))
    assert written["EPOCH"] == "2026-05-07T18:20:14.568864"
    for key, text in ISS.items():
        if key not in ("CLASSIFICATION_TYPE", "ELEMENT_SET_NO", "REV_AT_EPOCH"):  # which Elements do not hold
            assert written[key] == (text if isinstance(written[key], str) else pytest.approx(float(text), rel=1e-15))
    assert json.loads(to_omm_json([])) == []


@pytest.mark.needs_shared_data
def test_a_catalogue_survives_writing(shared_data: Path) -> None:
    fleet = parse_tle((shared_data / "orbits" / "eo_satellites.tle").read_text("utf-8"), source="s").elements
    assert parse_elements(to_omm_json(fleet), source="s") == Loaded(fleet, ())
