"""Outlines of fields for tests: crooked quadrangles on a lattice, seeded."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

M_PER_DEG = 111_320.0


def lattice(count: int, *, lon_deg: float, lat_deg: float, side_m: float, seed: int, corners: int = 4) -> list[Any]:
    """So many fields, row by row from the given lower left corner, none touching another."""
    chance = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(count)))
    made = []
    for number in range(count):
        row, column = divmod(number, across)
        turn = np.sort(chance.uniform(0, 2 * np.pi, corners)) if corners > 4 else np.pi * (np.arange(4) / 2 + 0.25)
        reach = chance.uniform(0.30, 0.45, corners) * side_m * (1.3 if corners == 4 else 1.0)
        east = (column + 0.5) * side_m + reach * np.cos(turn) / 1.3
        north = (row + 0.5) * side_m + reach * np.sin(turn) / 1.3
        at = np.column_stack([lon_deg + east / M_PER_DEG / np.cos(np.radians(lat_deg)), lat_deg + north / M_PER_DEG])
        made.append(shapely.Polygon(at))
    return made
