"""How files travel: the protocol data units of CFDP, packed and read. Space and ground share this page and no more.

CCSDS 727.0-B-5 (2020), section 5. A unit is a header (version, type, direction, mode, CRC flag, large-file flag,
length, widths, source entity, transaction number, destination entity) and a body: file data with its offset, or one of
the file directives below. Numbers are big-endian; offsets and sizes take 32 bits, or 64 with the large-file flag.
What is read comes over a link: :func:`read_pdu` gives None for whatever is not wholly well-formed, and never raises.
tests/authorities/test_cfdp_format.py holds every unit against the ``spacepackets`` package, both ways.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from swath.errors import InputError

__all__ = [
    "Ack",
    "Body",
    "Checksum",
    "Condition",
    "Directive",
    "Eof",
    "FileData",
    "Finished",
    "Ids",
    "KeepAlive",
    "Metadata",
    "Nak",
    "Pdu",
    "Prompt",
    "header_bytes",
    "nak_capacity",
    "pack_pdu",
    "read_pdu",
]


class Directive:
    """File directive codes, table 5-4."""

    EOF, FINISHED, ACK, METADATA, NAK, PROMPT, KEEP_ALIVE = 4, 5, 6, 7, 8, 9, 12


class Condition:
    """Condition codes, table 5-5."""

    NO_ERROR, POSITIVE_ACK_LIMIT, KEEP_ALIVE_LIMIT, INVALID_MODE, FILESTORE_REJECTION = 0, 1, 2, 3, 4
    CHECKSUM_FAILURE, FILE_SIZE_ERROR, NAK_LIMIT, INACTIVITY, CHECK_LIMIT, UNSUPPORTED_CHECKSUM = 5, 6, 7, 8, 10, 11
    SUSPENDED, CANCELLED = 14, 15


class Checksum:
    """Kinds of file checksum, SANA registry: sum of 32-bit words, CRC-32C (Castagnoli), CRC-32 (IEEE 802.3), none."""

    MODULAR, CRC_32C, CRC_32, NULL = 0, 2, 3, 15


@dataclass(frozen=True)
class Ids:
    """What stands in the header of every unit of one transaction."""

    source: int
    """entity that sends the file"""
    sequence: int
    """transaction number of the source"""
    destination: int
    entity_bytes: int = 2
    sequence_bytes: int = 4
    crc: bool = False
    """each unit ends in a CRC-16"""
    large: bool = False
    """offsets of 64 bits"""

    @property
    def transaction(self) -> tuple[int, int]:
        """Source entity and transaction number: the name of a transaction."""
        return self.source, self.sequence

    @property
    def offset_bytes(self) -> int:
        """Bytes that a file offset takes."""
        return 8 if self.large else 4


@dataclass(frozen=True)
class FileData:
    """A piece of the file."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Metadata:
    """What the file is called and how it is checked. Names are bytes as sent; empty: no file."""

    size: int
    source_name: bytes
    destination_name: bytes
    checksum: int = Checksum.CRC_32C
    closure: bool = False


@dataclass(frozen=True)
class Eof:
    """The file has been sent once."""

    checksum: int
    size: int
    condition: int = Condition.NO_ERROR


@dataclass(frozen=True)
class Finished:
    """The receiver is done with it."""

    condition: int = Condition.NO_ERROR
    complete: bool = True
    file_status: int = 2
    """0 thrown away on purpose, 1 refused by the store, 2 kept, 3 not told"""


@dataclass(frozen=True)
class Ack:
    """An end of file or a Finished has arrived."""

    of: int
    """:class:`Directive` code of what is acknowledged"""
    condition: int = Condition.NO_ERROR
    status: int = 1
    """of the transaction: 0 not known yet, 1 active, 2 ended, 3 unrecognised"""


@dataclass(frozen=True)
class Nak:
    """What is missing between two offsets. A request (0, 0) is for the metadata."""

    scope_start: int
    scope_end: int
    requests: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Prompt:
    """The sender wants to hear: a list of what is missing, or (``keep_alive``) how far the file has come."""

    keep_alive: bool = False


@dataclass(frozen=True)
class KeepAlive:
    """How far the file has come."""

    progress: int


Body = FileData | Metadata | Eof | Finished | Ack | Nak | Prompt | KeepAlive
_TO_SENDER = (Finished, Nak, KeepAlive)


@dataclass(frozen=True)
class Pdu:
    """One protocol data unit as read."""

    ids: Ids
    body: Body
    toward_sender: bool
    unacknowledged: bool = False
    """class 1: the sender wants no answer"""


def header_bytes(ids: Ids) -> int:
    """Length of the header of a transaction's units."""
    return 4 + 2 * ids.entity_bytes + ids.sequence_bytes


def nak_capacity(ids: Ids, pdu_bytes: int) -> int:
    """How many requests fit in one list of missing pieces that is at most so long? At least one."""
    fixed = header_bytes(ids) + 1 + 2 * ids.offset_bytes + (2 if ids.crc else 0)
    return max((pdu_bytes - fixed) // (2 * ids.offset_bytes), 1)


def pack_pdu(ids: Ids, body: Body) -> bytes:
    """One unit as bytes. Raises :class:`InputError` where a number does not fit its field."""
    toward_sender = isinstance(body, _TO_SENDER) or (isinstance(body, Ack) and body.of == Directive.EOF)
    try:
        content = _packed(ids, body)
        data_bytes = len(content) + (2 if ids.crc else 0)
        first = 0x20 | (0x10 if isinstance(body, FileData) else 0) | (0x08 if toward_sender else 0)
        first |= (0x02 if ids.crc else 0) | (0x01 if ids.large else 0)
        widths = (ids.entity_bytes - 1) << 4 | (ids.sequence_bytes - 1)
        pdu = b"".join(
            (
                bytes([first]),
                data_bytes.to_bytes(2, "big"),
                bytes([widths]),
                ids.source.to_bytes(ids.entity_bytes, "big"),
                ids.sequence.to_bytes(ids.sequence_bytes, "big"),
                ids.destination.to_bytes(ids.entity_bytes, "big"),
                content,
            )
        )
    except (OverflowError, ValueError) as error:
        raise InputError(
            f"a number of {type(body).__name__} of transaction {ids.sequence} does not fit its field",
            fix="Files above 4 GiB need the large-file flag; names have at most 255 bytes",
        ) from error
    return pdu + binascii.crc_hqx(pdu, 0xFFFF).to_bytes(2, "big") if ids.crc else pdu


def _packed(ids: Ids, body: Body) -> bytes:
    wide = ids.offset_bytes
    match body:
        case FileData():
            return body.offset.to_bytes(wide, "big") + body.data
        case Metadata():
            flags = (0x40 if body.closure else 0) | body.checksum
            names = b"".join(bytes([len(name)]) + name for name in (body.source_name, body.destination_name))
            return bytes([Directive.METADATA, flags]) + body.size.to_bytes(wide, "big") + names
        case Eof():
            head = bytes([Directive.EOF, body.condition << 4]) + body.checksum.to_bytes(4, "big")
            fault = _fault(ids, ids.source) if body.condition else b""
            return head + body.size.to_bytes(wide, "big") + fault
        case Finished():
            flags = body.condition << 4 | (0 if body.complete else 4) | body.file_status
            faultless = body.condition in (Condition.NO_ERROR, Condition.UNSUPPORTED_CHECKSUM)
            return bytes([Directive.FINISHED, flags]) + (b"" if faultless else _fault(ids, ids.destination))
        case Ack():
            subtype = 1 if body.of == Directive.FINISHED else 0
            return bytes([Directive.ACK, body.of << 4 | subtype, body.condition << 4 | body.status])
        case Nak():
            numbers = (body.scope_start, body.scope_end, *(edge for request in body.requests for edge in request))
            return bytes([Directive.NAK]) + b"".join(number.to_bytes(wide, "big") for number in numbers)
        case Prompt():
            return bytes([Directive.PROMPT, 0x80 if body.keep_alive else 0])
        case KeepAlive():
            return bytes([Directive.KEEP_ALIVE]) + body.progress.to_bytes(wide, "big")


def _fault(ids: Ids, entity: int) -> bytes:
    """Fault location, type 6: the entity at which the transaction was cancelled."""
    return bytes([6, ids.entity_bytes]) + entity.to_bytes(ids.entity_bytes, "big")


def read_pdu(data: bytes) -> Pdu | None:
    """The unit in these bytes, or None where they are not exactly one well-formed unit of version 1."""
    if len(data) < 4 or data[0] >> 5 != 1:
        return None
    entity_bytes, sequence_bytes = (data[3] >> 4 & 7) + 1, (data[3] & 7) + 1
    crc = bool(data[0] & 0x02)
    head = 4 + 2 * entity_bytes + sequence_bytes
    if len(data) != head + int.from_bytes(data[1:3], "big") or len(data) < head + (2 if crc else 0) + 1:
        return None
    if crc and binascii.crc_hqx(data, 0xFFFF) != 0:
        return None
    ids = Ids(
        source=int.from_bytes(data[4 : 4 + entity_bytes], "big"),
        sequence=int.from_bytes(data[4 + entity_bytes : head - entity_bytes], "big"),
        destination=int.from_bytes(data[head - entity_bytes : head], "big"),
        entity_bytes=entity_bytes,
        sequence_bytes=sequence_bytes,
        crc=crc,
        large=bool(data[0] & 0x01),
    )
    content = data[head : len(data) - 2] if crc else data[head:]
    body = _read_file_data(data, content, ids) if data[0] & 0x10 else _read_directive(content, ids)
    return None if body is None else Pdu(ids, body, bool(data[0] & 0x08), bool(data[0] & 0x04))


def _read_file_data(data: bytes, content: bytes, ids: Ids) -> FileData | None:
    if data[3] & 0x08:  # segment metadata before the offset: one byte says how long it is
        content = content[1 + (content[0] & 0x3F) :]
    wide = ids.offset_bytes
    return FileData(int.from_bytes(content[:wide], "big"), content[wide:]) if len(content) >= wide else None


def _read_directive(content: bytes, ids: Ids) -> Body | None:
    code, rest, wide = content[0], content[1:], ids.offset_bytes
    if code == Directive.METADATA:
        return _read_metadata(rest, wide)
    if code == Directive.NAK:
        numbers = [int.from_bytes(rest[at : at + wide], "big") for at in range(0, len(rest), wide)]
        if len(rest) % (2 * wide) or not numbers:
            return None
        return Nak(numbers[0], numbers[1], tuple(zip(numbers[2::2], numbers[3::2], strict=True)))
    if code == Directive.EOF and len(rest) >= 5 + wide:
        return Eof(int.from_bytes(rest[1:5], "big"), int.from_bytes(rest[5 : 5 + wide], "big"), rest[0] >> 4)
    if code == Directive.FINISHED and rest:
        return Finished(rest[0] >> 4, not rest[0] & 4, rest[0] & 3)
    if code == Directive.ACK and len(rest) == 2:
        return Ack(rest[0] >> 4, rest[1] >> 4, rest[1] & 3)
    if code == Directive.PROMPT and len(rest) == 1:
        return Prompt(bool(rest[0] & 0x80))
    if code == Directive.KEEP_ALIVE and len(rest) == wide:
        return KeepAlive(int.from_bytes(rest, "big"))
    return None


def _read_metadata(rest: bytes, wide: int) -> Metadata | None:
    """Options behind the names (requests to the file store, messages to the user) are passed over."""
    names, at = [], 1 + wide
    for _ in range(2):
        if at >= len(rest) or at + 1 + rest[at] > len(rest):
            return None
        names.append(rest[at + 1 : at + 1 + rest[at]])
        at += 1 + rest[at]
    return Metadata(int.from_bytes(rest[1 : 1 + wide], "big"), names[0], names[1], rest[0] & 0x0F, bool(rest[0] & 0x40))
