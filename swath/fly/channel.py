"""What does the way down do to frames? Seeded losses in bursts, doubles, frames that overtake each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["Channel", "arrivals", "arriving", "lost_units"]

Bytes = npt.NDArray[np.uint8]
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
    damaged_share: float = 0.0
    """of those lost, come with a burst of up to 16 wrong bits instead of not at all; error control always finds it"""

    def __post_init__(self) -> None:
        shares = (self.loss, self.damaged_share, self.duplicate_share, self.late_share)
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
    """Which of ``count`` units arrive, in the order of arrival? Numbers from 0; one may come twice, one be damaged."""
    return _arrivals(count, channel, rng)[0]


def arriving(units: Bytes, channel: Channel, rng: np.random.Generator) -> tuple[Bytes, int]:
    """What arrives of ``units`` ``(n, bytes)``, in the order of arrival, and how many of those are whole."""
    came, hurt = _arrivals(len(units), channel, rng)
    if not len(hurt):
        return units[came], len(came)
    return _damaged(units, hurt, rng)[came], len(came) - int(np.isin(came, hurt).sum())


def _arrivals(count: int, channel: Channel, rng: np.random.Generator) -> tuple[Whole, Whole]:
    """Numbers in the order of arrival, and those of the damaged among them."""
    lost = lost_units(count, channel, rng)
    hurt = np.flatnonzero(lost)[rng.random(int(lost.sum())) < channel.damaged_share]
    there = np.sort(np.concatenate([np.flatnonzero(~lost), hurt]))
    twice = there[rng.random(len(there)) < channel.duplicate_share]
    place = np.concatenate([there, twice + 0.5])
    there = np.concatenate([there, twice])
    late = rng.random(len(there)) < channel.late_share
    place[late] += rng.integers(1, channel.late_count + 1, int(late.sum()))
    return there[np.argsort(place, kind="stable")], hurt


def _damaged(units: Bytes, rows: Whole, rng: np.random.Generator) -> Bytes:
    """The same units, two neighbouring bytes of some of them hit."""
    hit = units.copy()
    at = rng.integers(0, units.shape[1] - 1, len(rows))
    burst = rng.integers(1, 2**16, len(rows))
    hit[rows, at] ^= (burst >> 8).astype(np.uint8)
    hit[rows, at + 1] ^= (burst & 0xFF).astype(np.uint8)
    return hit
