"""How is the satellite? Housekeeping packets read into a table. The bytes are taken as hostile."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.channels import ChannelPackets, Recording, channel_packets
from swath.spacecraft.housekeeping_format import FIELDS, HOUSEKEEPING_APID, Field, Housekeeping, packet_dtype
from swath.spacecraft.link_format import CHANNEL_TELEMETRY
from swath.time import utc_from_tai

__all__ = ["housekeeping_in", "read_housekeeping"]


def housekeeping_in(recording: Recording, *, control: bool = True) -> tuple[Housekeeping, int]:
    """All housekeeping in a recording, in the order of arrival, and how many packets were no such thing.

    ``control``: the telemetry channel's frames carry an operational control field. Never raises on any bytes.
    """
    size = packet_dtype().itemsize + 2
    channels = channel_packets(recording, CHANNEL_TELEMETRY, least_bytes=size, control=control)
    read = [read_housekeeping(channel) for channel in channels]
    return Housekeeping.join([table for table, _ in read]), sum(bad for _, bad in read)


def read_housekeeping(channel: ChannelPackets) -> tuple[Housekeeping, int]:
    """The housekeeping of one spacecraft, and how many packets were damaged, of another length or out of range."""
    dtype = packet_dtype()
    right = channel.rows[:, 1] == dtype.itemsize + 2
    begin = channel.rows[right, 0]
    table = channel.stream[begin[:, None] + np.arange(dtype.itemsize)].view(dtype).reshape(-1)
    good = (table["id"] == 0x0800 | HOUSEKEEPING_APID) & (table["sequence"] >> 14 == 3)
    for field in FIELDS:
        if field.states:
            good &= table[field.name] < len(field.states)
    table = table[good]
    since_ns = table["coarse"].astype(np.int64) * 10**9 + (table["fine"].astype(np.int64) * 10**9 >> 16)
    tai = np.datetime64("1958-01-01", "ns") + since_ns.astype("timedelta64[ns]")
    columns = {field.name: _decoded(field, table[field.name]) for field in FIELDS}
    rows = Housekeeping(spacecraft=np.full(len(table), channel.spacecraft), time=utc_from_tai(tai), **columns)
    # A lying length breaks one packet into several pieces: what is damaged is counted in packets' worth of bytes.
    wrong = channel.rows[~right, 1].sum() if (~right).any() else 0
    pieces = channel.packets_bad + int((~right).sum())
    whole = int(right.sum()) - len(table)
    return rows, whole + min(pieces, max(-(-int(wrong) // (dtype.itemsize + 2)), 1))


def _decoded(field: Field, raw: npt.NDArray[Any]) -> Any:
    if field.states:
        return np.array([*field.states, ""])[raw.astype(np.int64)]
    return np.where(raw == np.array(field.unknown, field.code), np.nan, raw.astype(np.float64) * field.factor)
