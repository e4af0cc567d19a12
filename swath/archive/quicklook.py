"""A picture for people: natural colour or a radar's grey in eight bits, small, and marked where it is simulated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath import __version__
from swath.archive.mark import burn_diagonal, require_marked_name
from swath.archive.raster_kernels import block_mean
from swath.errors import DataError, InputError
from swath.model import SIMULATED

__all__ = ["natural_colour", "radar_grey", "write_quicklook"]

Array = npt.NDArray[Any]

_NO_DATA_GREY = 32
_GAMMA = 1.4
_LEAST_SPAN_DB = 10.0
"""between black and white of a radar's picture, so that plain speckle is not stretched to salt and pepper"""
_TONES = 2048
_SAMPLE = 20_000
"""pixels, evenly spread, that set black and white"""


def natural_colour(
    pixels: npt.NDArray[np.uint16], bands: tuple[str, ...], *, most_px: int = 1024
) -> npt.NDArray[np.uint8]:
    """A picture ``(row, column, 3)`` as an eye would like it, at most ``most_px`` on a side, by the mean of blocks.

    Black is four fifths of each band's first percentile (haze), white the 98th percentile of all three together, or
    where that is cloud the brighter land (2.2 times the 70th, but not less than half of it), with a gamma of 1.4 for
    the shadows. No data is dark grey. Without red, green and blue the first band is shown in grey.
    """
    names = ("red", "green", "blue") if {"red", "green", "blue"} <= set(bands) else (bands[0],) * 3
    size = -(-max(pixels.shape[1:]) // most_px)
    shape = tuple(-(-length // size) for length in pixels.shape[1:])
    small = np.empty((3, *shape), np.float32)
    for out, name in zip(small, names, strict=True):
        block_mean(pixels[bands.index(name)], size, out)
    seen = (small > 0).all(0)
    if not seen.any():
        return np.full((*shape, 3), _NO_DATA_GREY, np.uint8)
    sample = small[:, seen][:, :: 1 + int(seen.sum()) // _SAMPLE]
    black = 0.8 * np.quantile(sample, 0.01, axis=1).astype(np.float32)
    land, bright = np.quantile(sample - black[:, None], [0.7, 0.98])
    white = max(float(min(bright, max(2.2 * land, 0.5 * bright))), 1.0)
    tones = np.round(255.0 * np.linspace(0.0, 1.0, _TONES) ** (1.0 / _GAMMA)).astype(np.uint8)
    image = np.empty((*shape, 3), np.uint8)
    for band, zero in enumerate(black):
        level = np.clip((small[band] - zero) * np.float32((_TONES - 1) / white), 0, _TONES - 1)
        image[..., band] = tones[level.astype(np.intp)]
    image[~seen] = _NO_DATA_GREY
    return image


def radar_grey(amplitude: npt.NDArray[np.uint16], *, most_px: int = 1024) -> npt.NDArray[np.uint8]:
    """A radar's amplitude ``(row, column)`` as an eye would like it, grey ``(row, column, 3)``, 0 no data.

    Decibels, for echoes span four powers of ten: black is their second percentile, white the 98th, at least 10 dB
    above. Blocks are averaged first, which quiets the speckle. In amplitudes a village leaves land and water black.
    """
    size = -(-max(amplitude.shape) // most_px)
    small = np.empty(tuple(-(-length // size) for length in amplitude.shape), np.float32)
    block_mean(amplitude, size, small)
    seen = small > 0
    if not seen.any():
        return np.full((*small.shape, 3), _NO_DATA_GREY, np.uint8)
    level_db = 20.0 * np.log10(np.where(seen, small, 1.0))
    black, white = np.quantile(level_db[seen][:: 1 + int(seen.sum()) // _SAMPLE], [0.02, 0.98])
    grey = np.clip((level_db - black) / max(white - black, _LEAST_SPAN_DB), 0.0, 1.0)
    return np.round(np.where(seen, 255.0 * grey, _NO_DATA_GREY)).astype(np.uint8)[..., None].repeat(3, -1)


def write_quicklook(path: Path, image: npt.NDArray[np.uint8], *, simulated: bool, description: str) -> Path:
    """Write an 8-bit picture ``(row, column, 3)`` as PNG, marked where it is simulated; whole or not at all.

    The file's text entries hold ``description`` and the software. Raises :class:`InputError` where a simulated
    picture's file name does not say so, :class:`DataError` where it cannot be written.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"a preview is uint8 (row, column, 3), not {image.dtype} {image.shape}", fix="Convert it")
    if simulated:
        require_marked_name(path)
        image = burn_diagonal(image)
    text = PngInfo()
    text.add_text("Description", f"{SIMULATED}: {description}" if simulated else description)
    text.add_text("Software", f"swath {__version__}")
    scratch = path.with_name(f".{path.name}.part")
    try:
        Image.fromarray(image).save(scratch, format="PNG", pnginfo=text, compress_level=1)
        os.replace(scratch, path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    return path
