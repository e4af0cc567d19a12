"""Which pictures have arrived, and what must be sent again?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from swath.archive.picture import LineRecords, ReceivedPicture, read_header, read_records
from swath.archive.receive import PacketTable, Reception
from swath.spacecraft.link_format import KIND_HEADER, KIND_LINES, KIND_PIXELS

__all__ = ["MAX_PICTURES", "assemble"]

Bytes = npt.NDArray[np.uint8]

MAX_PICTURES = 10_000
"""Of more pictures in one call only those with most packets are put together: noise can name a new one a packet."""


def assemble(
    receptions: Sequence[Reception], *, expected: Iterable[tuple[int, int]] = ()
) -> tuple[ReceivedPicture, ...]:
    """Put the pictures of some contacts together: what has arrived of each, and what is ``missing``.

    Sorted by spacecraft, number and time. ``expected`` (spacecraft, picture number) are pictures known to have been
    sent; those without a single packet come back as wholly missing. Of a chunk that came twice the first whole one
    counts, so later bytes never harm a picture that was whole. Chunks whose size or contents cannot be true are taken
    as not arrived. Nothing is copied: pictures look into the receptions' streams.
    """
    table = PacketTable.join([reception.packets for reception in receptions])
    source = np.repeat(np.arange(len(receptions)), [len(reception.packets) for reception in receptions])
    row = np.concatenate([np.empty(0, np.int64), *(np.arange(len(r.packets)) for r in receptions)])
    order = np.lexsort((table.chunk, table.kind, table.time_code, table.picture, table.spacecraft))  # stable
    names = np.stack([table.spacecraft[order], table.picture[order], table.time_code[order].view(np.int64)], -1)
    first = np.flatnonzero(np.any(np.diff(names, axis=0, prepend=-1) != 0, axis=1))
    size = np.diff(first, append=len(order))
    pictures = []
    for group in np.argsort(-size, kind="stable")[:MAX_PICTURES]:
        rows = order[first[group] : first[group] + size[group]]
        pictures.append(_put_together(table.take(rows), [receptions[source[k]].payload(int(row[k])) for k in rows]))
    unheard = set(expected) - {picture.key for picture in pictures}
    pictures += [ReceivedPicture(spacecraft, number, 0, None, {}, {}) for spacecraft, number in unheard]
    return tuple(sorted(pictures, key=lambda p: (p.spacecraft, p.number, p.time_code)))


def _put_together(table: PacketTable, payloads: list[Bytes]) -> ReceivedPicture:
    """One picture from its packets, sorted by kind and chunk and, among equals, by arrival."""
    headers = (read_header(payloads[k].tobytes()) for k in np.flatnonzero(table.kind == KIND_HEADER))
    header = next((header for header in headers if header is not None), None)
    key = int(table.spacecraft[0]), int(table.picture[0]), int(table.time_code[0])
    if header is None:
        return ReceivedPicture(*key, None, {}, {})
    chunk = table.chunk.astype(np.int64)
    records: dict[int, LineRecords] = {}
    for k in np.flatnonzero((table.kind == KIND_LINES) & (chunk < header.line_chunks)):
        number = int(chunk[k])
        if number not in records and (found := read_records(payloads[k], header.chunk_lines(number))) is not None:
            records[number] = found
    fits = (table.kind == KIND_PIXELS) & (chunk < header.pixel_chunks)
    fits &= table.size == header.chunk_bytes(chunk)
    numbers, firsts = np.unique(chunk[fits], return_index=True)
    rows = np.flatnonzero(fits)[firsts]
    return ReceivedPicture(*key, header, records, {int(n): payloads[k] for n, k in zip(numbers, rows, strict=True)})
