"""Where do layers lie that are larger than memory? In files without a name, which vanish with the layers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.room import Room

__all__ = ["room_in"]

IN_MEMORY_BYTES = 16_000_000
"""of one layer; a larger one becomes a file"""


def room_in(folder: Path) -> Room:
    """For :func:`room.layers_in`: small layers in memory, large ones in files of ``folder`` that the system pages."""

    def room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        if int(np.prod(shape)) * dtype.itemsize <= IN_MEMORY_BYTES:
            return np.empty(shape, dtype)
        with tempfile.TemporaryFile(dir=folder) as file:
            return np.memmap(file, dtype, "w+", shape=shape)

    return room
