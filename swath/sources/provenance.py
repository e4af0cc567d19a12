"""Where bytes came from: kept with whatever is made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Provenance", "in_words"]


@dataclass(frozen=True)
class Provenance:
    """Who gave these bytes, and when."""

    source: str
    """``celestrak``, ``spacetrack``, ``url``, ``file`` or the name of a plugin"""
    url: str
    """address or path that they were read from; never holds a password"""
    fetched: np.datetime64
    """when the source last gave them or said that they still hold, UTC"""
    sha256: str
    etag: str = ""
    last_modified: str = ""
    note: str = ""
    """why they are not fresh, if they are not: what the source answered"""

    def told(self, now: np.datetime64) -> str:
        """One line for a person: ``celestrak, fetched 3 hours ago (no network: ...)``."""
        age = f"{self.source}, fetched {in_words(now - self.fetched)} ago"
        return f"{age} ({self.note})" if self.note else age


def in_words(age: np.timedelta64) -> str:
    """A duration as people say it: ``40 s``, ``35 min``, ``3 hours``, ``12 days``."""
    seconds = max(float(age / np.timedelta64(1, "s")), 0.0)
    for length_s, unit in ((86400.0, "day"), (3600.0, "hour")):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}s"
    return f"{seconds / 60.0:.0f} min" if seconds >= 120.0 else f"{seconds:.0f} s"
