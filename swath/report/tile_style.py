"""Which colours does a product get on a map? Named styles: colour scales that colour-blind people can read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["FORMS", "STYLES", "Style", "coloured", "encoded", "transparent"]

FORMS: Mapping[str, str] = {"png": "image/png", "webp": "image/webp"}
"""forms of tiles"""
_GAMMA = 1.0 / 1.8


@dataclass(frozen=True)
class Style:
    """How values become colours."""

    title: str
    scale: str
    """a colour scale of matplotlib; empty: bands as red, green, blue, or grey"""
    low: float
    high: float
    unit: str = ""


STYLES: Mapping[str, Style] = {
    "natural": Style("Natural colour", "", 0.0, 0.35, "reflectance"),
    "grey": Style("Grey", "", 0.0, 0.35),
    "vegetation": Style("Vegetation index", "YlGn", 0.0, 0.9, "NDVI"),
    "likelihood": Style("Likelihood", "Blues", 0.0, 1.0),
    "water": Style("Water", "Blues", 0.0, 1.0),
    "unseen": Style("Not seen", "Greys", 0.0, 1.0),
    "change": Style("Change", "RdBu", -0.5, 0.5),
    "values": Style("Values", "viridis", 0.0, 1.0),
}
"""by name; ``low`` and ``high`` may be given anew with every tile"""


@lru_cache(maxsize=16)
def _table(scale: str) -> npt.NDArray[np.uint8]:
    import matplotlib as mpl

    return np.round(255.0 * mpl.colormaps[scale](np.linspace(0.0, 1.0, 256))).astype(np.uint8)


def coloured(
    values: npt.NDArray[np.float64], seen: npt.NDArray[np.bool_], style: Style, *, low: float, high: float
) -> npt.NDArray[np.uint8]:
    """Values ``(band, row, column)`` as red, green, blue, alpha ``(row, column, 4)``; what was not seen is clear."""
    share = np.clip((np.nan_to_num(values) - low) / (high - low if high != low else 1.0), 0.0, 1.0)
    out = np.zeros((*seen.shape, 4), np.uint8)
    if style.scale:
        out[...] = _table(style.scale)[np.round(255.0 * share[0]).astype(np.intp)]
    else:
        level = np.round(255.0 * share**_GAMMA).astype(np.uint8)
        out[..., :3] = np.moveaxis(level[:3], 0, -1) if len(level) >= 3 else level[0][..., None]
    out[..., 3] = np.where(seen, 255, 0)
    return out


def encoded(rgba: npt.NDArray[np.uint8], form: str) -> bytes:
    """As a PNG or a WebP file."""
    stream = io.BytesIO()
    image = Image.fromarray(rgba, "RGBA") if rgba.ndim == 3 else Image.fromarray(rgba)
    if form == "webp":
        image.save(stream, "WEBP", quality=85, method=2)
    else:
        image.save(stream, "PNG", compress_level=4)
    return stream.getvalue()


@lru_cache(maxsize=8)
def transparent(size_px: int, form: str) -> bytes:
    """A tile that shows nothing."""
    return encoded(np.zeros((size_px, size_px, 4), np.uint8), form)
