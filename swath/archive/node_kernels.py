"""Hot loop of pictures onto the map where places are known at nodes. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["resample_nodes"]

Array = npt.NDArray[Any]

_SLIGHT = 1e-9


@njit(cache=True, nogil=True)
def resample_nodes(
    image: Array, nodata: float, line: Array, column: Array, spacing: int, missing: float, whole: bool, out: Array
) -> None:
    """One band onto the map: bilinear between four samples, ``missing`` where one that counts is ``nodata`` or NaN.

    ``line`` and ``column`` (in the frame of ``image``) stand at each ``spacing``-th pixel of ``out``, bilinear between.
    ``whole`` numbers are rounded; what is seen never becomes ``missing``.
    """
    last_line, last_column = image.shape[0] - 1, image.shape[1] - 1
    for row in range(out.shape[0]):
        i = row // spacing
        f = (row - i * spacing) / spacing
        for place in range(out.shape[1]):
            j = place // spacing
            g = (place - j * spacing) / spacing
            y = (line[i, j] * (1 - g) + line[i, j + 1] * g) * (1 - f)
            y += (line[i + 1, j] * (1 - g) + line[i + 1, j + 1] * g) * f
            x = (column[i, j] * (1 - g) + column[i, j + 1] * g) * (1 - f)
            x += (column[i + 1, j] * (1 - g) + column[i + 1, j + 1] * g) * f
            out[row, place] = missing
            if not (y >= 0.0 and x >= 0.0 and y <= last_line and x <= last_column):
                continue
            k, m = min(int(y), max(last_line - 1, 0)), min(int(x), max(last_column - 1, 0))
            t, u = y - k, x - m
            total = 0.0
            gone = False
            for a in range(2):
                for b in range(2):
                    weight = (t if a else 1.0 - t) * (u if b else 1.0 - u)
                    if weight > _SLIGHT:
                        value = float(image[k + a, m + b])
                        gone = gone or value == nodata or value != value
                        total += weight * value
            if not gone:
                value = np.floor(total + 0.5) if whole else total
                if value == missing:
                    value += 1.0
                out[row, place] = value
