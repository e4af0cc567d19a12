"""A contact in which files come down: space and ground take turns, and meet only in bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

from swath.archive.channels import find_recording
from swath.archive.file_units import file_units
from swath.archive.incoming import IncomingFiles
from swath.errors import InputError
from swath.fly.channel import Channel, arriving, lost_units
from swath.fly.frames import UNIT_BYTES
from swath.fly.outbox import Outbox
from swath.spacecraft.cfdp_format import Nak, read_pdu

__all__ = ["FileContact", "LinkTerms", "hold_file_contact"]

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LinkTerms:
    """What the two ways of a contact can do."""

    rate_bit_s: float | Callable[[float], float]
    """down: a number, or a function of time in seconds (from ``spacecraft.radio``)"""
    uplink_bit_s: float
    channel: Channel = field(default_factory=Channel)
    """what the way down does to frames"""
    uplink_loss: float = 0.0
    """share of units lost on the way up"""
    step_s: float = 0.5
    """the length of a turn: what is said is heard in the next"""

    def rate_at(self, now_s: float) -> float:
        """Bits per second on the way down."""
        return self.rate_bit_s(now_s) if callable(self.rate_bit_s) else self.rate_bit_s


@dataclass(frozen=True)
class FileContact:
    """What one contact did."""

    frames_sent: int = 0
    frames_arrived: int = 0
    """whole; doubles counted"""
    idle_frames: int = 0
    """sent besides these: one in each turn in which there was nothing to send, so that the ground stays in lock"""
    bytes_repeated: int = 0
    """of file data sent, those that were sent before"""
    units_up: int = 0
    """CFDP units sent to the satellite"""
    requests: int = 0
    """of those, lists of what is missing"""
    bytes_up: int = 0
    whole: tuple[tuple[tuple[int, int], float], ...] = ()
    """transactions whose files became whole on the ground, and when"""

    def __add__(self, other: FileContact) -> FileContact:
        return FileContact(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def hold_file_contact(
    space: Outbox,
    ground: IncomingFiles,
    terms: LinkTerms,
    *,
    start_s: float,
    stop_s: float,
    seed: int,
    recorded: Callable[[Bytes], None] = lambda data: None,
) -> FileContact:
    """Bring down files for one contact; both ends keep what they know for the next, at whatever station that is.

    In turns the satellite fills frames, the channel loses and disorders them, the ground answers. ``recorded`` is given
    the bytes as the antenna heard them. The same seed gives the same bytes. Ends early when neither side has anything
    to say.
    """
    if not stop_s >= start_s or terms.step_s <= 0.0:
        raise InputError(
            f"a contact from {start_s} to {stop_s} s in turns of {terms.step_s} s", fix="Time goes forward"
        )
    talk = _Talk(space, ground, terms, np.random.default_rng(seed), recorded, np.random.default_rng([seed, 0x1D]))
    repeated = space.bytes_repeated
    space.acquire_signal(start_s)
    ground.acquire_signal(space.spacecraft_id)
    quiet_s = 0.0
    for turn in range(int((stop_s - start_s) / terms.step_s)):
        busy = talk.turn(start_s + turn * terms.step_s)
        quiet_s = 0.0 if busy else quiet_s + terms.step_s
        if quiet_s > 2.0 * ground.rules.answer_s:
            break
    space.lose_signal()
    ground.lose_signal(space.spacecraft_id)
    return replace(talk.done, bytes_repeated=space.bytes_repeated - repeated)


@dataclass
class _Talk:
    """One contact while it lasts."""

    space: Outbox
    ground: IncomingFiles
    terms: LinkTerms
    rng: np.random.Generator
    recorded: Callable[[Bytes], None]
    idle_rng: np.random.Generator
    """what befalls idle frames, apart from what befalls the others"""
    done: FileContact = field(default_factory=FileContact)
    going_up: list[bytes] = field(default_factory=list)
    budget_bit: float = 0.0
    """of the way down, saved up for whole frames"""

    def turn(self, now_s: float) -> bool:
        """Up, down, and what the ground makes of it; was there anything to say?"""
        heard, self.going_up = _first_units(self.going_up, int(self.terms.uplink_bit_s * self.terms.step_s / 8.0))
        lost = lost_units(len(heard), Channel(loss=self.terms.uplink_loss), self.rng)
        self.space.hear((unit for unit, gone in zip(heard, lost, strict=True) if not gone), now_s)
        self.budget_bit += self.terms.rate_at(now_s) * self.terms.step_s
        room = int(self.budget_bit / (UNIT_BYTES * 8))
        units = self.space.frames(now_s, room)
        if not len(units) and room:
            self._idle()
        self.budget_bit = min(self.budget_bit - len(units) * UNIT_BYTES * 8.0, UNIT_BYTES * 8.0 * 2)
        came, whole = arriving(units, self.terms.channel, self.rng)
        before = len(self.ground.received)
        if len(came):
            self.recorded(came.reshape(-1))
            for found in file_units(find_recording(came.reshape(-1))):
                self.ground.hear_units(found, now_s)
        said = self.ground.replies(self.space.spacecraft_id, now_s)
        self.going_up += said
        self.done += FileContact(
            frames_sent=len(units),
            frames_arrived=whole,
            units_up=len(heard),
            requests=sum(_is_request(unit) for unit in heard),
            bytes_up=sum(map(len, heard)),
            whole=tuple((file.transaction, now_s + self.terms.step_s) for file in self.ground.received[before:]),
        )
        return bool(len(units) or self.going_up or self.space.waiting)

    def _idle(self) -> None:
        units, _ = arriving(self.space.idle(1), self.terms.channel, self.idle_rng)
        if len(units):
            self.recorded(units.reshape(-1))
        self.done += FileContact(idle_frames=1)


def _is_request(unit: bytes) -> bool:
    pdu = read_pdu(unit)
    return pdu is not None and isinstance(pdu.body, Nak)


def _first_units(units: list[bytes], room: int) -> tuple[list[bytes], list[bytes]]:
    """As many as the uplink carries in a turn, one at least."""
    used = 0
    for number, unit in enumerate(units):
        used += len(unit)
        if used > room and number:
            return units[:number], units[number:]
    return units, []
