"""The public cases of ``examples/claims``: each verdict is what is publicly known by now.

Semnan, 29 August 2019: Cees Bassa (github cbassa/satellite_analysis, 31 August 2019) has USA 224 382.1 km from the pad
at 09:44:20 UTC. Bucha, 1 April 2022: 38.3 deg of Sun at 11:57 UTC, 42.0 deg at 11:57 local time. Landsat and
Sentinel-2: times of scenes from their catalogues.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swath.claim.motion import late_states
from swath.claim.records import Verdict
from swath.frames import itrf_from_geodetic
from swath.operate.claims import dossier_of
from swath.sources.eop import packaged_eop

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "claims"
KNOWN = {
    "goodfellow-2024": {"answer": "consistent", "picture": "impossible"},
    "semnan-2019": {"analysts": "possible", "worldview-then": "undetermined"},
    "bucha-2022": {"as-gmt": "inconsistent", "as-local": "possible"},
    "landsat-2024": {
        "089-082": "consistent",
        "089-090": "consistent",
        "300-km-east": "inconsistent",
        "a-day-later": "impossible",
    },
    "sentinel2-2024": {"25MCS": "consistent", "25LCG": "consistent"},
    "raise-2024": {"february": "consistent"},
    # no element set, only the stated plane and the times themselves: the same words as with the set of December
    "kcna-2023-no-elements": {
        "guam-22": "inconsistent",
        "rome": "consistent",
        "guam-27": "consistent",
        "norfolk": "consistent",
        "white-house": "consistent",
        "kadena": "possible",
        "langbroek": "possible",
    },
}


def verdicts(name: str) -> dict[str, Verdict]:
    return {v.id: v for v in dossier_of(EXAMPLES / f"{name}.toml").verdicts}


@pytest.mark.parametrize("name", KNOWN)
def test_the_outcome_is_the_known_one(name: str) -> None:
    assert {id: v.verdict for id, v in verdicts(name).items()} == KNOWN[name]


def test_every_example_is_held_to_an_outcome() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == {*KNOWN, "kcna-2023"}
    assert sum(map(len, KNOWN.values())) + 11 >= 20


def test_the_distance_of_usa_224() -> None:
    verdict = verdicts("semnan-2019")["analysts"]
    (angle,) = (t for t in verdict.tests if t.name == "resolution")
    at = np.array(["2019-08-29T09:44:20"], "datetime64[ns]")
    r, _ = late_states(verdict.elements, at, 0.0, packaged_eop())
    pad = itrf_from_geodetic(lon_deg=53.9508, lat_deg=35.238, altitude_m=0.0)  # his height
    assert abs(np.linalg.norm(r - pad) - 382.1e3) < 300.0
    # analysts: a mirror of 2.4 m resolves 0.1 m from there
    assert angle.outcome == "met"
    assert abs(angle.numbers["rayleigh_m"][0] - 1.22 * 550e-9 * 356e3 / 2.4) < 0.001  # five seconds before, 356 km


def test_scenes_are_under_the_satellite_to_a_second() -> None:
    for name in ("landsat-2024", "sentinel2-2024"):
        for verdict in verdicts(name).values():
            if verdict.verdict == "consistent":
                assert abs(verdict.miss_s) < 1.0
                assert verdict.within_s <= 2.0
