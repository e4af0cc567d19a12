"""Which files does a satellite have to send, and what goes out next? Its end of the file link, over many passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.cfdp import Sending, SendingRules, acquire_signal, hear, lose_signal, open_sending, send
from swath.fly.file_packets import outgoing_packets
from swath.fly.frames import UNIT_BYTES, FrameCounts, PacketStream, frame_count, idle_frames, in_frames
from swath.spacecraft.cfdp_format import Checksum, Ids, Metadata, read_pdu
from swath.spacecraft.checksum import blocks_of, file_checksum
from swath.spacecraft.link_format import CHANNEL_FILES, FRAME_DATA_BYTES

__all__ = ["Outbox"]

Bytes = npt.NDArray[np.uint8]

_UNIT_OVERHEAD = 16
"""header and offset of a file data unit"""
_PIECE_OVERHEAD = _UNIT_OVERHEAD + 8
"""and of its packet"""
_NOTHING = np.empty(0, np.uint8)
"""of a file that the ground has: it is kept no longer"""
_FEW = 8
"""pieces that may share frames with directives"""


@dataclass(eq=False)
class Outbox:
    """The files of one spacecraft that the ground does not have yet, first come first sent.

    Times are seconds of any clock that goes forward. ``destination``: the ground's CFDP entity; the spacecraft's own is
    its CCSDS identifier.
    """

    spacecraft_id: int
    destination: int
    rules: SendingRules = field(default_factory=SendingRules)
    counts: FrameCounts = field(default_factory=FrameCounts)
    packets_sent: int = 0
    files: dict[int, Sending] = field(default_factory=dict)
    """by transaction number, in the order in which they are sent; those that are done stay to answer late questions"""
    confirmed_s: dict[int, float] = field(default_factory=dict)
    """when the ground's word came that it has all of a file: it need not be kept any more"""
    _contents: dict[int, Bytes] = field(default_factory=dict)
    _active: dict[int, None] = field(default_factory=dict)
    """those that are not done, in order"""
    _dropped: set[int] = field(default_factory=set)
    _signal: bool = False

    def add(self, name: str, content: Bytes, *, checksum: int = Checksum.CRC_32C) -> int:
        """Put a file in; returns its transaction number. ``content``: its bytes (a memory map will do).

        Raises :class:`InputError` where the name is empty, not ASCII or longer than 255.
        """
        if not name.isascii() or not 1 <= len(name) <= 255:
            raise InputError(f"a file called {name[:50]!r}", fix="1 to 255 ASCII characters")
        number = max(self.files, default=0) + 1
        ids = Ids(self.spacecraft_id, number, self.destination, large=len(content) >= 2**32)
        metadata = Metadata(len(content), name.encode(), name.encode(), checksum)
        opened = open_sending(ids, metadata, file_checksum(checksum, blocks_of(content)), self.rules)
        self.files[number] = replace(opened, signal=self._signal)
        self._contents[number] = content
        self._active[number] = None
        return number

    @property
    def waiting(self) -> tuple[int, ...]:
        """Files that the ground has not confirmed."""
        return tuple(self._active)

    def drop(self, number: int) -> None:
        """A file is gone from memory: nothing of it is sent any more."""
        self._active.pop(number, None)
        self._contents.pop(number, None)
        self._dropped.add(number)

    @property
    def bytes_repeated(self) -> int:
        """Of all file data sent so far, what was sent before."""
        return sum(sending.bytes_repeated for sending in self.files.values())

    def arrange(self, order: Iterable[int]) -> None:
        """Send these files first, in this order, then the others as they were."""
        first = {number: None for number in order if number in self._active}
        self._active = first | self._active

    def acquire_signal(self, now_s: float) -> None:
        """A contact begins."""
        self._signal = True
        for number in self._active:
            self.files[number] = acquire_signal(self.files[number], now_s)

    def lose_signal(self) -> None:
        """It is over."""
        self._signal = False
        for number in self._active:
            self.files[number] = lose_signal(self.files[number])

    def hear(self, units: Iterable[bytes], now_s: float) -> None:
        """What comes up from the ground: CFDP units, whole ones."""
        for unit in units:
            pdu = read_pdu(unit)
            if pdu is None or not pdu.toward_sender or pdu.ids.source != self.spacecraft_id:
                continue
            number = pdu.ids.sequence
            if number in self.files:
                self.files[number] = replace(hear(self.files[number], pdu.body, now_s), signal=self._signal)
                if self.files[number].delivered:
                    self.confirmed_s.setdefault(number, now_s)
                    self._contents.pop(number, None)
                if not self.files[number].done and number not in self._dropped:
                    self._active.setdefault(number)

    def frames(self, now_s: float, room_frames: int) -> Bytes:
        """Channel units ``(n, UNIT_BYTES)`` that go out now: about ``room_frames``, fewer where there is no more.

        A file's repeats come before what is new of it, files in order. ``n`` is 0 without a signal. Long runs of pieces
        begin at the start of a frame, so that a lost frame costs one of them.
        """
        units: list[Bytes] = []
        small: list[PacketStream] = []
        unit = self.rules.segment_bytes
        for number in list(self._active):
            room = room_frames - sum(map(len, units)) - frame_count(sum(len(stream.data) for stream in small))
            if room < 1:
                break
            count = max((room - 2) * FRAME_DATA_BYTES // (unit + _PIECE_OVERHEAD), 1)
            self.files[number], outgoing = send(self.files[number], now_s, count * (unit + _UNIT_OVERHEAD))
            if self.files[number].done:
                del self._active[number]
            if outgoing.empty:
                continue
            streams = outgoing_packets(
                self.files[number], outgoing, self._contents.get(number, _NOTHING), self.packets_sent
            )
            self.packets_sent += sum(len(stream.starts) for stream in streams)
            if len(outgoing.segments) <= _FEW:
                small += streams
                continue
            units += [self._framed([*small, streams[0]]), self._framed([streams[1]])]
            small = [streams[2]]
        units = [part for part in (*units, self._framed(small)) if len(part)]
        return units[0] if len(units) == 1 else np.concatenate([np.empty((0, UNIT_BYTES), np.uint8), *units])

    def idle(self, frames: int) -> Bytes:
        """Channel units ``(frames, UNIT_BYTES)`` without content, for when there is nothing to send."""
        units, self.counts = idle_frames(frames, spacecraft_id=self.spacecraft_id, counts=self.counts)
        return units

    def _framed(self, streams: list[PacketStream]) -> Bytes:
        """These packets, the last frame filled up."""
        joined = PacketStream.joined(streams)
        if not len(joined.starts):
            return np.empty((0, UNIT_BYTES), np.uint8)
        units, self.counts = in_frames(
            joined, spacecraft_id=self.spacecraft_id, channel=CHANNEL_FILES, counts=self.counts
        )
        return units
