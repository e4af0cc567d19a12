"""Which patches does a mask fall into, how large is each, and what do other layers say of it? For masks of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.patch_kernels import label_patches
from swath.product.room import new_layer, piecewise, strips

__all__ = ["Patches", "find_patches"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Patches:
    """Parts of a mask that hang together by their sides, numbered from 1 in order of reading."""

    label: npt.NDArray[np.int32]
    """``(row, column)``: number of the patch, 0 outside"""
    size_px: npt.NDArray[np.int64]
    """``(patches + 1,)``: by number; first how much lies outside"""

    def sums(self, values: Array) -> npt.NDArray[np.float64]:
        """Sum of a layer over each patch, by number."""
        total = np.zeros(len(self.size_px))
        for _, _, rows in strips(self.label.shape, 0):
            total += np.bincount(self.label[rows].ravel(), values[rows].ravel().astype(np.float64), len(total))
        return total

    def at_rim(self) -> npt.NDArray[np.bool_]:
        """Which patches, by number, touch the rim of the picture? What lies outside counts as one that does."""
        label, rim = self.label, np.zeros(len(self.size_px), np.bool_)
        rim[np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1], [0]]))] = True
        return rim

    def those(self, chosen: npt.NDArray[np.bool_], dtype: npt.DTypeLike = np.bool_) -> Array:
        """Where are the patches that are ``chosen`` by number? A layer of true and false (1 and 0)."""
        return piecewise(lambda label: chosen[label], self.label, dtype=dtype)


def find_patches(mask: npt.NDArray[np.bool_]) -> Patches:
    """The patches of a mask ``(row, column)``."""
    label = new_layer(mask.shape, np.int32)
    count = label_patches(mask, label)
    size = np.zeros(count + 1, np.int64)
    for _, _, rows in strips(label.shape, 0):
        size += np.bincount(label[rows].ravel(), minlength=count + 1)
    return Patches(label, size)
