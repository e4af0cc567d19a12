"""How does a satellite tell how it is? Housekeeping packets, one a sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.frames import PacketStream
from swath.fly.link_kernels import seal_rows
from swath.model import Telemetry
from swath.spacecraft.housekeeping_format import FIELDS, HOUSEKEEPING_APID, Field, Housekeeping, packet_dtype
from swath.time import tai_from_utc

__all__ = ["housekeeping_of", "housekeeping_packets"]

Floats = npt.NDArray[np.float64]


def housekeeping_of(
    telemetry: Telemetry, spacecraft_id: int, *, pointing_error_deg: npt.ArrayLike = np.nan
) -> Housekeeping:
    """What one spacecraft would tell of its flight: rows of one satellite; what the flight does not know is NaN."""
    return Housekeeping(
        spacecraft=np.full(len(telemetry), spacecraft_id),
        time=telemetry.time,
        battery_wh=telemetry.battery_wh,
        memory_bit=telemetry.memory_bit,
        payload_k=telemetry.temperature_k,
        battery_k=telemetry.battery_k,
        radio_k=telemetry.radio_k,
        roll_deg=telemetry.roll_deg,
        pitch_deg=telemetry.pitch_deg,
        pointing_error_deg=np.broadcast_to(np.asarray(pointing_error_deg, np.float64), len(telemetry)),
        mode=telemetry.mode,
        sunlit=np.where(telemetry.sunlit, "yes", "no"),
    )


def housekeeping_packets(rows: Housekeeping, first_count: int) -> PacketStream:
    """A packet for each row, back to back, numbered from ``first_count``.

    Numbers are rounded to the field's scale and held at the ends of its range. Raises :class:`InputError` for a mode
    that the format does not know, or a time before 1958.
    """
    dtype = packet_dtype()
    table = np.zeros(len(rows), dtype)
    table["id"] = 0x0800 | HOUSEKEEPING_APID  # version 0, telemetry, secondary header
    table["sequence"] = 0xC000 | (first_count + np.arange(len(rows))) & 0x3FFF
    table["length"] = dtype.itemsize + 2 - 7
    since_ns = (tai_from_utc(rows.time) - np.datetime64("1958-01-01", "ns")).astype(np.int64)
    if len(rows) and int(since_ns.min()) < 0:
        raise InputError("a time before 1958", where="housekeeping", fix="CUC time counts from 1958-01-01")
    table["coarse"] = since_ns // 10**9
    table["fine"] = (since_ns % 10**9 << 16) // 10**9
    for field in FIELDS:
        table[field.name] = _encoded(field, getattr(rows, field.name))
    size = dtype.itemsize + 2
    out = np.empty((len(rows), size), np.uint8)
    out[:, :-2] = table.view(np.uint8).reshape(len(rows), dtype.itemsize)
    seal_rows(out)
    return PacketStream(out.reshape(-1), np.arange(len(rows), dtype=np.int64) * size)


def _encoded(field: Field, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if field.states:
        strange = set(values.tolist()) - set(field.states)
        if strange:
            raise InputError(
                f"housekeeping knows no {field.name} {min(strange)!r}", fix=f"One of {', '.join(field.states)}"
            )
        return np.array([field.states.index(str(value)) for value in values.tolist()], np.int64)
    numbers = np.asarray(values, np.float64)
    limits = np.iinfo(field.code)
    known = np.nan_to_num(np.round(numbers / field.factor))
    top = float(limits.max) if field.signed else float(limits.max) - 1.0
    held = np.clip(known, float(limits.min), min(top, 2.0**53))
    if field.signed:
        held = np.where(held == field.unknown, 0.0, held)
    whole = held.astype(np.int64)
    return np.where(np.isnan(numbers), np.array(field.unknown, field.code), whole.astype(field.code))
