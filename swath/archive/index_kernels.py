"""Hot loop of a normalised difference, from stored counts to stored counts. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["difference_counts"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def difference_counts(
    a: Array, b: Array, none_a: float, none_b: float, scales: Array, missing: int, out: Array
) -> None:
    """(a - b) / (a + b) x 10000, rounded, of counts: value = count x scale + offset, ``scales`` of a, then of b.

    ``missing`` where a count is its no data value (NaN: there is none), or no finite number; 0 where a + b is 0.
    """
    sa, oa, sb, ob = np.float32(scales[0]), np.float32(scales[1]), np.float32(scales[2]), np.float32(scales[3])
    na, nb, most = np.float32(none_a), np.float32(none_b), np.float32(32767.0)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            u, v = np.float32(a[i, j]), np.float32(b[i, j])
            x, y = u * sa + oa, v * sb + ob
            total = x + y
            known = (u != na) & (v != nb) & np.isfinite(total)
            ratio = (x - y) / total if total != np.float32(0.0) else np.float32(0.0)
            scaled = np.rint(min(max(ratio * np.float32(10000.0), -most), most))
            out[i, j] = np.int16(scaled) if known else np.int16(missing)
