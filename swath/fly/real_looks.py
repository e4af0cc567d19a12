"""How does a simulated land get the texture of a real picture, or colours that were measured?

Arrays in, a world out: whoever has such data reads it at run time (``docs/explanation/pictures.md`` shows how); none is
shipped. What is made stays simulated, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.terrain import CELL_M
from swath.fly.world import World

__all__ = ["SURFACES", "with_spectra", "with_texture"]

SURFACES: Mapping[str, Sequence[int]] = {
    "water": (looks.WATER,),
    "flood water": (looks.FLOOD_WATER,),
    "track": (looks.TRACK,),
    "road": (looks.ROAD,),
    "forest": (looks.FOREST,),
    "meadow": (looks.MEADOW,),
    "roof": tuple(looks.ROOFS),
    "soil": tuple(range(looks.FIRST_FIELD, looks.FIRST_EDIT)),
    "crop": tuple(range(looks.FIRST_FIELD, looks.FIRST_EDIT)),
    "burn": (looks.BURNT,),
    "landslide": (looks.SCAR,),
}
"""names of what can be given a spectrum; ``forest``, ``meadow`` and ``crop`` are leaves, all else is bare"""
_LEAVES = ("forest", "meadow", "crop")


def with_texture(world: World, values: npt.NDArray[np.floating[Any]], *, pixel_m: float) -> World:
    """The same land whose patchiness is that of a real picture: ``values`` ``(row, column)``, pixels of ``pixel_m``.

    The values (one band, an index; NaN where there are none) take the place of the smooth noise by which fields grow
    thicker and thinner: brought to mean 0 and deviation 1, what is broader than 2 km taken out so that no single field
    of the picture stands in two places, repeated as a mirror where the land is larger. Raises :class:`InputError` for
    less than 32 x 32 values, values that do not vary, or pixels over 100 m.
    """
    known = np.isfinite(values)
    if values.ndim != 2 or min(values.shape) < 32 or not 0.5 <= pixel_m <= 100.0 or known.mean() < 0.5:
        raise InputError(
            f"a texture of {values.shape} in pixels of {pixel_m} m",
            where=world.place.id,
            fix="Give at least 32 x 32 values, most of them known, pixels of 0.5 to 100 m",
        )
    filled = np.where(known, values, np.mean(values[known])).astype(np.float64)
    filled -= _smooth(filled, max(int(2000.0 / pixel_m), 3))
    deviation = float(filled.std())
    if not deviation > 1e-9 * max(float(np.abs(values[known]).max()), 1e-9):
        raise InputError("a texture that does not vary", where=world.place.id, fix="Give another band or picture")
    shape = world.vigour.shape
    rows, columns = (_mirrored(size, cells, CELL_M / pixel_m) for size, cells in zip(filled.shape, shape, strict=True))
    (i, f), (j, g) = rows, columns
    k, m = np.minimum(i + 1, filled.shape[0] - 1), np.minimum(j + 1, filled.shape[1] - 1)
    top = filled[i][:, j] * (1 - g) + filled[i][:, m] * g
    bottom = filled[k][:, j] * (1 - g) + filled[k][:, m] * g
    drawn = top * (1 - f[:, None]) + bottom * f[:, None]
    drawn = (drawn - drawn.mean()) / max(float(drawn.std()), 1e-12)
    return replace(world, vigour=np.clip(drawn, -3.0, 3.0).astype(np.float32))


def with_spectra(world: World, spectra: Mapping[str, Sequence[float]]) -> World:
    """The same land in measured colours: reflectances of blue, green, red and near infrared by name.

    Names are those of :data:`SURFACES`. Looks of one name keep how they differ among each other in brightness. Raises
    :class:`InputError` for a name that is not there or values outside 0 to 1.
    """
    table = world.looks
    bare, leaf = table.bare.copy(), table.leaf.copy()
    for name, values in spectra.items():
        colour = np.asarray(values, np.float64)
        if name not in SURFACES or colour.shape != (4,) or not ((colour >= 0.0) & (colour <= 1.0)).all():
            raise InputError(
                f"a spectrum of {name!r}: {list(values)}",
                where=world.place.id,
                fix=f"Give four reflectances from 0 to 1 for any of {', '.join(SURFACES)}",
            )
        part, rows = (leaf if name in _LEAVES else bare), list(SURFACES[name])
        brightness = part[rows].mean(1, keepdims=True)
        part[rows] = np.clip(colour * brightness / brightness.mean(), 0.0, 1.0)
    return replace(world, looks=replace(table, bare=bare, leaf=leaf))


def _smooth(field: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """Means of squares of ``width`` pixels, mirrored at the edges."""
    for axis in (0, 1):
        half = min(width // 2, field.shape[axis] - 1)
        pads = [(half, half) if axis == k else (0, 0) for k in (0, 1)]
        total = np.cumsum(np.pad(field, pads, mode="reflect"), axis)
        total = np.concatenate([np.zeros_like(total.take([0], axis)), total], axis)
        size, span = field.shape[axis], 2 * half + 1
        field = (total.take(np.arange(span, span + size), axis) - total.take(np.arange(size), axis)) / span
    return field


def _mirrored(size: int, cells: int, step: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Pixel before each cell and how far beyond it, to and fro over ``size`` pixels."""
    at = (np.arange(cells) * step) % (2.0 * (size - 1))
    at = np.minimum(at, 2.0 * (size - 1) - at)
    before = np.minimum(np.floor(at).astype(np.int64), size - 2)
    return before, at - before
