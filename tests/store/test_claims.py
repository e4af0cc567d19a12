"""Claim files: every form read, every fault told by claim, nothing else ever raised."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import DataError, InputError, SwathError
from swath.store.claims import parse_claims, read_claims

ONE = "1 58400U 23179A   23343.17766162  .00004660  00000-0  21022-3 0  9996"
TWO = "2 58400  97.4270 227.7225 0014685 211.9163 148.1185 15.21407416  2676"
PLACE = 'place = { name = "Guam", lon_deg = 144.93, lat_deg = 13.58 }'
GOOD = f"""
[[claims]]
id = "a"
satellite = {{ name = "Malligyong-1", norad_id = 58400 }}
{PLACE}
time = "2023-11-22 09:21"
zone = "Asia/Pyongyang"
"""


def toml(*lines: str) -> str:
    return "[[claims]]\nid = 'a'\nsatellite = 'Malligyong-1'\n" + "\n".join(lines) + "\n"


def test_a_claim_in_toml_and_the_same_in_json() -> None:
    (one,) = parse_claims(GOOD, ".toml").claims
    text = (
        '{"claims": [{"id": "a", "satellite": {"name": "Malligyong-1", "norad_id": 58400}, "time": "2023-11-22 09:21",'
        ' "zone": "Asia/Pyongyang", "place": {"name": "Guam", "lon_deg": 144.93, "lat_deg": 13.58}}]}'
    )
    (two,) = parse_claims(text, ".json").claims
    assert one == two
    assert one.kind == "optical"  # as the catalogue has its camera
    assert one.subject.station is not None
    assert one.subject.station.id == "Pyongyang control centre"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((PLACE,), "no time is stated"),
        (('time = "2023-11-22 09:21"', 'zone = "KST"'), "no place is stated"),
        (('place = "Guam"', 'time = "2023-11-22T00:21:00Z"'), "Guam: lon_deg = 144.75, lat_deg = 13.467"),
        (('place = { name = "Pearl Harbour" }', 'time = "2023-11-22T00:21:00Z"'), "Pearl Harbor: lon_deg"),
        (('place = "Xyzzyx"', 'time = "2023-11-22T00:21:00Z"'), "Look them up"),
        ((PLACE, 'time = "2023-03-26 02:30"', 'zone = "Europe/Berlin"'), "did not exist"),
        ((PLACE, 'time = "2023-11-22 09:21"', 'zone = "Asia/Nowhere"'), "no zone"),
        ((PLACE, 'time = "2023-11-22T00:21:00Z"', "kind = 'painting'"), "Use one of"),
        ((PLACE, 'time = "2023-11-22T00:21:00Z"', "tiem = 3"), "unknown"),
        ((PLACE, 'time = "2023-11-22T00:21:00Z"', "shadow = { length_m = 3 }"), "belong together"),
        ((PLACE, 'time = "2023-11-22T00:21:00Z"', "shadow = {}"), "says nothing"),
        ((PLACE, 'time = "2023-11-22T00:21:00Z"', f"tle = '''\n{ONE}\n{TWO[:-1]}7\n'''"), "checksum"),
        (
            (
                PLACE,
                "sources = [{ text = 'A', time = '2023-11-22T00:21Z' }, { text = 'B', time = '2023-11-22T03:21Z' }]",
            ),
            "the sources contradict each other: 'A' says",
        ),
    ],
)
def test_what_is_missing_is_said(lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError) as error:
        parse_claims(toml(*lines), ".toml", where="x.toml")
    assert said in str(error.value)
    assert "claims" in str(error.value)


def test_sources_that_agree_narrow_the_time() -> None:
    text = toml(
        PLACE,
        "sources = [{ text = 'A', time = '2023-11-22T00:21Z' }, { text = 'B', time = '2023-11-22T00:21:30Z' }, 'C']",
    )
    (claim,) = parse_claims(text, ".toml").claims
    assert claim.moment.earliest == claim.moment.latest == np.datetime64("2023-11-22T00:21:30")
    assert [quoted.text for quoted in claim.sources] == ["A", "B", "C"]


def test_a_name_and_a_number_that_do_not_belong_together() -> None:
    with pytest.raises(InputError, match="'Malligyong-1' is number 58400"):
        parse_claims(GOOD.replace("58400", "40697"), ".toml")
    with pytest.raises(InputError, match="the element set is of 58400"):
        parse_claims(
            GOOD.replace("norad_id = 58400", f'norad_id = 40697, tle = """{ONE}\\n{TWO}"""').replace("Mall", "M"),
            ".toml",
        )


def test_all_faulty_claims_are_named_at_once() -> None:
    text = toml(PLACE) + toml(PLACE).replace("'a'", "'b'") + GOOD.replace('"a"', '"c"')
    with pytest.raises(InputError, match="2 claims cannot be read") as error:
        parse_claims(text, ".toml")
    assert "a: no time" in str(error.value) and "b: no time" in str(error.value)


def test_two_claims_of_one_name_and_none() -> None:
    with pytest.raises(InputError, match="two claims are called 'a'"):
        parse_claims(GOOD + GOOD, ".toml")
    with pytest.raises(InputError, match="no claim"):
        parse_claims("title = 'x'", ".toml")


HEAD = "id,norad,place,lat,lon,claim_start_utc,claim_end_utc,claim_text,tle_line1,tle_line2"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,58400,Guam,13.6,144.9,,,,,", "no time is stated"),
        ("a,58400,Guam,,,2023-11-22T00:21:00,,,,", "Did you mean Guam: lon 144.75"),
        ("a,58400,Guam,95,144.9,2023-11-22T00:21:00,,,,", "outside the world"),
        ("a,58400,Guam,x,144.9,2023-11-22T00:21:00,,,,", "'x' is not a latitude"),
        ("a,abc,Guam,13.6,144.9,2023-11-22T00:21:00,,,,", "no catalogue number"),
        ("a,58400,Guam,13.6,144.9,2023-11-22T00:21:00,2023-11-21T00:21:00,,,", "ends before it begins"),
        (f"a,40697,Guam,13.6,144.9,2023-11-22T00:21:00,,,{ONE},{TWO}", "the element set is of 58400"),
        (f"a,58400,Guam,13.6,144.9,2023-11-22T00:21:00,,,{ONE},{TWO[:-1]}1", "checksum"),
    ],
)
def test_rows_that_lack_something(row: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        parse_claims(f"{HEAD}\n{row}\n", ".csv", where="claims.csv")
    assert said in str(error.value)
    assert "line 2" in str(error.value)


def test_kinds_of_rows() -> None:
    rows = [
        "a,58400,Guam,13.6,144.9,2023-11-22T00:21:00,2023-11-22T00:21:59,over Guam,,",
        "b,58400,PGSC closest approach,39.0,125.7,2023-11-22T00:25:27,2023-11-22T00:25:27,closest in range,,",
        'c,58400,sub-satellite point: near X,31.4,-100.4,2024-06-07T05:01:07,,"answer 31.4519,-100.6058, 506 km",,',
        'd,58400,orbit raise,,,2024-02-19T00:00:00,2024-02-24T23:59:59,"five burns, perigee 488 -> 497 km",,',
    ]
    a, b, c, d = parse_claims("\n".join([HEAD, *rows]), ".csv").claims
    assert [one.kind for one in (a, b, c, d)] == ["optical", "closest approach", "sub-satellite point", "raise"]
    assert (c.place.lon_deg, c.place.lat_deg) == (-100.6058, 31.4519)
    assert d.heights_m == (488e3, 497e3)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_claims(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_claims(tmp_path / "bad.toml")
    with pytest.raises(InputError, match="cannot be read from"):
        parse_claims("", ".yaml")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["claims", "id", "time", "zone", "place", "lon_deg", "lat_deg", "satellite", "sources", "shadow", "tle"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON)
def test_any_json_is_claims_or_an_error(data: object) -> None:
    for entry in (data, {"claims": [data]}, {"claims": [{"id": "a", "time": "2023-11-22T00:21:00Z", "place": data}]}):
        with contextlib.suppress(SwathError):
            assert parse_claims(json.dumps(entry), ".json").claims


@settings(max_examples=60)
@given(st.text(max_size=120), st.sampled_from([".toml", ".json", ".csv"]))
def test_any_text_is_claims_or_an_error(text: str, form: str) -> None:
    for entry in (text, f"{HEAD}\n{text}"):
        with contextlib.suppress(SwathError):
            assert parse_claims(entry, form).claims
