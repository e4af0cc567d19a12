"""How fast do files go through packets and frames and back, on one core? Ours beside the `spacepackets` package.

    python benchmarks/speed/link.py [--runs N]

A file of random bytes at two sizes goes through the whole chain, space and ground: checksum, CFDP units, space packets
with error control, transfer frames with error control, then frames found and checked, packets cut and checked, units
read, written to a file, and the checksum of the whole file. Theirs does what that package can: units, packets and
frames packed and unpacked one by one, into a bytearray, without the two checksums of the file. The same bytes in each
frame. CPU seconds of this process, the least of ``--runs`` after one small file that compiles; the target is 100 MB/s
for the whole chain.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import fastcrc
import numpy as np
from spacepackets.ccsds.spacepacket import SpacePacketHeader
from spacepackets.ccsds.tm_frame import (
    MasterChannelId,
    TmFramePrimaryHeader,
    TmTransferFrame,
    TransferFrameDataFieldStatus,
)
from spacepackets.cfdp.conf import PduConfig
from spacepackets.cfdp.defs import CrcFlag, LargeFileFlag, TransmissionMode
from spacepackets.cfdp.pdu import FileDataPdu
from spacepackets.cfdp.pdu.file_data import FileDataParams
from spacepackets.util import ByteFieldU16, ByteFieldU32

from swath.archive.channels import find_recording
from swath.archive.file_units import file_units
from swath.archive.incoming import IncomingFiles
from swath.fly.outbox import Outbox
from swath.spacecraft.link_format import FILE_SEGMENT_BYTES, FILES_APID, FRAME_BYTES

__all__ = ["main", "ours", "theirs"]

T = TypeVar("T")
SIZES_BYTES = (20_000_000, 100_000_000)
FRAMES_AT_ONCE = 4096
RESULTS = Path(__file__).resolve().parents[1] / "results" / "link.json"


def timer(spent: dict[str, float]) -> Callable[[str, Callable[[], T]], T]:
    """Adds the CPU seconds of a step to its name."""

    def timed(name: str, step: Callable[[], T]) -> T:
        begin = time.process_time()
        result = step()
        spent[name] = spent.get(name, 0.0) + time.process_time() - begin
        return result

    return timed


def ours(content: Any, folder: Path) -> dict[str, float]:
    """CPU seconds of each step of swath."""
    spent: dict[str, float] = {}
    timed: Any = timer(spent)
    space, ground = Outbox(77, 9), IncomingFiles(folder, entity=9)
    timed("space: checksum", lambda: space.add("file.bin", content))
    space.acquire_signal(0.0)
    while len(units := timed("space: units, packets, frames", lambda: space.frames(0.0, FRAMES_AT_ONCE))):
        heard = units.reshape(-1)
        recording = timed("ground: find frames", lambda heard=heard: find_recording(heard))
        for found in timed("ground: packets, units", lambda recording=recording: file_units(recording)):
            timed("ground: write, checksum", lambda found=found: ground.hear_units(found, 0.0))
    assert ground.received[0].path.read_bytes() == content.tobytes()
    ground.received[0].path.unlink()
    return spent


def theirs(content: Any) -> dict[str, float]:
    """CPU seconds of packing and of unpacking with the other package."""
    spent: dict[str, float] = {}
    timed: Any = timer(spent)
    data = content.tobytes()
    frames = timed("pack", lambda: _pack(data))
    got = timed("unpack", lambda: _unpack(frames, len(data)))
    assert got == data
    return spent


def _pack(data: bytes) -> list[bytes]:
    conf = PduConfig(
        ByteFieldU16(77), ByteFieldU16(9), ByteFieldU32(1), TransmissionMode.ACKNOWLEDGED, LargeFileFlag.NORMAL,
        CrcFlag.NO_CRC,
    )  # fmt: skip
    status = TransferFrameDataFieldStatus(False, False, False, 3, 0)
    frames = []
    for number, at in enumerate(range(0, len(data), FILE_SEGMENT_BYTES)):
        piece = data[at : at + FILE_SEGMENT_BYTES]
        unit = bytes(FileDataPdu(conf, FileDataParams(file_data=piece, offset=at, segment_metadata=None)).pack())
        head = SpacePacketHeader.tm(apid=FILES_APID, seq_count=number & 0x3FFF, data_len=len(unit) + 1)
        packet = bytes(head.pack()) + unit
        packet += fastcrc.crc16.ibm_3740(packet).to_bytes(2, "big")
        field = packet.ljust(FRAME_BYTES - 8, b"\x55")
        header = TmFramePrimaryHeader(MasterChannelId(0, 77), 2, False, number & 0xFF, number & 0xFF, status)
        body = bytes(header.pack()) + field
        control = fastcrc.crc16.ibm_3740(body).to_bytes(2, "big")
        frames.append(bytes(TmTransferFrame(FRAME_BYTES, header, None, field, None, control).pack()))
    return frames


def _unpack(frames: list[bytes], size: int) -> bytearray:
    got = bytearray(size)
    for frame in frames:
        field = TmTransferFrame.unpack(frame, FRAME_BYTES, has_error_control_field=True).data_field
        head = SpacePacketHeader.unpack(field)
        packet = field[: head.packet_len]
        if fastcrc.crc16.ibm_3740(packet) != 0:
            raise ValueError("a packet is damaged")
        unit = FileDataPdu.unpack(packet[6:-2])
        got[unit.offset : unit.offset + len(unit.file_data)] = unit.file_data
    return got


def main() -> None:
    """Print a table of both sizes and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        for number, size in enumerate((100_000, *SIZES_BYTES)):
            content = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
            best: dict[str, dict[str, float]] = {}
            for run in range(runs):
                for name, spent in (
                    ("swath", ours(content, Path(folder) / f"{number}-{run}")),
                    ("spacepackets", theirs(content)),
                ):
                    if name not in best or sum(spent.values()) < sum(best[name].values()):
                        best[name] = spent
            if not number:
                continue
            rate = {name: size / 1e6 / sum(spent.values()) for name, spent in best.items()}
            print(f"{size / 1e6:.0f} MB: {rate['swath'] / rate['spacepackets']:.0f} times as fast as spacepackets")
            for name, spent in best.items():
                print(f"  {name:13s} {rate[name]:8.1f} MB/s, whole chain")
                for step, seconds in spent.items():
                    print(f"    {step:30s} {size / 1e6 / seconds:8.1f} MB/s")
            kept.append({"bytes": size, "rate_mb_s": rate, "cpu_s": best})
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
