"""Nothing simulated passes for real: the mark in pixels, tags and file names, and the check that it is there.

A raster of simulated data is written with a frame round it, outside the data, in which SIMULATED stands over and over
on all four sides of every band. Preview pictures carry the word across the picture. A file's name holds it too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.model import SIMULATED, Grid

__all__ = [
    "FRAME_TAG",
    "MARK_VALUES",
    "SIMULATED_TAG",
    "burn_diagonal",
    "frame_mask",
    "frame_rows",
    "frame_width_px",
    "framed_grid",
    "is_marked",
    "require_marked_name",
]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

SIMULATED_TAG = "SWATH_SIMULATED"
FRAME_TAG = "SWATH_FRAME_PX"
"""width of the frame on each side, in the tags of a raster; 0 where there is none"""
MARK_VALUES = {
    "uint8": (0, 254),
    "int8": (1, 100),
    "int16": (1, 10_000),
    "uint16": (1, 10_000),
    "int32": (1, 10_000),
    "uint32": (1, 10_000),
    "float32": (-1, 1),
    "float64": (-1, 1),
}
"""dark and light of the frame's letters, by type"""

_GLYPHS = {
    "S": "01110 10001 10000 01110 00001 10001 01110",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "D": "11110 10001 10001 10001 10001 10001 11110",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}
_ROWS = 7
_LIGHT = 0.55
"""weight of white where the word crosses a preview; its shadow is darkened by as much"""


@lru_cache(maxsize=4)
def _word(text: str) -> Mask:
    """The text in a five by seven dot font, one empty column after each letter."""
    letters = [np.array([[dot == "1" for dot in row] for row in _GLYPHS[letter].split()]) for letter in text]
    gap = np.zeros((_ROWS, 1), bool)
    return np.hstack([column for letter in letters for column in (letter, gap)])


def frame_width_px(grid: Grid) -> int:
    """How wide is the frame round data of this size? Wide enough to read the word with the whole picture in view."""
    return (_ROWS + 2) * _dot_px(grid)


def _dot_px(grid: Grid) -> int:
    return 2 + max(grid.width, grid.height) // 1000


def framed_grid(grid: Grid) -> Grid:
    """The grid of a file: the data's, and the frame outside it."""
    wide = frame_width_px(grid)
    west_m, north_m = grid.west_m - wide * grid.pixel_m, grid.north_m + wide * grid.pixel_m
    return Grid(grid.epsg, west_m, north_m, grid.pixel_m, grid.width + 2 * wide, grid.height + 2 * wide)


def frame_mask(grid: Grid) -> Mask:
    """Which pixels of the file's grid (:func:`framed_grid` of the data's ``grid``) are frame, not data?"""
    mask = np.ones(framed_grid(grid).shape, bool)
    wide = frame_width_px(grid)
    mask[wide:-wide, wide:-wide] = False
    return mask


@lru_cache(maxsize=4)
def _strips(grid: Grid) -> dict[str, tuple[tuple[slice, slice], Mask]]:
    """Where the four sides of the frame are in the file's grid, and where in them the letters are."""
    outer, wide, dot = framed_grid(grid), frame_width_px(grid), _dot_px(grid)
    word = np.pad(_word(f"{SIMULATED}  "), 1).repeat(dot, 0).repeat(dot, 1)

    def text(length: int) -> Mask:
        return np.tile(word, -(-length // word.shape[1]))[:, :length]

    across, down = text(outer.width), text(grid.height)
    return {
        "north": (np.s_[:wide, :], across),
        "south": (np.s_[-wide:, :], across),
        "west": (np.s_[wide:-wide, :wide], down.T[::-1]),
        "east": (np.s_[wide:-wide, -wide:], down.T[:, ::-1]),
    }


def frame_rows(grid: Grid, dtype: str, *, values: tuple[float, float] | None = None) -> Callable[[int, int], Array]:
    """What gives rows of the framed file ``(row, column)`` by their first and their number: the frame, 0 inside.

    Dark and light are those of the type (:data:`MARK_VALUES`), or ``values``.
    """
    low, high = values or MARK_VALUES[dtype]
    outer, sides = framed_grid(grid), _strips(grid)

    def rows(first: int, count: int) -> Array:
        out = np.zeros((count, outer.width), dtype)
        for (down, across), letters in sides.values():
            there = range(outer.height)[down]
            a, b = max(first, there.start), min(first + count, there.stop)
            if b > a:
                out[a - first : b - first, across] = np.where(letters[a - there.start : b - there.start], high, low)
        return out

    return rows


def burn_diagonal(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """An 8-bit picture ``(row, column, 3)`` with the word across it again and again, light with a dark shadow."""
    letters, shadow = _diagonal(*image.shape[:2])
    marked = image.copy()
    marked[shadow] = np.round(image[shadow] * (1.0 - _LIGHT)).astype(np.uint8)
    marked[letters] = np.round(image[letters] * (1.0 - _LIGHT) + 255.0 * _LIGHT).astype(np.uint8)
    return marked


@lru_cache(maxsize=4)
def _diagonal(height: int, width: int) -> tuple[Mask, Mask]:
    """Letters and their shadow, on lines rising by 30 degrees, each line shifted against the one above."""
    dot = max(1, min(height, width) // 220)
    word = _word(f"{SIMULATED}       ")
    y, x = np.mgrid[:height, :width]
    along, beside = x * np.cos(np.pi / 6) - y * np.sin(np.pi / 6), x * np.sin(np.pi / 6) + y * np.cos(np.pi / 6)

    def lit(offset: float) -> Mask:
        u, v = (along - offset) / dot, (beside - offset) / dot
        line = np.floor(v / (8 * _ROWS))
        row, column = np.floor(v - line * 8 * _ROWS), np.floor((u + line * word.shape[1] * 0.37) % word.shape[1])
        within = row < _ROWS
        return np.asarray(word[np.where(within, row, 0).astype(int), column.astype(int)] & within)

    letters = lit(0.0)
    return letters, lit(dot) & ~letters


def require_marked_name(path: Path) -> None:
    """Raise :class:`InputError` unless a file's name says SIMULATED."""
    if SIMULATED not in path.name:
        raise InputError(
            f"a file of simulated data must be named so, not {path.name}",
            where=str(path),
            fix=f"Put {SIMULATED} in its name",
        )


def is_marked(path: Path) -> bool:
    """Does a raster (.tif) or preview (.png) carry the mark in name, tags and the pixels of every band?

    Raises :class:`InputError` for other kinds of files and :class:`DataError` where the file cannot be read.
    """
    checks = {".tif": _tif_is_marked, ".tiff": _tif_is_marked, ".png": _png_is_marked}
    if path.suffix.lower() not in checks:
        raise InputError(f"no mark is known for {path.suffix} files", where=str(path), fix="Give a .tif or a .png")
    try:
        return SIMULATED in path.name and checks[path.suffix.lower()](path)
    except (OSError, DataError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Make it again") from error


def _tif_is_marked(path: Path) -> bool:
    import rasterio.windows

    from swath.archive.raster_file import dataset

    with dataset(path) as file:
        tags, wide = file.tags(), int(file.tags().get(FRAME_TAG, 0))
        inner = Grid(0, 0.0, 0.0, 1.0, file.width - 2 * wide, file.height - 2 * wide)
        if tags.get(SIMULATED_TAG) != "true" or SIMULATED not in tags.get("TIFFTAG_IMAGEDESCRIPTION", ""):
            return False
        if inner.width < 1 or inner.height < 1 or wide != frame_width_px(inner):
            return False
        light: list[list[Any]] = [[] for _ in range(file.count)]
        dark: list[list[Any]] = [[] for _ in range(file.count)]
        for where, letters in _strips(inner).values():
            rows, columns = (range(size)[cut] for cut, size in zip(where, (file.height, file.width), strict=True))
            window = rasterio.windows.Window(columns.start, rows.start, len(columns), len(rows))
            for number, band in enumerate(file.read(window=window)):
                for ends, here in ((light, band[letters]), (dark, band[~letters])):
                    ends[number] += [here.min(), here.max()] if here.size else []
    # One value each; one that is not a number equals nothing.
    return all(a and b and min(a) == max(a) > max(b) == min(b) for a, b in zip(light, dark, strict=True))


def _png_is_marked(path: Path) -> bool:
    from PIL import Image

    with Image.open(path) as file:
        if SIMULATED not in str(file.info.get("Description", "")):
            return False
        image = np.asarray(file.convert("RGB"))
    letters, shadow = _diagonal(*image.shape[:2])
    if not letters.any():
        return False
    return bool((image[letters] >= round(255 * _LIGHT)).all() and (image[shadow] <= round(255 * (1 - _LIGHT))).all())
