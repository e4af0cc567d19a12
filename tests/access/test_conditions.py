from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.accesses import find_accesses
from swath.access.conditions import (
    AnyOf,
    Condition,
    Limit,
    Not,
    field_of_view,
    limit,
    nadir_swath,
)
from swath.access.passes import find_passes
from swath.access.signals import QUANTITIES
from swath.access.spoken import WORDS, condition
from swath.errors import DataError, InputError
from swath.model import Elements, Place, Station
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft.optics import Optics
from tests.access import brute
from tests.access.brute_conditions import Truth
from tests.orbit.orbits import EPOCH, made_up, orbits

EXAMPLES = int(os.environ.get("SWATH_BRUTE_FORCE_EXAMPLES", "40"))
HOUR = np.timedelta64(1, "h")
CAMERA = Optics(
    focal_length_m=0.6, pixel_pitch_m=5.5e-6, detectors=4096, bands=("pan",), bits_per_sample=12,
    full_well_reflectance=1.0, signal_to_noise=100.0,
)  # fmt: skip
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)
OTHER = made_up(perigee_km=520, apogee_km=530, inclination_deg=96.0, raan_deg=3.0)

RANGES = {
    "elevation_deg": (-5.0, 85.0),
    "azimuth_deg": (0.0, 360.0),
    "off_nadir_deg": (0.5, 65.0),
    "off_nadir_geocentric_deg": (0.5, 65.0),
    "roll_deg": (-60.0, 60.0),
    "pitch_deg": (-60.0, 60.0),
    "across_m": (-2e6, 2e6),
    "along_m": (-2e6, 2e6),
    "incidence_deg": (5.0, 90.0),
    "range_m": (3e5, 3e6),
    "gsd_m": (3.0, 30.0),
    "sun_elevation_deg": (-18.0, 60.0),
    "local_solar_time_h": (0.0, 24.0),
    "local_mean_time_h": (0.0, 24.0),
    "glint_deg": (2.0, 120.0),
    "umbra_deg": (-10.0, 60.0),
    "penumbra_deg": (-10.0, 60.0),
    "moon_elevation_deg": (-20.0, 60.0),
    "moon_lit_fraction": (0.3, 0.9),
    "moon_separation_deg": (5.0, 120.0),
    "sun_separation_deg": (5.0, 120.0),
    "separation_deg": (1.0, 120.0),
    "distance_m": (2e5, 9e6),
    "age_days": (0.02, 0.9),
    "northward_m_s": (-7e3, 7e3),
    "altitude_m": (3e5, 9e5),
}
PLACES = st.builds(
    Place.point,
    st.just("here"),
    lon_deg=st.one_of(st.sampled_from([180.0, -180.0, 179.99, 0.0]), st.floats(-180.0, 180.0)),
    lat_deg=st.one_of(st.sampled_from([90.0, -90.0, 89.99, 0.0]), st.floats(-89.9, 89.9)),
    altitude_m=st.sampled_from([0.0, -400.0, 5000.0]),
)


@st.composite
def limits(draw: st.DrawFn, quantities: tuple[str, ...] = tuple(RANGES)) -> Limit:
    quantity = draw(st.sampled_from(quantities))
    low, high = sorted(draw(st.floats(*RANGES[quantity])) for _ in range(2))
    low, high = draw(st.sampled_from([(low, high), (low, None), (None, high)]))
    if QUANTITIES[quantity].turn and low is not None and high is not None and draw(st.booleans()):
        low, high = high, low
    return limit(quantity, low=low, high=high, of="other" if QUANTITIES[quantity].named else "")


CONDITIONS = st.recursive(
    limits(),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=4,
)


def compare(elements: Elements, other: Elements, place: Place, wanted: Condition, after_s: int, hours: float) -> int:
    start = EPOCH + np.timedelta64(after_s, "s")
    length_s = round(hours * 3600)
    eop = packaged_eop()
    orbit = sgp4_ephemeris(elements, eop)
    try:
        found = find_accesses(
            {"sat": orbit}, [place], start, start + np.timedelta64(length_s, "s"), eop,
            min_elevation_deg=0.0, where=wanted, others={"other": sgp4_ephemeris(other, eop)}, cameras={"sat": CAMERA},
        )  # fmt: skip
    except DataError:
        return 0  # it came down
    holds = Truth(elements, other, place, start, eop, CAMERA).margin(limit("elevation_deg", low=0.0) & wanted)
    rows = [
        tuple((edge - start) / np.timedelta64(1, "ns") * 1e-9 for edge in pair)
        for pair in zip(found.start, found.stop, strict=True)
    ]
    brute.assert_same_windows(rows, brute.windows(holds, length_s), holds)
    return len(rows)


@given(orbits(), orbits(), PLACES, CONDITIONS, st.integers(0, 72_000), st.floats(0.02, 2.0))
@settings(max_examples=EXAMPLES)
def test_any_condition_holds_where_brute_force_says_so(
    elements: Elements, other: Elements, place: Place, wanted: Condition, after_s: int, hours: float
) -> None:
    compare(elements, other, place, wanted, after_s, hours)


@pytest.mark.parametrize("quantity", sorted(QUANTITIES))
def test_each_quantity_cuts_windows_where_brute_force_does(quantity: str) -> None:
    """A low orbit over one high latitude for hours, limits drawn from what the quantity takes there."""
    rng = np.random.default_rng(sorted(QUANTITIES).index(quantity))
    windows = 0
    place = Place.point("here", lon_deg=float(rng.uniform(-180, 180)), lat_deg=float(rng.uniform(79, 83)))
    low, high = sorted(rng.uniform(*RANGES[quantity], 2).tolist())
    of = "other" if QUANTITIES[quantity].named else ""
    for wanted in (limit(quantity, low=low, of=of), limit(quantity, low=low, high=high, of=of)):
        windows += compare(LOW, OTHER, place, wanted | limit("elevation_deg", low=8.0), 0, 5.0)
    assert windows > 0


def test_every_quantity_is_tried() -> None:
    assert set(RANGES) == set(QUANTITIES)


def windows(wanted: Condition | None, place: Place, hours: int = 24, **more: object) -> list[tuple[float, float]]:
    orbit = {"sat": sgp4_ephemeris(LOW, packaged_eop())}
    found = find_accesses(orbit, [place], EPOCH, EPOCH + hours * HOUR, packaged_eop(), where=wanted, **more)
    return [
        (float((a - EPOCH) / np.timedelta64(1, "ms")), float((b - EPOCH) / np.timedelta64(1, "ms")))
        for a, b in zip(found.start, found.stop, strict=True)
    ]


FIELD = Place.point("field", lon_deg=11.9, lat_deg=44.95)


@given(limits(), limits())
@settings(max_examples=15)
def test_the_laws_of_the_algebra(a: Limit, b: Limit) -> None:
    a, b = (x if not x.of and x.quantity != "gsd_m" else limit("range_m", high=1e6) for x in (a, b))
    for one, two in [
        (~(a & b), ~a | ~b),
        (~(a | b), ~a & ~b),
        (a & b, b & a),
        (~~a, a),
        (a | ~a, None),
        ((a & b) | (a & ~b), a),
    ]:
        left, right = windows(one, FIELD), windows(two, FIELD)
        assert np.allclose(np.ravel(left), np.ravel(right), atol=1.0), (one, two)  # ms
    assert windows(a & ~a, FIELD) == []


def test_a_fixed_swath_sees_what_passes_under_it() -> None:
    wide, narrow = (windows(nadir_swath(width), FIELD, hours=24 * 6) for width in (1200e3, 200e3))
    assert 4 < len(wide) < 20 and len(narrow) < len(wide)
    # 20 km of track at 7 km/s over the ground
    assert all(2.0 < (b - a) / 1e3 < 3.5 for a, b in wide)
    by_angle = windows(field_of_view(2 * 50.0), FIELD, hours=24 * 6)
    assert len(by_angle) >= len(wide)


@given(orbits(), st.floats(2e4, 3e6), st.floats(2e4, 8e5), st.booleans())
@settings(max_examples=15)
def test_strips_and_fields_are_found_from_any_orbit(
    elements: Elements, width_m: float, length_m: float, angle: bool
) -> None:
    """The search begins with what such limits leave of the ground: nothing may be lost by that."""
    strip = nadir_swath(width_m, length_m=length_m)
    if angle:
        strip = field_of_view(width_m / 2.5e4, along_deg=length_m / 1e4, roll_deg=5.0)
    compare(elements, OTHER, FIELD, strip, 0, 3.0)


@given(st.integers(0, 2**31))
@settings(max_examples=12)
def test_a_horizon_mask_hides_what_is_below_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    azimuths = np.sort(rng.uniform(0.0, 360.0, int(rng.integers(1, 12))))
    mask = tuple((float(a), float(e)) for a, e in zip(azimuths, rng.uniform(0.0, 40.0, len(azimuths)), strict=True))
    spot = Place.point("st", lon_deg=float(rng.uniform(-180, 180)), lat_deg=float(rng.choice([78.2, 45.0, -60.0])))
    station = Station("st", spot.lon_deg, spot.lat_deg, 0.0, 3.0, rate_bit_s=0.0, mask=mask)
    found = find_passes(
        {"sat": sgp4_ephemeris(LOW, packaged_eop())}, [station], EPOCH, EPOCH + 8 * HOUR, packaged_eop()
    )
    truth = Truth(LOW, OTHER, spot, EPOCH, packaged_eop(), CAMERA)

    def holds(t_s: np.ndarray) -> np.ndarray:
        level = np.interp(truth.values("azimuth_deg", t_s), azimuths, [e for _, e in mask], period=360.0)
        return truth.values("elevation_deg", t_s) - np.maximum(level, 3.0)

    rows = [
        tuple((edge - EPOCH) / np.timedelta64(1, "ns") * 1e-9 for edge in pair)
        for pair in zip(found.start, found.stop, strict=True)
    ]
    brute.assert_same_windows(rows, brute.windows(holds, 8 * 3600), holds)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("off_nadir <= 30 and sun >= 10 and not eclipse",
         limit("off_nadir_deg", high=30.0) & limit("sun_elevation_deg", low=10.0) & ~limit("umbra_deg", high=0.0)),
        ("20 <= incidence <= 45 and right", limit("incidence_deg", low=20.0, high=45.0) & limit("roll_deg", low=0.0)),
        ("45 >= incidence_deg > 20", limit("incidence_deg", low=20.0, high=45.0)),
        ("350 <= azimuth <= 10 or range < 8e5",
         limit("azimuth_deg", low=350.0, high=10.0) | limit("range_m", high=8e5)),
        ("not (sun >= -6 or moon >= 0)",
         ~(limit("sun_elevation_deg", low=-6.0) | limit("moon_elevation_deg", low=0.0))),
        ('separation("ISS (ZARYA)") <= 5', limit("separation_deg", high=5.0, of="ISS (ZARYA)")),
        ("separation(25544) <= 5", limit("separation_deg", high=5.0, of="25544")),
        ("swath(290000)", nadir_swath(290e3)),
        ("-2 <= roll", limit("roll_deg", low=-2.0)),
    ],
)  # fmt: skip
def test_text_says_the_same_as_code(text: str, same: Condition) -> None:
    def flat(c: Condition) -> Condition:  # a & b & c nests, "a and b and c" does not
        if isinstance(c, Not):
            return Not(flat(c.part))
        if hasattr(c, "parts"):
            parts = []
            for part in map(flat, c.parts):
                parts += part.parts if type(part) is type(c) else [part]
            return type(c)(tuple(parts))
        return c

    assert flat(condition(text)) == flat(same)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read"),
        ("sun >=", "cannot be read"),
        ("suns >= 10", "'suns' is no quantity"),
        ("sun", "'sun' is no word that stands alone"),
        ("sun >= moon", "compare one quantity with numbers"),
        ("sun == 10", "compare with <= or >="),
        ("10 <= sun >= 5", "compare with <= or >="),
        ("sun >= ten", "compare one quantity"),
        ("sun >= 1e999", "a number belongs here"),
        ("sun >= '10'", "a number belongs here"),
        ("separation <= 5", "needs the name of another satellite"),
        ("separation() <= 5", "one satellite belongs in the brackets"),
        ("sun(3) >= 5", "takes no other satellite"),
        ("local_solar_time >= 25", "Give 0 to 24"),
        ("30 <= incidence <= 20", "cannot be above 30 and below 20"),
        ("__import__('os').system('true') <= 3", "is no quantity"),
        ("swath(1, 2)", "comparison"),
        ("(" * 500 + "sun >= 1" + ")" * 500, "understood"),
        ("sun >= 1 and " * 200 + "day", "characters"),
    ],
)
def test_text_that_is_no_condition_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        condition(text)


TOKENS = st.sampled_from([*WORDS, "sun", ">=", "<=", "10", "and", "or", "not", "(", ")"])


@given(st.one_of(st.text(max_size=40), st.lists(TOKENS, max_size=12).map(" ".join)))
def test_any_text_is_a_condition_or_an_input_error(text: str) -> None:
    try:
        made = condition(text)
    except InputError:
        return
    assert isinstance(made, Limit | Not | AnyOf) or made.within


def test_a_named_satellite_must_be_there_and_a_pixel_needs_its_camera() -> None:
    with pytest.raises(InputError, match="names the satellite 'X', which is not here"):
        windows(limit("separation_deg", high=5.0, of="X"), FIELD)
    with pytest.raises(InputError, match="needs the camera"):
        windows(limit("gsd_m", high=5.0), FIELD)


def test_every_quantity_and_word_is_on_its_page(repo: Path) -> None:
    page = (repo / "docs" / "reference" / "conditions.md").read_text("utf-8").partition("## Areas")[0]
    rows = set(re.findall(r"^\| `([a-z_0-9]+)(?:\(SATELLITE\))?` \|", page, re.MULTILINE))
    assert rows == set(QUANTITIES) | set(WORDS)
