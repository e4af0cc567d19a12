"""A day of files over the contacts of several satellites and stations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swath.archive.channels import find_recording
from swath.errors import InputError
from swath.fly.channel import Channel
from swath.model import Contacts
from swath.operate.file_day import DownFile, bring_files_down
from swath.operate.file_link import LinkTerms
from swath.spacecraft.link_format import CHANNEL_FILES

DAY = np.datetime64("2026-05-08T00:00", "ns")
MINUTE = np.timedelta64(60, "s")
IDS = {"SW-1": 11, "SW-2": 12}


def contacts(count: int = 8) -> Contacts:
    start = DAY + np.arange(count) * 50 * MINUTE
    return Contacts(
        id=[f"c{k}" for k in range(count)], satellite=["SW-1" if k % 2 == 0 else "SW-2" for k in range(count)],
        station=[("svalbard", "inuvik", "awarua")[k % 3] for k in range(count)], start=start, stop=start + MINUTE / 6,
        rate_bit_s=np.full(count, 2e6), volume_bit=np.zeros(count),
    )  # fmt: skip


def files(sizes: list[int]) -> list[DownFile]:
    rng = np.random.default_rng(0)
    return [
        DownFile(
            "SW-1" if k % 2 == 0 else "SW-2", f"p/{k}.bin", rng.integers(0, 256, size, dtype=np.uint8), DAY + k * MINUTE
        )
        for k, size in enumerate(sizes)
    ]


def terms(row: Any) -> LinkTerms:
    return LinkTerms(float(row["rate_bit_s"]), 16e3, Channel(0.1, 3.0), uplink_loss=0.05)


def test_files_come_down_when_they_are_ready_in_what_passes_there_are(tmp_path: Path) -> None:
    given = files([1_500_000, 300_000, 900_000, 2_000_000, 10])
    heard: dict[str, int] = {}

    def recorded(contact: str, data: Any) -> None:
        files_only = int((find_recording(data).channel == CHANNEL_FILES).sum())  # idle frames are besides
        heard[contact] = heard.get(contact, 0) + files_only

    down, links = bring_files_down(given, IDS, contacts(), tmp_path, terms=terms, seed=3, recorded=recorded)
    assert down.file.tolist() and len(down) == 5 and (down.contact != "").all() and (down.missing_bit == 0.0).all()
    for file in given:
        assert (tmp_path / file.name).read_bytes() == file.content.tobytes()
    ready = {file.name: file.ready for file in given}
    assert all(received > ready[str(name)] for name, received in zip(down.file, down.received, strict=True))
    assert (down.sent_bit >= down.size_bit).all() and (down.repeated_bit < 0.3 * down.size_bit + 1e5).all()
    assert len(set(down.station.tolist())) > 1  # a file that began at one station was completed at another
    assert links.files_whole.sum() == 5 and links.contact.tolist() == [f"c{k}" for k in range(8)]
    arrived = dict(zip(links.contact.tolist(), links.frames_arrived.tolist(), strict=True))
    assert {contact: frames for contact, frames in heard.items() if frames} == {c: n for c, n in arrived.items() if n}


def test_what_has_no_pass_left_says_how_much_is_missing(tmp_path: Path) -> None:
    given = files([6_000_000, 1_000])
    late = DownFile("SW-1", "late.bin", np.zeros(500, np.uint8), DAY + 10_000 * MINUTE)
    down, _ = bring_files_down([*given, late], IDS, contacts(2), tmp_path, terms=terms, seed=3)
    row = {str(name): k for k, name in enumerate(down.file)}
    assert down.contact[row["p/0.bin"]] == "" and np.isnat(down.received[row["p/0.bin"]])
    assert 0.4 * 48e6 < down.missing_bit[row["p/0.bin"]] < 48e6
    assert down.missing_bit[row["late.bin"]] == 4000.0 and down.sent_bit[row["late.bin"]] == 0.0
    assert down.contact[row["p/1.bin"]] == "c1"


def test_the_same_seed_is_the_same_day(tmp_path: Path) -> None:
    days = [
        bring_files_down(files([400_000, 200_000]), IDS, contacts(), tmp_path / str(k), terms=terms, seed=seed)
        for k, seed in enumerate((5, 5, 6))
    ]
    assert days[0][1].to_json() == days[1][1].to_json() != days[2][1].to_json()
    assert days[0][0].to_json() == days[1][0].to_json()


def test_no_contacts_bring_nothing(tmp_path: Path) -> None:
    down, links = bring_files_down(files([10]), IDS, Contacts.empty(), tmp_path, terms=terms, seed=0)
    assert len(links) == 0 and down.missing_bit.tolist() == [80.0]


def test_a_satellite_without_an_identifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="SW-2"):
        bring_files_down(files([1, 1]), {"SW-1": 1}, contacts(1), tmp_path, terms=terms, seed=0)
