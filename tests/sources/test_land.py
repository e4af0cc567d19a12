"""Coastlines are traced from the mask once and kept; a cache that is damaged or cannot be written does no harm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import shapely

from swath.sources import land
from swath.sources.land import CELL_DEG, land_rings, land_share


@pytest.fixture(scope="module")
def share() -> npt.NDArray[np.float32]:
    """The mask, unpacked once: a gigabyte takes seconds."""
    return land_share()


@pytest.fixture(autouse=True)
def unpacked(share: npt.NDArray[np.float32], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(land, "land_share", lambda: share)


def test_outlines_follow_the_mask_they_are_traced_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: npt.NDArray[np.float32]
) -> None:
    """Random cells of GLOBE (NOAA 1999, by global-land-mask 1.0.0): away from coasts all agree."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rings = land_rings()
    assert (tmp_path / "swath" / "land-2.npz").is_file()
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(0, share.shape[0], 20_000), rng.integers(0, share.shape[1], 20_000)
    lon, lat = -180 + (columns + 0.5) * CELL_DEG, 90 - (rows + 0.5) * CELL_DEG
    inside = np.zeros(len(lon), np.int64)
    for ring in rings:
        inside += shapely.contains_xy(shapely.polygons(ring), lon, lat)
    agree = (inside % 2 == 1) == (share[rows, columns] >= 0.5)
    wide = np.pad(share >= 0.5, 2, mode="wrap")
    around = np.stack([np.roll(wide, (r, c), (0, 1)) for r in range(-2, 3) for c in range(-2, 3)])[:, 2:-2, 2:-2]
    inland = (around.all(0) | ~around.any(0))[rows, columns]
    assert agree[inland].all()
    assert agree.mean() > 0.99
    again = land_rings()
    assert all(np.array_equal(a, b) for a, b in zip(rings, again, strict=True))
    (tmp_path / "swath" / "land-2.npz").write_bytes(b"damaged")
    assert len(land_rings()) == len(rings)


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(land_rings()) > 100
