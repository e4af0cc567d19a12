"""What do the detectors keep of a place between two pictures? One blob of named arrays, each detector's own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.model import Grid
from swath.operate.place_looks import Reference
from swath.watch.pair_watch import PairPast, pair_from_arrays, pair_to_arrays
from swath.watch.state import PlaceState, from_arrays, to_arrays

__all__ = ["Kept", "Water", "closed", "opened"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Water:
    """How often was each pixel as dark as water is to a radar?"""

    dark: Array
    """``(row, column)`` looks in which it was"""
    looks: int


@dataclass(frozen=True)
class Kept:
    """All of it."""

    grid: Grid
    series: PlaceState | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    pairs: Mapping[str, PairPast] = field(default_factory=dict)
    """by what is tested of a pair of pictures"""
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """by kind of change, in the order of time; those that were alerts are left out"""
    water: Water | None = None


def closed(kept: Kept) -> bytes:
    """As bytes; :func:`opened` reads them."""
    grid = kept.grid
    arrays: dict[str, Array] = {} if kept.series is None else dict(to_arrays(kept.series))
    arrays["on"] = np.array([grid.epsg, grid.west_m, grid.north_m, grid.pixel_m, grid.width, grid.height])
    arrays["tests"] = np.array(list(kept.pairs), "U")
    for number, past in enumerate(kept.pairs.values()):
        arrays |= {f"pairs.{number}.{name}": values for name, values in pair_to_arrays(past).items()}
    arrays |= {f"counts.{kind}": np.array(values, np.int64) for kind, values in kept.counts.items()}
    arrays["references"] = np.array([[key, one.id] for key, one in kept.references.items()], "U").reshape(-1, 2)
    for number, one in enumerate(kept.references.values()):
        arrays |= {f"reference.{number}.light": one.light, f"reference.{number}.seen": one.seen}
    if kept.water is not None:
        arrays |= {"water.dark": kept.water.dark, "water.looks": np.array([kept.water.looks])}
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def opened(content: bytes) -> Kept:
    """What :func:`closed` wrote. :class:`DataError` where it is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
            arrays = dict(loaded)
        series = from_arrays(arrays) if "format" in arrays else None
        g = arrays["on"] if "on" in arrays else arrays["grid"]
        grid = Grid(int(g[0]), float(g[1]), float(g[2]), float(g[3]), int(g[4]), int(g[5]))
        named = {
            str(key): Reference(str(id), arrays[f"reference.{n}.light"], arrays[f"reference.{n}.seen"])
            for n, (key, id) in enumerate(arrays.get("references", np.zeros((0, 2), "U1")))
        }
        pairs = {
            str(test): pair_from_arrays({k: arrays[f"pairs.{n}.{k}"] for k in ("peaks", "seen")})
            for n, test in enumerate(arrays.get("tests", ()))
        }
        counts = {
            k.removeprefix("counts."): tuple(int(x) for x in v) for k, v in arrays.items() if k.startswith("counts.")
        }
        water = Water(arrays["water.dark"], int(arrays["water.looks"][0])) if "water.dark" in arrays else None
        return Kept(grid, series, named, pairs, counts, water)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise DataError(f"what was kept is damaged: {error}", where="watch state", fix="Begin it again") from error
