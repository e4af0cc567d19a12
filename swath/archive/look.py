"""A picture of an archived item for people: natural colour, radar grey or false colour, from its overviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.quicklook import natural_colour, radar_grey
from swath.archive.raster_file import open_raster, read_small
from swath.errors import DataError

__all__ = ["item_picture"]

Array = npt.NDArray[Any]

_TOP = 10_000.0
_DARK_DB, _SPAN_DB = -30.0, 35.0


def item_picture(item: Mapping[str, Any], folder: Path, *, most_px: int = 1024) -> tuple[npt.NDArray[np.uint8], str]:
    """An 8-bit picture ``(row, column, 3)`` and what it shows.

    Red, green and blue where there are; else VV, VH and their difference in false colour, or the first band in grey.
    Raises :class:`DataError` where the item has no data asset or a file is damaged.
    """
    bands = list(_bands(item))
    named = {str(band.get("eo:common_name") or band["name"]).lower(): (asset, k, band) for asset, k, band in bands}
    if {"red", "green", "blue"} <= set(named):
        said, chosen = "natural colour", [named[name] for name in ("red", "green", "blue")]
    elif {"vv", "vh"} <= set(named) and all(named[name][2].get("unit") == "dB" for name in ("vv", "vh")):
        return _radar([named["vv"], named["vh"]], folder, most_px), "VV red and blue, VH green"
    elif bands and "amplitude" in str(bands[0][2].get("description", "")):
        asset, number, band = bands[0]
        values, known = _small(folder / asset["href"], number, most_px)
        return radar_grey(np.where(known, values, 0).astype(np.uint16)), f"{band['name'].upper()} in decibels"
    elif bands:
        said, chosen = f"{bands[0][2]['name']} in grey", [bands[0]]
    else:
        raise DataError("the item has no picture", where=str(folder), fix="Look what its assets are")
    small = [_positive(folder / asset["href"], k, band, most_px) for asset, k, band in chosen]
    shape = small[0].shape
    names = ("red", "green", "blue") if len(small) == 3 else ("grey",)
    stack = np.stack([one[: shape[0], : shape[1]] for one in small if one.shape == shape] or small[:1])
    return natural_colour(stack, names if len(stack) == len(names) else ("grey",) * len(stack), most_px=most_px), said


def _bands(item: Mapping[str, Any]) -> Sequence[tuple[Mapping[str, Any], int, Mapping[str, Any]]]:
    return [
        (asset, number, band)
        for asset in item["assets"].values()
        if "data" in asset.get("roles", ()) and "classification" not in asset["roles"]
        for number, band in enumerate(asset.get("bands", ()), 1)
        if band.get("name") != "alpha"
    ]


def _small(path: Path, number: int, most_px: int) -> tuple[Array, npt.NDArray[np.bool_]]:
    """A band (from 1) at most so large, and where it has data."""
    raster = open_raster(path)
    size = max(1.0, max(raster.width, raster.height) / most_px)
    shape = max(1, round(raster.height / size)), max(1, round(raster.width / size))
    values, known = read_small(raster, shape, bands=[number - 1])
    return values[0], known[0]


def _positive(path: Path, number: int, band: Mapping[str, Any], most_px: int) -> npt.NDArray[np.uint16]:
    """Values as 1 to 65535 for the tones, 0 no data: reflectance x 10000, anything else between its own 1 and 99 %."""
    values, known = _small(path, number, most_px)
    scaled = values.astype(np.float64) * float(band.get("raster:scale", 1.0)) + float(band.get("raster:offset", 0.0))
    if "reflectance" in str(band.get("description", "")):
        level = scaled * _TOP
    elif known.any():
        low, high = np.quantile(scaled[known], [0.01, 0.99])
        level = _TOP * (0.05 + 0.95 * (scaled - low) / (high - low if high > low else 1.0))
    else:
        level = scaled
    return np.where(known, np.clip(np.nan_to_num(np.round(level)), 1, 65535), 0).astype(np.uint16)


def _radar(bands: Sequence[tuple[Mapping[str, Any], int, Mapping[str, Any]]], folder: Path, most_px: int) -> Any:
    levels: list[npt.NDArray[np.float64]] = []
    seen = None
    for asset, number, band in bands:
        values, known = _small(folder / asset["href"], number, most_px)
        db = values.astype(np.float64) * float(band.get("raster:scale", 1.0)) + float(band.get("raster:offset", 0.0))
        shift = 7.0 if levels else 0.0  # VH of land lies some 7 dB lower
        levels.append(np.clip(np.nan_to_num((db + shift - _DARK_DB) / _SPAN_DB), 0.0, 1.0))
        seen = known if seen is None else seen & known
    image = np.stack([levels[0], levels[1], levels[0]], -1)
    image = np.where(np.asarray(seen)[..., None], 255.0 * image, 32.0)
    return np.round(image).astype(np.uint8)
