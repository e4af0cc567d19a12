"""Where would the satellite be if it were late, or to the side of its track?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.signals import Motion
from swath.frames import EARTH_ROTATION_RAD_S

__all__ = ["Shifted"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shifted:
    """A motion with its doubt added: late on its path among the stars, and moved to the right of it.

    Both change with time, linear between ``knots_s``. A late satellite finds the Earth turned further: its ground track
    moves west as well. Velocities leave out how the shifts themselves change.
    """

    motion: Motion
    knots_s: Floats
    late_s: Floats
    right_m: Floats

    @property
    def start(self) -> np.datetime64:
        """UTC of second nought."""
        return self.motion.start

    @property
    def duration_s(self) -> float:
        """SI seconds to the end of the span."""
        return self.motion.duration_s

    def positions_after(self, after_s: Floats) -> Floats:
        """ITRF positions (m), ``(..., 3)``."""
        return self.states_after(after_s)[0]

    def states_after(self, after_s: Floats) -> tuple[Floats, Floats]:
        """ITRF positions (m) and Earth-fixed velocities (m/s); near the ends of the span those of the end."""
        late_s = np.interp(after_s, self.knots_s, self.late_s)
        r, v = self.motion.states_after(np.clip(after_s - late_s, 0.0, self.motion.duration_s))
        c, s = np.cos(EARTH_ROTATION_RAD_S * late_s), np.sin(EARTH_ROTATION_RAD_S * late_s)
        r, v = (np.stack([c * x[..., 0] + s * x[..., 1], c * x[..., 1] - s * x[..., 0], x[..., 2]], -1) for x in (r, v))
        right = np.cross(v, r)
        right /= np.linalg.norm(right, axis=-1, keepdims=True)
        return r + np.interp(after_s, self.knots_s, self.right_m)[..., None] * right, v
