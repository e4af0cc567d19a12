"""What does the way down do to frames? Seeded losses in bursts, doubles, frames that overtake each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["Channel", "arrivals", "lost_units"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Channel:
    """A channel of two states (Gilbert 1960, Elliott 1963): in the good one all arrives, in the bad one nothing."""

    loss: float = 0.0
    """share of units lost, in the long run"""
    burst_count: float = 1.0
    """mean number of units lost in a row; at 1 / (1 - loss) losses are independent, fewer cannot be"""
    duplicate_share: float = 0.0
    """arrive twice: two antennas heard them"""
    late_share: float = 0.0
    """are overtaken by others"""
    late_count: int = 20
    """by up to so many"""

    def __post_init__(self) -> None:
        shares = (self.loss, self.duplicate_share, self.late_share)
        if not all(0.0 <= share <= 1.0 for share in shares) or self.burst_count < 1.0 or self.late_count < 1:
            raise InputError(
                f"a channel of loss {self.loss}, bursts of {self.burst_count}",
                fix="Shares are from 0 to 1, counts 1 or more",
            )


def lost_units(count: int, channel: Channel, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which of ``count`` units in a row are lost? Runs of good and bad alternate, each geometric."""
    if channel.loss < 1e-12 or channel.loss > 1.0 - 1e-12:
        return np.full(count, channel.loss > 0.5)
    bad_mean = max(channel.burst_count, 1.0 / (1.0 - channel.loss))
    good_mean = bad_mean * (1.0 - channel.loss) / channel.loss
    begins_bad = rng.random() < channel.loss
    pairs = int(count / (bad_mean + good_mean) * 1.5) + 20
    lost = np.empty(0, np.bool_)
    while len(lost) < count:
        bad = rng.geometric(1.0 / bad_mean, pairs)
        good = rng.geometric(min(1.0 / good_mean, 1.0), pairs)
        runs = np.stack([bad, good] if begins_bad else [good, bad], -1).reshape(-1)
        runs = np.minimum(runs, count)
        lost = np.concatenate([lost, np.repeat(np.tile([begins_bad, not begins_bad], pairs), runs)])
    return lost[:count]


def arrivals(count: int, channel: Channel, rng: np.random.Generator) -> Whole:
    """Which of ``count`` units arrive, in the order of arrival? Numbers from 0; one may come twice."""
    there = np.flatnonzero(~lost_units(count, channel, rng))
    twice = there[rng.random(len(there)) < channel.duplicate_share]
    there = np.concatenate([there, twice])
    place = there.astype(np.float64) + np.append(np.zeros(len(there) - len(twice)), np.full(len(twice), 0.5))
    late = rng.random(len(there)) < channel.late_share
    place[late] += rng.integers(1, channel.late_count + 1, int(late.sum()))
    return there[np.argsort(place, kind="stable")]
