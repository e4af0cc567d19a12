"""Pictures and map layers small enough to travel inside a page."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from swath.report.style import LIKELIHOOD_RGB

__all__ = ["data_uri", "edge_png", "hatch_png", "likelihood_png", "photo_uri", "shrink", "tint_png"]

Floats32 = npt.NDArray[np.float32]
_EDGE_RGB = (5, 30, 80)
_HATCH_RGB = (120, 30, 20)
_TINT_RGB = (96, 106, 116)
_LEAST_SHOWN = 20.0
"""per cent: less likely than this stays clear"""


def data_uri(content: bytes, kind: str) -> str:
    """A picture as an address that needs no network."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def photo_uri(png: bytes, *, longest_px: int, muted: bool = False) -> str:
    """A quick-look as a JPEG of at most ``longest_px``; ``muted`` gives a light grey ground for drawing on."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    if muted:
        grey = np.asarray(picture.convert("L"), np.float32)
        picture = Image.fromarray(np.clip(118.0 + 0.5 * grey, 0, 255).astype(np.uint8))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    return data_uri(stream.getvalue(), "jpeg")


def shrink(layer: npt.NDArray[np.generic], longest_px: int) -> Floats32:
    """Mean of square blocks, so that neither side is over ``longest_px``; blocks at the ends may be smaller."""
    step = max(1, -(-max(layer.shape) // longest_px))
    starts = [np.arange(0, length, step) for length in layer.shape]
    lengths = [np.diff(np.append(s, n)) for s, n in zip(starts, layer.shape, strict=True)]
    sums = np.add.reduceat(np.add.reduceat(layer, starts[0], axis=0, dtype=np.float32), starts[1], axis=1)
    return (sums / np.outer(*lengths)).astype(np.float32)


def likelihood_png(likelihood_percent: npt.NDArray[np.floating[Any]]) -> bytes:
    """Likelihood 0 to 100 as see-through blues; below 20 % nothing is drawn."""
    shades = np.array(LIKELIHOOD_RGB, np.float32)
    position = np.linspace(0.0, len(shades) - 1.0, 255)
    colors = np.stack([np.interp(position, np.arange(len(shades)), shades[:, band]) for band in range(3)], 1)
    index = np.clip((likelihood_percent - _LEAST_SHOWN) / (100.0 - _LEAST_SHOWN) * 254.0, 0, 254).astype(np.uint8) + 1
    index = np.where(likelihood_percent >= _LEAST_SHOWN, index // 8 * 8 + 1, 0).astype(np.uint8)
    alphas = np.concatenate([[0], np.linspace(150, 225, 255)]).astype(np.uint8)
    palette = np.concatenate([[[255, 255, 255]], colors]).astype(np.uint8)
    return _indexed(index, palette, alphas)


def edge_png(mask: npt.NDArray[np.bool_]) -> bytes:
    """The inner edge of a mask as a dark line on nothing."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return _indexed(
        (mask & ~inner).astype(np.uint8), np.array([[255, 255, 255], _EDGE_RGB], np.uint8), np.array([0, 230])
    )


def tint_png(mask: npt.NDArray[np.bool_]) -> bytes:
    """A mask as one calm colour."""
    return _indexed(mask.astype(np.uint8), np.array([[255, 255, 255], _TINT_RGB], np.uint8), np.array([0, 255]))


def hatch_png(mask: npt.NDArray[np.bool_]) -> bytes:
    """A mask as slanted lines on a faint tint."""
    rows, columns = np.indices(mask.shape)
    index = np.where(mask, np.where((rows + columns) % 10 < 2, 2, 1), 0).astype(np.uint8)
    palette = np.array([[255, 255, 255], [255, 255, 255], _HATCH_RGB], np.uint8)
    return _indexed(index, palette, np.array([0, 120, 210]))


def _indexed(index: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8], alphas: npt.NDArray[np.generic]) -> bytes:
    picture = Image.fromarray(index, "P")
    picture.putpalette(palette.tobytes())
    stream = io.BytesIO()
    picture.save(stream, "PNG", transparency=alphas.astype(np.uint8).tobytes(), optimize=False)
    return stream.getvalue()
