"""How does a picture come down? Space packets in transfer frames over a channel that loses some of them.

This is the space end; the ground's is ``archive``, written apart. What they share is ``spacecraft.link_format``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.frames import UNIT_BYTES, first_header_pointers, frame_count, idle_packet
from swath.fly.link_kernels import fill_frames, pack_samples, seal_packets
from swath.fly.picture import LineStates, Picture
from swath.spacecraft.link_format import (
    CHANNEL_PICTURES,
    CHUNK_BYTES,
    FRAME_DATA_BYTES,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    LINES_PER_CHUNK,
    SECONDARY,
    SYNC_MARKER,
    WHOLE_PICTURE,
)
from swath.spacecraft.satellite import Satellite
from swath.time import elapsed_s

__all__ = [
    "PacketName",
    "Transmission",
    "airtime_s",
    "encode_picture",
    "frames_for",
    "packet_name",
    "packets_by_name",
    "packets_for",
    "transmit",
]

PacketName = tuple[int, int, int]
"""Picture number, kind and chunk: what a packet is called when it is asked for again."""

_HEAD_BYTES = 6
_CHUNKS_AT_ONCE = 3 * 512
"""Three chunks hold a whole number of sample pairs: batches of them are packed without looking at their neighbours."""
_SAMPLES_AT_ONCE = _CHUNKS_AT_ONCE * CHUNK_BYTES // 3 * 2
_FRAMES_AT_ONCE = 4096

_TAI_1972_S = 441763210
"""TAI seconds from 1958-01-01 to 1972-01-01 UTC: 5113 days and the first ten leap seconds."""


@dataclass(frozen=True)
class Transmission:
    """What one contact brought to the ground antenna."""

    data: bytes
    """channel units as received: whole, damaged, or absent"""
    frames_sent: int
    frames_lost: int
    """of those, dropped or damaged on the way"""
    next_frame: int
    """the frame counter with which the next contact starts"""


def encode_picture(picture: Picture, satellite: Satellite, number: int) -> tuple[bytes, ...]:
    """Which space packets bring a picture down? Header, line records, pixels, in that order.

    ``number`` names the picture for this satellite (32 bits). Raises :class:`InputError` where a sample exceeds
    12 bits or the number does not fit. The bytes follow ``spacecraft.link_format``; tests/authorities reads them with
    the ``spacepackets`` package.
    """
    if not 0 <= number < 2**32:
        raise InputError(f"picture number {number} does not fit in 32 bits", fix="Number pictures from 0")
    front = _Front(satellite.radio.apid, _time_code(picture.states), number)
    header = np.frombuffer(json.dumps(dict(picture.header), separators=(",", ":")).encode(), np.uint8)
    packets = list(front.packets(KIND_HEADER, header, len(header), 0, 0))
    records = np.frombuffer(_line_records(picture.states), np.uint8)
    packets += front.packets(KIND_LINES, records, LINES_PER_CHUNK * LINE_RECORD.size, 0, len(packets))
    ahead = len(packets)
    samples = np.ascontiguousarray(picture.pixels).reshape(-1)
    for first in range(0, len(samples), _SAMPLES_AT_ONCE):
        part = samples[first : first + _SAMPLES_AT_ONCE]
        packed = np.empty((len(part) + 1) // 2 * 3, np.uint8)
        if pack_samples(part, packed) > 4095:
            raise InputError("a sample exceeds 12 bits", where=f"picture {number}", fix="Clip counts to 0 .. 4095")
        chunk = len(packets) - ahead
        packets += front.packets(KIND_PIXELS, packed, CHUNK_BYTES, chunk, ahead + chunk)
    return tuple(packets)


@dataclass(frozen=True)
class _Front:
    """What stands at the head of every packet of one picture."""

    apid: int
    time_code: tuple[int, int]
    number: int

    def packets(
        self, kind: int, body: npt.NDArray[np.uint8], chunk_bytes: int, first_chunk: int, count: int
    ) -> Iterator[bytes]:
        head = (0x0800 | self.apid).to_bytes(2, "big") + bytes(4)  # version 0, telemetry, secondary header
        front = np.frombuffer(head + SECONDARY.pack(*self.time_code, self.number, kind, 0), np.uint8)
        chunks = -(-len(body) // chunk_bytes)
        stride = len(front) + chunk_bytes + 2
        out = np.empty(len(body) + chunks * (len(front) + 2), np.uint8)
        seal_packets(body, chunk_bytes, front, count, first_chunk, out)
        return (out[k * stride : (k + 1) * stride].tobytes() for k in range(chunks))


def _time_code(states: LineStates) -> tuple[int, int]:
    """CCSDS unsegmented time of the first line: TAI seconds since 1958 and 1/65536 s."""
    ns = int(states.utc_ns[0])
    whole, rest = divmod(ns, 1_000_000_000)
    civil = np.datetime64(whole, "s")
    return _TAI_1972_S + round(float(elapsed_s(np.datetime64("1972-01-01", "s"), civil))), (rest << 16) // 1_000_000_000


def _line_records(states: LineStates) -> bytes:
    record = np.dtype([("line", ">u4"), ("utc_ns", ">i8"), ("state", ">f8", (9,))])
    table = np.empty(len(states), record)
    table["line"], table["utc_ns"] = states.line, states.utc_ns
    angles_deg = np.stack([states.roll_deg, states.pitch_deg, states.yaw_deg], -1)
    table["state"] = np.concatenate([states.r_itrf_m, states.v_itrf_m_s, angles_deg], -1)
    return table.tobytes()


def packet_name(packet: bytes) -> PacketName:
    """What is a packet called? Picture number, kind, chunk."""
    _, _, number, kind, chunk = SECONDARY.unpack_from(packet, _HEAD_BYTES)
    return number, kind, chunk


def packets_by_name(packets: Iterable[bytes]) -> dict[PacketName, bytes]:
    """The recorder's directory: packets by name, in the order given, kept until the ground has them all."""
    return {packet_name(packet): packet for packet in packets}


def packets_for(held: Mapping[PacketName, bytes], requests: Iterable[PacketName]) -> tuple[bytes, ...]:
    """The packets that the ground asks for again, each once, in the recorder's order.

    ``(number, WHOLE_PICTURE, 0)`` stands for every packet of a picture. What is not held is not sent: the ground
    finds it missing still.
    """
    wanted = set(requests)
    whole = {number for number, kind, _ in wanted if kind == WHOLE_PICTURE}
    return tuple(packet for name, packet in held.items() if name in wanted or name[0] in whole)


def transmit(
    packets: Iterable[bytes], satellite: Satellite, *, first_frame: int, loss: float, seed: int
) -> Transmission:
    """What arrives on the ground when these packets are sent in one contact?

    ``first_frame`` is where the frame counters stand (``next_frame`` of the contact before). Each frame is lost with
    probability ``loss``, half of the lost ones dropped whole, half hit by a burst of at most 16 bits, which the frame
    error control always finds. Same seed, same bytes. The packets are streamed: memory is theirs and the data's.
    """
    if not 0.0 <= loss <= 1.0:
        raise InputError(f"a loss of {loss} is no probability", fix="Give 0 to 1")
    listed = list(packets)
    sizes = np.array([len(packet) for packet in listed], np.int64)
    frames = frame_count(int(sizes.sum()))
    idle = idle_packet(frames * FRAME_DATA_BYTES - int(sizes.sum()))
    starts = np.cumsum(np.concatenate([[0], sizes, [len(idle)] if idle else []]))[:-1].astype(np.int64)
    pointers = first_header_pointers(starts, frames)
    rng = np.random.default_rng(seed)
    lost = rng.random(frames) < loss
    damaged = lost & (rng.random(frames) < 0.5)
    received = io.BytesIO()
    marker, no_control = np.frombuffer(SYNC_MARKER, np.uint8), np.empty(0, np.uint8)
    first = 0
    for stream in _portions([*listed, idle], _FRAMES_AT_ONCE * FRAME_DATA_BYTES):
        rows = slice(first, first + len(stream) // FRAME_DATA_BYTES)
        units = np.empty((rows.stop - first, UNIT_BYTES), np.uint8)
        counts = np.full(2, first_frame + first, np.int64)
        spacecraft_id = satellite.radio.spacecraft_id
        fill_frames(stream, pointers[rows], counts, spacecraft_id, CHANNEL_PICTURES, no_control, marker, units)
        _damage(units, np.flatnonzero(damaged[rows]), rng)
        received.write((units if not lost[rows].any() else units[~lost[rows] | damaged[rows]]).data)
        first = rows.stop
    return Transmission(received.getvalue(), frames, int(lost.sum()), first_frame + frames)


def frames_for(packets: Iterable[bytes]) -> int:
    """How many frames do these packets fill, sent by themselves?"""
    return frame_count(sum(len(packet) for packet in packets))


def airtime_s(packets: Iterable[bytes], rate_bit_s: float) -> float:
    """How long are these packets on the air, sync markers and frames around them?"""
    return frames_for(packets) * UNIT_BYTES * 8.0 / rate_bit_s


def _portions(packets: Iterable[bytes], size: int) -> Iterator[npt.NDArray[np.uint8]]:
    """The packets back to back in arrays of ``size`` bytes, the last one shorter."""
    waiting: list[bytes] = []
    held = 0
    for packet in packets:
        waiting.append(packet)
        held += len(packet)
        while held >= size:
            joined = b"".join(waiting)
            yield np.frombuffer(joined, np.uint8, size)
            waiting, held = [joined[size:]], held - size
    if held:
        yield np.frombuffer(b"".join(waiting), np.uint8)


def _damage(units: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp], rng: np.random.Generator) -> None:
    """Hit two neighbouring bytes of each of these channel units."""
    at = rng.integers(0, UNIT_BYTES - 1, len(rows))
    burst = rng.integers(1, 2**16, len(rows))
    units[rows, at] ^= (burst >> 8).astype(np.uint8)
    units[rows, at + 1] ^= (burst & 0xFF).astype(np.uint8)
