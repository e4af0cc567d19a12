"""From a transaction to packets: pieces of the file straight from its bytes, about as fast as they can be copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from swath.fly.cfdp import Outgoing, Sending
from swath.fly.frames import PacketStream
from swath.fly.link_kernels import crc16, seal_segments
from swath.spacecraft.cfdp_format import Body, FileData, header_bytes, pack_pdu
from swath.spacecraft.link_format import FILES_APID

__all__ = ["file_packet", "outgoing_packets", "outgoing_pdus"]

Bytes = npt.NDArray[np.uint8]


def outgoing_pdus(sending: Sending, outgoing: Outgoing, content: Bytes) -> Iterator[bytes]:
    """The units themselves, one by one, for any carrier. ``content``: the file's bytes (a memory map will do)."""
    yield from (pack_pdu(sending.ids, body) for body in outgoing.before)
    for start, stop in outgoing.segments.tolist():
        yield pack_pdu(sending.ids, FileData(start, content[start:stop].tobytes()))
    yield from (pack_pdu(sending.ids, body) for body in outgoing.after)


def outgoing_packets(
    sending: Sending, outgoing: Outgoing, content: Bytes, first_count: int
) -> tuple[PacketStream, PacketStream, PacketStream]:
    """The units in space packets: directives, pieces, directives. ``first_count`` numbers the first, others follow.

    Over 500 MB/s on one core (benchmarks/speed/link.py); units with a CRC of their own go the slow way.
    """
    before = _packets(sending, outgoing.before, first_count)
    count = first_count + len(before)
    pieces = _pieces(sending, outgoing, content, count)
    after = _packets(sending, outgoing.after, count + len(outgoing.segments))
    return PacketStream.of(before), pieces, PacketStream.of(after)


def _pieces(sending: Sending, outgoing: Outgoing, content: Bytes, count: int) -> PacketStream:
    pieces = outgoing.segments
    if sending.ids.crc or not len(pieces):
        pdus = outgoing_pdus(sending, Outgoing(segments=pieces), content)
        return PacketStream.of([file_packet(pdu, count + k) for k, pdu in enumerate(pdus)])
    first = pieces[0]
    model = file_packet(pack_pdu(sending.ids, FileData(0, content[first[0] : first[1]].tobytes())), 0)
    front = np.frombuffer(model[: 6 + header_bytes(sending.ids)], np.uint8)
    wide = sending.ids.offset_bytes
    sizes = pieces[:, 1] - pieces[:, 0] + len(front) + wide + 2
    data = np.empty(int(sizes.sum()), np.uint8)
    seal_segments(content, pieces, front, wide, count, data)
    return PacketStream(data, np.cumsum(sizes) - sizes)


def _packets(sending: Sending, bodies: tuple[Body, ...], count: int) -> list[bytes]:
    return [file_packet(pack_pdu(sending.ids, body), count + k) for k, body in enumerate(bodies)]


def file_packet(pdu: bytes, count: int) -> bytes:
    """One unit in a telemetry packet: no secondary header, packet error control behind it."""
    head = (
        FILES_APID.to_bytes(2, "big") + (0xC000 | count & 0x3FFF).to_bytes(2, "big") + (len(pdu) + 1).to_bytes(2, "big")
    )
    packet = np.frombuffer(head + pdu, np.uint8)
    return head + pdu + crc16(packet, 0, len(packet)).to_bytes(2, "big")
