"""What changes between two dates? Edits of a world: the list of them is the ground truth of every picture of it.

An edit holds from a moment on, for good or until another. All but a flood are polygons that are painted on the land; a
flood is a height by which the rivers rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import kernels

__all__ = ["EDIT_KINDS", "Edit", "Pieces", "fan", "is_active", "pieces"]

Floats = npt.NDArray[np.float64]

EDIT_KINDS = (
    *("building", "demolition", "burn", "landslide", "harvest", "felling", "ship", "truck", "panel", "flood"),
)
"""in the order of their code (from 1) in ``truth.edit_codes``"""


_STRIP_M = 500.0


@dataclass(frozen=True)
class Pieces:
    """Convex polygons with one look and one height each, in metres east and south of a world's upper left corner."""

    vertices: Floats
    """``(m, MAX_VERTICES, 2)``"""
    counts: npt.NDArray[np.int64]
    look: npt.NDArray[np.uint8]
    height_m: npt.NDArray[np.float32]
    """of what stands there, over the ground"""
    low_m: Floats = field(init=False)
    high_m: Floats = field(init=False)
    """``(m, 2)`` corners of the boxes round the polygons"""

    def __post_init__(self) -> None:
        used = np.arange(self.vertices.shape[1])[None, :, None] < self.counts[:, None, None]
        # What stands behind the used corners is whatever was in memory.
        object.__setattr__(self, "vertices", np.where(used, self.vertices, 0.0))
        object.__setattr__(self, "low_m", np.where(used, self.vertices, np.inf).min(1).reshape(-1, 2))
        object.__setattr__(self, "high_m", np.where(used, self.vertices, -np.inf).max(1).reshape(-1, 2))

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def _rows(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Polygons by strips of ``_STRIP_M`` from north to south: where each strip begins in the list, and the list."""
        south = [np.where(self.counts > 0, edge[:, 1], 0.0) for edge in (self.low_m, self.high_m)]
        first, last = (np.maximum(edge // _STRIP_M, 0.0).astype(np.int64) for edge in south)
        times = last - first + 1
        strip = np.repeat(first, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        number = np.repeat(np.arange(len(times)), times)
        order = np.argsort(strip, kind="stable")
        return np.searchsorted(strip[order], np.arange(strip.max(initial=-1) + 2)), number[order]

    def near(self, low_m: Floats, high_m: Floats) -> npt.NDArray[np.int64]:
        """Numbers of the polygons whose boxes meet a box, rising. Takes as long as there are some near, not in all."""
        begin, number = self._rows
        first, last = (min(int(max(edge[1] // _STRIP_M, 0.0)), len(begin) - 1) for edge in (low_m, high_m))
        stop = min(last + 1, len(begin) - 1)
        some = np.unique(number[begin[first] : begin[stop]])
        return np.asarray(some[((self.high_m[some] > low_m) & (self.low_m[some] < high_m)).all(1)], np.int64)


@dataclass(frozen=True)
class Edit:
    """One change of the land. Made by the functions of ``fly.change``."""

    kind: str
    """one of :data:`EDIT_KINDS`"""
    id: str
    since: np.datetime64
    until: np.datetime64 | None
    """none: for good"""
    ring: tuple[tuple[float, float], ...]
    """longitude and latitude of its outline, open; empty for a flood"""
    pieces: Pieces | None
    """what is painted; none for a flood"""
    rise_m: float = 0.0
    """how far the rivers stand over their banks; floods only"""

    def __post_init__(self) -> None:
        if self.kind not in EDIT_KINDS:
            raise InputError(f"there is no edit {self.kind!r}", where=self.id, fix=f"Choose {', '.join(EDIT_KINDS)}")
        if self.until is not None and not self.until > self.since:
            raise InputError(f"{self.kind} ends at {self.until}, before {self.since}", where=self.id, fix="Swap them")


def is_active(edit: Edit, at: np.datetime64) -> bool:
    """Does an edit hold at a moment?"""
    return bool(edit.since <= at and (edit.until is None or at < edit.until))


def pieces(polygons: Sequence[Floats], look: int | Sequence[int], height_m: float | Sequence[float] = 0.0) -> Pieces:
    """Convex polygons ``(k, 2)`` of at most ``MAX_VERTICES`` corners, one look and height for all or one each."""
    vertices = np.zeros((len(polygons), kernels.MAX_VERTICES, 2))
    for number, polygon in enumerate(polygons):
        vertices[number, : len(polygon)] = polygon
    counts = np.array([len(polygon) for polygon in polygons], np.int64)
    shape = len(polygons)
    return Pieces(
        vertices,
        counts,
        np.broadcast_to(np.asarray(look, np.uint8), shape).copy(),
        np.broadcast_to(np.asarray(height_m, np.float32), shape).copy(),
    )


def fan(ring: Floats, middle: Floats) -> list[Floats]:
    """A star-shaped ring ``(k, 2)`` cut into triangles about a point that sees all of it."""
    following = np.roll(ring, -1, axis=0)
    return [np.stack([middle, a, b]) for a, b in zip(ring, following, strict=True)]
