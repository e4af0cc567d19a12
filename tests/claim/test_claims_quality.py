"""How often a verdict is wrong, on a few synthetic claims; ``benchmarks/quality/claims.py`` makes a thousand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import claims
from swath.sources.eop import packaged_eop


@pytest.mark.needs_shared_data
def test_forty_claims_half_of_them_false(shared_data: Path) -> None:
    eop = packaged_eop()
    land = np.ones((180, 360), np.float32)
    made = claims.made_claims(shared_data / "orbits", 40, 7, eop, land)
    found = claims.counted(made, claims.judged(made, eop))
    assert found["true"] == found["false"] == 20
    assert found["false_impossible"] == 0
    assert found["true_inconsistent"] <= 1
    assert found["false_consistent"] == 0
    assert found["coverage_90"] >= 0.7  # 20 draws of nine in ten: less than 14 happens once in 500 times
    for kind in ("another day", "other side", "night"):
        assert found["false_not_refuted"][kind] == 0


def test_a_place_beside_is_as_far_as_asked() -> None:
    from swath.frames import itrf_from_geodetic
    from swath.model import Place

    place = Place.point("a", lon_deg=179.5, lat_deg=60.0)
    for bearing in (0.0, 90.0, 200.0):
        moved = claims.beside(place, 300e3, bearing)
        p, q = (itrf_from_geodetic(lon_deg=x.lon_deg, lat_deg=x.lat_deg) for x in (place, moved))
        assert abs(np.linalg.norm(p - q) - 300e3) < 2e3  # a sphere instead of the ellipsoid
