"""Hostile files: whatever comes down, nothing crashes, nothing is written outside, nothing whole is lost.

Cases are made of real traffic that is cut, flipped, doubled, shuffled and lied about at the level of frames, packets
and units, error control made right again where that lets a lie further in.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.channels import find_recording
from swath.archive.file_units import file_units
from swath.archive.incoming import IncomingFiles
from swath.fly.file_packets import file_packet
from swath.fly.frames import UNIT_BYTES, FrameCounts, PacketStream, in_frames
from swath.spacecraft.cfdp_format import (
    Ack,
    Body,
    Eof,
    FileData,
    Finished,
    Ids,
    KeepAlive,
    Metadata,
    Nak,
    Prompt,
    pack_pdu,
)
from swath.spacecraft.checksum import file_checksum
from swath.spacecraft.link_format import CHANNEL_FILES, SYNC_MARKER

SPACE, GROUND = 77, 9
Rng = np.random.Generator

NAMES = [
    b"new.bin", b"../out.bin", b"/var/out.bin", b"..", b"a/../../out.bin", b"door/out.bin", b"safe.bin", b"safe.bin/x",
    b"", b"\0", b"\xff" * 20, b".incoming/77-1.part", b"x" * 255, b"a" * 120, b"deep/deep/deep/deep/deep/f", b".", b"~",
]  # fmt: skip
SIZES = [0, 1, 100, 2**31, 2**32 - 1, 2**33, 2**62, 2**63 - 1, 2**64 - 1]


def traffic(seed: int) -> list[bytes]:
    """The units of a few honest files."""
    rng = np.random.default_rng(seed)
    units = []
    for sequence in (3, 4, 5):
        data = rng.integers(0, 256, int(rng.integers(0, 4000)), dtype=np.uint8)
        ids = Ids(SPACE, sequence, GROUND, crc=sequence == 5)
        name = f"honest/{sequence}".encode()
        bodies: list[Body] = [Metadata(len(data), name, name)]
        bodies += [FileData(at, data[at : at + 1083].tobytes()) for at in range(0, len(data), 1083)]
        bodies.append(Eof(file_checksum(2, [data]), len(data)))
        units += [pack_pdu(ids, body) for body in bodies]
    return units


HONEST = [traffic(seed) for seed in range(20)]


def lie(rng: Rng) -> bytes:
    """A well-formed unit that says anything."""
    number = SIZES[rng.integers(0, len(SIZES))]
    ids = Ids(
        int(rng.choice([SPACE, 78])), int(rng.integers(1, 7)), int(rng.choice([GROUND] * 9 + [10])),
        crc=bool(rng.integers(0, 2)), large=True,
    )  # fmt: skip
    name = NAMES[rng.integers(0, len(NAMES))]
    bodies: list[Body] = [
        Metadata(number, name, name, int(rng.integers(0, 16))), Metadata(10, name, name),
        Eof(int(rng.integers(0, 2**32)), number, int(rng.integers(0, 16))), Eof(0, int(rng.integers(0, 30))),
        FileData(number, rng.bytes(int(rng.integers(0, 300)))), FileData(int(rng.integers(0, 3000)), rng.bytes(400)),
        Nak(number, 0, ((number, 1),)), Finished(int(rng.integers(0, 16))), Ack(int(rng.integers(0, 16))),
        Prompt(bool(rng.integers(0, 2))), KeepAlive(number),
    ]  # fmt: skip
    return pack_pdu(ids, bodies[rng.integers(0, len(bodies))])


def bent(unit: bytes, rng: Rng) -> bytes:
    """A unit with some bytes changed, its length told wrongly, cut or drawn out; its own CRC right again or not."""
    changed = bytearray(unit)
    for at in rng.integers(0, len(changed) if rng.random() < 0.3 else 24, rng.integers(0, 5)):
        changed[at % len(changed)] = rng.integers(0, 256)
    if rng.random() < 0.2:
        changed[1:3] = rng.bytes(2)
    if rng.random() < 0.3:
        changed = changed[: rng.integers(0, len(changed) + 1)]
    if rng.random() < 0.1:
        changed += rng.bytes(int(rng.integers(0, 3000)))
    if rng.random() < 0.3 and len(changed) > 6:
        changed[-2:] = binascii.crc_hqx(bytes(changed[:-2]), 0xFFFF).to_bytes(2, "big")
    return bytes(changed)


def hostile_units(rng: Rng) -> list[bytes]:
    units = list(HONEST[rng.integers(0, len(HONEST))])
    units = [bent(unit, rng) if rng.random() < 0.2 else unit for unit in units]
    units += [lie(rng) for _ in range(rng.integers(0, 10))]
    return [units[k] for k in rng.permutation(len(units))] if rng.random() < 0.8 else units


def bend_packet(packet: bytes, rng: Rng) -> bytes:
    changed = bytearray(packet)
    for at in rng.integers(0, 20, rng.integers(1, 4)):
        changed[at % len(changed)] = rng.integers(0, 256)
    body = bytes(changed[:-2])
    return body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def bend_recording(data: bytes, rng: Rng) -> bytes:
    """Frames cut, flipped, lied about, doubled, shuffled, with noise between."""
    units = [bytearray(data[at : at + UNIT_BYTES]) for at in range(0, len(data), UNIT_BYTES)]
    choice = rng.integers(0, 6)
    for unit in units:
        if choice == 0 and rng.random() < 0.2:
            unit[rng.integers(0, UNIT_BYTES)] ^= 1 << rng.integers(0, 8)
        elif choice == 1 and rng.random() < 0.3:
            for at in rng.integers(4, 40, 3):
                unit[at] = rng.integers(0, 256)
            unit[-2:] = binascii.crc_hqx(bytes(unit[4:-2]), 0xFFFF).to_bytes(2, "big")
    if choice == 2:
        units = [units[k] for k in rng.permutation(len(units))]
    elif choice == 3:
        units = [units[k] for k in rng.integers(0, len(units), len(units) + 2)] if units else units
    made = b"".join(units)
    if choice == 4:
        at = int(rng.integers(0, len(made) + 1))
        made = made[:at] + SYNC_MARKER * int(rng.integers(0, 3)) + rng.bytes(int(rng.integers(0, 2000))) + made[at:]
    elif choice == 5:
        made = made[int(rng.integers(0, len(made) + 1)) :]
    return made


class Yard:
    """A folder with a whole file in it, a door that leads out, and the world around it."""

    def __init__(self, world: Path) -> None:
        self.world, self.folder = world, world / "in"
        (world / "outside").mkdir(parents=True)
        (world / "secret").write_bytes(b"secret")
        self.folder.mkdir()
        (self.folder / "safe.bin").write_bytes(b"precious")
        (self.folder / "door").symlink_to(world / "outside", target_is_directory=True)

    def check(self) -> None:
        assert sorted(p.name for p in self.world.iterdir()) == ["in", "outside", "secret"]
        assert (self.world / "secret").read_bytes() == b"secret" and list((self.world / "outside").iterdir()) == []
        assert (self.folder / "safe.bin").read_bytes() == b"precious"
        assert (self.folder / "door").is_symlink()


def one_case(yard: Yard, ground: IncomingFiles, seed: int, whole: dict[Path, bytes]) -> None:
    rng = np.random.default_rng(seed)
    packets = [file_packet(unit, k) for k, unit in enumerate(hostile_units(rng)) if unit]
    packets = [bend_packet(p, rng) if rng.random() < 0.05 else p for p in packets]
    units, _ = in_frames(
        PacketStream.of(packets), spacecraft_id=SPACE, channel=CHANNEL_FILES, counts=FrameCounts(channels=(250,) * 8)
    )
    recording = find_recording(bend_recording(units.tobytes(), rng))
    for found in file_units(recording):
        ground.hear_units(found, float(seed))
    if rng.random() < 0.3:
        (ground.acquire_signal if rng.random() < 0.5 else ground.lose_signal)(SPACE)
    said = ground.replies(SPACE, float(seed) + float(rng.choice([0.0, 100.0])))
    assert sum(map(len, said)) < 2_000_000
    ground.partial()
    for file in ground.received[len(whole) :]:
        whole[file.path] = file.path.read_bytes()
        assert len(whole[file.path]) == file.size and file.path.resolve().is_relative_to(yard.folder)


def run_cases(world: Path, seeds: range, every: int) -> int:
    """A new ground every so many cases, so that hostile traffic of one meets what others left open."""
    taken = 0
    for first in range(seeds.start, seeds.stop, every):
        yard = Yard(world / str(first))
        ground, whole = IncomingFiles(yard.folder, entity=GROUND), dict[Path, bytes]()
        for seed in range(first, min(first + every, seeds.stop)):
            one_case(yard, ground, seed, whole)
        yard.check()
        assert all(path.read_bytes() == data for path, data in whole.items())
        taken += len(whole)
    return taken


def test_two_thousand_cases(tmp_path: Path) -> None:
    assert run_cases(tmp_path, range(2000), 10) > 60  # and honest files do get through


@pytest.mark.slow
def test_a_hundred_thousand_cases(tmp_path: Path) -> None:
    run_cases(tmp_path, range(10_000, 110_000), 40)


@given(data=st.binary(max_size=3000))
def test_any_bytes_at_all(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    ground = IncomingFiles(tmp_path_factory.mktemp("any"), entity=GROUND)
    marked = SYNC_MARKER + data
    for bytes_heard in (data, marked, b"".join([marked] * 3)):
        for found in file_units(find_recording(bytes_heard)):
            ground.hear_units(found, 0.0)
    assert ground.received == [] and ground.open == {}


def test_a_claim_of_any_size_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte near the largest offset: the part is sparse, and a list of what is missing is one request."""
    ground = IncomingFiles(tmp_path, entity=GROUND)
    ids = Ids(SPACE, 1, GROUND, large=True)
    claims: list[Callable[[int], Body]] = [lambda size: FileData(size - 1, b"x"), lambda size: Eof(0, size)]
    units = [pack_pdu(ids, claim(ground.rules.max_file_bytes)) for claim in claims]
    stream = PacketStream.of([file_packet(unit, 0) for unit in units])
    frames, _ = in_frames(stream, spacecraft_id=SPACE, channel=CHANNEL_FILES, counts=FrameCounts())
    for found in file_units(find_recording(frames.reshape(-1))):
        ground.hear_units(found, 0.0)
    part = ground.partial_path((SPACE, 1)).stat()
    assert part.st_size == ground.rules.max_file_bytes and part.st_blocks * 512 < 100_000
    assert sum(map(len, ground.replies(SPACE, 0.0))) < 200
