"""Where do files from space go? One folder that takes them in piece by piece and never lets them write elsewhere.

While a file is on its way its bytes lie in ``.incoming/`` inside the folder; when it is whole and its checksum holds it
moves to its name, all at once. A name that would lead outside the folder is refused; a file that is there is never
overwritten. The protocol is ``archive.cfdp``; this keeps its transactions and does its writing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.archive.cfdp import (
    Receiving,
    ReceivingRules,
    acquire_signal,
    add_ranges,
    hear,
    lose_signal,
    missing,
    reply,
    safe_name,
    verified,
)
from swath.archive.file_units import FileUnits, Pieces
from swath.archive.incoming_kernels import fresh_pieces, gather
from swath.spacecraft.cfdp_format import Checksum, Eof, FileData, Ids, Metadata, Pdu, Prompt, pack_pdu
from swath.spacecraft.checksum import BLOCK_BYTES, file_checksum
from swath.spacecraft.ranges import Ranges, union

__all__ = ["IncomingFiles", "PartialFile", "ReceivedFile"]

Bytes = npt.NDArray[np.uint8]
Transaction = tuple[int, int]

MAX_OPEN = 1000
"""transactions on their way: of more, the one with the fewest bytes is forgotten; noise can name a new one a packet"""
_MAX_CLOSED = 100_000
"""ended ones that are remembered, so that a late question is answered and nothing is taken in twice"""
_RUN_BYTES = 8 << 20
"""gathered before they are written"""


@dataclass(frozen=True)
class ReceivedFile:
    """A whole file in its place."""

    transaction: Transaction
    path: Path
    size: int


@dataclass(frozen=True, eq=False)
class PartialFile:
    """A file that is not whole: what it is called, if that is known, and its holes."""

    transaction: Transaction
    name: str
    size: int | None
    """None while no end of file has come"""
    holes: Ranges
    condition: int
    """why it waits or was given up, as in ``cfdp_format.Condition``"""


class IncomingFiles:
    """All files that come down to one ground entity, into one folder.

    Times are seconds of any clock that goes forward. Nothing that is heard makes it raise; only the disk can.
    """

    def __init__(self, folder: Path, *, entity: int, rules: ReceivingRules | None = None) -> None:
        self.folder = folder.resolve()
        self.entity = entity
        self.rules = ReceivingRules() if rules is None else rules
        self.open: dict[Transaction, Receiving] = {}
        self.closed: dict[Transaction, Receiving] = {}
        self.received: list[ReceivedFile] = []
        self.refused = 0
        """units that were not taken: for another entity, of class 1, beyond the largest file, or making no sense"""
        (self.folder / ".incoming").mkdir(parents=True, exist_ok=True)

    def hear_units(self, units: FileUnits, now_s: float) -> None:
        """Take in what one recording brought, pieces first, so that their order among directives does not matter."""
        pieces = units.pieces.take(units.pieces.destination == self.entity)
        self.refused += len(units.pieces) - len(pieces)
        names = pieces.source << 33 | pieces.sequence << 1 | pieces.large
        for name in np.unique(names).tolist():
            ids = Ids(name >> 33, name >> 1 & 0xFFFFFFFF, self.entity, large=bool(name & 1))
            self._take_pieces(ids, pieces.take(names == name), units.stream, now_s)
        self.hear_pdus(units.pdus, now_s)

    def hear_pdus(self, pdus: Iterable[Pdu], now_s: float) -> None:
        """Take in units one by one, from any carrier."""
        for pdu in pdus:
            if pdu.ids.destination != self.entity or pdu.toward_sender or pdu.unacknowledged:
                self.refused += 1
            elif isinstance(pdu.body, FileData):
                self._take_one(pdu.ids, pdu.body, now_s)
            elif isinstance(pdu.body, Eof | Metadata | Prompt) or pdu.ids.transaction in self.open:
                self._take_directive(pdu, now_s)
            else:
                self.refused += 1

    def acquire_signal(self, source: int) -> None:
        """A contact with a spacecraft begins."""
        self._each(source, acquire_signal)

    def lose_signal(self, source: int) -> None:
        """It is over."""
        self._each(source, lose_signal)

    def replies(self, source: int, now_s: float) -> list[bytes]:
        """Units to be sent to a spacecraft now."""
        packed = []
        for key in [key for key in self.open if key[0] == source]:
            self.open[key], bodies = reply(self.open[key], now_s)
            packed += [pack_pdu(self.open[key].ids, body) for body in bodies]
            if self.open[key].phase == "done":
                self.closed[key] = self.open.pop(key)
        for key in list(self.closed)[: max(len(self.closed) - _MAX_CLOSED, 0)]:
            del self.closed[key]
        return packed

    def partial(self) -> tuple[PartialFile, ...]:
        """Files that are not whole, and where their holes are."""
        return tuple(
            PartialFile(key, _shown(r), r.eof.size if r.eof else None, missing(r), r.condition)
            for key, r in self.open.items()
            if not r.kept
        )

    def received_bytes(self, transaction: Transaction) -> int:
        """How much of a file is there; 0 of one that is not known."""
        known = self.open.get(transaction) or self.closed.get(transaction)
        return 0 if known is None else known.received_bytes

    def partial_path(self, transaction: Transaction) -> Path:
        """Where the bytes of a file that is not whole lie; its holes hold zeros."""
        return self.folder / ".incoming" / f"{transaction[0]}-{transaction[1]}.part"

    def forget(self, transaction: Transaction) -> None:
        """Drop a transaction and what is not whole of it."""
        self.open.pop(transaction, None)
        self.partial_path(transaction).unlink(missing_ok=True)

    def _each(self, source: int, change: Callable[[Receiving], Receiving]) -> None:
        for key in [key for key in self.open if key[0] == source]:
            self.open[key] = change(self.open[key])

    def _opened(self, ids: Ids) -> Receiving:
        """The transaction, a new one if it was not known."""
        key = ids.transaction
        known = self.open.get(key) or self.closed.get(key)
        if known is not None:
            # Answers must have room for the largest offset that was taken.
            return replace(known, ids=replace(known.ids, large=True)) if ids.large else known
        if len(self.open) >= MAX_OPEN:
            self.forget(min(self.open, key=lambda k: (not self.open[k].ended, self.open[k].received_bytes)))
        self.forget(ids.transaction)  # bytes that an earlier run left behind
        self.open[key] = Receiving(ids, self.rules)
        return self.open[key]

    def _take_directive(self, pdu: Pdu, now_s: float) -> None:
        self._settle(hear(self._opened(pdu.ids), pdu.body, now_s))

    def _take_one(self, ids: Ids, piece: FileData, now_s: float) -> None:
        row = {"source": 0, "sequence": 0, "destination": 0, "large": ids.large, "start": 0}
        offset = piece.offset if piece.offset < 2**63 else -1
        pieces = Pieces.from_rows([{**row, "offset": offset, "size": len(piece.data)}])
        self._take_pieces(ids, pieces, np.frombuffer(piece.data, np.uint8), now_s)

    def _take_pieces(self, ids: Ids, pieces: Pieces, stream: Bytes, now_s: float) -> None:
        fits = (pieces.offset >= 0) & (pieces.offset <= self.rules.max_file_bytes - pieces.size) & (pieces.size > 0)
        self.refused += int((~fits).sum())
        receiving = self._opened(ids) if fits.any() else None
        if receiving is None or receiving.ended or receiving.phase == "whole":
            return
        pieces = pieces.take(fits)
        order = np.argsort(pieces.offset, kind="stable")
        edges = np.stack([pieces.offset, pieces.offset + pieces.size], -1)[order]
        room = np.empty((len(edges) + len(receiving.held), 3), np.int64)
        fresh = room[: fresh_pieces(edges, receiving.held, room)]
        if receiving.eof is not None:
            fresh = fresh[fresh[:, 1] < receiving.eof.size]
        if not len(fresh):
            return
        begin = pieces.start[order][fresh[:, 0]] + fresh[:, 1] - edges[fresh[:, 0], 0]
        with self._part(ids.transaction) as file:
            for at, block in _blocks(stream, begin, fresh[:, 1:]):
                os.pwrite(file, block.data, at)
        self._settle(add_ranges(receiving, union(fresh[:, 1:]), now_s))

    @contextlib.contextmanager
    def _part(self, transaction: Transaction) -> Iterator[int]:
        file = os.open(self.partial_path(transaction), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            yield file
        finally:
            os.close(file)

    def _settle(self, receiving: Receiving) -> None:
        """Look at the checksum of a file that is whole, and put it in its place."""
        key = receiving.ids.transaction
        if receiving.phase == "whole":
            assert receiving.metadata is not None
            assert receiving.eof is not None
            kind, size = receiving.metadata.checksum, receiving.eof.size
            holds = self._checksum(key, kind, size) == receiving.eof.checksum or kind == Checksum.NULL
            path = self._store(receiving) if holds else None
            if path is not None:
                self.received.append(ReceivedFile(key, path, receiving.eof.size))
            receiving = verified(receiving, checksum_holds=holds, stored=path is not None)
            if not holds:
                self.partial_path(key).unlink(missing_ok=True)
        self.closed.pop(key, None)
        self.open[key] = receiving

    def _checksum(self, key: Transaction, kind: int, size: int) -> int:
        with self._part(key) as file:
            os.ftruncate(file, size)
            blocks = (np.frombuffer(os.pread(file, BLOCK_BYTES, at), np.uint8) for at in range(0, size, BLOCK_BYTES))
            return file_checksum(kind, blocks)

    def _store(self, receiving: Receiving) -> Path | None:
        """Move a whole file to its name; None where the folder will not take it."""
        assert receiving.metadata is not None
        name = safe_name(receiving.metadata.destination_name)
        if name is None:
            return None
        path, part = self.folder / name, self.partial_path(receiving.ids.transaction)
        if not path.parent.resolve().is_relative_to(self.folder):  # a link inside the folder that leads out
            return None
        if path.exists() or path.is_symlink():  # a whole file is never overwritten: the newcomer gets a name of its own
            source, sequence = receiving.ids.transaction
            path = path.with_name(f"{path.stem}_{source}-{sequence}{path.suffix}")
        if path.exists() or path.is_symlink():
            return None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):  # a file stands where a folder is wanted
            return None
        part.rename(path)
        return path


def _shown(receiving: Receiving) -> str:
    """The name for people; what could not be a name is shown without what is odd in it."""
    if receiving.metadata is None:
        return ""
    return receiving.metadata.destination_name.decode("ascii", "replace").encode("ascii", "replace").decode()


def _blocks(stream: Bytes, begin: npt.NDArray[np.int64], where: Ranges) -> Iterator[tuple[int, Bytes]]:
    """Contiguous stretches of the file, put together from the pieces that lie side by side in it."""
    sizes = where[:, 1] - where[:, 0]
    ends = np.cumsum(sizes)
    apart = np.append(True, where[1:, 0] != where[:-1, 1])
    apart |= np.append(False, ends[1:] // _RUN_BYTES != ends[:-1] // _RUN_BYTES)
    firsts = np.flatnonzero(apart)
    for first, last in zip(firsts, np.append(firsts[1:], len(where)), strict=True):
        block = np.empty(int(sizes[first:last].sum()), np.uint8)
        gather(stream, begin[first:last], sizes[first:last], block)
        yield int(where[first, 0]), block
