"""How do pictures leave a satellite in a contact? What a link tells the flight, and two without bytes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from swath.fly.activities import Activity
from swath.fly.channel import Channel, lost_units
from swath.fly.frames import UNIT_BYTES
from swath.fly.signal import Flow

__all__ = ["Carried", "Link", "LossyLink", "Sent", "book_link"]

_A_NS_S = 1e-9
"""times are kept in whole nanoseconds: less is nothing"""
_FRAME_BIT = 8 * UNIT_BYTES
"""the planner's sizes of pictures hold what headers add"""
_WHOLE = 1e-6
"""of a frame: what rounding takes from a whole one"""


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


def book_link(contact: Activity, begin_s: float, stop_s: float, held: Mapping[int, float]) -> list[Sent]:
    """The link as a plan reckons with it: bits flow at the contact's rate, and what was sent is down."""
    parts, now_s = [], begin_s
    for row, bit in held.items():
        if now_s >= stop_s - _A_NS_S:
            break
        goes = min(bit, contact.bit * (stop_s - now_s))
        until_s = min(now_s + goes / contact.bit, stop_s)
        parts.append(Sent(row, now_s, until_s, goes))
        now_s = until_s
    return parts


@dataclass(frozen=True)
class Carried:
    """What a stretch of a contact carried, in frames."""

    contact: str
    frames_sent: int
    frames_lost: int
    sent_bit: float
    """of pictures"""
    pictures_whole: int


@dataclass
class LossyLink:
    """A link that loses frames in bursts and sends each again at once, without any bytes.

    That is the best that any repetition can do: files by CFDP send as many frames within 5 %, and wait some seconds for
    their last answers (tests/fly/test_sending.py). The same seed loses the same frames. ``flows``: how fast bits flow,
    by contact, where that changes; elsewhere it is the plan's rate.
    """

    channel: Channel
    seed: int
    flows: Mapping[str, Flow] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)

    def __call__(self, contact: Activity, begin_s: float, stop_s: float, held: Mapping[int, float]) -> list[Sent]:
        """What leaves memory in a stretch of a contact (:class:`Link`)."""
        flow = self.flows.get(contact.id) or Flow(np.array([begin_s, stop_s]), np.full(2, contact.bit))
        had_bit = flow.bit_until(begin_s)
        room = int((flow.bit_until(stop_s) - had_bit) / _FRAME_BIT + _WHOLE)
        rng = np.random.default_rng([self.seed & 0x7FFFFFFF, zlib.crc32(f"{contact.id} {begin_s:.3f}".encode()), 0x11])
        lost = lost_units(room, self.channel, rng)
        through = np.flatnonzero(~lost)
        arrives_s = np.clip(flow.when_s(had_bit + (through + 1) * _FRAME_BIT), begin_s, stop_s)
        parts, used, last_s = [], 0, begin_s
        for row, bit in held.items():
            frames = min(-(-int(bit) // _FRAME_BIT), len(arrives_s) - used)
            if frames <= 0:
                break
            used, until_s = used + frames, float(arrives_s[used + frames - 1])
            parts.append(Sent(row, last_s, until_s, min(bit, float(frames * _FRAME_BIT))))
            last_s = until_s
        sent = len(lost) if used == len(through) else int(through[used - 1]) + 1 if used else 0
        whole = sum(part.bit >= held[part.row] for part in parts)
        bits = sum(part.bit for part in parts)
        self.carried.append(Carried(contact.id, sent, int(lost[:sent].sum()), bits, whole))
        return parts
