"""What a satellite tells of itself: the one definition from which packets, their reading and the XTCE page are made.

A housekeeping packet: primary header (telemetry, APID ``HOUSEKEEPING_APID``, secondary header, unsegmented), secondary
header CUC time (CCSDS 301.0-B-4: TAI seconds since 1958-01-01 in four bytes, 1/65536 s in two), the fields of
:data:`FIELDS` in order, big-endian, and packet error control. They travel on virtual channel ``CHANNEL_TELEMETRY``. A
number travels as a whole number times ``scale``; all ones means that nobody measured it (NaN in the table).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.table import Table, column

__all__ = ["FIELDS", "HOUSEKEEPING_APID", "Field", "Housekeeping", "packet_dtype"]

HOUSEKEEPING_APID = 1


@dataclass(frozen=True)
class Field:
    """One parameter of the packet."""

    name: str
    """its column in :class:`Housekeeping`"""
    size: int
    """bytes"""
    says: str
    unit: str = ""
    scale: str = "1"
    """as a decimal, so that every reader has the same one"""
    signed: bool = False
    states: tuple[str, ...] = ()
    """names of the values 0, 1, 2, ... of what is no number"""

    @property
    def factor(self) -> float:
        """``scale`` as a number."""
        return float(self.scale)

    @property
    def unknown(self) -> int:
        """The value that means nobody measured it: all ones."""
        return -1 if self.signed else 256**self.size - 1

    @property
    def code(self) -> str:
        """The numpy type in the packet."""
        return f">{'i' if self.signed else 'u'}{self.size}"


MODES = ("idle", "sun", "slew", "image", "contact", "desaturate", "safe", "other")

FIELDS = (
    Field("battery_wh", 4, "stored energy", "Wh", "0.001"),
    Field("memory_bit", 8, "recorder in use", "bit"),
    Field("payload_k", 2, "temperature of the camera", "K", "0.01"),
    Field("battery_k", 2, "temperature of the battery", "K", "0.01"),
    Field("radio_k", 2, "temperature of the transmitter", "K", "0.01"),
    Field("roll_deg", 4, "commanded roll in the orbital axes", "deg", "0.000001", signed=True),
    Field("pitch_deg", 4, "commanded pitch in the orbital axes", "deg", "0.000001", signed=True),
    Field("pointing_error_deg", 4, "between commanded and measured boresight", "deg", "0.000001"),
    Field("mode", 1, "what the spacecraft is doing", states=MODES),
    Field("sunlit", 1, "is the Sun on the array?", states=("no", "yes")),
)


@dataclass(frozen=True)
class Housekeeping(Table):
    """State of spacecraft as told by themselves. NaN: nobody measured it."""

    spacecraft: npt.NDArray[np.int64] = column("i8", "-", "CCSDS spacecraft identifier")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "to 1/65536 s")
    battery_wh: npt.NDArray[np.float64] = column("f8", "Wh", "stored energy")
    memory_bit: npt.NDArray[np.float64] = column("f8", "bit", "recorder in use")
    payload_k: npt.NDArray[np.float64] = column("f8", "K", "temperature of the camera")
    battery_k: npt.NDArray[np.float64] = column("f8", "K", "temperature of the battery")
    radio_k: npt.NDArray[np.float64] = column("f8", "K", "temperature of the transmitter")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "commanded")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "commanded")
    pointing_error_deg: npt.NDArray[np.float64] = column("f8", "deg", "between commanded and measured boresight")
    mode: npt.NDArray[np.str_] = column("U", "-", "one of housekeeping_format.MODES")
    sunlit: npt.NDArray[np.str_] = column("U", "-", "yes or no")


def packet_dtype() -> np.dtype[np.void]:
    """The layout of a packet without its error control."""
    head = [("id", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("coarse", ">u4"), ("fine", ">u2")]
    return np.dtype([*head, *((field.name, field.code) for field in FIELDS)])
