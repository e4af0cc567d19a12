"""When could a picture be on the ground, if nothing else were in its way? By the first long enough contact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.access.passes import Passes
from swath.model import Opportunities, Station
from swath.time import seconds

__all__ = ["first_delivery"]


def first_delivery(
    looks: Opportunities, passes: Passes, stations: Sequence[Station], radio_bit_s: dict[str, float]
) -> npt.NDArray[np.datetime64]:
    """For each look the moment its last bit is down by the first pass after it that is long enough; NaT: by none.

    The rate is the lower one of station and satellite (``radio_bit_s`` by satellite); the station's set-up comes first.
    No other picture is taken to be in memory, so a plan may be later than this, never earlier
    (``tests/plan/test_delivery.py``).
    """
    by_id = {station.id: station for station in stations}
    found = np.full(len(looks), np.datetime64("NaT", "ns"))
    for row in range(len(looks)):
        satellite, bit = str(looks.satellite[row]), float(looks.data_bit[row])
        for number in np.flatnonzero((passes.satellite == satellite) & (passes.start >= looks.stop[row])):
            station = by_id[str(passes.station[number])]
            rate_bit_s = min(station.rate_bit_s, radio_bit_s[satellite])
            down = passes.start[number] + seconds(station.setup_s + bit / rate_bit_s)
            if down <= passes.stop[number] - seconds(station.teardown_s):
                found[row] = down
                break
    return found
