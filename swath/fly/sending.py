"""How do pictures leave a satellite in a contact? What a link tells the flight, and the link of the plan's book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from swath.fly.activities import Activity

__all__ = ["Link", "Sent", "book_link"]

_A_NS_S = 1e-9
"""times are kept in whole nanoseconds: less is nothing"""


@dataclass(frozen=True)
class Sent:
    """A picture, or a part of one, that the satellite need not keep any more."""

    row: int
    """in the plan's acquisitions"""
    begin_s: float
    stop_s: float
    bit: float


class Link(Protocol):
    """What brings pictures down while a contact lasts."""

    def __call__(self, contact: Activity, begin_s: float, stop_s: float, held: Mapping[int, float]) -> Sequence[Sent]:
        """What left memory in a stretch of a contact, in order of ``stop_s``.

        ``held``: bits on board by row of the plan's acquisitions, in the order in which they are to be sent.
        """


def book_link(share: float = 1.0) -> Link:
    """The link as a plan reckons with it: bits flow at the contact's rate, and what was sent is down.

    ``share`` of the rate is left for what is sent once; a link that loses frames spends the rest on repeats.
    """

    def send(contact: Activity, begin_s: float, stop_s: float, held: Mapping[int, float]) -> list[Sent]:
        parts, now_s = [], begin_s
        for row, bit in held.items():
            if now_s >= stop_s - _A_NS_S:
                break
            goes = min(bit, share * contact.bit * (stop_s - now_s))
            until_s = min(now_s + goes / (share * contact.bit), stop_s)
            parts.append(Sent(row, now_s, until_s, goes))
            now_s = until_s
        return parts

    return send
